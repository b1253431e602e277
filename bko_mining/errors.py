"""What can go wrong, one class per kind, so that a caller can catch the kind it can handle.

Every message says what, how many, an example and what to do.
"""


class BkoError(Exception):
    """Any error that bko_mining raises on purpose."""


class LogError(BkoError, ValueError):
    """A log cannot be read, or does not hold what the question needs."""


class MappingError(LogError):
    """The columns of a log could not be told apart; the message lists the candidates and the argument to pass."""


class CalendarError(BkoError, ValueError):
    """A working calendar is written wrongly or never opens."""


class TwinError(BkoError, ValueError):
    """A twin is incomplete or contradicts itself; the message names the place and the allowed values."""


class ScenarioError(BkoError, ValueError):
    """A scenario names something its twin does not have, or is written wrongly; the message lists what exists.

    ``place`` says where in the scenario (keys and numbers of items), ``text`` what is wrong there, where known.
    """

    place: tuple[str | int, ...] = ()
    text: str = ""


class SimulationError(BkoError, RuntimeError):
    """A run cannot go on (an endless loop, a role nobody has); the message says where it stood."""


class TwinWarning(UserWarning):
    """A twin will run but not come to rest: more work than people, activities that no case reaches."""


class DataQualityWarning(UserWarning):
    """Something in the log distorts the answers; the message says what, how many and which repair exists."""
