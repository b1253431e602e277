"""Which activities a robot could do, and which a provider: scores with their parts shown, hours at stake, arguments.

Every part lies between 0 (speaks against) and 1 (speaks for); the score is their plain mean, so that anybody can see
where it comes from. ``whatif.candidates`` turns a candidate into a scenario.
"""

import re
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.proportions import people_only
from bko_mining.analyse.rework import previous_occurrence
from bko_mining.analyse.times import HOUR, enabled_instants, months
from bko_mining.log.event_log import MISSING, UNKNOWN, EventLog
from bko_mining.results import Result
from bko_mining.words import money, number, percent, say

ENOUGH = 50
BY_HAND = 30_000_000
"""Microseconds below which an instance is taken to be done by software already."""
PARTS_OF_A_ROBOT = (
    "volume", "sameness_of_course", "sameness_of_time", "few_exceptions", "stability", "rule_based_look",
)  # fmt: skip
MOST_EXCEPTIONS = 0.4
"""A robot that leaves more than this to people is hardly worth its price."""
PARTS_OF_A_PROVIDER = (
    "volume", "little_contact", "no_customer_contact", "sameness_of_time", "shared_knowledge", "few_errors",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Candidates(Result):
    """Activities that software or a provider could do, the best first.

    Attributes
    ----------
    table : pandas.DataFrame
        One row an activity: ``activity``, ``score`` and its parts, ``n_per_month``, ``hours_per_month`` of work by hand
        (of waiting before it too: ``waiting_hours_per_month``), ``exception_share`` (expected to need a person still),
        ``hours_freed`` a month and, with a price, ``cost_per_month`` of the work by hand, ``saved_per_month`` (of the
        hours freed; what software or provider cost is not deducted) and ``break_even_price`` (of one instance: above
        it, handing over costs more); for a provider ``arguments_for`` and ``arguments_against``.
    kind : str
        ``automate`` or ``outsource``.
    starts_known : bool
        Without starts the hours of work are not known; the score then has no part for times.
    currency : str
        Of the amounts, empty where no price was given.
    """

    kind: str
    starts_known: bool
    currency: str = ""

    picture: ClassVar[str] = "rules:plot_candidates"

    @property
    def summary(self) -> str:
        """The best candidate in one sentence."""
        if not len(self.table):
            return say("No activity has enough work by hand to be handed over.")
        best = self.table.iloc[0]
        words = {"name": best["activity"], "score": number(best["score"], 2), "n": number(best["n_per_month"])}
        if not self.starts_known:
            return say(
                "“{name}” is the first candidate (score {score}, {n} {n:instance|instances} a month); without start "
                "times the hours it would free cannot be known.",
                **words,
            )
        words |= {"hours": number(best["hours_freed"]), "share": percent(best["exception_share"])}
        unfit = self.kind == "automate" and best["exception_share"] > MOST_EXCEPTIONS
        sentence = say(_SENTENCES["unfit" if unfit else self.kind], **words)
        if not self.currency:
            return sentence
        saved, price = (money(float(best[name]), self.currency) for name in ("saved_per_month", "break_even_price"))
        return (
            sentence
            + " "
            + say("That is {saved} a month, worth it while each costs less than {price}.", saved=saved, price=price)
        )


_SENTENCES = {
    "automate": (
        "“{name}” is the first candidate for a robot (score {score}): {hours} {hours:hour|hours} a "
        "month freed, about {share} exceptions left to people."
    ),
    "unfit": (
        "No activity looks fit for a robot; the least unfit is “{name}” (score {score}): {hours} "
        "{hours:hour|hours} a month freed, but {share} exceptions left to people."
    ),
    "outsource": "“{name}” is the first candidate for a provider (score {score}): {n} {n:instance|instances} a "
    "month, {hours} {hours:hour|hours} of work.",
}


def automation_candidates(log: EventLog, *, cost_per_hour: float | None = None, currency: str = "USD") -> Candidates:
    """Rank activities by how well a robot could do them.

    Parts of the score: ``volume`` (hours of work, or instances without starts, against the largest),
    ``sameness_of_course`` (1 - entropy of what precedes and follows), ``sameness_of_time`` (1 / (1 + coefficient of
    variation)), ``few_exceptions`` (1 - their share), ``stability`` (its neighbours in the first and second
    half of the log agree), ``rule_based_look`` (what its name says, in English, Portuguese or Spanish: 1 for keying,
    matching or sending, 0 for what needs hands, talk or judgement, ½ where the name does not tell; look for yourself).
    Activities done by software already (median below half a minute, or never by a person) are left
    out. Exceptions: repeats and instances that took more than three times the median.

    Parameters
    ----------
    log : EventLog
        The log.
    cost_per_hour : float, optional
        What an hour of work by hand costs.
    currency : str
        ISO code of that price.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> ends = pd.date_range("2026-01-05", periods=60, freq="h")
    >>> rows = pd.DataFrame({"case_id": range(60), "activity": "key in", "resource": "Ana",
    ...     "start": ends - pd.Timedelta(minutes=6), "end": ends})
    >>> bko.automation_candidates(bko.EventLog.from_frame(rows)).table["exception_share"].tolist()
    [0.0]
    """
    found = _ranked(log, _facts(log), PARTS_OF_A_ROBOT, "automate")
    return _priced(found, cost_per_hour, currency)


def outsourcing_candidates(log: EventLog, *, cost_per_hour: float | None = None, currency: str = "USD") -> Candidates:
    """Rank activities by how well a provider could do them, with the arguments for and against.

    Parts of the score: ``volume``, ``little_contact`` (the case seldom goes back and forth around it),
    ``no_customer_contact`` (as far as its name tells), ``sameness_of_time``, ``shared_knowledge`` (not one person only
    can do it), ``few_errors``. Whether it needs secrets the log does not say: ask.

    Parameters
    ----------
    log : EventLog
        The log.
    cost_per_hour : float, optional
        What an hour of work by hand costs.
    currency : str
        ISO code of that price.
    """
    found = _ranked(log, _facts(log), PARTS_OF_A_PROVIDER, "outsource")
    table = found.table.assign(
        arguments_for=[_arguments(row, above=True) for _, row in found.table.iterrows()],
        arguments_against=[_arguments(row, above=False) for _, row in found.table.iterrows()],
    )
    return _priced(replace(found, table=table), cost_per_hour, currency)


def _priced(found: Candidates, cost_per_hour: float | None, currency: str) -> Candidates:
    if cost_per_hour is None or not found.starts_known:
        return found
    table = found.table
    cost = table["hours_per_month"] * cost_per_hour
    saved = table["hours_freed"] * cost_per_hour
    table = table.assign(
        cost_per_month=cost, saved_per_month=saved, break_even_price=saved / table["n_per_month"].clip(lower=1e-9)
    )
    return replace(found, table=table, currency=currency)


def _ranked(log: EventLog, facts: pd.DataFrame, parts: tuple[str, ...], kind: str) -> Candidates:
    timed = log.has_starts
    used = [part for part in parts if timed or part != "sameness_of_time"]
    if not people_only(log).has_resources:
        # Without people the log knows nothing of contact and knowledge; silence must not speak for an activity.
        used = [part for part in used if part not in ("little_contact", "shared_knowledge")]
    table = facts.assign(score=facts[used].mean(axis=1))
    if kind == "outsource":
        # A provider takes what is out of the ordinary too.
        table["hours_freed"] = table["hours_per_month"]
    columns = ["activity", "score", *used, "n_per_month", "waiting_hours_per_month", "exception_share"]
    columns += ["hours_per_month", "hours_freed", "median_time"] if timed else []
    table = table[columns].sort_values("score", ascending=False, kind="stable", ignore_index=True)
    return Candidates(table, kind=kind, starts_known=timed)


def _facts(log: EventLog) -> pd.DataFrame:
    log = people_only(log)
    size = len(log.activities)
    n = np.bincount(log.activity, minlength=size)
    length = months(log)
    repeats = np.bincount(log.activity, weights=previous_occurrence(log) >= 0, minlength=size)
    wait = np.bincount(log.activity, weights=(log.begin - enabled_instants(log)).astype(float), minlength=size)
    by_person = np.bincount(log.activity, weights=log.resource != UNKNOWN, minlength=size)
    time = _times(log)
    errors = repeats / np.maximum(n, 1)
    hours = time["total"].to_numpy() / HOUR / length
    weight = hours if log.has_starts else n / length
    frame = pd.DataFrame(
        {
            "activity": list(log.activities),
            "volume": weight / max(float(weight.max(initial=0)), 1e-9),
            "sameness_of_course": _sameness(log),
            "sameness_of_time": 1 / (1 + time["variation"].to_numpy()),
            "few_errors": 1 - errors,
            "stability": _stability(log),
            "rule_based_look": [rule_based_look(name) for name in log.activities],
            "little_contact": 1 - _contact(log),
            "no_customer_contact": [0.0 if _OUTSIDE.search(name.casefold()) else 1.0 for name in log.activities],
            "shared_knowledge": 1 - _top_share(log),
            "n_per_month": n / length,
            "hours_per_month": hours,
            "waiting_hours_per_month": wait / HOUR / length,
            "exception_share": np.clip(errors + time["long_share"].to_numpy(), 0, 1),
            "median_time": time["median"].to_numpy().astype(np.int64).astype("m8[us]"),
        }
    )
    frame["few_exceptions"] = 1 - frame["exception_share"]
    frame["hours_freed"] = frame["hours_per_month"] * (1 - frame["exception_share"])
    by_hand = (time["median"].to_numpy() >= BY_HAND) if log.has_starts else np.ones(size, bool)
    if log.has_resources:
        by_hand &= by_person > 0
    return frame[(n >= ENOUGH) & by_hand].reset_index(drop=True)


def _times(log: EventLog) -> pd.DataFrame:
    """Total, median, coefficient of variation and share beyond three medians of working times, by activity.

    A single time beyond a working day is work left open, not work: it counts as eight hours.
    """
    known = (log.start != MISSING) & (log.end != MISSING)
    # Instances of one person with the same start and end were done in one go (a payment run): they share its time.
    same = pd.DataFrame({"who": log.resource, "start": log.start, "end": log.end, "what": log.activity})[known]
    together = same.groupby(["who", "start", "end", "what"])["what"].transform("size").to_numpy()
    time = pd.Series(np.minimum((log.finish - log.begin)[known], 8 * HOUR) / together)
    group = time.groupby(log.activity[known])
    median = group.median()
    long = (time > 3 * group.transform("median")).groupby(log.activity[known]).mean()
    table = pd.DataFrame({"total": group.sum(), "median": median, "long_share": long})
    table["variation"] = group.std() / group.mean()
    return table.reindex(range(len(log.activities))).fillna(0.0)


def _neighbours(log: EventLog, rows: NDArray[np.bool_]) -> NDArray[np.float64]:
    """For each activity how often each (or the edge of the case) precedes and follows it: [2, n, n + 1]."""
    size = len(log.activities)
    follows = log.follows
    leads = np.concatenate([follows[1:], [False]])
    before = np.where(follows, np.concatenate([[0], log.activity[:-1]]), size)
    after = np.where(leads, np.concatenate([log.activity[1:], [0]]), size)
    base = log.activity[rows].astype(np.int64) * (size + 1)
    counts = [np.bincount(base + side[rows], minlength=size * (size + 1)) for side in (before, after)]
    return np.asarray(counts, float).reshape(2, size, size + 1)


def _sameness(log: EventLog) -> NDArray[np.float64]:
    counts = _neighbours(log, np.ones(len(log), bool))
    p = counts / np.maximum(counts.sum(axis=2, keepdims=True), 1)
    entropy = -(p * np.log(np.where(p > 0, p, 1))).sum(axis=2) / np.log(max(len(log.activities), 2))
    return np.asarray(1 - np.clip(entropy, 0, 1).mean(axis=0))


def _stability(log: EventLog) -> NDArray[np.float64]:
    late = log.case >= log.n_cases // 2
    shares = []
    for half in (~late, late):
        counts = _neighbours(log, half)
        shares.append(counts / np.maximum(counts.sum(axis=2, keepdims=True), 1))
    return np.asarray(1 - np.abs(shares[0] - shares[1]).sum(axis=2).mean(axis=0) / 2)


def _contact(log: EventLog) -> NDArray[np.float64]:
    """Share of instances around which the case goes back to the hands it came from."""
    size = len(log.activities)
    back = np.zeros(len(log), bool)
    inside = np.flatnonzero(log.follows[1:-1] & log.follows[2:]) + 1 if len(log) > 2 else np.zeros(0, np.int64)
    who = log.resource
    known = (who[inside - 1] != UNKNOWN) & (who[inside - 1] == who[inside + 1]) & (who[inside] != who[inside - 1])
    back[inside[known]] = True
    n = np.bincount(log.activity, minlength=size)
    return np.asarray(np.bincount(log.activity, weights=back, minlength=size) / np.maximum(n, 1))


def rule_based_look(name: str) -> float:
    """What the name of an activity says about the work: 1 rules, 0 hands, talk or judgement, ½ it does not tell.

    Examples
    --------
    >>> rule_based_look("Register invoice"), rule_based_look("Interview by HR"), rule_based_look("W_Nabellen")
    (1.0, 0.0, 0.5)
    """
    text = name.casefold()
    return 0.0 if _HUMAN.search(text) else 1.0 if _ROUTINE.search(text) else 0.5


_HUMAN = re.compile(
    r"\b(inspec|interview|entrevist|negotiat|negoci|meet|reuni|visit|call|telefon|ligar|talk|convers|discuss|discut|"
    r"decid|assess|judge|investigat|dispute|disput|diagnos|repair|repar|deliver|entreg|goods|pick|separar|pack|embal|"
    r"lend|consult|train|trein|aconselh|advis|evaluat|avalia|evalua|approv|aprov|sign\b|assin|work in level|"
    r"first day|primeiro dia|design|plan\b|planej|settle|condition|condic|condiç|screen|triag|select|selec|anal[yi])",
)
_OUTSIDE = re.compile(
    r"customer|client|supplier|vendor|fornecedor|proveedor|call\b|phone|telefon|ligar|interview|entrevist|negotiat|negoci|"
    r"complain|reclama|estudiante|student|candidat|patient|paciente|bellen",
)
_ROUTINE = re.compile(
    r"\b(regist|enter|key|type|digit|lan[cç]|cadastr|match|concil|reconcil|post\b|contabil|pay\b|payment|pagar|pagamento|"
    r"send|envi|transfer|calculat|calcul|creat|criar|gerar|generat|copy|copi|download|baix|upload|scan|import|export|"
    r"update|atualiz|close ticket|archiv|arquiv|notif|remind|lembr|request|invoice|fatur|extract|extra|book\b|"
    r"prepare journal|check entry|radicar|receive|receb)",
)


def _top_share(log: EventLog) -> NDArray[np.float64]:
    size = max(len(log.resources), 1)
    known = log.resource != UNKNOWN
    key = log.activity[known].astype(np.int64) * size + log.resource[known]
    counts = np.bincount(key, minlength=len(log.activities) * size).reshape(-1, size)
    return np.asarray(counts.max(axis=1) / np.maximum(counts.sum(axis=1), 1))


_ARGUMENTS = {
    "volume": ("much work of one kind", "little work of its kind"),
    "little_contact": ("needs nobody else", "goes back and forth with colleagues"),
    "no_customer_contact": ("talks to nobody outside", "talks to customers or suppliers"),
    "sameness_of_time": ("takes about the same time each time", "times vary widely"),
    "shared_knowledge": ("many can do it", "the knowledge is with one person"),
    "few_errors": ("right the first time", "often done again"),
}


def _arguments(row: Any, *, above: bool) -> str:
    parts = [part for part in PARTS_OF_A_PROVIDER if part in row.index]
    words = [
        say(_ARGUMENTS[part][0 if above else 1]) for part in parts if (row[part] >= 0.7 if above else row[part] < 0.4)
    ]
    return "; ".join(words)
