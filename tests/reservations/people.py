"""What tests of bookings and queues share: a location that can be booked, and drivers who are logged in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import sqlalchemy as sa

from builders import app_of
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, Role, create_account
from voltway.kernel.runtime import Runtime
from voltway.modules.notify.tables import mails
from voltway.modules.reservations.tables import bookings
from voltway.modules.users.tables import id_tokens

PASSWORD = "amber plug and a long cable"
RULES = {
    "is_bookable": True,
    "has_queue": True,
    "no_show_fee_minor": 595,
    "late_cancel_fee_minor": 238,
    "vat_percent": "19",
    "failure_credit_minor": 300,
    "free_cancel_minutes": 30,
}
CCS, TYPE_2 = "cCCS2", "cType2"


async def made(client: httpx.AsyncClient, path: str, body: Any, status: int = 201, **options: Any) -> dict[str, Any]:
    answer = await client.post(path, json=body, **options)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


async def got(client: httpx.AsyncClient, path: str, **params: Any) -> dict[str, Any]:
    answer = await client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def a_location(admin: httpx.AsyncClient, **rules: Any) -> dict[str, Any]:
    """A location in Berlin that can be booked."""
    location = await made(admin, "/locations", {"name": "Depot", "time_zone": "Europe/Berlin", "country": "DE"})
    answer = await admin.put(f"/locations/{location['id']}/booking-rules", json={**RULES, **rules})
    assert answer.status_code == 200, answer.text
    return location


def evses(*types: str) -> list[dict[str, Any]]:
    """EVSEs with one connector each."""
    return [
        {"evse_number": number, "connectors": [{"connector_number": 1, "type": word}]}
        for number, word in enumerate(types, start=1)
    ]


async def a_driver(runtime: Runtime, name: str, locale: str = "en") -> httpx.AsyncClient:
    """A driver who is logged in, with a token of the app. The caller closes the client."""
    email = f"{name.lower()}@example.org"
    async with runtime.database.begin() as tx:
        await create_account(tx, email, PASSWORD, name, Role.DRIVER, DEFAULT_OPERATOR_ID, locale=locale)
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app_of(runtime)), base_url="http://localhost/api/v1", timeout=60
    )
    logged_in = await made(client, "/login", {"email": email, "password": PASSWORD}, 200)
    client.headers["x-csrf-token"] = logged_in["csrf_token"]
    await made(client, "/me/id-tokens/app", None)
    return client


async def token_of(runtime: Runtime, driver: httpx.AsyncClient) -> str:
    """What the driver's token says, as a station sees it."""
    (token,) = (await got(driver, "/me/id-tokens"))["items"]
    async with runtime.database.read() as tx:
        value = await tx.execute(sa.select(id_tokens.c.value).where(id_tokens.c.id == token["id"]))
    return str(value.scalar_one())


def a_slot(hours: float = 24, length_minutes: int = 60) -> dict[str, Any]:
    """A slot that begins on the next quarter of an hour after so many hours."""
    at = clock.now() + timedelta(hours=hours)
    quarter = timedelta(minutes=15)
    start = datetime.fromtimestamp(-(-at.timestamp() // quarter.total_seconds()) * quarter.total_seconds(), UTC)
    ends_at = start + timedelta(minutes=length_minutes)
    return {"starts_at": clock.to_rfc3339(start), "ends_at": clock.to_rfc3339(ends_at), "rules_version": 1}


async def shift(runtime: Runtime, booking_id: str, until_start: timedelta) -> None:
    """Let a booking begin after so long (or before, if negative) from now, with the length it has; it is looked at now."""
    async with runtime.database.begin() as tx:
        mine = bookings.c.id == booking_id
        row = (await tx.execute(sa.select(bookings).where(mine))).one()
        start = clock.now() + until_start
        values = {"starts_at": start, "ends_at": start + (row.ends_at - row.starts_at), "due_at": clock.now()}
        await tx.execute(sa.update(bookings).where(mine).values(**values))


async def mails_to(runtime: Runtime, name: str) -> list[tuple[str, str]]:
    """The mails to a driver, oldest first: kind and subject."""
    statement = sa.select(mails.c.kind, mails.c.subject).where(mails.c.recipient == f"{name.lower()}@example.org")
    async with runtime.database.read() as tx:
        return [(row.kind, row.subject) for row in (await tx.execute(statement.order_by(mails.c.id))).all()]
