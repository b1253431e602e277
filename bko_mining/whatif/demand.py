"""Changes of demand: how many cases come, of which type, with which trend."""

from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from bko_mining.errors import ScenarioError
from bko_mining.twin.arrivals import ListArrivals, Peak, RateArrivals
from bko_mining.twin.values import Day
from bko_mining.whatif.change import Change, listed, times, unknown
from bko_mining.words import day, say

if TYPE_CHECKING:
    from bko_mining.twin.arrivals import Arrivals
    from bko_mining.twin.model import Twin


class Demand(Change):
    """More or fewer cases: in all, of one type, for a stretch of time, or growing from year to year."""

    kind: Literal["demand"] = "demand"
    factor: float | None = Field(None, ge=0, description="The number of cases is multiplied by this.")
    case_type: str | None = Field(None, description="Only cases of this type.")
    until: Day | None = Field(None, description="Last day of a peak (with since its first).")
    trend_per_year: float | None = Field(None, description="Growth a year: 0.1 is 10 %, compounding.")

    def apply(self, twin: "Twin") -> "Twin":
        """Scale the streams of arrivals."""
        if self.factor is None and self.trend_per_year is None:
            raise ScenarioError("demand: give factor, trend_per_year, or both")
        if self.case_type is not None and self.case_type not in twin.all_case_types:
            unknown("case type", self.case_type, twin.all_case_types)
        return twin.replace(arrivals=tuple(new for stream in twin.arrivals for new in self._streams(stream)))

    def describe(self) -> str:
        """Say how demand changes."""
        kind = say(" of type {name}", name=self.case_type) if self.case_type else ""
        last = say(" until {day}", day=day(self.until)) if self.until else ""
        parts = []
        if self.factor is not None:
            parts.append(say("{change} cases{kind}{until}", change=times(self.factor), kind=kind, until=last))
        if self.trend_per_year is not None:
            parts.append(say("{change} cases{kind} a year", change=times(1 + self.trend_per_year), kind=kind))
        return listed(parts)

    @property
    def sentence(self) -> str:
        """How demand changes, and from when (to when)."""
        if self.since is None or self.until is None or self.trend_per_year is not None:
            return super().sentence
        peak = self.model_copy(update={"until": None}).describe()
        return say("{change}, from {first} to {last}", change=peak, first=day(self.since), last=day(self.until))

    def _streams(self, stream: "Arrivals") -> "list[Arrivals]":
        if self.case_type is None or (stream.mix is None and stream.case_type == self.case_type):
            return [self._changed(stream)]
        if stream.mix is None or self.case_type not in stream.mix:
            return [stream]
        return [self._changed_mix(stream)]

    def _changed(self, stream: "Arrivals") -> "Arrivals":
        update: dict[str, Any] = {}
        if self.factor is not None and (self.since or self.until):
            peak = Peak(since=self.since or date(1970, 1, 1), until=self.until, factor=self.factor)
            update["peaks"] = (*_rate(stream).peaks, peak)
        elif self.factor is not None:
            if isinstance(stream, ListArrivals):
                raise ScenarioError("arrivals at given instants cannot be scaled; change the list")
            update["factor"] = stream.factor * self.factor
        if self.trend_per_year is not None:
            update["trend_per_year"] = (1 + _rate(stream).trend_per_year) * (1 + self.trend_per_year) - 1
        return stream.model_copy(update=update)

    def _changed_mix(self, stream: "Arrivals") -> "Arrivals":
        """One type of a mixed stream: its share and the whole stream grow together."""
        if self.factor is None or self.trend_per_year is not None or self.since or self.until:
            raise ScenarioError(
                f"{self.case_type!r} comes mixed with {listed(stream.mix or {})}: only a plain factor can change it; "
                "give the type a stream of its own for trends and peaks"
            )
        mix = dict(stream.mix or {})
        before = sum(mix.values())
        mix[str(self.case_type)] *= self.factor
        return stream.model_copy(update={"mix": mix, "factor": stream.factor * sum(mix.values()) / before})


def _rate(stream: "Arrivals") -> RateArrivals:
    if not isinstance(stream, RateArrivals):
        raise ScenarioError(f"peaks and trends need chance arrivals (kind: rate), not kind: {stream.kind}")
    return stream
