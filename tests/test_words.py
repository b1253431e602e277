"""Sentences and numbers in two languages."""

from datetime import date

import pytest

from bko_mining.errors import BkoError
from bko_mining.words import day, duration, language, money, number, percent, say, set_language, small_money, speaking


def test_a_sentence_is_translated_and_filled() -> None:
    assert say("{rows} rows", rows=number(1234)) == "1,234 rows"
    with speaking("pt_BR"):
        assert say("{rows} rows", rows=number(1234)) == "1.234 linhas"


def test_the_language_comes_back_after_the_block() -> None:
    with pytest.raises(RuntimeError, match="boom"), speaking("pt_BR"):
        raise RuntimeError("boom")
    assert language() == "en"


def test_an_unknown_language_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BkoError, match="en, pt_BR"):
        set_language("de")


def test_a_sentence_without_portuguese_stays_english() -> None:
    with speaking("pt_BR"):
        assert say("nobody translated this") == "nobody translated this"


@pytest.mark.parametrize(
    ("seconds", "english", "portuguese"),
    [
        (0, "0 s", "0 s"),
        (59, "59 s", "59 s"),
        (90, "2 min", "2 min"),
        (5400, "1.5 h", "1,5 h"),
        (172_800, "2.0 d", "2,0 d"),
        (-5400, "-1.5 h", "-1,5 h"),
        (float("nan"), "–", "–"),
    ],
)
def test_durations_read_in_the_best_unit(seconds: float, english: str, portuguese: str) -> None:
    assert duration(seconds) == english
    with speaking("pt_BR"):
        assert duration(seconds) == portuguese


def test_numbers_money_and_dates_follow_the_language() -> None:
    assert (percent(0.413), percent(0.4137, 1)) == ("41 %", "41.4 %")
    assert money(1234.6, "USD") == "$1,235"
    with speaking("pt_BR"):
        assert percent(0.4137, 1) == "41,4 %"
        assert money(1234.6, "BRL") == "R$\xa01.235"
        assert small_money(-1234.56, "BRL") == "-R$\xa01.234,56"
        assert day(date(2026, 11, 24)) == "24/11/2026"
