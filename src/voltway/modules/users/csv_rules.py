"""Tables of tokens as CSV: what a line says, and what must not be said to a spreadsheet. Pure. Source: RFC 4180."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

ROWS_MAX = 10_000
BYTES_MAX = 4 * 1024 * 1024
_PLAIN = ("value", "kind", "status", "expires_at", "group", "user_id", "concurrent_max", "language", "message")
_LIST = "location_ids"
COLUMNS = (*_PLAIN, _LIST)
"""What an import takes, `value` always; `location_ids` has blanks between them."""
EXPORTED = ("id", *COLUMNS, "name", "lost_at", "created_at")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Line(NamedTuple):
    """A row of the table: the line of the file on which it ends, counted from 1, and its fields that are not empty."""

    number: int
    fields: dict[str, Any]
    error: str | None = None


class NotATable(Exception):
    """The file is no CSV with a header that we know. The text says why."""


def read(text: str) -> Iterator[Line]:
    """The rows of a table. Raises NotATable."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        header = [name.strip().casefold() for name in next(reader, [])]
        _check_header(header)
        count = 0
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            count += 1
            if count > ROWS_MAX:
                raise NotATable(f"a table has at most {ROWS_MAX} rows")
            if len(row) != len(header):
                yield Line(reader.line_num, {}, f"{len(row)} fields where the header has {len(header)}")
            else:
                yield Line(reader.line_num, _fields(dict(zip(header, row, strict=True))))
    except csv.Error as error:
        raise NotATable(f"line {reader.line_num}: {error}") from error


def _check_header(header: list[str]) -> None:
    unknown = [name for name in header if name not in EXPORTED]
    if "value" not in header:
        raise NotATable("the first line names the columns, `value` among them, with commas between")
    if unknown:
        raise NotATable(f"no such column: {unknown[0][:50]}; there are {', '.join(COLUMNS)}")
    if len(set(header)) < len(header):
        raise NotATable("a column stands there twice")


def _fields(row: Mapping[str, str]) -> dict[str, Any]:
    """What a row says of a token; what only an export has is passed over."""
    said = {name: unguarded(row[name].strip()) for name in COLUMNS if row.get(name, "").strip()}
    return {name: value.split() if name == _LIST else value for name, value in said.items()}


def guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: OWASP, CSV injection."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def unguarded(cell: str) -> str:
    """What was guarded, so that an export can be imported."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def write(rows: Iterable[Mapping[str, Any]], *, has_header: bool) -> str:
    """Rows as text, with EXPORTED as their columns."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    if has_header:
        writer.writerow(EXPORTED)
    for row in rows:
        writer.writerow([guarded(_cell(row[name])) for name in EXPORTED])
    return out.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return " ".join(value) if isinstance(value, list) else str(value)


def repeated(lines: Iterable[tuple[int, tuple[str, str]]]) -> dict[int, int]:
    """Lines whose token stands further up: line -> the line where it stands first. Keys: value without case, kind."""
    first: dict[tuple[str, str], int] = {}
    return {number: first[key] for number, key in lines if first.setdefault(key, number) != number}
