"""A charge as the one who pays sees it, and what they can do to it: stop it, let the cable go."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from voltway.charging import pricing, tariff_text
from voltway.charging.pricing import Tariff
from voltway.charging.tariffs import Component, Dimension, Element, Taxes
from voltway.charging.usage import Period, Usage
from voltway.contracts.directory import FindPublicPoint, PublicPoint
from voltway.contracts.documents import FindChargeDocument
from voltway.contracts.sessions import FindRunningSessions, FindSessionStanding, SessionStanding
from voltway.contracts.stations import CommandView, SendCommand
from voltway.contracts.vocabulary import SessionState
from voltway.kernel import clock
from voltway.kernel.runtime import Runtime
from voltway.modules.payments import store
from voltway.modules.payments.charge_schemas import (
    CardForm,
    Charge,
    ChargeReceipt,
    ChargeSession,
    IdleFee,
    cost_out,
    point_out,
)
from voltway.modules.payments.errors import MethodNotOffered, PaymentNotInState
from voltway.modules.payments.providers.sandbox_cards import CARDS
from voltway.modules.payments.registry import choose
from voltway.modules.payments.rules import Start, State
from voltway.modules.payments.schemas import VisitOut
from voltway.modules.payments.settings import PaymentsSettings

UNLOCK_WITHIN = timedelta(hours=1)
"""So long after the end of their session somebody may have their cable let go."""
COMMAND_WAIT_S = 15.0
_RATE = Decimal("0.0001")


async def shown(runtime: Runtime, payment_id: str, visit: VisitOut, locale: str) -> Charge:
    """A charge as it is now."""
    async with runtime.database.read() as tx:
        row = await store.get(tx, payment_id)
    tariff = None if row.tariff is None else msgspec.convert(row.tariff, Tariff)
    session = await _standing(runtime, row)
    return Charge(
        at=clock.now(),
        payment=visit,
        point=await _point(runtime, row),
        price=[] if tariff is None else tariff_text.lines(pricing.in_elements(tariff), locale),
        plug_until=row.start_due_at if row.start_state == Start.ACCEPTED.value else None,
        retry_until=row.over_at if row.start_state == Start.FAILED.value and row.state == State.HELD.value else None,
        session=None if session is None else _session_out(session),
        idle=None if tariff is None else idle_fee(tariff, session),
        receipt=await _receipt(runtime, row),
    )


async def _standing(runtime: Runtime, row: Any) -> SessionStanding | None:
    if row.session_id is None:
        return None
    request = FindSessionStanding(operator_id=row.operator_id, session_id=row.session_id)
    return await runtime.ask_or(request, None)


async def _point(runtime: Runtime, row: Any) -> Any:
    if row.station_id is None:
        return None
    request = FindPublicPoint(station_id=row.station_id, evse_number=row.evse_number)
    nothing: PublicPoint | None = None
    found = await runtime.ask_or(request, nothing)
    return None if found is None else point_out(found)


async def _receipt(runtime: Runtime, row: Any) -> ChargeReceipt | None:
    if row.session_id is None or row.cdr_id is None:
        return None
    request = FindChargeDocument(operator_id=row.operator_id, session_id=row.session_id)
    found = await runtime.ask_or(request, None)
    return None if found is None else ChargeReceipt(kind=found.kind, number=found.number, url=found.url)


def _session_out(session: SessionStanding) -> ChargeSession:
    worked_out = {"cost", "state", "charging_state"}
    return ChargeSession(
        **{name: getattr(session, name) for name in ChargeSession.model_fields if name not in worked_out},
        state=session.state.value,
        charging_state=None if session.charging_state is None else session.charging_state.value,
        cost=None if session.cost is None else cost_out(session.cost),
    )


def idle_fee(tariff: Tariff, session: SessionStanding | None) -> IdleFee | None:
    """The first price for staying that a tariff names, with taxes, and from when it counts."""
    found = _idle_price(tariff)
    if found is None:
        return None
    element, price = found
    tax = price.vat_percent if tariff.full is not None and tariff.full.taxes is Taxes.EXCLUDED else None
    per_minute = price.price * (100 + (tax or 0)) / 100 / 60
    ended_at = None if session is None else session.charging_ended_at
    begins_at = None if session is None or ended_at is None else _begins_at(element, session.started_at, ended_at)
    return IdleFee(price_per_minute=per_minute.quantize(_RATE), currency=tariff.currency, begins_at=begins_at)


def idle_grace(tariff: Tariff) -> timedelta | None:
    """How long after its start a session costs nothing for staying; None: for as long as it likes, or not at all."""
    found = _idle_price(tariff)
    return timedelta(seconds=found[0].restrictions.min_duration or 0) or None if found is not None else None


def idle_begins_at(tariff: Tariff, started_at: datetime, charging_ended_at: datetime) -> datetime | None:
    """When staying begins to cost something for a car that has stopped charging; None: it does not."""
    found = _idle_price(tariff)
    return None if found is None else _begins_at(found[0], started_at, charging_ended_at)


def _idle_price(tariff: Tariff) -> tuple[Element, Component] | None:
    """A price that is the same whether the car charges or not is none for staying."""
    for element in () if tariff.full is None else tariff.full.elements:
        found = element.component(Dimension.PARKING_TIME)
        if found is not None and found.price and element.restrictions.reservation is None:
            return element, found
    return None


def _begins_at(element: Element, started_at: datetime, charging_ended_at: datetime) -> datetime:
    """Not before the session is as long as the element demands."""
    return max(charging_ended_at, started_at + timedelta(seconds=element.restrictions.min_duration or 0))


def estimate(tariff: Tariff, energy_wh: int, duration_s: int, zone: ZoneInfo) -> pricing.Cost:
    """What so much energy would cost if it began now and flowed evenly for so long."""
    start = clock.now()
    hours = Fraction(duration_s, 3600)
    energy = Fraction(energy_wh, 1000)
    period = Period(
        start=start,
        end=start + timedelta(seconds=duration_s),
        energy_kwh=energy,
        time_h=hours,
        power_kw=energy / hours,
    )
    return pricing.price_usage(pricing.in_elements(tariff), Usage(start=start, periods=(period,), zone=zone))


def card_form(runtime: Runtime) -> CardForm | None:
    """How the app takes a card; None where nobody takes one, or Stripe's fields cannot be loaded."""
    try:
        provider = choose(runtime, "card")
    except MethodNotOffered:
        return None
    key = runtime.settings(PaymentsSettings).stripe_publishable_key or None
    if provider.name == "sandbox":
        return CardForm(provider=provider.name, publishable_key=None, test_cards=list(CARDS))
    return None if key is None else CardForm(provider=provider.name, publishable_key=key, test_cards=[])


# ---- what the payer can do


async def stop(runtime: Runtime, row: Any) -> None:
    """Stop the session of a payment; what it has cost is captured when the station has ended it. Raises PaymentNotInState."""
    if row.session_id is None:
        raise PaymentNotInState("There is no session to stop.")
    await _order(runtime, row, "stop_transaction", {"session_id": row.session_id})


async def unlock(runtime: Runtime, row: Any) -> CommandView:
    """Let go a cable that is stuck after the payer's own session. Raises PaymentNotInState while the session runs, when it is
    long over, or when somebody else charges there."""
    session = await _standing(runtime, row)
    if session is None or session.state is not SessionState.ENDED or session.ended_at is None:
        raise PaymentNotInState("Stop charging first: the cable is let go when the session is over.")
    if session.ended_at + UNLOCK_WITHIN < clock.now():
        raise PaymentNotInState("This session is long over: call the helpline.")
    running = await runtime.ask(FindRunningSessions(station_ids=(row.station_id,)))
    if any(one.evse_number == row.evse_number for one in running):
        raise PaymentNotInState("Somebody else charges here now.")
    return await _order(runtime, row, "unlock_connector", {"evse_number": row.evse_number})


async def _order(runtime: Runtime, row: Any, kind: str, arguments: dict[str, Any]) -> CommandView:
    order = SendCommand(
        operator_id=row.operator_id,
        station_id=row.station_id,
        type=kind,
        arguments=arguments,
        requested_by="payer",
        wait_s=COMMAND_WAIT_S,
    )
    return await runtime.ask(order, timeout_s=COMMAND_WAIT_S + 5)
