"""Where a run begins: cases that are already under way."""

from datetime import datetime
from typing import Any

from pydantic import Field

from bko_mining.twin.arrivals import CASE
from bko_mining.twin.values import Part, Seconds


class WorkItem(Part):
    """Something an open case waits for or is being worked on."""

    activity: str
    enabled: datetime = Field(description="Since when it could be worked on.")
    start: datetime | None = Field(None, description="When work on it began; None: it waits.")
    resource: str | None = Field(None, description="Who works on it.")
    remaining: Seconds | None = Field(None, description="Work that is left; None: drawn anew.")


class OpenCase(Part):
    """A case that is under way at the start."""

    case_id: str
    case_type: str = Field(CASE, description="Its type: which routing, priority and due date it has.")
    arrived: datetime
    attributes: dict[str, Any] = Field(
        default_factory=dict, description="What it carries; an attribute that is left out is drawn."
    )
    history: tuple[str, ...] = Field((), description="Activities done so far, oldest first.")
    by: tuple[str | None, ...] = Field((), description="Who did each of them, for four eyes; None: not known.")
    items: tuple[WorkItem, ...] = Field(min_length=1)


class InitialState(Part):
    """Work in progress at an instant on the clock of the twin."""

    at: datetime
    cases: tuple[OpenCase, ...] = ()
