"""Instants in ISO 8601 that are all of one length, as most machine-made exports have them: read as digits."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bko_mining.log.coding import Instants

_PATTERN = b"dddd-dd-ddTdd:dd:dd"
_DAYS_BEFORE = np.array([0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334], np.int64)
_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)


def read_even(texts: Any) -> tuple[Instants, Instants | None] | None:
    """Read texts such as ``2026-01-05T08:00:00.000-03:00`` of one and the same length.

    Parameters
    ----------
    texts : pyarrow string array
        Without missing values.

    Returns
    -------
    instants (microseconds UTC), offsets (minutes east of Greenwich, None if they name no zone); None if any text is not
    of the form.

    Examples
    --------
    >>> instants, offsets = read_even(pa.array(["2026-01-05T08:00:00.500-03:00", "2024-02-29T23:59:59.000+00:00"]))
    >>> instants.view("M8[us]").tolist()[0].isoformat(), offsets.tolist()
    ('2026-01-05T11:00:00.500000', [-180, 0])
    >>> read_even(pa.array(["2026-02-29T08:00:00"])) is None
    True
    """
    letters = _matrix(texts)
    if letters is None or letters.shape[1] < len(_PATTERN):
        return None
    n_zone = _zone_width(letters[0])
    middle = letters.shape[1] - n_zone - len(_PATTERN)
    if middle < 0 or middle == 1 or middle > 7 or not _has_form(letters, middle, n_zone):
        return None
    year, month, day = (_number(letters, *span) for span in ((0, 4), (5, 7), (8, 10)))
    hour, minute, second = (_number(letters, *span) for span in ((11, 13), (14, 16), (17, 19)))
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    inside = (year > 1600) & (month >= 1) & (month <= 12) & (day >= 1) & (hour < 24) & (minute < 60) & (second < 60)
    if not inside.all() or not (day <= _DAYS[month] + (leap & (month == 2))).all():
        return None
    past = year - 1
    days = 365 * (year - 1970) + (past // 4 - past // 100 + past // 400) - 477
    days += _DAYS_BEFORE[month] + (leap & (month > 2)) + day - 1
    fraction = _number(letters, 20, 19 + middle) * 10 ** (7 - middle) if middle else 0
    values = (((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000 + fraction
    offset = _offsets(letters, n_zone)
    return (values, None) if offset is None else (values - offset * 60_000_000, offset)


def _matrix(texts: Any) -> NDArray[np.uint8] | None:
    """The letters of texts of equal length, one row a text, without a copy."""
    if not len(texts) or texts.null_count or not pa.types.is_string(texts.type):
        return None
    _, offsets, data = texts.buffers()
    bounds = np.frombuffer(offsets, np.int32, len(texts) + 1, texts.offset * 4)
    width = int(bounds[1] - bounds[0])
    if width == 0 or not (np.diff(bounds) == width).all():
        return None
    return np.frombuffer(data, np.uint8, width * len(texts), int(bounds[0])).reshape(-1, width)


def _zone_width(first: NDArray[np.uint8]) -> int:
    """Letters of ``+00:00`` or ``Z`` at the end of a text."""
    if first[-1] == ord("Z"):
        return 1
    return 6 if first[-6] in b"+-" and first[-3] == ord(":") and len(first) > len(_PATTERN) + 5 else 0


def _has_form(letters: NDArray[np.uint8], middle: int, n_zone: int) -> bool:
    pattern = _PATTERN + (b"." + b"d" * (middle - 1) if middle else b"") + {0: b"", 1: b"Z", 6: b"sdd:dd"}[n_zone]
    digits = np.frombuffer(pattern, np.uint8) == ord("d")
    if not ((letters[:, digits] - ord("0")) <= 9).all():
        return False
    allowed = {ord("s"): b"+-", ord("T"): b"T "}
    for place in np.flatnonzero(~digits).tolist():
        letter = pattern[place]
        if not np.isin(letters[:, place], np.frombuffer(allowed.get(letter, bytes([letter])), np.uint8)).all():
            return False
    return True


def _number(letters: NDArray[np.uint8], start: int, stop: int) -> Instants:
    value = np.zeros(len(letters), np.int64)
    for place in range(start, stop):
        value = value * 10 + (letters[:, place] - ord("0"))
    return value


def _offsets(letters: NDArray[np.uint8], n_zone: int) -> Instants | None:
    if n_zone == 0:
        return None
    if n_zone == 1:
        return np.zeros(len(letters), np.int64)
    width = letters.shape[1]
    minutes = _number(letters, width - 5, width - 3) * 60 + _number(letters, width - 2, width)
    return np.where(letters[:, width - 6] == ord("-"), -minutes, minutes)
