"""Working calendars against a count of minutes, one by one."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from bko_mining.calendars import DAY, SECOND, WorkCalendar
from bko_mining.errors import CalendarError

MINUTE = 60 * SECOND


def instant(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * SECOND


def test_parse_and_write_back() -> None:
    text = "Mon-Thu 08:00-12:00 13:00-18:00, Fri 08:00-12:00 13:00-17:00, BR-SP, America/Sao_Paulo"
    calendar = WorkCalendar.parse(text)
    assert str(calendar) == text
    assert calendar.weekly_hours == 44
    assert str(WorkCalendar.parse("24/7")) == "24/7"
    assert WorkCalendar.parse("Sat,Sun 9-13").shifts == WorkCalendar.parse("Sat-Sun 09:00-13:00").shifts
    assert WorkCalendar.parse("seg-sex 8-17").weekly_hours == 45
    assert WorkCalendar.parse(str(WorkCalendar.parse("Mon-Sun 22:00-06:00"))).weekly_hours == 56


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Mon-Fri 8h-12h", "8h-12h"),
        ("", "never opens"),
        ("Mon 25:00-26:00", "25:00"),
        ("Mon 8-9, BR-XX", "BVMF, ANBIMA"),
        ("Mon 8-9, 2026-13-40", "not a date"),
        ("Mon 8-9, 2026-12-24 morning", "2026-12-24 08:00-12:00"),
        ("Mon 8-9, holidays", "ANBIMA"),
        ("Mon 8-9, Mars/Base", "Mars"),
    ],
)
def test_bad_calendars_say_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(CalendarError, match=says):
        WorkCalendar.parse(text)


def test_a_single_date_has_hours_of_its_own() -> None:
    text = (
        "Mon-Fri 08:00-12:00 13:00-17:00, BR-SP, 2026-12-31, 2026-12-24 08:00-10:00 11:00-12:00, 2026-12-25 09:00-10:00"
    )
    calendar = WorkCalendar.parse(text)
    assert str(WorkCalendar.parse(str(calendar))) == str(calendar)
    days = [instant(f"2026-12-{day}T00:00") for day in (23, 24, 25, 26, 31, 32 - 1)]
    worked = (calendar.working_time(np.array(days), np.array(days) + 24 * 60 * MINUTE) // (60 * MINUTE)).tolist()
    # A usual Wednesday, half of Christmas Eve, an hour on Christmas Day (a holiday), Saturday, New Year's Eve closed.
    assert worked == [8, 3, 1, 0, 0, 0]
    assert not calendar.never_closes
    with pytest.raises(CalendarError, match="single dates of other hours"):
        calendar & WorkCalendar.parse("Mon-Fri 08:00-17:00")


def test_the_days_of_the_financial_market() -> None:
    bank, exchange = (WorkCalendar.parse(f"Mon-Fri 10:00-16:00, {market}") for market in ("ANBIMA", "BVMF"))
    eve = instant("2026-12-24T00:00"), instant("2026-12-25T00:00")
    carnival = instant("2026-02-16T00:00"), instant("2026-02-18T00:00")
    assert [int(calendar.working_time(*eve) // (60 * MINUTE)) for calendar in (bank, exchange)] == [6, 0]
    assert [int(calendar.working_time(*carnival)) for calendar in (bank, exchange)] == [0, 0]


@pytest.mark.parametrize("zone", ["UTC", "America/Sao_Paulo", "Europe/Berlin"])
def test_working_time_is_the_count_of_open_minutes(zone: str) -> None:
    calendar = WorkCalendar.parse(f"Mon-Fri 08:00-12:00 13:00-17:30, Sat 22:00-02:00, {zone}")
    begin = instant("2026-03-26T00:00", zone)
    minutes = begin + MINUTE * np.arange(8 * 1440)
    is_open = np.array([_open_by_clock(calendar, int(at), zone) for at in minutes])
    assert (calendar.is_open(minutes) == is_open).all()
    counted = np.concatenate([[0], np.cumsum(is_open)]) * MINUTE
    assert (calendar.working_time(begin, minutes) == counted[:-1]).all()
    for work in (1, 59, 300, 1000, 2000):
        end = calendar.after_work(begin, work * MINUTE)
        assert counted[(int(end) - begin) // MINUTE] == work * MINUTE


def _open_by_clock(calendar: WorkCalendar, at: int, zone: str) -> bool:
    local = datetime.fromtimestamp(at / SECOND, ZoneInfo(zone))
    for back in (0, 1):
        day = local.replace(tzinfo=None) - timedelta(days=back)
        seconds = back * 86400 + local.hour * 3600 + local.minute * 60
        if any(s.weekday == day.weekday() and s.start <= seconds < s.end for s in calendar.shifts):
            return True
    return False


def test_holidays_and_closed_days_do_not_count() -> None:
    calendar = WorkCalendar.parse("Mon-Fri 08:00-16:00, BR-SP, 2026-12-24, America/Sao_Paulo")
    zone = "America/Sao_Paulo"
    # Carnival Monday and Tuesday are optional holidays in Brazil and closed; Wednesday counts as optional as well.
    assert int(calendar.working_time(instant("2026-02-16T00:00", zone), instant("2026-02-19T00:00", zone))) == 0
    assert int(calendar.working_time(instant("2026-12-24T00:00", zone), instant("2026-12-26T00:00", zone))) == 0


def test_work_that_just_fits_ends_at_closing_time_and_no_work_takes_no_time() -> None:
    calendar = WorkCalendar.parse("Mon-Fri 08:00-16:00")
    monday = instant("2026-11-23T08:00")
    assert int(calendar.after_work(monday, 480 * MINUTE)) == monday + 480 * MINUTE
    assert int(calendar.after_work(monday - MINUTE, 0)) == monday - MINUTE
    assert int(calendar.next_opening(monday + 480 * MINUTE)) == monday + 1440 * MINUTE
    assert int(calendar.next_opening(monday + MINUTE)) == monday + MINUTE


WEEK = np.datetime64("2026-11-02", "us").astype("int64")
MINUTES = WEEK + np.arange(28 * 24 * 4) * 900_000_000


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mon-Fri 08:00-12:00 13:00-17:30", "Wed-Sun 11:00-14:00"),
        ("Mon-Fri 08:00-12:00, BR-SP", "Mon-Sat 09:00-18:00, BR-SP"),
        ("24/7", "Sun 00:00-24:00"),
    ],
)
def test_together_and_either_are_the_and_and_or_of_every_instant(one: str, other: str) -> None:
    a, b = WorkCalendar.parse(one), WorkCalendar.parse(other)
    np.testing.assert_array_equal((a & b).is_open(MINUTES), a.is_open(MINUTES) & b.is_open(MINUTES))
    np.testing.assert_array_equal((a | b).is_open(MINUTES), a.is_open(MINUTES) | b.is_open(MINUTES))


def test_night_work_meets_early_work_on_both_sides_of_the_week() -> None:
    nights, early = WorkCalendar.parse("Sun-Fri 22:00-06:00"), WorkCalendar.parse("Mon,Sat 04:00-23:00")
    np.testing.assert_array_equal((nights & early).is_open(MINUTES), nights.is_open(MINUTES) & early.is_open(MINUTES))


def test_closed_days_of_both_are_closed_together() -> None:
    a, b = WorkCalendar.parse("Mon-Fri 08-12, BR-SP"), WorkCalendar.parse("Mon-Fri 10-18, 2026-11-04")
    np.testing.assert_array_equal((a & b).is_open(MINUTES), a.is_open(MINUTES) & b.is_open(MINUTES))


@pytest.mark.parametrize(
    ("one", "other", "says"),
    [
        ("Mon 08-12", "Mon 08-12, America/Sao_Paulo", "clocks"),
        ("Mon 08-12", "Mon 08-12, BR", "other days"),
        ("Mon 22:00-06:00", "Tue 00:00-08:00", "night work"),
    ],
)
def test_what_one_week_cannot_say_is_refused(one: str, other: str, says: str) -> None:
    with pytest.raises(CalendarError, match=says):
        WorkCalendar.parse(one) | WorkCalendar.parse(other)


def test_calendars_that_never_meet_say_so() -> None:
    with pytest.raises(CalendarError, match="never opens"):
        WorkCalendar.parse("Mon 08-12") & WorkCalendar.parse("Tue 08-12")


def test_openings_in_a_window_are_cut_at_its_edges() -> None:
    office = WorkCalendar.parse("Mon-Fri 08:00-12:00 13:00-17:00")
    hour = 3_600_000_000
    found = (office.openings_between(WEEK + 9 * hour, WEEK + 32 * hour + hour) - WEEK) // hour
    assert found.tolist() == [[9, 12], [13, 17], [32, 33]]
    assert office.openings_between(WEEK + 18 * hour, WEEK + 20 * hour).shape == (0, 2)


@pytest.mark.parametrize(
    "text", ["Mon-Fri 08:00-12:00 13:00-17:30, BR-SP", "24/7", "Sat 22:00-06:00", "Mon 09:00-09:01"]
)
def test_looked_up_working_time_is_that_of_a_search(text: str) -> None:
    calendar = WorkCalendar.parse(text, timezone="Europe/Berlin")
    table = calendar.openings(*np.array(["2025-06-01", "2027-06-01"], "M8[us]").astype(np.int64).tolist())
    rng = np.random.default_rng(0)
    edges = np.concatenate([table.starts, table.ends])
    anywhere = rng.integers(int(table.starts[0]) - DAY, int(table.ends[-1]) + DAY, 70_000)
    at = np.concatenate([anywhere, edges, edges - 1, edges + 1])
    place = np.searchsorted(table.starts, at, "right") - 1
    worked = table.before[place] + np.minimum(at, table.ends[place]) - table.starts[place]
    assert len(table.grid)
    assert (table.work_until(at) == np.where(place < 0, 0, worked)).all()
    assert table.work_until(at.reshape(2, -1)).shape == (2, len(at) // 2)
