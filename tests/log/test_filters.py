"""Filters, repairs and privacy on logs small enough to work out by hand."""

import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from bko_mining.errors import LogError
from bko_mining.log.event_log import MISSING, EventLog
from bko_mining.log.repairs import estimate_start_times
from bko_mining.words import speaking

ROWS = [  # case, activity, resource, start, end, amount
    ("A", "register", "ana", "2026-01-05 08:00", "2026-01-05 09:00", 10),
    ("A", "check", "bia", "2026-01-05 10:00", "2026-01-05 11:00", 10),
    ("A", "check", "bia", "2026-01-06 10:00", "2026-01-06 11:00", 10),
    ("A", "pay", "ana", "2026-01-07 10:00", "2026-01-07 11:00", 10),
    ("B", "register", "ana", "2026-01-06 08:00", "2026-01-06 09:00", 99),
    ("B", "pay", "caio", "2026-01-06 12:00", "2026-01-06 13:00", 99),
    ("C", "register", "ana", "2026-02-02 08:00", "2026-02-02 09:00", 5),
    ("C", "check", "ana", "2026-02-03 10:00", "2026-02-03 11:00", 5),
]
NAMES = ["case_id", "activity", "resource", "start", "end", "amount"]


@pytest.fixture
def log() -> EventLog:
    frame = pd.DataFrame(ROWS, columns=NAMES)
    frame[["start", "end"]] = frame[["start", "end"]].apply(pd.to_datetime)
    return EventLog.from_frame(frame, timezone="America/Sao_Paulo")


def kept(log: EventLog) -> str:
    return "".join(log.case_ids.to_pylist())


def test_windows(log: EventLog) -> None:
    assert kept(log.contained_in("2026-01-05", "2026-01-06")) == "B"
    assert kept(log.intersecting("2026-01-07", "2026-01-31")) == "A"
    assert kept(log.started_in("2026-01-06", "2026-02-02")) == "BC"


def test_activities_and_paths(log: EventLog) -> None:
    assert kept(log.with_activity("check")) == "AC"
    assert kept(log.without_activity("check")) == "B"
    assert kept(log.following("register", "pay")) == "B"
    assert kept(log.eventually_following("register", "pay")) == "AB"
    assert kept(log.starting_with("register")) == "ABC"
    assert kept(log.ending_with("check")) == "C"
    assert len(log.only_activities("pay")) == 2
    assert len(log.between("check", "pay")) == 3


def test_cases_by_what_they_took_and_who_touched_them(log: EventLog) -> None:
    assert kept(log.lasting(at_least="1 day", at_most="2 days")) == "C"
    assert kept(log.lasting(at_least="1 day")) == "AC"
    assert kept(log.with_rework()) == "A"
    assert kept(log.by_resource("caio")) == "B"
    assert kept(log.breaking_four_eyes("register", "check")) == "C"
    assert len(log.without_resources("ana")) == 3
    assert kept(log.with_attribute("amount", 99)) == "B"
    assert kept(log.where("amount > 7 and n_instances > 2")) == "A"
    assert kept(log.where(np.array([True, False, True]))) == "AC"


def test_variants_by_coverage() -> None:
    frame = pd.DataFrame(
        [(f"c{i}", a, pd.Timestamp("2026-01-05") + pd.Timedelta(hours=i, minutes=j)) for i in range(10)
         for j, a in enumerate("xy" if i < 8 else "yx")], columns=["case", "activity", "time"])  # fmt: skip
    assert EventLog.from_frame(frame).top_variants(0.8).n_cases == 8
    assert EventLog.from_frame(frame).top_variants(0.81).n_cases == 10


def test_filters_explain_themselves_in_both_languages(log: EventLog) -> None:
    assert log.with_rework().history == ("cases with rework: 1 of 3 cases remain (33 %)",)
    with speaking("pt_BR"):
        assert log.with_rework().history == ("casos com retrabalho: restam 1 de 3 casos (33 %)",)
    assert len(log.with_activity("check").ending_with("check").history) == 2


FILTERS = {
    "contained_in": lambda log: log.contained_in("2026-01-05", "2026-01-07"),
    "intersecting": lambda log: log.intersecting("2026-01-05", "2026-01-07"),
    "started_in": lambda log: log.started_in("2026-01-05", "2026-01-07"),
    "with_attribute": lambda log: log.with_attribute("amount", 99),
    "with_activity": lambda log: log.with_activity("check"),
    "without_activity": lambda log: log.without_activity("check"),
    "only_activities": lambda log: log.only_activities("pay"),
    "following": lambda log: log.following("register", "pay"),
    "eventually_following": lambda log: log.eventually_following("register", "pay"),
    "between": lambda log: log.between("check", "pay"),
    "top_variants": lambda log: log.top_variants(0.5),
    "starting_with": lambda log: log.starting_with("register"),
    "ending_with": lambda log: log.ending_with("pay"),
    "lasting": lambda log: log.lasting(at_least="1 day"),
    "lasting to": lambda log: log.lasting(at_least="1 day", at_most="9 days"),
    "with_rework": lambda log: log.with_rework(),
    "by_resource": lambda log: log.by_resource("bia"),
    "without_resources": lambda log: log.without_resources("bia"),
    "breaking_four_eyes": lambda log: log.breaking_four_eyes("register", "check"),
    "without_cut_cases": lambda log: log.without_cut_cases(),
    "without_open_instances": lambda log: log.without_open_instances(),
    "where mask": lambda log: log.where(np.ones(log.n_cases, bool)),
    "where instances": lambda log: log.where(np.ones(len(log), bool)),
}


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_says_what_it_kept_in_both_languages(log: EventLog, name: str) -> None:
    kept_log = FILTERS[name](log)
    (english,) = kept_log.history
    assert re.search(rf": {kept_log.n_cases} of 3 cases remain", english)
    with speaking("pt_BR"):
        (portuguese,) = FILTERS[name](log).history
    assert re.search(r": restam? ", portuguese)
    assert english.split(":")[0] != portuguese.split(":")[0]


def test_dates_shifted_across_summer_time_keep_the_clock_on_the_wall(log: EventLog) -> None:
    frame = log.frame.assign(start=log.frame["start"].dt.tz_localize(None), end=log.frame["end"].dt.tz_localize(None))
    here = EventLog.from_frame(frame, timezone="Europe/Lisbon")
    moved = here.shift_dates(weeks=25)
    for name in ("start", "end"):
        before, after = here.frame[name].dt.tz_localize(None), moved.frame[name].dt.tz_localize(None)
        assert set(after - before) == {pd.Timedelta(weeks=25)}
        assert (before.dt.dayofweek == after.dt.dayofweek).all()


def test_rows_out_of_order_and_dates_of_the_future_are_told() -> None:
    rows = [
        ("A", "x", "2026-01-05 10:00"),
        ("A", "y", "2026-01-05 09:00"),
        ("B", "x", "2026-01-04"),
        ("C", "x", "2062-01-05"),
    ]
    frame = pd.DataFrame(rows, columns=["case", "activity", "end"])
    frame["end"] = pd.to_datetime(frame["end"], format="ISO8601")
    issues = EventLog.from_frame(frame, timezone="UTC").issues.set_index("kind")
    assert issues.loc["out_of_order", ["n", "example"]].tolist() == [1, "row 2, case 'A'"]
    assert issues.loc["impossible", "n"] == 1
    ordered = EventLog.from_frame(frame.sort_values("end"), timezone="UTC")
    assert "out_of_order" not in set(ordered.issues["kind"])


def test_what_does_not_exist_is_named_with_what_does(log: EventLog) -> None:
    with pytest.raises(LogError, match=r"no activity 'chek'; it has 'register', 'check', 'pay'"):
        log.with_activity("chek")
    with pytest.raises(LogError, match="cannot be evaluated"):
        log.where("price > 3")
    with pytest.raises(LogError, match="no case is left of 3"):
        log.lasting(at_least="90 days")


def test_repairs_change_what_they_say(log: EventLog) -> None:
    frame = pd.DataFrame(
        [*ROWS, ROWS[0], ("B", "Check ", "bia", "2026-01-06 12:00", "2026-01-06 11:00", 99)], columns=NAMES
    )
    frame[["start", "end"]] = frame[["start", "end"]].apply(pd.to_datetime)
    dirty = EventLog.from_frame(frame, timezone="UTC")
    kinds = set(dirty.issues["kind"])
    assert {"duplicates", "reversed", "spellings"} <= kinds
    clean = dirty.without_duplicates().with_reversed_swapped().with_one_spelling()
    assert not {"duplicates", "reversed", "spellings"} & set(clean.issues["kind"])
    assert len(clean) == 9
    assert [note.split()[0] for note in clean.history[:1]] == ["1"]
    assert clean.activities == ("register", "check", "pay")


def test_pseudonyms_are_stable_and_keyed(log: EventLog) -> None:
    one, again, other = (
        log.pseudonymise(key=key, columns=["amount"]) for key in ("s3cret-key", "s3cret-key", "another-key")
    )
    assert one.case_ids.to_pylist() == again.case_ids.to_pylist() != other.case_ids.to_pylist()
    assert set(one.resources).isdisjoint(log.resources)
    assert len(set(one.attributes["amount"].to_pylist())) == 3
    with pytest.raises(LogError, match="at least 8"):
        log.pseudonymise(key="short")


def test_shifted_dates_keep_weekdays_and_hours(log: EventLog) -> None:
    moved = log.shift_dates(weeks=-60)
    before, after = log.frame["end"], moved.frame["end"]
    assert (before.dt.dayofweek == after.dt.dayofweek).all()
    assert (before.dt.hour == after.dt.hour).all()
    assert moved.window[0].year == 2024


def test_estimated_starts_never_precede_the_case_or_the_resource(log: EventLog) -> None:
    ends_only = EventLog.from_frame(log.frame.drop(columns="start"), timezone=log.timezone)
    estimated = estimate_start_times(ends_only)
    assert estimated.starts_estimated
    assert (estimated.start != MISSING).all()
    assert (estimated.start <= estimated.end).all()
    assert "starts_estimated" in set(estimated.issues["kind"])


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda log: log.where("n_instancs > 2"),
            r"Did you mean 'n_instances'\? The cases have the columns case_id, st",
        ),
        (lambda log: log.where("activity == 'pay'"), r"activity belongs to instances: pass a mask such as log.frame"),
        (lambda log: log.where("n_instances"), r"is no condition; compare it with something"),
        (lambda log: log.where("n_instances >"), r"cannot be evaluated: invalid syntax"),
        (lambda log: log.where("case_id.str.nothing()"), r"cannot be evaluated"),
        (lambda log: log.lasting(at_most="3 dias"), r"'3 dias' is no length of time; write it like '2 days'"),
        (lambda log: log.started_in("05/02/2026"), r"day and month can be mistaken.*write it like '2026-01-31'"),
        (lambda log: log.started_in("2026-13-01"), r"'2026-13-01' is no date that can be told"),
        (lambda log: log.top_variants(80), r"coverage is a share of the cases, such as 0.8 for 80 %; it was 80"),
    ],
)
def test_what_a_filter_cannot_understand_is_said(
    log: EventLog, ask: Callable[[EventLog], EventLog], message: str
) -> None:
    with pytest.raises(LogError, match=message):
        ask(log)


def test_variants_of_equal_frequency_are_kept_as_they_came() -> None:
    rows = [(f"C{i}", name, f"2026-01-{5 + i:02d} 0{k}:00") for i in range(9) for k, name in enumerate(f"a{i // 2}z")]
    log = EventLog.from_frame(pd.DataFrame(rows, columns=["case", "activity", "end"]), timezone="UTC")
    assert log.top_variants(0.4).case_ids.to_pylist() == ["C0", "C1", "C2", "C3"]
