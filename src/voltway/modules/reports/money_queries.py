"""Reports of money: tax by the day on which a document was made, payments by the day on which they happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from voltway.kernel.auth import Principal, visible
from voltway.kernel.database import Tx
from voltway.modules.reports import rules
from voltway.modules.reports.asking import Wanted
from voltway.modules.reports.tables import credits, money, sessions, taxes

Row = dict[str, Any]
WALLET = "wallet"


async def make(tx: Tx, principal: Principal, wanted: Wanted) -> list[Row]:
    """The rows of a report of this kind."""
    if wanted.kind == "tax":
        return await _tax(tx, principal, wanted)
    if wanted.kind == "wallets":
        return await _wallets(tx, principal, wanted)
    return await _moved(tx, principal, wanted)


def _seen(principal: Principal, table: sa.Table, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    """What a caller may see of money: whoever is bound to locations, what was paid for sessions there."""
    conditions = [visible(principal, table)]
    here: list[sa.ColumnElement[bool]] = []
    if principal.location_ids is not None:
        here.append(visible(principal, sessions))
    for name, values in (
        ("location_id", wanted.location_ids),
        ("station_id", wanted.station_ids),
        ("id_token_id", wanted.id_token_ids),
        ("token_group", wanted.token_groups),
        ("driver_id", wanted.driver_ids),
    ):
        if values:
            here.append(sessions.c[name].in_(values))
    if wanted.evse_number is not None:
        here.append(sessions.c.evse_number == wanted.evse_number)
    if here:
        mine = sessions.c.session_id == table.c.session_id
        conditions.append(sa.exists().where(mine, *here).correlate(table))
    return conditions


def _between(column: sa.ColumnElement[Any], wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    return [column >= wanted.since.isoformat(), column < wanted.until.isoformat()]


def _in_groups(rows: Sequence[Row], wanted: Wanted, more: Sequence[str], totals: Sequence[str]) -> list[Row]:
    period = wanted.period
    if period is not None:
        rows = [row | {period: rules.period_of(row["day_on"], period)} for row in rows]
    key = (*wanted.group_by, *more)
    added = rules.add_up([dict.fromkeys(totals, 0) | row for row in rows], key, totals)
    return [dict(zip(key, values, strict=True)) | total for values, total in added.items()]


async def _tax(tx: Tx, principal: Principal, wanted: Wanted) -> list[Row]:
    billed = [taxes.c.vat_percent, taxes.c.currency, sa.func.sum(taxes.c.net_minor).label("net_minor")]
    billed.append(sa.func.sum(taxes.c.vat_minor).label("vat_minor"))
    by = (taxes.c.vat_percent, taxes.c.currency)
    seen = _seen(principal, taxes, wanted)
    made = sa.select(taxes.c.made_on.label("day_on"), *billed).where(*seen, *_between(taxes.c.made_on, wanted))
    found = [dict(row._mapping) for row in await tx.execute(made.group_by(taxes.c.made_on, *by))]
    back = sa.select(credits.c.made_on.label("day_on"), *billed).join_from(
        credits, taxes, taxes.c.cdr_id == credits.c.cdr_id
    )
    back = back.where(*seen, *_between(credits.c.made_on, wanted)).group_by(credits.c.made_on, *by)
    found += [
        dict(row._mapping) | {"net_minor": -row.net_minor, "vat_minor": -row.vat_minor}
        for row in await tx.execute(back)
    ]
    return _in_groups(found, wanted, ("vat_percent", "currency"), ("net_minor", "vat_minor"))


_OF = {
    "payments": {
        "captured": {"captures": 1, "captured_minor": "minor", "fee_minor": "fee_minor"},
        "refunded": {"refunds": 1, "refunded_minor": "minor"},
    },
    "refunds": {"refunded": {"refunds": 1, "refunded_minor": "minor"}},
    "disputes": {"disputed": {"disputes": 1, "disputed_minor": "minor"}},
}
"""Report -> kind of fact -> column -> what it adds up: 1 counts."""


async def _moved(tx: Tx, principal: Principal, wanted: Wanted) -> list[Row]:
    of = _OF[wanted.kind]
    by = [money.c.day_on, money.c.kind, money.c.currency]
    by += [money.c[name] for name in wanted.group_by if name in money.c]
    statement = sa.select(
        *by,
        sa.func.count().label("facts"),
        sa.func.sum(money.c.minor).label("minor"),
        sa.func.sum(money.c.fee_minor).label("fee_minor"),
    ).where(*_seen(principal, money, wanted), money.c.kind.in_(of), *_between(money.c.day_on, wanted))
    if wanted.providers:
        statement = statement.where(money.c.provider.in_(wanted.providers))
    if wanted.kind == "disputes" and "state" not in wanted.group_by:
        statement = statement.where(money.c.state == "opened")  # one dispute is told of once more when it is decided
    rows = []
    for row in await tx.execute(statement.group_by(*by)):
        told = dict(row._mapping)
        columns: dict[str, Any] = {"fee_minor": 0}
        for column, source in of[row.kind].items():
            columns[column] = row.facts if source == 1 else told[str(source)]
        rows.append({name: told[name] for name in told if name not in ("minor", "fee_minor")} | columns)
    totals = sorted({column for columns in of.values() for column in columns})
    found = _in_groups(rows, wanted, ("currency",), totals)
    if wanted.kind == "payments":
        for total in found:
            total["net_minor"] = total["captured_minor"] - total["refunded_minor"] - total["fee_minor"]
    return found


async def _wallets(tx: Tx, principal: Principal, wanted: Wanted) -> list[Row]:
    """What is owed to holders of wallets when the report ends: all that came in before, less all that was spent."""
    column = {"topped_up": "topped_up_minor", "captured": "spent_minor", "refunded": "returned_minor"}
    by = [money.c.kind, money.c.currency, *(money.c[name] for name in wanted.group_by)]
    statement = sa.select(*by, sa.func.sum(money.c.minor).label("minor")).where(
        *_seen(principal, money, wanted),
        money.c.day_on < wanted.until.isoformat(),
        sa.or_(
            money.c.kind == "topped_up",
            sa.and_(money.c.kind.in_(("captured", "refunded")), money.c.provider == WALLET),
        ),
    )
    rows = [dict(row._mapping) | {column[row.kind]: row.minor} for row in await tx.execute(statement.group_by(*by))]
    found = _in_groups(rows, wanted, ("currency",), sorted(column.values()))
    for row in found:
        row["liability_minor"] = row["topped_up_minor"] - row["spent_minor"] + row["returned_minor"]
    return found
