"""Looking for what distorts the answers of a log: every check is a few lines over its arrays."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bko_mining.log.coding import MISSING, UNKNOWN, Codes
from bko_mining.log.findings import Finding
from bko_mining.log.headings import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bko_mining.log.event_log import EventLog

Mask = NDArray[np.bool_]

_DAY = 86_400_000_000
_EARLIEST = np.datetime64("1990-01-01", "us").astype(np.int64)
_PERSONAL = ("email", "e mail", "cpf", "telefone", "phone", "nome", "full name")
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
    own = [finding for check in _CHECKS for finding in check(log) if finding.n]
    return (*log.found, *sorted(own, key=lambda finding: -finding.share))


def duplicate_rows(log: "EventLog") -> Mask:
    """True for an instance that repeats the one before: same case, activity, resource, start and end."""
    order = np.lexsort((log.resource, log.activity, log.end, log.start, log.case))
    same = np.ones(len(log) - 1, bool)
    for column in (log.case, log.activity, log.resource, log.start, log.end):
        same &= column[order][1:] == column[order][:-1]
    mask = np.zeros(len(log), bool)
    mask[order[1:][same]] = True
    return mask


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
        return float(np.quantile(finish, 0.999)) + 31 * _DAY
    ordered = np.sort(finish)
    usual = ordered[int(0.9 * (len(ordered) - 1))]
    return float(usual + max(366 * _DAY, 3 * int(usual - ordered[0])))


def spellings(log: "EventLog") -> dict[str, str]:
    """Activities that differ from a more frequent one in case, accents, blanks or punctuation only."""
    counts = np.bincount(log.activity, minlength=len(log.activities))
    best: dict[str, int] = {}
    for code in np.argsort(-counts, kind="stable"):
        best.setdefault(normalise(log.activities[code]), int(code))
    pairs = ((name, log.activities[best[normalise(name)]]) for name in log.activities)
    return {name: main for name, main in pairs if name != main}


def bots(log: "EventLog") -> tuple[str, ...]:
    """Resources that look like machines: by their name, or at work at every hour of the week."""
    named = {name for name in log.resources if set(normalise(name).split()) & set(_BOTS)}
    return tuple(sorted(named | {log.resources[code] for code in np.flatnonzero(_sleepless(log))}))


def _sleepless(log: "EventLog") -> Mask:
    """Resources with at least 200 instances spread over all hours and days of the week."""
    known = log.resource != UNKNOWN
    clock = log.local(log.finish[known])
    hour = np.asarray(clock.hour) + 24 * np.asarray(clock.dayofweek)
    counts = np.zeros((max(len(log.resources), 1), 168))
    np.add.at(counts, (log.resource[known], hour), 1)
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
    begin, finish = log.case_start, log.case_end
    margin = (finish.max() - begin.min()) // 20
    first, last = log.activity[log.offsets[:-1]], log.activity[log.offsets[1:] - 1]
    early, late = begin < begin.min() + margin, finish > finish.max() - margin
    cut_late = late & _unusual(last, ~late, len(log.activities))
    if log.open_cases is not None:
        cut_late |= log.open_cases
    return early & _unusual(first, ~early, len(log.activities)), cut_late


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
    elif log.starts_estimated:
        yield Finding("starts_estimated", len(log), len(log))


def _time_checks(log: "EventLog") -> "Iterator[Finding]":
    finish = log.finish
    yield _rows("simultaneous", log, log.follows & (finish == np.roll(finish, 1)))
    yield _rows("batch_stamped", log, _stamped(log))
    clock = log.local(finish)
    midnight = np.asarray((clock.hour == 0) & (clock.minute == 0) & (clock.second == 0))
    if midnight.mean() > 0.02:
        yield _rows("midnight", log, midnight)
    yield _gap(log)


def _stamped(log: "EventLog") -> Mask:
    """Instances that share activity and instant with those of at least four other cases."""
    order = np.lexsort((log.finish, log.activity))
    new = np.ones(len(log), bool)
    new[1:] = (np.diff(log.activity[order]) != 0) | (np.diff(log.finish[order]) != 0)
    size = np.diff(np.append(np.flatnonzero(new), len(log)))
    mask = np.zeros(len(log), bool)
    mask[order] = np.repeat(size >= 5, size)
    return mask


def _gap(log: "EventLog") -> Finding:
    """The longest stretch without any event, if it is much longer than a weekend and than the others."""
    days = np.unique(log.finish // _DAY)
    pauses = np.diff(days)
    if len(pauses) < 20:
        return Finding("gap", 0, 1)
    longest = int(pauses.max())
    usual = float(np.quantile(pauses, 0.99))
    if longest <= max(7.0, 3 * usual):
        return Finding("gap", 0, 1)
    first = days[int(pauses.argmax())].astype("M8[D]")
    return Finding("gap", longest - 1, int(days[-1] - days[0] + 1), f"{first + 1} – {first + longest - 1}")


def _case_checks(log: "EventLog") -> "Iterator[Finding]":
    early, late = cut_cases(log)
    for kind, cut in (("cut_early", early), ("cut_late", late)):
        example = repr(log.case_ids[int(np.argmax(cut))].as_py())
        yield Finding(kind, int(cut.sum()), log.n_cases, example)


def _name_checks(log: "EventLog") -> "Iterator[Finding]":
    variants = spellings(log)
    example = " = ".join(repr(name) for name in next(iter(variants.items()), ()))
    yield Finding("spellings", len(variants), len(log.activities), example)
    machines = bots(log)
    yield Finding("bots", len(machines), len(log.resources), ", ".join(machines[:3]))
    teams = [name for name in log.resources if set(normalise(name).split()) & set(_TEAMS)]
    yield Finding("teams", len(teams), len(log.resources), ", ".join(teams[:3]))
    personal = [n for n in log.attributes.column_names if normalise(n.removeprefix("case:")) in _PERSONAL]
    mailed = sum("@" in name for name in log.resources)
    yield Finding("personal", len(personal) + bool(mailed), log.attributes.num_columns + 1, ", ".join(personal[:3]))


_CHECKS: "tuple[Callable[[Any], Iterator[Finding]], ...]" = (_row_checks, _time_checks, _case_checks, _name_checks)
