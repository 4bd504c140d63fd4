"""Sessions that a person looks at before anybody pays: held for what they say themselves, or by billing; released, or not billed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Response
from pydantic import Field

from voltway.contracts.billing import SessionCredited, SessionHeld
from voltway.contracts.sessions import SessionEnded, SessionReleased
from voltway.kernel import audit, bulk, clock
from voltway.kernel.auth import Permission, Principal, allowed
from voltway.kernel.database import Tx
from voltway.kernel.http import Schema, json_answer, open_tx
from voltway.kernel.runtime import Runtime
from voltway.modules.sessions import rules, store
from voltway.modules.sessions.errors import NotUnderReview, SessionNotFound
from voltway.modules.sessions.model import tariff_of
from voltway.modules.sessions.schemas import SessionOut, session_out
from voltway.modules.sessions.tables import sessions

router = APIRouter(tags=["sessions"])

MayReview = Annotated[Principal, Depends(allowed(Permission.REFUNDS_WRITE))]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]

RELEASED, NOT_BILLED, CREDITED = "released", "not_billed", "credited"


class ReviewIn(Schema):
    """What becomes of a session that is held: it is priced as it stands, or never."""

    is_billed: bool
    reason: str = Field(min_length=3, max_length=500)


@router.post("/sessions/{session_id}/review", response_model=SessionOut)
async def review_session(session_id: str, body: ReviewIn, principal: MayReview, tx: OpenTx) -> Response:
    """Say what becomes of a session that is held for review. It is priced by the tariff that it began with."""
    await tx.execute(bulk.locked(sa.select(sessions.c.id).where(sessions.c.id == session_id), tx))
    row: Any = await store.find(tx, principal.operator_id, session_id)
    if row is None or not principal.reaches(row.location_id):
        raise SessionNotFound(f"There is no session {session_id}.")
    reasons = row.review.split()
    if not rules.awaits_review(row.state, row.cost, row.is_priced, reasons):
        raise NotUnderReview(f"Session {session_id} does not wait for a review.")
    kept = [reason for reason in reasons if reason != rules.HELD]
    after = [*kept, RELEASED if body.is_billed else NOT_BILLED]
    values = {"review": " ".join(dict.fromkeys(after)), "is_priced": True, "settled_at": clock.now()}
    await tx.execute(sa.update(sessions).where(sessions.c.id == session_id).values(**values))
    if not row.is_priced and body.is_billed:
        tx.publish(_ended(row, after))
    tx.publish(
        SessionReleased(
            operator_id=row.operator_id,
            at=clock.now(),
            session_id=session_id,
            station_id=row.station_id,
            is_billed=body.is_billed,
            reason=body.reason,
        )
    )
    was, now = {"review": reasons}, {"review": after, "is_billed": body.is_billed}
    audit.note(tx, principal, "session.reviewed", ("session", session_id), before=was, after=now, reason=body.reason)
    return json_answer(session_out(await store.find(tx, principal.operator_id, session_id), principal.shown))


def _ended(row: Any, reasons: Sequence[str]) -> SessionEnded:
    return SessionEnded(
        operator_id=row.operator_id,
        at=clock.now(),
        session_id=row.id,
        station_id=row.station_id,
        station_identity=row.station_identity,
        location_id=row.location_id,
        evse_number=row.evse_number,
        id_token=row.id_token,
        id_token_id=row.id_token_id,
        started_at=row.started_at,
        ended_at=row.ended_at,
        energy_wh=row.energy_wh,
        tariff=tariff_of(row.tariff) if row.tariff is not None else None,
        review=tuple(reasons),
        transaction_id=row.transaction_id,
    )


async def on_session_held(runtime: Runtime, tx: Tx, events: Sequence[SessionHeld]) -> None:
    """Billing waits for a person."""
    for event in events:
        await _flag(tx, event.session_id, (*event.reasons, rules.HELD))


async def on_session_credited(runtime: Runtime, tx: Tx, events: Sequence[SessionCredited]) -> None:
    """What was billed is no more: what a session costs is what a new CDR says, if there is one."""
    for event in events:
        nothing = {"cost": None} if event.replaced_by_cdr_id is None else {}
        await _flag(tx, event.session_id, (CREDITED,), **nothing)


async def _flag(tx: Tx, session_id: str, reasons: Sequence[str], **values: Any) -> None:
    wanted = bulk.locked(sa.select(sessions.c.review).where(sessions.c.id == session_id), tx)
    review = (await tx.execute(wanted)).scalar_one_or_none()
    if review is not None:
        values |= {"review": " ".join(dict.fromkeys([*review.split(), *reasons])), "settled_at": clock.now()}
        await tx.execute(sa.update(sessions).where(sessions.c.id == session_id).values(**values))
