"""How often flows are run along: by hand, and as much in as out at every shape of models of any form."""

import pytest

from bko_mining.discover.flow_counts import flow_counts
from bko_mining.discover.process_model import discover_heuristics_model, discover_model
from bko_mining.log.event_log import EventLog
from tests.analyse.logs import log_of

# Two cases open, check twice and pay; one opens and pays; one pays without opening: the model opens all the same.
SEQUENCES = ["open check check pay", "open check check pay", "open pay", "pay"]


def log(sequences: list[str] = SEQUENCES) -> EventLog:
    rows = [
        (f"{case}", name, None, 10 * case + at, 10 * case + at)
        for case, sequence in enumerate(sequences)
        for at, name in enumerate(sequence.split())
    ]
    return log_of(rows)


def test_counts_by_hand() -> None:
    model = discover_model(log(SEQUENCES[:3]), noise=0)
    found = flow_counts(log(), model)
    kinds = {key: shape.name or shape.kind for key, shape in model.diagram.shapes.items()}
    named = {(kinds[row.source], kinds[row.target]): (row.n, row.n_cases) for row in found.itertuples()}
    assert named["start", "open"] == (4, 4)
    assert named["xor", "check"] == (4, 2)
    assert named["pay", "end"] == (4, 4)


@pytest.mark.parametrize("discover", [discover_model, discover_heuristics_model])
def test_what_comes_in_goes_out(discover: object) -> None:
    some = log(["a b c d", "a c b d", "a b c b c d", "a e d", "a d", "a e e d"])
    model = discover(some)  # type: ignore[operator]
    found = flow_counts(some, model)
    into, out = found.groupby("target")["n"], found.groupby("source")["n"]
    for key, shape in model.diagram.shapes.items():
        if shape.kind == "and":
            assert {*into.get_group(key), *out.get_group(key)} == {into.get_group(key).iloc[0]}
        elif shape.kind not in ("start", "end"):
            assert into.sum()[key] == out.sum()[key], shape
    assert found.loc[found["source"] == "start_0" if "start_0" in model.diagram.shapes else found["source"] == "start",
                     "n"].tolist() == [some.n_cases]  # fmt: skip
