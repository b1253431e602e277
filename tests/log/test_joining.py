# ruff: noqa: E501
"""Joins with other tables: what is found, what is not, and what is refused."""

from pathlib import Path

import pandas as pd
import pytest

from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.words import speaking


@pytest.fixture
def log() -> EventLog:
    times = pd.to_datetime(["2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08"])
    columns = {"case_id": ["1", "1", "2", "3"], "activity": list("ABAA"), "resource": ["ana", None, "ana", "bia"]}
    frame = pd.DataFrame({**columns, "end": times, "supplier": ["007", "007", "8", "9"]})
    return EventLog.from_frame(frame, timezone="UTC")


def test_what_is_found_is_joined_and_the_rest_is_told(tmp_path: Path, log: EventLog) -> None:
    path = tmp_path / "vendors.csv"
    path.write_text("Fornecedor;Cidade;Limite\n 007 ;Recife;1.000,50\n8;Natal;200,00\n55;Olinda;3,00\n")
    joined = log.join(path, on={"supplier": "Fornecedor"})
    assert joined.frame["Cidade"].where(joined.frame["Cidade"].notna(), None).tolist() == [
        "Recife",
        "Recife",
        "Natal",
        None,
    ]
    assert joined.frame["Limite"].tolist()[:3] == [1000.5, 1000.5, 200.0]
    assert joined.history == ("2 columns joined on 'supplier': 2 of 3 values found, 75 % of the instances",)
    told = joined.issues.set_index("kind").loc["unmatched"]
    assert (told["n"], told["example"]) == (1, "supplier: '9'")
    with speaking("pt_BR"):
        assert log.join(path, on={"supplier": "Fornecedor"}).history[0].startswith("2 colunas")
    assert "Limite" in joined.cases


def test_keys_may_be_cases_activities_or_resources(log: EventLog) -> None:
    rates = pd.DataFrame({"resource": ["ana", "bia"], "rate": [30, 40]})
    assert log.join(rates, on="resource").frame["rate"].fillna(-1).tolist() == [30, -1, 30, 40]
    assert "unmatched" not in set(log.join(rates, on="resource").issues["kind"])
    orders = pd.DataFrame({"case_id": [1, 2, 3], "value": [1.5, 2.5, 3.5], "unused": [0, 0, 0]})
    assert log.join(orders, on="case_id", columns=["value"]).cases["value"].tolist() == [1.5, 2.5, 3.5]


@pytest.mark.parametrize(
    ("table", "on", "message"),
    [
        ({"supplier": ["8", "8"], "x": [1, 2]}, "supplier", r"'8' stands in several rows of 'supplier' \(first in rows 1 and 2"),
        ({"supplier": ["a", "b"], "x": [1, 2]}, "supplier", "no value of 'supplier' is found .* the log has '007', '8', '9'"),
        ({"key": ["8"], "x": [1]}, "supplier", "the table has no column 'supplier'; it has 'key', 'x'"),
        ({"key": ["8"], "x": [1]}, {"vendor": "key"}, "the log has no column 'vendor'; it has 'case_id'"),
        ({"key": ["8"], "supplier": [1]}, {"supplier": "key"}, "the log has 'supplier' already"),
        ({"key": ["8"], "x": [1]}, {"supplier": "key", "activity": "x"}, "one key, not 2"),
    ],
)  # fmt: skip
def test_what_cannot_be_joined_is_refused_with_the_reason(log: EventLog, table: dict, on: object, message: str) -> None:
    with pytest.raises(LogError, match=message):
        log.join(pd.DataFrame(table), on=on)
