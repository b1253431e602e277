"""Attributes of cases and conditions on them, as Prosimos writes them (``case_attributes``, ``branch_rules``)."""

from collections.abc import Iterator
from itertools import product
from typing import Any

from bko_mining.twin.arrivals import Attribute
from bko_mining.twin.conditions import Comparison, parse_condition
from bko_mining.twin.prosimos_laws import read_law, write_law

Rules = list[list[dict[str, Any]]]


def read_attributes(data: dict[str, Any]) -> dict[str, Attribute]:
    """Read the attributes; words that only conditions name get no weight."""
    found: dict[str, Attribute] = {}
    for entry in data.get("case_attributes") or ():
        if entry["type"] == "discrete":
            words = {str(value["key"]): float(value["value"]) for value in entry["values"]}
            words |= {word: 0.0 for word in _words_in_rules(data, entry["name"]) if word not in words}
            found[entry["name"]] = Attribute(values=words)
        else:
            found[entry["name"]] = Attribute(distribution=read_law(entry["values"]))
    return found


def _words_in_rules(data: dict[str, Any], name: str) -> Iterator[str]:
    for rule in data.get("branch_rules") or ():
        for each in (each for group in rule["rules"] for each in group):
            if each["attribute"] == name and each["comparison"] == "=":
                yield str(each["value"])


def read_conditions(data: dict[str, Any]) -> dict[str, str | None]:
    """Read the rules by identifier as conditions; None for one that has no form here (an or of several things)."""
    return {rule["id"]: _condition(rule["rules"]) for rule in data.get("branch_rules") or ()}


def _condition(rules: Rules) -> str | None:
    common = [each for each in rules[0] if all(each in group for group in rules)]
    parts = [part for each in common for part in _comparisons(each)]
    rest = [[each for each in group if each not in common] for group in rules]
    if any(rest):
        words = _words(rest)
        if words is None:
            return None
        parts.append(words)
    return " and ".join(parts)


def _words(rest: Rules) -> str | None:
    """Alternatives that differ in the word for one attribute only."""
    alternatives = [group[0] for group in rest if len(group) == 1 and group[0]["comparison"] == "="]
    names = {each["attribute"] for each in alternatives}
    if len(alternatives) < len(rest) or len(names) != 1:
        return None
    return f"{_quoted(names.pop())} in [{', '.join(_quoted(str(each['value'])) for each in alternatives)}]"


def _comparisons(rule: dict[str, Any]) -> Iterator[str]:
    name = _quoted(rule["attribute"])
    if rule["comparison"] != "in":
        yield f"{name} == {_quoted(str(rule['value']))}"
        return
    low, high = (float(edge) for edge in rule["value"])
    if low > float("-inf"):
        yield f"{name} >= {low:.15g}"
    if high < float("inf"):
        yield f"{name} <= {high:.15g}"


def _quoted(word: str) -> str:
    return f'"{word}"'


def write_attributes(attributes: dict[str, Attribute]) -> list[dict[str, Any]]:
    """Write the attributes (the same for all case types)."""
    written: list[dict[str, Any]] = []
    for name, attribute in attributes.items():
        if attribute.distribution is not None:
            written.append({"name": name, "type": "continuous", "values": write_law(attribute.distribution)})
        else:
            total = sum((attribute.values or {}).values())
            words = [{"key": word, "value": weight / total} for word, weight in (attribute.values or {}).items()]
            written.append({"name": name, "type": "discrete", "values": words})
    return written


def write_condition(text: str, attributes: dict[str, Attribute]) -> Rules | None:
    """Write a condition as rules; None if it speaks of anything but attributes, or says that something is not so."""
    sides = [_sides(comparison, attributes) for comparison in parse_condition(text)]
    if any(side is None for side in sides):
        return None
    return [list(group) for group in product(*(side or [] for side in sides))]


def _sides(comparison: Comparison, attributes: dict[str, Attribute]) -> list[dict[str, Any]] | None:
    """The rules of which one must hold."""
    attribute = attributes.get(comparison.thing)
    if attribute is None or comparison.operator in ("!=", "not in"):
        return None
    if attribute.values is not None:
        words = [f"{each:g}" if isinstance(each, float) else str(each) for each in comparison.values]
        return [{"attribute": comparison.thing, "comparison": "=", "value": word} for word in words]
    edges = [
        ("-inf" if comparison.operator in ("<", "<=") else each, "inf" if comparison.operator in (">", ">=") else each)
        for each in comparison.values
    ]
    return [
        {"attribute": comparison.thing, "comparison": "in", "value": [str(edge) for edge in pair]} for pair in edges
    ]
