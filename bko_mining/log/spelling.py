"""Names of one activity that differ in writing only, or by one slip of the keyboard."""

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bko_mining.log.headings import normalise

_LONG_ENOUGH = 4  # letters: shorter words differ by one letter and mean something else
_RARE = 0.1


def spelt_alike(names: tuple[str, ...], counts: NDArray[np.int64]) -> dict[str, str]:
    """Names that differ from a more frequent one in case, accents, blanks or punctuation only."""
    best: dict[str, int] = {}
    for code in np.argsort(-counts, kind="stable"):
        best.setdefault(normalise(names[code]), int(code))
    pairs = ((name, names[best[normalise(name)]]) for name in names)
    return {name: main for name, main in pairs if name != main}


def misspelt(names: tuple[str, ...], counts: NDArray[np.int64]) -> dict[str, str]:
    """Rare names that are a frequent one but for one letter: one too many, too few, another, or two swapped.

    Examples
    --------
    >>> misspelt(("Approve order", "Aprove order", "Order 1", "Order 2"), np.array([90, 2, 50, 1]))
    {'Aprove order': 'Approve order'}
    """
    slips: dict[str, str] = {}
    for one, other in _near(names):
        rare, main = (one, other) if counts[one] < counts[other] else (other, one)
        if counts[rare] and counts[rare] <= _RARE * counts[main]:
            slips.setdefault(names[rare], names[main])
    return {name: main for name, main in slips.items() if main not in slips}


def _near(names: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Pairs of names of which one word differs by one slip; words with digits are numbers of something."""
    same_but_one: defaultdict[tuple[Any, ...], list[tuple[str, int]]] = defaultdict(list)
    for code, name in enumerate(names):
        words = normalise(name).split()
        for place, word in enumerate(words):
            if len(word) >= _LONG_ENOUGH and not re.search(r"\d", word):
                same_but_one[(place, *words[:place], None, *words[place + 1 :])].append((word, code))
    for alike in same_but_one.values():
        for (word, one), (other_word, other) in combinations(alike, 2):
            if word != other_word and _one_slip(word, other_word):
                yield one, other


def _one_slip(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[start:] == long[start + 1 :]
    swapped = short[:start] + short[start : start + 2][::-1] + short[start + 2 :]
    return short[start + 1 :] == long[start + 1 :] or swapped == long
