"""Stations behind a real Mosquitto, with the files that we write for it."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
import structlog

from voltway.contracts.station_link import (
    CommandOutcome,
    ExecuteCommand,
    ReportBoot,
    ReportLink,
    ReportStatus,
    ReportTransaction,
)
from voltway.contracts.vocabulary import CommandState, Registration

from .conftest import PASSWORD, SECRET, Network, StartNetwork  # noqa: TID252  (tests are not installed)
from .mqtt_broker import MOSQUITTO, Mosquitto, MqttStation  # noqa: TID252
from .neighbours import Neighbours, replace, until  # noqa: TID252
from .test_tls import Maker, trusting  # noqa: TID252

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="needs mosquitto")

BOOT = {"chargePointVendor": "ACME", "chargePointModel": "One"}
START = {"connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": "2026-01-01T00:00:00Z"}
STOP = {"transactionId": 17, "meterStop": 5000, "timestamp": "2026-01-01T01:00:00Z"}


class Site:
    """A network with a broker."""

    def __init__(self, network: Network, broker: Mosquitto, stations: list[MqttStation]) -> None:
        self.network, self.broker, self._stations = network, broker, stations
        self.registry = network.gateway.registry

    @property
    def neighbours(self) -> Neighbours:
        return self.network.neighbours

    def credential(self, identity: str) -> Any:
        return next(record for record in self.neighbours.records.values() if record.identity == identity)

    def station(self, identity: str = "CS1", **options: Any) -> MqttStation:
        station = MqttStation(self.broker, self.credential(identity), **options)
        self._stations.append(station)
        return station

    async def online(self, identity: str = "CS1", **options: Any) -> MqttStation:
        """A station that is linked."""
        station = self.station(identity, **options)
        await station.connect()
        await station.said("open")
        return station

    def is_linked(self, identity: str = "CS1") -> bool:
        return self.registry.find(self.credential(identity).station_id) is not None


StartSite = Callable[..., Awaitable[Site]]


@pytest.fixture
async def start_site(start_network: StartNetwork, tmp_path: Path) -> AsyncIterator[StartSite]:
    brokers: list[Mosquitto] = []
    stations: list[MqttStation] = []

    async def start(
        records: Mapping[str, Mapping[str, Any]] | None = None,
        certificate: str = "",
        mqtt: Mapping[str, Any] | None = None,
        **settings: Any,
    ) -> Site:
        broker = Mosquitto(tmp_path / "broker", SECRET, certificate)
        brokers.append(broker)
        options = {"url": broker.url, "retry_s_max": 0.1, **(mqtt or {})}
        # The records are made while the network starts: only then can the broker be told of them.
        network = await start_network(records, mqtt=options, **settings)
        broker.allow(list(network.neighbours.records.values()))
        await broker.start()
        port = network.gateway.broker
        assert port is not None
        await until(lambda: port.is_connected, "we are connected to the broker")
        return Site(network, broker, stations)

    yield start
    for station in stations:
        await station.leave()
    for broker in brokers:
        await broker.stop()


async def test_a_station_boots_and_charges(start_site: StartSite) -> None:
    site = await start_site()
    station = await site.online()
    [_, _, answer] = await station.exchange("1", "BootNotification", BOOT)
    assert answer["status"] == "Accepted"
    assert (await station.exchange("2", "StartTransaction", START))[2]["transactionId"] == 17
    assert (await station.exchange("3", "StopTransaction", STOP))[:2] == [3, "3"]
    assert [type(report) for report in site.neighbours.reports] == [
        ReportLink,
        ReportBoot,
        ReportTransaction,
        ReportTransaction,
    ]
    link = site.neighbours.reports[0]
    assert (link.remote_address, link.protocol, link.is_open) == ("mqtt", "ocpp1.6", True)


async def test_an_answer_waits_for_the_commit(start_site: StartSite) -> None:
    site = await start_site()
    station = await site.online()
    site.neighbours.gate.clear()
    await station.call("1", "StartTransaction", START)
    with pytest.raises(TimeoutError):
        await station.heard(timeout_s=0.3)
    site.neighbours.gate.set()
    assert (await station.heard())[:2] == [3, "1"]
    assert len(site.neighbours.of(ReportTransaction)) == 1


async def test_an_order_reaches_the_station(start_site: StartSite) -> None:
    site = await start_site()
    station = await site.online()
    order = ExecuteCommand(
        station_id=station.credential.station_id,
        command_id="c",
        type="reset",
        arguments={"mode": "immediate"},
        timeout_s=5.0,
    )
    asked: asyncio.Task[CommandOutcome] = asyncio.create_task(site.network.runtime.ask(order))
    [kind, message_id, action, payload] = await station.heard()
    assert (kind, action, payload) == (2, "Reset", {"type": "Hard"})
    await station.answer(message_id, {"status": "Accepted"})
    assert (await asked).state is CommandState.ACCEPTED


async def test_messages_keep_their_order_while_the_station_is_not_read(start_site: StartSite) -> None:
    site = await start_site()
    station = await site.online()
    site.neighbours.gate.clear()
    for number in range(60):  # more than a link takes before it reads no further
        await station.call(str(number), "StatusNotification", status(number))
    site.neighbours.gate.set()
    assert [(await station.heard())[1] for _ in range(60)] == [str(number) for number in range(60)]
    assert [report.evse_number for report in site.neighbours.of(ReportStatus)] == list(range(1, 61))


def status(number: int) -> dict[str, Any]:
    return {"connectorId": number + 1, "errorCode": "NoError", "status": "Available"}


async def test_a_station_that_sends_on_and_on_unread_is_closed(start_site: StartSite) -> None:
    site = await start_site(mqtt={"held_messages_max": 16})
    station = await site.online()
    other = await site.online("CS2")
    site.neighbours.gate.clear()
    for number in range(60):
        await station.call(str(number), "StatusNotification", status(number))
    assert (await station.said("closed"))["code"] == 1008
    site.neighbours.gate.set()
    assert (await other.exchange("1", "Heartbeat", {}))[:2] == [3, "1"]


async def test_a_message_that_the_broker_delivers_twice_counts_once(start_site: StartSite) -> None:
    site = await start_site()
    station = await site.online()
    first = await station.exchange("1", "StartTransaction", START)
    assert await station.exchange("1", "StartTransaction", START) == first
    await station.say_online()  # this as well
    await station.said("open")
    assert (await station.exchange("2", "Heartbeat", {}))[:2] == [3, "2"]
    assert len(site.neighbours.of(ReportTransaction)) == 1
    assert [report.is_open for report in site.neighbours.of(ReportLink)] == [True]


async def test_a_station_cannot_speak_or_hear_for_another(start_site: StartSite) -> None:
    site = await start_site({"CS1": {}, "CS2": {}, "Left + #1": {}})
    station, other = await site.online(), await site.online("CS2")
    odd = await site.online("Left + #1")
    await station.client.subscribe([(other.topic("down"), 1), ("#", 1), (odd.topic("down"), 1)])
    await station.client.publish(other.topic("up"), '[2,"9","StartTransaction",{}]', qos=1)
    await station.client.publish(other.topic("state"), "offline c1", qos=1, retain=True)
    await station.client.publish(other.topic("down"), '[2,"9","Reset",{"type":"Hard"}]', qos=1)
    assert (await other.exchange("1", "Heartbeat", {}))[:2] == [3, "1"]
    assert (await odd.exchange("2", "Heartbeat", {}))[:2] == [3, "2"]
    assert (await station.exchange("3", "Heartbeat", {}))[:2] == [3, "3"]  # the first that it hears of all these
    assert site.neighbours.of(ReportTransaction) == []
    assert site.is_linked("CS2")


async def test_a_wrong_password_does_not_get_past_the_broker(start_site: StartSite) -> None:
    site = await start_site()
    station = site.station()
    with pytest.raises(aiomqtt.MqttError, match=r"[Nn]ot authori[sz]ed"):
        await station.connect(password=PASSWORD)


async def test_the_last_will_is_offline(start_site: StartSite) -> None:
    site = await start_site()
    station = await site.online()
    station.vanish()
    await until(lambda: not site.is_linked(), "the link is gone")
    await until(lambda: len(site.neighbours.of(ReportLink)) == 2, "it is recorded")
    assert site.neighbours.of(ReportLink)[-1].is_open is False


async def test_the_last_will_of_an_older_connection_says_nothing(start_site: StartSite) -> None:
    site = await start_site()
    station = await site.online()
    await station.leave()
    again = site.station()
    await again.connect("c2")
    await again.said("open")
    await again.client.publish(again.topic("state"), "offline c1", qos=1)
    assert (await again.exchange("1", "Heartbeat", {}))[:2] == [3, "1"]
    assert site.is_linked()


async def test_stations_are_offline_while_the_broker_is_away_and_come_back(start_site: StartSite) -> None:
    site = await start_site()
    station = await site.online()
    await station.exchange("1", "StartTransaction", START)
    await site.broker.stop()
    await until(lambda: not site.is_linked(), "the station is offline")
    await until(lambda: len(site.neighbours.of(ReportLink)) == 2, "it is recorded")
    assert site.neighbours.of(ReportLink)[-1].close_reason == "the broker is away"
    await site.broker.start()
    port = site.network.gateway.broker
    assert port is not None
    await until(lambda: port.is_connected, "we are connected again")
    again = await site.online()
    assert (await again.exchange("2", "StopTransaction", STOP))[:2] == [3, "2"]
    assert len(site.neighbours.of(ReportTransaction)) == 2


async def test_a_gateway_that_restarts_finds_who_is_online(start_site: StartSite) -> None:
    site = await start_site()
    station = await site.online()
    port = site.network.gateway.broker
    assert port is not None
    await port.stop()
    await until(lambda: not site.is_linked(), "nobody is linked")
    port.start()
    await station.said("open")  # it has said nothing itself
    assert (await station.exchange("1", "Heartbeat", {}))[:2] == [3, "1"]


async def test_the_newest_way_in_wins(start_site: StartSite) -> None:
    site = await start_site()
    station = await site.online()
    first = site.registry.find(station.credential.station_id)
    websocket = await site.network.connect("CS1")
    assert (await station.said("closed"))["reason"] == "replaced by a newer connection"
    await station.call("1", "StartTransaction", START)  # from the old link: it is not heard
    assert (await websocket.exchange("2", "Heartbeat", {}))[:2] == [3, "2"]
    second = site.registry.find(station.credential.station_id)
    await station.say_online()
    await station.said("open")
    assert await websocket.closed() == 1008
    third = site.registry.find(station.credential.station_id)
    assert first is not None
    assert second is not None
    assert third is not None
    assert first.epoch < second.epoch < third.epoch
    assert site.neighbours.of(ReportTransaction) == []


async def test_what_the_broker_has_kept_takes_no_link_away(start_site: StartSite) -> None:
    site = await start_site()
    station = await site.online()
    websocket = await site.network.connect("CS1")
    await station.said("closed")
    port = site.network.gateway.broker
    assert port is not None
    await port.stop()
    port.start()
    assert (await station.said("closed"))["reason"] == "another connection of this station is alive"
    assert (await websocket.exchange("1", "Heartbeat", {}))[:2] == [3, "1"]


async def test_a_station_without_a_record_is_refused_or_waits_as_everywhere(start_site: StartSite) -> None:
    site = await start_site()
    station = await site.online()
    # A station that the broker still lets in has lost its record here.
    await site.network.record(station.credential, is_retired=True)
    assert (await station.said("closed"))["code"] == 1008
    await station.say_online()
    assert (await station.said("refused"))["status"] == 401
    assert not site.registry.find(station.credential.station_id)


async def test_a_pending_station_may_boot_only(start_site: StartSite) -> None:
    site = await start_site({"CS1": {"registration": Registration.PENDING}})
    site.neighbours.registration = Registration.PENDING
    station = await site.online()
    assert (await station.exchange("1", "BootNotification", BOOT))[2]["status"] == "Pending"
    assert (await station.exchange("2", "StatusNotification", status(0)))[:3] == [4, "2", "SecurityError"]


async def test_a_protocol_that_is_not_ours_is_refused(start_site: StartSite) -> None:
    site = await start_site()
    station = site.station(protocol="ocpp1.5")
    await station.connect()
    assert (await station.said("refused"))["status"] == 400


async def test_the_security_profile_of_the_record_holds(start_site: StartSite) -> None:
    site = await start_site({"TLS": {"profile": 2}, "CERT": {"profile": 3}, "MOVING": {"security_profile_target": 2}})
    for identity in ("TLS", "CERT"):
        station = site.station(identity)
        await station.connect()
        assert (await station.said("refused"))["status"] == 401
    await site.online("MOVING")  # what the broker vouches for proves nothing of the profile with us
    assert site.registry.find(site.credential("MOVING").station_id).credential.security_profile == 1  # type: ignore[union-attr]


async def test_tls_to_the_broker(start_site: StartSite, tmp_path: Path) -> None:
    maker = Maker(tmp_path)
    mqtt = {"authorities_file": maker.file, "is_tls_only": True}
    site = await start_site({"CS1": {"profile": 2}}, certificate=maker.server(), mqtt=mqtt)
    station = await site.online(tls=trusting(maker))
    assert (await station.exchange("1", "Heartbeat", {}))[:2] == [3, "1"]


# paho-mqtt 2.1 leaves the socket of a TLS handshake that failed to the garbage collector; remove when it closes it.
@pytest.mark.filterwarnings("ignore:.*unclosed <ssl.SSLSocket")
@pytest.mark.filterwarnings("ignore:.*ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning")
async def test_a_broker_whose_certificate_nobody_trusts_is_not_spoken_to(
    start_network: StartNetwork, tmp_path: Path
) -> None:
    maker = Maker(tmp_path)
    broker = Mosquitto(tmp_path / "broker", SECRET, maker.server())
    broker.allow([])
    await broker.start()
    try:
        with structlog.testing.capture_logs() as logs:
            network = await start_network(mqtt={"url": broker.url})
            await until(lambda: any(line["event"] == "broker.lost" for line in logs), "the attempt has failed")
        [reason] = [line["reason"] for line in logs if line["event"] == "broker.lost"]
        assert "certificate verify failed" in reason
        assert network.gateway.broker is not None
        assert not network.gateway.broker.is_connected
        gc.collect()
    finally:
        await broker.stop()


async def test_a_large_message_ends_the_link_alone(start_site: StartSite) -> None:
    site = await start_site(message_bytes_max=65_536)
    station, other = await site.online(), await site.online("CS2")
    await station.client.publish(station.topic("up"), b"x" * 65_537, qos=1)
    assert (await station.said("closed"))["code"] == 1009
    await other.client.publish(other.topic("up"), b"\xff\xfe", qos=1)
    assert (await other.said("closed"))["code"] == 1007


async def test_at_a_stop_stations_are_sent_off(start_site: StartSite) -> None:
    site = await start_site()
    station = await site.online()
    await site.network.gateway.stop()
    assert (await station.said("closed"))["code"] == 1012


async def test_a_password_that_was_changed_needs_new_files(start_site: StartSite) -> None:
    site = await start_site()
    credential = site.credential("CS1")
    changed = replace(credential, secret_hash=bytes(40))
    site.broker.allow([changed])
    old, new = site.station(), MqttStation(site.broker, changed)
    await site.broker.stop()
    await site.broker.start()
    with pytest.raises(aiomqtt.MqttError):
        await old.connect()
    await new.connect()
    await new.leave()
