"""A report that cannot be recorded is answered, and shown at its station."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from builders import ClientOf, MakeRuntime, eventually
from voltway.app import catalog
from voltway.modules.reservations.handlers import ReservationHandler
from voltway.modules.users.local_lists import LocalListHandler

from .access_network import V201, Platform, online  # noqa: TID252  (tests are not installed)


@pytest.fixture
async def network(make_runtime: MakeRuntime, client_of: ClientOf) -> AsyncIterator[Platform]:
    runtime = await make_runtime(*catalog.load(), settings={"gateway": {"port": 0, "unknown_stations": "reject"}})
    platform = Platform(runtime, await client_of(runtime))
    yield platform
    await platform.close()


async def test_reports_of_lists_and_reservations_that_cannot_be_recorded_are_shown(
    network: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(self: Any, tx: Any, reports: Any, prepared: None) -> list[None]:
        raise ValueError("no room for this")

    monkeypatch.setattr(LocalListHandler, "record", fail)
    monkeypatch.setattr(ReservationHandler, "record", fail)
    record, station = await online(network, V201)
    assert (await network.order(record, type="get_local_list_version"))["state"] == "accepted"
    update = {"reservationId": 7, "reservationUpdateStatus": "Expired"}
    assert await station.call("ReservationStatusUpdate", update) == {}

    async def shown() -> bool:
        found = (await network.get(f"/charging-stations/{record['id']}/quirks"))["deviations"]
        mine = [one for one in found if one["name"] == "not_recorded"]
        return bool(mine and mine[0]["count"] == 2 and "no room for this" in mine[0]["last_detail"])

    await eventually(shown)
    (deviation,) = (await network.get(f"/charging-stations/{record['id']}/quirks"))["deviations"]
    assert deviation["says"].startswith("A message was answered and could not be recorded")
    assert "ReportReservation" in deviation["last_detail"]
