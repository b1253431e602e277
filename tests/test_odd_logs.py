"""Every question may be asked of every log: it is answered, or refused with a reason, never broken."""

import html
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import pytest

import bko_mining as bko
from bko_mining.whatif.suggestions import suggested_scenarios

QUESTIONS = (
    *("profile", "process_map", "replay", "variants", "discover_model", "concurrency", "cycle_time", "waiting_time"),
    *("processing_time", "throughput", "work_in_progress", "time_to_finish", "bottlenecks", "waiting_causes"),
    *("discover_calendars", "cycle_time_parts", "rework", "loops", "first_time_right", "duplicate_entry", "handovers"),
    *("workload", "productivity", "learning", "roles", "turnover", "absences", "suggest_rules"),
    *("automation_candidates", "outsourcing_candidates", "drift", "insights", "explain", "dotted_chart"),
    *("performance_spectrum", "discover_heuristics_model", "discover_powl_model", "discover_split_model"),
)


def events(rows: list[tuple[str, str, str, float, float]]) -> pd.DataFrame:
    """Rows of (case, activity, resource, start, end); instants in hours since a Monday morning."""
    frame = pd.DataFrame(rows, columns=["case_id", "activity", "resource", "start_time", "end_time"])
    for column in ("start_time", "end_time"):
        frame[column] = pd.Timestamp("2026-01-05 08:00", tz="UTC") + pd.to_timedelta(frame[column], unit="h")
    return frame


def ordinary() -> pd.DataFrame:
    """Forty cases of four steps, some repeated, by three people."""
    rows = []
    for case in range(40):
        at = 7.0 * case
        for step in ["Enter", "Check", "Check", "Pay"] if case % 5 == 0 else ["Enter", "Check", "Pay"]:
            rows.append((f"c{case}", step, f"r{case % 3}", at, at + 0.5))
            at += 2.5
    return events(rows)


def named(names: dict[str, str]) -> pd.DataFrame:
    """The ordinary log with other names for its activities and people."""
    frame = ordinary()
    return frame.assign(activity=frame["activity"].replace(names), resource=frame["resource"].replace(names))


def instant() -> pd.DataFrame:
    """Nothing takes any time, and every case happens at one instant."""
    frame = ordinary()
    first = frame.groupby("case_id")["start_time"].transform("min")
    return frame.assign(start_time=first, end_time=first)


ODD: dict[str, Callable[[], pd.DataFrame]] = {
    "ordinary": ordinary,
    "nobody named": lambda: ordinary().drop(columns="resource"),
    "ends only": lambda: ordinary().drop(columns="start_time"),
    "ends only, nobody named": lambda: ordinary().drop(columns=["start_time", "resource"]),
    "one case": lambda: ordinary().query("case_id == 'c0'"),
    "one event": lambda: ordinary().head(1),
    "one activity": lambda: ordinary().assign(activity="Do"),
    "one resource": lambda: ordinary().assign(resource="Ana"),
    "no time at all": instant,
    "named Start and End": lambda: named({"Enter": "Start", "Pay": "End"}),
    "signs in names": lambda: named(
        {"Enter": "Pay $5 & $6 <b>", "Check": "50 % {x} _y_ \\n ^2", "r0": "$a$ {b} & <c>"}
    ),
    "long names": lambda: named({"Enter": "Conferência de documentação do fornecedor " * 4, "r0": "Ana " * 30}),
    "some people missing": lambda: ordinary().assign(resource=lambda f: f["resource"].where(f.index % 3 > 0)),
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.filterwarnings("ignore::bko_mining.errors.DataQualityWarning")
def test_every_question_is_answered_or_refused_with_a_reason(name: str) -> None:
    log = bko.EventLog.from_frame(ODD[name]())
    with bko.speaking("pt_BR" if len(name) % 2 else "en"):
        answered = [question for question in QUESTIONS if ask(log, question)]
    assert len(answered) > len(QUESTIONS) / 2


def ask(log: bko.EventLog, question: str) -> bool:
    """Ask and look at the whole answer; False if it was refused with a reason."""
    try:
        answer: Any = getattr(bko, question)(log)
    except bko.BkoError as refusal:
        reason = str(refusal)
    else:
        reason = ""
    if reason:
        assert len(reason.split()) > 5
        return False
    assert isinstance(answer.table, pd.DataFrame)
    assert "nan" not in answer.summary.lower().split()
    assert "NaT" not in answer.summary
    answer._repr_mimebundle_()
    plt.close("all")
    return True


@pytest.mark.parametrize("name", ODD)
@pytest.mark.filterwarnings("ignore::bko_mining.errors.DataQualityWarning")
def test_every_log_has_maps_to_play_with_and_to_compare(name: str) -> None:
    log, plain = bko.EventLog.from_frame(ODD[name]()), bko.EventLog.from_frame(ordinary())
    widget = bko.process_map(log).interactive(cost_per_hour=30)
    widget.selected = [log.activities[0], ["▶", log.activities[0]]]
    assert 0 < widget.log.n_cases <= log.n_cases
    for colour in ("time", "rework"):
        bko.process_map(log, colour=colour).plot()
    for shows in ("cases", "time"):
        assert not bko.difference_map(log, log, shows=shows).table[["clear", "time_clear"]].to_numpy().any()
        other = bko.difference_map(log, plain, shows=shows)
        other._repr_mimebundle_()
        other.side_by_side()._repr_mimebundle_()
    bko.replay(log, relative=True, colour="activity")._repr_mimebundle_()
    plt.close("all")


@pytest.mark.parametrize("name", ODD)
@pytest.mark.filterwarnings("ignore::bko_mining.errors.DataQualityWarning", "ignore::bko_mining.errors.TwinWarning")
def test_every_log_has_a_twin_and_a_report(name: str, tmp_path: Path) -> None:
    log = bko.EventLog.from_frame(ODD[name]())
    twin = bko.fit_twin(log, seed=1)
    simulated = bko.simulate(twin, n_cases=30, seed=1)
    assert simulated.n_cases == 30
    assert set(simulated.frame["activity"]) <= set(log.activities)
    changed = bko.run_experiment(twin, suggested_scenarios(twin), n_cases=30, replications=2, workers=1)
    page = bko.report(log, comparison=changed).save(tmp_path / "report.html")
    assert html.escape(log.activities[0]) in page.read_text("utf-8")
