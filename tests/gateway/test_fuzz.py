"""Handshakes that nobody planned: an upgrade or a declared refusal, never another identity, never anything else raised.

And over real sockets: whatever a linked station sends as a message, its link lives or is closed with a code, and the station beside
it notices nothing.
"""

from __future__ import annotations

import random
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltway.kernel.ids import new_id
from voltway.modules.gateway.handshake import HandshakeRefused, read_basic, read_request, read_target

from .conftest import PASSWORD, Network, StartNetwork  # noqa: TID252  (tests are not installed)

FUZZED = settings(max_examples=300, deadline=None, derandomize=True)
HEAD = (
    b"GET /ocpp/CS1 HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: ocpp1.6\r\nAuthorization: Basic Q1MxOng="
)
STATUSES = {400, 404, 405, 426, 431}


def read(head: bytes) -> None:
    try:
        request = read_request(head)
    except HandshakeRefused as refused:
        status = refused.refusal.status.value
        raw = refused.refusal.to_bytes()
    else:
        assert request.target.identity
        assert len(request.target.identity) <= 48
        return
    assert status in STATUSES
    assert raw.startswith(f"HTTP/1.1 {status} ".encode())


@FUZZED
@given(st.binary(max_size=300))
def test_any_bytes_are_no_handshake_or_one(head: bytes) -> None:
    read(head)


@FUZZED
@given(st.data())
def test_a_handshake_with_bytes_changed(data: st.DataObject) -> None:
    head = bytearray(HEAD)
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(head) - 1))
        piece = data.draw(
            st.binary(max_size=4) | st.sampled_from([b"\r\n", b"\n", b":", b"%00", b"/../", b"\0", b"\r\nHost: b"])
        )
        head[place : place + data.draw(st.integers(0, 3))] = piece
    read(bytes(head))


@FUZZED
@given(st.text(max_size=80))
def test_any_path_names_whom_it_says_or_nobody(path: str) -> None:
    for each in (path, f"/ocpp/{path}"):
        target = read_target(each)
        if target is not None:
            assert unquote(each).endswith(f"/{target.identity}")
            assert not set(target.identity) & set("/:%\\\0\r\n")
            assert target.identity.strip(".")


@FUZZED
@given(st.text(max_size=80) | st.binary(max_size=80).map(lambda raw: "Basic " + raw.hex()))
def test_any_authorization_is_read_or_is_none(header: str) -> None:
    read_basic(header)


# ---- S01: whatever stands in the address, a station is never taken for another one

TRICKS = (
    "/ocpp/CS1/../CS2",
    "/ocpp/CS1/..%2FCS2",
    "/ocpp/CS1%2F..%2FCS2",
    "/ocpp/./CS2",
    "/ocpp//CS2",
    "//ocpp/CS2",
    "/ocpp/%2e%2e/CS2",
    "/ocpp/%252e%252e%252fCS2",
    "/ocpp/CS%32",
    "/ocpp/CS%2532",
    "/ocpp/CS2%00",
    "/ocpp/CS1%00CS2",
    "/ocpp/CS2/",
    "/ocpp/CS2?identity=CS1",
    "/ocpp/CS1?identity=CS2",
    "/ocpp/CS1;CS2",
    "/ocpp/CS1,CS2",
    "/ocpp/cs2",
    "/ocpp/CS2%20",
    "/ocpp/%EF%BC%A3%EF%BC%B3%EF%BC%92",
    "/ocpp/CS2#CS1",
    "/ocpp\\CS2",
    "http://localhost/ocpp/CS2",
)


@pytest.mark.parametrize("path", TRICKS)
async def test_s01_no_trick_in_the_address_reaches_another_identity(start_network: StartNetwork, path: str) -> None:
    """CS1, with its own name and password, asks for CS2 in every way."""
    network = await start_network(stations={"CS1": {}, "CS2": {"password": "another-password"}})
    for user in ("CS1", "CS2"):
        station = await network.dial()
        response = await station.ask(path, user=user, password=PASSWORD)
        assert response.status in (400, 401, 404), (path, user, response.raw)
    assert network.gateway.counts.closed == {}
    good = await network.dial()
    assert (await good.ask("/ocpp/CS2", password="another-password")).status == 101


# ---- whatever is said on a link


@pytest.mark.parametrize("seed", range(4))
async def test_a_link_lives_or_is_closed_and_the_other_one_notices_nothing(network: Network, seed: int) -> None:
    chance = random.Random(seed)
    real = b'[2,"m1","BootNotification",{"chargePointVendor":"Acme","chargePointModel":"One"}]'
    station, bystander = await network.connect("CS1"), await network.connect("CS2")
    for _ in range(60):
        raw = bytearray(real)
        for _ in range(chance.randint(1, 8)):
            raw[chance.randrange(len(raw))] = chance.randrange(32, 127)
        try:
            station.say(bytes(raw))
            answer = await station.exchange(new_id(), "Heartbeat", {})
            while answer[0] != 3 or "currentTime" not in answer[2]:
                assert answer[0] in (3, 4), answer
                answer = await station.heard()
        except ConnectionError as closed:
            assert "closed: 10" in str(closed) or "closed: 30" in str(closed), closed  # noqa: PT017
            station = await network.connect("CS1")
        assert (await bystander.exchange(new_id(), "Heartbeat", {}))[0] == 3
