"""Charging stations made of the PyPI package `ocpp`: none of the code that they run is ours."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import ModuleType
from typing import Any, Protocol

import ocpp.v16
import ocpp.v16.call
import ocpp.v16.call_result
import ocpp.v16.enums
import ocpp.v21
import ocpp.v21.call
import ocpp.v21.call_result
import ocpp.v21.datatypes
import ocpp.v21.enums
import ocpp.v201
import ocpp.v201.call
import ocpp.v201.call_result
import ocpp.v201.datatypes
import ocpp.v201.enums
from ocpp.routing import on
from websockets.asyncio.client import ClientConnection, connect


class OcppStation(Protocol):
    """What a test wants of a station, whatever it speaks."""

    stop_asked: asyncio.Event
    """Set when the platform has asked to stop the transaction."""

    async def start(self) -> None: ...
    async def boot(self) -> str: ...
    async def say_status(self, at: datetime, *, is_occupied: bool) -> None: ...
    async def authorize(self, token: str) -> str: ...
    async def begin(self, token: str, at: datetime, register_wh: int) -> str: ...
    async def meter(self, at: datetime, register_wh: int) -> None: ...
    async def end(self, at: datetime, register_wh: int) -> None: ...


def rfc3339(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Ocpp16(ocpp.v16.ChargePoint):
    """OCPP 1.6."""

    def __init__(self, identity: str, connection: ClientConnection) -> None:
        super().__init__(identity, connection)
        self.stop_asked = asyncio.Event()
        self._transaction_id = 0
        self._token = ""

    @on("RemoteStopTransaction")
    def on_remote_stop(self, transaction_id: int) -> Any:
        is_ours = transaction_id == self._transaction_id
        if is_ours:
            self.stop_asked.set()
        return ocpp.v16.call_result.RemoteStopTransaction("Accepted" if is_ours else "Rejected")  # type: ignore[arg-type]

    @on("Reset")
    def on_reset(self, **_: Any) -> Any:
        return ocpp.v16.call_result.Reset("Accepted")  # type: ignore[arg-type]

    @on("GetConfiguration")
    def on_get_configuration(self, **_: Any) -> Any:
        return ocpp.v16.call_result.GetConfiguration(configuration_key=[])

    async def boot(self) -> str:
        answer = await self.call(
            ocpp.v16.call.BootNotification(charge_point_model="Model 16", charge_point_vendor="Vendor"), suppress=False
        )
        return str(answer.status)

    async def say_status(self, at: datetime, *, is_occupied: bool) -> None:
        status = "Preparing" if is_occupied else "Available"
        message = ocpp.v16.call.StatusNotification(1, "NoError", status, rfc3339(at))  # type: ignore[arg-type]
        await self.call(message, suppress=False)

    async def authorize(self, token: str) -> str:
        answer = await self.call(ocpp.v16.call.Authorize(token), suppress=False)
        return str(answer.id_tag_info["status"])

    async def begin(self, token: str, at: datetime, register_wh: int) -> str:
        message = ocpp.v16.call.StartTransaction(1, token, register_wh, rfc3339(at))
        answer = await self.call(message, suppress=False)
        assert answer.id_tag_info["status"] == "Accepted"
        self._transaction_id, self._token = answer.transaction_id, token
        return str(answer.transaction_id)

    async def meter(self, at: datetime, register_wh: int) -> None:
        value = {"timestamp": rfc3339(at), "sampled_value": [{"value": str(register_wh), "unit": "Wh"}]}
        await self.call(ocpp.v16.call.MeterValues(1, [value], self._transaction_id), suppress=False)

    async def end(self, at: datetime, register_wh: int) -> None:
        message = ocpp.v16.call.StopTransaction(
            register_wh,
            rfc3339(at),
            self._transaction_id,
            ocpp.v16.enums.Reason.remote,
            self._token,
        )
        await self.call(message, suppress=False)


class _Ocpp2x:
    """OCPP 2.0.1 and 2.1, which say all this alike. `v` is the package of the version."""

    v: ModuleType
    call: Any

    def __init__(self, identity: str, connection: ClientConnection) -> None:
        super().__init__(identity, connection)  # type: ignore[call-arg]
        self.stop_asked = asyncio.Event()
        self.told: list[tuple[str, Any]] = []
        """What it was told by commands that it only keeps."""
        self._transaction_id = f"tx-{identity}"
        self._sequence = 0

    def _token(self, value: str) -> Any:
        return self.v.datatypes.IdTokenType(id_token=value, type="ISO14443")

    @on("RequestStopTransaction")
    def on_remote_stop(self, transaction_id: str, **_: Any) -> Any:
        is_ours = transaction_id == self._transaction_id
        if is_ours:
            self.stop_asked.set()
        return self.v.call_result.RequestStopTransaction(status="Accepted" if is_ours else "Rejected")

    @on("SetDisplayMessage")
    def on_set_display_message(self, message: dict[str, Any], **_: Any) -> Any:
        self.told.append(("SetDisplayMessage", message))
        return self.v.call_result.SetDisplayMessage(status="Accepted")

    @on("SetVariableMonitoring")
    def on_set_variable_monitoring(self, set_monitoring_data: list[dict[str, Any]], **_: Any) -> Any:
        self.told.append(("SetVariableMonitoring", set_monitoring_data))
        names = ("type", "severity", "component", "variable")
        results = [
            {"id": number, "status": "Accepted", **{name: one[name] for name in names}}
            for number, one in enumerate(set_monitoring_data, start=41)
        ]
        return self.v.call_result.SetVariableMonitoring(set_monitoring_result=results)

    @on("GetCompositeSchedule")
    def on_get_composite_schedule(self, duration: int, evse_id: int, **wanted: Any) -> Any:
        self.told.append(("GetCompositeSchedule", {"duration": duration, "evse_id": evse_id, **wanted}))
        schedule = {
            "evse_id": evse_id,
            "duration": duration,
            "schedule_start": rfc3339(datetime.now(UTC)),
            "charging_rate_unit": wanted.get("charging_rate_unit", "W"),
            "charging_schedule_period": [{"start_period": 0, "limit": 11_000.0}],
        }
        return self.v.call_result.GetCompositeSchedule(status="Accepted", schedule=schedule)

    @on("GetBaseReport")
    def on_get_base_report(self, **_: Any) -> Any:
        return self.v.call_result.GetBaseReport(status="NotSupported")

    async def boot(self) -> str:
        station = self.v.datatypes.ChargingStationType(vendor_name="Vendor", model="Model 2")
        answer = await self.call(
            self.v.call.BootNotification(charging_station=station, reason="PowerUp"), suppress=False
        )
        return str(answer.status)

    async def say_status(self, at: datetime, *, is_occupied: bool) -> None:
        message = self.v.call.StatusNotification(
            timestamp=rfc3339(at),
            connector_status="Occupied" if is_occupied else "Available",
            evse_id=1,
            connector_id=1,
        )
        await self.call(message, suppress=False)

    async def authorize(self, token: str) -> str:
        answer = await self.call(self.v.call.Authorize(id_token=self._token(token)), suppress=False)
        return str(answer.id_token_info["status"])

    async def begin(self, token: str, at: datetime, register_wh: int) -> str:
        said = await self._event(
            "Started", "Authorized", at, register_wh, "Transaction.Begin", id_token=self._token(token)
        )
        assert said.id_token_info["status"] == "Accepted", said
        return self._transaction_id

    async def meter(self, at: datetime, register_wh: int) -> None:
        await self._event("Updated", "MeterValuePeriodic", at, register_wh, "Sample.Periodic")

    async def end(self, at: datetime, register_wh: int) -> None:
        await self._event("Ended", "RemoteStop", at, register_wh, "Transaction.End", stopped_reason="Remote")

    async def _event(
        self,
        kind: str,
        trigger: str,
        at: datetime,
        register_wh: int,
        context: str,
        *,
        id_token: Any = None,
        stopped_reason: str | None = None,
    ) -> Any:
        sample = {
            "value": float(register_wh),
            "measurand": "Energy.Active.Import.Register",
            "context": context,
            "unit_of_measure": {"unit": "Wh"},
        }
        message = self.v.call.TransactionEvent(
            event_type=kind,
            timestamp=rfc3339(at),
            trigger_reason=trigger,
            seq_no=self._sequence,
            transaction_info={
                "transaction_id": self._transaction_id,
                "charging_state": "EVConnected" if kind == "Ended" else "Charging",
                **({"stopped_reason": stopped_reason} if stopped_reason else {}),
            },
            meter_value=[{"timestamp": rfc3339(at), "sampled_value": [sample]}],
            evse={"id": 1, "connector_id": 1},
            id_token=id_token,
            offline=kind == "Started",  # it is told late, see the test
        )
        self._sequence += 1
        return await self.call(message, suppress=False)


class Ocpp201(_Ocpp2x, ocpp.v201.ChargePoint):
    """OCPP 2.0.1."""

    v = ocpp.v201


class Ocpp21(_Ocpp2x, ocpp.v21.ChargePoint):
    """OCPP 2.1."""

    v = ocpp.v21


STATIONS: dict[str, Any] = {"ocpp1.6": Ocpp16, "ocpp2.0.1": Ocpp201, "ocpp2.1": Ocpp21}


@asynccontextmanager
async def connected(url: str, identity: str, protocol: str, password: str) -> AsyncIterator[OcppStation]:
    """A station on its link, reading what it is told, for as long as the block runs."""
    basic = base64.b64encode(f"{identity}:{password}".encode()).decode()
    async with connect(
        f"{url}/{identity}",
        subprotocols=[protocol],  # type: ignore[list-item]
        additional_headers={"Authorization": f"Basic {basic}"},
        proxy=None,
    ) as connection:
        assert connection.subprotocol == protocol
        station: OcppStation = STATIONS[protocol](identity, connection)
        reading = asyncio.create_task(station.start())
        try:
            yield station
        finally:
            if reading.done():
                reading.result()
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
