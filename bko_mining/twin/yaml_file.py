"""YAML in and out, with errors that name the line and what is allowed there."""

import difflib
from typing import TYPE_CHECKING, Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from bko_mining.errors import TwinError
from bko_mining.twin.references import Misfit

if TYPE_CHECKING:
    from collections.abc import Iterator

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def read_yaml(text: str, *, name: str) -> Any:
    """Read YAML text.

    Raises
    ------
    TwinError
        If it is no YAML; the message names the line.
    """
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise TwinError(f"{name}{where}: this is not YAML: {getattr(problem, 'problem', problem)}") from None


def write_yaml(data: Any) -> str:
    """Write plain data as YAML in the order given, unicode as it is."""
    text: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
    return text


def as_twin_error(problem: ValidationError, text: str, *, model: type[BaseModel], name: str) -> TwinError:
    """Turn what pydantic found into one error: the line, the place, what is wrong, what is allowed."""
    root = yaml.compose(text, Loader=_Loader) if text else None
    found = _causes(problem.errors())
    lines = [_one(error, root, model, name) for error in found[:5]]
    more = [f"… and {len(found) - 5} more"] if len(found) > 5 else []
    return TwinError("\n".join([*lines, *more]))


def _causes(found: list[Any]) -> list[Any]:
    """Leave out lists that are too short only because their items are wrong."""
    inside = {error["loc"][:depth] for error in found for depth in range(len(error["loc"]))}
    return [error for error in found if error["type"] != "too_short" or error["loc"] not in inside]


def _one(error: Any, root: Any, model: type[BaseModel], name: str) -> str:
    inner = error.get("ctx", {}).get("error")
    place: tuple[str | int, ...] = inner.place if isinstance(inner, Misfit) else error["loc"]
    message = str(inner) if isinstance(inner, Misfit) else error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        message = f"unknown key {place[-1]!r}; {_allowed(model, place)}"
    elif error["type"] == "missing":
        message = f"{place[-1]!r} is missing"
    line, path = _walk(root, place)
    where = f"{name}, line {line}" if line else name
    return f"{where}: {'.'.join(path)}: {message}" if path else f"{where}: {message}"


def _walk(node: Any, place: tuple[str | int, ...]) -> tuple[int | None, list[str]]:
    """Follow a place through the YAML nodes; what is no key (the tag of a union) is passed over."""
    line = node.start_mark.line + 1 if node is not None else None
    path: list[str] = []
    for step in place:
        child = _child(node, step)
        if child is not None:
            key, node = child
            line = key.start_mark.line + 1
            path.append(str(step))
        elif node is None:
            path.append(str(step))
    return line, path


def _child(node: Any, step: str | int) -> tuple[Any, Any] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


def _allowed(model: type[BaseModel], place: tuple[str | int, ...]) -> str:
    kinds: set[type[BaseModel]] = {model}
    for step in place[:-1]:
        fields = [field for kind in kinds for key, field in kind.model_fields.items() if step in (key, field.alias)]
        below = {found for field in fields for found in _models_in(field.annotation)}
        kinds = below or kinds
    tagged = {kind for kind in kinds if place[-2:-1] and place[-2] in (kind.__name__, _tag(kind))} or kinds
    keys = sorted({field.alias or key for kind in tagged for key, field in kind.model_fields.items()})
    close = difflib.get_close_matches(str(place[-1]), keys, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}allowed here: {', '.join(keys)}"


def _tag(kind: type[BaseModel]) -> Any:
    """The word in ``kind`` by which a model is told from the others of its union."""
    field = kind.model_fields.get("kind")
    return next(iter(get_args(field.annotation)), None) if field else None


def _models_in(annotation: Any) -> "Iterator[type[BaseModel]]":
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
