"""A charging station with a car that somebody else's code drives: what it does when it is told to start is up to the test."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import ocpp.v16.call
import ocpp.v16.call_result
from ocpp.routing import on
from websockets.asyncio.client import ClientConnection, connect

from e2e.ocpp_stations import Ocpp16
from voltway.kernel import clock


class GuestStation(Ocpp16):
    """OCPP 1.6, with one connector."""

    def __init__(self, identity: str, connection: ClientConnection) -> None:
        super().__init__(identity, connection)
        self.starts = 0
        """How often it was told to start."""
        self.answer = "Accepted"
        self.ordered = asyncio.Event()
        self.token = ""
        self.was_unlocked = False
        self.held_for = ""
        """Whose reservation it holds."""

    @on("RemoteStartTransaction")
    def on_remote_start(self, id_tag: str, **_: Any) -> Any:
        self.starts += 1
        self.token = id_tag
        self.ordered.set()
        return ocpp.v16.call_result.RemoteStartTransaction(self.answer)  # type: ignore[arg-type]

    @on("UnlockConnector")
    def on_unlock(self, **_: Any) -> Any:
        self.was_unlocked = True
        return ocpp.v16.call_result.UnlockConnector("Unlocked")  # type: ignore[arg-type]

    @on("ReserveNow")
    def on_reserve(self, id_tag: str, **_: Any) -> Any:
        self.held_for = id_tag
        return ocpp.v16.call_result.ReserveNow("Accepted")  # type: ignore[arg-type]

    @on("CancelReservation")
    def on_cancel_reservation(self, **_: Any) -> Any:
        self.held_for = ""
        return ocpp.v16.call_result.CancelReservation("Accepted")  # type: ignore[arg-type]

    async def plug_in(self) -> None:
        """The car comes, once the station has been told to start."""
        await asyncio.wait_for(self.ordered.wait(), 60)
        await self.say_status(clock.now(), is_occupied=True)
        await self.begin(self.token, clock.now(), 1000)

    async def deliver(self, energy_wh: int, power_w: int = 98_500, soc_percent: int = 57) -> None:
        """What the meter and the car say: the register so much beyond the start."""
        said = [("Energy.Active.Import.Register", 1000 + energy_wh, "Wh"), ("Power.Active.Import", power_w, "W")]
        said.append(("SoC", soc_percent, "Percent"))
        values = [{"value": str(value), "measurand": measurand, "unit": unit} for measurand, value, unit in said]
        sample = {"timestamp": clock.to_rfc3339(clock.now()), "sampled_value": values}
        await self.call(ocpp.v16.call.MeterValues(1, [sample], self._transaction_id), suppress=False)

    async def finish(self, energy_wh: int) -> None:
        """The session ends, as somebody has asked."""
        await asyncio.wait_for(self.stop_asked.wait(), 60)
        await self.end(clock.now(), 1000 + energy_wh)
        await self.say_status(clock.now(), is_occupied=False)


@asynccontextmanager
async def guest_station(url: str, identity: str, password: str) -> AsyncIterator[GuestStation]:
    """A station that is on its link and free."""
    basic = base64.b64encode(f"{identity}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}"}
    protocols: Any = ["ocpp1.6"]
    async with connect(f"{url}/{identity}", subprotocols=protocols, additional_headers=headers, proxy=None) as link:
        station = GuestStation(identity, link)
        reading = asyncio.create_task(station.start())
        try:
            assert await station.boot() == "Accepted"
            await station.say_status(clock.now(), is_occupied=False)
            yield station
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
