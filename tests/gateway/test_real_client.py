"""Stations that others wrote connect: the `websockets` library, and the PyPI package `ocpp` on top of it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.enums import ClearCacheStatus, RegistrationStatus
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from .conftest import PASSWORD, Network  # noqa: TID252  (tests are not installed)
from .raw_station import basic  # noqa: TID252
from .test_commands import order  # noqa: TID252


def dial(network: Network, **options: Any) -> connect:
    return connect(
        f"ws://127.0.0.1:{network.port}/ocpp/CS1",
        subprotocols=["ocpp1.6"],  # type: ignore[list-item]  # a NewType of the library
        additional_headers={"Authorization": basic("CS1", PASSWORD)},
        **options,
    )


@pytest.mark.parametrize("compression", [None, "deflate"])
async def test_messages_large_and_small(network: Network, compression: str | None) -> None:
    async with dial(network, compression=compression) as station:
        assert (station.subprotocol, bool(station.protocol.extensions)) == ("ocpp1.6", compression is not None)
        for size in (10, 1000, 100_000, 1_500_000):
            data = {"vendorId": "Acme", "data": "ä" * (size // 2)}
            await station.send(json.dumps([2, str(size), "DataTransfer", data], ensure_ascii=False))
            assert json.loads(await station.recv())[:2] == [3, str(size)]
        pong = await station.ping()
        await asyncio.wait_for(pong, 30)


async def test_wrong_password_is_an_http_status(network: Network) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"ws://127.0.0.1:{network.port}/ocpp/CS1", subprotocols=["ocpp1.6"]):  # type: ignore[list-item]
            pass
    assert refused.value.response.status_code == 401


async def test_station_of_the_ocpp_package(network: Network) -> None:
    async with dial(network) as connection:
        station = Station("CS1", connection)
        listening = asyncio.create_task(station.start())
        booted = await station.call(call.BootNotification(charge_point_model="One", charge_point_vendor="Acme"))
        assert booted.status == RegistrationStatus.accepted
        started = await station.call(
            call.StartTransaction(connector_id=1, id_tag="TAG", meter_start=0, timestamp="2026-01-01T00:00:00Z")
        )
        assert started.transaction_id == 17
        assert (await order(network, "clear_cache")).wire_status == "Accepted"
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


class Station(ChargePoint):
    """A charge point as the package's README shows it."""

    def __init__(self, identity: str, connection: ClientConnection) -> None:
        super().__init__(identity, connection)
        self.route_map = {
            "ClearCache": {"_on_action": lambda: call_result.ClearCache(status=ClearCacheStatus.accepted)},
            "GetConfiguration": {"_on_action": lambda **_: call_result.GetConfiguration(configuration_key=[])},
        }
