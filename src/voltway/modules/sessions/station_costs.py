"""What a station itself says of a session in OCPP 2.1 and nothing else here shows: the cost that it computed, by which tariff,
under which limit, in which mode; read from the inbox, where every report stands as received. Beside it our own limit."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from fastapi import APIRouter, Depends

from voltway.charging.pricing import Tariff
from voltway.contracts.payments import FindTransactions, TransactionSession
from voltway.kernel.auth import Permission, Principal, allowed
from voltway.kernel.database import Tx
from voltway.kernel.http import Instant, MoneyOut, Schema, read_tx
from voltway.kernel.json import to_struct
from voltway.kernel.runtime import Runtime
from voltway.modules.sessions import limits, store
from voltway.modules.sessions.errors import SessionNotFound
from voltway.modules.sessions.tables import inbox, sessions

router = APIRouter(tags=["sessions"])

REPORTS_MAX = 2000
"""Reports of one session that are looked through, the newest first."""

_IN_TRANSACTION = ("operationMode", "tariffId", "transactionLimit")
_IN_REPORT = ("costDetails", "preconditioningStatus", "evseSleep")

MayRead = Annotated[Principal, Depends(allowed(Permission.SESSIONS_READ))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]


class SessionLimitOut(Schema):
    """How far the session may go by the terms of its token; null: no limit. The cost is incl. VAT."""

    cost: MoneyOut | None = None
    energy_wh: int | None = None
    duration_s: int | None = None


class CostDetailsOut(Schema):
    """The last that a station has said of each; null: nothing. `cost_details` and `transaction_limit` are documents as OCPP
    2.1 writes them, in major units: what the station computed, not what we charge. `told_at`: when it told of the cost.
    `limit`: how far we let the session go; `limit_reached_at`: when we had it stopped for that."""

    session_id: str
    cost_details: dict[str, Any] | None = None
    told_at: Instant | None = None
    tariff_id: str | None = None
    transaction_limit: dict[str, Any] | None = None
    operation_mode: str | None = None
    preconditioning_status: str | None = None
    is_evse_asleep: bool | None = None
    limit: SessionLimitOut | None = None
    limit_reached_at: Instant | None = None


@router.get("/sessions/{session_id}/cost-details")
async def get_cost_details(session_id: str, principal: MayRead, tx: ReadTx) -> CostDetailsOut:
    """What the station computed and said of this session (OCPP 2.1)."""
    row: Any = await store.find(tx, principal.operator_id, session_id)
    if row is None or not principal.reaches(row.location_id):
        raise SessionNotFound(f"There is no session {session_id}.")
    statement = (
        sa.select(inbox.c.payload, inbox.c.occurred_at)
        .where(inbox.c.session_id == session_id)
        .order_by(inbox.c.id.desc())
        .limit(REPORTS_MAX)
    )
    said = last_said([(one.payload, one.occurred_at) for one in (await tx.execute(statement)).all()])
    ours = await limits.find(tx, session_id)
    if ours is not None:
        said |= {"limit": SessionLimitOut(**ours.spending_limit), "limit_reached_at": ours.reached_at}
    return CostDetailsOut(session_id=session_id, **said)


def last_said(reports: list[tuple[str, Any]]) -> dict[str, Any]:
    """The last word on each field, by the station's own numbers; (payload, instant) of reports in any order."""
    found: dict[str, Any] = {}
    told_at = None
    documents = [(_document(text), occurred_at) for text, occurred_at in reports]
    for payload, occurred_at in sorted(documents, key=lambda one: _number(one[0]), reverse=True):
        transaction = payload.get("transactionInfo")
        for names, document in ((_IN_REPORT, payload), (_IN_TRANSACTION, transaction)):
            for name in names:
                value = document.get(name) if isinstance(document, dict) else None
                if value is None or name in found:
                    continue
                found[name] = value
                if name == "costDetails":
                    told_at = occurred_at
    return {
        "cost_details": _object(found.get("costDetails")),
        "told_at": told_at,
        "tariff_id": _text(found.get("tariffId")),
        "transaction_limit": _object(found.get("transactionLimit")),
        "operation_mode": _text(found.get("operationMode")),
        "preconditioning_status": _text(found.get("preconditioningStatus")),
        "is_evse_asleep": found["evseSleep"] if isinstance(found.get("evseSleep"), bool) else None,
    }


def _document(text: str) -> dict[str, Any]:
    """A payload; one that broke its schema was kept as well, and says nothing here."""
    try:
        document = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def _number(payload: dict[str, Any]) -> int:
    number = payload.get("seqNo")
    return number if isinstance(number, int) else -1


def _object(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


async def find_transactions(runtime: Runtime, request: FindTransactions) -> list[TransactionSession | None]:
    """The sessions of transactions, by one query for all of them."""
    statement = sa.select(sessions.c.station_id, sessions.c.transaction_id, sessions.c.id, sessions.c.tariff).where(
        sessions.c.station_id.in_({query.station_id for query in request.queries}),
        sessions.c.transaction_id.in_({query.transaction_id for query in request.queries}),
    )
    async with runtime.database.read() as tx:
        rows = (await tx.execute(statement)).all()
    found = {
        (row.station_id, row.transaction_id): TransactionSession(
            session_id=row.id, currency=None if not row.tariff else to_struct(row.tariff, Tariff).currency
        )
        for row in rows
    }
    return [found.get((query.station_id, query.transaction_id)) for query in request.queries]
