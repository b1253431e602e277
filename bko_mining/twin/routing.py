"""The way of a case through the activities, written one of three ways.

*Blocks* are for writing by hand: sequences, choices, parallel blocks and loops inside one another. A *graph* holds the
nodes and flows of a BPMN diagram. A *history* routing is for fitting: the next step depends on the latest steps done,
by counts, with a shorter memory where the longer one has too few donors.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, GetJsonSchemaHandler, Tag, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from bko_mining.twin.conditions import Condition
from bko_mining.twin.values import Delay, Part, Share

START = "(start)"
"""Stands for the arrival of a case in contexts and delays."""

END = "(end)"
"""Stands for the end of a case (or of a branch of a parallel block) in counts."""


class Branch(Part):
    """One way out of a choice. The first branch whose ``when`` holds and that has no share is taken; else by share.

    A branch with both counts with its share only where its condition holds. Shares without conditions must add up to
    one; those whose conditions hold are made to.
    """

    share: float | None = Field(None, ge=0)
    when: Condition | None = None
    do: "Block" = Field(None, description="What happens on this branch; nothing if left out.")

    @model_validator(mode="after")
    def _some_reason(self) -> Self:
        if self.share is None and self.when is None:
            raise ValueError("a branch needs a share, a when, or both")
        return self


class Sequence(Part):
    """One block after the other."""

    sequence: "tuple[Block, ...]"

    @model_validator(mode="before")
    @classmethod
    def _from_a_list(cls, data: Any) -> Any:
        return {"sequence": data} if isinstance(data, list | tuple) else data

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [handler(core_schema), {"type": "array"}]}


class Choice(Part):
    """Exactly one of several branches."""

    xor: tuple[Branch, ...] = Field(min_length=1)


class Parallel(Part):
    """All branches side by side; the case goes on when all are done."""

    parallel: "tuple[Block, ...]" = Field(alias="and", min_length=1)
    name: str = Field("", description="Name for delays before the block and for share changes.")


class Some(Part):
    """Each branch independently with its share (at least one: the likeliest if chance picks none)."""

    some: tuple[Branch, ...] = Field(alias="or", min_length=1)


class Repeat(Part):
    """What is repeated: the body, and with probability ``again`` the way back."""

    do: "Block"
    again: Share = Field(description="Probability of another round after each round.")
    when: Condition | None = Field(None, description="Another round only where this holds.")
    redo: "Block" = Field(None, description="Done on the way back.")
    at_most: int | None = Field(None, ge=1, description="Goes on after so many visits of its first activity.")


class Loop(Part):
    """A block that may be repeated."""

    loop: Repeat


class Pause(Part):
    """A wait for the outside as a step of its own."""

    delay: Delay


_TAGS = {"sequence": Sequence, "xor": Choice, "and": Parallel, "or": Some, "loop": Loop, "delay": Pause}


def _tag(data: Any) -> str | None:
    if data is None:
        return "nothing"
    if isinstance(data, str):
        return "activity"
    if isinstance(data, list | tuple):
        return "sequence"
    if isinstance(data, dict):
        aliases = {"parallel": "and", "some": "or"}
        return next((aliases.get(key, key) for key in data if aliases.get(key, key) in _TAGS), None)
    return next((tag for tag, kind in _TAGS.items() if isinstance(data, kind)), None)


Block = Annotated[
    Annotated[str, Tag("activity")]
    | Annotated[None, Tag("nothing")]
    | Annotated[Sequence, Tag("sequence")]
    | Annotated[Choice, Tag("xor")]
    | Annotated[Parallel, Tag("and")]
    | Annotated[Some, Tag("or")]
    | Annotated[Loop, Tag("loop")]
    | Annotated[Pause, Tag("delay")],
    Discriminator(
        _tag,
        custom_error_type="block",
        custom_error_message="a block is an activity's name, a list of blocks (a sequence), or a mapping with one of "
        "the keys sequence, xor, and, or, loop, delay",
    ),
]
"""An activity's name, or a sequence, choice, parallel block, or-block, loop or delay."""


class BlockRouting(Part):
    """Routing written as nested blocks."""

    kind: Literal["blocks"] = "blocks"
    root: Block


class Node(Part):
    """A node of a graph."""

    kind: Literal["start", "end", "activity", "xor", "and", "or", "delay"]
    activity: str | None = Field(None, description="activity: its name (else the node's id).")
    delay: Delay | None = Field(None, description="delay: how long.")
    name: str = ""


class Flow(Part):
    """A flow between two nodes; share and when matter behind xor and or nodes (see Branch)."""

    source: str = Field(alias="from")
    target: str = Field(alias="to")
    share: float | None = Field(None, ge=0)
    when: Condition | None = None


class GraphRouting(Part):
    """Routing as a BPMN graph: nodes by id, and flows."""

    kind: Literal["graph"]
    nodes: dict[str, Node]
    flows: tuple[Flow, ...]

    @model_validator(mode="after")
    def _connected(self) -> Self:
        unknown = {end for flow in self.flows for end in (flow.source, flow.target)} - set(self.nodes)
        if unknown:
            raise ValueError(f"flows name nodes that do not exist: {', '.join(sorted(unknown))}")
        starts = [name for name, node in self.nodes.items() if node.kind == "start"]
        if len(starts) != 1:
            raise ValueError(f"a graph needs exactly one start node, not {len(starts)}")
        idle = [name for name, node in self.nodes.items() if node.kind == "delay" and node.delay is None]
        if idle:
            raise ValueError(f"the delay node {idle[0]!r} needs to know how long: delay: 2 h")
        return self


class Context(Part):
    """What followed after some steps: counts of next steps (activities, parallel blocks, ``(end)``)."""

    after: tuple[str, ...] = Field(description="Latest steps, oldest first; a leading (start) anchors a whole prefix.")
    next: dict[str, Annotated[float, Field(ge=0)]] = Field(min_length=1, description="How often each step came next.")
    n: float | None = Field(None, description="Donors behind the counts; None: their sum.")


class LeftOut(Part):
    """A share of the cases goes past an activity of a history, on to what would follow it.

    With ``when`` only cases for which a condition holds as they come to it.
    """

    activity: str
    share: Share = 1.0
    when: Condition | None = None


class ParallelBlock(Part):
    """A step of a history routing whose branches run side by side; each branch is a routing of its own."""

    branches: "tuple[Routing, ...]" = Field(min_length=1)


class HistoryRouting(Part):
    """Variable-order Markov routing.

    The longest known context with n donors decides with probability n / (n + backing), else the next shorter one. The
    empty context must be there.
    """

    kind: Literal["history"]
    contexts: tuple[Context, ...]
    blocks: dict[str, ParallelBlock] = Field(default_factory=dict, description="Steps that are parallel blocks.")
    backing: float = Field(2.0, ge=0, description="Weight of the shorter memory, in donors.")
    left_out: tuple[LeftOut, ...] = Field((), description="Activities that cases go past, one rule an activity.")

    @model_validator(mode="after")
    def _has_a_beginning(self) -> Self:
        known = {context.after for context in self.contexts}
        if not known & {(), (START,)}:
            raise ValueError("a history routing needs the context after: [(start)] or after: []")
        names = [rule.activity for rule in self.left_out]
        if len(names) > len(set(names)):
            raise ValueError("an activity is left out by one rule only; join its conditions or shares")
        return self


def _routing_kind(data: Any) -> str:
    if isinstance(data, dict):
        return str(data.get("kind", "blocks"))
    return str(getattr(data, "kind", "plain"))


def _plain_blocks(data: Any) -> Any:
    is_form = isinstance(data, dict) and ("kind" in data or "root" in data)
    is_block = isinstance(data, list | tuple | str | dict) or _tag(data) in _TAGS
    return {"kind": "blocks", "root": data} if is_block and not is_form else data


_Forms = Annotated[
    Annotated[BlockRouting, Tag("blocks")]
    | Annotated[GraphRouting, Tag("graph")]
    | Annotated[HistoryRouting, Tag("history")],
    Discriminator(_routing_kind),
]
Routing = Annotated[_Forms, BeforeValidator(_plain_blocks, json_schema_input_type=_Forms | Block)]
"""Blocks (a bare list will do), a graph, or a history routing."""


class ShareChange(Part):
    """A change of where cases go: after one activity the share that goes to another is multiplied.

    It holds in every context; the freed share goes to the other ways in proportion (and is taken from them alike). With
    ``when`` it holds only under a condition, e.g. ``date >= 2026-07-01``.
    """

    after: str
    to: str
    factor: float = Field(ge=0)
    when: Condition | None = None


for _model in (Branch, Sequence, Choice, Parallel, Some, Repeat, Loop, BlockRouting, ParallelBlock, HistoryRouting):
    _model.model_rebuild()
