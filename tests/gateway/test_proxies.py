"""Stations behind proxies: whom a connection counts as, and that nobody else can say so."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest

from voltway.contracts.station_link import ReportLink
from voltway.kernel.errors import StartUpError
from voltway.modules.gateway.gateway import unknown_stations
from voltway.modules.gateway.proxies import Claims, Origin, TrustedProxies, Unbelievable
from voltway.modules.gateway.settings import GatewaySettings

from .conftest import PASSWORD, Network, StartNetwork  # noqa: TID252  (tests are not installed)
from .neighbours import until  # noqa: TID252
from .proxies import SIGNATURE, proxy, v1, v2  # noqa: TID252
from .raw_station import RawStation  # noqa: TID252
from .test_tls import Maker, trusting  # noqa: TID252

TRUSTED = {"trusted_proxies": ["127.0.0.0/8", "::1"]}
CLIENT = "203.0.113.7"


async def connect(network: Network, port: int, tls: ssl.SSLContext | None = None) -> RawStation:
    """A connection to a port."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=tls, server_hostname="localhost" if tls is not None else None
    )
    station = RawStation(reader, writer)
    network.stations.append(station)
    return station


async def linked_from(network: Network, port: int, tls: ssl.SSLContext | None = None, **headers: Any) -> str | None:
    """The address that CS1's link is recorded with when it comes through a port."""
    count = len(opened(network))
    station = await connect(network, port, tls)
    response = await station.ask("/ocpp/CS1", password=PASSWORD, **headers)
    assert response.status == 101, response.raw
    await until(lambda: len(opened(network)) > count, "the link is recorded")
    address: str | None = opened(network)[-1].remote_address
    return address


def opened(network: Network) -> list[ReportLink]:
    return [report for report in network.neighbours.of(ReportLink, "CS1") if report.is_open]


@pytest.mark.parametrize(
    ("said", "address"),
    [
        (v1(CLIENT), CLIENT),
        (v2(CLIENT), CLIENT),
        (v2("2001:db8::7"), "2001:db8::7"),
        (v2("::ffff:203.0.113.7"), CLIENT),
        (v2(CLIENT, command=0), "127.0.0.1"),  # LOCAL: the proxy itself asks whether we are there
        (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
        (b"", "127.0.0.1"),
    ],
)
async def test_proxy_protocol_says_whom_a_link_is_from(start_network: StartNetwork, said: bytes, address: str) -> None:
    network = await start_network(**TRUSTED)
    async with proxy(network.port, said) as port:
        assert await linked_from(network, port) == address


@pytest.mark.parametrize("said", [v1(CLIENT), v2(CLIENT)])
async def test_nothing_is_lost_when_everything_comes_in_one_segment(start_network: StartNetwork, said: bytes) -> None:
    network = await start_network(**TRUSTED)
    station = await network.dial()
    station.writer.write(said)  # the request is written behind it, before the loop has sent anything
    assert (await station.ask("/ocpp/CS1", password=PASSWORD)).status == 101
    answer = await station.exchange("1", "Heartbeat", {})
    assert answer[:2] == [3, "1"]


@pytest.mark.parametrize("said", [v1(CLIENT), v2(CLIENT)])
async def test_proxy_protocol_comes_before_the_client_hello(
    start_network: StartNetwork, tmp_path: Path, said: bytes
) -> None:
    maker = Maker(tmp_path)
    network = await start_network(
        {"CS1": {"profile": 2}}, tls={"port": 0, "ecdsa_certificate_file": maker.server()}, **TRUSTED
    )
    async with proxy(network.gateway.port.tls_port, said) as port:
        assert await linked_from(network, port, trusting(maker)) == CLIENT
    assert await linked_from(network, network.gateway.port.tls_port, trusting(maker)) == "127.0.0.1"


@pytest.mark.parametrize("said", [v1(CLIENT), v2(CLIENT)])
@pytest.mark.parametrize("proxies", [[], ["192.0.2.0/24"]])
async def test_stranger_cannot_speak_the_proxy_protocol(
    start_network: StartNetwork, said: bytes, proxies: list[str]
) -> None:
    network = await start_network(trusted_proxies=proxies)
    station = await network.dial()
    station.writer.write(said)
    assert (await station.ask("/ocpp/CS1", password=PASSWORD)).status == 400
    await station.ended()
    assert network.neighbours.of(ReportLink) == []


@pytest.mark.parametrize(
    "said",
    [
        b"PROXY TCP4 nobody 127.0.0.1 1 2\r\n",
        b"PROXY TCP4 2001:db8::7 127.0.0.1 1 2\r\n",
        b"PROXY TCP4 203.0.113.7\r\n",
        b"PROXY " + b"x" * 200,
        b"POST / HTTP/1.1\r\n",
        SIGNATURE + b"\x11\x11\x00\x0c" + bytes(12),
        SIGNATURE + b"\x21\x11\x00\x04" + bytes(4),
        SIGNATURE + b"\x22\x11\x00\x0c" + bytes(12),
        SIGNATURE + b"\x21\x11\xff\xff",
        b"\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    ],
)
async def test_header_of_a_proxy_that_cannot_be_read_ends_the_connection(
    start_network: StartNetwork, said: bytes
) -> None:
    network = await start_network(**TRUSTED)
    station = await network.dial()
    station.writer.write(said)
    await station.ended()
    assert await linked_from(network, network.port) == "127.0.0.1"


async def test_silent_connection_of_a_proxy_is_given_up(start_network: StartNetwork) -> None:
    network = await start_network(handshake_timeout_s=0.2, **TRUSTED)
    station = await network.dial()
    station.writer.write(b"PROXY ")
    await station.ended()


HEADERS: list[tuple[dict[str, str], str]] = [
    ({"X-Forwarded-For": CLIENT}, CLIENT),
    ({"X-Forwarded-For": f"198.51.100.1, {CLIENT}, 127.0.0.9"}, CLIENT),  # what it sent itself stands further left
    ({"X-Forwarded-For": f"{CLIENT}:4711"}, CLIENT),
    ({"X-Forwarded-For": "unknown"}, "127.0.0.1"),
    ({"X-Forwarded-For": "127.0.0.2, 127.0.0.3"}, "127.0.0.2"),
    ({"Forwarded": f"for={CLIENT};proto=https;by=127.0.0.1"}, CLIENT),
    ({"Forwarded": f'for="[2001:db8::7]:4711", for={CLIENT}'}, CLIENT),
    ({"Forwarded": 'for="[2001:db8::7]:4711"'}, "2001:db8::7"),
    ({"Forwarded": "for=_hidden"}, "127.0.0.1"),
    ({"Forwarded": f"for={CLIENT}", "X-Forwarded-For": CLIENT}, CLIENT),
]


@pytest.mark.parametrize(("headers", "address"), HEADERS)
async def test_forwarding_headers_say_whom_a_link_is_from(
    start_network: StartNetwork, headers: dict[str, str], address: str
) -> None:
    network = await start_network(**TRUSTED)
    assert await linked_from(network, network.port, **headers) == address


async def test_repeated_headers_are_one_list(start_network: StartNetwork) -> None:
    network = await start_network(**TRUSTED)
    repeated = f"198.51.100.1\r\nX-Forwarded-For: {CLIENT}"
    assert await linked_from(network, network.port, **{"X-Forwarded-For": repeated}) == CLIENT


@pytest.mark.parametrize("headers", [headers for headers, _ in HEADERS])
async def test_headers_of_a_stranger_say_nothing(network: Network, headers: dict[str, str]) -> None:
    assert await linked_from(network, network.port, **headers) == "127.0.0.1"


async def test_headers_of_a_client_behind_the_proxy_protocol_say_nothing(start_network: StartNetwork) -> None:
    network = await start_network({"CS1": {"profile": 2}}, **TRUSTED)
    async with proxy(network.port, v1(CLIENT)) as port:
        station = await connect(network, port)
        spoofed = {"X-Forwarded-For": "198.51.100.1", "X-Forwarded-Proto": "https"}
        assert (await station.ask("/ocpp/CS1", password=PASSWORD, **spoofed)).status == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Forwarded": "for=198.51.100.1;proto=https", "X-Forwarded-For": CLIENT},
        {"Forwarded": f'for="198.51.100.1, for={CLIENT}'},
    ],
)
async def test_two_stories_are_refused(start_network: StartNetwork, headers: dict[str, str]) -> None:
    network = await start_network(**TRUSTED)
    station = await network.dial()
    assert (await station.ask("/ocpp/CS1", password=PASSWORD, **headers)).status == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-Forwarded-Proto": "https"}, 101),
        ({"X-Forwarded-For": CLIENT, "X-Forwarded-Proto": "https"}, 101),
        ({"Forwarded": f"for={CLIENT};proto=https"}, 101),
        ({"Forwarded": f"for={CLIENT};proto=https, for=127.0.0.2;proto=http"}, 101),
        ({"X-Forwarded-For": CLIENT, "X-Forwarded-Proto": "http"}, 401),
        ({"X-Forwarded-For": f"198.51.100.1, {CLIENT}", "X-Forwarded-Proto": "https, http"}, 401),
        ({"Forwarded": f"for=198.51.100.1;proto=https, for={CLIENT};proto=http"}, 401),
        ({}, 401),
    ],
)
async def test_proxy_that_ends_tls_makes_profile_2(
    start_network: StartNetwork, headers: dict[str, str], status: int
) -> None:
    network = await start_network({"CS1": {"profile": 2}}, **TRUSTED)
    station = await network.dial()
    assert (await station.ask("/ocpp/CS1", password=PASSWORD, **headers)).status == status


async def test_stranger_cannot_claim_tls(start_network: StartNetwork) -> None:
    network = await start_network({"CS1": {"profile": 2}}, trusted_proxies=["192.0.2.0/24"])
    station = await network.dial()
    claims = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
    assert (await station.ask("/ocpp/CS1", password=PASSWORD, **claims)).status == 401


@pytest.mark.parametrize(("is_tls", "status"), [(True, 101), (False, 401)])
async def test_version_2_says_that_the_proxy_has_ended_tls(
    start_network: StartNetwork, tmp_path: Path, is_tls: bool, status: int
) -> None:
    maker = Maker(tmp_path)
    outside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    outside.load_cert_chain(maker.server())
    network = await start_network({"CS1": {"profile": 2}}, **TRUSTED)
    async with proxy(network.port, v2(CLIENT, is_tls=is_tls), outside) as port:
        station = await connect(network, port, trusting(maker))
        assert (await station.ask("/ocpp/CS1", password=PASSWORD)).status == status


async def test_failures_count_for_the_real_client(start_network: StartNetwork) -> None:
    network = await start_network(prefix_failures_burst=2, prefix_failure_pause_s=60, **TRUSTED)

    async def status_from(address: str, identity: str) -> int:
        station = await network.dial()
        return (await station.ask(f"/ocpp/{identity}", password="guessed", X_Forwarded_For=address)).status

    assert [await status_from(CLIENT, f"GUESS{number}") for number in range(3)] == [401, 401, 429]
    assert await status_from("198.51.100.1", "GUESS9") == 401


def test_nothing_is_believed_of_whom_nobody_trusts() -> None:
    stranger = Origin("198.51.100.9")
    claims = Claims("for=1.2.3.4;proto=https", "1.2.3.4", "https")
    assert TrustedProxies(["10.0.0.0/8"]).find_origin(stranger, claims) == stranger
    with pytest.raises(Unbelievable):
        TrustedProxies(["10.0.0.0/8"]).find_origin(Origin("10.1.1.1"), claims._replace(forwarded_for="5.6.7.8"))


def test_what_is_no_network_is_said_at_the_start() -> None:
    with pytest.raises(StartUpError, match="trusted_proxies"):
        TrustedProxies(["the proxy"])


def test_loopback_behind_a_proxy_is_the_world() -> None:
    assert unknown_stations(GatewaySettings(trusted_proxies=("127.0.0.1",))) == "reject"
    with pytest.raises(StartUpError, match="accept"):
        unknown_stations(GatewaySettings(trusted_proxies=("127.0.0.1",), unknown_stations="accept"))
