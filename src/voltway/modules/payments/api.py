"""REST of payments by guests: whoever has scanned the code of an EVSE needs no account."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request

from voltway.contracts.vocabulary import CommandState
from voltway.kernel.auth import anybody
from voltway.kernel.auth.throttle import AddressThrottle, Rate
from voltway.kernel.errors import InvalidField
from voltway.kernel.http import runtime_of
from voltway.kernel.request import client_address
from voltway.kernel.runtime import Runtime
from voltway.modules.payments import beginning, charges, store, visits
from voltway.modules.payments.charge_schemas import Charge
from voltway.modules.payments.errors import PaymentNotFound, PaymentNotInState, TooManyPayments
from voltway.modules.payments.schemas import CableOut, OfferOut, StartIn, VisitOut, visit_out

router = APIRouter(tags=["charging starts"], dependencies=[Depends(anybody)])

OurRuntime = Annotated[Runtime, Depends(runtime_of)]
PaymentId = Annotated[str, Path(max_length=36)]
Key = Annotated[str, Path(max_length=64)]
Locale = Annotated[Literal["en", "de", "zh"], Query(description="of the sentences about prices")]


class PaymentThrottle(AddressThrottle):
    """Payments that are begun from one address: each holds money on a card, and a list of stolen cards is tried by many."""

    rate = Rate(burst=12, refill_s=20.0)
    refusal = TooManyPayments
    words = "Wait a little before you begin another payment."


@router.get("/charging-offers/{station_identity}/{evse_number}")
async def get_charging_offer(
    station_identity: Annotated[str, Path(max_length=48)],
    evse_number: Annotated[int, Path(ge=1, le=10_000)],
    runtime: OurRuntime,
    operator: Annotated[str | None, Query(max_length=63)] = None,
) -> OfferOut:
    """What charging costs at an EVSE, and how it can be paid."""
    return await beginning.offer(runtime, station_identity, evse_number, operator)


@router.post("/charging-starts", status_code=201)
async def start_as_guest(
    body: StartIn,
    request: Request,
    runtime: OurRuntime,
    idempotency_key: Annotated[str, Header(min_length=16, max_length=255)] = "",
) -> VisitOut:
    """Hold money and start a visit, as a guest. `Idempotency-Key` is the guest's own, at least 16 random characters: with the same
    key at the same EVSE it is the same payment, however often it is sent, until that is over."""
    if not idempotency_key.isprintable() or len(idempotency_key) < 16:
        raise InvalidField.at("header.idempotency-key", "send 16 or more random characters, the same for every try")
    runtime.state(PaymentThrottle).count(client_address(request))
    payer = "guest " + hashlib.sha256(idempotency_key.encode()).hexdigest()
    row = await beginning.begin_visit(runtime, body, payer=payer)
    await visits.begun(runtime, row.id)
    return await shown(runtime, row.id, with_key=True)


@router.get("/charging-starts/{payment_id}/{key}")
async def get_charging_start(payment_id: PaymentId, key: Key, runtime: OurRuntime) -> VisitOut:
    """What has become of a guest's payment."""
    _check_key(runtime, payment_id, key)
    return await shown(runtime, payment_id, with_key=True)


@router.post("/charging-starts/{payment_id}/{key}/confirmation")
async def confirm_charging_start(payment_id: PaymentId, key: Key, runtime: OurRuntime) -> VisitOut:
    """The payer is back from where they have confirmed: the provider is asked. What the payer says counts for nothing."""
    _check_key(runtime, payment_id, key)
    await visits.begun(runtime, payment_id)
    return await shown(runtime, payment_id, with_key=True)


@router.post("/charging-starts/{payment_id}/{key}/cancellation")
async def cancel_charging_start(payment_id: PaymentId, key: Key, runtime: OurRuntime) -> VisitOut:
    """The guest does not want to charge: what is held is let go. Once the start is ordered, stop the session instead."""
    _check_key(runtime, payment_id, key)
    async with runtime.database.read() as tx:
        row = await store.get(tx, payment_id)
    if not await visits.cancel(runtime, row, "cancelled"):
        raise PaymentNotInState("The start is ordered: stop the session, or wait until the station has said no.")
    return await shown(runtime, payment_id, with_key=True)


@router.post("/charging-starts/{payment_id}/{key}/stop")
async def stop_charging_start(payment_id: PaymentId, key: Key, runtime: OurRuntime) -> VisitOut:
    """Stop the guest's session; what it has cost is captured when the station has ended it."""
    _check_key(runtime, payment_id, key)
    async with runtime.database.read() as tx:
        row = await store.get(tx, payment_id)
    await charges.stop(runtime, row)
    return await shown(runtime, payment_id, with_key=True)


@router.post("/charging-starts/{payment_id}/{key}/unlocking")
async def unlock_charging_start(payment_id: PaymentId, key: Key, runtime: OurRuntime) -> CableOut:
    """Let go the guest's cable, which is stuck after their session."""
    _check_key(runtime, payment_id, key)
    async with runtime.database.read() as tx:
        row = await store.get(tx, payment_id)
    return CableOut(is_let_go=(await charges.unlock(runtime, row)).state is CommandState.ACCEPTED)


@router.get("/charging-starts/{payment_id}/{key}/charge")
async def get_guest_charge(payment_id: PaymentId, key: Key, runtime: OurRuntime, locale: Locale = "en") -> Charge:
    """All that a guest sees of their charge: payment, place, session and its cost so far, receipt."""
    _check_key(runtime, payment_id, key)
    return await charges.shown(runtime, payment_id, await shown(runtime, payment_id, with_key=True), locale)


async def shown(runtime: Runtime, payment_id: str, *, with_key: bool) -> VisitOut:
    """A payment as its payer sees it now."""
    async with runtime.database.read() as tx:
        row = await store.get(tx, payment_id)
        pending = await store.find_open_call(tx, payment_id)
    key = beginning.payment_key(runtime.secret, payment_id) if with_key else None
    return visit_out(row, key, is_pending=pending is not None)


def _check_key(runtime: Runtime, payment_id: str, key: str) -> None:
    if not beginning.is_key(runtime.secret, payment_id, key):
        raise PaymentNotFound(f"There is no payment {payment_id}.")
