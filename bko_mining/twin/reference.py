"""The YAML reference of a twin, written from the models themselves, and the JSON schema for editors."""

import inspect
import json
import re
import types
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from bko_mining.twin import arrivals, observed, people, routing, start_state, values, work
from bko_mining.twin.examples import EXAMPLES
from bko_mining.twin.mechanisms import mechanism_chapter
from bko_mining.twin.model import Evidence, StepDelay, Twin

CHAPTERS: dict[str, tuple[type[BaseModel], ...]] = {
    "The whole": (Twin,),
    "Lengths of time and chance": (values.Distribution, values.Component),
    "Arrivals and cases": (
        arrivals.RateArrivals,
        arrivals.Peak,
        arrivals.IntervalArrivals,
        arrivals.GridArrivals,
        arrivals.BatchArrivals,
        arrivals.ListArrivals,
        arrivals.CaseType,
        arrivals.Attribute,
        arrivals.Correlation,
        arrivals.ServiceLevel,
    ),
    "Activities": (
        work.Activity,
        work.Factor,
        work.Batching,
        work.Errors,
        work.Patience,
        work.QueueLimit,
    ),
    "Routing": (
        routing.Sequence,
        routing.Choice,
        routing.Branch,
        routing.Parallel,
        routing.Some,
        routing.Loop,
        routing.Repeat,
        routing.Pause,
        routing.GraphRouting,
        routing.Node,
        routing.Flow,
        routing.HistoryRouting,
        routing.Context,
        routing.LeftOut,
        routing.ParallelBlock,
        routing.ShareChange,
        StepDelay,
    ),
    "People, bots and stock": (
        people.Role,
        people.QueueRule,
        people.Turnover,
        people.Overtime,
        people.Resource,
        people.Absence,
        people.Bot,
        people.Failures,
        people.Material,
        people.OrderingRule,
        values.Price,
    ),
    "Where a run begins, and what was observed": (
        start_state.InitialState,
        start_state.OpenCase,
        start_state.WorkItem,
        observed.ObservedCases,
        Evidence,
    ),
}

_INTRODUCTION = """# The twin, key by key

A twin is one YAML file: plain data that says how a back office works. `bko.Twin.load("twin.yaml")` reads it and refuses
unknown keys and impossible values with the line and what is allowed there; `twin.save("twin.yaml")` writes it.

Lengths of time are written `12 min`, `2 h`, `1.5 d`, `PT15M` or as seconds. Calendars are one line such as
`Mon-Fri 08:00-12:00 13:00-17:30, BR-SP`. Conditions are short text such as `amount > 5000 and visits(Match) >= 2`;
they may speak of attributes, `type`, `visits(Activity)`, `queue(Role)`, `last`, `resource`, `date`, `weekday`, `hour`
and `age` (`age > 2 d`). They are joined by `and`.

What is written is held against itself as a whole: names that do not exist (with the nearest one that does), keys
written twice, laws whose parameters do not fit, shares that do not add up to one, dates in the wrong order, conditions
that can never hold. `yes`, `no` and `14:00` are text, as they are meant.

This page is made from the models (`bko_mining.twin.reference.publish`); the JSON schema for editors is
`docs/twin.schema.json`. An editor that knows YAML schemas (VS Code with the YAML extension, PyCharm) checks and
completes while one types, once the first line of the file is `# yaml-language-server: $schema=PATH/twin.schema.json`.
"""


def twin_schema() -> dict[str, Any]:
    """Return the JSON schema of a twin, for editors that check while one types.

    Examples
    --------
    >>> twin_schema()["title"]
    'Twin'
    """
    return Twin.model_json_schema(by_alias=True)


def twin_reference() -> str:
    """Write the reference of all keys of a twin as Markdown."""
    parts = [_INTRODUCTION, mechanism_chapter()]
    for title, models in CHAPTERS.items():
        parts.append(f"## {title}\n")
        parts += [_section(model) for model in models]
    return "\n".join(parts)


def publish(folder: str | Path) -> None:
    """Write ``twin.md`` and ``twin.schema.json`` into a folder."""
    target = Path(folder)
    (target / "twin.md").write_text(twin_reference(), encoding="utf-8")
    text = json.dumps(twin_schema(), indent=1, ensure_ascii=False, sort_keys=True)
    (target / "twin.schema.json").write_text(text + "\n", encoding="utf-8")


def _section(model: type[BaseModel]) -> str:
    rows = [_row(field.alias or name, field) for name, field in model.model_fields.items()]
    table = "\n".join(["| key | value | left out | meaning |", "|---|---|---|---|", *rows])
    example = EXAMPLES.get(model.__name__)
    shown = f"\n```yaml\n{example}\n```\n" if example else ""
    return f"### {_title(model.__name__)}\n\n{_prose(model)}\n\n{table}\n{shown}"


def _title(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


def _prose(model: type[BaseModel]) -> str:
    text = inspect.cleandoc(model.__doc__ or "").split("Examples\n---")[0].strip()
    return text.replace("``", "`")


def _row(key: str, field: FieldInfo) -> str:
    meaning = (field.description or "").replace("|", "\\|")
    return f"| `{key}` | {_kind(field.annotation)} | {_default(field)} | {meaning} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**needed**"
    default = field.default
    if default is PydanticUndefined or default in ((), None, "") or isinstance(default, BaseModel):
        return "–"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _kind(annotation: Any) -> str:
    """Name a type in words."""
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in inner)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_kind(kind) for kind in inner if kind is not type(None)))
    if origin is tuple:
        return f"list of {_kind(inner[0])}" if inner[1:] == (Ellipsis,) else f"[{', '.join(map(_kind, inner))}]"
    if origin is dict:
        return f"{_kind(inner[0])}: {_kind(inner[1])}"
    return _plain_kind(annotation)


def _plain_kind(annotation: Any) -> str:
    names = {str: "text", float: "number", int: "whole number", bool: "true or false"}
    if annotation in names:
        return names[annotation]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _title(annotation.__name__).lower()
    return str(getattr(annotation, "__name__", "any value"))
