"""XES: what is nested, what is paired, and what is written is valid."""

from pathlib import Path

import pandas as pd
import pytest
from lxml import etree

from bko_mining.log.event_log import MISSING, EventLog
from bko_mining.log.reading import read_log

NESTED = """<?xml version="1.0" encoding="UTF-8"?><!-- made <by> hand --><log xes.version="1849.2016">
<global scope="event"><string key="concept:name" value="never"/></global>
<string key="creator" value="never"><int key="inner" value="9"/></string>
<trace><string key="concept:name" value="1"/>
 <string key="supplier" value="ACME &amp; Sons"><string key="country" value="BR"/></string>
 <event><string key="concept:name" value="A"/><date key="time:timestamp" value="2026-01-05T08:00:00-03:00"/>
  <string key="lifecycle:transition" value="schedule"/></event>
 <event><string key="concept:name" value="A"/><date key="time:timestamp" value="2026-01-05T08:30:00-03:00"/>
  <string key="lifecycle:transition" value="start"/></event>
 <event><string key="concept:name" value="A"/><date key="time:timestamp" value="2026-01-05T09:00:00-03:00"/>
  <string key="lifecycle:transition" value="complete"/>
  <float key="cost" value="10.5"><string key="currency" value="BRL"><boolean key="fixed" value="true"/></string></float>
  <list key="lines"><values><string key="item" value="pen"/><string key="item" value="ink"/></values></list>
  <container key="box"><int value="3" key="n"/></container></event>
 <event><string value='B' key='concept:name'/><date key="time:timestamp" value="2026-01-05T10:00:00-03:00"/>
  <string key="lifecycle:transition" value="complete"/><list key="lines"><values/></list></event>
</trace></log>"""

# The rules of the schema of IEEE 1849-2016 that a writer can break.
SCHEMA = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="http://www.xes-standard.org/"
 targetNamespace="http://www.xes-standard.org/" elementFormDefault="qualified">
<xs:simpleType name="Key"><xs:restriction base="xs:string"><xs:pattern value="[^\\n\\r\\t]+"/></xs:restriction></xs:simpleType>
<xs:group name="attributes"><xs:choice>%s</xs:choice></xs:group>
%s
<xs:complexType name="Element"><xs:sequence><xs:group ref="attributes" minOccurs="0" maxOccurs="unbounded"/></xs:sequence></xs:complexType>
<xs:complexType name="Global"><xs:complexContent><xs:extension base="Element">
 <xs:attribute name="scope" type="xs:NCName" use="required"/></xs:extension></xs:complexContent></xs:complexType>
<xs:complexType name="Trace"><xs:complexContent><xs:extension base="Element"><xs:sequence>
 <xs:element name="event" type="Element" minOccurs="0" maxOccurs="unbounded"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>
<xs:element name="log"><xs:complexType><xs:sequence>
 <xs:element name="extension" minOccurs="0" maxOccurs="unbounded"><xs:complexType>
  <xs:attribute name="name" type="xs:NCName" use="required"/><xs:attribute name="prefix" type="xs:NCName" use="required"/>
  <xs:attribute name="uri" type="xs:anyURI" use="required"/></xs:complexType></xs:element>
 <xs:element name="global" type="Global" minOccurs="0" maxOccurs="2"/>
 <xs:element name="classifier" minOccurs="0" maxOccurs="unbounded"><xs:complexType>
  <xs:attribute name="name" type="xs:NCName" use="required"/><xs:attribute name="scope" type="xs:NCName"/>
  <xs:attribute name="keys" type="xs:token" use="required"/></xs:complexType></xs:element>
 <xs:group ref="attributes" minOccurs="0" maxOccurs="unbounded"/>
 <xs:element name="trace" type="Trace" minOccurs="0" maxOccurs="unbounded">
  <xs:unique name="keys"><xs:selector xpath="*"/><xs:field xpath="@key"/></xs:unique></xs:element>
</xs:sequence><xs:attribute name="xes.version" type="xs:decimal" use="required"/><xs:attribute name="xes.features" type="xs:token"/>
</xs:complexType></xs:element></xs:schema>"""  # noqa: E501
TYPES = {"string": "string", "date": "dateTime", "int": "long", "float": "double", "boolean": "boolean", "id": "string"}


def schema() -> etree.XMLSchema:
    elements = "".join(f'<xs:element name="{name}" type="{name.title()}"/>' for name in TYPES)
    kinds = "".join(
        f'<xs:complexType name="{name.title()}"><xs:attribute name="key" type="Key" use="required"/>'
        f'<xs:attribute name="value" type="xs:{kind}" use="required"/></xs:complexType>'
        for name, kind in TYPES.items()
    )
    return etree.XMLSchema(etree.fromstring(SCHEMA % (elements, kinds)))


@pytest.fixture
def nested(tmp_path: Path) -> EventLog:
    path = tmp_path / "nested.xes"
    path.write_text(NESTED, encoding="utf-8")
    return read_log(path)


def test_nested_attributes_and_lists_are_columns(nested: EventLog) -> None:
    frame = nested.frame
    assert frame["activity"].tolist() == ["A", "B"]
    assert set(frame["case:supplier"]) == {"ACME & Sons"}
    assert set(frame["case:supplier:country"]) == {"BR"}
    first = frame.iloc[0]
    assert (first["cost"], first["cost:currency"], first["cost:currency:fixed"]) == (10.5, "BRL", True)
    assert (first["lines"], first["box:n"]) == ("pen; ink", 3)
    assert frame.iloc[1][["cost", "lines", "box:n"]].isna().all()
    assert not {"creator", "inner", "never"} & set(frame)


def test_schedule_start_and_complete_are_one_instance(nested: EventLog) -> None:
    first = nested.frame.iloc[0]
    assert [f"{first[name]:%H:%M}" for name in ("enabled", "start", "end")] == ["08:00", "08:30", "09:00"]
    assert (nested.start[1], nested.enabled[1]) == (MISSING, MISSING)


def test_what_is_written_is_valid_and_unique_in_its_keys(tmp_path: Path, nested: EventLog) -> None:
    odd = nested.with_attributes(
        {
            "lifecycle:transition": ["x", "y"],
            "a key\nof two lines": ["\x0bbell", 'tab\t"quote"'],
            "number": [float("inf"), float("nan")],
            "day": pd.to_datetime(["2026-01-05", None]),
        }
    )
    for name, log in {"nested": nested, "odd": odd}.items():
        document = etree.parse(log.write_xes(tmp_path / f"{name}.xes"))
        schema().assertValid(document)
        for event in document.iter("{*}event"):
            keys = [attribute.get("key") for attribute in event]
            assert len(keys) == len(set(keys))
    trace = next(document.iter("{*}trace"))
    own = {attribute.get("key"): attribute.get("value") for attribute in trace if attribute.get("key")}
    assert own == {"concept:name": "1", "supplier": "ACME & Sons", "supplier:country": "BR"}


def test_the_schema_refuses_what_it_should(tmp_path: Path, nested: EventLog) -> None:
    text = nested.write_xes(tmp_path / "log.xes").read_text(encoding="utf-8")
    for right, wrong in (('value="10.5"', 'value="10,5"'), ("1849.2016", "1849-2016"), ("-03:00", "-3")):
        assert right in text
        assert not schema().validate(etree.fromstring(text.replace(right, wrong).encode()))


def test_every_way_of_writing_a_tag_is_read_alike(tmp_path: Path, nested: EventLog) -> None:
    for change in (
        ('"', "'"),
        ("\n", "\r\n"),
        (" value=", "\n\tvalue = "),
        ("<string ", "<xes:string "),
        ("/>", " />"),
    ):
        path = tmp_path / "other.xes"
        path.write_text(NESTED.replace(*change), encoding="utf-8", newline="")
        pd.testing.assert_frame_equal(read_log(path).frame, nested.frame)
