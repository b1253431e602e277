"""Which country's holidays a log keeps."""

from datetime import date

import numpy as np

from bko_mining.fit.free_days import public_holidays, rests
from bko_mining.public_holidays import holidays_of

DAY = 86_400.0
ORIGIN = date(1970, 1, 5)


def _log(region: str, *, share: float = 0.0, perday: float = 12.0, days: int = 500, seed: int = 0) -> np.ndarray:
    """Arrivals on weekdays of 2023 and 2024, a share of the usual number on a region's holidays."""
    rng = np.random.default_rng(seed)
    first = (date(2023, 1, 2) - ORIGIN).days
    free = {(day - ORIGIN).days for day in (holidays_of(region, (2023, 2024)) if region else ())}
    found = []
    for day in range(first, first + days):
        mean = 0.0 if day % 7 > 4 else perday * (share if day in free else 1.0)
        found.append(day * DAY + rng.uniform(8, 18, rng.poisson(mean)) * 3600)
    return np.sort(np.concatenate(found))


def test_the_country_is_recognised_from_the_days_without_work() -> None:
    for region in ("NL", "BR", "US", "IT"):
        found = public_holidays(_log(region), _log(region, perday=40, seed=1))
        assert found is not None
        assert (found.region, found.arrivals, found.at_rest) == (region, 0.0, True)


def test_a_share_of_the_cases_may_come_on_holidays() -> None:
    found = public_holidays(_log("NL", share=0.3, perday=30), _log("NL", perday=60, seed=1))
    assert found is not None
    assert found.region == "NL"
    assert abs(found.arrivals - 0.3) < 0.08


def test_cases_may_come_while_nobody_works() -> None:
    found = public_holidays(_log(""), _log("DE", perday=40, seed=1))
    assert found is not None
    assert found.at_rest
    assert found.fields == {}


def test_no_holidays_are_seen_where_there_are_none() -> None:
    for seed in range(6):
        assert public_holidays(_log("", seed=seed), _log("", perday=40, seed=seed + 100)) is None


def test_one_christmas_is_no_country() -> None:
    first = (date(2023, 1, 2) - ORIGIN).days
    christmas = (date(2023, 12, 25) - ORIGIN).days
    at = _log("")
    at = at[(at // DAY != christmas) & (at // DAY > first + 320) & (at // DAY < first + 400)]
    assert public_holidays(at, at) is None


def test_a_team_that_works_on_holidays_is_told_from_one_that_does_not() -> None:
    assert rests("BR", _log("BR", perday=30))
    assert not rests("BR", _log("", perday=30))
    assert not rests("BR", np.zeros(0))
