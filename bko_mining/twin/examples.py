"""Two-line examples of every part of a twin, for its reference; a test reads each of them."""

EXAMPLES = {
    "Twin": (
        "arrivals: [{per_week: 40, calendar: Mon-Fri 09:00-17:00}]\n"
        "roles: {Clerk: {members: [Ana, Bruno], calendar: Mon-Fri 09:00-17:00}}\n"
        "activities: {Register: {role: Clerk, time: {family: lognormal, mean: 12 min, cv: 0.6}}}\n"
        "routing: [Register]"
    ),
    "Distribution": "family: lognormal\nmean: 12 min\ncv: 0.6",
    "Component": "weight: 3\ntime: {family: exponential, mean: 1 h}",
    "RateArrivals": "{kind: rate, per_week: 40, calendar: 'Mon-Fri 08:00-18:00', holidays: BR-SP,\n"
    " month_end: [6, 1.8], dispersion: 0.1, trend_per_year: 0.05}",
    "Peak": "since: 2026-11-23\nuntil: 2026-12-05\nfactor: 1.6",
    "IntervalArrivals": "kind: interval\ninterval: {family: gamma, mean: 30 min, cv: 0.5}",
    "GridArrivals": "kind: grid\nevery: 10 min\ncalendar: Mon-Fri 09:00-17:00",
    "BatchArrivals": "kind: batch\nat: ['08:00', '14:00']\nsize: {family: uniform, low: 10, high: 30}",
    "ListArrivals": "kind: list\nat: [2026-01-05 08:12:00, 2026-01-05 09:40:00]",
    "CaseType": "priority: 1\ndue: 2 d",
    "Attribute": "distribution: {family: lognormal, mean: 3000, cv: 2}\ndigits: 2",
    "Correlation": "between: [amount, pages]\nvalue: 0.6",
    "ServiceLevel": "name: Paid in time\nuntil: Pay\nwithin: 10 d\nshare: 0.95\npenalty: 20",
    "Activity": "role: Clerk\ntime: {family: lognormal, mean: 12 min, cv: 0.6}\nnot_same_as: [Register]",
    "Price": "since: 2026-07-01\ncost: 34",
    "Factor": "when: amount > 50000\nfactor: 1.5",
    "Batching": "at: ['14:00']\nweekdays: [Thu]\nper: vendor",
    "Errors": "share: 0.04\nto: Register\nby_resource: {Bruno: 1.8}",
    "Patience": "time: {family: exponential, mean: 20 min}\nto: (end)",
    "QueueLimit": "size: 10\nto: (end)",
    "Sequence": "- Register\n- Check\n- Pay",
    "Choice": "xor:\n  - {when: amount > 5000, do: Approve}\n  - {share: 0.9}\n  - {share: 0.1, do: Check}",
    "Branch": "share: 0.1\nwhen: amount > 5000\ndo: [Check, Approve]",
    "Parallel": "and: [Ship, [Bill, Book]]\nname: delivery",
    "Some": "or:\n  - {share: 0.9, do: Check price}\n  - {share: 0.2, do: Check tax}",
    "Loop": "loop: {do: Match, again: 0.25, redo: Correct}",
    "Repeat": "do: Match\nagain: 0.25\nredo: Correct\nat_most: 4",
    "Pause": "delay: {time: {family: lognormal, mean: 2 d, cv: 1}, calendar: 'Mon-Fri 09:00-17:00'}",
    "GraphRouting": (
        "kind: graph\n"
        "nodes: {s: {kind: start}, a: {kind: activity, activity: Register}, e: {kind: end}}\n"
        "flows: [{from: s, to: a}, {from: a, to: e}]"
    ),
    "Node": "kind: activity\nactivity: Register",
    "Flow": "from: gate\nto: a\nshare: 0.3",
    "HistoryRouting": (
        "kind: history\ncontexts:\n  - {after: [(start)], next: {Register: 120}}\n"
        "  - {after: [Register], next: {Check: 30, (end): 90}}\n  - {after: [Check], next: {(end): 30}}"
    ),
    "Context": "after: [Register, Check]\nnext: {Pay: 40, Register: 3}",
    "LeftOut": "activity: Check\nwhen: amount < 500",
    "ParallelBlock": "branches: [[Ship], [Bill, Book]]",
    "ShareChange": "after: Match\nto: Correct\nfactor: 0.5\nwhen: date >= 2026-07-01",
    "StepDelay": "after: Ask supplier\nbefore: Match\ntime: {family: lognormal, mean: 3 d, cv: 1}\nwhen: amount > 5000",
    "Overtime": "queue: 10\nat_most: 2 h",
    "Role": "members: [Ana, Bruno]\ncalendar: Mon-Fri 08:00-17:30, BR-SP\ndiscipline: due_date",
    "QueueRule": "since: 2026-07-01\ndiscipline: priority\nclasses: {urgent: 0, plain: 1}",
    "OrderingRule": "since: 2026-07-01\nreorder_point: 30\norder_up_to: 120",
    "Turnover": "per_year: 0.3\nvacancy: {family: lognormal, mean: 45 d, cv: 0.5}\nramp_up: 90 d",
    "Resource": "calendar: Mon-Fri 08:00-12:00\nskills: {Register: 1.2, Check: 0.8}\nsince: 2026-03-01\nramp_up: 60 d",
    "Absence": "since: 2026-07-06\nuntil: 2026-07-24",
    "Bot": "time: 40 s\nexception_share: 0.12\nexception_role: Clerk\nfailures: {every: 20 d, repair: 4 h}",
    "Failures": "every: {family: exponential, mean: 20 d}\nrepair: 4 h",
    "Material": "initial: 80\nreorder_point: 20\norder_up_to: 100\nlead_time: {family: gamma, mean: 5 d, cv: 0.4}",
    "InitialState": (
        "at: 2026-03-02 08:00\ncases:\n  - case_id: A-17\n    arrived: 2026-02-27 16:10\n"
        "    items: [{activity: Register, enabled: 2026-02-27 16:10}]"
    ),
    "OpenCase": (
        "case_id: A-17\narrived: 2026-02-27 16:10\nattributes: {amount: 7200}\nhistory: [Register]\n"
        "items: [{activity: Check, enabled: 2026-02-27 17:00}]"
    ),
    "WorkItem": "activity: Check\nenabled: 2026-02-27 17:00\nstart: 2026-02-27 17:20\nresource: Ana\nremaining: 15 min",
    "Evidence": "part: activities.Register.time\nfound: lognormal, mean 12 min\nn: 1480\ngoodness: 0.97",
}
