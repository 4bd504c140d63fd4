"""Telling the others of bookings and queues: events for modules, mails and messages to devices for people."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from voltway.charging.pricing import Cost
from voltway.contracts.bookings import BookingChanged, QueuePlaceChanged
from voltway.contracts.notify import MailWanted, PushWanted
from voltway.kernel import clock
from voltway.kernel.auth.tables import accounts
from voltway.kernel.database import Tx
from voltway.kernel.money import Money
from voltway.modules.reservations import booking_store, booking_texts

Words = dict[str, str]
PUSHED_FOR = timedelta(hours=12)
"""How long a device that is switched off may still show what has no end of its own."""


async def tell(
    tx: Tx, row: Any, occasion: str | None = None, *, fee: Cost | None = None, credit: Money | None = None
) -> None:
    """Say how a booking is now, and have its driver written to on an occasion of booking_texts."""
    tx.publish(
        BookingChanged(
            operator_id=row.operator_id,
            at=clock.now(),
            booking_id=row.id,
            location_id=row.location_id,
            station_id=row.station_id,
            station_identity=row.station_identity,
            evse_number=row.evse_number,
            account_id=row.account_id,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            state=row.state,
            reason=row.reason,
        )
    )
    terms = booking_store.terms_of(row)
    kept_until = min(row.starts_at + terms.grace, row.ends_at)
    if occasion in ("confirmed", "changed") and fee is None and terms.no_show is not None:
        fee_text, amount = booking_texts.FEE_IF_MISSED, _money(terms.no_show.incl_vat)
    else:
        fee_text, amount = booking_texts.FEE, "" if fee is None else _money(fee.incl_vat)
    if occasion is not None:
        await _write(
            tx,
            row,
            f"booking:{row.id}:{row.revision}",
            f"booking.{occasion}",
            occasion,
            kept_until,
            {"when": _span(row)},
            "#/bookings",
            fee=(fee_text, amount),
            credit="" if credit is None else _money(credit),
        )


async def tell_of_place(tx: Tx, row: Any, occasion: str | None = None) -> None:
    """Say how a place in a queue is now, and have its person written to."""
    tx.publish(
        QueuePlaceChanged(
            operator_id=row.operator_id,
            at=clock.now(),
            queue_place_id=row.id,
            location_id=row.location_id,
            account_id=row.account_id,
            state=row.state,
            station_id=row.station_id,
            evse_number=row.evse_number,
            hold_until=row.until,
        )
    )
    if occasion is not None:
        mail_id = f"queue:{row.id}:{occasion}:{clock.to_rfc3339(row.updated_at)}"
        await _write(tx, row, mail_id, f"queue.{occasion}", occasion, row.until, {}, f"#/queue/{row.location_id}")


async def _write(
    tx: Tx,
    row: Any,
    mail_id: str,
    kind: str,
    occasion: str,
    until: datetime | None,
    words: Words,
    path: str,
    *,
    fee: tuple[Words, str] = ({}, ""),
    credit: str = "",
) -> None:
    mine = (accounts.c.id == row.account_id, accounts.c.operator_id == row.operator_id)
    account = (await tx.execute(sa.select(accounts).where(*mine))).one_or_none()
    if account is None:
        return
    language = booking_texts.language_of(account.locale)
    zone = ZoneInfo(row.time_zone)
    evse = booking_texts.EVSE[language].format(number=row.evse_number or "", station=row.station_identity or "")
    fee_text, amount = fee
    filled = {
        "where": row.location_name,
        "evse": evse,
        "until": "" if until is None else until.astimezone(zone).strftime("%H:%M"),
        "reason": row.reason or "",
        "fee": fee_text[language].format(amount=amount) if amount else "",
        "credit": booking_texts.CREDIT[language].format(amount=credit) if credit else "",
        "when": "",
        **words,
    }
    text = booking_texts.TEXTS[language][occasion]
    subject, body = text.subject.format(**filled)[:200], text.body.format(**filled)
    tx.publish(
        MailWanted(
            operator_id=row.operator_id,
            at=clock.now(),
            mail_id=mail_id,
            kind=kind,
            to=account.email,
            subject=subject,
            text=body,
        )
    )
    now = clock.now()
    tx.publish(
        PushWanted(
            operator_id=row.operator_id,
            at=now,
            account_id=row.account_id,
            tag=kind.partition(".")[0] + f":{row.id}",
            title=subject,
            text=body,
            path=path,
            expires_at=clock.to_rfc3339(now + PUSHED_FOR if until is None or until <= now else until),
        )
    )


def _span(row: Any) -> str:
    """A slot by the location's clock: 2026-03-01 09:00-10:30 (Europe/Berlin)."""
    zone = ZoneInfo(row.time_zone)
    start, end = row.starts_at.astimezone(zone), row.ends_at.astimezone(zone)
    return f"{start:%Y-%m-%d %H:%M}-{end:%H:%M} ({row.time_zone})"


def _money(money: Money) -> str:
    return f"{money.to_decimal()} {money.currency}"
