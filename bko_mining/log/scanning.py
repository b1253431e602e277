"""Logs larger than memory, or spread over a cluster: case-complete chunks and summaries that add up.

The cases of a folder of Parquet files are dealt into buckets by the hash of their id. A bucket holds whole cases and
fits into memory, so every measure of a log can be taken of it, and what adds up is merged. Buckets are independent:
one machine takes them one after the other, a cluster side by side, and the answer is the same.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from bko_mining.errors import LogError
from bko_mining.log.arranging import arranged
from bko_mining.log.chunk_profiles import ScanProfile, profile_chunk, put_together
from bko_mining.log.dealing import bucket_of, deal, one_form, read_bucket, rows_a_batch
from bko_mining.log.event_log import EventLog
from bko_mining.log.exports import Export
from bko_mining.log.mapping import ColumnMapping
from bko_mining.log.reading import log_of
from bko_mining.log.recognise import SAMPLE, recognise
from bko_mining.log.summaries import LogSummary, summarise

T = TypeVar("T")
Runner = Callable[[Callable[[int], Any], list[int]], Iterable[Any]]

_WORTH_DEALING = 2  # chunks
_BYTES_A_ROW = 250  # an event while its bucket is read: 150 measured, and room for attributes


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """A log that lies in files and passes through in chunks of whole cases.

    Attributes
    ----------
    pattern : str
        The Parquet files.
    mapping : ColumnMapping
        Found once, on the first rows, and used for every chunk.
    n_rows, n_chunks : int
        Rows of the files, and buckets of whole cases that they are dealt into.
    timezone : str or None
        As in ``read_log``.
    memory_limit : str
        What DuckDB may take, such as ``"4GB"``.
    folder : str or None
        Where the buckets lie once they are dealt.
    """

    pattern: str
    mapping: ColumnMapping
    n_rows: int
    n_chunks: int
    timezone: str | None = None
    memory_limit: str = "2GB"
    folder: str | None = None

    def chunk(self, number: int) -> EventLog | None:
        """The log of one bucket of cases; None if no case falls into it."""
        if self.folder is not None:
            table = read_bucket(self.folder, number)
            return None if table is None else log_of(Export(table), self.mapping, self.timezone)
        query = (
            f"SELECT * EXCLUDE (file_row_number, filename) FROM read_parquet(?, file_row_number=true, filename=true) "
            f"WHERE {bucket_of(self._case_columns, self.n_chunks)} = {number} ORDER BY filename, file_row_number"
        )
        with _connection(self.memory_limit) as connection:
            table = connection.sql(query, params=[self.pattern]).to_arrow_table()
        return log_of(Export(table), self.mapping, self.timezone) if len(table) else None

    @property
    def _case_columns(self) -> tuple[str, ...]:
        case = self.mapping.case_id
        return case if isinstance(case, tuple) else (case,)

    def dealt(self, folder: str | Path) -> "Scan":
        """Deal the rows into one file a bucket, so that chunks are read once and not sought in all files again.

        Parameters
        ----------
        folder : str or Path
            An empty folder with room for the log (40 bytes an event and its attributes); the workers of a cluster must
            see it. Deleting it is yours.

        Raises
        ------
        LogError
            If the files differ in their columns.
        """
        paths = self._paths()
        if not one_form(paths):
            raise LogError(f"the {len(paths)} files of {self.pattern} differ in their columns; they cannot be dealt")
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        n_rows = rows_a_batch(paths[0], _bytes(self.memory_limit))
        deal(paths, self._case_columns, self.n_chunks, target, n_rows=n_rows)
        return replace(self, folder=str(target))

    @contextmanager
    def _here(self) -> Iterator["Scan"]:
        """The scan for one machine: dealt into a temporary folder where that costs less than reading again."""
        if self.folder is not None or self.n_chunks < _WORTH_DEALING or not one_form(self._paths()):
            yield self
            return
        with TemporaryDirectory(prefix="bko-") as folder:
            yield self.dealt(folder)

    def _paths(self) -> list[str]:
        with _connection(self.memory_limit) as connection:
            found = connection.execute("SELECT file FROM glob(?) ORDER BY file", [self.pattern]).fetchall()
        return [path for (path,) in found]

    def chunks(self) -> Iterator[EventLog]:
        """Every chunk in turn; together they hold every case once."""
        with self._here() as source:
            for number in range(self.n_chunks):
                log = source.chunk(number)
                if log is not None:
                    yield log

    def map(self, measure: Callable[[EventLog], T], *, run: Runner | None = None) -> list[T]:
        """Take a measure of every chunk.

        Parameters
        ----------
        measure : function of an EventLog
            Its answers should add up; the merging is yours.
        run : function, optional
            Who runs the chunks: ``on_dask(client)``, ``on_spark(session)``; one after the other here if not given.
        """
        numbers = list(range(self.n_chunks))
        if run is None:
            return [measure(log) for log in self.chunks()]
        return [answer for found, answer in run(partial(_measured, self, measure), numbers) if found]

    def summary(self, *, run: Runner | None = None) -> LogSummary:
        """The summary of the whole log, merged from its chunks."""
        first, *others = self.map(summarise, run=run)
        return first.merge(*others)

    def profile(self, *, run: Runner | None = None) -> ScanProfile:
        """The profile of the whole log, put together from its chunks: the same for any number of them.

        About 50 bytes a case stay in memory for it, for the exact median and for the cases cut at the edges. Issues
        that need every instance at once are not looked for; the result names them (``left_out``). Dates kept as texts
        are read chunk by chunk: tell ``scan`` the order of day and month where it is not plain.
        """
        return put_together(self.map(profile_chunk, run=run), self.n_rows)

    def with_chunks(self, n_chunks: int) -> "Scan":
        """The same scan in another number of chunks."""
        return replace(self, n_chunks=n_chunks, folder=None)


def scan(path: str | Path, columns: Any = None, timezone: str | None = None, *, memory_limit: str = "2GB") -> Scan:
    """Open Parquet files of any size as a log that passes through in case-complete chunks.

    Parameters
    ----------
    path : str or Path
        One file, a folder, or a pattern such as ``"folder/*.parquet"``.
    columns, timezone
        As in ``read_log``; the mapping is found on the first rows.
    memory_limit : str
        Memory that a chunk and DuckDB may take each, such as ``"4GB"``.

    Raises
    ------
    LogError
        If no file matches or a file is no Parquet.
    """
    import duckdb

    pattern = str(Path(path) / "*.parquet" if Path(path).is_dir() else path)
    with _connection(memory_limit) as connection:
        try:
            counted = connection.cursor().execute("SELECT count(*) FROM read_parquet(?)", [pattern]).fetchone()
            head = connection.sql(f"SELECT * FROM read_parquet(?) LIMIT {SAMPLE}", params=[pattern]).to_arrow_table()
        except duckdb.Error as error:
            raise LogError(f"{pattern} cannot be scanned as Parquet: {error}") from error
    n_rows = int(counted[0]) if counted else 0
    if n_rows == 0:
        raise LogError(f"{pattern} has no rows")
    first = arranged(Export(head))
    mapping = recognise(first.table, columns, aside=first.parts)
    return Scan(pattern, mapping, n_rows, chunks_for(n_rows, memory_limit), timezone, memory_limit)


def chunks_for(n_rows: int, memory_limit: str) -> int:
    """Into how many chunks a log is dealt so that one fits into the memory allowed.

    Examples
    --------
    >>> chunks_for(100_000_000, "4GB")
    7
    """
    return max(1, ceil(n_rows * _BYTES_A_ROW / _bytes(memory_limit)))


def on_dask(client: Any) -> Runner:
    """Run chunks on the workers of a Dask client (they must see the files)."""

    def run(task: Callable[[int], Any], numbers: list[int]) -> Iterable[Any]:
        answers: Iterable[Any] = client.gather(client.map(task, numbers, pure=False))
        return answers

    return run


def on_spark(session: Any) -> Runner:
    """Run chunks on the executors of a Spark session (they must see the files)."""

    def run(task: Callable[[int], Any], numbers: list[int]) -> Iterable[Any]:
        answers: Iterable[Any] = session.sparkContext.parallelize(numbers, len(numbers)).map(task).collect()
        return answers

    return run


def _measured(source: Scan, measure: Callable[[EventLog], T], number: int) -> tuple[bool, T | None]:
    log = source.chunk(number)
    return (False, None) if log is None else (True, measure(log))


def _connection(memory_limit: str) -> Any:
    import duckdb

    return duckdb.connect(config={"memory_limit": memory_limit})


def _bytes(size: str) -> int:
    number = "".join(c for c in size if c.isdigit() or c == ".")
    unit = size[len(number) :].strip().upper()[:1]
    if not number or unit not in ("K", "M", "G", "T"):
        raise LogError(f"{size!r} is no amount of memory; write it like '4GB'")
    return int(float(number) * 1000 ** (" KMGT".index(unit)))
