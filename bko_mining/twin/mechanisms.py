"""What back offices do, mechanism by mechanism: two lines of YAML each, put into a small office.

The reference prints them; a test puts each into the office, runs it in both lanes and sees that it changes the run.
"""

OFFICE = """\
arrivals: [{per_week: 90, calendar: office}]
calendars: {office: 'Mon-Fri 09:00-17:00'}
attributes:
  amount: {distribution: {family: lognormal, mean: 1000, cv: 1}}
  pages: {distribution: {family: gamma, mean: 5, cv: 0.5}}
  vendor: {values: {Acme: 3, Delta: 1}}
roles: {Clerk: {members: [Ana, Bruno], calendar: office}, Boss: {members: [Carla], calendar: office}}
activities:
  Register: {role: Clerk, time: {family: exponential, mean: 20 min}}
  Check: {role: Clerk, time: {family: exponential, mean: 25 min}}
  Approve: {role: Boss, time: {family: exponential, mean: 15 min}}
  Pay: {time: 1 min}
routing: [Register, Check, Approve, Pay]
"""
"""The office into which each example goes: mappings are joined, anything else is replaced."""

MECHANISMS: dict[str, dict[str, str]] = {
    "Arrivals": {
        "by weekday and hour": "arrivals: [{table: {Mon: [0, 0, 0, 0, 0, 0, 0, 0, 9, 9, 6, 4, 2, 5, 5, 4,\n"
        "  0, 0, 0, 0, 0, 0, 0, 0]}}]",
        "trend": "arrivals: [{per_week: 90, calendar: office, trend_per_year: 0.8}]",
        "season": "arrivals: [{per_week: 90, calendar: office,\n"
        "  months: [1.5, 0.9, 1, 1, 1, 1, 0.8, 0.8, 1, 1, 1, 1.1]}]",
        "holidays": "arrivals: [{per_week: 90, calendar: Mon-Sun 09:00-17:00, holidays: BR-SP,\n"
        "  holiday_factor: 0.1}]",
        "month end": "arrivals: [{per_week: 90, calendar: office, month_end: [5, 1.8]}]",
        "peaks": "arrivals: [{per_week: 90, calendar: office,\n"
        "  peaks: [{since: 2026-01-07, until: 2026-01-09, factor: 2}]}]",
        "over-dispersion": "arrivals: [{per_week: 90, calendar: office, dispersion: 0.3}]",
        "fixed intervals": "arrivals: [{kind: grid, every: 30 min, calendar: office}]",
        "independent gaps": "arrivals: [{kind: interval, interval: {family: gamma, mean: 25 min, cv: 0.5},\n"
        "  calendar: office}]",
        "a mail file at 08:00": "arrivals: [{kind: batch, at: ['08:00'], size: {family: uniform, low: 10, high: 25},\n"
        "  calendar: office}]",
        "several cases at once": "arrivals: [{per_week: 40, calendar: office, batch_size: 3}]",
        "from a list": "arrivals: [{kind: list, at: [2026-01-05 08:12:00, 2026-01-05 09:40:00]}]",
        "several case types": "case_types: {plain: {}, urgent: {routing: [Check, Pay]}}\n"
        "arrivals: [{per_week: 90, calendar: office, mix: {plain: 4, urgent: 1}}]",
        "attributes": "attributes: {amount: {distribution: {family: gamma, mean: 900, cv: 2}, digits: 2}}",
        "attributes by case type": "attributes: {amount: {by_type: {case: {distribution: 70}}}}",
        "correlated attributes": "correlations: [{between: [amount, pages], value: 0.6}]",
    },
    "Activities": {
        "time by a law": "activities: {Check: {time: {family: lognormal, mean: 25 min, cv: 1.2}}}",
        "time by a law of scipy": "activities: {Pay: {time:\n"
        "  {family: scipy, name: invgauss, parameters: {mu: 0.5, scale: 3000}}}}",
        "empirical time": "activities: {Pay: {time:\n"
        "  {family: empirical, values: [5 min, 20 min, 2 h], weights: [5, 3, 1]}}}",
        "a mixture of times": "activities: {Pay: {time: {family: mixture, components:\n"
        "  [{weight: 3, time: 10 min}, {weight: 1, time: {family: exponential, mean: 1 h}}]}}}",
        "time by resource": "activities: {Check: {time_by_resource: {Bruno: 1.4}}}",
        "time by attribute": "activities: {Check: {time_factors: [{when: amount > 1500, factor: 1.6}]}}",
        "time by load": "activities: {Check: {time_factors: [{when: queue(Clerk) > 3, factor: 0.8}]}}",
        "cost": "activities: {Check: {cost: 1.5, cost_from: [{since: 2026-07-01, cost: 1.8}]}}",
        "set-up": "activities: {Check: {setup: 6 min}}",
        "batch by size": "activities: {Pay: {batch: {size: 5}}}",
        "batch by timeout": "activities: {Pay: {batch: {size: 8, timeout: 1 d}}}",
        "batch at a time of day": "activities: {Pay: {batch: {at: ['14:00']}}}",
        "batch at a weekday": "activities: {Pay: {batch: {at: ['14:00'], weekdays: [Thu]}}}",
        "batch on days of the month": "activities: {Pay: {batch:\n"
        "  {at: ['14:00'], month_days: [10, -1], calendar: office}}}",
        "batch per supplier": "activities: {Pay: {batch: {size: 3, timeout: 2 d, per: vendor}}}",
        "extraneous delay before": "delays: [{before: Approve, time: {family: lognormal, mean: 1 d, cv: 1}}]",
        "extraneous delay after": "delays: [{after: Check, time: 4 h, calendar: office, when: amount > 1000}]",
        "carried over at the end of the shift": "activities: {Check: {at_shift_end: carried_over}}",
        "not started unless it fits": "activities: {Check: {at_shift_end: fits}}",
        "deadline": "roles: {Clerk: {discipline: due_date}}\nactivities: {Register: {due: 6 h}, Check: {due: 1 h}}",
        "abandonment": "activities: {Check: {patience: {time: {family: exponential, mean: 40 min}, to: (end)}}}",
        "limited room": "activities: {Check: {queue_limit: {size: 2, to: (end)}}}",
    },
    "Routing": {
        "XOR": "routing: [Register, {xor: [{share: 0.3, do: Check}, {share: 0.7}]}, Approve, Pay]",
        "AND": "routing: [Register, {and: [Check, Approve]}, Pay]",
        "OR": "routing: [Register, {or: [{share: 0.9, do: Check}, {share: 0.3, do: Approve}]}, Pay]",
        "loop": "routing: [Register, {loop: {do: Check, again: 0.2, redo: Register}}, Approve, Pay]",
        "by attribute": "routing: [Register, Check,\n  {xor: [{when: amount > 1000, do: Approve}, {share: 1}]}, Pay]",
        "by history": "routing: [Register, {loop: {do: Check, again: 0.5, when: visits(Check) < 3}},\n"
        "  {xor: [{when: visits(Check) >= 2, do: Approve}, {share: 1}]}, Pay]",
        "by the previous activity": "routing: [Register, {xor: [{share: 0.5, do: Check}, {share: 0.5}]},\n"
        "  {xor: [{when: last == Check, do: Approve}, {share: 1}]}, Pay]",
        "by load": "routing: [Register, {xor: [{when: queue(Clerk) > 2}, {share: 1, do: Check}]}, Approve, Pay]",
        "BPMN graph": "routing: {kind: graph, nodes: {s: {kind: start}, Register: {kind: activity},\n"
        "  Pay: {kind: activity}, e: {kind: end}}, flows: [{from: s, to: Register}, {from: Register, to: Pay}, "
        "{from: Pay, to: e}]}",
        "by counts of the latest steps": "routing: {kind: history,\n"
        "  contexts: [{after: [], next: {Check: 2, (end): 1}}, "
        "{after: [(start)], next: {Register: 1}}, {after: [Register], next: {Check: 3, Approve: 1}}]}",
        "errors lead to rework": "activities: {Check: {errors: {share: 0.1, to: Register, by_resource: {Bruno: 2}}}}",
    },
    "People": {
        "named people": "roles: {Clerk: {members: [Ana, Bruno, Dora]}}",
        "so many people": "roles: {Boss: {members: [], size: 3}}",
        "skills": "resources: {Bruno: {skills: {Register: 1.2, Check: 0.7}}}",
        "speed": "resources: {Ana: {speed: 1.3}}",
        "several roles a person": "roles: {Boss: {members: [Carla, Ana]}}",
        "time zones and holidays": "resources: {Bruno: {calendar: 'Mon-Fri 09:00-17:00, Asia/Manila, PH'}}",
        "absences": "resources: {Ana: {absences: [{since: 2026-01-06, until: 2026-01-08}]}}",
        "who comes and goes": "resources: {Ana: {until: 2026-01-08}, Bruno: {since: 2026-01-06, ramp_up: 60 d}}",
        "probabilistic availability": "roles: {Clerk: {availability: 0.8}}",
        "multitasking limit": "resources: {Carla: {capacity: 2}}",
        "last in, first out": "roles: {Clerk: {discipline: lifo}}",
        "longest wait of the case": "roles: {Clerk: {discipline: oldest_case}}",
        "earliest due date": "case_types: {plain: {due: 9 d}, urgent: {due: 1 d}}\n"
        "arrivals: [{per_week: 90, mix: {plain: 2, urgent: 1}}]\nroles: {Clerk: {discipline: due_date}}",
        "priority classes": "case_types: {plain: {priority: 2}, urgent: {priority: 1}}\n"
        "arrivals: [{per_week: 90, mix: {plain: 2, urgent: 1}}]\nroles: {Clerk: {discipline: priority}}",
        "preemption": "roles: {Clerk: {discipline: priority, preemptive: true}}\n"
        "activities: {Register: {priority: 1}, Check: {priority: 2}}",
        "by value": "roles: {Clerk: {discipline: value, value_attribute: amount}}",
        "shortest first": "roles: {Clerk: {discipline: shortest}}",
        "another order from a day on": "roles: {Clerk: {later: {since: 2026-01-06, discipline: lifo}}}",
        "least loaded": "roles: {Clerk: {choice: least_loaded}}",
        "most skilled": "roles: {Clerk: {choice: fastest}}\nactivities: {Register: {time_by_resource: {Bruno: 0.7}}}",
        "random choice": "roles: {Clerk: {choice: random}}",
        "sticky to the case": "activities: {Check: {same_as: [Register]}}",
        "four eyes": "activities: {Check: {not_same_as: [Register]}}",
        "turnover": "roles: {Clerk: {turnover: {per_year: 0.8, vacancy: {family: lognormal, mean: 45 d, cv: 0.5},\n"
        "  ramp_up: 90 d, start_factor: 2}}}",
        "overtime": "roles: {Clerk: {overtime: {queue: 3, at_most: 2 h}, overtime_factor: 1.5}}",
        "processes that share people": "case_types: {invoice: {}, contract: {routing: [Approve]}}\n"
        "arrivals: [{per_week: 60, case_type: invoice}, {per_week: 20, case_type: contract}]",
        "background work": "case_types: {invoice: {}, phone: {logged: false, routing: [Register]}}\n"
        "arrivals: [{per_week: 60, case_type: invoice}, {per_week: 30, case_type: phone}]",
        "work that only names who did it": "activities: {Pay: {automatic: true, performers: {System: 3, Bank: 1}}}",
    },
    "Bots": {
        "hours, speed and licences": "bots: {Robo: {licences: 2, calendar: 'Mon-Sun 06:00-22:00', speed: 3}}\n"
        "activities: {Check: {bot: Robo, role: null}}",
        "exceptions go to people": "bots: {Robo: {time: 2 min, exception_share: 0.2, exception_role: Clerk}}\n"
        "activities: {Check: {bot: Robo, role: null}}",
        "cost per run and fixed": "bots: {Robo: {cost_per_run: 0.05, cost_per_month: 300}}\n"
        "activities: {Check: {bot: Robo, role: null}}",
        "failure and recovery": "bots: {Robo: {failures: {every: {family: exponential, mean: 1 d}, repair: 5 h}}}\n"
        "activities: {Check: {bot: Robo, role: null}}",
        "go-live": "bots: {Robo: {since: 2026-01-06, exception_role: Clerk}}\n"
        "activities: {Check: {bot: Robo, role: null}}",
    },
    "Stock and cash": {
        "(s, S)": "materials: {form: {initial: 9, reorder_point: 5, order_up_to: 9, lead_time: 1 d}}\n"
        "activities: {Check: {uses: {form: 1}}}",
        "periodic review": "materials: {form: {initial: 9, every: 2 d, order_up_to: 20, lead_time: 4 h}}\n"
        "activities: {Check: {uses: {form: 1}}}",
        "cash limit for payments": "materials: {cash: {kind: limit, initial: 9000, every: 1 d, order_up_to: 9000}}\n"
        "activities: {Pay: {uses: {cash: amount}}}",
    },
    "Service": {
        "target and penalty": "service_levels: [{name: Paid in time, until: Pay, within: 3 d, share: 0.95,\n"
        "  penalty: 20}]",
        "open cases at the start": "initial_state: {at: 2026-01-05 10:00:00, cases: [{case_id: old,\n"
        "  arrived: 2026-01-02 09:00:00, items: [{activity: Check, enabled: 2026-01-02 09:30:00}]}]}",
    },
}


def mechanism_chapter() -> str:
    """Write the chapter of the reference that shows each mechanism."""
    parts = [
        "## Mechanism by mechanism\n",
        "Each example changes this office (mappings are joined, anything else is replaced); all of them run in both "
        f"lanes of the engine.\n\n```yaml\n{OFFICE}```\n",
    ]
    for title, examples in MECHANISMS.items():
        parts.append(f"### {title}: the mechanisms\n")
        parts += [f"{name[0].upper()}{name[1:]}:\n\n```yaml\n{example}\n```\n" for name, example in examples.items()]
    return "\n".join(parts)
