"""Cases with an instant far from all others are left aside, and said so; long cases and growing offices are not."""

from dataclasses import replace

import numpy as np
import pytest

from bko_mining.errors import DataQualityWarning
from bko_mining.fit.fitting import fit_twin
from bko_mining.fit.like_the_log import simulate_like
from bko_mining.fit.strays import without_strays
from bko_mining.words import speaking
from tests.fit.test_robustness import MONDAY, _log

DAY = 86_400_000_000


def _with_one(log, days):
    start = log.start.copy()
    start[0] += days * DAY
    return replace(log, start=start)


@pytest.mark.parametrize("year", [1900, 1970, 2125])
def test_a_clock_that_was_wrong_neither_stops_nor_stretches_the_run(year):
    log = _log(n=60)
    odd = _with_one(log, (year - 2026) * 365)
    with pytest.warns(DataQualityWarning, match=r"1 of 60 cases \(2 %\) has an instant far from all others"):
        twin = fit_twin(odd, seed=1)
    assert twin.evidence[0].part == "log"
    run = simulate_like(twin, n_cases=60, seed=1)
    hours = [float((each.case_end - each.case_start).mean()) / 3.6e9 for each in (log, run)]
    assert 0.5 < hours[1] / hours[0] < 2


def test_it_is_said_in_portuguese():
    with speaking("pt_BR"), pytest.warns(DataQualityWarning, match="tem um instante longe de todos os outros"):
        _, (said,) = without_strays(_with_one(_log(n=60), -9000))
    assert said.assumption == "um relógio ou um ano estava errado"


def test_long_cases_gaps_and_many_far_instants_stay():
    log = _log(n=60)
    assert without_strays(log) == (log, ())
    assert without_strays(_with_one(log, -25))[1] == ()  # within a month of the rest
    shift = np.where(log.case < 20, 0, 900) * DAY
    late = replace(log, start=log.start + shift, end=log.end + shift)
    assert without_strays(late)[1] == ()
    assert log.start.min() > MONDAY
