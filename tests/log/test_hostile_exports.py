# ruff: noqa: E501
"""Exports of a second kind of nastiness: printed lists, technical headings, odd shapes, other languages, old formats."""

import datetime as dt
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from bko_mining.errors import LogError
from bko_mining.log.reading import read_log

SIX = [(i // 2, "AB"[i % 2], 1 + i) for i in range(6)]


def lines(heading: str, row: str, n: int, **cycles: list[str]) -> str:
    """A heading and n rows of a format with ``i``, ``case`` (three rows each), ``day``, ``hour`` and cycles of values."""
    said = ({name: values[i % len(values)] for name, values in cycles.items()} for i in range(n))
    rows = (row.format(i=i, case=i // 3, day=1 + i, hour=8 + i, **values) for i, values in enumerate(said))
    return "\n".join((heading, *rows, ""))


def workbook(**sheets: list[list[Any]]) -> bytes:
    book, buffer = openpyxl.Workbook(), io.BytesIO()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(buffer)
    return buffer.getvalue()


def merged_cases() -> bytes:
    rows = [[f"P{i // 3}" if i % 3 == 0 else None, "ABC"[i % 3], dt.datetime(2026, 1, 5 + i, 8)] for i in range(9)]
    book = openpyxl.load_workbook(io.BytesIO(workbook(Plan=[["Pedido", "Etapa", "Data"], *rows])))
    for first in (2, 5, 8):
        book["Plan"].merge_cells(f"A{first}:A{first + 2}")
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def columns(**values: Any) -> bytes:
    buffer = io.BytesIO()
    parquet.write_table(pa.table(values), buffer)
    return buffer.getvalue()


SAP_LIST = """10.02.2026                 Dynamic List Display                     1
---------------------------------------------------------------------------------------
Change Documents
---------------------------------------------------------------------------------------
|Purch.Doc.|Item |Date      |Time    |User name   |Transact.|Net value |
---------------------------------------------------------------------------------------
|4500001234|00010|05.01.2026|08:00:11|MUELLER     |ME21N    |  1.234,50|
|4500001234|00010|06.01.2026|09:12:40|SCHMIDT     |ME29N    |  1.234,50|
|4500001234|00010|09.01.2026|14:45:03|WERNER      |MIGO     |  1.234,50|
|Purch.Doc.|Item |Date      |Time    |User name   |Transact.|Net value |
|4500001235|00010|05.01.2026|10:00:00|MUELLER     |ME21N    |    987,00|
|4500001235|00010|07.01.2026|11:30:00|SCHMIDT     |ME29N    |    987,00|
---------------------------------------------------------------------------------------
|*         |     |          |        |            |         | 5.677,50 |
---------------------------------------------------------------------------------------
"""
SAP_TABLE = """Tabelle:        ZLOG
Angezeigte Felder:   6 von   6   Feststehende Führungsspalten:[ 2]

|  |Belegnummer|Vorgang             |Datum     |Uhrzeit |Benutzer|
|  |5100000001 |Rechnung erfassen   |05.01.2026|08:00:00|HUBER   |
|  |5100000001 |Rechnung zahlen     |06.01.2026|24:00:00|BATCH   |
|  |5100000002 |Rechnung erfassen   |05.01.2026|08:30:00|HUBER   |
"""
FIXED = """CASE       ACTIVITY             TIMESTAMP            USER
---------- -------------------- -------------------- ------
1          Create order         2026-01-05 08:00:00  ANA
1          Approve              2026-01-05 09:00:00  BIA
2          Create order         2026-01-05 10:00:00  ANA
"""
BRAZILIAN = "\ufeffRelatório de Solicitações;;;;\nEmpresa: ACME Ltda;;;;\nPeríodo: 01/01/2026 a 31/01/2026;;;;\n;;;;\n" + lines(
    "Protocolo;Etapa;Responsável;Data;Valor", "P{case};{what};{who};0{day}/01/2026 08:15;1.234,5{i}", 9,
    what=["Receber", "Analisar", "Pagar"], who=["Ana", "Bia"],
) + ";;;;\nTotal de registros: 9;;;;11.110,86\n"  # fmt: skip
XML_2003 = (
    '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
    'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="S"><Table><Row><Cell><Data ss:Type="String">Caso</Data></Cell>'
    '<Cell><Data ss:Type="String">Atividade</Data></Cell><Cell ss:Index="4"><Data ss:Type="String">Data</Data></Cell></Row>'
    + "".join(
        f'<Row><Cell><Data ss:Type="Number">{c}</Data></Cell><Cell><Data ss:Type="String">{a}</Data></Cell>'
        f'<Cell ss:Index="4"><Data ss:Type="DateTime">2026-01-0{d}T08:00:00.000</Data></Cell></Row>'
        for c, a, d in SIX
    )
    + "</Table></Worksheet></Workbook>"
)
HTML = "<html><head><meta charset='utf-8'></head><body><table border=1><tr><td colspan=3>Relat&oacute;rio</td></tr><tr><th>Caso<th>Atividade<th>Data</tr>" + "".join(
    f"<tr><td>{c}<td>{a}&nbsp;<td>2026-01-0{d} 08:00</tr>" for c, a, d in SIX
) + "</table></body></html>"  # fmt: skip
OCEL_1 = {
    "ocel:global-log": {"ocel:version": "1.0", "ocel:object-types": ["order", "item"]},
    "ocel:events": {f"e{i}": {"ocel:activity": n, "ocel:timestamp": f"2026-01-05T0{1 + i}:00:00", "ocel:omap": ["o1", "i1"], "ocel:vmap": {"price": 5}} for i, n in enumerate(["place", "pick", "pay"])},
    "ocel:objects": {"o1": {"ocel:type": "order", "ocel:ovmap": {"vip": True}}, "i1": {"ocel:type": "item", "ocel:ovmap": {}}},
}  # fmt: skip
OCEL_1_XML = (
    '<?xml version="1.0"?><log><global scope="log"><string key="version" value="1.0"/></global><events>'
    + "".join(
        f'<event><string key="id" value="e{i}"/><string key="activity" value="{a}"/><date key="timestamp" value="2026-01-05T0{8 + i}:00:00"/>'
        '<list key="omap"><string key="object-id" value="o1"/></list><list key="vmap"><int key="price" value="5"/></list></event>'
        for i, a in enumerate(("place", "pay"))
    )
    + '</events><objects><object><string key="id" value="o1"/><string key="type" value="order"/><list key="ovmap"/></object></objects></log>'
)
OCEL_TABLE = "ocel:eid,ocel:timestamp,ocel:activity,ocel:type:order,ocel:type:item\ne1,2026-01-05T08:00:00,place,\"['o1']\",\"['i1', 'i2']\"\ne2,2026-01-05T09:00:00,pick,,\"['i1']\"\ne3,2026-01-05T10:00:00,pay,\"['o1']\",\n"
NESTED = {"exported": "2026-02-01", "cases": [{"id": f"C{i}", "customer": {"name": "ACME"}, "events": [{"name": n, "at": f"2026-01-0{1 + i}T1{k}:00:00Z", "by": {"login": "ana"}} for k, n in enumerate(["Receive", "Check", "Pay"])]} for i in range(4)]}  # fmt: skip
EVENTS = [{"case": c, "activity": a, "timestamp": f"2026-01-0{d}T08:00:00Z"} for c, a, d in SIX]

# name: (file, cases, instances, activities, resources, first instant UTC, has starts)
OPENS: dict[str, tuple[str | bytes, int, int, str, str, str, bool]] = {
    "sap list with pages and a total": (SAP_LIST, 2, 5, "ME21N ME29N MIGO", "MUELLER SCHMIDT WERNER", "2026-01-05 08:00", False),
    "sap table, cp1252, 24 o'clock": (SAP_TABLE.encode("cp1252"), 2, 3, "Rechnung erfassen,Rechnung zahlen", "HUBER BATCH", "2026-01-05 08:00", False),
    "sap technical headings": (lines("BELNR;VORGANG;ERDAT;ERZET;ERNAM", "190000000{case};{what};2024013{z};{hour:02d}1500;U{z}", 9, what=["Erfassen", "Buchen", "Zahlen"], z=["0", "1"]), 3, 9, "Erfassen Buchen Zahlen", "U0 U1", "2024-01-30 08:15", False),
    "days and times as numbers": (lines("CASE;STEP;DATE;TIME;USER", "{case};{what};20240131;{hour}0000;U", 9, what=["A", "B", "C"]), 3, 9, "A B C", "U", "2024-01-31 08:00", False),
    "headings in line five, totals below": (BRAZILIAN, 3, 9, "Receber Analisar Pagar", "Ana Bia", "2026-01-01 08:15", False),
    "sums in the last row": (lines("Pedido;Atividade;Data/Hora;Valor", "{case};{what};0{day}/02/2026 08:00;1.000,00", 6, what=["A", "B", "C"]) + "Total;;;6.000,00\n", 2, 6, "A B C", "", "2026-02-01 08:00", False),
    "dates in six forms": ("Case ID,Activity,Timestamp\n1,A,2026-01-05 08:00:00\n1,B,05/01/2026 09:00\n1,C,Jan 5 2026 10:00AM\n2,A,5-Jan-2026 11:00\n2,B,2026-01-05T12:00:00\n2,C,20260105130000\n", 2, 6, "A B C", "", "2026-01-05 08:00", False),
    "dates of Java": (lines("case,activity,timestamp", "{case},{what},Mon Jan 05 {hour:02d}:00:00 BRT 2026", 6, what=["A", "B", "C"]), 2, 6, "A B C", "", "2026-01-05 11:00", False),
    "24:00": ("Fall;Tätigkeit;Zeitpunkt\n1;A;31.12.2024 23:00\n1;B;31.12.2024 24:00\n2;A;30.12.2024 08:00\n", 2, 3, "A B", "", "2024-12-30 08:00", False),
    "equal headings": ("Chamado;Status;Data;Status;Data\n1;Novo;15/01/2026 08:00;x;16/01/2026 09:00\n1;Aberto;16/01/2026 09:00;y;17/01/2026 09:00\n", 1, 2, "Novo Aberto", "", "2026-01-15 08:00", False),
    "empty columns": ("Caso;;Atividade;;Data;;;\n1;;A;;15/01/2026 08:00;;;\n1;;B;;16/01/2026 08:00;;;\n2;;A;;16/01/2026 08:00;;;\n", 2, 3, "A B", "", "2026-01-15 08:00", False),
    "the log on the second sheet": (workbook(Resumo=[["Resumo do mês"], *([f"Linha {i}", i, i, None, "x", "y"] for i in range(30))], Eventos=[["Relatório"], ["Emitido em 31/01/2026"], [], ["Nº do Pedido", "Etapa", "Usuário", "Data e hora"], *([f"N{c}", a, "ana", dt.datetime(2026, 1, d, 8)] for c, a, d in SIX)]), 3, 6, "A B", "ana", "2026-01-01 08:00", False),
    "headings of headings": (workbook(Plan=[["Identificação", None, "Execução", None, None], ["Processo", "Tarefa", "Executor", "Início", "Fim"], *([c, a, "ana", dt.datetime(2026, 1, d, 8), dt.datetime(2026, 1, d, 9)] for c, a, d in SIX)]), 3, 6, "A B", "ana", "2026-01-01 08:00", True),
    "merged cells of cases": (merged_cases(), 3, 9, "A B C", "", "2026-01-05 08:00", False),
    "the case in the first row only": ("Pedido;Etapa;Data\nP1;A;15/01/2026 08:00\n;B;15/01/2026 09:00\n;C;16/01/2026 09:00\nP2;A;17/01/2026 08:00\n;B;17/01/2026 09:00\n", 2, 5, "A B C", "", "2026-01-15 08:00", False),
    "french": ("N° dossier;Activité;Utilisateur;Date de début;Date de fin\n1;Réception;Dupont;15/01/2026 08:00;15/01/2026 09:00\n1;Contrôle;Durand;16/01/2026 08:00;16/01/2026 10:00\n".encode("cp1252"), 1, 2, "Réception Contrôle", "Dupont Durand", "2026-01-15 08:00", True),
    "french months": ("Numéro de commande;Étape;Agent;Horodatage\n1;Réception;Dupont;5 juin 2026 08:00\n1;Contrôle;Durand;6 juillet 2026 08h30\n2;Réception;Dupont;6 août 2026 08:00\n", 2, 3, "Réception Contrôle", "Dupont Durand", "2026-06-05 08:00", False),
    "spanish months": ("Número de caso;Tarea;Responsable;Fecha y hora\n1;Alta;ana;5 ene 2026 08:00\n1;Baja;eva;6 dic 2026 08:00\n", 1, 2, "Alta Baja", "ana eva", "2026-01-05 08:00", False),
    "german, abbreviated": ("Auftragsnr.;Arbeitsschritt;Mitarbeiter;Startzeitpunkt;Endzeitpunkt\n1;Prüfung;Müller;05.01.2026 08:00;05.01.2026 09:00\n1;Zahlung;Müller;06.01.2026 08:00;06.01.2026 09:00\n", 1, 2, "Prüfung Zahlung", "Müller", "2026-01-05 08:00", True),
    "three languages at once": ("Vorgangs-ID;Atividade;Utilisateur;Fecha y hora\n1;A;x;15/01/2026 08:00\n1;B;y;16/01/2026 08:00\n", 1, 2, "A B", "x y", "2026-01-15 08:00", False),
    "a column of dates a step": ("Pedido;Status;Criado em;Aprovado em;Pago em;Prazo\nP1;Pago;15/01/2026;16/01/2026;17/01/2026;20/01/2026\nP2;Aberto;15/01/2026;17/01/2026;;20/01/2026\n", 2, 5, "Criado em,Aprovado em,Pago em", "", "2026-01-15 00:00", False),
    "a list of jira issues": (lines("Issue key,Issue id,Summary,Status,Assignee,Created,Updated,Resolved", "OP-{i},10{i},Do it,Done,ana,1{i}/Jan/26 8:00 AM,1{i}/Jan/26 9:00 AM,1{i}/Jan/26 1:30 PM", 5), 5, 15, "Created Updated Resolved", "", "2026-01-10 08:00", False),
    "a history of jira": (lines("Issue Key,Date of change,Author,Field,From,To", "OP-{case},2026-01-0{day} 08:00,ana,{field},{old},{new}", 9, field=["status", "status", "assignee"], old=["Open", "Doing", "ana"], new=["Doing", "Done", "bia"]), 3, 6, "Doing Done", "ana", "2026-01-01 08:00", False),
    "a history of salesforce": (lines('"Case Number","Edited By","Field / Event","Old Value","New Value","Edit Date"', '"0000{case}","Ana","Status","{old}","{new}","1/2{i}/2026, 3:0{i} PM"', 9, old=["", "New", "Working"], new=["New", "Working", "Closed"]), 3, 9, "New Working Closed", "Ana", "2026-01-20 15:00", False),
    "an audit of servicenow": (lines("documentkey,tablename,fieldname,oldvalue,newvalue,user,sys_created_on", "inc{case},incident,state,{old},{new},admin,2026-01-0{day} 08:00:00", 6, old=["", "New", "Open"], new=["New", "Open", "Resolved"]), 2, 6, "New Open Resolved", "admin", "2026-01-01 08:00", False),
    "incidents of servicenow": (lines("number,incident_state,active,sys_updated_by,sys_updated_at,opened_at,closed_at", "INC{case},{state},true,By {who},1{i}/2/2016 01:{hour:02d},10/2/2016 01:00,29/2/2016 11:29", 9, state=["New", "Active", "Closed"], who=["1", "2"]), 3, 9, "New Active Closed", "By 1,By 2", "2016-02-10 01:08", False),
    "metrics of servicenow": (lines("definition,id,field_value,start,end", "{metric},INC{case},{value},2026-01-0{day} 08:00,2026-01-0{day} 09:00", 9, metric=["Incident State", "Incident State", "Assigned to"], value=["New", "Closed", "ana"]), 3, 6, "New Closed", "", "2026-01-01 08:00", True),
    "celonis in two languages": (lines("_CASE_KEY,ACTIVITY_DE,ACTIVITY_EN,EVENTTIME,_SORTING,USER_NAME,CHANGED_FROM,CHANGED_TO,_CELONIS_CHANGE_DATE", "80000{case},{de},{en},2026-01-05 {hour:02d}:00:00,{i},U,1,2,2026-02-01 00:00:00", 6, de=["Anlegen", "Buchen"], en=["Create", "Post"]), 2, 6, "Create Post", "U", "2026-01-05 08:00", False),
    "starts and ends in rows": (lines("Nº Processo;Atividade;Situação;Data/Hora;Usuário", "{z};{a};{state};1{i}/01/2026 08:00;ana", 8, z=["1", "1", "1", "1", "2", "2", "2", "2"], a=["A", "A", "B", "B"], state=["Iniciada", "Concluída"]), 2, 4, "A B", "ana", "2026-01-10 08:00", True),
    "json with events in cases": (json.dumps(NESTED), 4, 12, "Receive Check Pay", "", "2026-01-01 10:00", False),
    "json, events under each case": (json.dumps({f"C{i}": [{"activity": n, "timestamp": f"2026-01-0{1 + i}T1{k}:00:00Z"} for k, n in enumerate("ABC")] for i in range(4)}), 4, 12, "A B C", "", "2026-01-01 10:00", False),
    "json, columns and data": (json.dumps({"columns": list(EVENTS[0]), "data": [list(e.values()) for e in EVENTS]}), 3, 6, "A B", "", "2026-01-01 08:00", False),
    "json, columns of pandas": (pd.DataFrame(EVENTS).to_json(), 3, 6, "A B", "", "2026-01-01 08:00", False),
    "json, rows with headings": (json.dumps([list(EVENTS[0]), *(list(e.values()) for e in EVENTS)]), 3, 6, "A B", "", "2026-01-01 08:00", False),
    "elasticsearch": (json.dumps({"took": 3, "hits": {"hits": [{"_index": "log", "_id": str(i), "_source": e} for i, e in enumerate(EVENTS)]}}), 3, 6, "A B", "", "2026-01-01 08:00", False),
    "mongodb": ("\n".join(json.dumps({"_id": {"$oid": f"65a{d}"}, "orderId": f"O{c}", "eventType": a, "createdAt": {"$date": f"2026-01-0{d}T08:00:00Z"}}) for c, a, d in SIX), 3, 6, "A B", "", "2026-01-01 08:00", False),
    "json lines, gzip, epochs": (gzip.compress("\n".join(json.dumps({"ticket": f"T{c}", "event": a, "ts": 1767600000000 + d * 3600000, "agent": "ana"}) for c, a, d in SIX).encode()), 3, 6, "A B", "ana", "2026-01-05 09:00", False),
    "parquet in berlin": (columns(**{"case:concept:name": ["1", "1", "2"], "concept:name": pa.array(list("ABA")).dictionary_encode(), "time:timestamp": pa.array([dt.datetime(2026, 1, 5, 7), dt.datetime(2026, 1, 5, 8), dt.datetime(2026, 7, 6, 6)], pa.timestamp("ns", "Europe/Berlin"))}), 2, 3, "A B", "", "2026-01-05 07:00", False),
    "parquet, date and time of day": (columns(order=[1, 1, 2], step=list("ABA"), day=[dt.date(2026, 1, d) for d in (5, 6, 7)], time=[dt.time(h) for h in (8, 9, 10)]), 2, 3, "A B", "", "2026-01-05 08:00", False),
    "parquet of bytes": (columns(process=pa.array([b"1", b"1", b"2"]), activity=pa.array([b"A", b"B", b"A"]), timestamp=pa.array([1767600000, 1767603600, 1767607200], pa.timestamp("s"))), 2, 3, "A B", "", "2026-01-05 08:00", False),
    "ocel 1.0": (json.dumps(OCEL_1), 1, 3, "place pick pay", "", "2026-01-05 01:00", False),
    "ocel 1.0 as xml": (OCEL_1_XML, 1, 2, "place pay", "", "2026-01-05 08:00", False),
    "ocel as a table": (OCEL_TABLE, 1, 2, "place pay", "", "2026-01-05 08:00", False),
    "lines ended by returns": ("Case ID,Activity,Timestamp\r1,A,2026-01-05 08:00\r1,B,2026-01-05 09:00\r2,A,2026-01-05 10:00\r", 2, 3, "A B", "", "2026-01-05 08:00", False),
    "single quotes": ("'Case ID','Activity','Timestamp'\n'1','A, first','2026-01-05 08:00'\n'1','B','2026-01-05 09:00'\n", 1, 2, "A, first;B", "", "2026-01-05 08:00", False),
    "fixed width": (FIXED, 2, 3, "Create order,Approve", "ANA BIA", "2026-01-05 08:00", False),
    "postgres": (" case_id | activity |     event_time      \n---------+----------+---------------------\n" + "".join(f" {c:7d} | {a:8s} | 2026-01-05 0{d}:00:00\n" for c, a, d in SIX), 3, 6, "A B", "", "2026-01-05 01:00", False),
    "mysql": ("+------+----------+------------------+\n| case | activity | time             |\n+------+----------+------------------+\n" + "".join(f"| {c:4d} | {a:8s} | 2026-01-05 0{d}:00 |\n" for c, a, d in SIX) + "+------+----------+------------------+\n", 3, 6, "A B", "", "2026-01-05 01:00", False),
    "markdown": ("| Case | Activity | Time |\n|------|:--------|------|\n" + "".join(f"| {c} | {a} | 2026-01-05 0{d}:00 |\n" for c, a, d in SIX), 3, 6, "A B", "", "2026-01-05 01:00", False),
    "a web page called xls": (HTML, 3, 6, "A B", "", "2026-01-01 08:00", False),
    "excel of 2003 as xml": (XML_2003, 3, 6, "A B", "", "2026-01-01 08:00", False),
    "records in xml": ("<?xml version='1.0'?><rs>" + "".join(f"<r id='{d}'><case>{c}</case><activity>{a}</activity><time>2026-01-0{d}T08:00:00</time></r>" for c, a, d in SIX) + "</rs>", 3, 6, "A B", "", "2026-01-01 08:00", False),
    "headings again in the middle": ("Case ID;Activity;Timestamp\n1;A;05.01.2026 08:00\n1;B;13.01.2026 09:00\nCase ID;Activity;Timestamp\n2;A;06.01.2026 08:00\n", 2, 3, "A B", "", "2026-01-05 08:00", False),
    "remarks before the headings": ("# exported by tool x\n# 2026-02-01\nCase ID,Activity,Timestamp\n1,A,2026-01-05 08:00\n1,B,2026-01-05 09:00\n", 1, 2, "A B", "", "2026-01-05 08:00", False),
    "double separators": ("Case||Activity||Time\n1||A||2026-01-05 08:00\n1||B||2026-01-05 09:00\n2||A||2026-01-05 10:00\n", 2, 3, "A B", "", "2026-01-05 08:00", False),
    "separated by control characters": ("Case\x01Activity\x01Time\n1\x01A\x012026-01-05 08:00\n1\x01B\x012026-01-05 09:00\n", 1, 2, "A B", "", "2026-01-05 08:00", False),
    "headings on two lines": ('"Case\nID","Activity","End\nTime"\n"1","A","2026-01-15 08:00"\n"1","B","2026-01-15 09:00"\n', 1, 2, "A B", "", "2026-01-15 08:00", False),
    "blanks that do not break": ("Case\u00a0ID;Activity;Time\n1;A;15/01/2026\u00a008:00\n1;B;16/01/2026\u202f08:00\n", 1, 2, "A B", "", "2026-01-15 08:00", False),
    "marks of direction": ("\u202aCase ID,Activity,Time\n1,A,\u200e15/01/2026 08:00\n1,B,\u200e16/01/2026 08:00\n", 1, 2, "A B", "", "2026-01-15 08:00", False),
    "unicode text of excel": ("Fall-ID\tAktivität\tZeitstempel\n1\tA\t15.01.2026 08:00\n1\tB\t16.01.2026 08:00\n".encode("utf-16"), 1, 2, "A B", "", "2026-01-15 08:00", False),
    "half days in spanish": ("Caso;Actividad;Fecha\n1;A;15/01/2026 01:00 a. m.\n1;B;15/01/2026 01:00 p. m.\n", 1, 2, "A B", "", "2026-01-15 01:00", False),
    "separated by tildes": ("Case~Activity~Time\n1~A~2026-01-05 08:00\n1~B~2026-01-05 09:00\n", 1, 2, "A B", "", "2026-01-05 08:00", False),
}  # fmt: skip


def names(text: str) -> list[str]:
    return text.split(";") if ";" in text else text.split("," if "," in text else None)


def read(folder: Path, data: str | bytes) -> Any:
    path = folder / "export"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_log(path)


@pytest.mark.parametrize("name", sorted(OPENS))
def test_an_export_opens_rightly_with_its_path_alone(tmp_path: Path, name: str) -> None:
    data, n_cases, n, activities, resources, first, starts = OPENS[name]
    log = read(tmp_path, data)
    assert (log.n_cases, len(log), log.has_starts) == (n_cases, n, starts)
    assert set(log.activities[a] for a in log.activity) == set(names(activities))
    assert set(log.resources[r] for r in log.resource if r >= 0) == set(names(resources))
    assert f"{log.window[0].tz_convert('UTC'):%Y-%m-%d %H:%M}" == first


@pytest.mark.parametrize(
    ("name", "kind", "n", "example"),
    [
        ("the log on the second sheet", "sheets", 1, "'Eventos', not 'Resumo'"),
        ("the case in the first row only", "case_carried", 3, "row 2, case 'P1'"),
        ("a column of dates a step", "unfolded", 2, "'Criado em', 'Aprovado em', 'Pago em'"),
        ("a history of jira", "other_fields", 3, "'status'"),
        ("metrics of servicenow", "other_fields", 3, "'Incident State'"),
        ("ocel as a table", "flattened", 1, "'order': 'item' (2), 'order' (1)"),
    ],
)
def test_what_a_reader_decides_stands_in_the_issues(tmp_path: Path, name: str, kind: str, n: int, example: str) -> None:
    issues = read(tmp_path, OPENS[name][0]).issues.set_index("kind")
    assert (issues.loc[kind, "n"], issues.loc[kind, "example"]) == (n, example)


def test_the_mapping_of_a_column_a_step_can_be_used_again(tmp_path: Path) -> None:
    log = read(tmp_path, OPENS["a column of dates a step"][0])
    again = read_log(tmp_path / "export", columns=log.mapping.save(tmp_path / "mapping.yaml"))
    assert again.frame.equals(log.frame)
    told = read_log(tmp_path / "export", columns={"activity": "Status", "end": "Criado em"})
    assert told.activities == ("Pago", "Aberto")


REFUSED: dict[str, tuple[str, str]] = {
    "czech": ("Číslo případu;Činnost;Čas\n1;Příjem;15.01.2026 08:00\n1;Platba;16.01.2026 08:00\n2;Příjem;16.01.2026 08:00\n", r'Pass columns=\{"case_id": "Číslo případu"\} or another of:\n'),
    "two dates a row": ("Pedido;Criado em;Pago em\nP1;15/01/2026;17/01/2026\nP2;16/01/2026;18/01/2026\n", r'Pass columns=\{"(activity|end)": '),
    "a page without a table": ("<html><body><p>Session expired</p></body></html>", "no sheet with headings and rows"),
    "xml without records": ("<?xml version='1.0'?><a><b/></a>", "no event"),
    "hostile records": ("<?xml version='1.0'?><!DOCTYPE x><a><b/></a>", "refused"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_cannot_be_told_is_asked_with_the_argument_to_pass(tmp_path: Path, name: str) -> None:
    data, message = REFUSED[name]
    with pytest.raises(LogError, match=message):
        read(tmp_path, data)


def test_a_page_in_cp1252_keeps_its_accents(tmp_path: Path) -> None:
    log = read(tmp_path, HTML.replace("<td>A", "<td>Análise").encode("cp1252"))
    assert log.activities == ("Análise", "B")


def test_frames_are_read_as_files_are() -> None:
    frame = pd.DataFrame({"Pedido": ["1", "1"], "Etapa": ["A", "B"], "Data": ["15/01/2026"] * 2, "Hora": ["08:00", "09:30"]})  # fmt: skip
    maker: Callable[[Any], Any] = read_log
    from bko_mining import EventLog

    for log in (maker(frame), EventLog.from_frame(frame)):
        assert log.frame["end"].dt.strftime("%H:%M").tolist() == ["08:00", "09:30"]
