"""Opening a file: what it is packed in, what kind it is, one table out of it."""

import bz2
import gzip
import lzma
import zlib
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import pyarrow as pa
from pyarrow import parquet

from bko_mining.errors import LogError
from bko_mining.log.delimited import read_delimited
from bko_mining.log.documents import read_json, read_workbook
from bko_mining.log.exports import Export
from bko_mining.log.markup import is_html, read_html, read_records
from bko_mining.log.ocel import read_ocel_table, read_ocel_xml, read_sqlite
from bko_mining.log.presets import reshape_table
from bko_mining.log.xes import read_xes

_BESIDE = (".pdf", ".doc", ".docx", ".md", ".html", ".png", ".jpg", ".ini", ".log", ".pptx")  # beside the log in a zip
_DOCUMENTS = ((b"%PDF", "a PDF"), (b"word/document", "a Word document"), (b"ppt/", "a presentation"))
_DAMAGED = (EOFError, OSError, zlib.error, lzma.LZMAError, BadZipFile, pa.ArrowInvalid)


def open_export(path: Path, object_type: str | None = None) -> Export:
    """Read one file, whatever it is packed in, as a table of raw columns; OCEL flattened on a type of object.

    Raises
    ------
    LogError
        If the file does not exist, is damaged, or is of a kind that no log comes in.
    """
    if any(mark in path.name for mark in "*?[") and not path.exists():
        return _several(path, object_type)
    if not path.is_file():
        raise LogError(
            f"there is no file {path}"
            + (" (it is a folder; use bko.scan or a pattern such as '*.csv')" if path.is_dir() else "")
        )
    with path.open("rb") as stream:
        head = stream.read(8)
    if head[:4] == b"PAR1":
        return _parquet(path)
    data = unpack(path.read_bytes(), path.name)
    return read_bytes(data, path.name, object_type)


def _several(pattern: Path, object_type: str | None) -> Export:
    paths = sorted(pattern.parent.glob(pattern.name))
    if not paths:
        raise LogError(f"no file matches {pattern}")
    exports = [open_export(path, object_type) for path in paths]
    try:
        table = pa.concat_tables([export.table for export in exports], promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise LogError(f"the {len(paths)} files of {pattern} do not fit together: {error}") from error
    found = tuple(finding for export in exports for finding in export.found)
    return Export(table, found, exports[0].decimal, exports[0].preset)


def read_bytes(data: bytes, name: str, object_type: str | None = None) -> Export:
    """Tell the kind of an unpacked file by its first bytes and read it."""
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    other = next((what for mark, what in _DOCUMENTS if _is_document(data, mark)), None)
    if other:
        raise LogError(f"{name} is {other}, not a log; export the table itself as CSV, Excel, XES, Parquet or JSON")
    if data[:16] == b"SQLite format 3\0":
        return read_sqlite(data, name, object_type)
    if data[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        return reshape_table(read_workbook(data, name))
    if head[:1] in (b"{", b"["):
        return reshape_table(read_json(data, name, object_type))
    if b"<object-types" in data[:100_000] or b"<events>" in data[:100_000]:
        return read_ocel_xml(data, name, object_type)
    if head[:1] == b"<" or data[:4] in (b"\xff\xfe<\0", b"\xfe\xff\0<"):
        return _markup(data, head, name)
    if data[:4] == b"PAR1":
        return Export(parquet.read_table(BytesIO(data)))
    export = read_delimited(data, name)
    return read_ocel_table(export, name, object_type) or reshape_table(export)


def _is_document(data: bytes, mark: bytes) -> bool:
    return data.startswith(mark) or (data[:4] == b"PK\x03\x04" and b"xl/" not in data and mark in data)


def _markup(data: bytes, head: bytes, name: str) -> Export:
    """XES, unless the document is a web page or has neither traces nor events."""
    if is_html(head):
        return reshape_table(read_html(data, name))
    plain = not any(mark in data for mark in (b"<log", b"<trace", b"<event", b"<\0"))
    records = read_records(data, name) if plain else None
    return read_xes(data, name) if records is None else reshape_table(records)


def unpack(data: bytes, name: str) -> bytes:
    """Take off gzip, zip, zstandard, bzip2 or xz, told by the first bytes and not by the name.

    Raises
    ------
    LogError
        If the packing is damaged, or a zip holds several files.
    """
    try:
        while True:
            if data[:2] == b"\x1f\x8b":
                data = gzip.decompress(data)
            elif data[:4] == b"\x28\xb5\x2f\xfd":
                data = pa.CompressedInputStream(pa.BufferReader(data), "zstd").read()
            elif data[:3] == b"BZh":
                data = bz2.decompress(data)
            elif data[:6] == b"\xfd7zXZ\0":
                data = lzma.decompress(data)
            elif data[:4] == b"PK\x03\x04" and not _is_workbook(data):
                data = _member(data, name)
            else:
                return data
    except _DAMAGED as error:
        raise LogError(f"{name} is damaged and cannot be unpacked: {error}. Copy or export it again") from error


def _is_workbook(data: bytes) -> bool:
    return any(entry.startswith(("xl/", "[Content_Types]")) for entry in ZipFile(BytesIO(data)).namelist())


def _member(data: bytes, name: str) -> bytes:
    with ZipFile(BytesIO(data)) as archive:
        members = [
            m for m in archive.namelist() if not m.endswith("/") and not m.startswith("__MACOSX") and "/." not in m
        ]
        members = [m for m in members if not m.lower().endswith(_BESIDE)] or members
        if len(members) != 1:
            raise LogError(
                f"{name} holds {len(members)} files ({', '.join(members[:5])}); unpack it and read them with a pattern"
            )
        return archive.read(members[0])


def _parquet(path: Path) -> Export:
    try:
        schema = parquet.read_schema(path)
        texts = [
            field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
        ]
        return Export(parquet.read_table(path, read_dictionary=texts, memory_map=True))
    except (pa.ArrowInvalid, OSError) as error:
        raise LogError(f"{path.name} is not a readable Parquet file: {error}. Copy or export it again") from error
