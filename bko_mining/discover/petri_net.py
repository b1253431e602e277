"""Petri nets with at most one token a place: what a model allows, in a form that can be replayed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from bko_mining.discover.tree import Step


@dataclass(frozen=True)
class PetriNet:
    """Places, numbered from 0, and transitions that take a token from some and put one on others.

    Attributes
    ----------
    labels : tuple of str
        The activity of each transition, empty where it is silent.
    before, after : tuple of tuple of int
        The places each transition takes from and puts on.
    initial, final : tuple of int
        Places that hold a token at the start and at the end.
    passes : tuple of tuple of int
        The flows of a diagram that are run along when each transition fires; empty where the net was not drawn.
    passed_at_start : tuple of int
        Those that every case runs along before anything fires.
    """

    labels: tuple[str, ...]
    before: tuple[tuple[int, ...], ...]
    after: tuple[tuple[int, ...], ...]
    initial: tuple[int, ...]
    final: tuple[int, ...]
    passes: tuple[tuple[int, ...], ...] = ()
    passed_at_start: tuple[int, ...] = ()

    @property
    def n_places(self) -> int:
        """Number of places."""
        return 1 + max(place for group in (*self.before, *self.after, self.initial, self.final) for place in group)

    @property
    def activities(self) -> tuple[str, ...]:
        """The activities, each once, in the order of the transitions."""
        return tuple(dict.fromkeys(label for label in self.labels if label))

    # A marking is a number whose bit i says whether place i holds a token.

    @cached_property
    def start(self) -> int:
        """The marking at the start."""
        return _bits(self.initial)

    @cached_property
    def end(self) -> int:
        """The marking at the end."""
        return _bits(self.final)

    @cached_property
    def moves(self) -> tuple[tuple[int, int], ...]:
        """What each transition takes and puts, as markings."""
        return tuple((_bits(a), _bits(b)) for a, b in zip(self.before, self.after, strict=True))

    @cached_property
    def takers(self) -> dict[int, tuple[int, ...]]:
        """The transitions that take from each place."""
        return {p: tuple(t for t, group in enumerate(self.before) if p in group) for p in range(self.n_places)}

    def enabled(self, marking: int) -> Iterator[int]:
        """Yield the transitions that can fire."""
        moves = self.moves
        seen: set[int] = set()
        rest = marking
        while rest:
            place = (rest & -rest).bit_length() - 1
            rest &= rest - 1
            for t in self.takers[place]:
                if t not in seen and marking & moves[t][0] == moves[t][0]:
                    seen.add(t)
                    yield t

    def fire(self, marking: int, transition: int) -> int:
        """Return the marking after a transition."""
        takes, puts = self.moves[transition]
        return (marking & ~takes) | puts


def _bits(places: Iterable[int]) -> int:
    marking = 0
    for place in places:
        marking |= 1 << place
    return marking


@dataclass
class NetBuilder:
    """Collects the places and transitions of a net."""

    n_places: int = 0
    labels: list[str] = field(default_factory=list)
    before: list[tuple[int, ...]] = field(default_factory=list)
    after: list[tuple[int, ...]] = field(default_factory=list)
    passes: list[tuple[int, ...]] = field(default_factory=list)
    passed_at_start: tuple[int, ...] = ()

    def place(self) -> int:
        """Add a place."""
        self.n_places += 1
        return self.n_places - 1

    def transition(self, before: Iterable[int], after: Iterable[int], label: str = "") -> None:
        """Add a transition; without a label it is silent."""
        self.labels.append(label)
        self.before.append(tuple(before))
        self.after.append(tuple(after))

    def net(self, initial: Iterable[int], final: Iterable[int]) -> PetriNet:
        """Return the finished net."""
        moves = tuple(self.labels), tuple(self.before), tuple(self.after)
        return PetriNet(*moves, tuple(initial), tuple(final), tuple(self.passes), self.passed_at_start)


def net_of_tree(tree: Step) -> PetriNet:
    """Return the net that allows what a process tree allows.

    Examples
    --------
    >>> net_of_tree(Step("sequence", "", (Step("activity", "a"), Step("activity", "b")))).labels
    ('a', 'b')
    """
    made = NetBuilder()
    first, last = made.place(), made.place()
    _add(made, tree, first, last)
    return without_idle_moves(made.net((first,), (last,)))


def _add(made: NetBuilder, tree: Step, first: int, last: int) -> None:
    if tree.kind in ("activity", "silent"):
        made.transition((first,), (last,), tree.name)
    elif tree.kind == "sequence":
        places = [first, *(made.place() for _ in tree.children[1:]), last]
        for child, here, there in zip(tree.children, places[:-1], places[1:], strict=True):
            _add(made, child, here, there)
    elif tree.kind == "choice":
        for child in tree.children:
            _add(made, child, first, last)
    elif tree.kind == "parallel":
        ends = [(made.place(), made.place()) for _ in tree.children]
        made.transition((first,), [here for here, _ in ends])
        for child, (here, there) in zip(tree.children, ends, strict=True):
            _add(made, child, here, there)
        made.transition([there for _, there in ends], (last,))
    else:
        _add_loop(made, tree, first, last)


def _add_loop(made: NetBuilder, tree: Step, first: int, last: int) -> None:
    """A loop shares neither its entry nor its exit: another branch must not jump into it."""
    entry, done = made.place(), made.place()
    made.transition((first,), (entry,))
    _add(made, tree.children[0], entry, done)
    for child in tree.children[1:]:
        _add(made, child, done, entry)
    made.transition((done,), (last,))


def without_idle_moves(net: PetriNet) -> PetriNet:
    """Leave out silent transitions that only pass one token on, where nothing else can be done with it (Murata 1989).

    What the net allows stays the same; there is less to search. The flows that such a transition runs along are run
    along by those that put a token before it, or by those that take the one behind it.
    """
    made = NetBuilder(
        net.n_places, list(net.labels), list(net.before), list(net.after), list(net.passes), net.passed_at_start
    )
    initial, final = net.initial, net.final
    t = 0
    while t < len(made.labels):
        (before, after), label = (made.before[t], made.after[t]), made.labels[t]
        fused = None
        if not label and len(before) == len(after) == 1 and before != after:
            fused = _fused(made, before[0], after[0], initial, final)
        if fused is None:
            t += 1
            continue
        gone, kept = fused
        if made.passes:
            _hand_over(made, t, gone, at_start=gone in initial)
        del made.labels[t], made.before[t], made.after[t]
        made.before = [_renamed(group, gone, kept) for group in made.before]
        made.after = [_renamed(group, gone, kept) for group in made.after]
        initial, final = _renamed(initial, gone, kept), _renamed(final, gone, kept)
        t = 0
    used = sorted({place for group in (*made.before, *made.after, initial, final) for place in group})
    numbers = {place: number for number, place in enumerate(used)}
    made.before = [tuple(numbers[place] for place in group) for group in made.before]
    made.after = [tuple(numbers[place] for place in group) for group in made.after]
    return made.net([numbers[place] for place in initial], [numbers[place] for place in final])


def _hand_over(made: NetBuilder, idle: int, gone: int, *, at_start: bool) -> None:
    """Let others run along the flows of a transition that is left out with a place."""
    own = made.passes[idle]
    ends = made.after if gone in made.before[idle] else made.before
    made.passes = [flows + own if gone in end else flows for flows, end in zip(made.passes, ends, strict=True)]
    made.passed_at_start += own if at_start else ()
    del made.passes[idle]


def _fused(
    made: NetBuilder, source: int, target: int, initial: tuple[int, ...], final: tuple[int, ...]
) -> tuple[int, int] | None:
    """Which place goes and which is kept, if a silent transition from one to the other can be left out."""
    if any(source in group and target in group for group in (*made.before, *made.after, initial, final)):
        return None
    if sum(source in group for group in made.before) == 1 and source not in final:
        return source, target
    if sum(target in group for group in made.after) == 1 and target not in (*initial, *final):
        return target, source
    return None


def _renamed(group: tuple[int, ...], gone: int, kept: int) -> tuple[int, ...]:
    return tuple(kept if place == gone else place for place in group)
