"""The ledger as a file: a table for a spreadsheet, and the text of beancount, whose loader checks the books by its own rules."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from voltway.kernel.clock import to_rfc3339
from voltway.kernel.database import Database
from voltway.kernel.money import Money
from voltway.modules.ledger.rules import Phase, Side, side_of
from voltway.modules.ledger.tables import entries, postings

CHUNK = 500
OF_POSTINGS = ("session_id", "payment_id", "cdr_id")
COLUMNS = ("number", "line", "kind", "at", "posted_at", "debit", "credit", "amount", "currency", "phase", *OF_POSTINGS)


def joined(*conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Entries with what their postings say."""
    of_posting = [postings.c[name] for name in ("kind", "at", *OF_POSTINGS)]
    is_same = sa.and_(entries.c.operator_id == postings.c.operator_id, entries.c.number == postings.c.number)
    return sa.select(entries, *of_posting).select_from(entries.join(postings, is_same)).where(*conditions)


async def as_csv(database: Database, *conditions: sa.ColumnElement[bool]) -> AsyncIterator[str]:
    """The entries that fit, the oldest first, a piece for each few hundred. Amounts in major units."""
    yield _csv([COLUMNS])
    number = line = 0
    while True:
        beyond = sa.or_(entries.c.number > number, sa.and_(entries.c.number == number, entries.c.line > line))
        statement = joined(beyond, *conditions).order_by(entries.c.number, entries.c.line).limit(CHUNK)
        async with database.read() as tx:
            rows = (await tx.execute(statement)).all()
        if not rows:
            return
        number, line = rows[-1].number, rows[-1].line
        yield _csv([_line(row) for row in rows])


def _line(row: Any) -> list[Any]:
    amount = format(Money(row.amount_minor, row.currency).to_decimal(), "f")
    cells = {"amount": amount, "at": to_rfc3339(row.at), "posted_at": to_rfc3339(row.posted_at)}
    return [_cell(cells.get(name) or getattr(row, name)) for name in COLUMNS]


def _cell(value: Any) -> Any:
    """Ids of payments are chosen outside: one that a spreadsheet would compute is marked as text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _csv(lines: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue()


def beancount(rows: Iterable[Any]) -> str:
    """Posted entries (as `joined` selects them) as the text of beancount. Accounts that grow by debits are assets, the others liabilities."""
    posted = [row for row in rows if row.phase == Phase.POSTED]
    accounts = sorted({account for row in posted for account in (row.debit, row.credit)})
    lines = [f"2000-01-01 open {_account(account)}" for account in accounts]
    for row in posted:
        amount = f"{Money(row.amount_minor, row.currency).to_decimal():f} {row.currency}"
        lines += [
            "",
            f'{row.posted_at:%Y-%m-%d} * "{row.kind}" "{row.number}.{row.line}"',
            f"  {_account(row.debit)}  {amount}",
            f"  {_account(row.credit)}  -{amount}",
        ]
    return "\n".join(lines) + "\n"


def _account(account: str) -> str:
    parts = ["".join(letter if letter.isalnum() else "-" for letter in part) for part in account.split(":")]
    root = "Assets" if side_of(account) is Side.DEBIT else "Liabilities"
    return ":".join([root, *(part[:1].upper() + part[1:] for part in parts)])
