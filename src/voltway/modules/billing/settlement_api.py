"""REST of settlements: what was paid at the terminals of stations."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query

from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.database import Tx
from voltway.kernel.http import Instant, MoneyOut, Page, PageQuery, Schema, page_query, read_tx
from voltway.modules.billing.errors import SettlementNotFound
from voltway.modules.billing.tables import settlements

router = APIRouter(tags=["settlements"])

MayRead = Annotated[Principal, Depends(allowed(Permission.SETTLEMENTS_READ))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
PagePart = Annotated[PageQuery, Depends(page_query)]


class SettlementOut(Schema):
    """A payment at the terminal of a station. `amount_text` is what the station wrote; `amount` is null while no currency is
    known for it."""

    id: str
    station_id: str
    session_id: str | None
    transaction_id: str | None
    psp_reference: str
    status: str
    amount: MoneyOut | None
    amount_text: str
    settled_at: Instant
    receipt_id: str | None
    receipt_url: str | None
    remark: str | None
    vat_number: str | None
    vat_company: dict[str, Any] | None
    received_at: Instant


@router.get("/settlements")
async def list_settlements(
    principal: MayRead,
    tx: ReadTx,
    page: PagePart,
    station_id: Annotated[str | None, Query(max_length=36)] = None,
    session_id: Annotated[str | None, Query(max_length=36)] = None,
    psp_reference: Annotated[str | None, Query(max_length=255)] = None,
) -> Page[SettlementOut]:
    """Payments at the terminals of stations, newest first."""
    statement = _visible_to(principal)
    for column, value in (
        (settlements.c.station_id, station_id),
        (settlements.c.session_id, session_id),
        (settlements.c.psp_reference, psp_reference),
    ):
        if value is not None:
            statement = statement.where(column == value)
    rows, next_cursor = await page.fetch(tx, statement, settlements.c.id)
    return Page(items=[_out(row) for row in rows], next_cursor=next_cursor)


@router.get("/settlements/{settlement_id}")
async def get_settlement(settlement_id: str, principal: MayRead, tx: ReadTx) -> SettlementOut:
    """One payment."""
    statement = _visible_to(principal).where(settlements.c.id == settlement_id)
    row = (await tx.execute(statement)).one_or_none()
    if row is None:
        raise SettlementNotFound(f"There is no settlement {settlement_id}.")
    return _out(row)


def _visible_to(principal: Principal) -> sa.Select[Any]:
    return sa.select(settlements).where(visible(principal, settlements))


def _out(row: Any) -> SettlementOut:
    fields = {name: getattr(row, name) for name in SettlementOut.model_fields if name != "amount"}
    has_amount = row.currency is not None
    return SettlementOut(
        amount=MoneyOut(minor=row.amount_minor, currency=row.currency) if has_amount else None, **fields
    )
