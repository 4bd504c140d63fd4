"""Attacks on the station port that were published against other platforms, each on a real socket, with the exact answer, while
a second station notices nothing (S01 to S17 of the security research).

| Id | Attack | Source |
|---|---|---|
| S01, S02 | a connection without, or with other, credentials; no sub-protocol | CISA 2026, CWE-306 |
| S03, S04 | a second connection shadows the first; two that alternate | CISA 2026, CWE-613; SaiFlow 2023 |
| S05 | passwords are guessed | CISA 2026, CWE-307 |
| S06, S07 | identities are public, or can be guessed by what is answered | CISA 2026, CWE-522 |
| S08 | another station's transaction | SteVe #1296 |
| S09, S10, S11, S12 | a stop by another card, of nothing, with a register that cannot be, a start replayed | SteVe, OCPP.Core |
| S13 | a message id is used again | SteVe #1305 |
| S14 | times that cannot be | oss-security, July 2025 |
| S15, S16, S17 | messages that are none, a record that goes, a socket that closes | CitrineOS, mobilityhouse/ocpp |
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from builders import ClientOf, MakeRuntime, app_of
from voltway.app import catalog
from voltway.contracts.station_link import CallStation, ReportBoot, ReportLink
from voltway.kernel import secrets as kernel_secrets
from voltway.kernel.runtime import Runtime
from voltway.modules.gateway import admission
from voltway.modules.gateway.gateway import gateway_of

from .conftest import PASSWORD, Network, StartNetwork  # noqa: TID252  (tests are not installed)
from .neighbours import until  # noqa: TID252
from .raw_station import RawStation  # noqa: TID252

BOOT = {"chargePointVendor": "Acme", "chargePointModel": "One"}
NOON = "2026-05-01T12:00:00Z"
START = {"connectorId": 1, "idTag": "CARD-A", "meterStart": 1_000, "timestamp": NOON}
LATER = "2026-05-01T13:00:00Z"


@pytest.fixture
async def bystander(network: Network) -> AsyncIterator[RawStation]:
    """A second station that must notice nothing."""
    station = await network.connect("CS2")
    yield station
    assert (await station.exchange("after", "Heartbeat", {}))[:2] == [3, "after"]


async def asked(network: Network, path: str, **said: Any) -> Any:
    return await (await network.dial()).ask(path, **said)


def id_of(network: Network, identity: str) -> str:
    return next(record.station_id for record in network.neighbours.records.values() if record.identity == identity)


# ---- who connects


@pytest.mark.parametrize("path", ["/ocpp/CS1", "/ocpp/cs1", "/ocpp/CS1/", "/ocpp//CS1", "/ocpp/%43S1", "/ocpp/%2543S1"])
@pytest.mark.parametrize(
    "said",
    [
        {},
        {"password": ""},
        {"password": "guess"},
        {"user": "CS2", "password": PASSWORD},
        {"Authorization": f"Bearer {PASSWORD}"},
        {"Authorization": "Basic !!!"},
    ],
    ids=str,
)
async def test_s01_without_its_own_credentials_nobody_is_let_in_however_the_identity_is_spelled(
    network: Network, bystander: RawStation, path: str, said: dict[str, Any]
) -> None:
    answer = await asked(network, path, **said)
    assert answer.status in (401, 404)
    assert network.neighbours.of(ReportLink, "CS1") == []


@pytest.mark.parametrize(
    "path", ["/ocpp/CS1?token=x", "/ocpp/CS1/..", "/ocpp/CS2/../CS1", "/ocpp/CS1%2f", "/x/ocpp/CS1"]
)
async def test_s01_tricks_in_the_path_name_nobody_even_with_the_right_password(
    network: Network, bystander: RawStation, path: str
) -> None:
    answer = await asked(network, path, user="CS1", password=PASSWORD)
    assert (answer.status, network.neighbours.of(ReportLink, "CS1")) == (404, [])


@pytest.mark.parametrize("protocols", [None, "", "mqtt", "ocpp9.9", "ocpp1.6x"])
async def test_s02_without_a_sub_protocol_of_ours_no_message_is_read(
    network: Network, bystander: RawStation, protocols: str | None
) -> None:
    assert (await asked(network, "/ocpp/CS1", protocols=protocols, password="guess")).status == 401
    station = await network.dial()
    answer = await station.ask("/ocpp/CS1", protocols=protocols, password=PASSWORD)
    assert answer.status == 101
    assert "sec-websocket-protocol" not in answer.headers
    station.call("m1", "BootNotification", BOOT)
    assert await station.closed() == 1002
    assert network.neighbours.of(ReportBoot) == []


# ---- two connections of one identity


async def test_s03_only_who_proves_the_identity_takes_its_link_and_no_answer_crosses_over(
    network: Network, bystander: RawStation
) -> None:
    old = await network.connect("CS1")
    assert (await asked(network, "/ocpp/CS1", password="guess")).status == 401
    order = asyncio.ensure_future(
        network.runtime.ask(CallStation(station_id=id_of(network, "CS1"), action="ClearCache", payload={}, timeout_s=5))
    )
    message_id = (await old.heard())[1]  # the impostor has changed nothing: orders go to the old link
    new = await network.connect("CS1")
    new.say(f'[3,"{message_id}",{{"status":"Accepted"}}]')  # the answer of another epoch
    assert (await order).outcome != "result"
    assert await old.closed() == 1008
    assert (await new.exchange("m1", "Heartbeat", {}))[:2] == [3, "m1"]
    await until(lambda: len(network.neighbours.of(ReportLink, "CS1")) == 2, "both links are recorded")
    first, second = network.neighbours.of(ReportLink, "CS1")
    assert (first.is_open, second.is_open) == (True, True)
    assert second.epoch > first.epoch


async def test_s04_who_alternates_is_held_off_and_the_true_station_is_back_soon(start_network: StartNetwork) -> None:
    network = await start_network(takeovers_burst=3, takeover_pause_s=0.3, station_connections_burst=1000)
    bystander = await network.connect("CS2")
    answers = [await asked(network, "/ocpp/CS1", password=PASSWORD) for _ in range(50)]
    statuses = [answer.status for answer in answers]
    assert statuses[:4] == [101] * 4  # the first, and three that take over
    assert set(statuses[4:]) <= {101, 503}
    assert statuses.count(503) > statuses.count(101)
    held = next(answer for answer in answers if answer.status == 503)
    assert 1 <= int(held.headers["retry-after"]) <= 30
    assert len(network.gateway.registry) == 2  # one link for each of the two stations
    await asyncio.sleep(0.35)
    station = await network.connect("CS1")
    assert (await station.exchange("m1", "Heartbeat", {}))[:2] == [3, "m1"]
    assert (await bystander.exchange("m1", "Heartbeat", {}))[:2] == [3, "m1"]


# ---- guessing


async def test_s05_a_thousand_guesses_are_slowed_by_identity_and_lock_nobody_out(start_network: StartNetwork) -> None:
    network = await start_network(failures_burst=5, failure_pause_s=1000, connections_burst=5000)
    bystander = await network.connect("CS2")
    station = await network.connect("CS1")
    found: dict[int, int] = {}
    for number in range(1_000):
        raw = await RawStation.dial(network.port)
        answer = await raw.ask("/ocpp/CS1", password=f"guess-{number}")
        found[answer.status] = found.get(answer.status, 0) + 1
        raw.writer.transport.abort()
    assert found == {401: 5, 429: 995}
    assert int(answer.headers["retry-after"]) > 100
    # The true station was never held up: neither its link nor its next one, from the very network of the guesses.
    assert (await station.exchange("m1", "Heartbeat", {}))[:2] == [3, "m1"]
    assert (await asked(network, "/ocpp/CS1", password=PASSWORD)).status == 101
    assert (await bystander.exchange("m1", "Heartbeat", {}))[:2] == [3, "m1"]


async def test_s05_guesses_at_many_identities_are_slowed_by_network(start_network: StartNetwork) -> None:
    network = await start_network(prefix_failures_burst=5, prefix_failure_pause_s=1000)
    bystander = await network.connect("CS2")
    answers = [await asked(network, f"/ocpp/GUESS{number}", password="guess") for number in range(20)]
    assert [answer.status for answer in answers] == [401] * 5 + [429] * 15
    assert int(answers[-1].headers["retry-after"]) > 100
    assert (await asked(network, "/ocpp/CS1", password=PASSWORD)).status == 101
    assert (await bystander.exchange("m1", "Heartbeat", {}))[:2] == [3, "m1"]


async def test_s07_an_identity_that_exists_is_answered_like_one_that_does_not(
    start_network: StartNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = await start_network(
        {"CS1": {}, "CS2": {}, "TLS": {"profile": 2}, "CERT": {"profile": 3, "password": None}}, failures_burst=3
    )
    bystander = await network.connect("CS2")
    hashes, digest = [0], kernel_secrets._digest

    def counted(*arguments: Any) -> bytes:
        hashes[0] += 1
        return digest(*arguments)

    monkeypatch.setattr(kernel_secrets, "_digest", counted)
    # What is worked out of a refusal when its answer has left.
    monkeypatch.setattr(admission, "note_refusal", lambda *_: None)
    seen = {}
    for identity in ("CS1", "TLS", "CERT", "NOBODY", "nobody-else"):
        hashes[0], lookups = 0, network.neighbours.lookups
        answers = [(await asked(network, f"/ocpp/{identity}", password=f"guess-{n}")) for n in range(5)]
        bytes_said = [answer.raw for answer in answers if answer.status == 401]
        statuses = tuple(answer.status for answer in answers)
        seen[identity] = (statuses, tuple(bytes_said), hashes[0], network.neighbours.lookups - lookups)
    [same] = set(seen.values())
    statuses, bytes_said, hash_count, lookup_count = same
    assert statuses == (401, 401, 401, 429, 429)
    assert len(set(bytes_said)) == 1
    assert hash_count > 0
    assert lookup_count == 3
    assert (await bystander.exchange("m1", "Heartbeat", {}))[:2] == [3, "m1"]


# ---- messages: a record goes, a socket closes, bytes that are no message


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({}, "ProtocolError"),
        (None, "ProtocolError"),
        ({"chargePointVendor": None, "chargePointModel": "One"}, "TypeConstraintViolation"),
        ({"chargePointVendor": {"name": "Acme"}, "chargePointModel": "One"}, "TypeConstraintViolation"),
        ({"chargePointVendor": ["Acme"], "chargePointModel": "One"}, "TypeConstraintViolation"),
        ({"chargePointVendor": "A" * 5_000, "chargePointModel": "One"}, "PropertyConstraintViolation"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_s15_a_boot_that_is_none_gets_its_error_and_the_link_lives(
    network: Network, bystander: RawStation, payload: Any, code: str
) -> None:
    station = await network.connect("CS1")
    answer = await station.exchange("m1", "BootNotification", payload)
    assert answer[:3] == [4, "m1", code]
    assert network.neighbours.of(ReportBoot) == []
    assert (await station.exchange("m2", "BootNotification", BOOT))[:2] == [3, "m2"]


async def test_s16_a_station_whose_record_goes_while_it_is_connected_is_sent_off(
    network: Network, bystander: RawStation
) -> None:
    station = await network.connect("CS1")
    record = next(each for each in network.neighbours.records.values() if each.identity == "CS1")
    await network.record(record, is_retired=True)
    assert await station.closed() == 1008
    assert (await asked(network, "/ocpp/CS1", password=PASSWORD)).status == 401


async def test_s17_bytes_that_are_no_message_do_not_end_the_reading(network: Network, bystander: RawStation) -> None:
    station = await network.connect("CS1")
    for text in ("", "{", "[]", "[2]", "null", '[9,"m",{}]', "[2,1,2,3]"):
        station.say(text)
    while (heard := await station.exchange("m1", "Heartbeat", {}))[1] != "m1":
        pass
    assert heard[:2] == [3, "m1"]


async def test_s17_a_socket_that_closes_frees_who_waits_for_its_answer(network: Network, bystander: RawStation) -> None:
    station_id = id_of(network, "CS1")
    station = await network.connect("CS1")
    order = CallStation(station_id=station_id, action="ClearCache", payload={}, timeout_s=30)
    waiting = asyncio.ensure_future(network.runtime.ask(order, timeout_s=30))
    await station.heard()
    station.writer.transport.abort()
    assert (await waiting).outcome != "result"  # long before its time-out
    back = await network.connect("CS1")
    again = asyncio.ensure_future(network.runtime.ask(order, timeout_s=30))
    message_id = (await back.heard())[1]
    back.say(f'[3,"{message_id}",{{"status":"Accepted"}}]')
    assert (await again).outcome == "result"


# ---- transactions: the whole platform behind the port


class Whole:
    """Everything, two stations that are linked, and the API."""

    def __init__(self, runtime: Runtime, client: httpx.AsyncClient) -> None:
        self.runtime, self.client = runtime, client
        self.port = gateway_of(runtime).port.port
        self.stations: list[RawStation] = []

    async def connect(self, identity: str) -> RawStation:
        body = {"identity": identity, "password": PASSWORD}
        answer = await self.client.post("/charging-stations", json=body)
        assert answer.status_code == 201, answer.text
        return await self.reconnect(identity)

    async def reconnect(self, identity: str) -> RawStation:
        station = await RawStation.dial(self.port)
        self.stations.append(station)
        assert (await station.ask(f"/ocpp/{identity}", password=PASSWORD)).status == 101
        assert (await station.exchange("boot", "BootNotification", BOOT))[2]["status"] == "Accepted"
        return station

    async def sessions(self) -> list[dict[str, Any]]:
        answer = await self.client.get("/sessions")
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])


@pytest.fixture
async def whole(make_runtime: MakeRuntime, client_of: ClientOf) -> AsyncIterator[Whole]:
    settings = {"gateway": {"port": 0, "unknown_stations": "reject"}}
    runtime = await make_runtime(*catalog.load(), settings=settings)
    made = Whole(runtime, await client_of(runtime))
    for value, group in (("CARD-A", None), ("CARD-B", None)):
        await made.client.post("/id-tokens", json={"value": value, "group": group})
    yield made
    for station in made.stations:
        await station.hang_up()


async def started(station: RawStation, message_id: str = "start", **changes: Any) -> int:
    answer = await station.exchange(message_id, "StartTransaction", {**START, **changes})
    assert answer[2]["idTagInfo"]["status"] == "Accepted", answer
    return int(answer[2]["transactionId"])


async def test_s06_nothing_that_everybody_may_read_tells_an_identity(whole: Whole, client_of: ClientOf) -> None:
    identity = "SN-7F3A9C-SECRET"
    await whole.connect(identity)
    nobody = await client_of(whole.runtime, None)
    paths = [path for path, route in app_of(whole.runtime).openapi()["paths"].items() if "get" in route]
    open_to_all = []
    for path in paths:
        answer = await nobody.get(f"http://localhost{path}".replace("{", "").replace("}", ""))
        if answer.status_code != 401:
            open_to_all.append(path)
        assert identity.casefold() not in answer.text.casefold()
    assert open_to_all  # there are such routes: the test looks at something


async def test_s08_another_stations_transaction_is_out_of_reach(whole: Whole) -> None:
    victim, attacker = await whole.connect("CS1"), await whole.connect("CS2")
    transaction_id = await started(victim)
    [before] = await whole.sessions()
    meter = {"timestamp": LATER, "sampledValue": [{"value": "999999"}]}
    said = [
        ("MeterValues", {"connectorId": 1, "transactionId": transaction_id, "meterValue": [meter]}),
        ("StopTransaction", {"transactionId": transaction_id, "meterStop": 999_999, "timestamp": LATER}),
    ]
    for number, (action, payload) in enumerate(said):
        assert (await attacker.exchange(f"m{number}", action, payload))[:2] == [3, f"m{number}"]
    [after] = [each for each in await whole.sessions() if each["id"] == before["id"]]
    assert after == before
    assert (after["state"], after["energy_wh"]) == ("active", 0)
    stop = {"transactionId": transaction_id, "meterStop": 8_000, "timestamp": LATER}
    assert (await victim.exchange("stop", "StopTransaction", stop))[0] == 3
    [ended] = [each for each in await whole.sessions() if each["id"] == before["id"]]
    assert (ended["state"], ended["energy_wh"]) == ("ended", 7_000)


async def test_s08_transaction_ids_are_random(whole: Whole) -> None:
    stations = [await whole.connect(f"CS{number}") for number in range(4)]
    ids = [await started(station) for station in stations]
    assert len(set(ids)) == 4
    assert all(0 < each < 2**31 for each in ids)
    assert all(abs(one - two) > 1 for one in ids for two in ids if one is not two)


async def test_s09_a_stop_by_another_card_is_a_report_and_changes_nobody(whole: Whole) -> None:
    station, bystander = await whole.connect("CS1"), await whole.connect("CS2")
    transaction_id = await started(station)
    stop = {"transactionId": transaction_id, "meterStop": 8_000, "timestamp": LATER, "idTag": "CARD-B"}
    assert (await station.exchange("stop", "StopTransaction", stop))[:2] == [3, "stop"]
    [session] = await whole.sessions()
    assert (session["state"], session["id_token"], session["energy_wh"]) == ("ended", "CARD-A", 7_000)
    assert (await bystander.exchange("m1", "Heartbeat", {}))[0] == 3


async def test_s10_a_stop_of_a_transaction_that_nobody_knows_stops_nothing(whole: Whole) -> None:
    station, bystander = await whole.connect("CS1"), await whole.connect("CS2")
    transaction_id = await started(station)
    stop = {"transactionId": (transaction_id + 12_345) % 2**31, "meterStop": 8_000, "timestamp": LATER}
    assert (await station.exchange("stop", "StopTransaction", stop))[:2] == [3, "stop"]
    sessions = await whole.sessions()
    assert [each["state"] for each in sessions if each["transaction_id"] == str(transaction_id)] == ["active"]
    assert (await bystander.exchange("m1", "Heartbeat", {}))[0] == 3


@pytest.mark.parametrize("meter_stop", [0, -1, -(2**31)])
async def test_s11_a_register_that_goes_back_is_acknowledged_held_and_worth_nothing(
    whole: Whole, meter_stop: int
) -> None:
    station, bystander = await whole.connect("CS1"), await whole.connect("CS2")
    transaction_id = await started(station)
    stop = {"transactionId": transaction_id, "meterStop": meter_stop, "timestamp": LATER}
    assert (await station.exchange("stop", "StopTransaction", stop))[:2] == [3, "stop"]
    [session] = await whole.sessions()
    assert (session["state"], session["energy_wh"], session["is_cost_final"]) == ("ended", 0, False)
    assert session["review"] != []
    assert (await bystander.exchange("m1", "Heartbeat", {}))[0] == 3


async def test_s12_a_start_that_is_said_again_after_its_stop_begins_nothing(whole: Whole) -> None:
    station, bystander = await whole.connect("CS1"), await whole.connect("CS2")
    transaction_id = await started(station)
    stop = {"transactionId": transaction_id, "meterStop": 8_000, "timestamp": LATER}
    await station.exchange("stop", "StopTransaction", stop)
    assert await started(station, "again") == transaction_id
    [session] = await whole.sessions()
    assert session["state"] == "ended"
    assert (await bystander.exchange("m1", "Heartbeat", {}))[0] == 3


async def test_s13_a_message_id_that_is_used_again_gets_the_stored_answer_or_is_marked(whole: Whole) -> None:
    station, bystander = await whole.connect("CS1"), await whole.connect("CS2")
    transaction_id = await started(station, "same")
    assert await started(station, "same") == transaction_id
    assert len(await whole.sessions()) == 1
    # Other content under the same id is another message: a station that counts wrong must not lose a charge.
    other = await station.exchange("same", "StartTransaction", {**START, "connectorId": 2, "idTag": "CARD-B"})
    assert other[0] == 3
    assert other[2]["transactionId"] != transaction_id
    [new] = [each for each in await whole.sessions() if each["transaction_id"] == str(other[2]["transactionId"])]
    assert new["review"] == ["message_id_reused"]
    assert (await bystander.exchange("m1", "Heartbeat", {}))[0] == 3


TIMES = [
    "222222017-10-27T19:10:11Z",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "2026-06-30T23:59:60Z",
    "2026-05-01T12:00:00",
    "2026-05-01T12:00:00+25:00",
    "not a time",
]


@pytest.mark.parametrize("time", TIMES)
async def test_s14_no_time_of_a_station_breaks_a_page(whole: Whole, time: str) -> None:
    station, bystander = await whole.connect("CS1"), await whole.connect("CS2")
    said = [
        ("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": time}),
        ("StartTransaction", {**START, "timestamp": time}),
        (
            "MeterValues",
            {"connectorId": 1, "meterValue": [{"timestamp": time, "sampledValue": [{"value": "1200"}]}]},
        ),
    ]
    for number, (action, payload) in enumerate(said):
        answer = await station.exchange(f"m{number}", action, payload)
        assert answer[0] == 3 or answer[2] in ("FormationViolation", "FormatViolation", "PropertyConstraintViolation")
    started_as = await station.exchange("again", "StartTransaction", {**START, "timestamp": time})
    assert started_as[0] == 3  # a charge is never refused for its time: it would be lost
    stop = {"transactionId": started_as[2]["transactionId"], "meterStop": 2_000, "timestamp": time}
    assert (await station.exchange("stop", "StopTransaction", stop))[0] == 3
    for path in ("/sessions", "/charging-stations", "/charging-stations/{}/messages"):
        stations = (await whole.client.get("/charging-stations")).json()["items"]
        answer_of = await whole.client.get(path.format(stations[-1]["id"]))
        assert answer_of.status_code == 200, answer_of.text
    for session in await whole.sessions():
        assert "1970" < session["started_at"][:4] < "2200"
        assert (await whole.client.get(f"/sessions/{session['id']}/samples")).status_code == 200
    assert (await bystander.exchange("m1", "Heartbeat", {}))[0] == 3


def test_every_attack_of_the_list_is_tried() -> None:
    tried = {name[5:8] for name in globals() if name.startswith("test_s")}
    assert tried == {f"s{number:02}" for number in range(1, 18)}
