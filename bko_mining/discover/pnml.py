"""PNML (ISO/IEC 15909-2): Petri nets to and from other tools."""

import xml.etree.ElementTree as ET
from pathlib import Path

from bko_mining.diagrams.bpmn_file import parse_xml
from bko_mining.discover.petri_net import PetriNet
from bko_mining.errors import LogError

_PNML = "http://www.pnml.org/version-2009/grammar/pnml"
_TYPE = "http://www.pnml.org/version-2009/grammar/pnmlcoremodel"
_SILENT = ("$invisible$",)


def write_pnml(net: PetriNet, path: str | Path) -> Path:
    """Write a net as PNML (ISO/IEC 15909-2) with its final marking; the same net always gives the same bytes."""
    ET.register_namespace("", _PNML)
    root = ET.Element(f"{{{_PNML}}}pnml")
    drawn = ET.SubElement(root, f"{{{_PNML}}}net", {"id": "net", "type": _TYPE})
    page = ET.SubElement(drawn, f"{{{_PNML}}}page", {"id": "page"})
    for place in range(net.n_places):
        element = ET.SubElement(page, f"{{{_PNML}}}place", {"id": f"p{place}"})
        _text(element, "name", f"p{place}")
        if place in net.initial:
            _text(element, "initialMarking", "1")
    arcs = 0
    for t, label in enumerate(net.labels):
        element = ET.SubElement(page, f"{{{_PNML}}}transition", {"id": f"t{t}"})
        _text(element, "name", label or f"tau {t}")
        if not label:
            about = {"tool": "ProM", "version": "6.4", "activity": "$invisible$"}
            ET.SubElement(element, f"{{{_PNML}}}toolspecific", about)
        ends = [(f"p{p}", f"t{t}") for p in net.before[t]] + [(f"t{t}", f"p{p}") for p in net.after[t]]
        for source, target in ends:
            ET.SubElement(page, f"{{{_PNML}}}arc", {"id": f"a{arcs}", "source": source, "target": target})
            arcs += 1
    finals = ET.SubElement(drawn, f"{{{_PNML}}}finalmarkings")
    marking = ET.SubElement(finals, f"{{{_PNML}}}marking")
    for place in net.final:
        _text(ET.SubElement(marking, f"{{{_PNML}}}place", {"idref": f"p{place}"}), "", "1")
    ET.indent(root)
    target_path = Path(path)
    target_path.write_bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")
    return target_path


def _text(element: ET.Element, tag: str, text: str) -> None:
    holder = ET.SubElement(element, f"{{{_PNML}}}{tag}") if tag else element
    ET.SubElement(holder, f"{{{_PNML}}}text").text = text


def read_pnml(path: str | Path) -> PetriNet:
    """Read a net from PNML; where the file names no final marking, the places without a way out are it.

    Raises
    ------
    LogError
        If the file holds no net, or arcs that carry several tokens.
    """
    elements: dict[str, list[ET.Element]] = {}
    for element in parse_xml(path).iter():
        elements.setdefault(element.tag.rpartition("}")[2], []).append(element)
    places = [element for element in elements.get("place", []) if element.get("id")]
    transitions = elements.get("transition", [])
    if not places or not transitions:
        raise LogError(f"{path} holds {len(places)} places and {len(transitions)} transitions, so it is no Petri net")
    numbers = {element.get("id"): place for place, element in enumerate(places)}
    before: dict[str, list[int]] = {element.get("id") or "": [] for element in transitions}
    after: dict[str, list[int]] = {key: [] for key in before}
    for arc in elements.get("arc", []):
        source, target = arc.get("source") or "", arc.get("target") or ""
        if _words(arc, "inscription") not in ("", "1"):
            raise LogError(
                f"{path}: the arc from {source!r} to {target!r} carries several tokens; such nets are not read"
            )
        if source in numbers and target in before:
            before[target].append(numbers[source])
        elif source in after and target in numbers:
            after[source].append(numbers[target])
    initial = [place for place, element in enumerate(places) if _words(element, "initialMarking") not in ("", "0")]
    marked = [
        numbers[e.get("idref")] for e in elements.get("place", []) if e.get("idref") in numbers and _words(e) != "0"
    ]
    fed = {place for group in before.values() for place in group}
    net = PetriNet(
        labels=tuple(_label(element) for element in transitions),
        before=tuple(map(tuple, before.values())),
        after=tuple(map(tuple, after.values())),
        initial=tuple(initial)
        or tuple(sorted(set(range(len(places))) - {p for group in after.values() for p in group})),
        final=tuple(marked) or tuple(sorted(set(range(len(places))) - fed)),
    )
    if not net.initial or not net.final:
        raise LogError(f"{path} says neither where a case begins nor where it ends; mark a place with a token")
    return net


def _words(element: ET.Element, tag: str = "") -> str:
    holder = next((one for one in element if one.tag.rpartition("}")[2] == tag), None) if tag else element
    texts = (
        [] if holder is None else [one.text or "" for one in holder if one.tag.rpartition("}")[2] in ("text", "value")]
    )
    return " ".join(" ".join(texts).split()).removeprefix("Default,")


def _label(element: ET.Element) -> str:
    for child in element:
        if child.tag.rpartition("}")[2] == "toolspecific" and child.get("activity") in _SILENT:
            return ""
    return _words(element, "name")
