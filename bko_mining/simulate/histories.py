"""A history routing as a chain of states: each state is the longest known context, its shares are already mixed."""

from collections.abc import Callable

from bko_mining.errors import SimulationError
from bko_mining.simulate.net import Kind, Net, Way
from bko_mining.twin.conditions import parse_condition
from bko_mining.twin.routing import END, START, HistoryRouting, LeftOut
from bko_mining.twin.values import Part

Steps = tuple[str, ...]


class HistoryWriter:
    """Writes the states of one history routing into the net.

    With n donors of a context behind a state, the next step follows their counts with probability n / (n + backing) and
    those of the next shorter context else. The mixture is a plain distribution, so it is worked out once.
    """

    def __init__(self, net: Net, routing: HistoryRouting, follow: int, write: Callable[[Net, Part, int], int]) -> None:
        self._net = net
        self._routing = routing
        self._follow = follow
        self._write = write
        self._past: dict[int, str] = {}
        self._left_out = {rule.activity: rule for rule in routing.left_out}
        self._counts = {context.after: context for context in routing.contexts}
        # Prefixes of known contexts are states too, or a long memory could not be built up step by step.
        self._known = {after[:k] for after in self._counts for k in range(len(after) + 1)} | {()}
        self._mixed: dict[Steps, dict[str, float]] = {}
        self._state: dict[tuple[str, Steps], tuple[int, int]] = {}

    def begin(self) -> int:
        """Write all states that can be reached; returns where a case begins."""
        pick = self._net.add(Kind.PICK)
        todo = [(pick, self._longest((START,)))]
        while todo:
            node, context = todo.pop()
            ways = []
            for step, share in self._shares(context, without=self._past.get(node)).items():
                target = self._follow if step == END else self._enter(step, self._longest((*context, step)), todo)
                ways.append(Way(target, share))
            self._net.nodes[node].ways = ways
        return pick

    def _enter(self, step: str, context: Steps, todo: list[tuple[int, Steps]]) -> int:
        key = (step, context)
        if key not in self._state:
            entry, leave = self._block(step) if step in self._routing.blocks else self._activity(step)
            todo.append((leave, context))
            if step in self._left_out:
                entry, past = self._perhaps(self._left_out[step], entry)
                todo.append((past, context))
            self._state[key] = entry, leave
        return self._state[key][0]

    def _activity(self, step: str) -> tuple[int, int]:
        node = self._net.add(Kind.ACTIVITY, step)
        return node, node

    def _perhaps(self, rule: LeftOut, entry: int) -> tuple[int, int]:
        """A choice before a step between it and the way past it, which leads on as the step does."""
        past = self._net.add(Kind.PICK, rule.activity)
        self._past[past] = rule.activity
        certain = rule.share == 1 and rule.when is not None
        out = Way(past, None if certain else rule.share, parse_condition(rule.when) if rule.when else ())
        pick = self._net.add(Kind.PICK)
        self._net.nodes[pick].ways = [out, Way(entry, 1.0 if certain else 1.0 - rule.share)]
        self._net.nodes[pick].stands_for = rule.activity
        return pick, past

    def _block(self, step: str) -> tuple[int, int]:
        join = self._net.add(Kind.JOIN, step)
        fork = self._net.add(Kind.FORK, step)
        branches = self._routing.blocks[step].branches
        self._net.nodes[fork].ways = [Way(self._write(self._net, branch, join)) for branch in branches]
        self._net.nodes[fork].join = join
        return fork, join

    def _longest(self, steps: Steps) -> Steps:
        while steps not in self._known:
            steps = steps[1:]
        return steps

    def _shares(self, context: Steps, *, without: str | None = None) -> dict[str, float]:
        """What follows; whoever left a step out does not come back to it at once."""
        mixed = self._mixture(context)
        if without in mixed:
            mixed = {step: share for step, share in mixed.items() if step != without} or {END: 1.0}
        if not mixed:
            raise SimulationError(f"the history routing does not say what follows {' → '.join(context) or 'the start'}")
        total = sum(mixed.values())
        return {step: share / total for step, share in mixed.items()}

    def _mixture(self, context: Steps) -> dict[str, float]:
        if context not in self._mixed:
            shorter = self._mixture(self._longest(context[1:])) if context else {}
            known = self._counts.get(context)
            if known is None:
                self._mixed[context] = shorter
            else:
                total = sum(known.next.values())
                n = total if known.n is None else known.n
                own = n / (n + self._routing.backing) if shorter and n + self._routing.backing > 0 else 1.0
                mixed = {step: (1 - own) * share for step, share in shorter.items() if own < 1}
                for step, count in known.next.items():
                    mixed[step] = mixed.get(step, 0.0) + own * count / total
                self._mixed[context] = mixed
        return self._mixed[context]
