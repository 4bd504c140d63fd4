"""Network profiles: kept, used after a boot, and left again for an address that has worked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import serve

from ports import lasting_port
from station.fake_csms import VERSIONS, FakeCsms, port_of
from station.test_scenarios import Bench, until

each_protocol = pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp2.1"])


@pytest.fixture
def bench(csms: FakeCsms, tmp_path: Path, protocol: str) -> Bench:
    return Bench(csms, tmp_path, protocol)


@pytest.fixture
async def other() -> AsyncIterator[FakeCsms]:
    fake = FakeCsms()
    async with serve(fake.serve_link, "127.0.0.1", 0, subprotocols=list(VERSIONS)) as server:  # type: ignore[arg-type]
        fake.url = f"ws://127.0.0.1:{port_of(server)}/ocpp"
        yield fake
    assert fake.complaints == []


def a_profile(url: str, slot: int = 2, **terms: Any) -> dict[str, Any]:
    said = {
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": url,
        "messageTimeout": 30,
        "securityProfile": 1,
        "ocppInterface": "Wired0",
    }
    return {"configurationSlot": slot, "connectionData": said | terms}


def order(slots: str) -> dict[str, Any]:
    component, variable = {"name": "OCPPCommCtrlr"}, {"name": "NetworkConfigurationPriority"}
    return {"setVariableData": [{"component": component, "variable": variable, "attributeValue": slots}]}


async def ordered(csms: FakeCsms, slots: str) -> str:
    (result,) = (await csms.ask("SetVariables", order(slots)))["setVariableResult"]
    word: str = result["attributeStatus"]
    return word


@each_protocol
async def test_a_station_moves_to_another_csms_at_the_next_boot_and_stays_there(bench: Bench, other: FakeCsms) -> None:
    async with bench.on():
        assert await ordered(bench.csms, "2,1") == "Rejected", "there is nothing in slot 2"
        assert (await bench.csms.ask("SetNetworkProfile", a_profile(other.url)))["status"] == "Accepted"
        assert await ordered(bench.csms, "2,1") == "RebootRequired"
        assert other.heard == []
        assert (await bench.csms.ask("Reset", {"type": "Immediate"}))["status"] == "Accepted"
        await until(lambda: "BootNotification" in other.actions() and bench.station.is_online)
        assert (bench.station.networks.active, bench.station.settings.text_of("network_active")) == (2, "2")
    before = len(bench.csms.heard)
    async with bench.on():
        assert bench.station.networks.url == other.url
    assert len(bench.csms.heard) == before


@each_protocol
async def test_an_address_where_nobody_is_is_given_up_for_the_one_that_worked(bench: Bench) -> None:
    async with bench.on():
        nowhere = f"ws://127.0.0.1:{lasting_port()}/ocpp"
        assert (await bench.csms.ask("SetNetworkProfile", a_profile(nowhere)))["status"] == "Accepted"
        assert await ordered(bench.csms, "2") == "RebootRequired"
        bench.csms.heard.clear()
        bench.station.settings.store("network_attempts", "2")
        assert (await bench.csms.ask("Reset", {"type": "Immediate"}))["status"] == "Accepted"
        await until(lambda: bench.station.networks.active == 2)
        await until(lambda: "BootNotification" in bench.csms.actions() and bench.station.is_online)
        assert bench.station.networks.active == 1
        assert bench.station.counters.connect_failures == 2


@pytest.mark.parametrize("protocol", ["ocpp2.1"])
async def test_what_cannot_be_or_would_be_less_safe_is_rejected(bench: Bench) -> None:
    good = "ws://csms.example/ocpp"
    async with bench.on():
        for wrong in (
            a_profile(good, slot=1),
            a_profile(good, slot=99),
            a_profile("http://csms.example"),
            a_profile("ws:nowhere"),
            a_profile(good, securityProfile=0),
            a_profile(good, securityProfile=2),  # it wants wss
            a_profile("wss://csms.example", securityProfile=3),  # it has no certificate
            a_profile(good, ocppTransport="SOAP"),
            a_profile(good, messageTimeout=0),
            a_profile(good, basicAuthPassword="a password of its own"),
        ):
            assert (await bench.csms.ask("SetNetworkProfile", wrong))["status"] == "Rejected", wrong
        for right in (a_profile(good), a_profile("wss://csms.example", slot=3, securityProfile=2)):
            assert (await bench.csms.ask("SetNetworkProfile", right))["status"] == "Accepted"
        assert await ordered(bench.csms, "3,2,1") == "RebootRequired"
        assert await ordered(bench.csms, "3,x") == "Rejected"
