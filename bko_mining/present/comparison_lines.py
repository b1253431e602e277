"""What the pictures of a comparison share: names that fit, and one look a scenario."""

import textwrap
from typing import Any

from matplotlib.axes import Axes

from bko_mining.present.figures import INK, PALETTE
from bko_mining.whatif.comparison import BASELINE
from bko_mining.words import say

BESIDE = 30
"""Letters of a name in one line beside a picture."""
_FREE = len(PALETTE) - 1  # the last colour is a grey, too near to the baseline


def shown(name: str, width: int = BESIDE) -> str:
    """The name of a scenario in lines that fit; the baseline is called as it is.

    Examples
    --------
    >>> shown("baseline")
    'as it is'
    >>> shown("Scan at the door and let software read the amounts", 28).count("\\n")
    1
    """
    return "\n".join(textwrap.wrap(say("as it is") if name == BASELINE else name, width)) or name


def look(place: int) -> dict[str, Any]:
    """Colour and dashes of the scenario at a place; 0 is the baseline. From the eighth on lines are dashed."""
    if place == 0:
        return {"color": INK, "zorder": 2.6}
    return {"color": PALETTE[(place - 1) % _FREE], "linestyle": "-" if place <= _FREE else (0, (4, 1.2))}


def lines_of(names: list[str]) -> int:
    """Lines that the longest of some wrapped names takes."""
    return max((name.count("\n") + 1 for name in names), default=1)


def height_beside(names: tuple[str, ...], least: float) -> float:
    """Height in inches of a picture that has names beside it: room for all of them."""
    return max(least, 1.1 + sum(0.09 + 0.148 * lines_of([shown(name)]) for name in names))


def name_lines(axes: Axes) -> None:
    """Name the lines of a picture beside it, where no line can run through the names."""
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), labelspacing=0.7)
