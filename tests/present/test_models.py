"""Pictures of models: the same bytes every time, deviations said on them, any names."""

from pathlib import Path

import pytest

from bko_mining.discover.conformance import conformance
from bko_mining.discover.process_model import discover_model, read_model
from bko_mining.log.event_log import EventLog
from bko_mining.present.figures import png_bytes, svg_text
from bko_mining.words import speaking
from tests.analyse.logs import log_of


def _cases(*sequences: str, names: dict[str, str] | None = None) -> EventLog:
    names = names or {}
    return log_of(
        [
            (f"C{i}", names.get(name, name), None, t, t + 0.5)
            for i, sequence in enumerate(sequences)
            for t, name in enumerate(sequence)
        ]
    )


def _texts(axes: object) -> str:
    return " ".join(text.get_text() for text in axes.texts)  # type: ignore[attr-defined]


def test_the_same_model_has_the_same_bytes() -> None:
    log = _cases("abcd", "acbd", "ad", "abbcd")
    one, two = (discover_model(log, noise=0) for _ in range(2))
    assert png_bytes(one.plot()) == png_bytes(two.plot())
    assert svg_text(one.plot()) == svg_text(two.plot())


@pytest.mark.parametrize("names", [{"a": "$5 & <b> {x}"}, {"a": "Conferência da documentação do fornecedor " * 5}])
def test_any_name_can_be_drawn(names: dict[str, str]) -> None:
    model = discover_model(_cases("abcd", "acbd", names=names), noise=0)
    assert len(png_bytes(model.plot())) > 1000


def test_deviations_stand_on_the_model() -> None:
    model = discover_model(_cases("abcd", "abcd"), noise=0)
    found = conformance(_cases("abcd", "acbd", "acbd", "abd", "abxcd"), model)
    with speaking("pt_BR"):
        words = _texts(found.plot())
    assert "cedo demais em 2 casos" in words
    assert "pulada em 1 caso" in words
    assert "40 %" in words
    assert "x (1)" in words
    with speaking("pt_BR"):
        assert "em 2 casos" in _texts(found.by_extra_hours.plot())
    assert found.summary.split()[0] in _texts(found.plot())


def test_a_model_without_a_log_can_be_drawn(tmp_path: Path) -> None:
    path = discover_model(_cases("ab"), noise=0).save_bpmn(tmp_path / "m.bpmn")
    assert "not measured" in _texts(read_model(path).plot())
