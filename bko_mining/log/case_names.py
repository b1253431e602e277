"""What the names of cases give away: digits that a spreadsheet rounded off, zeros that it took from their front."""

from collections.abc import Iterator
from typing import Any

import pyarrow.compute as pc

from bko_mining.log.findings import Finding

_ROUNDED = r"^\d([.,]\d+)?[Ee]\+?\d{2}$"


def case_name_findings(names: Any) -> Iterator[Finding]:
    """Findings on the names of all cases: ``cases_rounded`` and ``cases_alike``.

    Examples
    --------
    >>> import pyarrow as pa
    >>> [(f.kind, f.n, f.example) for f in case_name_findings(pa.array(["007", "7", "3,526E+13"])) if f.n]
    [('cases_rounded', 1, "'3,526E+13'"), ('cases_alike', 1, "'007' = '7'")]
    """
    rounded = names.filter(pc.match_substring_regex(names, _ROUNDED))
    yield Finding("cases_rounded", len(rounded), len(names), repr(_first(rounded)))
    padded = names.filter(pc.match_substring_regex(names, r"^0+[1-9]\d*$"))
    bare = pc.utf8_ltrim(padded, "0")
    both = padded.filter(pc.is_in(bare, names)) if len(padded) else padded
    zeros = _first(both)
    yield Finding("cases_alike", len(both), len(names), f"{zeros!r} = {zeros.lstrip('0')!r}")


def _first(names: Any) -> str:
    return pc.min(names).as_py() or ""
