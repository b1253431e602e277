"""The same seed gives the same bytes: in any order of replications, in this version and in the next."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from bko_mining.log.event_log import EventLog
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin

STUDIES = Path(__file__).parent.parent.parent / "simulations"
GOLDEN = {
    "accounts_payable": ("ee45334eb218311e", "65224f8b31160e96"),
    "claims": ("8d4bbec6d42e3406", "a01611abf467938a"),
    "month_end_close": ("4a0d1a94e58cf3fe", "69dd1ddd570fea8f"),
    "payroll": ("1e8b485e90943624", "358d9bf3ccaaaf01"),
    "recruiting": ("f5419e2a4ced1dc0", "1fb958fd2157e1e0"),
    "service_desk": ("2ea3cb3becf0ffd0", "e0c221c52db46516"),
}


def fingerprint(log: EventLog) -> str:
    """A hash of every array of a log, the causes of its waits and the attributes of its cases included."""
    found = sha256()
    for name in ("offsets", "activity", "resource", "role", "start", "end", "enabled"):
        found.update(np.ascontiguousarray(getattr(log, name)).tobytes())
    for name in sorted(log.attributes.column_names):
        found.update(name.encode())
        for value in log.attributes[name].to_pylist():
            found.update(repr(value).encode())
    return found.hexdigest()[:16]


@pytest.mark.parametrize("study", sorted(GOLDEN))
def test_known_bytes_in_any_order_of_replications(study: str) -> None:
    """A change of these constants moves every number in the notebooks: say why, and execute them anew."""
    twin = Twin.load(STUDIES / study / "twin.yaml")
    second, first = (fingerprint(simulate(twin, n_cases=300, seed=5, replication=k)) for k in (1, 0))
    assert (first, second) == GOLDEN[study]
