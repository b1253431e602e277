"""The mapping: which column of an export is the case, the activity, the resource, the instants.

It is a value. Print it, change it with ``replace``, pass it to the next reading (``columns=mapping``), keep it in YAML.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bko_mining.arguments import text_of
from bko_mining.errors import MappingError

NAMES = ("case_id", "activity", "resource", "role", "start", "end", "enabled", "lifecycle", "instance")
"""What a column can be, in the order of print."""

_ALIASES = {"timestamp": "end", "case": "case_id", "time": "end", "complete": "end"}

Column = str | tuple[str, ...]


class ColumnMapping(BaseModel):
    """Which column was read as what.

    A case or an activity may be made of several columns; their values are joined by `` / ``.

    Attributes
    ----------
    case_id, activity : str or tuple of str
        Always known.
    resource, role, start, end, enabled, lifecycle, instance : str or None
        ``end`` is also the one instant of exports that have one instant a row; ``lifecycle`` says whether such a row is
        a start or a completion, ``instance`` which rows belong together.
    day_first : bool or None
        Order of 01/02/2026 where the column had to be told.
    timezone : str or None
        The zone in which instants without one were read.
    preset : str
        The shape of export that was recognised, empty for plain tables.
    reasons : dict
        How each column was found: by its heading, by its content, or given.

    Examples
    --------
    >>> mapping = ColumnMapping(case_id="Caso", activity="Etapa", end="Data/Hora")
    >>> print(mapping)
    case_id  <- Caso
    activity <- Etapa
    end      <- Data/Hora
    >>> mapping.replace(resource="Responsável").resource
    'Responsável'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    case_id: Column
    activity: Column
    resource: str | None = None
    role: str | None = None
    start: str | None = None
    end: str | None = None
    enabled: str | None = None
    lifecycle: str | None = None
    instance: str | None = None
    day_first: bool | None = None
    timezone: str | None = None
    preset: str = ""
    reasons: dict[str, str] = Field(default_factory=dict)

    def __str__(self) -> str:
        given = {name: getattr(self, name) for name in NAMES if getattr(self, name) is not None}
        width = max(map(len, given))
        lines = [f"{name:<{width}} <- {_shown(column)}{self._reason(name)}" for name, column in given.items()]
        return "\n".join(lines)

    __repr__ = __str__

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the export that the mapping uses."""
        values = (getattr(self, name) for name in NAMES)
        return tuple(c for value in values if value for c in (value if isinstance(value, tuple) else (value,)))

    def replace(self, **columns: Any) -> Self:
        """Return the mapping with some columns changed; None takes one away."""
        return type(self).model_validate(self.model_dump() | columns)

    def save(self, path: str | Path) -> Path:
        """Write the mapping as YAML and return the path."""
        target = Path(path)
        values = self.model_dump(mode="json", exclude_defaults=True, exclude={"reasons"})
        target.write_text(yaml.safe_dump(values, allow_unicode=True, sort_keys=False), encoding="utf-8")
        return target

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a mapping from YAML.

        Raises
        ------
        MappingError
            If the file is not a mapping; the message names the field.
        """
        try:
            return cls.model_validate(yaml.safe_load(text_of(path, error=MappingError)))
        except (yaml.YAMLError, ValidationError) as error:
            raise MappingError(f"{path} is not a column mapping: {error}") from error

    def _reason(self, name: str) -> str:
        return f"  ({self.reasons[name]})" if name in self.reasons else ""


def given_columns(columns: Any, headings: tuple[str, ...]) -> dict[str, Any]:
    """Turn what a user passed as ``columns=`` into names of columns, checked against the headings of the export.

    Raises
    ------
    MappingError
        If a name is not a column of a log, or a column does not exist.
    """
    if columns is None:
        return {}
    if isinstance(columns, str | Path):
        columns = ColumnMapping.load(columns)
    if isinstance(columns, ColumnMapping):
        chosen = columns.model_dump(exclude={"reasons", "preset"}, exclude_none=True)
    elif isinstance(columns, Mapping):
        chosen = {_ALIASES.get(str(name), str(name)): value for name, value in columns.items()}
    else:
        raise MappingError(
            f"columns= takes a dict, a mapping or the path of its YAML file, not {type(columns).__name__}"
        )
    settings = {"day_first", "timezone"}
    unknown = sorted(set(chosen) - set(NAMES) - settings)
    if unknown:
        raise MappingError(f"columns= has unknown names {unknown}; a log has {', '.join(NAMES)}")
    for name, column in chosen.items():
        chosen[name] = tuple(column) if isinstance(column, list) else column
        wanted = (
            () if name in settings or column is None else (column if isinstance(column, list | tuple) else (column,))
        )
        for heading in wanted:
            if heading not in headings:
                raise MappingError(f"there is no column {heading!r} for {name}; the export has {_listed(headings)}")
    return chosen


def _shown(column: Column) -> str:
    return " + ".join(column) if isinstance(column, tuple) else column


def _listed(headings: tuple[str, ...], most: int = 30) -> str:
    names = ", ".join(repr(h) for h in headings[:most])
    return names + (f" and {len(headings) - most} more" if len(headings) > most else "")
