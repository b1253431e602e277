# ruff: noqa: E501
"""Files as back offices really send them, each with the log it must give or the error it must raise."""

import bz2
import gzip
import io
import json
import lzma
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import zstandard

from bko_mining.errors import LogError
from bko_mining.log.reading import read_log

PLAIN = "Case ID,Activity,Timestamp\n1,A,2026-01-05 08:00:00\n1,B,2026-01-05 09:30:00\n2,A,2026-01-06 08:00:00\n"
XES = (
    '<?xml version="1.0" encoding="UTF-8"?><log xes.version="1.0"><trace><string key="concept:name" value="1"/>'
    '<event><string key="concept:name" value="A &amp; B"/><date key="time:timestamp" value="2026-01-05T08:00:00Z"/></event>'
    '<event><string key="concept:name" value="C"/><date key="time:timestamp" value="2026-01-05T09:30:00Z"/></event>'
    "</trace></log>"
)


def csv(heading: str, *rows: str, newline: str = "\n") -> bytes:
    return newline.join((heading, *rows, "")).encode()


def dated(first: str, second: str) -> bytes:
    return csv("caso;atividade;data", f"1;A;{first}", f"1;B;{second}")


def zipped(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def workbook(*rows: tuple[Any, ...]) -> bytes:
    book, buffer = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(buffer)
    return buffer.getvalue()


def parquet(**columns: Any) -> bytes:
    buffer = io.BytesIO()
    pd.DataFrame(columns).to_parquet(buffer)
    return buffer.getvalue()


def ocel_sqlite() -> bytes:
    with sqlite3.connect(":memory:") as db:
        db.executescript(
            "CREATE TABLE object(ocel_id, ocel_type); CREATE TABLE event_map_type(ocel_type, ocel_type_map);"
            "CREATE TABLE event_object(ocel_event_id, ocel_object_id, ocel_qualifier);"
            "CREATE TABLE event_A(ocel_id, ocel_time); INSERT INTO object VALUES('o1', 'order');"
            "INSERT INTO event_map_type VALUES('a', 'A'); INSERT INTO event_A VALUES('e1', '2026-01-05T08:00:00Z');"
            "INSERT INTO event_A VALUES('e2', '2026-01-05T09:30:00Z');"
            "INSERT INTO event_object VALUES('e1', 'o1', ''); INSERT INTO event_object VALUES('e2', 'o1', '');"
        )
        return db.serialize()


JIRA = {
    "issues": [
        {
            "key": "OP-1",
            "fields": {"created": "2026-01-05T08:00:00.000-0300", "creator": {"displayName": "Ana"}},
            "changelog": {
                "histories": [
                    {
                        "author": {"displayName": "Bia"},
                        "created": "2026-01-05T09:30:00.000-0300",
                        "items": [{"field": "status", "fromString": "Aberto", "toString": "Feito"}],
                    }
                ]
            },
        }
    ]
}
PIPEFY = {
    "data": {"cards": [{"id": "9", "phases_history": [
        {"phase": {"name": "Triagem"}, "firstTimeIn": "2026-01-05T08:00:00Z", "lastTimeOut": "2026-01-05T09:30:00Z"},
        {"phase": {"name": "Pago"}, "firstTimeIn": "2026-01-05T09:30:00Z", "lastTimeOut": None}]}]}
}  # fmt: skip
OCEL = {
    "objectTypes": [{"name": "order", "attributes": []}], "eventTypes": [],
    "objects": [{"id": "o1", "type": "order"}],
    "events": [{"id": f"e{i}", "type": kind, "time": f"2026-01-05T0{8 + i}:00:00Z", "relationships": [{"objectId": "o1"}]}
               for i, kind in enumerate("AB")],
}  # fmt: skip
OCEL_XML = (
    '<log><objects><object id="o1" type="order"/></objects><events><event id="e1" type="A" time="2026-01-05T08:00:00Z">'
    '<objects><relationship object-id="o1" qualifier=""/></objects></event></events></log>'
)

# name: (file, cases, instances, activities in order of appearance, first instant UTC)
GOOD: dict[str, tuple[bytes, int, int, str, str]] = {
    "plain": (PLAIN.encode(), 2, 3, "A B", "2026-01-05 08:00"),
    "semicolon": (PLAIN.replace(",", ";").encode(), 2, 3, "A B", "2026-01-05 08:00"),
    "tab": (PLAIN.replace(",", "\t").encode(), 2, 3, "A B", "2026-01-05 08:00"),
    "pipe": (PLAIN.replace(",", "|").encode(), 2, 3, "A B", "2026-01-05 08:00"),
    "windows lines": (PLAIN.replace("\n", "\r\n").encode(), 2, 3, "A B", "2026-01-05 08:00"),
    "utf-8 mark": (b"\xef\xbb\xbf" + PLAIN.encode(), 2, 3, "A B", "2026-01-05 08:00"),
    "utf-16": (PLAIN.encode("utf-16"), 2, 3, "A B", "2026-01-05 08:00"),
    "utf-16 without mark": (PLAIN.encode("utf-16-le"), 2, 3, "A B", "2026-01-05 08:00"),
    "cp1252": ("Caso;Atividade;Data\n1;Análise;05/01/2026\n".encode("cp1252"), 1, 1, "Análise", "2026-01-05 00:00"),
    "excel sep line": (b"sep=;\n" + PLAIN.replace(",", ";").encode(), 2, 3, "A B", "2026-01-05 08:00"),
    "title lines": (b"Relatorio mensal\n\n" + PLAIN.encode(), 2, 3, "A B", "2026-01-05 08:00"),
    "trailing separators": (csv("case;activity;time;", "1;A;2026-01-05 08:00;"), 1, 1, "A", "2026-01-05 08:00"),
    "quoted separators": (csv("case,activity,time", '1,"A,x",2026-01-05 08:00'), 1, 1, "A,x", "2026-01-05 08:00"),
    "quoted lines": (csv("case,activity,time", '1,"A\nx",2026-01-05 08:00'), 1, 1, "A\nx", "2026-01-05 08:00"),
    "empty lines": (csv("case,activity,time", "", "1,A,2026-01-05 08:00", ""), 1, 1, "A", "2026-01-05 08:00"),
    "blanks around": (csv("case,activity,time", "1, A ,2026-01-05 08:00", "1,A,2026-01-05 09:00"), 1, 2, "A", "2026-01-05 08:00"),
    "equal headings": (csv("case,activity,time,x,x", "1,A,2026-01-05 08:00,1,2"), 1, 1, "A", "2026-01-05 08:00"),
    "portuguese": (csv("Nº do Caso;Atividade;Data/Hora Início;Data/Hora Fim", "1;A;05/01/2026 08:00;05/01/2026 09:00"), 1, 1, "A", "2026-01-05 08:00"),
    "disco": (csv("Case ID,Activity,Resource,Start Timestamp,Complete Timestamp,Variant", "1,A,R,2026/01/05 08:00:00.000,2026/01/05 09:00:00.000,V"), 1, 1, "A", "2026-01-05 08:00"),
    "celonis": (csv("_CASE_KEY,ACTIVITY_EN,EVENTTIME,USER_NAME", "1,A,2026-01-05 08:00:00,u"), 1, 1, "A", "2026-01-05 08:00"),
    "apromore": (csv("caseID,activity,resource,startTimestamp,endTimestamp", "1,A,R,2026-01-05T08:00:00,2026-01-05T09:00:00"), 1, 1, "A", "2026-01-05 08:00"),
    "pm4py": (csv("case:concept:name,concept:name,time:timestamp", "1,A,2026-01-05T08:00:00+00:00"), 1, 1, "A", "2026-01-05 08:00"),
    "agentsimulator": (csv("case_id,activity_name,resource,start_timestamp,end_timestamp", "1,A,R,2026-01-05T08:00:00Z,2026-01-05T09:00:00Z"), 1, 1, "A", "2026-01-05 08:00"),
    "bupar": (csv("patient,handling,employee,handling_id,registration_type,time", "1,A,r,7,start,2026-01-05T08:00:00Z", "1,A,r,7,complete,2026-01-05T09:00:00Z"), 1, 1, "A", "2026-01-05 08:00"),
    "day first": (dated("05/01/2026 08:00", "13/01/2026 09:00"), 1, 2, "A B", "2026-01-05 08:00"),
    "month first": (dated("01/05/2026 08:00", "01/13/2026 09:00"), 1, 2, "A B", "2026-01-05 08:00"),
    "am and pm": (dated("1/5/2026 8:00 AM", "1/5/2026 1:30 PM"), 1, 2, "A B", "2026-01-05 08:00"),
    "two-digit years": (dated("05/01/26 08:00", "31/01/26 08:00"), 1, 2, "A B", "2026-01-05 08:00"),
    "dots": (dated("05.01.2026 08:00:00,5", "31.01.2026 08:00:00,5"), 1, 2, "A B", "2026-01-05 08:00"),
    "month names": (dated("5 de janeiro de 2026 08:00", "6 de fev de 2026 08:00"), 1, 2, "A B", "2026-01-05 08:00"),
    "oracle": (dated("05-JAN-26 08.00.00.000000 AM", "05-FEB-26 01.00.00.000000 PM"), 1, 2, "A B", "2026-01-05 08:00"),
    "epoch seconds": (dated("1767600000", "1767603600"), 1, 2, "A B", "2026-01-05 08:00"),
    "epoch milliseconds": (dated("1767600000000", "1767603600000"), 1, 2, "A B", "2026-01-05 08:00"),
    "excel serials": (dated("46027,3333333333", "46028,5"), 1, 2, "A B", "2026-01-05 08:00"),
    "compact": (dated("20260105080000", "20260106080000"), 1, 2, "A B", "2026-01-05 08:00"),
    "compact days": (dated("20260105", "20260106"), 1, 2, "A B", "2026-01-05 00:00"),
    "mixed zones": (dated("2026-01-05T05:00:00-03:00", "2026-01-05T10:00:00+01:00"), 1, 2, "A B", "2026-01-05 08:00"),
    "mixed forms": (dated("2026-01-05 08:00", "31/01/2026 08:00"), 1, 2, "A B", "2026-01-05 08:00"),
    "named zone": (dated("2026-01-05 05:00 BRT", "2026-01-06 05:00 BRT"), 1, 2, "A B", "2026-01-05 08:00"),
    "nanoseconds": (dated("2026-01-05T08:00:00.123456789", "2026-01-06T08:00:00.123456789"), 1, 2, "A B", "2026-01-05 08:00"),
    "gzip": (gzip.compress(PLAIN.encode()), 2, 3, "A B", "2026-01-05 08:00"),
    "zstandard": (zstandard.compress(PLAIN.encode()), 2, 3, "A B", "2026-01-05 08:00"),
    "bzip2": (bz2.compress(PLAIN.encode()), 2, 3, "A B", "2026-01-05 08:00"),
    "xz": (lzma.compress(PLAIN.encode()), 2, 3, "A B", "2026-01-05 08:00"),
    "zip": (zipped(**{"log.csv": PLAIN, "__MACOSX/._log.csv": "x"}), 2, 3, "A B", "2026-01-05 08:00"),
    "gzip in zip": (zipped(**{"log.xes": XES}), 1, 2, "A & B,C", "2026-01-05 08:00"),
    "xes": (XES.encode(), 1, 2, "A & B,C", "2026-01-05 08:00"),
    "xes comment": (XES.replace("<trace>", '<!-- <event> --><trace>').encode(), 1, 2, "A & B,C", "2026-01-05 08:00"),
    "xes latin-1": (XES.replace("UTF-8", "ISO-8859-1").replace("C\"", "Ç\"").encode("latin-1"), 1, 2, "A & B,Ç", "2026-01-05 08:00"),
    "xes single quotes": (XES.replace('"', "'").encode(), 1, 2, "A & B,C", "2026-01-05 08:00"),
    "xes namespaced": (XES.replace("<log ", '<log xmlns="http://www.xes-standard.org/" ').encode(), 1, 2, "A & B,C", "2026-01-05 08:00"),
    "xlsx": (workbook(("Caso", "Atividade", "Data"), (1, "A", pd.Timestamp("2026-01-05 08:00").to_pydatetime())), 1, 1, "A", "2026-01-05 08:00"),
    "xlsx title": (workbook(("Relatório", None, None), ("Caso", "Atividade", "Data"), (1, "A", "05/01/2026 08:00")), 1, 1, "A", "2026-01-05 08:00"),
    "parquet": (parquet(case=["1"], activity=["A"], end=pd.to_datetime(["2026-01-05 08:00"])), 1, 1, "A", "2026-01-05 08:00"),
    "parquet numbers": (parquet(case=[1.0], activity=["A"], time=[1767600000]), 1, 1, "A", "2026-01-05 08:00"),
    "json": (json.dumps([{"case": 1, "activity": "A", "time": "2026-01-05T08:00:00Z"}]).encode(), 1, 1, "A", "2026-01-05 08:00"),
    "json under a key": (json.dumps({"data": {"rows": [{"case": 1, "activity": "A", "time": "2026-01-05T08:00:00Z"}]}}).encode(), 1, 1, "A", "2026-01-05 08:00"),
    "json lines": (b'{"case": 1, "activity": "A", "time": "2026-01-05 08:00"}\n{"case": 1, "activity": "B", "time": "2026-01-05 09:00"}\n', 1, 2, "A B", "2026-01-05 08:00"),
    "jira": (json.dumps(JIRA).encode(), 1, 2, "Aberto Feito", "2026-01-05 11:00"),
    "pipefy api": (json.dumps(PIPEFY).encode(), 1, 2, "Triagem Pago", "2026-01-05 08:00"),
    "pipefy report": (csv("id,current_phase,created_at,finished_at,start_at_phase_triagem,end_at_phase_triagem,duration_in_phase_triagem,start_at_phase_pago,end_at_phase_pago", "9,pago,2026-01-05 08:00,,2026-01-05 08:00,2026-01-05 09:00,1,2026-01-05 09:00,"), 1, 2, "triagem pago", "2026-01-05 08:00"),
    "servicenow": (csv("definition,id,field_value,start,end,duration,calculation_complete", "State,INC1,A,2026-01-05 08:00:00,2026-01-05 09:00:00,1,true"), 1, 1, "A", "2026-01-05 08:00"),
    "odoo": (csv("field_id,old_value_char,new_value_char,mail_message_id,res_id,date,author_id", "stage,New,A,5,7,2026-01-05 08:00:00,ana"), 1, 1, "A", "2026-01-05 08:00"),
    "sap": (csv("OBJECTCLAS,OBJECTID,CHANGENR,USERNAME,UDATE,UTIME,TCODE,FNAME", "EINKBELEG,450001,1,ANA,20260105,080000,ME22N,NETPR", "EINKBELEG,450001,2,ANA,20260106,080000,ME22N,MENGE"), 1, 2, "NETPR (ME22N),MENGE (ME22N)", "2026-01-05 08:00"),
    "ocel json": (json.dumps(OCEL).encode(), 1, 2, "A B", "2026-01-05 08:00"),
    "ocel xml": (OCEL_XML.encode(), 1, 1, "A", "2026-01-05 08:00"),
    "ocel sqlite": (ocel_sqlite(), 1, 2, "a", "2026-01-05 08:00"),
    "german": ("Vorgangsnummer;Tätigkeit;Bearbeiter;Beginn;Ende\n1;Prüfung;Müller;05.01.2026 08:00;05.01.2026 09:00\n".encode("cp1252"), 1, 1, "Prüfung", "2026-01-05 08:00"),
    "spanish": (csv("Expediente;Actividad;Usuario;Fecha inicio;Fecha fin", "1;Alta;ana;05/01/2026 08:00;05/01/2026 09:00"), 1, 1, "Alta", "2026-01-05 08:00"),
    "day and time apart": (csv("Caso;Atividade;Data;Hora", "1;A;05/01/2026;08:00", "1;B;05/01/2026;09:15"), 1, 2, "A B", "2026-01-05 08:00"),
    "start day and time apart": (csv("Case,Activity,Start Date,Start Time,End Date,End Time", "1,A,2026-01-05,08:00,2026-01-05,09:15"), 1, 1, "A", "2026-01-05 08:00"),
    "lifecycle in the activity": (csv("ticket,event,when", "1,Fix started,2026-01-05 08:00", "1,Fix completed,2026-01-05 09:00"), 1, 1, "Fix", "2026-01-05 08:00"),
    "xlsx titles and empty rows": (workbook(("Contas a pagar",), ("Empresa:", "ACME", None, "Emitido por:"), (), ("Doc", "Etapa", "Quem", "Data"), *((f"D{i // 2}", "AB"[i % 2], "Ana", f"0{5 + i}/01/2026 08:00") for i in range(4))), 2, 4, "A B", "2026-01-05 08:00"),
    "open instance": (csv("case,activity,time,lifecycle", "1,A,2026-01-05 08:00,start", "1,A,2026-01-05 09:00,complete", "1,B,2026-01-05 09:30,start"), 1, 2, "A B", "2026-01-05 08:00"),
}  # fmt: skip

PRESETS = {
    "jira": "Jira changelog",
    "pipefy api": "Pipefy API",
    "pipefy report": "Pipefy report",
    "servicenow": "ServiceNow",
    "odoo": "Odoo",
    "sap": "SAP change documents",
    "ocel json": "OCEL 2.0",
    "ocel xml": "OCEL 2.0",
    "ocel sqlite": "OCEL 2.0",
}

# name: (file, what the error must say)
BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "blank": (b"\n\n", "is empty"),
    "headings only": (b"case,activity,time\n", "no rows"),
    "one column": (b"case\n1\n2\n", "one column only"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(200), "not a text file"),
    "cut gzip": (gzip.compress(PLAIN.encode() * 50)[:60], "damaged"),
    "cut xes": (XES[:-20].encode(), "not well-formed|cut off"),
    "hostile xes": (XES.replace("<log ", '<!DOCTYPE x [<!ENTITY a "b">]><log ').encode(), "refused"),
    "hostile ocel": (b'<!DOCTYPE x><log><events></events></log>', "refused"),
    "xes without events": (b"<log><trace></trace></log>", "no event"),
    "two files in a zip": (zipped(a="x", b="y"), "holds 2 files"),
    "cut json": (json.dumps(OCEL).encode()[:-40], "not JSON"),
    "json without records": (b'{"a": 1}', "no records"),
    "no instant": (csv("case,activity,amount", "1,A,x", "1,B,y"), "no column reads as instants"),
    "no case": (csv("activity,time", "A,2026-01-05", "B,2026-01-06"), "no column looks like a case"),
    "two unknown activities": (csv("case,p,q,time", *(f"{i // 3},{'xyz'[i % 3]},{'uvw'[i % 3]},2026-01-0{1 + i % 9}" for i in range(30))), 'columns={"activity"'),
    "cut parquet": (parquet(case=["1"], activity=["A"])[:-9], "not a readable Parquet|damaged"),
    "damaged workbook": (workbook(("a", "b"))[:300], "damaged|cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_file_opens_without_help(tmp_path: Path, name: str) -> None:
    data, n_cases, n, activities, first = GOOD[name]
    path = tmp_path / "export"
    path.write_bytes(data)
    log = read_log(path)
    split = activities.split("," if "," in activities and name != "quoted separators" else None)
    wanted = [activities] if "\n" in activities or name == "quoted separators" else split
    assert log.mapping.preset == PRESETS.get(name, "")
    assert (log.n_cases, len(log)) == (n_cases, n)
    assert [log.activities[a] for a in dict.fromkeys(log.activity.tolist())] == wanted
    assert f"{log.window[0].tz_convert('UTC'):%Y-%m-%d %H:%M}" == first


@pytest.mark.parametrize("name", sorted(BAD))
def test_a_file_that_is_no_log_is_refused_with_the_reason(tmp_path: Path, name: str) -> None:
    data, message = BAD[name]
    path = tmp_path / "export"
    path.write_bytes(data)
    with pytest.raises(LogError, match=message):
        read_log(path)


def test_nothing_is_lost_in_silence(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    rows = (
        "1,A,2026-01-05 08:00",
        "1,B",
        "1,B,31/02/2026",
        ",C,2026-01-05 10:00",
        "1,,2026-01-05 11:00",
        "1,D,",
        "2,A,2026-01-07 08:00",
    )
    path.write_bytes(csv("case,activity,time", *rows))
    log = read_log(path)
    found = {finding.kind: finding.n for finding in log.found}
    assert len(log) == 2
    assert (
        found["rows_unreadable"]
        == found["instant_unreadable"]
        == found["case_missing"]
        == found["activity_missing"]
        == 1
    )
    assert found["instant_missing"] == 2
    assert "'31/02/2026'" in next(f.example for f in log.found if f.kind == "instant_unreadable")


def test_the_mapping_is_a_value_that_can_be_saved_and_used_again(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("who,what,when,step\n1,x,2026-01-05 08:00,A\n1,y,2026-01-05 09:00,B\n")
    log = read_log(path, columns={"case_id": "who", "activity": "what"})
    again = read_log(path, columns=log.mapping.save(tmp_path / "mapping.yaml"))
    assert again.activities == log.activities == ("x", "y")
    assert read_log(path, columns=log.mapping.replace(activity="step")).activities == ("A", "B")
    with pytest.raises(LogError, match=r"no column 'wat' for activity; the export has 'who', 'what'"):
        read_log(path, columns={"activity": "wat"})


def test_several_files_are_one_log(tmp_path: Path) -> None:
    (tmp_path / "jan.csv").write_text(PLAIN)
    (tmp_path / "feb.csv").write_text(PLAIN.replace("2026-01", "2026-02").replace("\n1,", "\n7,"))
    assert read_log(tmp_path / "*.csv").n_cases == 3
    with pytest.raises(LogError, match="no file matches"):
        read_log(tmp_path / "*.xes")


def test_naive_instants_are_read_in_the_zone_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(PLAIN)
    told, untold = read_log(tmp_path / "a.csv", timezone="America/Sao_Paulo"), read_log(tmp_path / "a.csv")
    assert told.end[0] - untold.end[0] == 3 * 3_600_000_000
    assert {"zone_assumed"} == {f.kind for f in untold.found}
    assert told.found == ()
    with pytest.raises(LogError, match="no time zone 'Brasil'"):
        read_log(tmp_path / "a.csv", timezone="Brasil")


@pytest.mark.parametrize(
    ("heading", "length", "end"),
    [
        ("Duration (min)", "90", "09:30"),
        ("Duração (horas)", "1,5", "09:30"),
        ("Duração", "01:30:00", "09:30"),
        ("Duration", "90", None),
    ],
)
def test_a_start_and_a_duration_have_an_end(tmp_path: Path, heading: str, length: str, end: str | None) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(
        csv(f"Case ID;Activity;Start Time;{heading}", f"1;A;2026-01-05 08:00;{length}", "1;B;2026-01-06 08:00;")
    )
    log = read_log(path, timezone="America/Sao_Paulo")
    ends = [None if pd.isna(value) else f"{value:%H:%M}" for value in log.frame["end"]]
    assert ends == [end, None]


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(GOOD) + len(BAD) >= 60
