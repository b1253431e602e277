"""Changes of the flow: where cases go, which steps are left out, done side by side or in another order."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Self

from pydantic import Field, model_validator

from bko_mining.errors import ScenarioError
from bko_mining.twin.conditions import Condition
from bko_mining.twin.routing import (
    BlockRouting,
    Choice,
    GraphRouting,
    HistoryRouting,
    LeftOut,
    Loop,
    Parallel,
    ParallelBlock,
    Sequence,
    ShareChange,
)
from bko_mining.twin.values import Distribution, Share
from bko_mining.twin.work import Errors as Mistakes
from bko_mining.twin.work import Factor
from bko_mining.whatif.change import Change, activity_of, both, listed, times, unknown, with_activity
from bko_mining.whatif.rewriting import (
    contains,
    every_routing,
    go_past_in_history,
    leave_out_of_graph,
    leave_out_of_history,
    perhaps,
    rewritten,
    rows_of,
)
from bko_mining.whatif.stretches import (
    Waits,
    after_waits,
    carried,
    folded,
    in_order,
    refuse_history,
    side_by_side,
    still_chosen,
    waits_within,
)
from bko_mining.words import percent, say

if TYPE_CHECKING:
    from bko_mining.twin.model import StepDelay, Twin


class Branch(Change):
    """After an activity, the share of cases that go to another is multiplied; the other ways share the rest."""

    kind: Literal["branch"] = "branch"
    after: str
    to: str
    factor: float = Field(ge=0)

    def apply(self, twin: "Twin") -> "Twin":
        """Add a share change."""
        change = ShareChange(after=self.after, to=self.to, factor=self.factor, when=self.condition())
        return twin.replace(share_changes=(*twin.share_changes, change))

    def describe(self) -> str:
        """Say which share changes."""
        return say(
            "{change} of the cases go from {after} to {to}", change=times(self.factor), after=self.after, to=self.to
        )


class Errors(Change):
    """The share of mistakes in an activity is multiplied."""

    kind: Literal["errors"] = "errors"
    activity: str
    factor: float = Field(ge=0)

    def apply(self, twin: "Twin") -> "Twin":
        """Scale the share (never above one)."""
        errors = activity_of(twin, self.activity).errors
        if errors is None:
            wrong = [name for name, activity in twin.activities.items() if activity.errors]
            raise ScenarioError(
                f"{self.activity!r} makes no errors in the twin; activities that do: {listed(wrong) or 'none'}. "
                "Where rework is a way of the routing, use .branch(after, to, factor=…) or .rework(activity, factor=…)"
            )
        return with_activity(twin, self.activity, errors=_scaled(errors, self.factor, self.condition()))

    def describe(self) -> str:
        """Say how many errors more or fewer."""
        return say("{change} errors in {activity}", change=times(self.factor), activity=self.activity)


class Rework(Change):
    """Cases come back to an activity more or less often: by errors that lead to it, and by loops around it."""

    kind: Literal["rework"] = "rework"
    activity: str
    factor: float = Field(ge=0)

    def apply(self, twin: "Twin") -> "Twin":
        """Scale errors that lead back and the smallest loops that hold the activity."""
        activity_of(twin, self.activity)
        before = twin
        for name, activity in twin.activities.items():
            if activity.errors and activity.errors.to == self.activity:
                errors = _scaled(activity.errors, self.factor, self.condition())
                twin = with_activity(twin, name, errors=errors)
        looped = every_routing(twin, self._loops)
        if looped != twin:
            self.from_the_start("the chance of another round of a loop holds for the whole run")
        twin = looped
        if twin == before and self.factor != 1:
            raise ScenarioError(
                f"no error and no loop of the twin leads back to {self.activity!r}; "
                "change a way with .branch(after, to, factor=…)"
            )
        return twin

    def describe(self) -> str:
        """Say how much rework."""
        return say("{change} rework of {activity}", change=times(self.factor), activity=self.activity)

    def _loops(self, routing: Any) -> Any:
        return rewritten(routing, self._loop) if isinstance(routing, BlockRouting) else routing

    def _loop(self, block: Any) -> Any:
        if not isinstance(block, Loop) or not contains(block, self.activity):
            return block
        if any(isinstance(inner, Loop) for inner in contains(block.loop.do, self.activity)):
            return block
        again = min(1.0, block.loop.again * self.factor)
        return Loop(loop=block.loop.model_copy(update={"again": again}))


class Skip(Change):
    """A share of the cases leaves an activity out; with ``when`` only cases for which a condition holds."""

    kind: Literal["skip"] = "skip"
    activity: str
    share: Share = 1.0
    when: Condition | None = Field(None, description="For example amount < 500.")

    def apply(self, twin: "Twin") -> "Twin":
        """Put a choice before the activity."""
        activity_of(twin, self.activity)
        when = both(self.when, self.condition())
        if self.share == 0:
            return twin
        # Ways that hang on attributes must lead on as they did, also for those who leave the activity out.
        by_class = any(self.activity in (change.after, change.to) for change in twin.share_changes)
        return every_routing(twin, lambda routing: self._around(routing, when, by_class))

    def describe(self) -> str:
        """Say what is left out, how often and when."""
        when = say(" where {condition}", condition=self.when) if self.when else ""
        if self.share == 1:
            return say("{activity} is left out{when}", activity=self.activity, when=when)
        share = percent(self.share)
        return say(
            "{activity} is left out in {share} of the cases{when}", activity=self.activity, share=share, when=when
        )

    def _around(self, routing: Any, when: str | None, by_class: bool) -> Any:
        if isinstance(routing, BlockRouting):
            choice = perhaps(self.activity, self.share, when)
            return rewritten(routing, lambda block: choice if block == self.activity else block)
        if isinstance(routing, HistoryRouting):
            if when is None and not by_class:
                return leave_out_of_history(routing, self.activity, self.share)
            return go_past_in_history(routing, LeftOut(activity=self.activity, share=self.share, when=when))
        return leave_out_of_graph(routing, self.activity, self.share, when)


class Parallelise(Change):
    """Activities that follow one another are done side by side.

    In the routing of a fitted twin these are the cases that do them right one after the other in the order given. What
    outsiders take before one of them (a delay of the twin between it and the one before) is not done sooner for that:
    it begins with the block, and the activity follows it. With ``at_once`` these waits fall away: they were a matter of
    handing over.
    """

    kind: Literal["parallelise"] = "parallelise"
    activities: tuple[str, ...] = Field(min_length=2)
    at_once: bool = Field(False, description="What outsiders take between the activities falls away.")

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.activities)) < len(self.activities):
            raise ValueError(f"parallelise: name each activity once, not {listed(self.activities)}")
        return self

    def apply(self, twin: "Twin") -> "Twin":
        """Make the stretch of the sequence from the first to the last of them a parallel block."""
        run = _as_done(twin, self.activities)
        waits = {} if self.at_once else waits_within(twin, run)
        return _change_routings(self, twin, partial(self._stretch, run, waits), run, side_by_side(run, waits))

    def describe(self) -> str:
        """Say what goes side by side, and what becomes of the waits between."""
        names = listed(self.activities)
        if self.at_once:
            return say(
                "{activities} side by side, at once, without the waits for others between them", activities=names
            )
        return say("{activities} side by side, each as soon as its own wait for others is over", activities=names)

    def _stretch(self, run: tuple[str, ...], waits: Waits, block: Any) -> Any:
        places = _stretch_of(block, run)
        if not places:
            return block
        low, high = places[0], places[-1] + 1
        steps = zip(run, block.sequence[low:high], strict=True)
        branches = [after_waits(waits.get(name, ()), step) for name, step in steps]
        together = Parallel.model_validate({"and": branches, "name": block_name(self, run)})
        return _with_stretch(block, low, high, (together,), self.condition())


class Reorder(Change):
    """An activity is done earlier or later in its sequence: right before, or right after another.

    In the routing of a fitted twin the two change places where cases do them right one after the other.
    """

    kind: Literal["reorder"] = "reorder"
    activity: str
    before: str | None = None
    after: str | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.before is None) == (self.after is None):
            raise ValueError("reorder: give either before or after")
        if self.activity in (self.before, self.after):
            raise ValueError(f"reorder: {self.activity!r} cannot come before or after itself")
        return self

    def apply(self, twin: "Twin") -> "Twin":
        """Move the step within its sequence."""
        other = str(self.before or self.after)
        now = (other, self.activity) if self.before else (self.activity, other)
        return _change_routings(self, twin, self._move, now, in_order(now[::-1]))

    def describe(self) -> str:
        """Say the new place."""
        if self.before:
            return say("{activity} before {other}", activity=self.activity, other=self.before)
        return say("{activity} after {other}", activity=self.activity, other=self.after)

    def _move(self, block: Any) -> Any:
        if not isinstance(block, Sequence):
            return block
        mine, other = _place(block, self.activity), _place(block, str(self.before or self.after))
        if mine is None or other is None or mine == other:
            return block
        rest = [step for place, step in enumerate(block.sequence) if place != mine]
        target = other - (mine < other) + (1 if self.after else 0)
        moved = (*rest[:target], block.sequence[mine], *rest[target:])
        low, high = min(mine, target), max(mine, target) + 1
        return _with_stretch(block, low, high, moved[low:high], self.condition())


class Delay(Change):
    """Waits for the outside around an activity become longer or shorter."""

    kind: Literal["delay"] = "delay"
    activity: str
    factor: float | None = Field(None, ge=0, description="The delay is multiplied by this.")
    time: Distribution | None = Field(None, description="Or it becomes this.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.factor is None) == (self.time is None):
            raise ValueError("delay: give either factor or time")
        return self

    def apply(self, twin: "Twin") -> "Twin":
        """Change every delay before or after the activity."""
        activity_of(twin, self.activity)
        concerned = [self.activity in (delay.before, delay.after) for delay in twin.delays]
        if not any(concerned):
            known = [f"{delay.after or '…'} → {delay.before or '…'}" for delay in twin.delays]
            raise ScenarioError(f"no delay lies before or after {self.activity!r}; delays: {listed(known) or 'none'}")
        return twin.replace(
            delays=tuple(
                new
                for delay, mine in zip(twin.delays, concerned, strict=True)
                for new in (self._changed(delay) if mine else [delay])
            )
        )

    def _changed(self, delay: "StepDelay") -> "list[StepDelay]":
        """The delay that takes its place; with a go-live the old one before, the new one after."""
        new = delay.model_copy(update={"time": self.time or delay.time.scaled(self.factor or 0.0)})
        if self.since is None:
            return [new]
        before, after = both(delay.when, self.condition(before=True)), both(delay.when, self.condition())
        return [delay.model_copy(update={"when": before}), new.model_copy(update={"when": after})]

    def describe(self) -> str:
        """Say how the delays change."""
        if self.factor is None:
            return say("other delays around {activity}", activity=self.activity)
        return say("{change} delays around {activity}", change=times(self.factor), activity=self.activity)


def _scaled(errors: Mistakes, factor: float, when: str | None) -> Mistakes:
    """Errors with a larger or smaller share (never above one), or with a factor that holds under a condition."""
    if when is None:
        return errors.model_copy(update={"share": min(1.0, errors.share * factor)})
    return errors.model_copy(update={"factors": (*errors.factors, Factor(when=when, factor=factor))})


def _with_stretch(block: Sequence, low: int, high: int, new: tuple[Any, ...], when: str | None) -> Sequence:
    """Put other steps in the place of some; under a condition cases choose as they come to the place."""
    old = block.sequence[low:high]
    if when is not None:
        ways = [{"when": when, "do": Sequence(sequence=new)}, {"share": 1.0, "do": Sequence(sequence=old)}]
        new = (Choice.model_validate({"xor": ways}),)
    return Sequence(sequence=(*block.sequence[:low], *new, *block.sequence[high:]))


def _place(block: Sequence, activity: str) -> int | None:
    """Where in a sequence a step lies that is, or holds, the activity."""
    return next((place for place, step in enumerate(block.sequence) if contains(step, activity)), None)


def _stretch_of(block: Any, activities: Iterable[str]) -> list[int]:
    """Where in a sequence steps that lie side by side hold one of the activities each; empty where they do not."""
    if not isinstance(block, Sequence):
        return []
    found = sorted(place for name in activities if (place := _place(block, name)) is not None)
    whole = found == list(range(found[0], found[0] + len(list(activities)))) if found else False
    return found if whole else []


def _as_done(twin: "Twin", activities: tuple[str, ...]) -> tuple[str, ...]:
    """Activities in the order in which a sequence does them today; as given where none does."""
    order = list(activities)

    def look(block: Any) -> Any:
        if _stretch_of(block, activities):
            order.sort(key=lambda name: _place(block, name) or 0)
        return block

    every_routing(twin, lambda routing: rewritten(routing, look) if isinstance(routing, BlockRouting) else routing)
    return tuple(order)


def _change_routings(
    change: Any, twin: "Twin", rewrite: Callable[[Any], Any], run: tuple[str, ...], block: ParallelBlock
) -> "Twin":
    """Rewrite sequences of blocks, and fold the stretch of a history into one step; refuse where neither is there."""
    for name in run:
        if name not in twin.activities:
            unknown("activity", name, twin.activities)
    key, folds = block_name(change, run), isinstance(change, Parallelise)

    def one(routing: Any) -> Any:
        if isinstance(routing, BlockRouting):
            return rewritten(routing, rewrite)
        if not isinstance(routing, HistoryRouting):
            return routing
        nonlocal folds
        new = folded(routing, run, key, block)
        if new != routing:
            folds = True
            change.from_the_start("the memory of a fitted routing holds for the whole run")
        return new

    changed = every_routing(twin, one)
    if changed.routing == twin.routing and changed.case_types == twin.case_types:
        _refuse(twin, run)
    chosen = still_chosen(changed, run, key)
    return changed.replace(delays=carried(twin, run, key), share_changes=chosen) if folds else changed


def block_name(change: Change, run: tuple[str, ...]) -> str:
    """What the step that takes the place of a stretch is called."""
    return " + ".join(run) if isinstance(change, Parallelise) else " → ".join(reversed(run))


def _refuse(twin: "Twin", run: tuple[str, ...]) -> NoReturn:
    """Say why a stretch cannot be rearranged."""
    kinds = (twin.routing, *(kind.routing for kind in twin.case_types.values()))
    for routing in kinds:
        if isinstance(routing, HistoryRouting):
            refuse_history(routing, run)
    graph = any(isinstance(routing, GraphRouting) for routing in kinds)
    if graph:
        raise ScenarioError(f"{listed(run)}: a routing drawn as a BPMN graph is rearranged in the diagram itself")
    blocks = [routing.root for routing in kinds if isinstance(routing, BlockRouting)]
    raise ScenarioError(
        f"no sequence of the twin does {listed(run)} right after one another; what it does one by one: "
        + "; ".join(" → ".join(names) for root in blocks for names in rows_of(root))
    )
