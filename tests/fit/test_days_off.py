"""Working time through hours that close on holidays, held against a count in steps of ten minutes."""

import numpy as np

from bko_mining.fit.calendars import Hours
from bko_mining.fit.instances import DAY, WEEK

HOUR, STEP = 3600.0, 600.0
OFFICE = Hours(tuple((day * DAY + 8 * HOUR, day * DAY + 12 * HOUR) for day in range(5)), closed=(2, 3, 8, 21))
GRID = np.arange(0, 5 * WEEK, STEP)
DAYS = (GRID // DAY).astype(int)
OPEN = (DAYS % 7 < 5) & (GRID % DAY >= 8 * HOUR) & (GRID % DAY < 12 * HOUR) & ~np.isin(DAYS, OFFICE.closed)
WORKED = np.concatenate([[0.0], np.cumsum(OPEN * STEP)])[:-1]


def test_closed_days_are_no_working_time() -> None:
    assert (OFFICE.is_open(GRID) == OPEN).all()
    np.testing.assert_allclose(OFFICE.worked(GRID), WORKED)


def test_work_goes_on_after_the_holiday() -> None:
    work = np.arange(STEP, WORKED[-1], STEP)
    np.testing.assert_allclose(OFFICE.instant(work), GRID[np.searchsorted(WORKED, work)])


def test_the_last_opening_is_never_on_a_holiday() -> None:
    openings = GRID[OPEN & (GRID % DAY == 8 * HOUR)]
    later = GRID[openings[0] <= GRID]
    np.testing.assert_allclose(OFFICE.last_opening(later), openings[np.searchsorted(openings, later, "right") - 1])
