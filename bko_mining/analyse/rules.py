"""Which rules are broken, by how many cases, with what amounts, and whether it gets better."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from bko_mining.analyse.proportions import people, people_only, wilson
from bko_mining.analyse.rule_words import (
    ApprovalAbove,
    FourEyes,
    MustNotFollow,
    MustOccur,
    MustPrecede,
    OnlyBy,
    Rule,
    Segregation,
    Within,
    read_rules,
)
from bko_mining.calendars import WorkCalendar
from bko_mining.errors import LogError
from bko_mining.log.event_log import UNKNOWN, EventLog
from bko_mining.log.grouping import distinct
from bko_mining.results import Result
from bko_mining.words import money, number, percent, say

NEVER = int(np.iinfo(np.int64).max)
Found = tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.int64]]
"""Cases to which a rule applies, cases that break it, and the row that shows it (-1: none)."""


@dataclass(frozen=True, slots=True, eq=False)
class RuleCheck(Result):
    """Rules and how often they are broken, the most broken first.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a rule: ``rule`` (its sentence), ``kind``, ``n_checked`` (cases to which it applies), ``n_broken``,
        ``broken_share``, ``first_half_share``, ``second_half_share`` (broken, of the cases in order of arrival)
        and, with an amount, ``amount`` (of the cases that break it).
    violations : pandas.DataFrame
        One row a broken rule and case: ``rule``, ``case_id``, ``activity``, ``person``, ``when`` and ``amount``.
    people : pandas.DataFrame
        By ``person`` who did what shows it: ``n_violations``, ``n_cases``, ``n_rules`` and ``amount``, in order of the
        names or pseudonyms; violations that nobody's deed shows (something is missing) are left out.
    trend : pandas.DataFrame
        By ``month`` of arrival: ``n_cases``, ``n_broken`` (cases that break any rule), ``broken_share`` and its 95 %
        interval (``low_share``, ``high_share``).
    n_cases : int
        Cases looked at.
    amount : float
        Sum over the cases that break any rule, each counted once; NaN without an amount.
    not_checked : tuple of str
        Rules that this log cannot answer (no resources, no roles), as sentences.
    currency : str
        Of the amounts, empty where it was not given.
    """

    violations: pd.DataFrame
    people: pd.DataFrame
    trend: pd.DataFrame
    n_cases: int
    amount: float = float("nan")
    not_checked: tuple[str, ...] = ()
    currency: str = ""

    picture: ClassVar[str] = "rules:plot_rules"

    @property
    def summary(self) -> str:
        """Rules and cases in one sentence."""
        broken = self.table[self.table["n_broken"] > 0]
        cases = self.violations["case_id"].nunique()
        if not len(broken):
            sentence = say(
                "None of {n} {n:rule|rules} is broken in {cases} {cases:case|cases}.",
                n=number(len(self.table)),
                cases=number(self.n_cases),
            )
        else:
            worst = broken.iloc[0]
            sentence = say(
                "{broken} of {n} {n:rule|rules} {broken:is|are} broken, in {cases} {cases:case|cases} "
                "({share}); most often: {rule} ({times} {times:case|cases}).",
                broken=number(len(broken)),
                n=number(len(self.table)),
                cases=number(cases),
                share=percent(cases / self.n_cases, 1),
                rule=worst["rule"],
                times=number(worst["n_broken"]),
            )
            sentence += self._amount()
        if self.not_checked:
            sentence += " " + say(
                "{n} {n:rule|rules} cannot be checked: the log lacks people or roles.", n=number(len(self.not_checked))
            )
        return sentence

    def _amount(self) -> str:
        if self.amount != self.amount:
            return ""
        total = money(self.amount, self.currency) if self.currency else number(self.amount)
        return " " + say("These cases are worth {amount}.", amount=total)


def check_rules(
    log: EventLog,
    rules: str | Path | Iterable[Any],
    *,
    calendar: WorkCalendar | None = None,
    amount: str | None = None,
    currency: str = "",
    names: bool = False,
) -> RuleCheck:
    """Check rules written in YAML (``analyse.rule_words`` lists the vocabulary).

    Parameters
    ----------
    log : EventLog
        The log.
    rules : path, str or iterable
        A YAML file, YAML text, mappings, or the rules that ``suggest_rules`` found.
    calendar : WorkCalendar, optional
        For limits in working time; Monday to Friday, 8 to 12 and 13 to 17 otherwise.
    amount : str, optional
        Column whose sum over the cases that break a rule is given.
    currency : str
        ISO code of that amount.
    names : bool
        Name the persons in ``violations``; pseudonyms otherwise.

    Raises
    ------
    LogError
        If a rule cannot be read, or names an activity or column that the log does not have.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A", "A", "B"], "activity": ["approve", "pay", "pay"],
    ...     "end": pd.to_datetime(["2026-01-05 08:00", "2026-01-05 09:00", "2026-01-05 12:00"])})
    >>> bko.check_rules(bko.EventLog.from_frame(rows), "- {rule: must_precede, first: approve, then: pay}").summary
    '1 of 1 rule is broken, in 1 case (50.0 %); most often: “approve” comes before “pay” (1 case).'
    """
    calendar = calendar or WorkCalendar.parse("Mon-Fri 08:00-12:00 13:00-17:00", timezone=log.timezone)
    amounts = _amounts(log, amount) if amount else None
    labels = people(people_only(log), names=names)
    rows, violations, skipped = [], [], []
    anything = np.zeros(log.n_cases, bool)
    for rule in read_rules(rules):
        found = _CHECKS[type(rule)](people_only(log), rule, calendar)
        if found is None:
            skipped.append(rule.sentence)
            continue
        anything |= found[1]
        rows.append(_row(rule, found, amounts))
        violations.append(_violations(log, rule, found, labels, amounts))
    table = pd.DataFrame(rows, columns=_COLUMNS if amounts is None else [*_COLUMNS, "amount"])
    table = table.sort_values("n_broken", ascending=False, kind="stable", ignore_index=True)
    columns = ["rule", "case_id", "activity", "person", "when"]
    kept = [frame for frame in violations if len(frame)]
    every = pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=columns)
    return RuleCheck(
        table,
        violations=every,
        people=_by_person(every),
        trend=_trend(log, anything),
        n_cases=log.n_cases,
        amount=float("nan") if amounts is None else float(np.nansum(amounts[anything])),
        not_checked=tuple(skipped),
        currency=currency,
    )


def _by_person(violations: pd.DataFrame) -> pd.DataFrame:
    sums = {"n_violations": ("case_id", "size"), "n_cases": ("case_id", "nunique"), "n_rules": ("rule", "nunique")}
    if "amount" in violations:
        sums["amount"] = ("amount", "sum")
    shown = violations.dropna(subset=["person"])
    return (
        shown.groupby("person", as_index=False).agg(**sums) if len(shown) else pd.DataFrame(columns=["person", *sums])
    )


def _trend(log: EventLog, broken: NDArray[np.bool_]) -> pd.DataFrame:
    months = pd.Series(log.local(log.case_start).tz_localize(None)).dt.to_period("M").dt.start_time
    codes, labels = pd.factorize(months, sort=True)
    n, k = np.bincount(codes), np.bincount(codes, weights=broken)
    low, high = wilson(k, n)
    shares = {"broken_share": k / n, "low_share": low, "high_share": high}
    return pd.DataFrame({"month": labels, "n_cases": n, "n_broken": k.astype(int), **shares})


_COLUMNS = [
    "rule",
    "kind",
    "n_checked",
    "n_broken",
    "broken_share",
    "first_half_share",
    "second_half_share",
]


def code_of(log: EventLog, name: str) -> int:
    """Code of an activity.

    Raises
    ------
    LogError
        If the log has none of that name.
    """
    if name not in log.activities:
        raise LogError(f"no activity is called {name!r}; the log has {', '.join(log.activities)}")
    return log.activities.index(name)


def first_and_last(log: EventLog, code: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row of the first (``NEVER`` if none) and of the last (-1 if none) instance of an activity in each case."""
    rows = np.flatnonzero(log.activity == code)
    first, last = np.full(log.n_cases, NEVER), np.full(log.n_cases, -1, np.int64)
    case = log.case[rows]
    last[case] = rows
    first[case[::-1]] = rows[::-1]
    return first, last


def _row(rule: Rule, found: Found, amounts: NDArray[np.float64] | None) -> tuple[Any, ...]:
    applies, broken, _ = found
    half = len(applies) // 2
    shares = [
        float(broken[part].sum() / max(applies[part].sum(), 1))
        for part in (slice(None), slice(half), slice(half, None))
    ]
    row = (rule.sentence, rule.rule, int(applies.sum()), int(broken.sum()), *shares)
    return row if amounts is None else (*row, float(np.nansum(amounts[broken])))


def _violations(
    log: EventLog, rule: Rule, found: Found, labels: list[str], amounts: NDArray[np.float64] | None
) -> pd.DataFrame:
    _, broken, shown = found
    cases = np.flatnonzero(broken)
    rows = shown[cases]
    who = np.where(rows >= 0, people_only(log).resource[rows], UNKNOWN)
    frame = pd.DataFrame(
        {
            "rule": rule.sentence,
            "case_id": log.case_ids.take(pa.array(cases)).to_pandas(),
            "activity": [log.activities[log.activity[row]] if row >= 0 else None for row in rows],
            "person": [labels[code] if code != UNKNOWN else None for code in who],
            "when": log.local(np.where(rows >= 0, log.finish[rows], log.case_end[cases])),
        }
    )
    return frame if amounts is None else frame.assign(amount=amounts[cases])


def _amounts(log: EventLog, column: str) -> NDArray[np.float64]:
    if column not in log.attributes.column_names:
        raise LogError(f"the log has no column {column!r}; it has {', '.join(log.attributes.column_names) or 'none'}")
    values = pd.to_numeric(log.attributes[column].to_pandas(), errors="coerce")
    return np.asarray(values.groupby(log.case).max().to_numpy(float))


def _must_occur(log: EventLog, rule: MustOccur, _: WorkCalendar) -> Found | None:
    first, _last = first_and_last(log, code_of(log, rule.activity))
    finished = np.ones(log.n_cases, bool) if log.open_cases is None else ~log.open_cases
    return finished, finished & (first == NEVER), np.full(log.n_cases, -1, np.int64)


def _must_precede(log: EventLog, rule: MustPrecede, _: WorkCalendar) -> Found | None:
    before, then = (first_and_last(log, code_of(log, name))[0] for name in (rule.first, rule.then))
    applies = then != NEVER
    return applies, applies & (before > then), np.where(applies, then, -1)


def _must_not_follow(log: EventLog, rule: MustNotFollow, _: WorkCalendar) -> Found | None:
    first, _last = first_and_last(log, code_of(log, rule.first))
    _first, last = first_and_last(log, code_of(log, rule.then))
    applies = first != NEVER
    return applies, applies & (last > first), last


def _four_eyes(log: EventLog, rule: FourEyes, _: WorkCalendar) -> Found | None:
    if not log.has_resources:
        return None
    done = []
    for name in rule.activities:
        rows = np.flatnonzero((log.activity == code_of(log, name)) & (log.resource != UNKNOWN))
        done.append(distinct(log.case[rows].astype(np.int64) * len(log.resources) + log.resource[rows]))
    by_case = np.zeros((2, log.n_cases), bool)
    for side, pairs in enumerate(done):
        by_case[side, pairs // len(log.resources)] = True
    applies = by_case[0] & by_case[1]
    every = np.sort(np.concatenate(done), kind="stable")
    broken = np.zeros(log.n_cases, bool)
    broken[every[1:][every[1:] == every[:-1]] // len(log.resources)] = True
    return applies, broken, np.where(broken, first_and_last(log, code_of(log, rule.activities[1]))[1], -1)


def _segregation(log: EventLog, rule: Segregation, _: WorkCalendar) -> Found | None:
    if not log.has_resources:
        return None
    codes = [code_of(log, name) for name in rule.activities]
    a, b = (np.unique(log.resource[(log.activity == code) & (log.resource != UNKNOWN)]) for code in codes)
    both = np.intersect1d(a, b)
    ours = np.isin(log.activity, codes)
    rows = np.flatnonzero(ours & np.isin(log.resource, both))
    applies, shown = np.zeros(log.n_cases, bool), np.full(log.n_cases, -1, np.int64)
    applies[log.case[ours]] = True
    shown[log.case[rows]] = rows
    return applies, shown >= 0, shown


def _within(log: EventLog, rule: Within, calendar: WorkCalendar) -> Found | None:
    first, _last = first_and_last(log, code_of(log, rule.first))
    begun = np.flatnonzero(first != NEVER)
    then = np.flatnonzero(log.activity == code_of(log, rule.then))
    place = np.searchsorted(then, first[begun] + 1)
    target = np.where(place < len(then), then[np.minimum(place, len(then) - 1)], -1)
    answered = (target >= 0) & (log.case[target] == begun)
    began = log.finish[first[begun]]
    # Where it has not come yet, the clock runs until the end of the log.
    ended = np.where(answered, log.finish[target], int(log.finish.max()))
    passed = calendar.working_time(began, ended) if rule.working else ended - began
    late = passed > rule.microseconds(calendar.weekly_hours)
    applies, broken, shown = (
        np.zeros(log.n_cases, bool),
        np.zeros(log.n_cases, bool),
        np.full(log.n_cases, -1, np.int64),
    )
    applies[begun[answered | late]] = True
    broken[begun] = late
    shown[begun] = np.where(answered, target, first[begun])
    return applies, broken, shown


def _approval_above(log: EventLog, rule: ApprovalAbove, _: WorkCalendar) -> Found | None:
    first, _last = first_and_last(log, code_of(log, rule.activity))
    applies = _amounts(log, rule.amount) > rule.above
    return applies, applies & (first == NEVER), np.full(log.n_cases, -1, np.int64)


def _only_by(log: EventLog, rule: OnlyBy, _: WorkCalendar) -> Found | None:
    known = log.role != UNKNOWN if rule.roles else log.resource != UNKNOWN
    if not known.any():
        return None
    roles = [code for code, name in enumerate(log.roles) if name in rule.roles]
    resources = [code for code, name in enumerate(log.resources) if name in rule.resources]
    allowed = np.isin(log.role, roles) | np.isin(log.resource, resources)
    ours = (log.activity == code_of(log, rule.activity)) & known
    applies, shown = np.zeros(log.n_cases, bool), np.full(log.n_cases, -1, np.int64)
    applies[log.case[ours]] = True
    rows = np.flatnonzero(ours & ~allowed)
    shown[log.case[rows]] = rows
    return applies, shown >= 0, shown


_CHECKS: dict[type, Callable[[EventLog, Any, WorkCalendar], Found | None]] = {
    MustOccur: _must_occur,
    MustPrecede: _must_precede,
    MustNotFollow: _must_not_follow,
    FourEyes: _four_eyes,
    Segregation: _segregation,
    Within: _within,
    ApprovalAbove: _approval_above,
    OnlyBy: _only_by,
}
