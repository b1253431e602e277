"""What is wrong in a scenario as it is written: where it stands, and what to write instead."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from bko_mining.errors import ScenarioError
from bko_mining.twin.references import Misfit
from bko_mining.twin.wording import Found, Place, in_words, nearest

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError


def first_mistake(problem: "ValidationError", model: "type[BaseModel]") -> Found:
    """The first thing that is wrong in what a model was made of: its place, and words with what is allowed there."""
    found: list[Any] = list(problem.errors())
    # A key that is misspelt also leaves the right one missing: the former says it all.
    error = min(found, key=lambda each: each["type"] != "extra_forbidden")
    place: Place = error["loc"]
    if error["type"] == "extra_forbidden":
        return place, _no_such_key(str(place[-1]), model)
    if error["type"] == "missing":
        return place, f"{place[-1]!r} is missing; keys: {_keys(model)}"
    text = in_words(error, None)
    return place, text + _percent(error["input"]) if error["type"] == "float_parsing" else text


def mapping_of(kind: str, data: Any, model: "type[BaseModel]") -> Mapping[str, Any]:
    """The keys and values of a change.

    Raises
    ------
    ValueError
        If something else was written.
    """
    if data is None or isinstance(data, Mapping):
        return data or {}
    raise ValueError(
        f"{kind} needs keys and values, not {data!r}; write {{{kind}: {{key: value}}}} with: {_keys(model)}"
    )


def kind_of(data: Any, kinds: Iterable[str]) -> str:
    """The kind of a change.

    Raises
    ------
    ValueError
        If there is no such kind, or several changes stand behind one dash.
    """
    known = list(kinds)
    several = [key for key in data if key in known] if isinstance(data, Mapping) and "kind" not in data else []
    if len(several) > 1:
        raise ValueError(f"{' and '.join(several)} are changes of their own: put each behind a dash of its own")
    kind = (data.get("kind") or next(iter(data), None)) if isinstance(data, Mapping) else data
    if kind not in known:
        raise ValueError(f"there is no change {kind!r}; {nearest(str(kind), known)}changes: {', '.join(known)}")
    return str(kind)


def _no_such_key(key: str, model: "type[BaseModel]") -> str:
    return f"there is no key {key!r}; {nearest(key, _keys(model).split(', '))}keys: {_keys(model)}"


def _keys(model: "type[BaseModel]") -> str:
    return ", ".join(name for name in model.model_fields if name != "kind")


def _percent(value: Any) -> str:
    """A hint for those who write a factor in percent."""
    text = str(value).strip()
    try:
        factor = 1 + float(text.removesuffix("%")) / 100
    except ValueError:
        return ""
    return f", or {factor:g} where it is a factor on what is there today" if text.endswith("%") else ""


def first_of_scenario(problem: "ValidationError", model: "type[BaseModel]") -> Found:
    """What is wrong first in a scenario, or in one of its changes with its place there."""
    error = problem.errors()[0]
    inner = error.get("ctx", {}).get("error")
    if isinstance(inner, Misfit):
        return (*error["loc"], *inner.place), str(inner)
    return first_mistake(problem, model)


def wrong(name: str, place: Place, text: str) -> ScenarioError:
    """The error that says what is wrong in which change and field of a scenario."""
    steps = [f"change {step + 1}" if isinstance(step, int) else step for step in place[:2] if step != "changes"]
    where = ".".join(map(str, (*steps, *place[2:])))
    error = ScenarioError(f"scenario {name!r}: " + (f"{where}: {text}" if where else text))
    error.place, error.text = place, text
    return error
