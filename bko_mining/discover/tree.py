"""Process trees: models made of blocks, each a sequence, a choice, a parallel or a loop of smaller ones."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """A node of a process tree: ``sequence``, ``choice``, ``parallel``, ``loop``, ``activity`` or ``silent``.

    The first child of a loop is done, then any number of times one of the others and the first again.

    Examples
    --------
    >>> print(Step("choice", "", (Step("activity", "Pay"), Step("silent"))))
    choice('Pay', τ)
    """

    kind: str
    name: str = ""
    children: tuple["Step", ...] = ()

    def __str__(self) -> str:
        if self.kind in ("activity", "silent"):
            return repr(self.name) if self.name else "τ"
        return f"{self.kind}({', '.join(map(str, self.children))})"
