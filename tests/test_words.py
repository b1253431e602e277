"""Sentences and numbers in two languages."""

import re
from datetime import date
from string import Formatter

import pytest

from bko_mining.errors import BkoError
from bko_mining.words import (
    _catalogue,
    day,
    duration,
    language,
    money,
    number,
    percent,
    say,
    set_language,
    small_money,
    speaking,
)


def test_a_sentence_is_translated_and_filled() -> None:
    assert say("{rows} {rows:row|rows}", rows=number(1234)) == "1,234 rows"
    with speaking("pt_BR"):
        assert say("{rows} {rows:row|rows}", rows=number(1234)) == "1.234 linhas"


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


PLURALS = {
    "en": "cases|instances|activities|variants|weeks|rules|people|rows|repeats|waits|findings|newcomers|groups|"
    "passages|violations|others|spellings|pairs of|resources show",
    "pt_BR": "casos|execuções|instâncias|atividades|variantes|semanas|regras|pessoas|linhas|repetições|esperas|achados|"
    "novatos|grupos|passagens|violações|ausências|chegadas|saídas|outros",
}
NEVER_ONE = (
    "{change} cases",  # "+ 10 % cases"
    "{throughput} cases",
    "{n} of {all} variants",  # at least as many as are shown
    "the {n} most frequent variants",
    "{share} of all starts",
    "The {n} people compared",
    "the {n} people with most work",
    "{own} of {n} resources",
    "{n} people compared",
    "Most is in work",
    "Most waits",
    "one case in {n}",
    "From “{source}” to “{target}”",
    "{cases} cases from {first} to {last}; the busiest week",
    "Half of {cases} cases are over",
    "{shown} of {cases} cases",
    "{share} of {cases} cases shown",
    "{reason}: {n} of {of} cases",
    "{held} of {tested} factors",
    "mean wait a case",
    "mean of {n} cases",
    "No figure changed clearly",
    "{n} scenarios",
)


@pytest.mark.parametrize("name", ["en", "pt_BR"])
def test_no_sentence_says_one_cases(name: str) -> None:
    plural = re.compile(rf"\b1 (?:{PLURALS[name]})\b")
    wrong = []
    for message in _catalogue("pt_BR"):
        fields = {field for _, field, _, _ in Formatter().parse(message) if field}
        if fields and not message.startswith(NEVER_ONE):
            with speaking(name):
                text = say(message, **dict.fromkeys(fields, "1"))
            wrong += [text] if plural.search(text) else []
    assert not wrong, "\n".join(wrong)


def test_forms_for_one_and_for_many() -> None:
    text = "{n} {n:rule|rules}; {m} {m:has|have} exceptions"
    assert say(text, n=number(1), m=1) == "1 rule; 1 has exceptions"
    assert say(text, n=number(1200), m=0) == "1,200 rules; 0 have exceptions"
