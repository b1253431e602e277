"""Tables of databases: DuckDB, SQLite, and a PostgreSQL server started for the test."""

import os
import shutil
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from bko_mining.errors import LogError, MappingError
from bko_mining.log.event_log import EventLog
from bko_mining.log.reading import read_log, read_table

SAMPLE = Path(__file__).parents[2] / "sample_logs" / "accounts_payable.csv"
ZONE = "America/Sao_Paulo"


@pytest.fixture(scope="module")
def log() -> EventLog:
    return read_log(SAMPLE, timezone=ZONE)


def assert_same(one: EventLog, other: EventLog) -> None:
    columns = ["case_id", "activity", "resource", "start", "end"]
    left, right = (log.frame[columns].astype({"activity": str, "resource": object}) for log in (one, other))
    pd.testing.assert_frame_equal(left, right)


def _as_postgres(command: list[str]) -> list[str]:
    # The server refuses to run as root.
    return ["runuser", "-u", "postgres", "--", *command] if os.getuid() == 0 else command


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    pytest.importorskip("psycopg", reason="psycopg is not installed (make test-engines)")
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        pytest.skip("no PostgreSQL server is installed (make test-engines)")
    folder = Path("/tmp", f"bko_postgres_{os.getpid()}")
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = str(folder / "data")
    run = [
        [programs[-1] / "initdb", "-D", data, "-U", "bko", "-A", "trust", "-E", "UTF8", "--no-sync"],
        [programs[-1] / "pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", f"-p {port} -k {folder}", "start"],
    ]
    for command in run:
        done = subprocess.run(_as_postgres(list(map(str, command))), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    yield f"host=127.0.0.1 port={port} user=bko dbname=postgres"
    subprocess.run(_as_postgres([str(programs[-1] / "pg_ctl"), "-D", data, "-m", "immediate", "stop"]), check=True)
    shutil.rmtree(folder)


def test_postgresql_gives_the_log_it_was_given(server: str, log: EventLog) -> None:
    import psycopg

    frame = log.frame.assign(amount=lambda f: range(len(f)))
    with psycopg.connect(server) as connection:
        connection.execute("SET TIME ZONE 'America/Sao_Paulo'")
        connection.execute(
            'CREATE TABLE events ("Nº do Caso" text, "Atividade" varchar(80), "Responsável" text, '
            '"Início" timestamptz, "Fim" timestamptz, "Valor" numeric(12,2), "Chave" uuid DEFAULT gen_random_uuid())'
        )
        with connection.cursor().copy(
            'COPY events ("Nº do Caso", "Atividade", "Responsável", "Início", "Fim", "Valor") FROM STDIN'
        ) as copy:
            for row in frame[["case_id", "activity", "resource", "start", "end", "amount"]].itertuples(index=False):
                copy.write_row([None if pd.isna(value) else value for value in row])
        found = read_table(connection, "events", timezone=ZONE)
        assert_same(found, log)
        assert found.frame["Valor"].astype(float).sum() == sum(range(len(log)))
        some = read_table(connection, 'SELECT * FROM events WHERE "Valor" < 50', timezone=ZONE)
        assert len(some) == 50
        with pytest.raises(LogError, match="returned no rows"):
            read_table(connection, 'SELECT * FROM events WHERE "Valor" < 0')
        with pytest.raises(MappingError, match="no column"):
            read_table(connection, 'SELECT "Valor", "Chave" FROM events')


def test_duckdb_and_sqlite_give_the_log_they_were_given(tmp_path: Path, log: EventLog) -> None:
    path = log.write_parquet(tmp_path / "log.parquet")
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW events AS SELECT * FROM read_parquet('{path}')")
        assert_same(read_table(connection, "events", timezone=ZONE), log)
    texts = log.frame.assign(start=lambda f: f["start"].astype(str), end=lambda f: f["end"].astype(str))
    with sqlite3.connect(tmp_path / "log.db") as file:
        texts[["case_id", "activity", "resource", "start", "end"]].astype(object).to_sql("events", file, index=False)
        assert_same(read_table(file, "events", timezone=ZONE), log)
