"""What pydantic finds wrong in one value, in words that say what to write instead."""

import difflib
from collections.abc import Iterable
from typing import Any

Place = tuple[str | int, ...]
"""Where something stands in a twin: keys and numbers of items."""

Found = tuple[Place, str]
"""What is wrong, and where."""

_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}
_KINDS = {
    "int": "no whole number; write digits only, such as 3",
    "bool": "neither true nor false",
    "tuple": "no list; write it in brackets, such as [first, second]",
    "list": "no list; write it in brackets, such as [first, second]",
    "dict": "no mapping; write names and values in braces, such as {name: 1}",
    "date": "no day or instant; write 2026-01-31 or 2026-01-31 08:00",
    "datetime": "no day or instant; write 2026-01-31 or 2026-01-31 08:00",
    "string": "no text; write one word or line (in quotes, if it looks like something else)",
}


def in_words(error: Any, written: str | None) -> str:
    """Say what is wrong with a value.

    Parameters
    ----------
    error : dict
        One of ``ValidationError.errors()``.
    written : str or None
        The value as it stands in the file, if it is a plain one.
    """
    kind, shown = str(error["type"]), _shown(error, written)
    if kind == "missing":
        return f"{error['loc'][-1]!r} is missing"
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        return f"must be {words} {error['ctx'][key]:g}, not {shown}{_percent_hint(error)}"
    if kind.startswith("float_") or kind == "finite_number":
        return f"{shown} is no number{_decimal_hint(shown)}"
    if kind == "literal_error":
        words = str(error["ctx"]["expected"])
        return f"{shown} is not known here; {nearest(str(error['input']), words.split(chr(39))[1::2])}allowed: {words}"
    if kind == "too_short":
        return f"needs at least {error['ctx']['min_length']} of them"
    if kind == "string_pattern_mismatch":
        return f"{shown} is not one of the codes such as BRL, EUR or USD"
    if kind == "union_tag_invalid":
        return f"the kind {error['ctx']['tag']!r} is not known; allowed: {error['ctx']['expected_tags']}"
    about = next((said for name, said in _KINDS.items() if kind.startswith(f"{name}_")), None)
    return str(error["msg"]).removeprefix("Value error, ") if about is None else f"{shown} is {about}"


def nearest(name: str, known: Iterable[str]) -> str:
    """Ask whether a known name was meant, if one is close.

    Examples
    --------
    >>> nearest("Registr", ["Check", "Register"])
    "did you mean 'Register'? "
    """
    by_lower = {each.lower(): each for each in known}
    close = difflib.get_close_matches(name.lower(), list(by_lower), n=1, cutoff=0.5)
    return f"did you mean {by_lower[close[0]]!r}? " if close else ""


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """Say that a name does not exist, and which ones do."""
    names = sorted(known)
    shown = ", ".join(names[:12]) + (f" … ({len(names)} in all)" if len(names) > 12 else "")
    return f"there is no {what} {name!r}; {nearest(name, names)}known: {shown or 'none'}"


def _shown(error: Any, written: str | None) -> str:
    return repr(error["input"]) if written is None else repr(written) if _is_text(written) else written


def _is_text(written: str) -> bool:
    return not written.lstrip("+-").replace(".", "", 1).isdigit()


def _percent_hint(error: Any) -> str:
    given = error["input"]
    is_share = error["ctx"].get("le") == 1 and error["loc"][-1] != "value" and isinstance(given, int | float)
    return f"; a share of {given:g} % is written {given / 100:g}" if is_share and 2 <= given <= 100 else ""


def _decimal_hint(shown: str) -> str:
    text = shown.strip("'\"").strip()
    number = text.removesuffix("%").strip().replace(",", ".")
    try:
        value = float(number)
    except ValueError:
        return ""
    return f"; write {value / 100 if text.endswith('%') else value:g}"
