"""Pictures of the data itself: what a log covers over time."""

from typing import TYPE_CHECKING, Any

import matplotlib.dates
from matplotlib.ticker import FuncFormatter

from bko_mining.present.figures import BLUE, ORANGE, number_ticks, plot
from bko_mining.words import day, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from bko_mining.log.profiling import Profile


# matplotlib.dates is not annotated.
dates: Any = matplotlib.dates


@plot(width=7.2, height=2.8)
def plot_coverage(result: "Profile", ax: "Axes") -> None:
    """Draw activity instances a week as bars and the cases in progress as a line."""
    weeks = dates.date2num(result.coverage["week"].to_numpy())
    bars = ax.bar(weeks, result.coverage["n_instances"], width=6, align="edge", color=BLUE, alpha=0.85)
    other = ax.twinx()
    (line,) = other.step(weeks, result.coverage["n_cases_in_progress"], where="post", color=ORANGE, linewidth=1.6)
    other.spines["top"].set_visible(False)
    number_ticks(ax.yaxis)
    number_ticks(other.yaxis)
    ax.set_ylabel(say("activity instances a week"))
    other.set_ylabel(say("cases in progress"))
    ax.set_title(say("What the log covers"))
    names = [say("activity instances a week"), say("cases in progress")]
    other.legend([bars, line], names, ncols=2, loc="upper right")
    ax.set_ylim(0, 1.3 * float(result.coverage["n_instances"].max()))
    other.set_ylim(0, 1.3 * max(1.0, float(result.coverage["n_cases_in_progress"].max())))
    ax.xaxis_date()
    ax.xaxis.set_major_locator(dates.AutoDateLocator(maxticks=8))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda at, _: day(dates.num2date(at).date())))
