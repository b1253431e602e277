"""Looking for what distorts the answers of a log: every check is a few lines over its arrays."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bko_mining.log.case_names import case_name_findings
from bko_mining.log.coding import MISSING, UNKNOWN, Codes, Instants
from bko_mining.log.findings import Finding
from bko_mining.log.headings import normalise
from bko_mining.log.privacy import personal_columns
from bko_mining.log.spelling import misspelt, spelt_alike

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bko_mining.log.event_log import EventLog

Mask = NDArray[np.bool_]
Counts = NDArray[np.int64]

DAY = 86_400_000_000
MIDNIGHTS = 0.02
"""The share of instants at midnight from which on they are taken for dates without a time of day."""

_STRAGGLERS = 5
_EARLIEST = np.datetime64("1990-01-01", "us").astype(np.int64)
_RESOURCE = "resource"
_BOTS = (
    "bot",
    "robo",
    "rpa",
    "system",
    "sistema",
    "batch",
    "auto",
    "automatico",
    "job",
    "api",
    "integracao",
    "workflow",
)
_TEAMS = (
    "equipe",
    "team",
    "grupo",
    "group",
    "setor",
    "fila",
    "queue",
    "departamento",
    "department",
    "nucleo",
    "celula",
)


def find_issues(log: "EventLog") -> tuple[Finding, ...]:
    """Run every check; what the reader found comes first, then the widest."""
    return ranked(log.found, [finding for check in _CHECKS for finding in check(log)])


def ranked(found: "tuple[Finding, ...]", own: "list[Finding]") -> tuple[Finding, ...]:
    """What the reader found, then what was found in the log, the widest first; what was not found is left out."""
    return (*found, *sorted((finding for finding in own if finding.n), key=lambda finding: -finding.share))


def duplicate_rows(log: "EventLog") -> Mask:
    """True for an instance that repeats the one before: same case, activity, resource, start and end."""
    mask = np.zeros(len(log), bool)
    rows = _tied(log)
    if len(rows) < 2:
        return mask
    columns = (log.case[rows], log.activity[rows], log.resource[rows], log.start[rows], log.end[rows])
    order = np.lexsort(columns[::-1])
    same = np.ones(len(rows) - 1, bool)
    for column in columns:
        same &= column[order][1:] == column[order][:-1]
    mask[rows[order[1:][same]]] = True
    return mask


def _tied(log: "EventLog") -> Instants:
    """Instances that begin together with another of their case: in a sorted log, neighbours."""
    begin, follows = log.begin, log.follows
    step = np.diff(begin, prepend=begin[:1])
    if (step[follows] < 0).any():
        return np.arange(len(log))
    tied = follows & (step == 0)
    tied[:-1] |= tied[1:]
    return np.flatnonzero(tied)


def reversed_rows(log: "EventLog") -> Mask:
    """True for an instance that ends before it starts."""
    known = (log.start != MISSING) & (log.end != MISSING)
    backwards: Mask = known & (log.end < log.start)
    return backwards


def impossible_rows(log: "EventLog") -> Mask:
    """True for an instance before 1990, or long after nearly all others (in logs of few rows: years after)."""
    odd: Mask = (log.begin < _EARLIEST) | (log.finish > _latest_believable(log.finish[log.begin >= _EARLIEST]))
    return odd


def _latest_believable(finish: "np.ndarray[Any, Any]") -> float:
    if len(finish) == 0:
        return 0.0
    if len(finish) > 1000:
        return float(np.quantile(finish, 0.999)) + 31 * DAY
    ordered = np.sort(finish)
    usual = ordered[int(0.9 * (len(ordered) - 1))]
    return float(usual + max(366 * DAY, 3 * int(usual - ordered[0])))


def spellings(log: "EventLog") -> dict[str, str]:
    """Activities that differ from a more frequent one in case, accents, blanks or punctuation only."""
    return spelt_alike(log.activities, np.bincount(log.activity, minlength=len(log.activities)))


def bots(log: "EventLog") -> tuple[str, ...]:
    """Resources that look like machines: by their name, or at work at every hour of the week."""
    return machines(log.resources, hours_of_week(log))


def machines(names: "tuple[str, ...]", hours: Counts) -> tuple[str, ...]:
    """Which of the resources look like machines, told by their names and their instances by hour of the week."""
    named = {name for name in names if set(normalise(name).split()) & set(_BOTS)}
    return tuple(sorted(named | {names[code] for code in np.flatnonzero(_sleepless(hours))}))


def hours_of_week(log: "EventLog") -> Counts:
    """Instances of each resource (a row) that ended in each hour of the week (168 columns, Monday first)."""
    known = log.resource != UNKNOWN
    clock = log.local(log.finish[known])
    hour = np.asarray(clock.hour) + 24 * np.asarray(clock.dayofweek)
    size = max(len(log.resources), 1)
    cell = log.resource[known].astype(np.int64) * 168 + hour
    return np.bincount(cell, minlength=size * 168).reshape(size, 168)


def _sleepless(counts: Counts) -> Mask:
    """Resources with at least 200 instances spread over all hours and days of the week."""
    total = counts.sum(axis=1)
    night = counts.reshape(-1, 7, 24)[:, :, :6].sum(axis=(1, 2))
    always: Mask = (total >= 200) & ((counts > 0).mean(axis=1) > 0.6) & (night / np.maximum(total, 1) > 0.12)
    return always


def overlaps(log: "EventLog") -> Mask:
    """True for an instance that starts while an earlier one of the same resource is still under way."""
    rows = np.flatnonzero((log.resource != UNKNOWN) & (log.start != MISSING) & (log.end > log.start))
    rows = rows[np.lexsort((log.start[rows], log.resource[rows]))]
    mask = np.zeros(len(log), bool)
    if len(rows) > 1:
        who = log.resource[rows]
        # A resource further down ends later by more than any span: the running maximum begins anew with each.
        shift = np.cumsum(np.diff(who, prepend=who[:1]) != 0) * (int(np.ptp(log.finish)) + 1 + int(np.ptp(log.begin)))
        latest = np.maximum.accumulate(log.end[rows] + shift) - shift
        busy = (who[1:] == who[:-1]) & (log.start[rows][1:] < latest[:-1])
        mask[rows[1:][busy]] = True
    return mask


def cut_cases(log: "EventLog") -> tuple[Mask, Mask]:
    """Cases whose first activity, or whose last one, is not one with which cases begin or end elsewhere.

    Returns
    -------
    cut at the beginning, cut at the end : bool[n_cases]
        Only cases that touch the first, or the last, twentieth of the window can be cut.
    """
    first, last = log.activity[log.offsets[:-1]], log.activity[log.offsets[1:] - 1]
    return cut_at_edges(log.case_start, log.case_end, first, last, log.open_cases)


def cut_at_edges(
    begin: Instants, finish: Instants, first: Codes, last: Codes, still_open: Mask | None
) -> tuple[Mask, Mask]:
    """Cases cut at the beginning and at the end, told by when each ran and by its first and last activity."""
    n = int(max(first.max(), last.max())) + 1
    margin = (finish.max() - begin.min()) // 20
    early, late = begin < begin.min() + margin, finish > finish.max() - margin
    cut_late = late & _unusual(last, ~late, n)
    if still_open is not None:
        cut_late |= still_open
    return early & _unusual(first, ~early, n), cut_late


def _unusual(edge: Codes, elsewhere: Mask, n: int) -> Mask:
    usual = np.bincount(edge[elsewhere], minlength=n) >= max(1, 0.02 * elsewhere.sum())
    strange: Mask = ~usual[edge] if elsewhere.any() else np.zeros(len(edge), bool)
    return strange


def _case_of(log: "EventLog", rows: Mask) -> str:
    row = int(np.argmax(rows))
    return repr(log.case_ids[int(np.searchsorted(log.offsets, row, side="right")) - 1].as_py())


def _rows(kind: str, log: "EventLog", rows: Mask) -> Finding:
    return Finding(kind, int(rows.sum()), len(log), _case_of(log, rows))


def _row_checks(log: "EventLog") -> "Iterator[Finding]":
    yield _rows("duplicates", log, duplicate_rows(log))
    yield _rows("reversed", log, reversed_rows(log))
    yield _rows("impossible", log, impossible_rows(log))
    yield _rows("overlapping", log, overlaps(log))
    if log.has_resources:
        yield _rows("resource_missing", log, log.resource == UNKNOWN)
    else:
        yield Finding("no_resources", len(log), len(log))
    if not log.has_starts:
        yield Finding("no_starts", len(log), len(log))
    elif not (log.end != MISSING).any():
        yield Finding("no_ends", len(log), len(log))
    elif log.starts_estimated:
        yield Finding("starts_estimated", len(log), len(log))


def _time_checks(log: "EventLog") -> "Iterator[Finding]":
    yield _rows("simultaneous", log, simultaneous_rows(log))
    yield _rows("batch_stamped", log, _stamped(log))
    midnight = midnight_rows(log)
    if midnight.mean() > MIDNIGHTS:
        yield _rows("midnight", log, midnight)
    yield longest_gap(np.unique(log.finish // DAY))


def simultaneous_rows(log: "EventLog") -> Mask:
    """True for an instance that ends at the very instant of the one before it in its case."""
    finish = log.finish
    same: Mask = log.follows & (finish == np.roll(finish, 1))
    return same


def midnight_rows(log: "EventLog") -> Mask:
    """True for an instance that ends at midnight to the second, by the clock of the office."""
    clock = log.local(log.finish)
    return np.asarray((clock.hour == 0) & (clock.minute == 0) & (clock.second == 0))


def _stamped(log: "EventLog") -> Mask:
    """Instances that share activity and instant with those of at least four other cases."""
    order = np.lexsort((log.finish, log.activity))
    new = np.ones(len(log), bool)
    new[1:] = (np.diff(log.activity[order]) != 0) | (np.diff(log.finish[order]) != 0)
    size = np.diff(np.append(np.flatnonzero(new), len(log)))
    mask = np.zeros(len(log), bool)
    mask[order] = np.repeat(size >= 5, size)
    return mask


def longest_gap(days: Instants) -> Finding:
    """The longest stretch without any event, if it is much longer than a weekend and than the others.

    A few days before or after the stretch are no recording: they are stragglers, or dates that are wrong.
    """
    pauses = np.diff(days)
    if len(pauses) < 20:
        return Finding("gap", 0, 1)
    inner = pauses[_STRAGGLERS:-_STRAGGLERS]
    longest = int(inner.max())
    usual = float(np.quantile(np.sort(inner)[:-1], 0.99))
    if longest <= max(7.0, 3 * usual):
        return Finding("gap", 0, 1)
    first = days[_STRAGGLERS + int(inner.argmax())].astype("M8[D]")
    return Finding("gap", longest - 1, int(days[-1] - days[0] + 1), f"{first + 1} – {first + longest - 1}")


def _case_checks(log: "EventLog") -> "Iterator[Finding]":
    early, late = cut_cases(log)
    for kind, cut in (("cut_early", early), ("cut_late", late)):
        example = repr(log.case_ids[int(np.argmax(cut))].as_py())
        yield Finding(kind, int(cut.sum()), log.n_cases, example)
    yield from case_name_findings(log.case_ids)


def _name_checks(log: "EventLog") -> "Iterator[Finding]":
    counts = np.bincount(log.activity, minlength=len(log.activities))
    return name_findings(
        log.activities, counts, log.resources, hours_of_week(log), personal_columns(log), log.attributes.num_columns
    )


def name_findings(
    activities: "tuple[str, ...]",
    counts: Counts,
    resources: "tuple[str, ...]",
    hours: Counts,
    personal: "tuple[str, ...]",
    n_columns: int,
) -> "Iterator[Finding]":
    """What the names of activities and resources give away; ``personal`` are columns about persons."""
    variants = spelt_alike(activities, counts)
    example = " = ".join(repr(name) for name in min(variants.items(), default=()))
    yield Finding("spellings", len(variants), len(activities), example)
    slips = misspelt(activities, counts)
    told = ", ".join(f"{name!r}: {main!r}" for name, main in sorted(slips.items())[:3])
    yield Finding("misspelt", len(slips), len(activities), told)
    robots = machines(resources, hours)
    yield Finding("bots", len(robots), len(resources), ", ".join(robots[:3]))
    teams = [name for name in resources if set(normalise(name).split()) & set(_TEAMS)]
    yield Finding("teams", len(teams), len(resources), ", ".join(teams[:3]))
    mailed = (_RESOURCE,) if any("@" in name for name in resources) else ()
    yield Finding("personal", len(personal) + len(mailed), n_columns + 1, ", ".join((*personal, *mailed)[:3]))


_CHECKS: "tuple[Callable[[Any], Iterator[Finding]], ...]" = (_row_checks, _time_checks, _case_checks, _name_checks)
