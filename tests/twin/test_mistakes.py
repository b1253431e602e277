"""What a person may write wrongly in a twin: nothing passes unnoticed, and the message names place and remedy."""

import re

import pytest

from bko_mining.errors import TwinError
from bko_mining.twin.model import Twin

GOOD = """
timezone: America/Sao_Paulo
calendars: {office: "Mon-Fri 08:00-12:00 13:00-17:30, BR-SP"}
arrivals:
  - {per_week: 50, calendar: office, mix: {normal: 0.8, urgent: 0.2}}
case_types:
  normal: {priority: 2, due: 5 d}
  urgent: {priority: 1, due: 1 d}
attributes:
  amount: {distribution: {family: lognormal, mean: 3000, cv: 2}}
  vendor: {values: {Acme: 3, Delta: 1}}
activities:
  Register: {role: Clerk, time: {family: lognormal, mean: 12 min, cv: 0.6}, time_by_resource: {Ana: 0.8}}
  Check: {role: Clerk, time: 4 min, errors: {share: 0.05, to: Register, by_resource: {Bruno: 2}}}
  Ship: {role: Driver, time: 1 h, uses: {parcels: 1}, batch: {size: 5, timeout: 1 d, per: vendor}}
  Approve: {role: Clerk, time: 2 min, not_same_as: [Register]}
routing:
  - Register
  - xor:
      - {when: amount > 5000, do: Approve}
      - {share: 0.9}
      - {share: 0.1, do: Check}
  - Ship
  - loop: {do: Check, again: 0.1}
roles:
  Clerk: {members: [Ana, Bruno], calendar: office}
  Driver: {size: 2}
resources:
  Ana: {speed: 1.1, skills: {Register: 1.2, Check: 1}, absences: [{since: 2026-02-02, until: 2026-02-06}]}
materials:
  parcels: {initial: 100, reorder_point: 20, order_up_to: 100, lead_time: 3 d}
service_levels:
  - {name: Fast, within: 3 d, share: 0.9}
"""
LAW = "{family: lognormal, mean: 12 min, cv: 0.6}"
WHEN = "when: amount > 5000"

MISTAKES = [
    # What YAML itself would let pass.
    (
        "  Check: {role",
        "  Register: {role: Clerk, time: 1 h}\n  Check: {role",
        r"line 14: .*'Register' is there twice.*13",
    ),
    ("time: 1 h,", "time: 1 h, time: 2 h,", r"line 15: the key 'time' is there twice"),
    ("time: 4 min", "time: 4,5 min", r"unknown key '5 min'.*a comma ends a value inside braces: write 4.5"),
    # Laws.
    ("time: 4 min", "time: 4 mn", r"line 14: activities.Check.time: '4 mn' is no length.*units: s, min, h, d, w"),
    ("time: 4 min", "time: -4 min", r"activities.Check.time: must not be negative"),
    ("time: 4 min", "time: ", r"activities.Check.time: there is nothing in it"),
    (LAW, "{family: normal, mean: -1 h, cv: 1}", r"activities.Register.time: must not be negative"),
    (LAW, "{family: lognormal, mean: 12 min, cv: 0.6, low: 3}", r"lognormal law has no low; it takes mean, cv"),
    (LAW, "{family: exponential, mean: 12 min, cv: 0.6}", r"a cv of 1, not 0.6; take gamma or lognormal"),
    (LAW, "{family: uniform, low: 10 min, high: 5 min}", r"low \(600\) must not be larger than high \(300\)"),
    (LAW, "{family: triangular, low: 1, mode: 9, high: 5}", r"mode \(9\) must not be larger than high"),
    (LAW, "{family: empirical, values: [5, 7], weights: [1, -1]}", r"a weight must not be negative"),
    (LAW, "{family: empirical, values: [5, 7], weights: [0, 0]}", r"at least one weight"),
    (LAW, "{family: quantiles, values: [5, 7], probabilities: [0, 2]}", r"ascend from 0 to 1"),
    (LAW, "{family: scipy, name: betta}", r"line 13: activities.Register.time: .*no law 'betta'; did you mean 'beta'"),
    (LAW, "{family: scipy, name: beta, parameters: {a: 2}}", r"the parameters of beta are a, b, loc and scale"),
    (LAW, "{family: scipy, name: cauchy}", r"no finite mean"),
    ("mean: 12 min,", "mean: 12 min, minimum: 20, maximum: 10,", r"minimum \(20\) must not be larger than maximum"),
    ("cv: 2", "cv: -2", r"attributes.amount.distribution.cv: must be at least 0, not -2"),
    # Shares and weights.
    ("share: 0.05", "share: 5", r"activities.Check.errors.share: must be at most 1, not 5; .* 5 % is written 0.05"),
    ("share: 0.05", "share: 5 %", r"activities.Check.errors.share: '5 %' is no number; write 0.05"),
    ("share: 0.1,", "share: 0.6,", r"line 19: routing.1.xor: the shares .* not 1.5; write 0.6, 0.4"),
    ("share: 0.9}", "share: 0.3}", r"routing.1.xor: the shares .* not 0.4; add a branch with share 0.6"),
    ("urgent: 0.2}", "urgent: -0.2}", r"arrivals.0.mix: a weight must not be negative"),
    ("{Acme: 3, Delta: 1}", "{Acme: 0}", r"attributes.vendor.values: at least one weight"),
    ("- Ship", "- or: [{share: 5, do: Ship}]", r"routing.2.or.0.share: each branch of an or has its own chance of"),
    # Names that do not exist.
    ("urgent: 0.2}", "urgnt: 0.2}", r"arrivals.0.mix: there is no case type 'urgnt'; did you mean 'urgent'\?"),
    ("- Ship", "- Shp", r"line 23: routing.2: there is no activity 'Shp'; did you mean 'Ship'\?"),
    ("to: Register", "to: Registr", r"activities.Check.errors.to: .*did you mean 'Register'"),
    ("{Ana: 0.8}", "{Anna: 0.8}", r"time_by_resource.Anna: there is no person 'Anna'; did you mean 'Ana'\?"),
    ("{Bruno: 2}", "{Brunno: 2}", r"errors.by_resource.Brunno: there is no person"),
    ("per: vendor", "per: vendr", r"activities.Ship.batch.per: there is no attribute 'vendr'"),
    ("name: Fast,", "name: Fast, case_type: urgnt,", r"service_levels.0.case_type: there is no case type"),
    ("parcels: 1}", "parcels: vendor}", r"activities.Ship.uses.parcels: 'vendor' is a word"),
    # Conditions.
    (
        WHEN,
        "when: vendor == Acmee",
        r"line 20: routing.1.xor.0.when: .*no value of 'vendor' 'Acmee'; did you mean 'Acme'",
    ),
    (WHEN, "when: amount == big", r"'amount' is a number, and 'big' is none"),
    (WHEN, "when: amount > 5000 or vendor == Acme", r"joined by 'and' only: for 'or' write two branches"),
    (WHEN, "when: weekday == Monday", r"did you mean 'Mon'\? known: Fri"),
    (WHEN, "when: last == Registr", r"did you mean 'Register'"),
    (WHEN, "when: type == urgnt", r"did you mean 'urgent'"),
    (WHEN, "when: vendor > Acme", r"'vendor' is a word"),
    (WHEN, "when: date > January", r"'January' is no day; write 2026-01-31"),
    (WHEN, "when: age > 2 dais", r"'2 dais' is no length of time"),
    # Days, times and lists.
    ("until: 2026-02-06", "until: 2026-01-02", r"resources.Ana.absences.0.until: 2026-01-02 is before since"),
    ("until: 2026-02-06", "until: 06/02/2026", r"'06/02/2026' is no day or instant; write 2026-01-31"),
    ("timeout: 1 d", "at: ['14:75']", r"'14:75' is no time of day"),
    ("timeout: 1 d", "at: '14:00'", r"activities.Ship.batch.at: '14:00' is no list; write it in brackets"),
    ("timeout: 1 d", "weekdays: [Thu]", r"batch.weekdays: holds for the times of day in at only"),
    ("timeout: 1 d", "weekdays: [Thursday]", r"'Thursday' is not known here; did you mean 'Thu'\? allowed: 'Mon'"),
    ("per: vendor", "done: one_by_one, time_per_item: 3 min", r"leave time_per_item out"),
    # People and stock.
    ("[Ana, Bruno]", "[Ana, Bruno, Ana]", r"roles.Clerk.members: 'Ana' is there twice"),
    ("[Ana, Bruno]", "Ana", r"roles.Clerk.members: 'Ana' is no list"),
    ("Check: 1}", "Check: -1}", r"resources.Ana.skills.Check: a speed must not be negative"),
    ("{size: 2}", "{size: 2, preemptive: true}", r"roles.Driver.preemptive: .*set discipline: priority"),
    ("{size: 2}", "{size: 2, overtime: {at_most: 2 h}}", r"roles.Driver.overtime: there is no closing time"),
    ("{size: 2}", "{size: 2, overtime: 2 h}", r"roles.Driver.overtime: write keys .*: at_most, queue"),
    ("{size: 2}", "{size: 2, discipline: value}", r"discipline value needs a number to go by"),
    ("{size: 2}", "{size: 2, discipline: fifoo}", r"'fifoo' is not known here; did you mean 'fifo'\?"),
    ("reorder_point: 20", "reorder_point: 200", r"materials.parcels.reorder_point: must not be more than"),
    ("[Register]", "[Register], same_as: [Register]", r"stands in same_as, too; nobody could do this"),
    ("  amount: {d", "  hour: {distribution: 3}\n  amount: {d", r"line 10: .*the name 'hour' has a meaning of its own"),
    ("per_week: 50,", "per_week: 50, trend_per_year: -2,", r"trend_per_year: must be more than -1"),
    ("per_week: 50,", "per_week: 50, holidays: Brasil,", r"arrivals.0.holidays: a country or state such as BR"),
    ("timezone", "currency: R$\ntimezone", r"currency: 'R\$' is not one of the codes such as BRL"),
    ("timezone", "start: 2026-13-01\ntimezone", r"line 2: start: '2026-13-01' is no day or instant"),
    (
        "roles:",
        "initial_state: {at: 2026-03-02 08:00, cases: [{case_id: A, case_type: normal, arrived: 2026-02-27, "
        "items: [{activity: Shp, enabled: 2026-02-27}]}]}\nroles:",
        r"initial_state.cases.0.items.0: .*'Ship'",
    ),
    ("loop: {do: Check, again: 0.1}", "loop: Check", r"routing.3.loop: write keys .*: again, at_most, do"),
]


def test_the_good_one_is_read() -> None:
    assert Twin.from_yaml(GOOD).activities["Check"].errors is not None


@pytest.mark.parametrize(("old", "new", "says"), MISTAKES, ids=[new[:40] for _, new, _ in MISTAKES])
def test_a_mistake_is_told_with_its_place_and_remedy(old: str, new: str, says: str) -> None:
    assert old in GOOD
    with pytest.raises(TwinError) as found:
        Twin.from_yaml(GOOD.replace(old, new))
    message = str(found.value)
    assert re.search(says, message), message
    assert re.search(r"line \d+", message), message


ROUTES = [
    ("{xr: [Register]}", r"a block is an activity's name, .* xor, and, or, loop, delay"),
    ("{kind: grph}", r"the kind 'grph' is not known; allowed: 'blocks', 'graph', 'history'"),
    ("{kind: graph, nodes: {s: {kind: start}, d: {kind: delay}}, flows: [{from: s, to: d}]}", r"'d' needs to know how"),
    ("{kind: graph, nodes: {s: {kind: begin}}, flows: []}", r"routing.nodes.s.kind: 'begin' is not known here"),
    ("{kind: graph, nodes: {s: {kind: start}}, flows: [{form: s, to: s}]}", r"unknown key 'form'; did you mean 'from'"),
    ("{kind: history, contexts: [{after: [], next: {Register: -3}}]}", r"next.Register: must be at least 0, not -3"),
    ("{kind: history, contexts: [{after: [], next: {Registr: 3}}]}", r"routing.contexts.0: .*did you mean 'Register'"),
]


@pytest.mark.parametrize(("routing", "says"), ROUTES, ids=[routing[:40] for routing, _ in ROUTES])
def test_a_mistake_in_a_routing_is_told(routing: str, says: str) -> None:
    text = f"arrivals: [{{per_week: 3}}]\nactivities: {{Register: {{time: 1}}}}\nrouting: {routing}\n"
    with pytest.raises(TwinError) as found:
        Twin.from_yaml(text)
    assert re.search(says, str(found.value)), str(found.value)
    assert "line 3" in str(found.value)


def test_yaml_says_what_a_person_means() -> None:
    text = GOOD.replace("timeout: 1 d", "at: [14:00], weekdays: [Thu]").replace(
        "{Acme: 3, Delta: 1}", "{yes: 3, no: 1}"
    )
    text = text.replace(WHEN, "when: vendor == no AND age < 2 d").replace("[Ana, Bruno]", "[Ana, Bruno, 007, 3]")
    twin = Twin.from_yaml(text)
    assert twin.activities["Ship"].batch is not None
    assert twin.activities["Ship"].batch.at == (14 * 3600,)
    assert twin.attributes["vendor"].values == {"yes": 3, "no": 1}
    assert twin.people[:4] == ("Ana", "Bruno", "007", "3")
    assert Twin.from_yaml(twin.to_yaml()) == twin
