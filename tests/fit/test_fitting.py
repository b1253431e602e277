import numpy as np
import pyarrow as pa
import pytest

import bko_mining as bko
from bko_mining.fit.starts import with_starts
from bko_mining.log.event_log import EventLog

HOUR = 3_600_000_000


def make(cases, *, starts=True, resources=True):
    """A log from [[(activity, start hour, end hour, resource), …], …]; hour 0 is 1970-01-01 00:00, a Thursday."""
    rows = [(k, *row) for k, case in enumerate(cases) for row in case]
    names = tuple(sorted({row[1] for row in rows}))
    people = tuple(sorted({row[4] for row in rows}))
    return EventLog.from_codes(
        case=np.array([row[0] for row in rows], np.int32),
        case_ids=pa.array([f"A{k:03d}" for k in range(len(cases))]),
        activity=np.array([names.index(row[1]) for row in rows], np.int32),
        activities=names,
        start=(np.array([row[2] for row in rows]) * HOUR).astype(np.int64) if starts else None,
        end=(np.array([row[3] for row in rows]) * HOUR).astype(np.int64),
        resource=np.array([people.index(row[4]) for row in rows], np.int32) if resources else None,
        resources=people if resources else (),
    )


ODD = {
    "one case, one activity": make([[("a", 0, 1, "x")]]),
    "one activity": make([[("a", i, i + 0.5, "x")] for i in range(50)]),
    "one resource": make([[("a", i, i + 0.5, "x"), ("b", i + 0.5, i + 1, "x")] for i in range(50)]),
    "no time at all": make([[("a", i, i, "x"), ("b", i, i, "y")] for i in range(50)]),
    "no resources": make([[("a", i, i + 1, "x"), ("b", i + 2, i + 3, "x")] for i in range(50)], resources=False),
    "ends only": make([[("a", i, i + 1, "x"), ("b", i + 2, i + 3, "y")] for i in range(50)], starts=False),
    "Start and End": make(
        [[("Start", i, i, "x"), ("b", i + 2, i + 3, "y"), ("End", i + 5, i + 5, "x")] for i in range(50)]
    ),
}


@pytest.mark.parametrize("log", ODD.values(), ids=ODD.keys())
def test_odd_logs_fit_and_survive_the_file(log):
    twin = bko.fit_twin(log)
    assert set(twin.activities) == set(log.activities)
    assert bko.Twin.from_yaml(twin.to_yaml()) == twin
    assert twin.evidence


def test_same_log_same_twin():
    log = ODD["one resource"]
    assert bko.fit_twin(log, seed=3) == bko.fit_twin(log, seed=3)


def test_without_resources_the_gap_is_a_delay():
    # b always starts one hour after a ends, and nobody is named who could have been busy.
    (delay,) = bko.fit_twin(ODD["no resources"]).delays
    assert (delay.after, delay.before) == ("a", "b")
    assert delay.time.value == pytest.approx(3600)


def test_estimated_starts_are_never_before_the_previous_end():
    # x ends a at 1, 2, 3, …; y ends b at 3, 4, …: b cannot have begun before y was free again, one hour earlier.
    log = with_starts(ODD["ends only"])
    work = (log.end - log.start)[log.activity == 1] / HOUR
    assert log.starts_estimated
    assert np.median(work) == pytest.approx(1.0)


def test_role_column_names_the_roles():
    log = make([[("a", i, i + 0.5, "x"), ("b", i + 0.5, i + 1, "y")] for i in range(30)])
    from dataclasses import replace

    named = replace(log, role=log.resource.copy(), roles=("AP clerk", "Approver"))
    assert set(bko.fit_twin(named).roles) == {"AP clerk", "Approver"}
    assert set(bko.fit_twin(log).roles) == {"a", "b"}
