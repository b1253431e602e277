"""Injected extraneous delays (public logs of Chapela-Campa and Dumas 2024): found per activity within 20 % or 1 h."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from bko_mining.fit.findings import investigate
from bko_mining.log.event_log import EventLog

LOGS = ["Procure_to_Pay", "Procure_to_Pay_1_timer", "Procure_to_Pay_5_timers", "Loan_Application_3_timers"]


def read(path):
    rows = pd.read_csv(path)
    case, activity, resource = (pd.Categorical(rows[name]) for name in ("case_id", "activity", "resource"))
    start, end = (
        pd.to_datetime(rows[name], format="ISO8601", utc=True).dt.tz_localize(None).astype("M8[us]").astype("int64")
        for name in ("start_time", "end_time")
    )
    return EventLog.from_codes(
        case=case.codes.astype(np.int32),
        case_ids=pa.array([str(name) for name in case.categories]),
        activity=activity.codes.astype(np.int32),
        activities=tuple(activity.categories),
        resource=resource.codes.astype(np.int32),
        resources=tuple(resource.categories),
        start=start.to_numpy(),
        end=end.to_numpy(),
        attributes=pa.table({"extraneous_delay": rows["extraneous_delay"].fillna(0).to_numpy(float)}),
    )


@pytest.mark.parametrize("name", LOGS)
def test_injected_delays_are_recovered(shared, name):
    path = shared / "logs" / "known_truth" / f"{name}.csv.gz"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    log = read(path)
    steps = investigate(log).transitions
    true = log.attributes["extraneous_delay"].to_numpy()
    for code, activity in enumerate(log.activities):
        injected = true[log.activity == code].mean()
        mine = [step for step in steps if step.after == code]
        found = sum(s.n * s.delay.mean * (1 - s.delay.zero_share) for s in mine if s.delay) / max(
            1, sum(s.n for s in mine)
        )
        assert abs(found - injected) <= max(3600, 0.2 * injected), activity
