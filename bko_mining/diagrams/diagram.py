"""A diagram as a value: activities, gateways and events, and the flows between them, in the sense of BPMN 2.0."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

KINDS = ("start", "end", "activity", "xor", "and", "or", "event")
GATEWAYS = ("xor", "and", "or")


@dataclass(frozen=True, slots=True)
class Shape:
    """A node of a diagram.

    Attributes
    ----------
    kind : str
        ``start``, ``end``, ``activity``, ``xor``, ``and``, ``or`` (gateways) or ``event`` (between start and end).
    name : str
        What stands on it or beside it.
    timer : bool
        Whether an event between start and end waits for a time.
    """

    kind: str
    name: str = ""
    timer: bool = False


@dataclass(frozen=True, slots=True)
class Flow:
    """An arrow from one shape to another, what stands on it, and its identifier in the file it was read from."""

    source: str
    target: str
    name: str = ""
    key: str = ""


@dataclass(frozen=True)
class Diagram:
    """Shapes by their identifiers, in the order of the process, and the flows between them.

    Examples
    --------
    >>> shapes = {"a": Shape("start"), "b": Shape("activity", "Pay"), "c": Shape("end")}
    >>> Diagram(shapes, (Flow("a", "b"), Flow("b", "c"))).after["a"]
    (Flow(source='a', target='b', name='', key=''),)
    """

    shapes: Mapping[str, Shape]
    flows: tuple[Flow, ...]

    @cached_property
    def after(self) -> dict[str, tuple[Flow, ...]]:
        """The flows that leave each shape."""
        return {key: tuple(flow for flow in self.flows if flow.source == key) for key in self.shapes}

    @cached_property
    def before(self) -> dict[str, tuple[Flow, ...]]:
        """The flows that reach each shape."""
        return {key: tuple(flow for flow in self.flows if flow.target == key) for key in self.shapes}

    @property
    def activities(self) -> tuple[str, ...]:
        """Names of the activities, each once, in the order of the shapes."""
        return tuple(dict.fromkeys(shape.name for shape in self.shapes.values() if shape.kind == "activity"))

    def without_idle_gateways(self) -> "Diagram":
        """Leave out gateways with one way in and one way out: they decide nothing."""
        into, out = Counter(flow.target for flow in self.flows), Counter(flow.source for flow in self.flows)
        shapes, flows = dict(self.shapes), list(self.flows)
        for key, shape in self.shapes.items():
            if shape.kind in GATEWAYS and into[key] == out[key] == 1 and not shape.name:
                entry = next(flow for flow in flows if flow.target == key)
                leave = next(flow for flow in flows if flow.source == key)
                if entry.source == key:
                    continue
                flows[flows.index(entry)] = Flow(entry.source, leave.target, entry.name or leave.name)
                flows.remove(leave)
                del shapes[key]
        return Diagram(shapes, tuple(flows))
