"""A small office that the tests of this room share."""

from bko_mining.twin.model import Twin


def office() -> Twin:
    """Two clerks and a boss: register, check, and three in ten cases are approved."""
    return Twin.from_yaml("""
    arrivals: [{per_week: 180, calendar: office}]
    calendars: {office: "Mon-Fri 09:00-17:00"}
    case_types: {case: {}, urgent: {}}
    roles:
      Clerk: {members: [Ana, Bruno], calendar: office, cost_per_hour: 20}
      Boss: {members: [Zoe], calendar: office, cost_per_hour: 50}
    resources: {Ana: {speed: 1.25}}
    activities:
      Register: {role: Clerk, time: {family: lognormal, mean: 12 min, cv: 0.6}, time_by_resource: {Bruno: 1.4}}
      Check: {role: Clerk, time: {family: gamma, mean: 10 min, cv: 0.5}, errors: {share: 0.1, to: Register}}
      Approve: {role: Boss, time: 20 min}
    routing: [Register, Check, {xor: [{share: 0.3, do: Approve}, {share: 0.7}]}]
    delays: [{after: Register, before: Check, time: 2 h}]
    service_levels: [{name: Three days, within: 3 d, penalty: 10}]
    """)
