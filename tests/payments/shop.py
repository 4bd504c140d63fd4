"""The whole platform in one process with a 1.6 station on a real link, a guest before it, and whoever listens to money."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import sqlalchemy as sa

from builders import ClientOf, MakeRuntime, eventually
from conformance.access_network import Platform, Station
from voltway.app import catalog
from voltway.kernel import clock
from voltway.kernel.bus.outbox import outbox
from voltway.modules.payments.tables import payments, sandbox

PRICE = "0.60"
FAST = {"retry_s": 0, "quiet_s": 0, "plug_s": 60, "credit_wait_s": 0, "lease_s": 21, "hold": "15", "limit": "60"}
ALL = ["sandbox", "wallet", "invoice", "voucher", "terminal"]
KEY = "a guest's own random key"


@dataclass
class Shop:
    """Where a guest pays, and charges."""

    network: Platform
    station: Station
    record: dict[str, Any]
    guest: httpx.AsyncClient
    visit: dict[str, Any] = field(default_factory=dict)

    async def begin(self, source: str | None = "card_ok", key: str = KEY, **changes: Any) -> httpx.Response:
        body = {"station_identity": "CS1", "evse_number": 1, "method": "card", **changes}
        if source is not None:
            body["source"] = source
        answer = await self.guest.post("/charging-starts", json=body, headers={"Idempotency-Key": key})
        if answer.status_code == 201:
            self.visit = answer.json()
        return answer

    async def act(self, what: str) -> httpx.Response:
        return await self.guest.post(f"/charging-starts/{self.visit['payment_id']}/{self.visit['key']}/{what}")

    async def shown(self) -> dict[str, Any]:
        answer = await self.guest.get(f"/charging-starts/{self.visit['payment_id']}/{self.visit['key']}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def until(self, within_s: float = 60.0, **wanted: Any) -> dict[str, Any]:
        seen: dict[str, Any] = {}

        async def holds() -> bool:
            seen.update(await self.shown())
            return all(seen[name] == value for name, value in wanted.items())

        try:
            await eventually(holds, within_s)
        except AssertionError:
            raise AssertionError(f"not {wanted}: {seen}") from None
        return seen

    async def ordered(self, count: int = 1) -> str:
        """The token of the order to start."""
        await eventually(lambda: len(self.station.told("RemoteStartTransaction")) >= count)
        return str(self.station.told("RemoteStartTransaction")[-1]["idTag"])

    async def plug_in(self, token: str, register_wh: int = 0) -> int:
        """The car is there: the station's transaction id."""
        started = await self.station.call(
            "StartTransaction",
            {"connectorId": 1, "idTag": token, "meterStart": register_wh, "timestamp": clock.to_rfc3339(clock.now())},
        )
        assert started["idTagInfo"]["status"] == "Accepted", started
        await self.until(start="running")
        return int(started["transactionId"])

    async def sample(self, transaction: int, energy_wh: int, power_w: int = 0) -> None:
        values = [
            {"value": str(energy_wh), "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
            {"value": str(power_w), "measurand": "Power.Active.Import", "unit": "W"},
        ]
        value = {"timestamp": clock.to_rfc3339(clock.now()), "sampledValue": values}
        await self.station.call("MeterValues", {"connectorId": 1, "transactionId": transaction, "meterValue": [value]})

    async def unplug(self, transaction: int, register_wh: int) -> None:
        stopped = {"transactionId": transaction, "meterStop": register_wh, "timestamp": clock.to_rfc3339(clock.now())}
        await self.station.call("StopTransaction", {**stopped, "reason": "Local"})

    async def facts(self, *names: str) -> list[tuple[str, Mapping[str, Any]]]:
        """What was said of money, in order."""
        wanted = names or ("PaymentHeld", "HoldReleased", "PaymentCaptured", "PaymentRefunded")
        statement = (
            sa.select(outbox.c.name, outbox.c.payload).where(outbox.c.name.in_(wanted)).order_by(outbox.c.position)
        )
        async with self.network.runtime.database.read() as tx:
            return [(row.name, json.loads(row.payload)) for row in (await tx.execute(statement)).all()]

    async def said(self) -> list[tuple[str, int]]:
        """The facts of money as (name, minor units)."""
        return [(name, fact["amount"]["minor"]) for name, fact in await self.facts()]

    async def row(self) -> Any:
        async with self.network.runtime.database.read() as tx:
            return (await tx.execute(sa.select(payments).where(payments.c.id == self.visit["payment_id"]))).one()

    async def booked(self) -> list[tuple[str, int, str]]:
        """The books of the sandbox: (kind, amount, outcome)."""
        async with self.network.runtime.database.read() as tx:
            rows = (await tx.execute(sa.select(sandbox).order_by(sandbox.c.done_at, sandbox.c.call_id))).all()
        return [(row.kind, row.amount_minor, row.outcome) for row in rows]


async def a_shop(make_runtime: MakeRuntime, client_of: ClientOf, **options: Any) -> Shop:
    settings = {
        "gateway": {"port": 0, "unknown_stations": "reject"},
        "payments": {"providers": ALL, **FAST, **options},
    }
    runtime = await make_runtime(*catalog.load(), settings=settings)
    network, guest = Platform(runtime, await client_of(runtime)), await client_of(runtime, None)
    tariff = await network.post("/tariffs", name="Ad hoc", currency="EUR", price_per_kwh=PRICE)
    answer = await network.client.put(f"/tariffs/{tariff['id']}/assignments", json={"targets": [{"kind": "operator"}]})
    assert answer.status_code == 200, answer.text
    record = await network.register()
    station = await network.connect("ocpp1.6")
    station.answers["RemoteStartTransaction"] = {"status": "Accepted"}
    return Shop(network, station, record, guest)
