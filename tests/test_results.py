"""What every answer has in common."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from bko_mining.errors import BkoError
from bko_mining.results import Result, as_text, readable
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


def test_shares_say_that_they_are_and_calendars_speak_the_language() -> None:
    table = pd.DataFrame({"n_broken": [3], "broken_share": [0.1], "trend_share": [43.0], "calendar": ["Mon-Fri 08:00"]})
    with speaking("pt_BR"):
        shown = readable(table.assign(main_cause="unavailability"))
    assert list(shown.columns) == ["violada", "violada %", "tendência %", "calendário", "causa principal"]
    assert shown.iloc[0].tolist() == ["3", "10,0 %", "× 44", "seg-sex 08:00", "fora do expediente"]
