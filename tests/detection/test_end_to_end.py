"""The whole platform: stations on real sockets do what looks wrong, and it becomes an incident."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from builders import ClientOf, MakeRuntime, eventually
from gateway.raw_station import PING, PONG, RawStation
from voltway.app import catalog
from voltway.contracts.sessions import ChargeStates
from voltway.kernel import clock
from voltway.kernel.noticing import Notices
from voltway.kernel.runtime import Runtime
from voltway.modules.detection import sampling
from voltway.modules.detection.sampling import learn_places
from voltway.modules.gateway.gateway import gateway_of

PASSWORD = "correct-horse-battery"
BOOT = {"chargePointVendor": "Acme", "chargePointModel": "One", "chargePointSerialNumber": "SN-1"}


class Platform:
    """A running platform, an operator's client, and the stations of a test."""

    def __init__(self, runtime: Runtime, client: httpx.AsyncClient) -> None:
        self.runtime, self.client = runtime, client
        self.port = gateway_of(runtime).port.port
        self.stations: list[RawStation] = []

    async def register(self, identity: str = "CS-1", **given: Any) -> str:
        """A station's record; its id."""
        body = {"identity": identity, "password": PASSWORD, **given}
        if body.get("security_profile") == 0:
            del body["password"]
        answer = await self.client.post("/charging-stations", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def ask(
        self,
        identity: str = "CS-1",
        password: str | None = PASSWORD,
        protocols: str = "ocpp1.6",
        address: str = "127.0.0.1",
    ) -> tuple[RawStation, int]:
        """A handshake from an address of loopback, and the status of the answer."""
        streams = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(address, 0))
        station = RawStation(*streams)
        self.stations.append(station)
        return station, (await station.ask(f"/ocpp/{identity}", protocols=protocols, password=password)).status

    async def connect(self, identity: str = "CS-1", **how: Any) -> RawStation:
        station, status = await self.ask(identity, **how)
        assert status == 101
        return station

    async def incidents(self, rule_id: str) -> list[tuple[str, str]]:
        """(severity, subject) of a rule's incidents, after all that was noticed has been handled."""
        await self.runtime.state(Notices).tell(self.runtime.database)
        await eventually(lambda: self.runtime.events.backlogs()["detection"] == 0)
        answer = await self.client.get("/incidents", params={"rule_id": rule_id})
        return [(each["severity"], each["subject"]) for each in answer.json()["items"]]


@pytest.fixture
async def platform(make_runtime: MakeRuntime, client_of: ClientOf) -> AsyncIterator[Platform]:
    settings = {"gateway": {"port": 0, "unknown_stations": "reject"}}
    runtime = await make_runtime(*catalog.load(), settings=settings)
    platform = Platform(runtime, await client_of(runtime))
    yield platform
    for station in platform.stations:
        await station.hang_up()


# ---- who connects


async def test_d01_old_link_that_answers_while_a_new_one_asks_to_come_in(platform: Platform) -> None:
    await platform.register(security_profile=0)
    old = await platform.connect(password=None)

    async def pong() -> None:
        while (frame := await old.frame()).opcode != PING:
            pass
        old.send_frame(PONG, frame.payload)

    answering = asyncio.create_task(pong())
    new = await platform.connect(password=None)
    assert await new.closed() == 1008
    await answering
    assert await platform.incidents("D01") == [("warning", "CS-1")]


async def test_d01_two_addresses_that_take_turns(platform: Platform) -> None:
    await platform.register()
    await platform.connect(address="127.0.0.1")
    await platform.connect(address="127.0.0.2")
    assert await platform.incidents("D01") == []
    await platform.connect(address="127.0.0.1")
    assert await platform.incidents("D01") == [("warning", "CS-1")]


async def test_d02_link_that_is_taken_over_four_times(platform: Platform) -> None:
    await platform.register()
    for _ in range(4):
        await platform.connect()
    assert await platform.incidents("D02") == []
    await platform.connect()
    assert await platform.incidents("D02") == [("critical", "CS-1")]


async def test_d03_wrong_passwords_also_those_that_are_held_up(platform: Platform) -> None:
    await platform.register()
    statuses = [(await platform.ask(password="wrong-wrong-wrong-wrong"))[1] for _ in range(11)]
    assert set(statuses) == {401, 429}
    assert await platform.incidents("D03") == [("warning", "CS-1")]
    assert (await platform.ask())[1] == 101  # the true station is not held up


async def test_d04_identities_that_are_tried_out(platform: Platform) -> None:
    for number in range(20):
        assert (await platform.ask(f"GUESS-{number}"))[1] == 401
    assert await platform.incidents("D04") == []
    await platform.ask("GUESS-20")
    assert await platform.incidents("D04") == [("critical", "127.0.0.0/24")]


async def test_d07_right_password_without_the_tls_that_was_agreed(platform: Platform) -> None:
    await platform.register(security_profile=2)
    assert (await platform.ask(password="wrong-wrong-wrong-wrong"))[1] == 401
    assert await platform.incidents("D07") == []  # a stranger cannot raise it
    assert (await platform.ask())[1] == 401
    assert await platform.incidents("D07") == [("critical", "CS-1")]


# ---- what they say


async def test_d09_calls_of_a_station_that_is_not_accepted(platform: Platform) -> None:
    await platform.register(registration="pending")
    station = await platform.connect()
    for number in range(21):
        answer = await station.exchange(f"m{number}", "Heartbeat", {})
        assert answer[2] == "SecurityError"
    assert await platform.incidents("D09") == [("warning", "CS-1")]


async def test_d10_message_ids_that_come_again(platform: Platform) -> None:
    await platform.register()
    station = await platform.connect()
    for _ in range(6):
        assert (await station.exchange("same", "Heartbeat", {}))[0] == 3
    assert await platform.incidents("D10") == []
    await station.exchange("same", "Heartbeat", {})
    assert await platform.incidents("D10") == [("warning", "CS-1")]


async def test_d11_messages_that_break_their_schema(platform: Platform) -> None:
    await platform.register()
    station = await platform.connect()
    gateway = gateway_of(platform.runtime)
    for number in range(58):
        await station.exchange(f"m{number}", "Heartbeat", {})
    await gateway.sample_links()
    assert await platform.incidents("D11") == []
    for number in range(2):
        answer = await station.exchange(f"b{number}", "StatusNotification", {"status": 7})
        assert answer[0] == 4
    await gateway.sample_links()
    assert await platform.incidents("D11") == [("warning", "CS-1")]


async def test_d12_transactions_that_are_not_the_stations(platform: Platform) -> None:
    await platform.register()
    station = await platform.connect()
    for number in range(3):
        stop = {"transactionId": 4711 + number, "meterStop": 10, "timestamp": clock.to_rfc3339(clock.now())}
        assert (await station.exchange(f"m{number}", "StopTransaction", stop))[0] == 3  # a report, not a permission
    assert await platform.incidents("D12") == [("warning", "CS-1")]


async def test_d13_sequence_number_with_two_contents(platform: Platform) -> None:
    await platform.register()
    station = await platform.connect(protocols="ocpp2.0.1")

    def event(number: int, reason: str, energy: int) -> dict[str, Any]:
        value = {"value": energy, "measurand": "Energy.Active.Import.Register"}
        return {
            "eventType": "Started" if number == 0 else "Updated",
            "timestamp": clock.to_rfc3339(clock.now()),
            "triggerReason": reason,
            "seqNo": number,
            "transactionInfo": {"transactionId": "t-1"},
            "evse": {"id": 1, "connectorId": 1},
            "meterValue": [{"timestamp": clock.to_rfc3339(clock.now()), "sampledValue": [value]}],
        }

    assert (await station.exchange("m0", "TransactionEvent", event(0, "CablePluggedIn", 100)))[0] == 3
    assert (await station.exchange("m1", "TransactionEvent", event(1, "MeterValuePeriodic", 200)))[0] == 3
    assert await platform.incidents("D13") == []
    assert (await station.exchange("m2", "TransactionEvent", event(1, "MeterValuePeriodic", 900)))[0] == 3
    assert await platform.incidents("D13") == [("warning", "CS-1")]


async def test_d16_answers_to_nothing(platform: Platform) -> None:
    await platform.register()
    station = await platform.connect()
    for number in range(6):
        station.say(f'[3,"nobody-asked-{number}",{{}}]')
    await station.exchange("m", "Heartbeat", {})
    assert await platform.incidents("D16") == [("warning", "CS-1")]


async def test_d17_clock_that_is_ten_minutes_off_and_is_set_right(platform: Platform) -> None:
    await platform.register()
    station = await platform.connect()
    gateway = gateway_of(platform.runtime)

    async def say(count: int, off: timedelta) -> None:
        for number in range(count):
            status = {"connectorId": 1, "errorCode": "NoError", "status": "Available" if number % 2 else "Preparing"}
            status |= {"timestamp": clock.to_rfc3339(clock.now() + off)}
            assert (await station.exchange(f"{off}-{number}", "StatusNotification", status))[0] == 3
        await gateway.sample_links()

    await station.exchange("b", "BootNotification", BOOT)
    await say(4, timedelta(minutes=10))
    assert await platform.incidents("D17") == [("critical", "CS-1")]
    (incident,) = (await platform.client.get("/incidents", params={"rule_id": "D17"})).json()["items"]
    assert 590 <= incident["facts"]["offset_s"] <= 610
    await say(4, timedelta())
    await platform.incidents("D17")
    (incident,) = (await platform.client.get("/incidents", params={"rule_id": "D17"})).json()["items"]
    assert incident["closed_reason"] == "recovered"


async def test_d18_another_cabinet_under_the_same_name(platform: Platform) -> None:
    await platform.register()
    station = await platform.connect()
    for number, boot in enumerate(({"chargePointVendor": "Acme", "chargePointModel": "One"}, BOOT, BOOT)):
        await station.exchange(f"m{number}", "BootNotification", boot)
    assert await platform.incidents("D18") == []
    await station.exchange("m9", "BootNotification", {**BOOT, "chargePointSerialNumber": "SN-2"})
    assert await platform.incidents("D18") == [("warning", "CS-1")]


async def test_d25_readings_that_are_played_again(platform: Platform) -> None:
    await platform.register()
    station = await platform.connect(protocols="ocpp2.0.1")

    async def charge(name: str, register_wh: int) -> None:
        began = clock.now()
        for number in range(7):
            value = {"value": register_wh + 180 * number, "measurand": "Energy.Active.Import.Register"}
            at = clock.to_rfc3339(began + timedelta(seconds=number))
            event = {
                "eventType": {0: "Started", 6: "Ended"}.get(number, "Updated"),
                "timestamp": at,
                "triggerReason": "CablePluggedIn" if number == 0 else "MeterValuePeriodic",
                "seqNo": number,
                "transactionInfo": {"transactionId": name},
                "evse": {"id": 1, "connectorId": 1},
                "meterValue": [{"timestamp": at, "sampledValue": [value]}],
            }
            assert (await station.exchange(f"{name}-{number}", "TransactionEvent", event))[0] == 3

    async def compared() -> list[tuple[str, str]]:
        await eventually(lambda: platform.runtime.events.backlogs()["detection"] == 0)
        await sampling.compare_readings(platform.runtime)
        return await platform.incidents("D25")

    await charge("t-1", 1_000)
    await charge("t-2", 2_080)
    assert await compared() == []
    await charge("t-3", 1_000)
    ((severity, subject),) = await compared()
    assert (severity, subject.split(" · ")[0]) == ("warning", "CS-1")


@pytest.mark.parametrize(("energy_wh", "expected"), [(20_000, []), (9_000, ["info"])])
async def test_d24_energy_that_the_state_of_charge_does_not_show(
    platform: Platform, energy_wh: int, expected: list[str]
) -> None:
    await platform.register()
    station = await platform.connect(protocols="ocpp2.0.1")
    began = clock.now()

    async def event(number: int, kind: str, register_wh: int, soc: int) -> None:
        at = clock.to_rfc3339(began + timedelta(seconds=number))
        values = [
            {"value": register_wh, "measurand": "Energy.Active.Import.Register"},
            {"value": soc, "measurand": "SoC", "location": "EV"},
        ]
        body = {
            "eventType": kind,
            "timestamp": at,
            "triggerReason": "CablePluggedIn" if number == 0 else "MeterValuePeriodic",
            "seqNo": number,
            "transactionInfo": {"transactionId": "t-1"},
            "evse": {"id": 1, "connectorId": 1},
            "meterValue": [{"timestamp": at, "sampledValue": values}],
        }
        assert (await station.exchange(f"e-{number}", "TransactionEvent", body))[0] == 3

    await event(0, "Started", 1_000, 40)
    car = {"evMaxCurrent": 200, "evMaxVoltage": 400, "stateOfCharge": 40, "evEnergyCapacity": 60_000}
    needs = {"requestedEnergyTransfer": "DC", "dcChargingParameters": car}
    assert (await station.exchange("n", "NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": needs}))[0] == 3
    await event(1, "Updated", 1_000 + energy_wh // 2, 55)
    await event(2, "Ended", 1_000 + energy_wh, 70)  # 30 % of 60 kWh: 18 kWh
    await eventually(lambda: platform.runtime.events.backlogs()["detection"] == 0)
    await sampling.compare_readings(platform.runtime)
    assert [severity for severity, _ in await platform.incidents("D24")] == expected


async def test_d27_feeder_gives_more_than_its_stations_take(platform: Platform) -> None:
    place = (await platform.client.post("/locations", json={"name": "Yard", "time_zone": "UTC"})).json()["id"]
    await platform.register(location_id=place)
    station = await platform.connect()
    body = {"connectorId": 1, "idTag": "04A1B2C3D4", "meterStart": 0, "timestamp": clock.to_rfc3339(clock.now())}
    transaction = (await station.exchange("s", "StartTransaction", body))[2]["transactionId"]

    async def read(power_w: float) -> dict[str, Any]:
        answer = await platform.client.post(f"/locations/{place}/feeder-readings", json={"power_w": power_w})
        assert answer.status_code == 201, answer.text
        await eventually(lambda: platform.runtime.events.backlogs()["detection"] == 0)
        return dict(answer.json())

    async def charge(number: int, power_w: int) -> None:
        at = clock.to_rfc3339(clock.now())
        value = {"value": str(power_w), "measurand": "Power.Active.Import", "unit": "W"}
        said = {"connectorId": 1, "meterValue": [{"timestamp": at, "sampledValue": [value]}]}
        said["transactionId"] = transaction
        assert (await station.exchange(f"v{number}", "MeterValues", said))[0] == 3

    found = await read(30_000)
    assert (found["unknown_sessions"], found["is_off"]) == (1, False)  # nobody knows yet what the car takes
    with clock.frozen(clock.now()) as move:
        began = clock.now()
        for minute in range(7):
            move(began + timedelta(minutes=minute))
            await charge(minute, 11_000)
            found = await read(30_000)
            assert (found["stations_w"], found["is_off"]) == (11_000, True)
            await sampling.come_round(platform.runtime)
        assert await platform.incidents("D27") == [("critical", "Yard")]
        assert (await read(12_500))["is_off"] is False  # what stations need for themselves
    (incident,) = (await platform.client.get("/incidents", params={"rule_id": "D27"})).json()["items"]
    assert (incident["closed_reason"], incident["location_id"]) == ("recovered", place)
    refused = await platform.client.post(f"/locations/{place}/feeder-readings", json={"power_w": "much"})
    assert refused.status_code == 422


@pytest.mark.parametrize(
    ("first", "last", "energy_wh", "battery_wh", "off"),
    [
        (40, 70, 18_000, 60_000, 0),
        (40, 70, 20_000, 60_000, 11),
        (40, 70, 9_000, 60_000, 50),
        (40, 49, 9_000, 60_000, None),  # a step too small to tell
        (70, 40, -9_000, 60_000, None),  # it has given
        (40, 70, 18_000, 0, None),
    ],
)
def test_energy_against_the_state_of_charge(
    first: float, last: float, energy_wh: int, battery_wh: int, off: int | None
) -> None:
    assert sampling.energy_off_percent(ChargeStates(first, last, energy_wh), battery_wh) == off


async def test_d35_exports_beyond_the_threshold(platform: Platform) -> None:
    assert (
        await platform.client.patch("/detection-rules/D35", json={"parameters": {"more_than": 3}})
    ).status_code == 200
    for number in range(2):
        token = {"value": f"04A1B2C3D{number}", "status": "accepted"}
        assert (await platform.client.post("/id-tokens", json=token)).status_code == 201
    await platform.client.get("/id-tokens/export")
    assert await platform.incidents("D35") == []
    await platform.client.get("/id-tokens/export")
    assert [severity for severity, _ in await platform.incidents("D35")] == ["warning"]


# ---- tokens


async def test_d22_token_at_two_locations(platform: Platform) -> None:
    for name in ("Here", "There"):
        location = await platform.client.post("/locations", json={"name": name, "time_zone": "UTC"})
        await platform.register(f"CS-{name}", location_id=location.json()["id"])
    for name in ("Here", "There"):
        assert await platform.incidents("D22") == []
        station = await platform.connect(f"CS-{name}")
        start = {"connectorId": 1, "idTag": "04A1B2C3D4", "meterStart": 0, "timestamp": clock.to_rfc3339(clock.now())}
        assert (await station.exchange("m", "StartTransaction", start))[0] == 3
    ((severity, subject),) = await platform.incidents("D22")
    assert severity == "warning"
    assert subject.startswith("…C3D4")
    assert "04A1B2C3D4" not in (await platform.client.get("/incidents")).text


async def test_o07_tokens_that_are_tried_out(platform: Platform) -> None:
    await platform.register()
    station = await platform.connect()
    for number in range(11):
        await station.exchange(f"m{number}", "Authorize", {"idTag": f"04A1B2C3{number:02}"})
    assert await platform.incidents("O07") == [("critical", "CS-1")]


# ---- what they and others tell


async def test_d30_one_person_resets_many_stations(platform: Platform) -> None:
    for number in range(21):
        station_id = await platform.register(f"CS-{number}")
        assert await platform.incidents("D30") == []
        order = {"type": "reset", "mode": "on_idle"}
        answer = await platform.client.post(f"/charging-stations/{station_id}/commands", json=order)
        assert answer.status_code in (200, 201, 202), answer.text
    assert await platform.incidents("D30") == [("critical", "test operator_admin")]


async def test_d34_caller_who_looks_for_what_is_not_theirs(platform: Platform, client_of: ClientOf) -> None:
    prober = await client_of(platform.runtime, "auditor")
    for number in range(61):
        assert (await prober.get(f"/charging-stations/00000000-0000-7000-8000-{number:012}")).status_code == 404
    ((severity, _),) = await platform.incidents("D34")
    (incident,) = (await platform.client.get("/incidents", params={"rule_id": "D34"})).json()["items"]
    assert (severity, incident["facts"]["actor"]) == ("warning", "test auditor")


async def test_d37_security_events_as_grave_as_they_are(platform: Platform) -> None:
    await platform.register()
    station = await platform.connect(protocols="ocpp2.0.1")
    for number, kind in enumerate(("TamperDetectionActivated", "StartupOfTheDevice", "InvalidMessages")):
        told = {"type": kind, "timestamp": clock.to_rfc3339(clock.now())}
        assert (await station.exchange(f"m{number}", "SecurityEventNotification", told))[0] == 3
    assert await platform.incidents("D37") == [
        ("warning", "CS-1 · InvalidMessages"),
        ("critical", "CS-1 · TamperDetectionActivated"),
    ]


async def test_incident_names_the_location_of_its_station(platform: Platform, client_of: ClientOf) -> None:
    location = (await platform.client.post("/locations", json={"name": "Here", "time_zone": "UTC"})).json()["id"]
    await platform.register(location_id=location)
    await platform.incidents("D37")
    await learn_places(platform.runtime)
    station = await platform.connect(protocols="ocpp2.0.1")
    told = {"type": "TamperDetectionActivated", "timestamp": clock.to_rfc3339(clock.now())}
    await station.exchange("m", "SecurityEventNotification", told)
    assert await platform.incidents("D37") == [("critical", "CS-1 · TamperDetectionActivated")]
    host = await client_of(platform.runtime, "operations", location_ids=[location])
    assert [each["location_id"] for each in (await host.get("/incidents")).json()["items"]] == [location]


async def test_d33_failed_log_ins_are_told_apart_but_nobodys_address_is_shown(
    platform: Platform, client_of: ClientOf
) -> None:
    tuned = await platform.client.patch("/detection-rules/D33", json={"parameters": {"more_than": 2}})
    assert tuned.status_code == 200
    nobody = await client_of(platform.runtime, None)
    for _ in range(3):
        assert await platform.incidents("D33") == []
        answer = await nobody.post("/login", json={"email": "ann@example.org", "password": "not the password"})
        assert answer.status_code == 401
    ((severity, subject),) = await platform.incidents("D33")
    assert (severity, "ann@example.org" in subject) == ("warning", False)
