"""What a case is given to play with: stations, tokens, orders, and what the CSMS shows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from voltway.kernel import clock
from voltway.kernel.clock import to_rfc3339
from voltway.station.conformance.case import CaseFailed, expect
from voltway.station.conformance.operators import Driver
from voltway.station.conformance.scripted import ScriptedStation

LOOK_S = 0.05
SHOWN_WITHIN_S = 10.0


class Order:
    """An order that the CSMS was told to give, under way."""

    def __init__(self, task: asyncio.Task[Mapping[str, Any] | None], kind: str) -> None:
        self._task, self._kind = task, kind

    async def ends(self, **wanted: Any) -> None:
        """It has ended, and the CSMS shows it so; where the CSMS cannot be asked, nothing more is wanted."""
        command = await self._task
        if command is not None:
            expect(f"the order {self._kind}", command, **wanted)


class Play:
    """One run of one case."""

    def __init__(self, url: str, protocol: str, case_id: str, driver: Driver) -> None:
        self.protocol, self.case_id, self.driver = protocol, case_id, driver
        self.stations: list[ScriptedStation] = []
        self._url = url
        self._orders: list[asyncio.Task[Any]] = []

    @property
    def is_16(self) -> bool:
        return self.protocol == "ocpp1.6"

    async def station(self, *, is_connected: bool = True, is_booted: bool = True) -> ScriptedStation:
        """A station, on its link and accepted unless told otherwise."""
        name = f"CONF-{self.protocol.removeprefix('ocpp')}-{self.case_id}"
        identity, password = await self.driver.prepare(name, self.protocol)
        station = ScriptedStation(self._url, identity, password, self.protocol, self.driver.patience_s)
        self.stations.append(station)
        if is_connected:
            await station.connect()
            if is_booted:
                await self.boot(station)
        return station

    async def boot(self, station: ScriptedStation, reason: str = "PowerUp") -> None:
        await station.call("BootNotification", self.boot_payload(reason), status="Accepted")

    def boot_payload(self, reason: str = "PowerUp") -> dict[str, Any]:
        if self.is_16:
            return {"chargePointVendor": "Voltway", "chargePointModel": "Scripted"}
        return {"reason": reason, "chargingStation": {"vendorName": "Voltway", "model": "Scripted"}}

    async def order(self, station: ScriptedStation, kind: str, **arguments: Any) -> Order:
        """Have the CSMS give an order; the case goes on while it does."""
        station.forget_calls()
        task = asyncio.ensure_future(self.driver.order(station.identity, kind, arguments))
        self._orders.append(task)
        await asyncio.sleep(0)
        if task.done():
            task.result()  # an operator who is not there is told at once
        return Order(task, kind)

    async def shows_session(self, station: ScriptedStation, transaction_id: Any = None, **wanted: Any) -> None:
        """The CSMS shows a session like this, within a moment; no more than that is asked of one that shows nothing."""
        name = None if transaction_id is None else str(transaction_id)

        async def look() -> Mapping[str, Any] | None:
            return await self.driver.session(station.identity, name)

        await self._shown("the session", look, wanted)

    async def shows_connector(self, station: ScriptedStation, evse_number: int = 1, **wanted: Any) -> None:
        """The CSMS shows the first connector of an EVSE like this; `evse_charging_state` is what it shows of the EVSE."""

        async def look() -> Mapping[str, Any] | None:
            found = await self.driver.station(station.identity)
            if found is None:
                return None
            evses = {evse["evse_number"]: evse for evse in found["evses"]}
            evse = evses.get(evse_number) or {"charging_state": None, "connectors": [{}]}
            return {**evse["connectors"][0], "evse_charging_state": evse["charging_state"]}

        await self._shown(f"EVSE {evse_number}", look, wanted)

    async def shows_station(self, station: ScriptedStation, **wanted: Any) -> None:
        """The CSMS shows the station like this."""
        await self._shown("the station", lambda: self.driver.station(station.identity), wanted)

    async def shows_meter_value(self, station: ScriptedStation, **wanted: Any) -> None:
        """The CSMS shows the newest values that the station has measured outside of transactions like this."""
        await self._shown("the meter value", lambda: self.driver.meter_value(station.identity), wanted)

    async def _shown(self, what: str, look: Any, wanted: Mapping[str, Any]) -> None:
        deadline = clock.monotonic() + SHOWN_WITHIN_S
        while True:
            found = await look()
            if found is None:
                return
            try:
                expect(what, found, **wanted)
            except CaseFailed:
                if clock.monotonic() > deadline:
                    raise
                await asyncio.sleep(LOOK_S)
            else:
                return

    def now(self, after: timedelta = timedelta()) -> str:
        return to_rfc3339(self.instant() + after)

    def instant(self) -> datetime:
        return clock.now()

    async def end(self) -> None:
        """Leave nothing behind."""
        for task in self._orders:
            task.cancel()
        await asyncio.gather(*self._orders, return_exceptions=True)
        for station in self.stations:
            await station.disconnect()
