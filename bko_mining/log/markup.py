"""Tables that old systems write as markup and call ``.xls``: HTML, Excel's XML of 2003, or records in plain XML."""

import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

from bko_mining.errors import LogError
from bko_mining.log.exports import Export, records_table
from bko_mining.log.sheets import Rows, sheet_export

_PAGE = re.compile(rb"(?is)(\s|<!--.*?-->)*<(html|!doctype html|head|meta|style|body|table)\b")


def is_html(head: bytes) -> bool:
    """Whether a document begins as a web page or a bare table of one."""
    return _PAGE.match(head) is not None


def read_html(data: bytes, name: str) -> Export:
    """Read the table of a web page.

    Raises
    ------
    LogError
        If the page has no table.
    """
    reader = _TableReader()
    try:
        reader.feed(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        reader = _TableReader()
        reader.feed(data.decode("cp1252", "replace"))
    return sheet_export({f"table {i}": rows for i, rows in enumerate(reader.tables, 1)}, name)


def read_records(data: bytes, name: str) -> Export | None:
    """Read a sheet of Excel's XML, or the records of plain XML (the element that comes most often); None for neither.

    Raises
    ------
    LogError
        If the document declares a document type or entities, or is not well-formed.
    """
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise LogError(f"{name} declares a document type or entities, which only attackers need; it is refused")
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise LogError(f"{name} is not well-formed XML: {error}; the file may be cut off") from error
    sheets = {_attribute(s, "Name"): _sheet(s) for s in root.iter() if _tag(s) == "Worksheet"}
    if sheets:
        return sheet_export(sheets, name)
    parents = [e for e in root.iter() if len(e) > 1 and all(len(child) == 0 for child in e)]
    if not parents:
        return None
    kind = Counter(_tag(e) for e in parents).most_common(1)[0][0]
    return Export(records_table([_record(e) for e in parents if _tag(e) == kind]))


def _record(element: Any) -> dict[str, Any]:
    own = {key.rsplit("}", 1)[-1]: value for key, value in element.attrib.items()}
    return own | {_tag(child): (child.text or "").strip() for child in element}


def _sheet(worksheet: Any) -> Rows:
    rows: Rows = []
    for row in (e for e in worksheet.iter() if _tag(e) == "Row"):
        cells: list[Any] = []
        for cell in (e for e in row if _tag(e) == "Cell"):
            place = int(_attribute(cell, "Index") or len(cells) + 1)
            cells += [""] * (place - 1 - len(cells))
            cells.append("".join(cell.itertext()).strip())
        rows.append(cells)
    return [row for row in rows if row]


def _tag(element: Any) -> str:
    return str(element.tag).rsplit("}", 1)[-1]


def _attribute(element: Any, name: str) -> str:
    return next((v for key, v in element.attrib.items() if key.rsplit("}", 1)[-1] == name), "")


class _TableReader(HTMLParser):
    """Collect the cells of tables; a table inside a cell is taken as a table of its own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[Rows] = []
        self._text: list[str] | None = None
        self._span = 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("tr", "td", "th", "table"):
            self._close()
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in ("td", "th") and self.tables and self.tables[-1]:
            self._text, self._span = [], int(dict(attrs).get("colspan") or 1)
        elif tag == "br" and self._text is not None:
            self._text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._close()

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def _close(self) -> None:
        if self._text is not None:
            self.tables[-1][-1] += [" ".join("".join(self._text).split()), *[""] * (self._span - 1)]
        self._text = None
