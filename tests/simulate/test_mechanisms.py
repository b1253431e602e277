"""Every mechanism of the reference runs in both lanes, changes the run, and tells of a typo with its line."""

import re
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from typing import Any

import pytest
import yaml

from bko_mining.errors import TwinError
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.mechanisms import MECHANISMS, OFFICE
from bko_mining.twin.model import Twin
from bko_mining.twin.yaml_file import read_yaml

EXAMPLES = {f"{title}: {name}": text for title, examples in MECHANISMS.items() for name, text in examples.items()}
LATER = {"Arrivals: month end": 400, "People: turnover": 4000}
"""So many cases it takes until the mechanism shows (else 70)."""

MONEY = {"Activities: cost", "Service: target and penalty"}
"""Counted after the run: they move no case."""


def joined(data: Any, more: Any) -> Any:
    if isinstance(data, dict) and isinstance(more, dict):
        return data | {key: joined(data.get(key), value) for key, value in more.items()}
    return more


def changed(example: str) -> dict[str, Any]:
    found: dict[str, Any] = joined(read_yaml(OFFICE, name="office"), read_yaml(example, name="example"))
    return found


def written(twin: Twin, lane: Any, n_cases: int) -> str:
    some = 2 if any(stream.kind == "list" for stream in twin.arrivals) else n_cases
    return sha256(simulate(twin, n_cases=some, seed=4, lane=lane).frame.to_csv().encode()).hexdigest()


@cache
def usual(n_cases: int) -> str:
    return written(Twin.from_yaml(OFFICE), "simpy", n_cases)


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.filterwarnings("ignore")
def test_a_mechanism_runs_in_both_lanes_and_changes_the_run(name: str) -> None:
    twin, n = Twin.model_validate(changed(EXAMPLES[name])), LATER.get(name, 70)
    found = written(twin, "simpy", n)
    assert (found != usual(n)) == (name not in MONEY)
    if find_spec("numba"):
        assert written(twin, "numba", n) == found


def paths(data: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Places of the keys of an example, the innermost first."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inner:
        yield from paths(value, (*place, key))
        if isinstance(data, dict):
            yield (*place, key)


def misspelt(data: Any, place: tuple[Any, ...]) -> Any:
    key, rest = place[0], place[1:]
    if not rest:
        return {(f"{name}xyz" if name == key else name): value for name, value in data.items()}
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[key] = misspelt(data[key], rest)
    return copy


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_misspelt_key_is_told_with_its_line_and_what_is_allowed(name: str) -> None:
    data, told = changed(EXAMPLES[name]), []
    for place in paths(read_yaml(EXAMPLES[name], name="example")):
        wrong = misspelt(data, place)
        text = yaml.safe_dump(wrong, sort_keys=False)
        try:
            Twin.from_yaml(text, name="office.yaml")
        except TwinError as problem:
            found = re.match(rf"office.yaml, line (\d+): .*unknown key '{re.escape(str(place[-1]))}xyz'", str(problem))
            if found:
                assert f"{place[-1]}xyz" in text.splitlines()[int(found[1]) - 1]
                told.append("allowed here: " in str(problem))
    assert told
    assert all(told)
