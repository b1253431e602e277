"""Letters that fit: how wide words are in the house typeface, names broken into even lines, names cut in the middle."""

import textwrap
from functools import cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from bko_mining.present.figures import house_style

_WRAPS = (24, 30, 38, 48)
_MOST_LINES = 3


@cache
def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Width of a text in points in the house typeface."""
    with house_style():
        font = FontProperties(family=["Inter", "DejaVu Sans"], size=size, weight="bold" if bold else "normal")
        return float(TextToPath().get_text_width_height_descent(text, font, False)[0])


def lines_of(name: str) -> tuple[str, ...]:
    """Break a name into lines without losing a letter: three lines where that can be, wider ones before more.

    The lines are as even as they can be: no last line of one letter.

    Examples
    --------
    >>> lines_of("Draft internal advice to hold for type 4")
    ('Draft internal advice', 'to hold for type 4')
    """
    fits = (width for width in _WRAPS if len(textwrap.wrap(name, width)) <= _MOST_LINES)
    return even_lines(name, next(fits, _WRAPS[-1]))


def even_lines(name: str, width: int, *, most: int | None = None) -> tuple[str, ...]:
    """Break a name into as few lines as a width in letters allows, as even as they can be; none for no name is "–"."""
    lines = textwrap.wrap(name, width, max_lines=most, placeholder=" …") or ["–"]
    longest = max(map(len, name.split()), default=width)
    for narrower in range(width - 1, max(longest, width // 2) - 1, -1):
        tried = textwrap.wrap(name, narrower, max_lines=most, placeholder=" …")
        if len(tried) != len(lines) or tried[-1].endswith("…") != lines[-1].endswith("…"):
            break
        lines = tried
    return tuple(lines)


def in_two_lines(name: str, *, most: int = 44, one: int = 24) -> str:
    """Break a name that is longer than one line near its middle; what is longer than ``most`` loses its middle.

    Examples
    --------
    >>> in_two_lines("Declaration APPROVED by ADMINISTRATION")
    'Declaration APPROVED\\nby ADMINISTRATION'
    """
    words = name if len(name) <= most else f"{name[: most * 2 // 3]}…{name[len(name) + 1 - most + most * 2 // 3 :]}"
    if len(words) <= one or " " not in words:
        return words
    middle = min((i for i, letter in enumerate(words) if letter == " "), key=lambda i: abs(i - len(words) / 2))
    return f"{words[:middle]}\n{words[middle + 1 :]}"


def shortened(name: str, room: float, size: float) -> str:
    """Cut the middle out of a name until it is no wider than a room (points): names often differ at their ends.

    Examples
    --------
    >>> shortened("Declaration APPROVED by ADMINISTRATION", 120, 8)
    'Declaration APPRO…STRATION'
    """
    if text_width(name, size) <= room:
        return name
    for kept in range(len(name) - 1, 3, -1):
        head = (2 * kept + 1) // 3
        words = f"{name[:head].rstrip()}…{name[len(name) - kept + head :].lstrip()}"
        if text_width(words, size) <= room:
            break
    return words
