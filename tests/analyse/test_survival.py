"""Kaplan-Meier by hand and against statsmodels."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bko_mining.analyse.survival import survival_curve, time_to_finish
from bko_mining.errors import LogError
from bko_mining.words import speaking
from tests.analyse.logs import log_of

H = pd.Timedelta(hours=1)


def test_by_hand() -> None:
    # 2 of 5 finish at 3 (one more is censored there), 1 of 2 at 6, the last is censored at 8.
    table = survival_curve(np.array([3, 3, 3, 6, 8]), np.array([True, True, False, True, False]))
    assert table["n_at_risk"].tolist() == [5, 2]
    assert table["open_share"].tolist() == pytest.approx([0.6, 0.3])


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_statsmodels(seed: int) -> None:
    from statsmodels.duration.survfunc import SurvfuncRight

    rng = np.random.default_rng(seed)
    life, seen = rng.integers(1, 60, 200), rng.integers(1, 70, 200)
    age, finished = np.minimum(life, seen), life <= seen
    theirs = SurvfuncRight(age, finished.astype(int))
    ours = survival_curve(age, finished)
    places = np.searchsorted(theirs.surv_times, ours["time"].astype("int64"))
    assert ours["open_share"].to_numpy() == pytest.approx(theirs.surv_prob[places])
    low, high = theirs.quantile_ci(0.5, method="cloglog")
    times, low_share, high_share = (ours[name].to_numpy() for name in ("time", "low_share", "high_share"))
    assert times[low_share <= 0.5][0].astype(int) == low
    assert times[high_share <= 0.5][0].astype(int) == high
    assert times[ours["open_share"] <= 0.5][0].astype(int) == theirs.quantile(0.5)


def test_open_cases_lengthen_the_median() -> None:
    rows = [(str(k), "do", None, 0.0, float(k + 1)) for k in range(9)]
    log = replace(log_of(rows), open_cases=np.array([True] * 3 + [False] * 6))
    found = time_to_finish(log)
    assert found.naive_median == 6.5 * H
    assert found.median == 8 * H  # 9 at risk at 4 h and on: 5 of 9 are left after 4, 4 of 9 after 8
    with speaking("pt_BR"):
        assert "em aberto" in found.summary
    assert found.plot().lines


def test_an_activity_marks_the_end() -> None:
    log = log_of([("A", "pay", None, 0.0, 1.0), ("B", "register", None, 0.0, 5.0)])
    assert time_to_finish(log, finished_by=["pay"]).n_open == 1
    with pytest.raises(LogError, match="no activity 'ship'"):
        time_to_finish(log, finished_by="ship")
