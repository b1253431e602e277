"""Who works on several items at once, and on how many."""

from collections.abc import Collection

import numpy as np

from bko_mining.fit.instances import Instances, by_resource
from bko_mining.fit.roles import Roles

OFTEN = 0.1
"""Share of a person's starts that must fall into other work of the same person."""
MOST = 10


def capacities(data: Instances, roles: Roles, batched: Collection[int]) -> dict[int, int]:
    """How many items at once each person works on, for those who are often seen with more than one.

    The number is the 95th percentile of the items under way just after a start. Their working times stay as observed:
    they already hold the time that went to the other items. Batched activities are left out: a batch is one piece of
    work.
    """
    human = np.append(roles.of, -1)[data.resource] >= 0
    rows = np.flatnonzero(human & ~roles.automatic[data.activity] & (data.end > data.start))
    rows = rows[~np.isin(data.activity[rows], list(batched))]
    found = {}
    for part in by_resource(data, rows):
        start = data.start[part]
        # Items under way just after each start: begun until then, not ended until then.
        under_way = np.arange(1, len(part) + 1) - np.searchsorted(np.sort(data.end[part]), start, side="right")
        if len(part) >= 10 and (under_way > 1).mean() > OFTEN:
            found[int(data.resource[part[0]])] = int(min(MOST, max(2, np.quantile(under_way, 0.95))))
    return found
