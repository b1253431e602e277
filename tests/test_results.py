"""What every answer has in common."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from bko_mining.errors import BkoError
from bko_mining.results import Result, as_text
from bko_mining.words import say, speaking


@dataclass(frozen=True, slots=True, eq=False)
class Rows(Result):
    """A result without a picture."""


def test_a_result_shows_its_sentence_and_its_table() -> None:
    result = Rows(pd.DataFrame({"activity": ["pay"], "wait": [pd.Timedelta(hours=2)]}))
    bundle = result._repr_mimebundle_()
    assert repr(result) == "<Rows: 1 row>"
    assert bundle["text/plain"].startswith("1 row\n\n")
    assert "2.0 h" in bundle["text/html"]
    assert "image/png" not in bundle


def test_the_sentence_follows_the_language_at_display_time() -> None:
    result = Rows(pd.DataFrame({"activity": ["pay", "post"]}))
    with speaking("pt_BR"):
        assert result.summary == say("{rows} {rows:row|rows}", rows="2") == "2 linhas"


def test_a_result_without_picture_or_widget_says_so() -> None:
    result = Rows(pd.DataFrame({"a": [1]}))
    with pytest.raises(BkoError, match="has no picture"):
        result.plot()
    with pytest.raises(BkoError, match="has no interactive view"):
        result.interactive()


def test_a_result_travels_as_a_page(tmp_path: Path) -> None:
    target = Rows(pd.DataFrame({"activity": ["<b>pay</b>"]})).to_html(tmp_path / "answer.html")
    text = target.read_text(encoding="utf-8")
    assert "&lt;b&gt;pay&lt;/b&gt;" in text
    assert "http://" not in text
    assert "https://" not in text


def test_long_tables_say_what_is_left_out() -> None:
    assert as_text(pd.DataFrame({"n": range(30)}), rows=5).endswith("… 25 more rows")
