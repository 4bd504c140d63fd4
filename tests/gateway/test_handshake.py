"""The HTTP request that opens a link: what is accepted, what is refused, and with which bytes."""

from __future__ import annotations

import asyncio

import pytest

from voltway.modules.gateway.handshake import HandshakeRefused, Target, read_basic, read_request, read_target

from .conftest import PASSWORD, Network, StartNetwork  # noqa: TID252  (tests are not installed)
from .raw_station import CLOSE, basic  # noqa: TID252


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/ocpp/CS1", Target(None, "CS1")),
        ("/ocpp/acme/CS1", Target("acme", "CS1")),
        ("/ocpp/Garage%20left", Target(None, "Garage left")),
        ("/ocpp/S%C3%A4ule", Target(None, "Säule")),
        ("/ocpp/" + "x" * 48, Target(None, "x" * 48)),
    ],
)
def test_path_names_a_station(path: str, target: Target) -> None:
    assert read_target(path) == target


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/ocpp",
        "/ocpp/",
        "/OCPP/CS1",
        "/ocpp/CS1/",
        "/ocpp//CS1",
        "//ocpp/CS1",
        "/ocpp/acme/CS1/x",
        "/ocpp/CS1?token=x",
        "/ocpp/CS1#x",
        "/ocpp/%2e",
        "/ocpp/..",
        "/ocpp/CS1%2F",
        "/ocpp/CS%3A1",
        "/ocpp/CS%2531",
        "/ocpp/CS1%00",
        "/ocpp/CS1%0d%0ax",
        "/ocpp/%20CS1",
        "/ocpp/%ff",
        "/ocpp/" + "x" * 49,
    ],
)
def test_anything_before_behind_or_between_names_nobody(path: str) -> None:
    assert read_target(path) is None


def test_basic_is_read_as_bytes() -> None:
    assert read_basic(basic("CS1", b"\xff\x00:x")) == ("CS1", b"\xff\x00:x")
    assert read_basic("bAsIc " + basic("CS1", "x").removeprefix("Basic ")) == ("CS1", b"x")
    for header in ("", "Basic", "Basic !!!", "Bearer x", "Basic " + "Q1Mx"):
        assert read_basic(header) is None


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /ocpp/CS1 HTTP/1.0", 400),
        (b"GET /ocpp/CS1", 400),
        (b"GET /ocpp/CS1 HTTP/1.1\r\nNo colon", 400),
        (b"GET /ocpp/CS1 HTTP/1.1\r\nA: 1\r\n folded", 400),
        (b"GET /ocpp/CS1 HTTP/1.1\r\nA : 1", 400),
        (b"GET /ocpp/CS1 HTTP/1.1\r\nHost: a\r\nHost: b", 400),
        (b"GET /ocpp/CS1 HTTP/1.1\r\nA: \x01", 400),
        (b"GET /ocpp/CS1 HTTP/1.1\r\nContent-Length: 5", 400),
        (b"GET /ocpp/CS1 HTTP/1.1\r\nTransfer-Encoding: chunked", 400),
        (b"POST /ocpp/CS1 HTTP/1.1", 405),
        (b"GET / HTTP/1.1", 404),
        (b"GET /ocpp/CS1 HTTP/1.1", 426),
        (b"GET /ocpp/CS1 HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade", 426),
        (b"GET /ocpp/CS1 HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13", 400),
        (b"GET /ocpp/CS1 HTTP/1.1" + b"\r\nA%d: x" * 65 % tuple(range(65)), 431),
    ],
)
def test_what_is_no_upgrade_is_refused(head: bytes, status: int) -> None:
    with pytest.raises(HandshakeRefused) as refused:
        read_request(head)
    assert refused.value.refusal.status == status


async def test_connection_header_may_be_a_list(network: Network) -> None:
    station = await network.dial()
    response = await station.ask("/ocpp/CS1", password=PASSWORD, Connection="keep-alive, Upgrade")
    assert response.status == 101


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ("ocpp1.6", "ocpp1.6"),
        ("ocpp2.0.1, ocpp1.6", "ocpp2.0.1"),
        ("ocpp1.6,ocpp2.1", "ocpp1.6"),
        ("ocpp9.9 , ocpp2.1", "ocpp2.1"),
    ],
)
async def test_first_sub_protocol_that_we_speak_wins(network: Network, offered: str, chosen: str) -> None:
    station = await network.dial()
    response = await station.ask("/ocpp/CS1", protocols=offered, password=PASSWORD)
    assert (response.status, response.headers["sec-websocket-protocol"]) == (101, chosen)


@pytest.mark.parametrize("offered", [None, "ocpp1.5", "OCPP1.6"])
async def test_without_common_sub_protocol_the_handshake_completes_and_the_link_closes(
    network: Network, offered: str | None
) -> None:
    station = await network.dial()
    response = await station.ask("/ocpp/CS1", protocols=offered, password=PASSWORD)
    assert response.status == 101
    assert "sec-websocket-protocol" not in response.headers
    frame = await station.frame()
    assert (frame.opcode, frame.close_code) == (CLOSE, 1002)
    assert network.neighbours.reports == []
    assert len(network.gateway.registry) == 0


async def test_nothing_is_stored_of_an_unknown_station_without_common_sub_protocol(start_network: StartNetwork) -> None:
    network = await start_network(unknown_stations="pending")
    station = await network.dial()
    assert (await station.ask("/ocpp/NEW", protocols="ocpp1.2")).status == 101
    assert await station.closed() == 1002
    assert {record.identity for record in network.neighbours.records.values()} == {"CS1", "CS2"}


async def test_unfinished_request_is_dropped_in_time_and_others_notice_nothing(start_network: StartNetwork) -> None:
    network = await start_network(handshake_timeout_s=0.3)
    lazy = [await network.dial() for _ in range(20)]
    for station in lazy:
        station.writer.write(b"GET /ocpp/CS1 HTTP/1.1\r\nHost:")
    good = await network.connect("CS1")
    assert (await good.exchange("1", "Heartbeat", {}))[0] == 3
    for station in lazy:
        await station.ended()
    assert network.gateway.port.doorways == 0
    assert (await good.exchange("2", "Heartbeat", {}))[0] == 3


async def test_request_may_come_byte_by_byte_and_a_call_may_follow_at_once(network: Network) -> None:
    station = await network.dial()
    sent = bytearray()
    whole, station.writer = station.writer, _Collector(sent)  # type: ignore[assignment]
    asking = asyncio.ensure_future(station.ask("/ocpp/CS1", password=PASSWORD))
    await asyncio.sleep(0)
    station.call("m1", "Heartbeat", {})
    station.writer = whole
    for index in range(0, len(sent), 7):
        station.writer.write(bytes(sent[index : index + 7]))
        await asyncio.sleep(0)
    assert (await asking).status == 101
    assert (await station.heard())[:2] == [3, "m1"]


class _Collector:
    """Keeps what is written."""

    def __init__(self, into: bytearray) -> None:
        self._into = into

    def write(self, data: bytes) -> None:
        self._into += data


async def test_header_without_end_is_refused(network: Network) -> None:
    station = await network.dial()
    station.writer.write(b"GET /ocpp/CS1 HTTP/1.1\r\nA: " + b"x" * 9000)
    assert (await station.response()).status == 431
    await station.ended()
