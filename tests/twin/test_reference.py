"""The published reference and schema are those of the code, and every example in them can be read."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from pydantic import TypeAdapter

from bko_mining.twin.examples import EXAMPLES
from bko_mining.twin.model import Twin
from bko_mining.twin.reference import CHAPTERS, twin_reference, twin_schema

DOCS = Path(__file__).parents[2] / "docs"
MODELS = {model.__name__: model for models in CHAPTERS.values() for model in models}
UPDATE = "run: python -c 'from bko_mining.twin.reference import publish; publish(\"docs\")'"


def test_published_pages_are_up_to_date() -> None:
    assert (DOCS / "twin.md").read_text(encoding="utf-8") == twin_reference(), UPDATE
    assert json.loads((DOCS / "twin.schema.json").read_text(encoding="utf-8")) == twin_schema(), UPDATE


@pytest.mark.parametrize("name", sorted(MODELS))
def test_examples_can_be_read(name: str) -> None:
    if name == "ObservedCases":
        pytest.skip("packed by the fit, not written by hand")
    TypeAdapter(MODELS[name]).validate_python(yaml.safe_load(EXAMPLES[name]))


def test_schema_accepts_a_written_twin_and_refuses_a_typo() -> None:
    data = yaml.safe_load(EXAMPLES["Twin"])
    jsonschema.validate(data, twin_schema())
    data["activities"]["Register"]["rolle"] = "Clerk"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, twin_schema())
    with pytest.raises(ValueError, match="rolle"):
        Twin.model_validate(data)


class _AsEditorsRead(yaml.SafeLoader):
    """Days and instants are text to an editor."""


_AsEditorsRead.yaml_implicit_resolvers = {
    sign: [(tag, form) for tag, form in found if not tag.endswith("timestamp")]
    for sign, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@pytest.mark.parametrize("path", sorted(DOCS.parent.glob("simulations/*/twin.yaml")), ids=lambda path: path.parent.name)
def test_editors_find_the_schema_and_nothing_wrong_in_the_studies(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    place = text.splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    assert json.loads((path.parent / place).read_text(encoding="utf-8")) == twin_schema()
    jsonschema.validate(yaml.load(text, Loader=_AsEditorsRead), twin_schema())
