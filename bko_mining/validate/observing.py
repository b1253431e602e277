"""Look at a simulated log the way the observed one was looked at."""

from datetime import timedelta

import numpy as np

from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog, Instants


def observe_like(simulated: EventLog, *, n_cases: int, closing: timedelta = timedelta(0)) -> EventLog:
    """Keep the first cases to finish, as a log holds them that was cut when so many had finished.

    Observed logs hold finished cases only, so those that take long are missing near the end. A simulated log in which
    every case finishes must be cut in the same way before the two are compared; a what-if run must not.

    Parameters
    ----------
    simulated : EventLog
        A run that let cases arrive beyond the instant at which the last of the first ``n_cases`` finished.
    n_cases : int
        Number of cases of the observed log.
    closing : timedelta
        How long after the last case it takes in the log was closed: cases under way could finish in that time.

    Raises
    ------
    LogError
        If the run is too short to tell which cases finished first.

    Examples
    --------
    >>> import numpy as np, pyarrow as pa
    >>> log = EventLog.from_codes(
    ...     case=np.array([0, 1, 2], np.int32), case_ids=pa.array(["A", "B", "C"]),
    ...     activity=np.zeros(3, np.int32), activities=("Register",),
    ...     start=np.array([0, 10, 20]), end=np.array([50, 15, 30]))
    >>> observe_like(log, n_cases=1).case_ids.to_pylist()
    ['B']
    """
    if simulated.n_cases < n_cases:
        raise LogError(f"{n_cases} cases are wanted of a run of {simulated.n_cases}; simulate more cases")
    ended = simulated.case_end
    if simulated.open_cases is not None:
        ended = np.where(simulated.open_cases, np.iinfo(np.int64).max, ended)
    # A case is in every log that takes in cases until then or later.
    taken_in = np.maximum(simulated.case_start, ended - round(closing.total_seconds() * 1e6))
    first = np.argsort(taken_in, kind="stable")[:n_cases]
    if taken_in[first[-1]] > simulated.case_start.max():
        raise LogError(
            f"cases that arrive after the run's last one might be among the first {n_cases} to finish; "
            f"simulate more than {simulated.n_cases} cases"
        )
    return simulated.take_cases(np.sort(first), because=f"the first {n_cases} cases to finish")


def cut_like(simulated: EventLog, *, n_cases: int) -> EventLog:
    """Keep what had ended when so many cases had shown themselves, as a slice of time holds it.

    Parameters
    ----------
    simulated : EventLog
        A run that let cases arrive beyond that instant.
    n_cases : int
        Number of cases of the observed log.

    Raises
    ------
    LogError
        If the run is too short.

    Examples
    --------
    >>> import numpy as np, pyarrow as pa
    >>> log = EventLog.from_codes(
    ...     case=np.array([0, 0, 1, 2, 3], np.int32), case_ids=pa.array(["A", "B", "C", "D"]),
    ...     activity=np.zeros(5, np.int32), activities=("Register",),
    ...     start=np.array([0, 10, 20, 30, 50]), end=np.array([5, 45, 25, 40, 60]))
    >>> slice_of_time = cut_like(log, n_cases=2)  # the third case shows itself at 40
    >>> slice_of_time.case_ids.to_pylist(), slice_of_time.end.tolist()
    (['A', 'B'], [5, 25])
    """
    if simulated.n_cases <= n_cases:
        raise LogError(f"{n_cases} cases are wanted of a run of {simulated.n_cases}; simulate more cases")
    seen = np.partition(first_ends(simulated), n_cases)[n_cases]
    if seen > simulated.case_start.max():
        raise LogError(
            f"cases that arrive after the run's last one might be among the first {n_cases} to be seen; "
            f"simulate more than {simulated.n_cases} cases"
        )
    return simulated.take_instances(simulated.finish < seen)


def first_ends(log: EventLog) -> Instants:
    """Return when each case shows itself: the end of its first instance to end."""
    return np.asarray(np.minimum.reduceat(log.finish, log.offsets[:-1]))
