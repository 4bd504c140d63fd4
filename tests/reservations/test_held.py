"""For how long an EVSE was held before the session for which it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from builders import MakeRuntime
from voltway.contracts.bookings import FindHeldBefore, Held
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.runtime import Runtime
from voltway.modules.reservations.module import MANIFEST
from voltway.modules.reservations.tables import bookings, reservations

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
async def runtime(make_runtime: MakeRuntime) -> Runtime:
    return await make_runtime(MANIFEST)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


async def held(runtime: Runtime, session_id: str = "s-1", station_id: str = "CS-1") -> Held | None:
    question = FindHeldBefore(sessions=((session_id, station_id, AT),))
    return (await runtime.ask(question)).get(session_id)


async def reserve(runtime: Runtime, since: datetime) -> None:
    row = {
        "id": "r-1",
        "operator_id": DEFAULT_OPERATOR_ID,
        "station_id": "CS-1",
        "station_identity": "CS-1",
        "number": 1,
        "id_token": "CARD",
        "starts_at": since,
        "expires_at": AT + minutes(30),
        "state": "used",
        "session_id": "s-1",
        "created_at": since,
        "updated_at": since,
    }
    async with runtime.database.begin() as tx:
        await tx.execute(sa.insert(reservations).values(row))


async def book(runtime: Runtime, since: datetime) -> None:
    row: dict[str, Any] = {
        "id": "b-1",
        "operator_id": DEFAULT_OPERATOR_ID,
        "location_id": "here",
        "location_name": "Here",
        "time_zone": "UTC",
        "id_token": "CARD",
        "station_id": "CS-1",
        "station_identity": "CS-1",
        "evse_number": 1,
        "starts_at": since,
        "ends_at": since + minutes(60),
        "state": "charging",
        "terms": {},
        "session_id": "s-1",
        "revision": 1,
        "created_at": since,
        "updated_at": since,
    }
    async with runtime.database.begin() as tx:
        await tx.execute(sa.insert(bookings).values(row))


async def test_nobody_held_anything(runtime: Runtime) -> None:
    assert await held(runtime) is None


async def test_a_reservation_is_held_from_when_it_was_made(runtime: Runtime) -> None:
    await reserve(runtime, AT - minutes(20))
    assert await held(runtime) == Held(start=AT - minutes(20), end=AT)
    assert await held(runtime, session_id="s-2") is None
    assert await held(runtime, station_id="CS-2") is None


async def test_a_booked_slot_counts_from_its_start_however_long_the_station_held_it(runtime: Runtime) -> None:
    await reserve(runtime, AT - minutes(20))  # the station was told before the slot
    await book(runtime, AT - minutes(5))
    assert await held(runtime) == Held(start=AT - minutes(5), end=AT)


async def test_who_comes_before_the_slot_has_had_nothing_held(runtime: Runtime) -> None:
    await reserve(runtime, AT - minutes(20))
    await book(runtime, AT + minutes(5))
    assert await held(runtime) is None
