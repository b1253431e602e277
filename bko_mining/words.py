"""Words and numbers shown to people, in English or Brazilian Portuguese.

Every sentence is written once, in English, at the place that says it: ``say("{n} cases wait", n=number(12))``. The
Portuguese of it lives in one gettext catalogue per room (``locale/pt_BR/<room>.po``), read directly, so that there is
no build step and no process-wide locale.
"""

import re
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from bko_mining.errors import BkoError

if TYPE_CHECKING:
    from collections.abc import Iterator

LANGUAGES = ("en", "pt_BR")
_language: ContextVar[str] = ContextVar("bko_language", default="en")


def language() -> str:
    """Return the language in force: ``en`` or ``pt_BR``."""
    return _language.get()


def set_language(name: str) -> None:
    """Speak ``en`` or ``pt_BR`` from now on.

    Raises
    ------
    BkoError
        If the language has no catalogue.
    """
    _language.set(_known(name))


@contextmanager
def speaking(name: str) -> "Iterator[None]":
    """Speak a language within a ``with`` block."""
    token = _language.set(_known(name))
    try:
        yield
    finally:
        _language.reset(token)


def say(message: str, /, **values: object) -> str:
    """Translate a sentence and put the values in; ``{n:case|cases}`` is the first where ``n`` is one, else the second.

    Examples
    --------
    >>> say("{n} cases", n=number(1200))
    '1,200 cases'
    >>> say("{n} {n:case|cases} {n:waits|wait}", n=number(1))
    '1 case waits'
    """
    text = message if language() == "en" else _catalogue(language()).get(message, message)
    return _agreed(text, values).format(**values) if values else text


_FORM = r"((?:[^{}|]|\{\w+\})*)"
_FORMS = re.compile(rf"\{{(\w+):{_FORM}\|{_FORM}\}}")


def _agreed(text: str, values: dict[str, object]) -> str:
    """Choose between the forms for one and for many."""
    return _FORMS.sub(lambda found: found[2 if str(values[found[1]]) == "1" else 3], text) if "|" in text else text


def number(value: float, digits: int = 0) -> str:
    """Write a number with the thousands and decimal marks of the language.

    Examples
    --------
    >>> number(1234.5, 1)
    '1,234.5'
    >>> with speaking("pt_BR"):
    ...     number(1234.5, 1)
    '1.234,5'
    """
    from babel.numbers import format_decimal

    if value != value:
        return "–"
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(value, pattern, locale=language()))


def percent(share: float, digits: int = 0) -> str:
    """Write a share of one as a percentage.

    Examples
    --------
    >>> percent(0.413)
    '41 %'
    """
    return f"{number(100 * share, digits)} %"


def share_words(share: float) -> str:
    """Write a share of one as a percentage that says 0 % and 100 % only of nothing and everything.

    Examples
    --------
    >>> share_words(0.9987), share_words(1.0), share_words(0.00001)
    ('99.9 %', '100 %', '< 0.1 %')
    """
    if 0 < share < 0.0005:
        return f"< {percent(0.001, 1)}"
    if 0 < share < 0.005 or 0.995 <= share < 1:
        return percent(min(share, 0.999), 1)
    return percent(share)


def money(amount: float, currency: str = "USD") -> str:
    """Write an amount of money without cents (see ``small_money`` for amounts where they count).

    Examples
    --------
    >>> money(1234.5, "BRL")
    'R$1,234'
    >>> with speaking("pt_BR"):
    ...     money(-1234.5, "BRL")
    '-R$\xa01.234'
    """
    return _with_currency(round(amount), currency, "#,##0")


def small_money(amount: float, currency: str = "USD") -> str:
    """Write an amount of money with its cents.

    Examples
    --------
    >>> small_money(40.375, "BRL")
    'R$40.38'
    """
    return _with_currency(amount, currency, "#,##0.00")


def currency_sign(currency: str) -> str:
    """Return how a currency is written beside an amount.

    Examples
    --------
    >>> currency_sign("BRL")
    'R$'
    """
    from babel.numbers import get_currency_symbol

    return str(get_currency_symbol(currency, locale=language()))


def duration(seconds: float, *, brief: bool = False) -> str:
    """Write a length of time in the unit that reads best (s, min, h, d); ``brief``: no decimal from ten on.

    Examples
    --------
    >>> duration(90), duration(5400), duration(400_000), duration(98_000, brief=True)
    ('2 min', '1.5 h', '4.6 d', '27 h')
    """
    if seconds != seconds:
        return "–"
    size = abs(seconds)
    if size < 60:
        return f"{number(seconds)} s"
    if size < 3600:
        return f"{number(seconds / 60)} min"
    if size < 48 * 3600:
        return f"{number(seconds / 3600, _decimals(size / 3600, brief))} h"
    return f"{number(seconds / 86400, _decimals(size / 86400, brief))} {say('d')}"


def _decimals(value: float, brief: bool) -> int:
    return 0 if brief and value >= 9.95 else 1


def weekdays() -> tuple[str, ...]:
    """Return the short names of the days of the week, Monday first.

    Examples
    --------
    >>> weekdays()[0]
    'Mon'
    """
    from babel.dates import get_day_names

    names = get_day_names("abbreviated", locale=language())
    return tuple(str(names[place]).rstrip(".") for place in range(7))


def in_own_days(calendar: str) -> str:
    """Return the text of a calendar, which is English, with the days of the language in force.

    Examples
    --------
    >>> with speaking("pt_BR"):
    ...     in_own_days("Mon-Fri 08:00-12:00, Sat 08:00-11:00")
    'seg-sex 08:00-12:00, sáb 08:00-11:00'
    """
    own = dict(zip(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), weekdays(), strict=True))
    return re.sub(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b", lambda name: own[name[0]], calendar)


def day(value: date | datetime) -> str:
    """Write a date the way the language does.

    Examples
    --------
    >>> from datetime import date
    >>> day(date(2026, 11, 24))
    '24 Nov 2026'
    """
    from babel.dates import format_date

    pattern = "d MMM y" if language() == "en" else "dd/MM/y"
    return str(format_date(value, pattern, locale=language()))


def _with_currency(amount: float, currency: str, digits: str) -> str:
    """Portuguese sets the sign of a currency off from the amount, and no line may end between them."""
    from babel.numbers import format_currency

    pattern = "¤" + ("" if language() == "en" else "\N{NO-BREAK SPACE}") + digits
    return str(format_currency(amount, currency, pattern, locale=language(), currency_digits=False))


def _known(name: str) -> str:
    if name not in LANGUAGES:
        raise BkoError(f"there is no language {name!r}; use one of {', '.join(LANGUAGES)}")
    return name


@cache
def _catalogue(name: str) -> dict[str, str]:
    from babel.messages.pofile import read_po

    entries: dict[str, str] = {}
    for file in sorted(files("bko_mining").joinpath("locale", name).iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".po"):
            with file.open("rb") as stream:
                entries |= {str(m.id): str(m.string) for m in read_po(stream, locale=name) if m.id and m.string}
    return entries
