"""How far a simulated log is from an observed one: the distances of the field, in a few passes of numpy.

The six distances are those of Chapela-Campa, Benchekroun, Baron, Dumas, Krass, Senderovich (2023), *Can I trust my
simulation model?*, computed as the package ``log-distance-measures`` does, so that figures can be compared.
"""

import numpy as np
from numpy.typing import NDArray

from bko_mining.log.event_log import EventLog, Instants

HOUR = 3_600_000_000
DAY = 24 * HOUR
NEVER = 23.0
"""Distance of a weekday on which only one of the logs has instants: the most two histograms of hours can differ."""

MEASURES = ("NGD", "AED", "CED", "RED", "CTD", "CAR")
"""3-grams, absolute, circadian and relative instants, cycle times, arrivals."""

Counts = NDArray[np.int64]


def distances(observed: EventLog, simulated: EventLog) -> dict[str, float]:
    """Return the six distances between two logs.

    Returns
    -------
    dict
        ``NGD``: share of the 3-grams of activities that differ, in [0, 1]. All others are Wasserstein distances in
        hours over hourly bins: ``AED`` of starts and ends on the time line, ``CED`` of their hour of the day within
        each weekday (mean over the weekdays), ``RED`` of starts and ends counted from the start of their case, ``CTD``
        of cycle times, ``CAR`` of the starts of cases.
    """
    instants, others = _instants(observed), _instants(simulated)
    origin = min(instants.min(), others.min()) // HOUR * HOUR
    return {
        "NGD": ngram_distance(observed, simulated),
        "AED": wasserstein((instants - origin) // HOUR, (others - origin) // HOUR),
        "CED": circadian_distance(observed, simulated),
        "RED": wasserstein(_relative(observed), _relative(simulated)),
        "CTD": _cycle_time_distance(observed, simulated),
        "CAR": _arrival_distance(observed, simulated),
    }


def wasserstein(one: Counts, other: Counts) -> float:
    """Return the first Wasserstein distance of two samples of whole numbers.

    Examples
    --------
    >>> wasserstein(np.array([0, 2]), np.array([1, 3]))
    1.0
    """
    low = min(one.min(), other.min())
    width = int(max(one.max(), other.max()) - low) + 1
    gap = np.bincount(one - low, minlength=width) / len(one) - np.bincount(other - low, minlength=width) / len(other)
    return float(np.abs(np.cumsum(gap)).sum())


def ngram_distance(observed: EventLog, simulated: EventLog, *, n: int = 3) -> float:
    """Return the share of the n-grams of activities, cases padded at both ends, that two logs do not share."""
    names = {name: code for code, name in enumerate(dict.fromkeys(observed.activities + simulated.activities))}
    grams, others = (_ngrams(log, names, n) for log in (observed, simulated))
    both = np.unique(np.concatenate([grams, others]), return_inverse=True)[1]
    surplus = np.bincount(both[: len(grams)], minlength=both.max() + 1) - np.bincount(
        both[len(grams) :], minlength=both.max() + 1
    )
    return float(np.abs(surplus).sum() / len(both))


def circadian_distance(observed: EventLog, simulated: EventLog) -> float:
    """Return the mean over the weekdays of the distance between the hours of the day of starts and ends."""
    one, other = _hours_of_week(observed), _hours_of_week(simulated)
    return float(np.mean([_weekday_distance(one[day], other[day]) for day in range(7)]))


def _weekday_distance(one: Counts, other: Counts) -> float:
    if one.any() and other.any():
        return float(np.abs(np.cumsum(one / one.sum() - other / other.sum())).sum())
    return NEVER if one.any() or other.any() else 0.0


def _hours_of_week(log: EventLog) -> Counts:
    """Starts and ends in each hour (24) of each weekday (7), on the clock of the office."""
    local = _instants(log)
    if log.timezone != "UTC":
        local = log.local(local).tz_localize(None).to_numpy().astype("M8[us]").astype(np.int64)
    hours = local // HOUR
    # 1970-01-01 was a Thursday.
    return np.asarray(np.bincount((hours + 72) % 168, minlength=168).reshape(7, 24), np.int64)


def _instants(log: EventLog) -> Instants:
    return np.concatenate([log.begin, log.finish])


def _relative(log: EventLog) -> Counts:
    arrival = np.repeat(log.case_start, log.n_instances)
    return np.asarray(np.concatenate([log.begin - arrival, log.finish - arrival]) // HOUR)


def _cycle_time_distance(observed: EventLog, simulated: EventLog) -> float:
    times, others = (log.case_end - log.case_start for log in (observed, simulated))
    least = min(times.min(), others.min())
    return wasserstein((times - least) // HOUR, (others - least) // HOUR)


def _arrival_distance(observed: EventLog, simulated: EventLog) -> float:
    arrivals, others = observed.case_start, simulated.case_start
    origin = min(arrivals.min(), others.min()) // HOUR * HOUR
    return wasserstein((arrivals - origin) // HOUR, (others - origin) // HOUR)


def _ngrams(log: EventLog, names: dict[str, int], n: int) -> Counts:
    """One code for each n-gram: activities as digits, n - 1 blanks before and after each case."""
    case = log.case
    order = np.lexsort((log.finish, log.begin, case))
    codes = np.array([names[name] for name in log.activities])[log.activity[order]]
    blank = len(names)
    windows = len(log) + log.n_cases * (n - 1)
    padded = np.full(windows + n - 1, blank, np.int64)
    padded[np.arange(len(log)) + (n - 1) * (case.astype(np.int64) + 1)] = codes
    grams = np.zeros(windows, np.int64)
    for place in range(n):
        grams = grams * (blank + 1) + padded[place : place + windows]
    return grams
