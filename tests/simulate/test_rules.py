"""Every mechanism once, small enough to check by hand."""

from textwrap import dedent

import numpy as np
import pandas as pd
import pytest

from bko_mining.errors import TwinError
from bko_mining.log.event_log import MISSING, EventLog
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin

HEAD = "start: 2026-01-05\n"


def run(text: str, **kwargs: object) -> EventLog:
    return simulate(Twin.from_yaml(HEAD + dedent(text)), **{"n_cases": 100, **kwargs})  # type: ignore[arg-type]


def clock(log: EventLog, column: str = "start") -> list[str]:
    return list(log.frame[column].dt.strftime("%d %H:%M"))


def test_work_is_suspended_carried_over_or_must_fit() -> None:
    text = """
    arrivals: [{{kind: list, at: ["2026-01-05 16:30", "2026-01-05 16:40"]}}]
    roles: {{Clerk: {{members: [Ana], calendar: Mon-Fri 09:00-17:00}}}}
    activities: {{Do: {{role: Clerk, time: 1 h, at_shift_end: {rule}}}}}
    routing: [Do]
    """
    suspended = run(text.format(rule="suspended"))
    assert (clock(suspended), clock(suspended, "end")) == (["05 16:30", "06 09:30"], ["06 09:30", "06 10:30"])
    carried = run(text.format(rule="carried_over"))
    assert (clock(carried), clock(carried, "end")) == (["05 16:30", "06 09:00"], ["05 17:30", "06 10:00"])
    fits = run(text.format(rule="fits"))
    assert (clock(fits), clock(fits, "end")) == (["06 09:00", "06 10:00"], ["06 10:00", "06 11:00"])


def test_people_stay_while_the_queue_is_long() -> None:
    text = """
    arrivals: [{{kind: list, at: ["2026-01-05 16:30", "2026-01-05 16:30", "2026-01-05 16:30", "2026-01-05 16:30"]}}]
    roles: {{Clerk: {{members: [Ana], calendar: Mon-Fri 09:00-17:00{rule}}}}}
    activities: {{Do: {{role: Clerk, time: 1 h}}}}
    routing: [Do]
    """
    log = run(text.format(rule=", overtime: {queue: 2, at_most: 2 h}"))
    # Three wait at 17:30, two at 18:30; at 19:00 everybody goes home, and one alone would keep nobody.
    assert clock(log) == ["05 16:30", "05 17:30", "05 18:30", "06 09:30"]
    assert clock(log, "end") == ["05 17:30", "05 18:30", "06 09:30", "06 10:30"]
    assert clock(run(text.format(rule=""))) == ["05 16:30", "06 09:30", "06 10:30", "06 11:30"]
    assert log.frame["queue_ahead"].tolist() == [0, 0, 1, 2]


def test_delays_hold_under_conditions() -> None:
    log = run("""
    arrivals: [{kind: list, at: ["2026-01-05 10:00", "2026-01-05 10:00", "2026-01-07 10:00"]}]
    activities: {Do: {time: 1 h}, Send: {time: 0}}
    delays: [{after: Do, before: Send, time: 2 h, when: weekday == Wed}]
    routing: [Do, Send]
    """)
    sent = log.frame[log.frame["activity"] == "Send"]
    assert (sent["start"] - sent["enabled"]).dt.total_seconds().tolist() == [0, 0, 7200]


def test_batches_on_days_of_the_month() -> None:
    text = """
    arrivals: [{{kind: grid, every: 1 d, calendar: Mon-Sun 00:00-24:00}}]
    activities: {{Pay: {{time: 0, batch: {{at: ["14:00"], month_days: [10, -1]{calendar}, done: one_by_one}}}}}}
    routing: [Pay]
    """
    paid = run(text.format(calendar=""), n_cases=60).frame["start"].drop_duplicates()
    assert paid.dt.strftime("%m-%d %H").tolist() == ["01-10 14", "01-31 14", "02-10 14", "02-28 14", "03-10 14"]
    # 10 and 31 January 2026 are Saturdays.
    paid = run(text.format(calendar=", calendar: Mon-Fri 09:00-18:00"), n_cases=60).frame["start"].drop_duplicates()
    assert paid.dt.strftime("%m-%d %H").tolist() == ["01-12 14", "02-02 14", "02-10 14", "03-02 14", "03-10 14"]
    with pytest.raises(TwinError, match="day 0"):
        run(text.format(calendar="").replace("10, -1", "0"))


def test_work_longer_than_any_shift_still_starts() -> None:
    log = run("""
    arrivals: [{kind: list, at: ["2026-01-05 10:00"]}]
    roles: {Clerk: {members: [Ana], calendar: Mon-Fri 09:00-17:00}}
    activities: {Do: {role: Clerk, time: 10 h, at_shift_end: fits}}
    routing: [Do]
    """)
    assert (clock(log), clock(log, "end")) == (["06 09:00"], ["07 11:00"])


def test_waits_are_split_by_cause() -> None:
    log = run("""
    arrivals: [{kind: list, at: ["2026-01-05 10:00", "2026-01-05 10:00"]}]
    roles: {Clerk: {members: [Ana], calendar: Mon-Fri 09:00-17:00}}
    activities: {Do: {role: Clerk, time: 7 h}}
    delays: [{before: Do, time: 30 min}]
    routing: [Do]
    """)
    hours = log.frame[["wait_delay", "wait_queue", "wait_closed"]].map(lambda w: w.total_seconds() / 3600)
    # The second waits from 10:30 until the first is done on Tuesday at 09:30: 7 h open, 16 h closed.
    assert hours.to_numpy().tolist() == [[0.5, 0, 0], [0.5, 7, 16]]
    assert log.frame["resource"].tolist() == ["Ana", "Ana"]


def test_batches_by_size_time_and_clock() -> None:
    text = """
    arrivals: [{{kind: grid, every: 1 h, calendar: Mon-Sun 00:00-24:00}}]
    attributes: {{vendor: {{values: {{A: 1, B: 1}}}}}}
    roles: {{Clerk: {{size: 9}}}}
    activities: {{Do: {{role: Clerk, time: 10 min, batch: {rule}}}}}
    routing: [Do]
    """
    together = run(text.format(rule="{size: 3, time_per_item: 1 min}"), n_cases=6)
    assert clock(together) == ["05 02:00"] * 3 + ["05 05:00"] * 3
    assert clock(together, "end") == ["05 02:13"] * 3 + ["05 05:13"] * 3
    late = run(text.format(rule="{size: 9, timeout: 90 min}"), n_cases=4)
    assert clock(late) == ["05 01:30"] * 2 + ["05 03:30"] * 2
    daily = run(text.format(rule="{at: ['14:00'], weekdays: [Tue, Thu], done: one_by_one}"), n_cases=60)
    assert set(clock(daily)) == {"06 14:00", "06 14:10", "06 14:20", "06 14:30", "06 14:40", "08 14:00", "08 14:10"} | {
        "08 14:20"
    }
    per = run(text.format(rule="{size: 2, per: vendor}"), n_cases=40, horizon="60 h").frame
    assert per.groupby("start")["vendor"].nunique().max() == 1
    assert set(per.groupby("start").size()) == {2}


def test_bots_work_fail_and_hand_over_to_people() -> None:
    log = run(
        """
    arrivals: [{per_hour: 5}]
    roles: {Clerk: {size: 5}}
    bots: {Robo: {licences: 1, time: 1 min, exception_share: 0.2, exception_role: Clerk}}
    activities: {Do: {bot: Robo, time: 30 min}}
    routing: [Do]
    """,
        n_cases=2000,
    )
    frame = log.frame
    failed = frame[frame["bot_exception"]]
    assert 0.16 < len(failed) / 2000 < 0.24
    assert set(failed["resource"]) == {"Robo"}
    by_hand = frame[frame["role"] == "Clerk"]
    assert sorted(by_hand["case_id"]) == sorted(failed["case_id"])
    assert set((by_hand["end"] - by_hand["start"]).dt.total_seconds()) == {1800}


def test_a_bot_before_its_day_leaves_the_work_to_people_and_failures_stop_it() -> None:
    log = run(
        """
    arrivals: [{kind: grid, every: 1 h, calendar: 24/7}]
    roles: {Clerk: {size: 5}}
    bots: {Robo: {time: 1 min, exception_role: Clerk, since: 2026-01-06, failures: {every: 36 h, repair: 12 h}}}
    activities: {Do: {bot: Robo, time: 10 min}}
    routing: [Do]
    """,
        n_cases=60,
    )
    people = log.frame["role"] == "Clerk"
    assert people.tolist() == [True] * 24 + [False] * 36
    # Up from the start for 36 h, down until hour 48: what comes in between starts at hour 48, one by one.
    assert clock(log)[36] == "07 00:00"
    assert clock(log)[35] == "06 11:00"


def test_four_eyes_and_the_same_hands() -> None:
    frame = run(
        """
    arrivals: [{per_hour: 4}]
    roles: {Clerk: {members: [Ana, Bruno, Carla]}}
    activities:
      Enter: {role: Clerk, time: {family: exponential, mean: 10 min}}
      Check: {role: Clerk, time: {family: exponential, mean: 10 min}, not_same_as: [Enter]}
      Close: {role: Clerk, time: {family: exponential, mean: 10 min}, same_as: [Enter]}
    routing: [Enter, Check, Close]
    """,
        n_cases=400,
    ).frame
    who = frame.pivot(index="case_id", columns="activity", values="resource").astype(str)
    assert (who["Enter"] != who["Check"]).all()
    assert (who["Enter"] == who["Close"]).all()


def test_skills_speed_and_choice() -> None:
    frame = run(
        """
    arrivals: [{per_hour: 1}]
    roles: {Clerk: {members: [Ana, Bruno, Carla], choice: fastest}}
    resources: {Ana: {skills: {Do: 0.5}}, Bruno: {speed: 2}, Carla: {skills: {}}}
    activities: {Do: {role: Clerk, time: 1 h, time_by_resource: {Ana: 2}}}
    routing: [Do]
    """,
        n_cases=50,
    ).frame
    minutes = (frame["end"] - frame["start"]).dt.total_seconds() / 60
    assert minutes.groupby(frame["resource"].astype(str)).unique().map(list).to_dict() == {
        "Ana": [240.0],
        "Bruno": [30.0],
    }
    assert (frame["resource"] == "Bruno").mean() > 0.5


def test_errors_send_back_and_depend_on_who_did_it() -> None:
    frame = run(
        """
    arrivals: [{per_hour: 1}]
    roles: {Clerk: {members: [Ana, Bruno]}}
    activities:
      Enter: {role: Clerk, time: 1 min}
      Check: {role: Clerk, time: 1 min, errors: {share: 0.3, to: Enter, by_resource: {Ana: 0}}}
    routing: [Enter, Check]
    """,
        n_cases=500,
    ).frame
    checks = frame[frame["activity"] == "Check"]
    assert checks.loc[checks["resource"] == "Ana", "error"].sum() == 0
    assert 0.22 < checks.loc[checks["resource"] == "Bruno", "error"].mean() < 0.38
    assert len(frame[frame["activity"] == "Enter"]) == len(checks) == 500 + checks["error"].sum()


def test_set_up_multitasking_and_several_roles() -> None:
    log = run("""
    arrivals: [{kind: list, at: ["2026-01-05 09:00", "2026-01-05 09:00"]}]
    roles: {Clerk: {members: [Ana]}, Packer: {members: [Ana]}}
    activities: {Do: {role: Clerk, time: 10 min, setup: 5 min}, Pack: {role: Packer, time: 10 min, setup: 5 min}}
    routing: [Do, Pack]
    """)
    # Do, Do (no set-up), then Pack with set-up, Pack without.
    assert clock(log, "end") == ["05 09:10", "05 09:35", "05 09:20", "05 09:45"]
    two_at_once = run("""
    arrivals: [{kind: list, at: ["2026-01-05 09:00", "2026-01-05 09:00", "2026-01-05 09:00"]}]
    roles: {Clerk: {members: [Ana]}}
    resources: {Ana: {capacity: 2}}
    activities: {Do: {role: Clerk, time: 10 min}}
    routing: [Do]
    """)
    assert clock(two_at_once) == ["05 09:00", "05 09:00", "05 09:10"]


@pytest.mark.parametrize(
    ("rule", "order"),
    [("fifo", "1234"), ("lifo", "1432"), ("value, value_attribute: amount", "1423"), ("shortest", "1234")],
)
def test_disciplines(rule: str, order: str) -> None:
    log = run(
        f"""
    arrivals: [{{kind: grid, every: 1 min, calendar: 24/7}}]
    attributes: {{amount: {{distribution: 1}}}}
    roles: {{Clerk: {{members: [Ana], discipline: {rule}}}}}
    activities: {{Do: {{role: Clerk, time: 10 min}}}}
    routing: [Do]
    initial_state:
      at: 2026-01-05
      cases:
        - case_id: "1"
          arrived: 2026-01-04
          attributes: {{amount: 1}}
          items: [{{activity: Do, enabled: 2026-01-04 01:00}}]
        - case_id: "2"
          arrived: 2026-01-04
          attributes: {{amount: 5}}
          items: [{{activity: Do, enabled: 2026-01-04 02:00}}]
        - case_id: "3"
          arrived: 2026-01-04
          attributes: {{amount: 3}}
          items: [{{activity: Do, enabled: 2026-01-04 03:00}}]
        - case_id: "4"
          arrived: 2026-01-04
          attributes: {{amount: 9}}
          items: [{{activity: Do, enabled: 2026-01-04 04:00}}]
    """,
        n_cases=0,
    )
    by_start = log.frame.sort_values("start")["case_id"]
    assert "".join(by_start) == order


def test_start_from_work_in_progress() -> None:
    log = run(
        """
    arrivals: [{kind: list, at: ["2026-02-01"]}]
    roles: {Clerk: {members: [Ana, Bruno]}}
    activities: {Do: {role: Clerk, time: 1 h}, Pack: {role: Clerk, time: 1 h}, Tell: {time: 0}}
    routing: [Do, {and: [Pack, Tell]}, Do]
    initial_state:
      at: 2026-01-05 10:00
      cases:
        - case_id: A
          arrived: 2026-01-05 08:00
          history: [Do]
          items:
            - {activity: Pack, enabled: 2026-01-05 09:00, start: 2026-01-05 09:30, resource: Ana, remaining: 20 min}
            - {activity: Tell, enabled: 2026-01-05 09:00}
    """,
        n_cases=0,
    )
    rows = log.frame[["case_id", "activity", "resource"]].assign(start=clock(log), end=clock(log, "end"))
    assert rows[rows["activity"] == "Pack"].to_numpy().tolist() == [["A", "Pack", "Ana", "05 09:30", "05 10:20"]]
    # The case goes on after both, to the second Do and not to the first.
    assert rows[rows["activity"] == "Do"].to_numpy()[:, 3:].tolist() == [["05 10:20", "05 11:20"]]
    assert len(rows) == 3


def test_open_cases_know_who_did_what_and_go_on_without_names() -> None:
    log = run(
        """
    arrivals: [{kind: list, at: ["2026-01-09 09:00"]}]
    roles: {Clerk: {members: [Ana, Bruno]}, Boss: {size: 1}}
    activities:
      Enter: {role: Clerk, time: 1 h}
      Check: {role: Clerk, time: 1 h, not_same_as: [Enter]}
      Book: {automatic: true, time: 4 h}
      Sign: {role: Boss, time: 2 h}
    routing: [Enter, Check, Book, Sign]
    initial_state:
      at: 2026-01-05 10:00
      cases:
        - {case_id: a, arrived: 2026-01-05 08:00, history: [Enter], by: [Ana],
           items: [{activity: Check, enabled: 2026-01-05 09:00}]}
        - {case_id: b, arrived: 2026-01-05 08:00, history: [Enter, Check], by: [Ana, Bruno],
           items: [{activity: Book, enabled: 2026-01-05 08:30, start: 2026-01-05 08:30, resource: ERP,
                    remaining: 30 min}]}
        - {case_id: c, arrived: 2026-01-05 08:00, history: [Enter, Check, Book],
           items: [{activity: Sign, enabled: 2026-01-05 08:30, start: 2026-01-05 09:30, remaining: 1 h}]}
    """
    )
    found = {
        (row.case_id, row.activity): (row.resource, f"{row.start:%H:%M}", f"{row.end:%H:%M}")
        for row in log.frame.itertuples()
    }
    assert found["a", "Check"] == ("Bruno", "10:00", "11:00")
    assert found["b", "Book"] == ("ERP", "08:30", "10:30")
    assert found["c", "Sign"] == ("Boss 1", "09:30", "11:00")


@pytest.mark.parametrize(
    ("wrong", "says"), [("history: [Entr]", "no activity 'Entr'"), ("case_type: vip", "no case type 'vip'")]
)
def test_a_start_state_that_does_not_fit_the_twin(wrong: str, says: str) -> None:
    with pytest.raises(TwinError, match=rf"line 8: initial_state\.cases\.0.*{says}"):
        Twin.from_yaml(
            dedent(f"""
        arrivals: [{{per_week: 10}}]
        roles: {{Clerk: {{members: [Ana]}}}}
        activities: {{Enter: {{role: Clerk, time: 1 h}}}}
        routing: [Enter]
        initial_state:
          at: 2026-01-05 10:00
          cases: [{{case_id: a, arrived: 2026-01-05, {wrong}, items: [{{activity: Enter, enabled: 2026-01-05}}]}}]
        """)
        )


def test_open_cases_are_kept_and_marked() -> None:
    log = run(
        """
    arrivals: [{kind: grid, every: 1 h, calendar: 24/7}]
    roles: {Clerk: {members: [Ana]}}
    activities: {Do: {role: Clerk, time: 90 min}}
    routing: [Do]
    """,
        n_cases=None,
        horizon="4 h",
    )
    assert clock(log) == ["05 00:00", "05 01:30", "05 03:00"]
    assert log.end[2] == MISSING
    assert log.open_cases is not None
    assert log.open_cases.tolist() == [False, False, True]


def test_absence_turnover_and_availability() -> None:
    absent = run("""
    arrivals: [{kind: list, at: ["2026-01-05 09:00"]}]
    roles: {Clerk: {members: [Ana], calendar: Mon-Fri 09:00-17:00}}
    resources: {Ana: {absences: [{since: 2026-01-05, until: 2026-01-07}]}}
    activities: {Do: {role: Clerk, time: 1 h}}
    routing: [Do]
    """)
    assert clock(absent) == ["08 09:00"]
    text = """
    arrivals: [{{kind: grid, every: 1 d, calendar: 24/7}}]
    roles: {{Clerk: {{members: [Ana], {rule}}}}}
    activities: {{Do: {{role: Clerk, time: 1 h}}}}
    routing: [Do]
    """
    away = run(text.format(rule="availability: 0.7, calendar: Mon-Sun 00:00-24:00"), n_cases=1000)
    days = pd.Series(away.start // 86_400_000_000).nunique()
    assert 0.62 < days / 1000 < 0.78
    leaving = run(text.format(rule="turnover: {per_year: 2, vacancy: 30 d, ramp_up: 30 d}"), n_cases=2000)
    hours = (leaving.end - leaving.start) / 3.6e9
    gaps = np.diff(leaving.start) / 8.64e10
    # In 5.5 years about 9.4 leave (a cycle is half a year and a month); each newcomer starts at twice the time.
    assert 4 <= (gaps > 20).sum() <= 16
    assert hours.max() == pytest.approx(2, abs=0.05)


def test_delays_by_transition_block_and_calendar() -> None:
    log = run("""
    arrivals: [{kind: list, at: ["2026-01-05 09:00"]}]
    calendars: {office: Mon-Fri 09:00-17:00}
    activities: {A: {time: 0}, B: {time: 0}, C: {time: 0}, D: {time: 0}}
    routing: [A, {and: [B, C], name: both}, D]
    delays:
      - {after: A, before: both, time: 1 h}
      - {before: C, time: 2 h}
      - {after: both, time: 10 h, calendar: office}
      - {after: (start), before: A, time: 30 min}
    """)
    starts = dict(zip(log.frame["activity"], clock(log), strict=True))
    assert starts == {"A": "05 09:30", "B": "05 10:30", "C": "05 12:30", "D": "06 14:30"}


def test_performers_and_automatic_work() -> None:
    frame = run(
        """
    arrivals: [{per_hour: 100}]
    activities: {A: {time: 1 min, automatic: true, performers: {System: 1}}, B: {time: 0, performers: {X: 1, Y: 3}}}
    routing: [A, B]
    """,
        n_cases=400,
    ).frame
    assert set(frame.loc[frame["activity"] == "A", "resource"]) == {"System"}
    assert 0.68 < (frame.loc[frame["activity"] == "B", "resource"] == "Y").mean() < 0.82


def test_work_put_down_for_another_desk_waits_at_its_own() -> None:
    """Ana serves two desks; an urgent item of one interrupts her work of the other, which Bruno then takes up."""
    twin = Twin.from_yaml("""
    arrivals:
      - {case_type: slow, kind: list, at: ["2026-01-05 09:00", "2026-01-05 09:00"]}
      - {case_type: urgent, kind: list, at: ["2026-01-05 09:30"]}
    case_types:
      slow: {priority: 2, routing: [Read]}
      urgent: {priority: 1, routing: [Answer]}
    roles:
      Readers: {members: [Ana, Bruno]}
      Answerers: {members: [Ana], discipline: priority, preemptive: true}
    activities:
      Read: {role: Readers, time: 1 h}
      Answer: {role: Answerers, time: 3 h}
    """)
    log = simulate(twin, n_cases=3)
    hours = dict(zip(log.case_ids, (log.case_end - log.case_end.min()) / 3.6e9, strict=True))
    # 9:00 both read; 9:30 Ana answers until 12:30; Bruno is done at 10:00 and reads her other half until 10:30.
    assert sorted(hours.values()) == [0.0, 0.5, 2.5]
