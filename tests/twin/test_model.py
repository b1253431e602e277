"""The twin reads what a consultant writes, writes what it reads, and says which line is wrong."""

import re

import pytest

from bko_mining.errors import TwinError
from bko_mining.twin.model import Twin

FULL = """
name: Orders
timezone: America/Sao_Paulo
currency: BRL
calendars:
  office: Mon-Fri 08:00-12:00 13:00-17:30, BR-SP
  morning: Mon-Fri 08:00-12:00
arrivals:
  - {kind: rate, per_week: 50, calendar: office, case_type: normal, dispersion: 0.1, month_end: [6, 2.0]}
  - {kind: batch, at: ["08:00"], size: {family: uniform, low: 2, high: 9}, calendar: office, case_type: urgent}
case_types:
  normal: {priority: 2, due: 5 d}
  urgent: {priority: 1, due: 1 d}
attributes:
  amount: {distribution: {family: lognormal, mean: 3000, cv: 2}, digits: 2}
  vendor: {values: {Acme: 3, Delta: 1}}
activities:
  Register: {role: Clerk, time: {family: lognormal, mean: 12 min, cv: 0.6}, time_by_resource: {Ana: 0.8}}
  Check: {role: Clerk, time: PT4M, errors: {share: 0.05, to: Register}}
  Ship: {role: Driver, time: 1 h, uses: {parcels: 1}, batch: {size: 5, timeout: 1 d, per: vendor}}
  Bill: {bot: Robo, time: 5 min}
  Approve: {role: Clerk, time: 2 min, not_same_as: [Register]}
routing:
  - Register
  - xor:
      - {when: amount > 5000, do: Approve}
      - {share: 0.9}
      - {share: 0.1, do: Check}
  - and: [Ship, [Bill, {delay: 2 h}]]
    name: delivery
  - loop: {do: Check, again: 0.1}
delays:
  - {after: Register, before: delivery, time: {family: exponential, mean: 1 d}, calendar: office}
share_changes:
  - {after: Register, to: Check, factor: 0.5}
roles:
  Clerk: {members: [Ana, Bruno], calendar: office, turnover: {per_year: 0.2, vacancy: 30 d, ramp_up: 60 d}}
  Driver: {size: 2}
resources:
  Ana: {calendar: morning, speed: 1.1, skills: {Register: 1.2, Check: 1, Approve: 1}}
bots:
  Robo: {licences: 2, exception_share: 0.1, exception_role: Clerk, failures: {every: 5 d, repair: 2 h}}
materials:
  parcels: {initial: 100, reorder_point: 20, order_up_to: 100, lead_time: 3 d}
service_levels:
  - {name: Fast, within: 3 d, share: 0.9, penalty: 10}
"""


def test_round_trip_through_yaml() -> None:
    twin = Twin.from_yaml(FULL)
    again = Twin.from_yaml(twin.to_yaml())
    assert again == twin
    assert again.to_yaml() == twin.to_yaml()
    assert again.activities["Register"].time.mean == 720
    assert again.roles["Driver"].names("Driver") == ("Driver 1", "Driver 2")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("per_week: 50", "per_weak: 50", r"line 9: .*unknown key 'per_weak'; did you mean 'per_week'"),
        (
            "role: Driver",
            "role: Drivers",
            r"line 20: activities.Ship.role: .*'Drivers'; did you mean 'Driver'. known: Clerk",
        ),
        ("mean: 12 min", "mean: 12 mins ago", r"line 18: .*'12 mins ago' is no length of time"),
        ("family: lognormal, mean: 12", "family: lognorm, mean: 12", r"line 18: .*'lognormal'"),
        (
            "do: Check}",
            "do: Chekc}",
            r"line 28: .*do: .*no activity 'Chekc'; did you mean 'Check'. known: Approve",
        ),
        ("amount > 5000", "amoun > 5000", r"line 26: .*no attribute 'amoun'"),
        ("amount > 5000", "amount of 5000", r"line 26: .*cannot read the condition"),
        ("Mon-Fri 08:00-12:00\n", "Mon-Fri 8h\n", r"line 7: calendars.morning: cannot read '8h'"),
        ("calendar: morning", "calendar: mornings", r"line 40: .*named calendars: office, morning"),
        ("exception_role: Clerk", "exception_role: Clark", r"line 42: bots.Robo.exception_role: .*known: Clerk"),
        ("[Ship, [Bill, {delay: 2 h}]]", "[Ship, {pause: 2 h}]", r"line 29: .*xor, and, or, loop, delay"),
        ("name: Orders", "name: [Orders", r"not YAML"),
    ],
)
def test_errors_name_the_line_and_what_is_allowed(old: str, new: str, says: str) -> None:
    assert old in FULL
    with pytest.raises(TwinError, match=says):
        Twin.from_yaml(FULL.replace(old, new))


def test_replace_checks_the_whole() -> None:
    twin = Twin.from_yaml(FULL)
    roles = {**twin.roles, "Driver": twin.roles["Driver"].model_copy(update={"size": 3})}
    assert len(twin.replace(roles=roles).people) == 5
    with pytest.raises(TwinError, match="no role 'Driver'"):
        twin.replace(roles={"Clerk": twin.roles["Clerk"]})


@pytest.mark.parametrize(
    ("stream", "says"),
    [
        (
            "{kind: grid, every: 1 h, calender: office}",
            "'calendar' is missing\n.*did you mean 'calendar'. allowed",
        ),
        ("{kind: gridd, every: 1 h}", "the kind of arrivals is rate .if none is given., interval, grid, .*"),
        ("{per_week: 3, every: 1 h}", "unknown key 'every'; allowed here: batch_size, .*"),
    ],
)
def test_a_stream_of_arrivals_is_held_against_its_own_kind_alone(stream: str, says: str) -> None:
    with pytest.raises(TwinError) as found:
        Twin.from_yaml(f"arrivals: [{stream}]\nactivities: {{Pay: {{automatic: true}}}}\nrouting: [Pay]\n")
    message = str(found.value)
    assert re.search(says, message)
    assert "at least 1 item" not in message
