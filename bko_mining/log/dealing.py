"""Dealing the rows of Parquet files into buckets of whole cases, in one reading.

A batch of rows at a time is sorted by the bucket of its case and appended to the file of each bucket, so memory does
not grow with the log and rows keep their order. Buckets are Arrow streams: they are read back without any decoding.
"""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import ipc, parquet

_LARGEST, _SMALLEST = 2**20, 2**14
_SHARE = 10  # a batch, its copy in order and what is being decoded take a fraction of the memory allowed
_FEW = 16  # a text is kept coded where it stands this many times in a batch, on average


def bucket_of(columns: tuple[str, ...], n_buckets: int) -> str:
    """SQL for the bucket of a row: the hash of its case."""
    names = ", ".join('"' + name.replace('"', '""') + '"' for name in columns)
    return f"hash({names}) % {n_buckets}"


def bucket_file(folder: str | Path, number: int) -> Path:
    """Where a bucket lies."""
    return Path(folder) / f"bucket_{number:05d}.arrows"


def rows_a_batch(path: str, n_bytes: int) -> int:
    """How many rows of a Parquet file are handled at once within an amount of memory."""
    about = parquet.read_metadata(path)
    size = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups)) / max(about.num_rows, 1)
    return int(np.clip(n_bytes / _SHARE / max(size, 8.0), _SMALLEST, _LARGEST))


def deal(paths: list[str], columns: tuple[str, ...], n_buckets: int, folder: Path, *, n_rows: int = _LARGEST) -> None:
    """Write every row of some Parquet files of one form into the bucket of its case, ``n_rows`` at a time."""
    import duckdb

    query = f"SELECT {bucket_of(columns, n_buckets)} AS bucket FROM batch"
    form: pa.Schema | None = None
    with duckdb.connect(config={"threads": 1}) as connection, ExitStack() as stack:
        writers: dict[int, Any] = {}
        for path in paths:
            for whole in _batches(path, columns, n_rows):
                form = _form_of(whole) if form is None else form
                connection.register("batch", whole.select(list(columns)))
                numbers = connection.sql(query).fetchnumpy()["bucket"]
                for number, rows in _sorted(whole.cast(form), np.asarray(numbers), n_buckets):
                    if number not in writers:
                        sink = stack.enter_context(pa.OSFile(str(bucket_file(folder, number)), "wb"))
                        writers[number] = stack.enter_context(ipc.new_stream(sink, form))
                    writers[number].write_table(rows)


def read_bucket(folder: str, number: int) -> pa.Table | None:
    """The rows of a bucket in the order of the files; None if no case fell into it."""
    path = bucket_file(folder, number)
    if not path.exists():
        return None
    with pa.memory_map(str(path)) as source:
        return ipc.open_stream(source).read_all()


def one_form(paths: list[str]) -> bool:
    """Whether the files have the same columns of the same types, in the same order."""
    first, *others = (parquet.read_schema(path).remove_metadata() for path in paths)
    return all(other.equals(first) for other in others)


def _batches(path: str, columns: tuple[str, ...], n_rows: int) -> Any:
    schema = parquet.read_schema(path)
    texts = [f.name for f in schema if pa.types.is_string(f.type) and f.name not in columns]
    with parquet.ParquetFile(path, read_dictionary=texts) as file:
        for batch in file.iter_batches(n_rows):
            yield pa.Table.from_batches([batch])


def _form_of(batch: pa.Table) -> pa.Schema:
    """The types of the columns; texts that hardly come again are not coded."""
    kinds = {}
    for name in batch.column_names:
        kind = batch.schema.field(name).type
        if pa.types.is_dictionary(kind):
            known = sum(len(chunk.dictionary) for chunk in batch[name].chunks)
            kind = kind if known * _FEW <= len(batch) else kind.value_type
        kinds[name] = kind
    return pa.schema(list(kinds.items()))


def _sorted(table: pa.Table, numbers: NDArray[Any], n_buckets: int) -> Any:
    short = numbers.astype(np.uint16 if n_buckets <= 2**16 else np.uint64)
    order = np.argsort(short, kind="stable")
    bounds = np.searchsorted(short[order], np.arange(n_buckets + 1))
    taken = table.take(pa.array(order))
    for number in np.flatnonzero(np.diff(bounds)).tolist():
        yield number, taken.slice(bounds[number], bounds[number + 1] - bounds[number])
