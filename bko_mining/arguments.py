"""Tell who hands over the wrong kind of thing, or names a file that is none, what was wanted and how to get it."""

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from bko_mining.errors import BkoError, LogError, TwinError

_P = ParamSpec("_P")
_R = TypeVar("_R")

_MAKING: dict[str, tuple[type[BkoError], str, dict[str, str]]] = {
    "EventLog": (
        LogError,
        "an event log",
        {
            "str": "bko.read_log({given!r}) reads the file",
            "Path": "bko.read_log({given!r}) reads the file",
            "DataFrame": "bko.read_log(table) makes a log of a table and says what it took each column for",
            "Twin": "bko.simulate(twin) makes the log that this twin would write",
            "Scan": "a scan answers by its own methods; read the part in question with bko.read_log",
        },
    ),
    "Twin": (
        TwinError,
        "a twin",
        {
            "str": "bko.Twin.load({given!r}) reads the file",
            "Path": "bko.Twin.load({given!r}) reads the file",
            "EventLog": "bko.fit_twin(log) fits a twin to a log",
        },
    ),
    "Comparison": (
        TwinError,
        "what an experiment found",
        {kind: "bko.run_experiment(twin, scenarios) makes it" for kind in ("Twin", "Scenario", "Study")},
    ),
}


def checked(function: Callable[_P, _R], *, name: str) -> Callable[_P, _R]:
    """Make a public function refuse a path, a table or a twin where it wants a log, and so on.

    What is not about a log, a twin or an experiment is returned as it is.

    Raises
    ------
    LogError, TwinError
        By the function returned, when an argument is of another kind; the message says how to make the right one.
    """
    wanted = _wanted(function)
    if not wanted:
        return function

    @wraps(function)
    def asked(*given: _P.args, **named: _P.kwargs) -> _R:
        for parameter, value in [*zip(wanted, given, strict=False), *named.items()]:
            _check(name, wanted.get(parameter, ""), value)
        return function(*given, **named)

    asked.__module__, asked.__qualname__ = "bko_mining", name  # so that a copy sent to another process finds it here
    return asked


def _wanted(function: Callable[..., Any]) -> dict[str, str]:
    """Each parameter's kind in order, "" for one that is not judged; nothing if none is."""
    judged = {p.name: _kind(p) for p in signature(function).parameters.values()}
    return judged if any(judged.values()) else {}


def _kind(parameter: Parameter) -> str:
    said = getattr(parameter.annotation, "__name__", str(parameter.annotation)).rpartition(".")[2]
    return said if said in _MAKING else ""


def _check(name: str, wanted: str, value: Any) -> None:
    family = [kind.__name__ for kind in type(value).__mro__]
    if not wanted or wanted in family:
        return
    error, words, makers = _MAKING[wanted]
    maker = next((makers[kind] for kind in family if kind in makers), "")
    advice = ": " + maker.format(given=str(value)) if maker else ""
    raise error(f"{name} needs {words} here, and was given {_seen(value)}{advice}")


def _seen(value: Any) -> str:
    """What was handed over, in a few words."""
    kind = "nothing (None)" if value is None else f"something of type {type(value).__name__}"
    return f"the text {value!r}" if isinstance(value, str) else kind


def file_at(path: str | Path, *, error: type[BkoError]) -> Path:
    """Find a file.

    Raises
    ------
    BkoError
        Of the class given, if there is none; its neighbours of the same kind are named.
    """
    file = Path(path)
    if file.is_dir():
        raise error(f"{file} is a folder; name the file in it")
    if not file.is_file():
        beside = sorted(other.name for other in file.parent.glob(f"[!.]*{file.suffix}"))[:5] if file.suffix else []
        there = f"; beside it there are {', '.join(beside)}" if beside else ""
        raise error(f"there is no file {file}{there}")
    return file


def text_of(path: str | Path, *, error: type[BkoError]) -> str:
    """Read a text file in UTF-8.

    Raises
    ------
    BkoError
        Of the class given, if there is no such file, or it is no text.
    """
    file = file_at(path, error=error)
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise error(f"{file} is no text in UTF-8 (byte {problem.start:,}); save it again as UTF-8") from None
