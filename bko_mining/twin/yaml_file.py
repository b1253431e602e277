"""YAML in and out, with errors that name the line and what is allowed there."""

import re
from typing import TYPE_CHECKING, Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from bko_mining.errors import TwinError
from bko_mining.twin.references import Misfit
from bko_mining.twin.wording import in_words, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Loader(_SafeLoader):  # type: ignore[misc]
    """Reads what a person means: ``14:00`` and ``no`` are text, keys are text, and no key comes twice."""

    yaml_implicit_resolvers = {  # noqa: RUF012  (that is how PyYAML is told)
        sign: [(tag, form) for tag, form in found if tag.rpartition(":")[2] not in ("bool", "int", "float")]
        for sign, found in _SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Make a dictionary, refusing a key that is written twice."""
        seen: dict[str, int] = {}
        for key, _ in node.value:
            key.tag = "tag:yaml.org,2002:str" if _is_plain_key(key) else key.tag
            name = str(key.value)
            if name in seen:
                twice = f"the key {name!r} is there twice, first in line {seen[name] + 1}"
                raise yaml.constructor.ConstructorError(None, None, twice, key.start_mark)
            seen[name] = key.start_mark.line
        made: dict[Any, Any] = super().construct_mapping(node, deep)
        return made

    def construct_yaml_timestamp(self, node: Any) -> Any:
        """Read a day; what is none stays text, to be refused with its place."""
        try:
            return super().construct_yaml_timestamp(node)
        except ValueError:
            return node.value


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_yaml_timestamp)


def _is_plain_key(key: Any) -> bool:
    return isinstance(key, yaml.ScalarNode) and not key.tag.endswith(":merge")


for _tag_name, _form, _first in (
    ("bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", "[-+]?(?:0|[1-9][0-9_]*)", "-+0123456789"),
    ("float", r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|[-+]?\.[0-9][0-9_]*", "-+.0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag_name}", re.compile(f"^(?:{_form})$"), list(_first))


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
        said = getattr(problem, "problem", problem)
        twice = isinstance(problem, yaml.constructor.ConstructorError)
        raise TwinError(f"{name}{where}: {said if twice else f'this is not YAML: {said}'}") from None


def write_yaml(data: Any) -> str:
    """Write plain data as YAML in the order given, unicode as it is."""
    text: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
    return text


def as_twin_error(problem: ValidationError, text: str, *, model: type[BaseModel], name: str) -> TwinError:
    """Turn what pydantic found into one error: the line, the place, what is wrong, what is allowed."""
    root = yaml.compose(text, Loader=_Loader) if text else None
    found = _causes(problem.errors())
    lines = list(dict.fromkeys(_one(error, root, model, name) for error in found))
    more = [f"… and {len(lines) - 5} more"] if len(lines) > 5 else []
    return TwinError("\n".join([*lines[:5], *more]))


def _causes(found: list[Any]) -> list[Any]:
    """Leave out lists that are too short only because their items are wrong."""
    inside = {error["loc"][:depth] for error in found for depth in range(len(error["loc"]))}
    return [error for error in found if error["type"] != "too_short" or error["loc"] not in inside]


def _one(error: Any, root: Any, model: type[BaseModel], name: str) -> str:
    inner = error.get("ctx", {}).get("error")
    place: tuple[str | int, ...] = (*error["loc"], *(inner.place if isinstance(inner, Misfit) else ()))
    line, path, node = _walk(root, place)
    if isinstance(inner, Misfit):
        message = str(inner)
    elif error["type"] == "extra_forbidden":
        message = f"unknown key {place[-1]!r}; {_allowed(model, place)}{_torn_apart(place[-1], node)}"
    elif error["type"] == "model_type":
        message = _no_mapping(model, place, node)
    else:
        message = in_words(error, node.value if isinstance(node, yaml.ScalarNode) else None)
    where = f"{name}, line {line}" if line else name
    return f"{where}: {'.'.join(path)}: {message}" if path else f"{where}: {message}"


def _no_mapping(model: type[BaseModel], place: tuple[str | int, ...], node: Any) -> str:
    if node is None or (isinstance(node, yaml.ScalarNode) and not node.value):
        return "there is nothing in it"
    return f"write keys and values here; {_allowed(model, (*place, ''))}"


def _torn_apart(key: str | int, value: Any) -> str:
    """A hint where a decimal comma or a sentence was cut at its comma inside braces."""
    empty = isinstance(value, yaml.ScalarNode) and value.value == ""
    return " (a comma ends a value inside braces: write 4.5, or put the value in quotes)" if empty else ""


def _walk(node: Any, place: tuple[str | int, ...]) -> tuple[int | None, list[str], Any]:
    """Follow a place through the YAML nodes; what is no key (the tag of a union) is passed over."""
    line = node.start_mark.line + 1 if node is not None else None
    path: list[str] = []
    for step, following in zip(place, (*place[1:], None), strict=True):
        child = _child(node, step)
        if child is not None and not (_child(node, following) and not _child(child[1], following)):
            key, node = child
            line = key.start_mark.line + 1
            path.append(str(step))
        elif node is None:
            path.append(str(step))
    return line, path, node


def _child(node: Any, step: str | int | None) -> tuple[Any, Any] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


def _allowed(model: type[BaseModel], place: tuple[str | int, ...]) -> str:
    kinds: set[type[BaseModel]] = {model}
    for step in place[:-1]:
        tagged = {kind for kind in kinds if step in (kind.__name__, _tag(kind))}
        if tagged:
            kinds = tagged
            continue
        fields = [field for kind in kinds for key, field in kind.model_fields.items() if step in (key, field.alias)]
        below = {found for field in fields for found in _models_in(field.annotation)}
        kinds = below or kinds
    keys = sorted({field.alias or key for kind in kinds for key, field in kind.model_fields.items()})
    return f"{nearest(str(place[-1]), keys)}allowed here: {', '.join(keys)}"


def _tag(kind: type[BaseModel]) -> Any:
    """The word in ``kind`` by which a model is told from the others of its union."""
    field = kind.model_fields.get("kind")
    return next(iter(get_args(field.annotation)), None) if field else None


def _models_in(annotation: Any) -> "Iterator[type[BaseModel]]":
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
