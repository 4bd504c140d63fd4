"""What only OCPP 2.1 has: who may see it, and that an older station is not asked for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from builders import ClientOf, MakeRuntime

from .network21 import (  # noqa: TID252  (tests are not installed)
    CURVE,
    TOKEN,
    Platform21,
    event,
    open_stream,
    platform_21,
    session_of,
    settlement,
)


@pytest.fixture
async def platform(make_runtime: MakeRuntime, client_of: ClientOf) -> AsyncIterator[Platform21]:
    async with platform_21(make_runtime, client_of, {}) as made:
        yield made


# ---- what the others cannot


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
async def test_older_station_cannot_do_what_only_2_1_has(platform: Platform21, protocol: str) -> None:
    station = await platform.station(protocol=protocol)
    orders: tuple[tuple[str, dict[str, Any]], ...] = (
        ("get_der_control", {}),
        ("clear_der_control", {"is_default": True}),
        ("set_der_control", {"control_id": "c", "control_type": "FreqWatt", "is_default": True, "control": CURVE}),
        ("afrr_signal", {"signal": 1}),
        ("request_battery_swap", {"id_token": "04A1B2C3"}),
        ("get_tariffs", {}),
        ("clear_tariffs", {}),
        ("adjust_periodic_event_stream", {"stream_number": 1, "interval_s": 1}),
        ("get_periodic_event_streams", {}),
        ("notify_web_payment_started", {"evse_number": 1, "timeout_s": 60}),
        ("update_dynamic_schedule", {"charging_profile_id": 1, "values": {"limit": 6.0}}),
    )
    for kind, arguments in orders:
        answer = await station.order(kind, **arguments)
        assert answer.status_code == 409, (kind, answer.text)
        assert protocol in answer.json()["detail"]


# ---- who may see it

PATHS = (
    "/charging-stations/{station}/der-controls",
    "/charging-stations/{station}/der-alarms",
    "/charging-stations/{station}/battery-swaps",
    "/charging-stations/{station}/event-streams",
    "/charging-stations/{station}/event-streams/1/values",
    "/charging-stations/{station}/charging-profiles",
    "/charging-stations/{station}/charging-limits",
    "/charging-stations/{station}/charging-needs",
    "/charging-stations/{station}/car-schedules",
    "/charging-stations/{station}/priority-charging",
    "/settlements/{settlement}",
    "/sessions/{session}/cost-details",
)


async def test_each_page_is_for_those_of_the_operator_who_may(
    platform: Platform21, client_of: ClientOf, stranger_id: str
) -> None:
    station = await platform.station()
    await station.say("TransactionEvent", event("Started", 0, idToken=TOKEN))
    await station.say("NotifySettlement", settlement())
    await station.say("OpenPeriodicEventStream", open_stream(1))
    (settled,) = (await platform.client.get("/settlements")).json()["items"]
    names = {"station": station.id, "settlement": settled["id"], "session": await session_of(platform)}
    nobody = await client_of(platform.runtime, None)
    driver = await client_of(platform.runtime, "driver")
    stranger = await client_of(platform.runtime, operator_id=stranger_id)
    host = await client_of(platform.runtime, "site_host", location_ids=["elsewhere"])
    for path in PATHS:
        url = path.format(**names)
        expected = {platform.client: 200, nobody: 401, driver: 403, stranger: 404, host: 404}
        found = {client: (await client.get(url)).status_code for client in expected}
        assert found == expected, path
    assert (await nobody.get("/settlements")).status_code == 401
    assert (await stranger.get("/settlements")).json()["items"] == []
    assert (await host.get("/settlements")).json()["items"] == []


async def test_values_of_a_dynamic_profile_are_set_by_those_of_the_operator_who_may(
    platform: Platform21, client_of: ClientOf, stranger_id: str
) -> None:
    station = await platform.station()
    url = f"/charging-stations/{station.id}/charging-profiles/7/values"
    expected = {
        await client_of(platform.runtime, None): 401,
        await client_of(platform.runtime, "site_host"): 403,
        await client_of(platform.runtime, operator_id=stranger_id): 404,
        platform.client: 404,  # there is no such profile
    }
    assert {client: (await client.put(url, json={"limit": 6})).status_code for client in expected} == expected
