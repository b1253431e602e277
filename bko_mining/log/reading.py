"""Reading a log: open the export, find the mapping, code the columns."""

from pathlib import Path
from typing import Any

from bko_mining.errors import LogError
from bko_mining.log.assembling import assemble
from bko_mining.log.event_log import EventLog
from bko_mining.log.exports import Export, as_table
from bko_mining.log.recognise import recognise
from bko_mining.log.sources import open_export


def read_log(path: Any, columns: Any = None, timezone: str | None = None) -> EventLog:
    """Open an export as an event log.

    Parameters
    ----------
    path : str, Path or frame
        A CSV in any dialect, XES or Parquet file, plain or packed (gzip, zip, zstandard, bzip2, xz);
        a pandas, polars or Arrow frame is taken as it is.
    columns : dict, ColumnMapping or path of a YAML mapping, optional
        Which column is what, where it cannot be found or was found wrongly:
        ``{"case_id": "Pedido", "activity": "Etapa", "end": "Data"}``. The rest is found.
    timezone : str, optional
        IANA name of the clock the office lives by. Instants that name no zone are read in it (in UTC if it is not
        given; ``log.issues`` says so).

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
    export = open_export(Path(path)) if isinstance(path, str | Path) else Export(as_table(path))
    mapping = recognise(export.table, columns)
    return EventLog.from_codes(
        **assemble(export.table, mapping, timezone=timezone, found=export.found, decimal=export.decimal)
    )


def _check_zone(timezone: str | None) -> None:
    from zoneinfo import ZoneInfo

    if timezone is None:
        return
    try:
        ZoneInfo(timezone)
    except (KeyError, ValueError, OSError) as error:
        raise LogError(f"there is no time zone {timezone!r}; use an IANA name such as 'America/Sao_Paulo'") from error
