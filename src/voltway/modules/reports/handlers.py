"""Facts as events tell them. Each has a key of its own and is kept once, in whatever order they come; rolling.py adds up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from voltway.charging.uptime import LINK, State
from voltway.contracts.accounts import AccountErased
from voltway.contracts.billing import SessionCredited, SessionPriced
from voltway.contracts.money_facts import (
    HoldReleased,
    PaymentCaptured,
    PaymentDisputed,
    PaymentHeld,
    PaymentRefunded,
    ProviderPaidOut,
    WalletToppedUp,
)
from voltway.contracts.sessions import SessionEnded
from voltway.contracts.stations import CommandChanged, ConnectorStatusChanged, StationChanged
from voltway.contracts.vocabulary import ConnectorStatus
from voltway.kernel import bulk
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.reports import rules, store
from voltway.modules.reports.settings import ReportsSettings
from voltway.modules.reports.tables import cdrs, changes, credits, evses, money, sessions, starts, taxes

START = "start_transaction"


def _day(runtime: Runtime, at: Any) -> str:
    return rules.day_of(at, ZoneInfo(runtime.settings(ReportsSettings).time_zone))


async def on_session_ended(runtime: Runtime, tx: Tx, events: Sequence[SessionEnded]) -> None:
    """A session is over, or what is known of an ended one has changed: the newest telling holds."""
    newest: dict[str, SessionEnded] = {}
    for event in events:
        if event.session_id not in newest or event.at >= newest[event.session_id].at:
            newest[event.session_id] = event
    known = await store.told_at(tx, newest)
    rows = [_session_row(event) for event in newest.values() if event.at >= known.get(event.session_id, event.at)]
    await store.forget_days(tx, [row["session_id"] for row in rows])
    update = tuple(name for name in _session_columns if name not in ("session_id", "operator_id"))
    await bulk.upsert(tx, sessions, rows, key=("session_id",), update=update)
    await bulk.insert_if_absent(tx, evses, [_evse_row(event, event.evse_number or 0) for event in newest.values()])


_session_columns = tuple(column.name for column in sessions.c)


def _session_row(event: SessionEnded) -> dict[str, Any]:
    ended_at = max(event.started_at, event.ended_at)
    return dict.fromkeys(_session_columns) | {
        "session_id": event.session_id,
        "operator_id": event.operator_id,
        "location_id": event.location_id,
        "station_id": event.station_id,
        "station_identity": event.station_identity,
        "evse_number": event.evse_number or 0,
        "id_token_id": event.id_token_id,
        "started_at": event.started_at,
        "ended_at": ended_at,
        "energy_wh": event.energy_wh,
        "duration_s": int(ended_at.timestamp()) - int(event.started_at.timestamp()),
        "told_at": event.at,
        "busy_s": 0,
    }


def _evse_row(event: Any, evse_number: int) -> dict[str, Any]:
    return {
        "station_id": event.station_id,
        "evse_number": evse_number,
        "operator_id": event.operator_id,
        "station_identity": event.station_identity,
        "location_id": None,
        "is_placed": False,
    }


async def on_session_priced(runtime: Runtime, tx: Tx, events: Sequence[SessionPriced]) -> None:
    """A CDR is made."""
    rows = [
        {
            "cdr_id": event.cdr_id,
            "operator_id": event.operator_id,
            "session_id": event.session_id,
            "currency": event.cost.incl_vat.currency,
            "excl_minor": event.cost.excl_vat.minor,
            "vat_minor": event.cost.vat.minor,
            "incl_minor": event.cost.incl_vat.minor,
            "made_on": _day(runtime, event.at),
        }
        for event in events
    ]
    await bulk.insert_if_absent(tx, cdrs, rows)
    by_rate = [
        {
            "cdr_id": event.cdr_id,
            "vat_percent": percent,
            "operator_id": event.operator_id,
            "session_id": event.session_id,
            "currency": event.cost.incl_vat.currency,
            "net_minor": net,
            "vat_minor": vat,
            "made_on": _day(runtime, event.at),
        }
        for event in events
        for percent, net, vat in rules.taxes_of(event.cost)
    ]
    await bulk.insert_if_absent(tx, taxes, by_rate)
    await store.make_stale(tx, [event.session_id for event in events])


async def on_session_credited(runtime: Runtime, tx: Tx, events: Sequence[SessionCredited]) -> None:
    """A CDR is taken back."""
    rows = [
        {
            "cdr_id": event.cdr_id,
            "operator_id": event.operator_id,
            "session_id": event.session_id,
            "credit_id": event.credit_id,
            "currency": event.amount.currency,
            "excl_minor": event.excl_vat.minor,
            "incl_minor": event.amount.minor,
            "made_on": _day(runtime, event.at),
        }
        for event in events
    ]
    await bulk.insert_if_absent(tx, credits, rows)
    await store.make_stale(tx, [event.session_id for event in events])


async def on_command_changed(runtime: Runtime, tx: Tx, events: Sequence[CommandChanged]) -> None:
    """An order to start has failed, or nothing has come of it."""
    rows = []
    for event in events:
        cause = rules.cause_of_start(event.state, event.effect) if event.type == START else None
        if cause is not None:
            row = {"command_id": event.command_id, "operator_id": event.operator_id, "station_id": event.station_id}
            rows.append(
                {**row, "location_id": None, "cause": cause, "at": event.at, "day_on": None, "operator_day_on": None}
            )
    await bulk.insert_if_absent(tx, starts, rows)


async def on_status_changed(runtime: Runtime, tx: Tx, events: Sequence[ConnectorStatusChanged]) -> None:
    """The ledger of statuses, by arrival: a station's clock may be wrong, and it tells of the past as if it were now."""
    rows = [
        {
            "station_id": event.station_id,
            "evse_number": event.evse_number,
            "connector_number": 0 if event.evse_number == 0 else event.connector_number,
            "at": event.at,
            "state": rules.STATES[event.status],
            "operator_id": event.operator_id,
            "source": "station",
            "error_code": None if event.error_code in (None, "NoError") else event.error_code[:100],
        }
        for event in events
    ]
    await bulk.insert_if_absent(tx, changes, rows)
    # A fault that is told late may have ended a session that was counted as a success.
    for event in events:
        if event.status is ConnectorStatus.FAULTED:
            await store.forget_days(tx, await store.sessions_hit(tx, event.station_id, event.evse_number, event.at))
    told = [event for event in events if event.evse_number > 0]
    await bulk.insert_if_absent(tx, evses, [_evse_row(event, event.evse_number) for event in told])


async def on_station_changed(runtime: Runtime, tx: Tx, events: Sequence[StationChanged]) -> None:
    """A station is online or offline, or may stand elsewhere."""
    rows = [
        {
            "station_id": event.station_id,
            "evse_number": 0,
            "connector_number": LINK,
            "at": event.at,
            "state": State.OFFLINE if event.what == "offline" else State.AVAILABLE,
            "operator_id": event.operator_id,
            "source": "link",
            "error_code": None,
        }
        for event in events
        if event.what in ("online", "offline")
    ]
    await bulk.insert_if_absent(tx, changes, rows)
    moved = sorted({event.station_id for event in events if event.what in ("added", "edited")})
    if moved:
        await tx.execute(sa.update(evses).where(evses.c.station_id.in_(moved)).values(is_placed=False))


# ---- money

_KINDS: dict[type[Any], tuple[str, str]] = {
    PaymentHeld: ("held", "hold_id"),
    HoldReleased: ("released", "hold_id"),
    PaymentCaptured: ("captured", "capture_id"),
    PaymentRefunded: ("refunded", "refund_id"),
    PaymentDisputed: ("disputed", "dispute_id"),
    WalletToppedUp: ("topped_up", "top_up_id"),
    ProviderPaidOut: ("paid_out", "payout_id"),
}
MONEY_FACTS = tuple(_KINDS)


async def on_money(runtime: Runtime, tx: Tx, events: Sequence[Any]) -> None:
    """Something happened to money. A dispute has a line for each of its states, a hold one for each step."""
    rows = []
    for event in events:
        kind, name = _KINDS[type(event)]
        fact_id, state = str(getattr(event, name)), ""
        if kind == "disputed":
            state = event.state
            fact_id = f"{fact_id}:{state}"
        elif kind == "held":
            fact_id = f"{fact_id}:{event.step}"
        fee = getattr(event, "fee", None)
        rows.append(
            {
                "kind": kind,
                "fact_id": fact_id,
                "operator_id": event.operator_id,
                "at": event.at,
                "day_on": _day(runtime, event.at),
                "provider": event.provider,
                "method": getattr(event, "method", ""),
                "state": state,
                "currency": event.amount.currency,
                "minor": event.amount.minor,
                "fee_minor": 0 if fee is None else fee.minor,
                "payer_id": getattr(event, "payer_id", None),
                "session_id": getattr(event, "session_id", None),
            }
        )
    await bulk.insert_if_absent(tx, money, rows)


async def on_account_erased(runtime: Runtime, tx: Tx, events: Sequence[AccountErased]) -> None:
    """A person has gone: what they charged and paid is nobody's."""
    for event in events:
        ours = (sessions.c.operator_id == event.operator_id, sessions.c.driver_id == event.account_id)
        await tx.execute(sa.update(sessions).where(*ours).values(driver_id=None))
        paid = (money.c.operator_id == event.operator_id, money.c.payer_id == event.account_id)
        await tx.execute(sa.update(money).where(*paid).values(payer_id=None))
