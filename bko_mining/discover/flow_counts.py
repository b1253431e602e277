"""How often cases run along each flow of a model, in the run of the model that fits each of them best."""

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bko_mining.discover.aligning import align
from bko_mining.discover.drawing import net_of_diagram
from bko_mining.discover.variants import variants
from bko_mining.log.event_log import EventLog

if TYPE_CHECKING:
    from bko_mining.discover.process_model import ProcessModel


def flow_counts(log: EventLog, model: "ProcessModel") -> pd.DataFrame:
    """Count how often cases run along each flow of a model.

    Every variant is aligned with the model; the activities of the run that fits it best are then walked through the
    diagram. What a case skips is run along all the same, what it does besides is not: the counts agree with each other
    at every gateway.

    Returns
    -------
    pandas.DataFrame
        One row a flow, in the order of the diagram: ``source``, ``target`` (keys of shapes), ``n`` (times) and
        ``n_cases``.

    Raises
    ------
    LogError
        If the model cannot be replayed.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A", "A", "B"], "activity": ["open", "pay", "open"],
    ...     "end": pd.to_datetime(["2026-01-05", "2026-01-06", "2026-01-05"])})
    >>> log = bko.EventLog.from_frame(rows)
    >>> flow_counts(log, bko.discover_model(log, noise=0))["n"].tolist()
    [2, 2, 1, 1, 1, 2]
    """
    known = variants(log)
    aligned, _ = align(model.net, known.sequences)
    runs = [tuple(filter(None, (model.net.labels[t] for t in one.fired))) for one in aligned]
    n_cases = Counter[tuple[str, ...]]()
    for run, n in zip(runs, known.table["n_cases"].tolist(), strict=True):
        n_cases[run] += n
    net = net_of_diagram(model.diagram)
    walked, _ = align(net, list(n_cases))
    n, cases = np.zeros((2, len(model.diagram.flows)), np.int64)
    for one, weight in zip(walked, n_cases.values(), strict=True):
        along = [*net.passed_at_start, *(flow for t in one.fired for flow in net.passes[t])]
        np.add.at(n, along, weight)
        cases[list(set(along))] += weight
    ends = {"source": [flow.source for flow in model.diagram.flows], "target": [f.target for f in model.diagram.flows]}
    return pd.DataFrame(ends | {"n": n, "n_cases": cases})
