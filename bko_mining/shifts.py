"""Shifts of a week: how hours are read from a line and written in one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from bko_mining.errors import CalendarError

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY_CODES = {name.lower(): code for code, name in enumerate(DAYS)} | {
    name: code for code, name in enumerate(("seg", "ter", "qua", "qui", "sex", "sab", "dom"))
}
_RANGE = re.compile(r"(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?-(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?$")


@dataclass(frozen=True, slots=True, order=True)
class Shift:
    """One stretch of work in a week: weekday (Monday 0), seconds since local midnight (past 24 h for night work)."""

    weekday: int
    start: int
    end: int


def read_hours(part: str, days: list[int], shifts: list[Shift]) -> list[int]:
    """Read ``Mon-Thu 08:00-12:00 13:00-18:00``; returns the days named without hours yet (``Mon, Wed 9-12``)."""
    fresh = False
    for token in part.split():
        named = _read_days(token)
        if named is not None:
            days, fresh = ([*days, *named] if not fresh and days else named), True
            continue
        hours = hours_of(token)
        if token == "24/7":
            shifts += [Shift(day, 0, 86_400) for day in range(7)]
        elif hours and days:
            shifts += [Shift(day, *hours) for day in days]
        else:
            raise CalendarError(
                f"cannot read {token!r} in {part!r}; write days and hours such as 'Mon-Fri 08:00-12:00 13:00-17:30', "
                "'24/7', a region such as 'BR-SP', a market such as 'BVMF' or 'ANBIMA', a date that is closed such as "
                "'2026-12-31' or has other hours such as '2026-12-24 08:00-12:00', or a time zone such as "
                "'America/Sao_Paulo'"
            )
        fresh = False
    return days if _read_days(part.split()[-1]) is not None else []


def hours_of(token: str) -> tuple[int, int] | None:
    """Read ``08:00-12:00`` as seconds since midnight (past 24 h where it goes on over it); None for other words."""
    match = _RANGE.match(token)
    if not match:
        return None
    start, end = (_seconds(*match.groups()[i : i + 3]) for i in (0, 3))
    return start, end + 86_400 if end <= start else end


def _read_days(token: str) -> list[int] | None:
    first, _, last = token.lower().partition("-")
    if first not in _DAY_CODES or (last and last not in _DAY_CODES):
        return None
    low, high = _DAY_CODES[first], _DAY_CODES[last or first]
    return [(low + step) % 7 for step in range((high - low) % 7 + 1)]


def _seconds(hour: str, minute: str | None, second: str | None) -> int:
    seconds = int(hour) * 3600 + int(minute or 0) * 60 + int(second or 0)
    if seconds > 86_400:
        raise CalendarError(f"{hour}:{minute or '00'} is not a time of day; hours go from 00:00 to 24:00")
    return seconds


def overlap(one: Shift, other: Shift, days: int) -> Shift:
    """What two shifts have in common when the other is moved by so many days; it may have no length."""
    later = (other.weekday + days - one.weekday) * 86_400
    start, end = max(one.start, other.start + later), min(one.end, other.end + later)
    midnights = start // 86_400
    return Shift((one.weekday + midnights) % 7, start - midnights * 86_400, end - midnights * 86_400)


def merge(shifts: list[Shift]) -> tuple[Shift, ...]:
    """Sort shifts and join those that touch."""
    merged: list[Shift] = []
    for shift in sorted(set(shifts)):
        last = merged[-1] if merged else None
        if last and last.weekday == shift.weekday and shift.start <= last.end:
            merged[-1] = Shift(last.weekday, last.start, max(last.end, shift.end))
        else:
            merged.append(shift)
    return tuple(merged)


def write_hours(shifts: tuple[Shift, ...]) -> Iterator[str]:
    """Days with equal hours are written together: ``Mon-Fri 08:00-12:00 13:00-17:30``."""
    hours = [" ".join(f"{clock(s.start)}-{clock(s.end)}" for s in shifts if s.weekday == day) for day in range(7)]
    day = 0
    while day < 7:
        last = day
        while last < 6 and hours[last + 1] == hours[day]:
            last += 1
        if hours[day]:
            yield f"{DAYS[day]}{'-' + DAYS[last] if last > day else ''} {hours[day]}"
        day = last + 1


def clock(seconds: int) -> str:
    """Write seconds since midnight as a time of day."""
    seconds = seconds - 86_400 if seconds > 86_400 else seconds
    text = str(timedelta(seconds=seconds)) if seconds < 86_400 else "24:00:00"
    return text.zfill(8).removesuffix(":00")
