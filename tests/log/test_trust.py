# ruff: noqa: E501
"""What distorts a log, planted in a clean one: found where it is, and nowhere else."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.log.issues import longest_gap
from bko_mining.log.reading import read_log
from bko_mining.log.scanning import Scan, scan

STAFF = {"receive": ["Ana", "Bia"], "check": ["Caio", "Duda", "Eva"], "approve": ["Gil"], "pay": ["Hugo", "Iris"]}


def office(n: int = 300) -> pd.DataFrame:
    """Cases in office hours, each person at one case at a time, starts and ends to the second."""
    random = np.random.default_rng(1)
    at = pd.Timestamp("2025-09-01 08:00")
    free = {who: at for people in STAFF.values() for who in people}
    rows = []
    for case in range(n):
        at = opened(at + pd.Timedelta(minutes=int(random.exponential(150))))
        now = at
        for activity, people in STAFF.items():
            who = str(random.choice(people))
            start = opened(max(now, free[who]) + pd.Timedelta(seconds=1 + int(random.exponential(1200))))
            free[who] = now = start + pd.Timedelta(seconds=301 + int(random.exponential(700)))
            rows.append((f"C{case:04d}", activity, who, start, now))
    return pd.DataFrame(rows, columns=["case_id", "activity", "resource", "start", "end"])


def opened(at: pd.Timestamp) -> pd.Timestamp:
    """The same instant, or a minute after the next opening, each a little later than the one before."""
    if at.hour >= 17 or at.weekday() >= 5:
        at = at.normalize() + pd.Timedelta(days=1, hours=8, seconds=at.minute * 60 + at.second)
    while at.weekday() >= 5:
        at += pd.Timedelta(days=1)
    return at.normalize() + pd.Timedelta(hours=8, seconds=at.minute * 60 + at.second) if at.hour < 8 else at


CLEAN = office()


def issues(frame: pd.DataFrame, timezone: str = "America/Sao_Paulo") -> dict[str, tuple[int, str]]:
    table = read_log(frame, timezone=timezone).issues
    return dict(zip(table["kind"], zip(table["n"], table["example"], strict=True), strict=True))


def test_a_clean_log_raises_no_alarm() -> None:
    assert issues(CLEAN) == {}


def midnight(frame: pd.DataFrame) -> pd.DataFrame:
    paid = frame["activity"] == "pay"
    day = frame["end"].dt.normalize() + pd.Timedelta(days=1)
    return frame.assign(start=frame["start"].where(~paid, day), end=frame["end"].where(~paid, day))


def slips(frame: pd.DataFrame) -> pd.DataFrame:
    wrong = np.arange(len(frame)) % 61 == 2
    return frame.assign(activity=frame["activity"].where(~wrong, frame["activity"].replace("approve", "aprove")))


def longer(frame: pd.DataFrame) -> pd.DataFrame:
    some = frame.index[frame["resource"] == "Caio"][::3]
    frame.loc[some, "end"] += pd.Timedelta(hours=30)
    return frame


def stamped(frame: pd.DataFrame) -> pd.DataFrame:
    approved = frame["activity"] == "approve"
    night = frame["start"].dt.normalize() + pd.Timedelta(hours=23)
    return frame.assign(start=frame["start"].where(~approved, night), end=frame["end"].where(~approved, night))


def doubled_hour(frame: pd.DataFrame) -> pd.DataFrame:
    frame.loc[40, ["start", "end"]] = [pd.Timestamp("2025-10-26 02:15"), pd.Timestamp("2025-10-26 02:45")]
    return frame


def impossible(frame: pd.DataFrame) -> pd.DataFrame:
    frame.loc[10, ["start", "end"]] = [pd.Timestamp("1900-01-01")] * 2
    frame.loc[20, "end"] = pd.Timestamp("2099-12-31")
    return frame


def stamped_together(frame: pd.DataFrame) -> int:
    sizes = frame.groupby(["activity", "end"]).size()
    return int(sizes[sizes >= 5].sum())


def overlapping(frame: pd.DataFrame) -> int:
    """Each instance against all others of its resource."""
    n = 0
    for _, own in frame.groupby("resource"):
        for one in own.itertuples():
            n += bool(((own["start"] < one.start) & (own["end"] > one.start)).any())
    return n


# kind: (what plants it, how many, example or None, zone)
PLANTED: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], int, str | None, str]] = {
    "no_ends": (lambda f: f.drop(columns="end"), 1200, "", "UTC"),
    "no_starts": (lambda f: f.drop(columns="start"), 1200, "", "UTC"),
    "no_resources": (lambda f: f.drop(columns="resource"), 1200, "", "UTC"),
    "clock_change": (doubled_hour, 1, None, "Europe/Berlin"),
    "teams": (lambda f: f.replace("Gil", "Equipe Fiscal"), 1, "Equipe Fiscal", "UTC"),
    "bots": (lambda f: f.replace("Gil", "RPA 01"), 1, "RPA 01", "UTC"),
    "batch_stamped": (stamped, stamped_together(stamped(CLEAN.copy())), None, "UTC"),
    "midnight": (midnight, 300, "'C0000'", "America/Sao_Paulo"),
    "spellings": (lambda f: f.assign(activity=f["activity"].where(f.index % 37 > 0, f["activity"].str.upper())), 4, None, "UTC"),
    "misspelt": (slips, 1, "'aprove': 'approve'", "UTC"),
    "overlapping": (longer, overlapping(longer(CLEAN.copy())), None, "UTC"),
    "duplicates": (lambda f: pd.concat([f, f.iloc[::50]]), 24, "'C0000'", "UTC"),
    "impossible": (impossible, 2, None, "UTC"),
    "gap": (lambda f: f[~f["start"].between("2025-10-01", "2025-10-20")], 19, "2025-10-01 – 2025-10-19", "UTC"),
    "personal": (lambda f: f.assign(Contato="ana@acme.com.br", doc="123.456.789-00", phone="11"), 3, "Contato, doc, phone", "UTC"),
    "cut_late": (lambda f: f.iloc[:-3], 1, "'C0299'", "UTC"),
    "cut_early": (lambda f: f.iloc[2:], 1, "'C0000'", "UTC"),
    "reversed": (lambda f: f.assign(end=f["end"].where(f.index != 8, f["start"] - pd.Timedelta(minutes=5))), 1, "'C0002'", "UTC"),
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(PLANTED))
def test_what_is_planted_is_found(kind: str) -> None:
    plant, n, example, zone = PLANTED[kind]
    found = issues(plant(CLEAN.copy()), zone)
    assert found[kind][0] == n
    assert example is None or found[kind][1] == example
    # What else is said follows from what was planted.
    follows = {"out_of_order", "simultaneous", "overlapping", "batch_stamped", "cut_early", "cut_late", "impossible"}
    assert set(found) - {kind} <= follows


@pytest.mark.parametrize("kind", ["no_ends", "misspelt", "gap", "personal", "spellings", "teams"])
def test_a_scan_finds_the_same(kind: str, tmp_path: object) -> None:
    path = f"{tmp_path}/log.parquet"
    PLANTED[kind][0](CLEAN.copy()).to_parquet(path, index=False)
    source: Scan = scan(path, timezone="UTC")
    whole = read_log(path, timezone="UTC").issues.set_index("kind")
    for n_chunks in (1, 3):
        told = source.with_chunks(n_chunks).profile().table.set_index("kind")
        assert told.loc[kind, ["n", "share", "example"]].tolist() == whole.loc[kind, ["n", "share", "example"]].tolist()


def test_a_misspelt_activity_is_given_its_name() -> None:
    log = read_log(slips(CLEAN.copy()), timezone="UTC")
    repaired = log.with_activities_named({"aprove": "approve"})
    assert "misspelt" not in set(repaired.issues["kind"])
    assert repaired.history == ("1 activity renamed",)
    assert isinstance(repaired, EventLog)
    with pytest.raises(LogError, match="no activity 'approv'; it has receive"):
        log.with_activities_named({"approv": "approve"})


def test_stragglers_make_no_gap() -> None:
    days = np.concatenate([[0, 400], np.arange(1000, 1100), [3000]])
    assert longest_gap(days).n == 0
    assert longest_gap(np.concatenate([days, np.arange(3001, 3010)])).n == 1900
