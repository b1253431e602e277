"""Pictures of waits are drawn on the axes that are given, in both languages."""

import pytest
from matplotlib.figure import Figure

from bko_mining.analyse.before_after import before_after
from bko_mining.analyse.cause_map import cause_map
from bko_mining.analyse.queues import queue_length
from bko_mining.present.before_after import plot_before_after
from bko_mining.present.cause_map import plot_cause_map
from bko_mining.present.queues import plot_queue_length
from tests.analyse.test_wait_views import _week


def _words(ax) -> str:
    return " ".join(text.get_text() for text in ax.texts)


def test_the_map_of_causes_names_the_cause_it_shows() -> None:
    ax = Figure().subplots()
    assert plot_cause_map(cause_map(_week(3)), ax=ax) is ax
    assert "3.0 h · " in _words(ax)


@pytest.mark.parametrize("calendar", [None, "Mon-Fri 08:00-17:00"])
def test_before_and_after_show_both_sides(calendar) -> None:
    ax = Figure().subplots()
    plot_before_after(before_after(_week(3), _week(8), names=("old", "new"), calendar=calendar), ax=ax)
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert labels[0].startswith("old")
    assert labels[-1].startswith("new")
    assert len(labels) == 8


def test_queues_are_lines_and_an_empty_log_says_so() -> None:
    ax = plot_queue_length(queue_length(_week(3)), ax=Figure().subplots())
    assert [line.get_label() for line in ax.lines][:1] == ["B"]
