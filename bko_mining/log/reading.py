"""Reading a log: open the export, find the mapping, code the columns."""

from pathlib import Path
from typing import Any

import pyarrow as pa

from bko_mining.errors import LogError
from bko_mining.log.assembling import coded
from bko_mining.log.event_log import EventLog
from bko_mining.log.exports import Export, as_table, cells, unique_headings
from bko_mining.log.sources import open_export

_ROWS_A_SLICE = 100_000


def read_log(
    path: Any, columns: Any = None, timezone: str | None = None, *, object_type: str | None = None
) -> EventLog:
    """Open an export as an event log.

    Parameters
    ----------
    path : str, Path or frame
        CSV in any dialect, XES, Parquet, Excel, JSON or OCEL 2.0, plain or packed (gzip, zip, zstandard, bzip2, xz);
        several files as a pattern such as ``"2026-*.csv"``; a pandas, polars or Arrow frame is taken as it is.
    columns : dict, ColumnMapping or path of a YAML mapping, optional
        Which column is what, where it cannot be found or was found wrongly:
        ``{"case_id": "Pedido", "activity": "Etapa", "end": "Data"}``. The rest is found.
    timezone : str, optional
        IANA name of the clock the office lives by. Instants that name no zone are read in it (in UTC if it is not
        given; ``log.issues`` says so).
    object_type : str, optional
        The type of object whose instances become the cases of an object-centric log (OCEL 2.0); the one that most
        events touch one of if not given, and ``log.issues`` lists the types.

    Returns
    -------
    EventLog
        One row an activity instance; ``log.mapping`` says which column became what, ``log.issues`` what is wrong.

    Raises
    ------
    LogError
        If the file cannot be read.
    MappingError
        If the columns cannot be told apart; the message has the candidates and the argument to pass.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "export.csv")
    ...     _ = file.write_text("Caso;Atividade;Data/Hora\\n7;Receber;31/01/2026 14:00\\n7;Pagar;03/02/2026 09:30\\n")
    ...     log = read_log(file, timezone="America/Sao_Paulo")
    >>> log
    <EventLog: 1 cases, 2 activity instances, 2 activities, 0 resources, 2026-01-31 to 2026-02-03 America/Sao_Paulo>
    """
    _check_zone(timezone)
    export = open_export(Path(path), object_type) if isinstance(path, str | Path) else Export(as_table(path))
    return log_of(export, columns, timezone)


def read_table(connection: Any, query: str, columns: Any = None, timezone: str | None = None) -> EventLog:
    """Read a table or a query of a database as an event log.

    Parameters
    ----------
    connection : DuckDB connection or DB-API connection
        DuckDB hands over Arrow without a copy and attaches PostgreSQL, MySQL and SQLite by itself; any other
        connection of Python's DB-API (psycopg, sqlite3) is read through its cursor.
    query : str
        SQL, or the name of a table.
    columns, timezone
        As in ``read_log``.

    Examples
    --------
    >>> import duckdb
    >>> connection = duckdb.connect()
    >>> _ = connection.execute("CREATE TABLE log AS SELECT 1 AS caso, 'Pagar' AS atividade, now() AS fim")
    >>> read_table(connection, "log").activities
    ('Pagar',)
    """
    _check_zone(timezone)
    sql = query if " " in query.strip() else f"SELECT * FROM {query}"
    if hasattr(connection, "sql"):
        return log_of(Export(connection.sql(sql).to_arrow_table()), columns, timezone)
    cursor = connection.cursor()
    cursor.execute(sql)
    table = _fetched(cursor, sql)
    return log_of(Export(table), columns, timezone)


def _fetched(cursor: Any, sql: str) -> pa.Table:
    names = unique_headings([column[0] for column in cursor.description])
    parts = []
    # Rows of Python objects are large, so they become Arrow a slice at a time.
    while rows := cursor.fetchmany(_ROWS_A_SLICE):
        columns = zip(names, zip(*rows, strict=True), strict=True)
        parts.append(pa.table({name: cells(list(values)) for name, values in columns}))
    if not parts:
        raise LogError(f"the query returned no rows: {sql[:200]}")
    return pa.concat_tables(parts, promote_options="permissive")


def log_of(export: Export, columns: Any, timezone: str | None) -> EventLog:
    """Code an export as a log: find the mapping, then assemble."""
    return EventLog.from_codes(**coded(export, columns, timezone))


def _check_zone(timezone: str | None) -> None:
    from zoneinfo import ZoneInfo

    if timezone is None:
        return
    try:
        ZoneInfo(timezone)
    except (KeyError, ValueError, OSError) as error:
        raise LogError(f"there is no time zone {timezone!r}; use an IANA name such as 'America/Sao_Paulo'") from error
