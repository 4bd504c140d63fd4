"""A table as a file: CSV, a workbook, a PDF; or as the text of a mail."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from voltway.kernel.clock import now, to_rfc3339
from voltway.modules.reports.asking import Table
from voltway.modules.reports.errors import ReportTooLarge

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
PDF_ROWS_MAX = 5000


class Form(StrEnum):
    """What a report is written as."""

    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


MEDIA_TYPES: Mapping[Form, str] = {
    Form.JSON: "application/json",
    Form.CSV: "text/csv; charset=utf-8",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Form.PDF: "application/pdf",
}


def write(table: Table, form: Form) -> bytes:
    """The file. Raises ReportTooLarge for a PDF that nobody would print."""
    if form is Form.CSV:
        return as_csv(table).encode()
    if form is Form.XLSX:
        return _as_workbook(table)
    if form is Form.PDF:
        return _as_pdf(table)
    return msgspec.json.encode({"title": table.title, "columns": table.columns, "rows": table.rows})


def as_csv(table: Table) -> str:
    """A line of names, then one for each row."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(table.columns)
    writer.writerows([_cell(row[name]) for name in table.columns] for row in table.rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    """What a cell holds. A text that a spreadsheet would compute is marked as text: people choose names."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _as_workbook(table: Table) -> bytes:
    import xlsxwriter  # type: ignore[import-untyped]  # these two are slow to import, and few processes need them

    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(file, options)
    sheet = book.add_worksheet("Report")
    bold = book.add_format({"bold": True})
    sheet.write_row(0, 0, table.columns, bold)
    for at, row in enumerate(table.rows, 1):
        for column, name in enumerate(table.columns):
            value = row[name]
            if isinstance(value, str):
                sheet.write_string(at, column, value)
            elif value is not None:
                sheet.write_number(at, column, value)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
    sheet.set_column(0, len(table.columns) - 1, 18)
    book.close()
    return file.getvalue()


_TEMPLATE = """
#let report = json(bytes(sys.inputs.report))
#set document(title: report.title)
#set page(paper: "a4", flipped: true, margin: 15mm, footer: context [
  #set text(size: 7pt)
  #report.made_at #h(1fr) #counter(page).display("1 / 1", both: true)
])
#set text(size: 8pt)
#text(size: 14pt, weight: "bold", report.title)
#v(4mm)
#table(
  columns: report.columns.len(),
  stroke: 0.3pt + luma(180),
  inset: 4pt,
  table.header(..report.columns.map(name => text(weight: "bold", name))),
  ..report.rows.flatten().map(cell => text(cell)),
)
"""


def _as_pdf(table: Table) -> bytes:
    import typst

    if len(table.rows) > PDF_ROWS_MAX:
        raise ReportTooLarge(f"A PDF has at most {PDF_ROWS_MAX} lines; this report has {len(table.rows)}. Take CSV.")
    # The values come in as data: nothing of them is ever read as markup.
    told = {
        "title": table.title,
        "made_at": to_rfc3339(now()),
        "columns": [name.replace("_", " ") for name in table.columns],
        "rows": [["" if row[name] is None else str(row[name]) for name in table.columns] for row in table.rows],
    }
    document = typst.compile(_TEMPLATE.encode(), sys_inputs={"report": msgspec.json.encode(told).decode()})
    assert isinstance(document, bytes)
    return document


def as_text(table: Table, characters_max: int) -> str:
    """The table in columns of a fixed width, cut after so many characters with a word about it."""
    lines = [
        table.columns,
        *(tuple("" if row[name] is None else str(row[name]) for name in table.columns) for row in table.rows),
    ]
    widths = [max(len(line[at]) for line in lines[:1000]) for at in range(len(table.columns))]
    text = ""
    for count, line in enumerate(lines):
        told = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n"
        if len(text) + len(told) > characters_max - 100:
            return f"{text}… and {len(lines) - count} more lines: ask the API for the whole report.\n"
        text += told
    return text
