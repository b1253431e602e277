"""The vocabulary of rules: a small YAML language that an auditor can read.

One mapping a rule; ``rule`` says its kind::

    - {rule: must_occur, activity: Receive goods}
    - {rule: must_precede, first: Approve, then: Pay}
    - {rule: must_not_follow, first: Pay, then: Change bank details}
    - {rule: four_eyes, activities: [Prepare, Approve]}
    - {rule: segregation, activities: [Register vendor, Pay]}
    - {rule: within, first: Receive, then: Pay, limit: 5 working days}
    - {rule: approval_above, amount: value, above: 10000, activity: Approve by director}
    - {rule: only_by, activity: Approve, roles: [Manager]}
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from bko_mining.arguments import text_of
from bko_mining.errors import LogError
from bko_mining.words import number, say

_LIMIT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(working )?(minutes?|hours?|days?)\s*")
_MICROSECONDS = {"minute": 60_000_000, "hour": 3_600_000_000, "day": 86_400_000_000}


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str | None = Field(None, description="What the rule is called in tables; its sentence otherwise.")

    @property
    def sentence(self) -> str:
        """The rule in words, in the language in force."""
        return self.name or self.describe()

    def describe(self) -> str:
        """Say what must be."""
        raise NotImplementedError


class MustOccur(_Rule):
    """The activity occurs in every case."""

    rule: Literal["must_occur"] = "must_occur"
    activity: str

    def describe(self) -> str:
        """Say what must be."""
        return say("“{name}” occurs in every case", name=self.activity)


class MustPrecede(_Rule):
    """Wherever ``then`` occurs, ``first`` has occurred before."""

    rule: Literal["must_precede"] = "must_precede"
    first: str
    then: str

    def describe(self) -> str:
        """Say what must be."""
        return say("“{first}” comes before “{then}”", first=self.first, then=self.then)


class MustNotFollow(_Rule):
    """After ``first``, ``then`` does not occur any more."""

    rule: Literal["must_not_follow"] = "must_not_follow"
    first: str
    then: str

    def describe(self) -> str:
        """Say what must be."""
        return say("“{then}” never comes after “{first}”", first=self.first, then=self.then)


class FourEyes(_Rule):
    """In each case the two activities are done by different persons."""

    rule: Literal["four_eyes"] = "four_eyes"
    activities: tuple[str, str]

    def describe(self) -> str:
        """Say what must be."""
        return say("“{a}” and “{b}” of a case are done by two people", a=self.activities[0], b=self.activities[1])


class Segregation(_Rule):
    """Nobody ever does both activities, in whatever case."""

    rule: Literal["segregation"] = "segregation"
    activities: tuple[str, str]

    def describe(self) -> str:
        """Say what must be."""
        return say("nobody does both “{a}” and “{b}”", a=self.activities[0], b=self.activities[1])


class Within(_Rule):
    """From the end of ``first`` to the end of the next ``then`` no more than ``limit`` passes.

    ``limit``: ``36 hours``, ``5 days``, ``20 working hours``, ``5 working days`` (a working day is a fifth of the
    week's
    working hours).
    """

    rule: Literal["within"] = "within"
    first: str
    then: str
    limit: str

    @field_validator("limit")
    @classmethod
    def _readable(cls, text: str) -> str:
        if not _LIMIT.fullmatch(text):
            raise ValueError(f"{text!r} is no limit; write one such as '36 hours' or '5 working days'")
        return text

    @property
    def working(self) -> bool:
        """Whether the limit is working time."""
        return "working" in self.limit

    def microseconds(self, weekly_hours: float) -> float:
        """The limit; a working day is a fifth of the week's working hours."""
        found = _LIMIT.fullmatch(self.limit)
        amount, working, unit = found.groups() if found else ("0", None, "day")
        name = unit.removesuffix("s")
        size = weekly_hours / 5 * _MICROSECONDS["hour"] if working and name == "day" else _MICROSECONDS[name]
        return float(amount) * size

    def describe(self) -> str:
        """Say what must be."""
        found = _LIMIT.fullmatch(self.limit)
        amount, working, unit = found.groups() if found else ("0", None, "day")
        name = ("working " if working else "") + unit.removesuffix("s") + ("" if float(amount) == 1 else "s")
        digits = 0 if float(amount).is_integer() else 1
        limit = f"{number(float(amount), digits)} {say(name)}"
        return say("“{then}” within {limit} of “{first}”", first=self.first, then=self.then, limit=limit)


class ApprovalAbove(_Rule):
    """In cases with more than ``above`` in the column ``amount``, the activity occurs."""

    rule: Literal["approval_above"] = "approval_above"
    amount: str
    above: float
    activity: str

    def describe(self) -> str:
        """Say what must be."""
        return say(
            "“{name}” occurs where {amount} is above {limit}",
            name=self.activity,
            amount=self.amount,
            limit=number(self.above),
        )


class OnlyBy(_Rule):
    """The activity is done by these roles (or resources) only."""

    rule: Literal["only_by"] = "only_by"
    activity: str
    roles: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()

    def describe(self) -> str:
        """Say what must be."""
        return say("“{name}” is done by {who} only", name=self.activity, who=", ".join((*self.roles, *self.resources)))


Rule = MustOccur | MustPrecede | MustNotFollow | FourEyes | Segregation | Within | ApprovalAbove | OnlyBy
_RULES: TypeAdapter[list[Rule]] = TypeAdapter(list[Annotated[Rule, Field(discriminator="rule")]])


def read_rules(rules: str | Path | Iterable[Any]) -> tuple[Rule, ...]:
    """Read rules from a YAML file, YAML text, or a list of mappings or rules.

    Raises
    ------
    LogError
        If a rule is unknown or incomplete; the message names its place and the problem.

    Examples
    --------
    >>> read_rules("- {rule: must_occur, activity: Pay}")[0].describe()
    '“Pay” occurs in every case'
    """
    data: Any = rules
    if isinstance(rules, Path) or (isinstance(rules, str) and "\n" not in rules and rules.endswith((".yaml", ".yml"))):
        data = yaml.safe_load(text_of(rules, error=LogError))
    elif isinstance(rules, str):
        data = yaml.safe_load(rules)
    if not isinstance(data, Sequence):
        data = list(data) if isinstance(data, Iterable) and not isinstance(data, dict | str) else [data]
    plain = [rule.model_dump(exclude_none=True) if isinstance(rule, BaseModel) else rule for rule in data]
    try:
        return tuple(_RULES.validate_python(plain))
    except ValidationError as problem:
        first = problem.errors()[0]
        place = " → ".join(str(part) for part in first["loc"][1:]) or "rule"
        known = ", ".join(str(kind.model_fields["rule"].default) for kind in Rule.__args__)
        where = int(first["loc"][0]) + 1 if first["loc"] else 1
        raise LogError(f"rule {where}, {place}: {first['msg']}; the kinds of rules are {known}") from None
