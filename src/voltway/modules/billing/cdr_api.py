"""REST of CDRs: what sessions cost, for good; taken back and made anew, never edited."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query
from pydantic import Field

from voltway.charging.pricing import Cost, Tariff
from voltway.contracts.billing import SessionCredited
from voltway.contracts.sessions import FindMetered, SessionEnded
from voltway.contracts.stations import FindTimeZones
from voltway.kernel import audit, bulk, clock
from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.database import Tx
from voltway.kernel.http import Instant, MoneyOut, Page, PageQuery, Schema, page_query, read_tx, runtime_of
from voltway.kernel.ids import new_id
from voltway.kernel.json import to_struct
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.billing import recosting, store
from voltway.modules.billing.errors import CdrCredited, CdrNotFound
from voltway.modules.billing.pricing_due import held_before, priced_event
from voltway.modules.billing.tables import cdrs, credits, due, tariffs

router = APIRouter(tags=["CDRs"])

MayRead = Annotated[Principal, Depends(allowed(Permission.SETTLEMENTS_READ))]
MayCredit = Annotated[Principal, Depends(allowed(Permission.REFUNDS_WRITE))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]


class CdrLine(Schema):
    """A line of the price, as in the session."""

    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    vat_percent: Decimal
    amount: MoneyOut


class CdrOut(Schema):
    """A Charge Detail Record. `credited_at`: it was taken back, for the `credit_reason`."""

    id: str
    session_id: str
    replaces_cdr_id: str | None
    station_id: str
    location_id: str | None
    started_at: Instant
    ended_at: Instant
    energy_wh: int
    tariff_id: str
    cost: MoneyOut
    cost_excl_vat: MoneyOut
    prices_include_vat: bool
    lines: list[CdrLine]
    warnings: list[str]
    created_at: Instant
    credited_at: Instant | None
    credit_reason: str | None


class CreditIn(Schema):
    """Take a CDR back. `reissue`: make a new one of what was metered, by the tariff of the session or another one."""

    reason: str = Field(min_length=3, max_length=500)
    reissue: bool = False
    tariff_id: str | None = Field(default=None, max_length=36)


class CreditOut(Schema):
    """A CDR that was taken back, and the one that was made in its place."""

    id: str
    cdr_id: str
    reissued_cdr_id: str | None


class HeldOut(Schema):
    """A session that waits for a person before it is priced. The sessions module holds others: those whose `review` says so."""

    session_id: str
    station_id: str
    location_id: str | None
    reasons: list[str]


_CREDITED = sa.outerjoin(cdrs, credits, credits.c.cdr_id == cdrs.c.id)
_LISTED = sa.select(
    cdrs, credits.c.created_at.label("credited_at"), credits.c.reason.label("credit_reason")
).select_from(_CREDITED)


@router.get("/cdrs")
async def list_cdrs(
    principal: MayRead,
    tx: ReadTx,
    page: Annotated[PageQuery, Depends(page_query)],
    session_id: Annotated[str | None, Query(max_length=36)] = None,
    since: Annotated[Instant | None, Query(description="ended at or after")] = None,
    until: Annotated[Instant | None, Query(description="ended before")] = None,
) -> Page[CdrOut]:
    """The operator's CDRs, newest first."""
    statement = _LISTED.where(visible(principal, cdrs))
    if session_id is not None:
        statement = statement.where(cdrs.c.session_id == session_id)
    if since is not None:
        statement = statement.where(cdrs.c.ended_at >= since)
    if until is not None:
        statement = statement.where(cdrs.c.ended_at < until)
    rows, next_cursor = await page.fetch(tx, statement, cdrs.c.id)
    return Page(items=[_cdr_out(row) for row in rows], next_cursor=next_cursor)


@router.get("/cdrs/{cdr_id}")
async def get_cdr(cdr_id: str, principal: MayRead, tx: ReadTx) -> CdrOut:
    """One CDR."""
    return _cdr_out(await _get(tx, principal, cdr_id))


@router.post("/cdrs/{cdr_id}/credit", status_code=201)
async def credit_cdr(cdr_id: str, body: CreditIn, principal: MayCredit, runtime: OurRuntime) -> CreditOut:
    """Take a CDR back whole, once; and make a new one in its place where that is wanted."""
    async with runtime.database.read(principal.operator_id) as tx:
        row = await _get(tx, principal, cdr_id)
        wanted = body.tariff_id or row.tariff_id
        tariff = await store.get_tariff(tx, wanted, visible(principal, tariffs)) if body.reissue else None
    again = None if tariff is None else await _count_again(runtime, row, tariff)
    credit_id, now = new_id(), clock.now()
    async with runtime.database.begin(principal.operator_id) as tx:
        credit = {name: getattr(row, name) for name in _KEPT} | {
            "id": credit_id,
            "cdr_id": cdr_id,
            "reason": body.reason,
            "created_at": now,
        }
        if not await bulk.insert_if_absent(tx, credits, [credit]):
            raise CdrCredited(f"CDR {cdr_id} was taken back before.")
        reissued_id = None
        if again is not None:
            ((reissued_id, *_),) = await store.add_cdrs(tx, [again], replaces=cdr_id)
        tx.publish(
            SessionCredited(
                operator_id=row.operator_id,
                at=now,
                session_id=row.session_id,
                station_id=row.station_id,
                cdr_id=cdr_id,
                credit_id=credit_id,
                amount=Money(row.incl_vat_minor, row.currency),
                excl_vat=Money(row.excl_vat_minor, row.currency),
                reason=body.reason,
                replaced_by_cdr_id=reissued_id,
            )
        )
        if again is not None and reissued_id is not None:
            tx.publish(priced_event(reissued_id, *again, cdr_id))
        after = {"reason": body.reason, "reissued_cdr_id": reissued_id}
        audit.note(tx, principal, "cdr.refunded", ("cdr", cdr_id), after=after, reason=body.reason)
    return CreditOut(id=credit_id, cdr_id=cdr_id, reissued_cdr_id=reissued_id)


_KEPT = ("operator_id", "session_id", "location_id", "incl_vat_minor", "excl_vat_minor", "currency")


@router.get("/held-sessions")
async def list_held_sessions(
    principal: MayRead, tx: ReadTx, page: Annotated[PageQuery, Depends(page_query)]
) -> Page[HeldOut]:
    """Sessions that were metered in a way that is not plausible: POST /sessions/{id}/review says what becomes of them."""
    statement = sa.select(due).where(visible(principal, due), due.c.due_at.is_(None))
    rows, next_cursor = await page.fetch(tx, statement, due.c.session_id)
    held = [
        HeldOut(
            session_id=row.session_id,
            station_id=row.station_id,
            location_id=row.location_id,
            reasons=row.reasons.split(),
        )
        for row in rows
    ]
    return Page(items=held, next_cursor=next_cursor)


async def _get(tx: Tx, principal: Principal, cdr_id: str) -> Any:
    row = (await tx.execute(_LISTED.where(visible(principal, cdrs), cdrs.c.id == cdr_id))).one_or_none()
    if row is None:
        raise CdrNotFound(f"There is no CDR {cdr_id}.")
    return row


async def _count_again(runtime: Runtime, row: Any, tariff: Tariff) -> tuple[SessionEnded, Cost]:
    used = await runtime.ask(FindMetered(session_ids=(row.session_id,)))
    zones = await runtime.ask(FindTimeZones(location_ids=(row.location_id,) if row.location_id else ()))
    held = await held_before(runtime, [recosting.session_of(row, tariff)])
    zone = zones.get(row.location_id or "", "UTC")
    return recosting.count_again(row, tariff, used.get(row.session_id), zone, held.get(row.session_id))


def _cdr_out(row: Any) -> CdrOut:
    cost = to_struct(row.cost, Cost)
    fields = {name: getattr(row, name) for name in CdrOut.model_fields if hasattr(row, name)}
    return CdrOut.model_validate(
        fields
        | {
            "cost": _money(cost.incl_vat),
            "cost_excl_vat": _money(cost.excl_vat),
            "prices_include_vat": cost.prices_include_vat,
            "lines": [
                {name: getattr(line, name) for name in CdrLine.model_fields if name != "amount"}
                | {"amount": _money(line.amount)}
                for line in cost.lines
            ],
            "warnings": list(cost.warnings),
        }
    )


def _money(amount: Money) -> dict[str, Any]:
    return {"minor": amount.minor, "currency": amount.currency}
