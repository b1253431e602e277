"""Models and conformance: by hand on six cases, and against pm4py's alignments on public logs."""

from pathlib import Path

import pandas as pd
import pytest

from bko_mining.discover import process_model
from bko_mining.discover.conformance import conformance
from bko_mining.discover.petri_net import NetBuilder
from bko_mining.discover.process_model import (
    ProcessModel,
    discover_heuristics_model,
    discover_model,
    discover_powl_model,
    discover_split_model,
    model_quality,
    read_model,
)
from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.log.reading import read_log
from bko_mining.words import speaking
from tests.analyse.logs import log_of


def _cases(*sequences: str) -> EventLog:
    return log_of(
        [(f"C{i}", name, None, t, t + 0.5) for i, sequence in enumerate(sequences) for t, name in enumerate(sequence)]
    )


def _theirs(log: EventLog) -> pd.DataFrame:
    """The log as pm4py reads it, ties in our order."""
    frame = log.frame
    return pd.DataFrame(
        {
            "case:concept:name": frame["case_id"].astype(str),
            "concept:name": frame["activity"].astype(str),
            "time:timestamp": frame["end"] + pd.to_timedelta(frame.index, unit="us"),
        }
    )


def test_a_choice_is_found_and_everything_fits() -> None:
    model = discover_model(_cases("abd", "abd", "acd", "acd"), noise=0)
    assert str(model.tree) == "sequence('a', choice('b', 'c'), 'd')"
    assert model.fitting_share == 1
    assert model.table.set_index("measure").loc["fitness", "value_share"] == 1


def test_deviations_are_named_and_counted() -> None:
    model = discover_model(_cases("abc", "abc"), noise=0)
    # C1 lacks b; C2 has a second a. Costs 1 and 1; worst costs 3 + 3, 2 + 3 and 4 + 3.
    found = conformance(_cases("abc", "ac", "aabc"), model)
    rows = {(r.activity, r.deviation): (r.n, r.n_cases) for r in found.table.itertuples()}
    assert rows == {("b", "skipped"): (1, 1), ("a", "inserted"): (1, 1)}
    assert found.fitness.tolist() == [1, pytest.approx(1 - 1 / 5), pytest.approx(1 - 1 / 7)]
    assert found.log_fitness == pytest.approx(1 - 2 / 18)
    assert [found.cases_with(row).tolist() for row in range(2)] in (
        [[False, True, False], [False, False, True]],
        [[False, False, True], [False, True, False]],
    )


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("acbd", [("c", "swapped", "b")]),
        ("bacd", [("b", "swapped", "a")]),
        ("abdc", [("d", "swapped", "c")]),
        ("dabc", [("d", "swapped", "c")]),
        ("bcda", [("b", "swapped", "a")]),
        ("abxd", [("x", "inserted", ""), ("c", "skipped", "")]),
    ],
)
def test_an_activity_done_at_another_time_is_swapped(case: str, expected: list[tuple[str, str, str]]) -> None:
    model = discover_model(_cases("abcd", "abcd"), noise=0)
    found = conformance(_cases(case), model).table
    assert sorted(zip(found["activity"], found["deviation"], found["other_activity"], strict=True)) == sorted(expected)


def test_extra_hours_are_those_of_the_cases_that_deviate() -> None:
    model = discover_model(_cases("abc", "abc"), noise=0)
    # Cycle times 2.5 h, 2.5 h, 1.5 h (lacks b) and 3.5 h (a twice): 1.5 less 8.5 / 3, and 3.5 less 6.5 / 3.
    found = conformance(_cases("abc", "abc", "ac", "aabc"), model)
    extra = found.table.set_index("activity")["extra_hours"]
    assert extra["b"] == pytest.approx(1.5 - 8.5 / 3)
    assert extra["a"] == pytest.approx(3.5 - 6.5 / 3)
    assert found.by_extra_hours.table["activity"].tolist() == ["a", "b"]
    assert "1 case with “a out of place” takes" in found.by_extra_hours.summary


def test_noise_must_be_a_share() -> None:
    with pytest.raises(LogError, match="not a share"):
        discover_model(_cases("ab"), noise=1)


@pytest.mark.parametrize("ending", ["bpmn", "pnml"])
def test_a_model_travels(tmp_path: Path, ending: str) -> None:
    log = _cases("abcd", "acbd", "ad", "abbcd")
    model = discover_model(log, noise=0)
    save = model.save_bpmn if ending == "bpmn" else model.save_pnml
    path = save(tmp_path / f"model.{ending}")
    first = path.read_bytes()
    again = read_model(path)
    assert sorted(again.activities) == sorted(model.activities)
    assert again.soundness.sound is True
    other = _cases("abcd", "acbd", "ad", "bd", "abcbd", "dcba")
    assert conformance(other, again).fitness.tolist() == conformance(other, model).fitness.tolist()
    assert model_quality(log, again).fitting_share == model.fitting_share == 1
    assert save(path).read_bytes() == first


HAND_DRAWN = """<?xml version="1.0"?>
<b:definitions xmlns:b="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x">
  <b:process id="P">
    <b:startEvent id="s"/><b:userTask id="A" name="a"/><b:inclusiveGateway id="o1"/><b:task id="B" name="b"/>
    <b:subProcess id="C" name="c"/><b:inclusiveGateway id="o2"/><b:endEvent id="e"/><b:endEvent id="e2"/>
    <b:boundaryEvent id="t" attachedToRef="A"><b:timerEventDefinition/></b:boundaryEvent><b:task id="D" name="d"/>
    <b:sequenceFlow id="f1" sourceRef="s" targetRef="A"/><b:sequenceFlow id="f2" sourceRef="A" targetRef="o1"/>
    <b:sequenceFlow id="f3" sourceRef="o1" targetRef="B"/><b:sequenceFlow id="f4" sourceRef="o1" targetRef="C"/>
    <b:sequenceFlow id="f5" sourceRef="B" targetRef="o2"/><b:sequenceFlow id="f6" sourceRef="C" targetRef="o2"/>
    <b:sequenceFlow id="f7" sourceRef="o2" targetRef="e"/><b:sequenceFlow id="f8" sourceRef="t" targetRef="D"/>
    <b:sequenceFlow id="f9" sourceRef="D" targetRef="e2"/>
  </b:process>
</b:definitions>"""


def test_a_drawing_by_hand_is_a_reference(tmp_path: Path) -> None:
    path = tmp_path / "by hand.bpmn"
    path.write_text(HAND_DRAWN, encoding="utf-8")
    model = read_model(path)
    assert model.soundness.sound is True
    assert "not measured" in model.summary
    # An inclusive gateway: b, c or both in any order; the timer leaves a for d. Not: neither of them.
    found = conformance(_cases("ab", "ac", "abc", "acb", "ad", "a", "abd"), model)
    assert (found.fitness == 1).tolist() == [True] * 5 + [False] * 2


def _diagram(tmp_path: Path, gateways: tuple[str, str]) -> Path:
    opening, closing = gateways
    text = HAND_DRAWN.replace('<b:inclusiveGateway id="o1"/>', f'<b:{opening} id="o1"/>')
    path = tmp_path / "drawn.bpmn"
    path.write_text(text.replace('<b:inclusiveGateway id="o2"/>', f'<b:{closing} id="o2"/>'), encoding="utf-8")
    return path


def test_a_model_that_gets_stuck_says_so(tmp_path: Path) -> None:
    model = read_model(_diagram(tmp_path, ("exclusiveGateway", "parallelGateway")))
    assert model.soundness.sound is False
    assert "stuck" in model.summary


def test_why_quality_cannot_be_measured_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    # "a" or "b" comes first; the miner asks for both before "c", so that no case comes to its end.
    made = NetBuilder()
    first, one, two, last = (made.place() for _ in range(4))
    made.transition((first,), (one,), "a")
    made.transition((first,), (two,), "b")
    made.transition((one, two), (last,), "c")
    monkeypatch.setattr(process_model, "discover_heuristics", lambda *_, **__: made.net((first,), (last,)))
    stuck = discover_heuristics_model(_cases("ac", "bc"))
    assert stuck.unmeasured == "no run"
    assert "cannot be measured: no case can run through it" in stuck.summary
    with speaking("pt_BR"):
        assert "nenhum caso consegue percorrê-lo" in stuck.summary


def test_a_model_whose_branches_do_not_meet_says_so(tmp_path: Path) -> None:
    model = read_model(_diagram(tmp_path, ("parallelGateway", "exclusiveGateway")))
    assert model.soundness.sound is False
    assert "under way" in model.summary


@pytest.mark.parametrize(
    ("gateways", "words"),
    [
        (("inclusiveGateway", "parallelGateway"), "do not meet"),
        (("parallelGateway", "inclusiveGateway"), "no inclusive gateway opened"),
    ],
)
def test_inclusive_gateways_must_pair(tmp_path: Path, gateways: tuple[str, str], words: str) -> None:
    with pytest.raises(LogError, match=words):
        read_model(_diagram(tmp_path, gateways))


@pytest.mark.parametrize("text", ["<a/>", "no xml", "<!DOCTYPE a><a/>"])
@pytest.mark.parametrize("ending", ["bpmn", "pnml"])
def test_files_that_hold_no_model_are_refused(tmp_path: Path, text: str, ending: str) -> None:
    path = tmp_path / f"odd.{ending}"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LogError, match=r"odd\."):
        read_model(path)


def test_what_a_model_leaves_out_is_said() -> None:
    model = model_quality(_cases("abc", "axc"), discover_model(_cases("abc"), noise=0))
    assert model.left_out == ("x",)
    assert "leaves out 1 of 4 activities (x)" in model.summary
    assert model.fitting_share == 0.5


@pytest.mark.parametrize("discover", [discover_heuristics_model, discover_powl_model, discover_split_model])
def test_other_miners_find_the_same_in_a_plain_log(discover: object) -> None:
    log = _cases(*["abd"] * 30, *["acd"] * 20)
    model = discover(log)  # type: ignore[operator]
    assert isinstance(model, ProcessModel)
    assert model.soundness.sound is True
    assert model.fitting_share == 1
    assert model.table.set_index("measure").loc["precision", "value_share"] == 1


def test_noise_means_the_same_to_powl() -> None:
    log = _cases(*["abcd"] * 20, *["abbcd"] * 4, "dabc", "abcdab", "cabd")
    for noise in (0.0, 0.2, 0.5):
        tree, powl = (discover(log, noise=noise) for discover in (discover_model, discover_powl_model))
        assert tree.fitting_share == powl.fitting_share
        assert (tree.fitting_share == 1) == (noise == 0)


def test_precision_counts_all_that_the_model_allows_next() -> None:
    model = discover_model(_cases("abcd", "abcd", "acbd", "acbd", "abd", "acd", "abbd"), noise=0)
    assert str(model.tree) == "sequence('a', parallel(choice(τ, loop('b', τ)), choice(τ, 'c')), 'd')"
    # Beginning (cases): shown of allowed. – (7): a of a; a (7): bc of bcd; ab (4): bcd of bcd; abc (2): d of bd;
    # ac (3): bd of bd; acb (2): d of bd; abb (1): d of bcd. 7 + 14 + 12 + 2 + 6 + 2 + 1 of 7 + 21 + 12 + 4 + 6 + 4 + 3.
    assert model.table.set_index("measure").loc["precision", "value_share"] == pytest.approx(44 / 57)


@pytest.mark.parametrize("sequences", [["abd", "acd", "acd"], ["abcabc", "ab", "abc", "abcab"]])
def test_precision_is_that_of_pm4py_where_everything_fits(tmp_path: Path, sequences: list[str]) -> None:
    import pm4py

    log = _cases(*sequences, *sequences[:2])
    model = discover_model(log, noise=0)
    assert model.fitting_share == 1
    net = pm4py.read_pnml(str(model.save_pnml(tmp_path / "model.pnml")))
    expected = pm4py.precision_alignments(_theirs(log), *net)
    assert model.table.set_index("measure").loc["precision", "value_share"] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    "name", ["oracles/pm4py/running-example.csv", "logs/fidelity/P2P_test.csv.gz", "logs/fidelity/LoanApp_test.csv.gz"]
)
def test_fitness_agrees_with_pm4py(shared: Path, tmp_path: Path, name: str) -> None:
    import pm4py

    log = read_log(shared / name)
    model = discover_model(log, noise=0.2)
    net = pm4py.read_pnml(str(model.save_pnml(tmp_path / "model.pnml")))
    expected = pm4py.fitness_alignments(_theirs(log), *net)
    assert conformance(log, model).log_fitness == pytest.approx(expected["log_fitness"], abs=1e-3)
    assert model.fitting_share == pytest.approx(expected["percentage_of_fitting_traces"] / 100, abs=1e-3)
