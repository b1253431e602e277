"""The letters of text files: which encoding they are in, and what exports do to them on their way."""

import codecs
import re

from bko_mining.log.findings import Finding

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LETTERS = frozenset("áàâãäéèêëíîïóôõöúùûüçñßÁÀÂÃÄÉÈÊËÍÎÏÓÔÕÖÚÙÛÜÇÑ")
_HIGH = re.compile(rb"[\x80-\xff]+")
_SAMPLE = 1 << 20
_IN_UTF_8 = re.compile(rb"\xc3[\x80-\xbf]")
# A letter of UTF-8 that was read as Windows-1252: a first byte, and bytes that go on, as the signs they look like.
_TWICE = re.compile("[\u00c2-\u00f4][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2026\u2030\u2039\u203a\u20ac\u2122]{1,3}")  # fmt: skip  # noqa: E501


def encoding_of(data: bytes) -> str:
    """The encoding of a text file: by its mark, as UTF-8 if all of it is, else that of Windows or of DOS.

    Examples
    --------
    >>> encoding_of("Análise".encode("cp1252")), encoding_of("Aprovação".encode("cp850"))
    ('cp1252', 'cp850')
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return encoding
    head = data[:4000]
    if head.count(b"\0") > len(head) // 4:
        return "utf-16-le" if head[1::2].count(b"\0") > head[::2].count(b"\0") else "utf-16-be"
    try:
        # Only the whole file tells: one accent may stand in its last row.
        codecs.utf_8_decode(data, "strict", True)
    except UnicodeDecodeError:
        return _eight_bits(data)
    return "utf-8"


def _eight_bits(data: bytes) -> str:
    high = b"".join(_HIGH.findall(data[:_SAMPLE])) or b"".join(_HIGH.findall(data))
    windows, dos = (sum(c in _LETTERS for c in high.decode(name, "replace")) for name in ("cp1252", "cp850"))
    return "cp850" if dos > 0.8 * len(high) and windows < 0.5 * len(high) else "cp1252"


def mended(data: bytes, encoding: str) -> tuple[bytes, str, tuple[Finding, ...]]:
    """A text file in one encoding: lines in another one, and letters that were encoded twice, put right.

    Returns
    -------
    data : bytes
    encoding : str
    found : tuple of Finding
        ``encodings_mixed`` and ``encoded_twice``.

    Examples
    --------
    >>> data = "Análise\\n".encode() + "Aprovação\\n".encode("cp1252")
    >>> mended(data, "cp1252")[0].decode().split()
    ['Análise', 'Aprovação']
    """
    if encoding.startswith(("utf-16", "utf-32")):
        return data.decode(encoding, "replace").lstrip("\ufeff").encode(), "utf-8", ()
    if not encoding.startswith("utf-8"):
        return _of_one_encoding(data, encoding) if _IN_UTF_8.search(data) else (data, encoding, ())
    return _once(data, encoding) if b"\xc3\x83" in data or b"\xc3\x82\xc2" in data else (data, encoding, ())


def _of_one_encoding(data: bytes, encoding: str) -> tuple[bytes, str, tuple[Finding, ...]]:
    lines, other = data.split(b"\n"), []
    for i, line in enumerate(lines):
        if not line.isascii():
            try:
                line.decode()
            except UnicodeDecodeError:
                lines[i] = line.decode(encoding, "replace").encode()
                other.append(i)
    example = f"{lines[other[0]].decode(errors='replace').strip()[:60]!r} ({encoding})"
    return b"\n".join(lines), "utf-8", (Finding("encodings_mixed", len(other), len(lines), example),)


def _once(data: bytes, encoding: str) -> tuple[bytes, str, tuple[Finding, ...]]:
    text = data.decode(encoding)
    mended_text, n = _TWICE.subn(_signs, text)
    if mended_text == text:
        return data, encoding, ()
    where = next(i for i, (old, new) in enumerate(zip(text, mended_text, strict=False)) if old != new)
    example = re.split(r"[;,\t|\n\"]", mended_text[max(0, where - 20) : where + 20])
    said = next((part for part in example if not part.isascii()), "").strip()
    return mended_text.encode(), "utf-8", (Finding("encoded_twice", n, len(text.splitlines()), repr(said)),)


def _signs(match: re.Match[str]) -> str:
    found = match[0]
    try:
        return b"".join(c.encode("cp1252" if ord(c) > 0x9F else "latin-1") for c in found).decode()
    except UnicodeError:
        return found
