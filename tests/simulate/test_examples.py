"""Every example of the reference (docs/twin.md) runs, put in its place in a small office."""

from typing import Any

import pytest
import yaml

from bko_mining.simulate.simulation import simulate
from bko_mining.twin.examples import EXAMPLES
from bko_mining.twin.model import Twin

STEPS = (
    "Register",
    "Check",
    "Approve",
    "Match",
    "Correct",
    "Pay",
    "Ship",
    "Bill",
    "Book",
    "Ask supplier",
    "Check price",
)
NOT_RUN = {"Evidence": "a note on the fit", "ObservedCases": "packed by the fit"}


def office() -> dict[str, Any]:
    """Two clerks who can do all that the examples speak of."""
    return {
        "arrivals": [{"per_week": 40, "calendar": "Mon-Fri 09:00-17:00"}],
        "attributes": {
            "amount": {"distribution": {"family": "lognormal", "mean": 30000, "cv": 2}},
            "pages": {"distribution": {"family": "gamma", "mean": 5, "cv": 0.5}},
            "vendor": {"values": {"Acme": 3, "Delta": 1}},
        },
        "roles": {"Clerk": {"members": ["Ana", "Bruno"], "calendar": "Mon-Fri 08:00-17:00"}},
        "activities": {name: {"role": "Clerk", "time": "5 min"} for name in (*STEPS, "Check price", "Check tax")},
        "routing": ["Register", "Check"],
    }


def placed(name: str, example: Any) -> dict[str, Any]:  # noqa: C901  (one place for each part)
    """The office with an example where it belongs."""
    data = office()
    register = data["activities"]["Register"]
    if name == "Twin":
        return dict(example)
    if name.endswith("Arrivals"):
        return data | {"arrivals": [example]}
    if name == "CaseType":
        return data | {"case_types": {"case": example}}
    if name in ("Sequence", "Choice", "Parallel", "Some", "Loop", "Pause"):
        return data | {"routing": ["Register", *(example if isinstance(example, list) else [example])]}
    if name in ("GraphRouting", "HistoryRouting"):
        return data | {"routing": example}
    if name in ("Branch", "Repeat"):
        return data | {"routing": [{"xor": [example, {"share": 0.9}]} if name == "Branch" else {"loop": example}]}
    if name in ("Node", "Flow"):
        nodes = {"s": {"kind": "start"}, "gate": {"kind": "xor"}, "a": {"kind": "activity", "activity": "Register"}}
        nodes |= {"b": {"kind": "activity", "activity": "Check"}, "e": {"kind": "end"}}
        ways = [{"from": "s", "to": "gate"}, {"from": "gate", "to": "a", "share": 0.3}]
        ways += [{"from": "gate", "to": "b", "share": 0.7}, {"from": "a", "to": "e"}, {"from": "b", "to": "e"}]
        if name == "Node":
            nodes["a"] = example
        else:
            ways[1] = example
        return data | {"routing": {"kind": "graph", "nodes": nodes, "flows": ways}}
    if name in ("Context", "ParallelBlock", "LeftOut"):
        contexts = yaml.safe_load(EXAMPLES["HistoryRouting"])["contexts"]
        contexts += [{"after": ["Pay"], "next": {"(end)": 1}}]
        if name == "Context":
            return data | {"routing": {"kind": "history", "contexts": [*contexts, example]}}
        if name == "LeftOut":
            return data | {"routing": {"kind": "history", "contexts": contexts, "left_out": [example]}}
        contexts = [{"after": ["(start)"], "next": {"both": 1}}, {"after": ["both"], "next": {"(end)": 1}}]
        return data | {"routing": {"kind": "history", "contexts": contexts, "blocks": {"both": example}}}
    lists = {"Correlation": "correlations", "ServiceLevel": "service_levels", "ShareChange": "share_changes"}
    lists |= {"StepDelay": "delays"}
    if name in lists:
        way = ["Ask supplier", "Match", {"xor": [{"share": 0.2, "do": "Correct"}, {"share": 0.8}]}, "Pay"]
        return data | {lists[name]: [example], "routing": way}
    if name in ("InitialState", "OpenCase", "WorkItem"):
        state = yaml.safe_load(EXAMPLES["InitialState"])
        case = state["cases"][0] if name == "InitialState" else yaml.safe_load(EXAMPLES["OpenCase"])
        state["cases"] = [case | {"items": [example]} if name == "WorkItem" else case]
        return data | {"initial_state": state}
    inner = {"Batching": "batch", "Errors": "errors", "Patience": "patience", "QueueLimit": "queue_limit"}
    inner |= {"Distribution": "time"}
    if name in inner:
        register[inner[name]] = example
    elif name in ("Factor", "Price", "Component"):
        register |= {
            "Factor": {"time_factors": [example]},
            "Price": {"cost_from": [example]},
            "Component": {"time": {"family": "mixture", "components": [example]}},
        }[name]
    elif name == "Activity":
        data["activities"]["Check"] = example
    elif name == "Attribute":
        data["attributes"]["value"] = example
    elif name == "Peak":
        data["arrivals"][0]["peaks"] = [example]
    elif name in ("Role", "Resource", "Bot", "Material"):
        key = {"Role": "Clerk", "Resource": "Ana", "Bot": "Robo", "Material": "paper"}[name]
        data[f"{name.lower()}s"] = data.get(f"{name.lower()}s", {}) | {key: example}
        register |= {"Bot": {"bot": "Robo", "role": None}, "Material": {"uses": {"paper": 1}}}.get(name, {})
    elif name in ("Turnover", "Overtime", "QueueRule"):
        data["roles"]["Clerk"]["later" if name == "QueueRule" else name.lower()] = example
    elif name == "OrderingRule":
        data["materials"] = {"paper": {"initial": 50, "order_up_to": 100, "reorder_point": 20, "later": example}}
        register["uses"] = {"paper": 1}
    elif name == "Absence":
        data["resources"] = {"Ana": {"absences": [example]}}
    elif name == "Failures":
        data |= {"bots": {"Robo": {"failures": example}}}
        register |= {"bot": "Robo", "role": None}
    else:
        raise AssertionError(f"no place for {name}: say where its example belongs")
    return data


@pytest.mark.parametrize("name", sorted(EXAMPLES))
@pytest.mark.filterwarnings("ignore:no case ever reaches")
def test_an_example_runs(name: str) -> None:
    if name in NOT_RUN:
        pytest.skip(NOT_RUN[name])
    twin = Twin.model_validate(placed(name, yaml.safe_load(EXAMPLES[name])))
    assert len(simulate(twin, n_cases=2 if name == "ListArrivals" else 30)) > 0
