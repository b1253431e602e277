# ruff: noqa: E501
"""Exports of a third kind of nastiness: what mails, spreadsheets and copy-and-paste do to logs on their way."""

import datetime as dt
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest

from bko_mining.errors import LogError
from bko_mining.log.case_names import case_name_findings
from bko_mining.log.reading import read_log
from bko_mining.words import speaking

HEAD = "Caso;Atividade;Data\n"
DAYS = [dt.datetime(2026, 1, 5 + i, 8) for i in range(6)]
THREE = [("1", "Análise"), ("1", "Aprovação"), ("2", "Análise")]
TEXT = HEAD + "".join(f"{c};{a};1{5 + i}/01/2026 08:00\n" for i, (c, a) in enumerate(THREE))


def book(fill: Callable[[Any], None]) -> bytes:
    workbook, buffer = openpyxl.Workbook(), io.BytesIO()
    fill(workbook)
    workbook.save(buffer)
    return buffer.getvalue()


def add(sheet: Any, *rows: list[Any]) -> None:
    for row in rows:
        sheet.append(row)


def hidden(workbook: Any) -> None:
    sheet, other = workbook.active, workbook.create_sheet("Oculta")
    add(sheet, ["Caso", "Atividade", "Data"], *([f"{i // 2:04d}", "AB"[i % 2], DAYS[i]] for i in range(6)))
    add(other, ["Caso", "Atividade", "Data"], *([f"X{i}", "AB"[i % 2], DAYS[0]] for i in range(20)))
    sheet.row_dimensions[3].hidden, other.sheet_state = True, "hidden"


def merged(workbook: Any) -> None:
    rows = ([f"P{i // 2}", "AB"[i % 2], DAYS[i], DAYS[i] + dt.timedelta(hours=1)] for i in range(6))
    add(workbook.active, ["Pedido", "Etapa", "Execução", None], [None, None, "Início", "Fim"], *rows)
    for cells in ("A1:A2", "B1:B2", "C1:D1"):
        workbook.active.merge_cells(cells)


def monthly(workbook: Any) -> None:
    workbook.remove(workbook.active)
    for m, name in enumerate(("Jan", "Fev", "Mar"), 1):
        rows = ([f"{m}{i // 2}", "AB"[i % 2], dt.datetime(2026, m, 5 + i, 8)] for i in range(4))
        add(workbook.create_sheet(name), ["Caso", "Atividade", "Data"], *rows)


def mixed(workbook: Any) -> None:
    rows = (["1", "A", DAYS[0]], ["1", "B", "06/01/2026 09:30"], ["2", "A", 46029.5], ["2", "B", "#N/D"])
    add(workbook.active, ["Caso", "Atividade", "Data"], *rows)


def keys_as_numbers(workbook: Any) -> None:
    rows = ([35260112345678000100 + i // 2, "AB"[i % 2], DAYS[i]] for i in range(6))
    add(workbook.active, ["Nº NF", "Etapa", "Data"], *rows)


def formulas(workbook: Any) -> None:
    rows = ([i // 2, "AB"[i % 2], f"=DATE(2026,1,{5 + i})"] for i in range(4))
    add(workbook.active, ["Caso", "Atividade", "Data"], *rows)


def of_1904(workbook: Any) -> None:
    workbook.epoch = dt.datetime(1904, 1, 1)
    add(workbook.active, ["Caso", "Atividade", "Data"], *([i // 2, "AB"[i % 2], DAYS[i]] for i in range(4)))


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/").replace("_", ".").replace("-", "_"), data)
    return buffer.getvalue()


def step(name: str, who: str, day: int) -> dict[str, Any]:
    period = {"start": f"2026-01-0{day}T08:00:00-03:00", "end": f"2026-01-0{day}T09:00:00-03:00"}
    return {"step": {"name": name}, "performer": {"email": f"{who}@x.br"}, "period": period}


API = {"meta": {"page": 1}, "result": {"processes": [{"processId": "0007", "steps": [step("Receber", "ana", 5), step("Pagar", "bia", 6)]}, {"processId": "0008", "steps": [step("Receber", "ana", 7)]}]}}  # fmt: skip
TRELLO = {"id": "b", "actions": [{"id": f"a{i}", "type": "updateCard", "date": f"2026-01-0{9 - i}T08:00:00.000Z", "data": {"card": {"id": f"c{i % 2}", "name": f"Card {i % 2}"}, "listBefore": {"name": "To do"}, "listAfter": {"name": ["Doing", "Done"][i // 2 % 2]}}, "memberCreator": {"fullName": "Ana"}} for i in range(6)]}  # fmt: skip
ZENDESK = {"audits": [{"id": i, "ticket_id": i // 3, "created_at": f"2026-01-0{1 + i}T08:00:00Z", "author_id": 7, "events": [{"type": "Change", "field_name": "status", "value": ["open", "pending", "solved"][i % 3]}]} for i in range(9)]}  # fmt: skip
PIPEFY = "Código;Título;Fase atual;Criado em;Primeira vez que entrou na fase Triagem;Última vez que saiu da fase Triagem;Tempo total na fase Triagem (dias);Primeira vez que entrou na fase Pago;Última vez que saiu da fase Pago\n1;NF 1;Pago;15/01/2026 08:00;15/01/2026 08:00;16/01/2026 08:00;1,0;16/01/2026 08:00;17/01/2026 09:00\n2;NF 2;Pago;16/01/2026 08:00;16/01/2026 08:00;17/01/2026 08:00;1,0;17/01/2026 08:00;\n"
EKBE = "EBELN;EBELP;VGABE;CPUDT;CPUTM;ERNAM\n4500000001;00010;1;20260105;080102;ANA\n4500000001;00010;2;20260109;101500;BIA\n4500000001;00020;1;20260106;090000;ANA\n4500000002;00010;1;20260107;080000;ANA\n"


def history(heading: str, case: str, field: str) -> str:
    states = ["Novo", "Em curso", "Fim"]
    rows = (f"{case}{i // 3},{field},{['', *states][i % 3]},{states[i % 3]},ana,2026-01-1{i} 08:00" for i in range(9))
    return "\n".join((heading, *rows, ""))


# name: (file, cases, instances, activities, first instant, last instant, has starts, what the reader said of it)
OPENS: dict[str, tuple[str | bytes, int, int, str, str, str, bool, str]] = {
    "two encodings": (b"\n".join(line.encode("cp1252" if i == 2 else "utf-8") for i, line in enumerate(TEXT.split("\n"))), 2, 3, "Análise Aprovação", "2026-01-15 08:00", "2026-01-17 08:00", False, "encodings_mixed"),
    "encoded twice": (TEXT.encode().decode("cp1252").encode(), 2, 3, "Análise Aprovação", "2026-01-15 08:00", "2026-01-17 08:00", False, "encoded_twice"),
    "of DOS": (TEXT.encode("cp850"), 2, 3, "Análise Aprovação", "2026-01-15 08:00", "2026-01-17 08:00", False, ""),
    "headings of groups": ("Pedido;Etapa;Execução;;\n;;Início;Fim;Executor\nP1;A;05/01/2026 08:00;05/01/2026 09:00;ana\nP1;B;13/01/2026 08:00;13/01/2026 09:00;bia\n", 1, 2, "A B", "2026-01-05 08:00", "2026-01-13 09:00", True, ""),
    "merged headings": (book(merged), 3, 6, "A B", "2026-01-05 08:00", "2026-01-10 09:00", True, ""),
    "a total with the number of cases": (TEXT + "Total geral;2;\n", 2, 3, "Análise Aprovação", "2026-01-15 08:00", "2026-01-17 08:00", False, "instant_missing"),
    "thousands in the case": (TEXT.replace("1;A", "1.234;A").replace("2;A", "987;A"), 2, 3, "Análise Aprovação", "2026-01-15 08:00", "2026-01-17 08:00", False, ""),
    "thousands in the case, quoted": ('Ticket,Activity,Time\n"1,234",A,2026-01-05 08:00\n"1,234",B,2026-01-06 08:00\n987,A,2026-01-06 09:00\n', 2, 3, "A B", "2026-01-05 08:00", "2026-01-06 09:00", False, ""),
    "AM and PM after the day first": ("Caso;Atividade;Início;Fim\n1;A;15/01/2026 08:00:00 AM;15/01/2026 01:30:00 PM\n1;B;16/01/2026 12:00:00 AM;16/01/2026 12:30:00 PM\n", 1, 2, "A B", "2026-01-15 08:00", "2026-01-16 12:30", True, ""),
    "da manhã, da tarde": ("Caso;Atividade;Início;Fim\n1;A;15/01/2026 8:00 da manhã;15/01/2026 1:30 da tarde\n1;B;16/01/2026 9:00 da manhã;16/01/2026 8:30 da noite\n", 1, 2, "A B", "2026-01-15 08:00", "2026-01-16 20:30", True, ""),
    "às 14h05min": (HEAD + "1;A;15/01/2026 às 08h30\n1;B;16/01/2026 às 14h\n2;A;16/01/2026 às 14h05min\n", 2, 3, "A B", "2026-01-15 08:30", "2026-01-16 14:05", False, ""),
    "equal headings, the case first": ("ID;ID;Atividade;Data;Data\n1;101;A;15/01/2026 08:00;16/01/2026 08:00\n1;102;B;16/01/2026 09:00;17/01/2026 08:00\n2;103;A;17/01/2026 08:00;18/01/2026 08:00\n", 2, 3, "A B", "2026-01-15 08:00", "2026-01-17 08:00", False, ""),
    "separators, quotes and lines in cells": ('Caso;Atividade;Nota;Data\n1;"A; ""já""";"linha 1\nlinha 2; e ""3""";15/01/2026 08:00\n1;B;"x\r\ny";16/01/2026 08:00\n', 1, 2, 'A; "já"|B', "2026-01-15 08:00", "2026-01-16 08:00", False, ""),
    "inches in a note": ('Caso;Atividade;Nota;Data\n1;A;tubo 3" aço;15/01/2026 08:00\n1;B;ok;16/01/2026 08:00\n2;A;"fim;17/01/2026 08:00\n', 2, 3, "A B", "2026-01-15 08:00", "2026-01-17 08:00", False, ""),
    "a row that ends early": ("Caso;Atividade;Data;Valor\n1;A;15/01/2026 08:00;10\n1;B;16/01/2026 08:00\n2;B;18/01/2026 08:00;12\n", 2, 3, "A B", "2026-01-15 08:00", "2026-01-18 08:00", False, "rows_short"),
    "hidden rows, a hidden sheet": (book(hidden), 3, 6, "A B", "2026-01-05 08:00", "2026-01-10 08:00", False, "sheets"),
    "a sheet a month": (book(monthly), 6, 12, "A B", "2026-01-05 08:00", "2026-03-08 08:00", False, "sheets_joined"),
    "cells of several kinds": (book(mixed), 2, 3, "A B", "2026-01-05 08:00", "2026-01-07 12:00", False, "instant_missing"),
    "access keys as numbers": (book(keys_as_numbers), 1, 6, "A B", "2026-01-05 08:00", "2026-01-10 08:00", False, "cases_rounded"),
    "days since 1904": (book(of_1904), 2, 4, "A B", "2026-01-05 08:00", "2026-01-08 08:00", False, ""),
    "an answer of an interface": (json.dumps(API), 2, 3, "Receber Pagar", "2026-01-05 11:00", "2026-01-07 12:00", True, ""),
    "dates of .NET": (json.dumps({"value": [{"CaseID": "1", "Activity": "AB"[i], "Timestamp": f"/Date({1767600000000 + i * 3600000}{['', '-0300'][i]})/"} for i in range(2)]}), 1, 2, "A B", "2026-01-05 08:00", "2026-01-05 09:00", False, ""),
    "with and without a zone": ("case,activity,time\n1,A,2026-01-05T08:00:00Z\n1,B,2026-01-05T09:00:00\n2,A,2026-01-05T10:00:00-03:00\n2,B,2026-01-05 15:00:00\n", 2, 4, "A B", "2026-01-05 08:00", "2026-01-05 15:00", False, "zones_mixed"),
    "whole lines in quotes": ('"Caso,Atividade,Data"\n"1,""A, já"",2026-01-05 08:00"\n"1,B,2026-01-05 09:00"\n"2,B,2026-01-05 10:00"\n', 2, 3, "A, já|B", "2026-01-05 08:00", "2026-01-05 10:00", False, ""),
    "03/04/2026": (HEAD + "1;A;03/04/2026 08:00\n1;B;04/04/2026 08:00\n2;A;05/04/2026 08:00\n", 2, 3, "A B", "2026-04-03 08:00", "2026-04-05 08:00", False, "order_guessed"),
    "purchase history of SAP": (EKBE, 2, 4, "1 2", "2026-01-05 08:01", "2026-01-09 10:15", False, ""),
    "an audit in Portuguese": (history("Chave do documento,Nome do campo,Valor antigo,Novo valor,Usuário,Criado em", "INC", "state"), 3, 9, "Novo|Em curso|Fim", "2026-01-10 08:00", "2026-01-18 08:00", False, ""),
    "notes of Odoo": (history("Related Document ID,Field Description,Old Value Char,New Value Char,Author,Created on", "", "Stage"), 3, 9, "Novo|Em curso|Fim", "2026-01-10 08:00", "2026-01-18 08:00", False, ""),
    "a report of Pipefy in Portuguese": (PIPEFY, 2, 4, "Triagem Pago", "2026-01-15 08:00", "2026-01-17 09:00", True, "revisits_merged"),
    "a board of Trello": (json.dumps(TRELLO), 2, 6, "Doing Done", "2026-01-04 08:00", "2026-01-09 08:00", False, ""),
    "audits of Zendesk": (json.dumps(ZENDESK), 3, 9, "open pending solved", "2026-01-01 08:00", "2026-01-09 08:00", False, ""),
    "a zip with a manual": (zipped(leia_pdf=b"%PDF", dados__log_csv=TEXT.encode("utf-16")), 2, 3, "Análise Aprovação", "2026-01-15 08:00", "2026-01-17 08:00", False, ""),
    "a weekday before the date": (HEAD + "1;A;segunda-feira, 5 de janeiro de 2026 08:00:00\n1;B;terça-feira, 6 de janeiro de 2026 09:00:00\n", 1, 2, "A B", "2026-01-05 08:00", "2026-01-06 09:00", False, ""),
    "dates that are none": ("Caso;Atividade;Início;Fim\n1;A;15/01/2026 08:00;-\n1;B;16/01/2026 08:00;16/01/2026 09:00\n2;A;00/00/0000;17/01/2026 09:00\n2;B;18/01/2026 08:00;18/01/2026 09:00\n", 2, 4, "A B", "2026-01-15 08:00", "2026-01-18 09:00", True, ""),
    "seconds and milliseconds": ("case,activity,time\n1,A,1767600000\n1,B,1767603600000\n2,A,1767600000\n", 2, 3, "A B", "2026-01-05 08:00", "2026-01-05 09:00", False, ""),
}  # fmt: skip

REFUSED: dict[str, tuple[str | bytes, str]] = {
    "formulas that were never computed": (book(formulas), "no value in 'Data' .formulas have none"),
    "rows without headings": ("1;A;15/01/2026 08:00;ana\n1;B;16/01/2026 08:00;bia\n2;A;17/01/2026 08:00;ana\n2;B;18/01/2026 08:00;ana\n", r"several columns could be the case. Pass columns=\{\"case_id\": \"column_1\"\}"),
    "one column": ("Atividade\nA\nB\n", "one column only"),
    "blanks only": (b"   \n \n\t\n", "is empty"),
    "headings only, in a workbook": (book(lambda b: b.active.append(["Caso", "Atividade", "Data"])), "no sheet with headings and rows"),
    "an element without anything": ("<w/>", "no event|not a log"),
    "an empty workbook": (book(lambda b: None), "no sheet with headings and rows"),
    "a PDF": (b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "is a PDF, not a log; export the table itself as CSV"),
    "a letter": (zipped(**{"[Content-Types]_xml": b"<x/>", "word__document_xml": b"<w/>"}), "is a Word document"),
}  # fmt: skip


def read(folder: Path, data: str | bytes) -> Any:
    path = folder / "export"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_log(path)


@pytest.mark.parametrize("name", sorted(OPENS))
def test_a_damaged_export_opens_rightly_and_says_what_was_done(tmp_path: Path, name: str) -> None:
    data, n_cases, n, activities, first, last, starts, said = OPENS[name]
    log = read(tmp_path, data)
    assert (log.n_cases, len(log), log.has_starts) == (n_cases, n, starts)
    assert {log.activities[a] for a in log.activity} == set(activities.split("|" if "|" in activities else None))
    assert [f"{instant.tz_convert('UTC'):%Y-%m-%d %H:%M}" for instant in log.window] == [first, last]
    assert not said or said in set(log.issues["kind"])


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_no_log_is_refused_with_what_to_do(tmp_path: Path, name: str) -> None:
    data, message = REFUSED[name]
    with pytest.raises(LogError, match=message):
        read(tmp_path, data)


def test_zeros_that_a_spreadsheet_took_are_told_in_both_languages(tmp_path: Path) -> None:
    log = read(tmp_path, HEAD + "000123;A;15/01/2026 08:00\n123;B;16/01/2026 08:00\n000124;A;16/01/2026 08:00\n")
    (issue,) = (row for row in log.issues.itertuples() if row.kind == "cases_alike")
    assert (issue.n, issue.what) == (1, "Cases that differ in leading zeros only: '000123' = '123'")
    with speaking("pt_BR"):
        (what,) = log.issues.query("kind == 'cases_alike'")["what"]
    assert what == "Casos que só diferem nos zeros à esquerda: '000123' = '123'"


def test_plain_names_of_cases_give_nothing_away() -> None:
    assert not any(finding.n for finding in case_name_findings(pa.array(["000123", "000124", "77", "3E", "0", "00"])))


def test_na_is_a_case_among_letters_and_missing_elsewhere(tmp_path: Path) -> None:
    letters = [f"{a}{b}" for a in "MN" for b in "ABYZ"]
    rows = "".join(f"{case};A;15/01/2026 08:00;{who}\n" for case, who in zip(letters, ["ana", "NA"] * 4, strict=True))
    log = read(tmp_path, "Caso;Atividade;Data;Quem foi\n" + rows)
    assert set(log.case_ids.to_pylist()) == set(letters)
    assert pd.isna(log.frame["Quem foi"]).sum() == 4
