"""Bad input on a real socket: each has its exact answer, and a second station notices nothing.

The rows are those of the fault table: F45-F51 (messages) and F55-F61 (malformed and hostile).
"""

from __future__ import annotations

import asyncio
import json
import struct
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from voltway.contracts.station_link import ReportBoot, ReportTransaction
from voltway.contracts.vocabulary import Registration
from voltway.kernel.ids import new_id

from .conftest import PASSWORD, Network, StartNetwork  # noqa: TID252  (tests are not installed)
from .neighbours import until  # noqa: TID252
from .raw_station import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, RawStation  # noqa: TID252

BOOT = {"chargePointVendor": "Acme", "chargePointModel": "One"}
START = {"connectorId": 1, "idTag": "TAG", "meterStart": 10, "timestamp": "2026-01-01T00:00:00Z"}
HEARTBEAT = json.dumps([2, "h", "Heartbeat", {}])


@pytest.fixture
async def bystander(network: Network) -> AsyncIterator[RawStation]:
    """A second station that must notice nothing: its link lives, and it is answered."""
    station = await network.connect("CS2")
    assert (await station.exchange("before", "Heartbeat", {}))[:2] == [3, "before"]
    yield station
    assert (await station.exchange("after", "BootNotification", BOOT))[:2] == [3, "after"]
    assert network.gateway.registry.find(_id_of(network, "CS2")) is not None


def _id_of(network: Network, identity: str) -> str:
    return next(r.station_id for r in network.neighbours.records.values() if r.identity == identity)


# ---- F45-F51: messages that a station should not send


async def test_f45_repeated_start_gets_the_same_answer(network: Network, bystander: RawStation) -> None:
    station = await network.connect("CS1")
    first = await station.exchange("m1", "StartTransaction", START)
    repeated = await station.exchange("m1", "StartTransaction", START)
    assert repeated == first
    assert first[2]["idTagInfo"]["status"] == "Accepted"
    assert len(network.neighbours.of(ReportTransaction)) == 1  # its effect happened once
    again = await station.exchange(
        "m2", "StartTransaction", START
    )  # a new id: the sessions module finds the repetition
    assert again[2] == first[2]
    assert network.gateway.counts.replayed_answers == 1


async def test_f46_late_answer_is_dropped_and_never_meets_the_next_call(
    network: Network, bystander: RawStation
) -> None:
    station = await network.connect("CS1")
    link = network.gateway.registry.find(_id_of(network, "CS1"))
    assert link is not None
    late = asyncio.ensure_future(_call_raw(network, "CS1", timeout_s=0.1))
    _, late_id, _, _ = await station.heard()
    assert (await late).outcome == "timed_out"
    calling = asyncio.ensure_future(_call_raw(network, "CS1"))
    _, next_id, _, _ = await station.heard()
    station.say(json.dumps([3, late_id, {"status": "Rejected"}]))
    station.say(json.dumps([3, next_id, {"status": "Accepted"}]))
    station.say(json.dumps([3, next_id, {"status": "Rejected"}]))
    assert (await calling).payload == {"status": "Accepted"}
    await until(lambda: network.gateway.counts.late_answers == 2, "both answers too many are counted")


async def test_f47_second_call_is_answered_after_the_first(network: Network, bystander: RawStation) -> None:
    station = await network.connect("CS1")
    network.neighbours.gate.clear()
    station.call("first", "StartTransaction", START)
    station.call("second", "Heartbeat", {})
    station.call("third", "Authorize", {"idTag": "TAG"})
    await until(lambda: network.gateway.counts.pipelined_calls == 2, "all have arrived")
    network.neighbours.gate.set()
    assert [(await station.heard())[1] for _ in range(3)] == ["first", "second", "third"]


async def test_f47_we_never_have_two_calls_outstanding(network: Network, bystander: RawStation) -> None:
    station = await network.connect("CS1")
    calls = [asyncio.ensure_future(_call_raw(network, "CS1")) for _ in range(3)]
    for _ in range(3):
        _, message_id, _, _ = await station.heard()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await station.reader.readexactly(1)
        station.say(json.dumps([3, message_id, {"status": "Accepted"}]))
    assert [(await call).outcome for call in calls] == ["result"] * 3


async def test_f48_flood_is_slowed_then_cut_off(start_network: StartNetwork) -> None:
    network = await start_network(messages_per_s=20, messages_burst=20, flood_tolerated_s=0.5)
    bystander = await network.connect("CS2")
    station = await network.connect("CS1")
    for index in range(1000):
        station.call(str(index), "Heartbeat", {})
    answered = 0
    while (frame := await station.frame()).opcode == TEXT:
        answered += 1
        if answered == 10:
            assert (await bystander.exchange("b", "BootNotification", BOOT))[0] == 3
    assert (frame.opcode, frame.close_code) == (CLOSE, 1008)
    assert 20 <= answered <= 60
    assert network.gateway.counts.throttled >= 3
    assert (await bystander.exchange("c", "Heartbeat", {}))[0] == 3


async def test_f49_long_queue_is_drained_at_a_bounded_rate_and_not_cut_off(start_network: StartNetwork) -> None:
    network = await start_network(messages_per_s=100, messages_burst=10, flood_tolerated_s=0.2)
    station = await network.connect("CS1")
    began = asyncio.get_running_loop().time()
    for index in range(60):  # one at a time, as fast as it is answered
        assert (await station.exchange(new_id(), "StartTransaction", {**START, "meterStart": index}))[0] == 3
    took_s = asyncio.get_running_loop().time() - began
    assert 0.4 <= took_s < 4
    assert len(network.neighbours.of(ReportTransaction)) == 60


async def test_f50_boot_loop_is_answered_and_disturbs_nobody(network: Network, bystander: RawStation) -> None:
    station = await network.connect("CS1")
    for index in range(30):
        assert (await station.exchange(f"b{index}", "BootNotification", BOOT))[2]["status"] == "Accepted"
    assert len(network.neighbours.of(ReportBoot, "CS1")) == 30
    assert [order[2] for order in station.orders] == ["GetConfiguration"]  # a loop is not answered by a loop


async def test_f51_station_of_2x_that_is_not_accepted_may_only_boot(start_network: StartNetwork) -> None:
    network = await start_network({"CS1": {"registration": Registration.PENDING}, "CS2": {}})
    network.neighbours.registration = Registration.PENDING
    bystander = await network.connect("CS2")
    station = await network.connect("CS1", "ocpp2.0.1")
    boot = {"chargingStation": {"vendorName": "Acme", "model": "One"}, "reason": "PowerUp"}
    assert (await station.exchange("b", "BootNotification", boot))[2]["status"] == "Pending"
    event = {
        "eventType": "Started",
        "timestamp": "2026-01-01T00:00:00Z",
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "t1"},
    }
    refusal = [4, "t", "SecurityError", "the station is not accepted yet", {}]
    assert await station.exchange("t", "TransactionEvent", event) == refusal
    assert (await station.exchange("h", "Heartbeat", {}))[2] == "SecurityError"
    assert network.neighbours.of(ReportTransaction) == []
    assert (await bystander.exchange("h", "Heartbeat", {}))[0] == 3


async def test_f51_what_we_triggered_is_welcome(start_network: StartNetwork) -> None:
    network = await start_network({"CS1": {"registration": Registration.PENDING}})
    station = await network.connect("CS1", "ocpp2.0.1")
    calling = asyncio.ensure_future(
        _call_raw(network, "CS1", action="TriggerMessage", payload={"requestedMessage": "Heartbeat"})
    )
    _, message_id, _, _ = await station.heard()
    station.say(json.dumps([3, message_id, {"status": "Accepted"}]))
    await calling
    assert (await station.exchange("h", "Heartbeat", {}))[0] == 3


async def test_f51_transactions_of_a_1_6_station_are_kept_before_acceptance(start_network: StartNetwork) -> None:
    network = await start_network({"CS1": {"registration": Registration.PENDING}})
    station = await network.connect("CS1")
    assert (await station.exchange("t", "StartTransaction", START))[0] == 3
    assert len(network.neighbours.of(ReportTransaction)) == 1
    assert (await station.exchange("h", "Heartbeat", {}))[:3] == [4, "h", "SecurityError"]


async def _call_raw(
    network: Network,
    identity: str,
    *,
    action: str = "ClearCache",
    payload: Any = None,
    timeout_s: float = 5.0,
) -> Any:
    from voltway.contracts.station_link import CallStation

    station_id = _id_of(network, identity)
    return await network.runtime.ask(
        CallStation(station_id=station_id, action=action, payload=payload or {}, timeout_s=timeout_s)
    )


# ---- F55: messages that cannot be read


# message -> the id, the code of 1.6 and that of 2.x in the answer
UNREADABLE = {
    "{": ("-1", "FormationViolation", "RpcFrameworkError"),
    '[2,"m1","Heartbeat",{]': ("m1", "FormationViolation", "FormatViolation"),
    '[2,"m1","Heartbeat",{': ("m1", "FormationViolation", "FormatViolation"),
    "null": ("-1", "FormationViolation", "RpcFrameworkError"),
    "[]": ("-1", "FormationViolation", "RpcFrameworkError"),
    '[2,"m1"]': ("m1", "FormationViolation", "RpcFrameworkError"),
    '[2,"m1","Heartbeat",{},1]': ("m1", "FormationViolation", "RpcFrameworkError"),
    '[2,1,"Heartbeat",{}]': ("-1", "FormationViolation", "RpcFrameworkError"),
    f'[2,"{"x" * 37}","Heartbeat",{{}}]': ("-1", "FormationViolation", "RpcFrameworkError"),
    '[2,"m1","Teleport",{}]': ("m1", "NotImplemented", "NotImplemented"),
    '[2,"m1","Heartbeat",[]]': ("m1", "FormationViolation", "ProtocolError"),
    '[2,"m1","Heartbeat",{"x":1}]': ("m1", "FormationViolation", "ProtocolError"),
    '[2,"m1","Authorize",{}]': ("m1", "ProtocolError", "OccurrenceConstraintViolation"),
    '[9,"m1","Heartbeat",{}]': ("m1", "GenericError", "MessageTypeNotSupported"),
    '["2","m1","Heartbeat",{}]': ("m1", "FormationViolation", "RpcFrameworkError"),
}


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
async def test_f55_unreadable_message_gets_the_right_code_and_the_link_stays(
    network: Network, bystander: RawStation, protocol: str
) -> None:
    station = await network.connect("CS1", protocol)
    for message, (message_id, code_16, code_2x) in UNREADABLE.items():
        station.say(message)
        kind, heard_id, code, description, details = await station.heard()
        expected = code_16 if protocol == "ocpp1.6" else code_2x
        assert (kind, heard_id, code, details) == (4, message_id, expected, {}), message
        assert len(description) <= 255
        assert (await station.exchange("next", "Heartbeat", {}))[:2] == [3, "next"]


async def test_f55_call_that_only_we_may_make_is_not_supported(network: Network, bystander: RawStation) -> None:
    station = await network.connect("CS1")
    assert (await station.exchange("m1", "Reset", {"type": "Hard"}))[:3] == [4, "m1", "NotSupported"]


async def test_f55_too_many_of_them_end_the_link(start_network: StartNetwork) -> None:
    network = await start_network(faults_per_minute=5)
    station = await network.connect("CS1")
    for _ in range(5):
        station.say("{")
        assert (await station.heard())[0] == 4
    station.say("{")
    assert await station.closed() == 1008


async def test_f55_transaction_message_is_read_again_with_patience(network: Network, bystander: RawStation) -> None:
    station = await network.connect("CS1")
    kind, _, answer = await station.exchange("m1", "StartTransaction", {**START, "meterStart": "10", "extra": True})
    assert (kind, answer["transactionId"]) == (3, 17)
    [report] = network.neighbours.of(ReportTransaction)
    assert (report.meter_wh, "schema_error" in report.flags) == (10, True)
    assert b'"extra"' in report.payload  # kept as it was received


# ---- F56: too big


@pytest.mark.parametrize("length", [2 * 1024 * 1024 + 1, 100 * 1024 * 1024])
async def test_f56_announced_monster_is_refused_before_it_is_read(
    network: Network, bystander: RawStation, length: int
) -> None:
    station = await network.connect("CS1")
    station.send_frame(TEXT, b"x" * 100, announced=length)
    assert await station.closed() == 1009
    await station.ended()


async def test_f56_fragments_count_together(start_network: StartNetwork) -> None:
    network = await start_network(message_bytes_max=100_000)
    station = await network.connect("CS1")
    station.send_frame(TEXT, b"x" * 60_000, is_final=False)
    station.send_frame(CONTINUATION, b"x" * 60_000, is_final=False)
    assert await station.closed() == 1009


async def test_f56_large_stop_with_all_its_samples_is_taken(network: Network, bystander: RawStation) -> None:
    station = await network.connect("CS1")
    sample = {"timestamp": "2026-01-01T00:00:00Z", "sampledValue": [{"value": "1234.5"}]}
    stop = {
        "transactionId": 17,
        "meterStop": 20,
        "timestamp": "2026-01-01T01:00:00Z",
        "transactionData": [sample] * 5000,
    }
    assert (await station.exchange("m1", "StopTransaction", stop))[:2] == [3, "m1"]
    assert len(network.neighbours.of(ReportTransaction)[0].payload) > 64 * 1024


async def test_f56_large_messages_share_a_budget(start_network: StartNetwork) -> None:
    network = await start_network(buffered_bytes_max=1024 * 1024, close_timeout_s=0.1)
    first, second = await network.connect("CS1"), await network.connect("CS2")
    padding = {"vendorId": "x", "data": "y" * 400_000}
    assert (await first.exchange("m1", "DataTransfer", padding))[0] == 3
    assert (await first.exchange("m2", "DataTransfer", padding))[0] == 3  # its buffer has grown already
    second.call("m1", "DataTransfer", padding)
    assert await second.closed() == 1013
    await first.hang_up()
    await until(lambda: network.gateway.port.budget.used_bytes == 0, "the budget is free again")
    assert (await (await network.connect("CS2")).exchange("m2", "DataTransfer", padding))[0] == 3


# ---- F57: JSON that hurts


HURTFUL = (
    "[" * 2_000 + "]" * 2_000,
    "[" * 100_000 + "]" * 100_000,
    '{"idTag":' * 2_000 + "1" + "}" * 2_000,
    '{"idTag":' + "9" * 10_000 + "}",
    '{"idTag":NaN}',
    '{"idTag":1e999}',
    '{"idTag":"\\ud800"}',
    '{"idTag":"a\\u0000b"}',
    '{"idTag":"a\x00b"}',
    '{"idTag":"a","idTag":1}',
)


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
async def test_f57_hurtful_json_is_refused(network: Network, bystander: RawStation, protocol: str) -> None:
    station = await network.connect("CS1", protocol)
    for hurtful in HURTFUL:
        payload = hurtful if protocol == "ocpp1.6" else hurtful.replace('"idTag"', '"certificate"')
        station.say(f'[2,"m1","Authorize",{payload}]')
        kind, message_id, _, _, _ = await station.heard()
        assert (kind, message_id) == (4, "m1"), hurtful[:50]
        assert (await station.exchange("next", "Heartbeat", {}))[:2] == [3, "next"]


async def test_f57_hurtful_json_in_a_transaction_message_is_refused_too(
    network: Network, bystander: RawStation
) -> None:
    station = await network.connect("CS1")
    station.say(f'[2,"m1","StartTransaction",{"[" * 100_000}{"]" * 100_000}]')
    assert (await station.heard())[:2] == [4, "m1"]
    assert network.neighbours.of(ReportTransaction) == []


async def test_f57_byte_order_mark_is_refused(network: Network, bystander: RawStation) -> None:
    station = await network.connect("CS1")
    station.say("\ufeff" + HEARTBEAT)
    assert (await station.heard())[:2] == [4, "-1"]


# ---- F58, F59: frames that RFC 6455 forbids


def bad_frames() -> dict[str, tuple[Callable[[RawStation], object], int]]:
    return {
        "text is not UTF-8": (lambda s: s.send_frame(TEXT, b'[2,"\xff","Heartbeat",{}]'), 1007),
        "half a character": (lambda s: s.send_frame(TEXT, "ä".encode()[:1]), 1007),
        "a surrogate in UTF-8": (lambda s: s.send_frame(TEXT, b"\xed\xa0\x80"), 1007),
        "binary": (lambda s: s.send_frame(BINARY, HEARTBEAT.encode()), 1003),
        "binary in fragments": (lambda s: s.send_frame(BINARY, b"x", is_final=False), 1003),
        "not masked": (lambda s: s.send_frame(TEXT, HEARTBEAT.encode(), is_masked=False), 1002),
        "reserved opcode of data": (lambda s: s.send_frame(3), 1002),
        "reserved opcode of control": (lambda s: s.send_frame(11), 1002),
        "RSV1 without compression": (lambda s: s.send_frame(TEXT, HEARTBEAT.encode(), reserved=4), 1002),
        "RSV2": (lambda s: s.send_frame(TEXT, HEARTBEAT.encode(), reserved=2), 1002),
        "RSV3": (lambda s: s.send_frame(TEXT, HEARTBEAT.encode(), reserved=1), 1002),
        "RSV1 on a ping": (lambda s: s.send_frame(PING, reserved=4), 1002),
        "continuation of nothing": (lambda s: s.send_frame(CONTINUATION, b"x"), 1002),
        "a message inside another": (lambda s: [s.send_frame(TEXT, b"[", is_final=False) for _ in range(2)], 1002),
        "fragmented ping": (lambda s: s.send_frame(PING, is_final=False), 1002),
        "fragmented close": (lambda s: s.send_frame(CLOSE, is_final=False), 1002),
        "long ping": (lambda s: s.send_frame(PING, b"x" * 126), 1002),
        "huge close reason": (lambda s: s.send_frame(CLOSE, struct.pack("!H", 1000) + b"x" * 124), 1002),
        "close code of one byte": (lambda s: s.send_frame(CLOSE, b"\x03"), 1002),
        "impossible close code": (lambda s: s.send_frame(CLOSE, struct.pack("!H", 999)), 1002),
        "close reason is not UTF-8": (lambda s: s.send_frame(CLOSE, struct.pack("!H", 1000) + b"\xff"), 1007),
    }


async def test_f58_f59_forbidden_frame_closes_with_its_code(network: Network, bystander: RawStation) -> None:
    for name, (send, code) in bad_frames().items():
        station = await network.connect("CS1")
        send(station)
        assert await station.closed() == code, name
        await station.ended()
        await until(lambda: network.gateway.registry.find(_id_of(network, "CS1")) is None, "the link is gone")


async def test_f58_fragments_with_a_ping_between_them_are_a_message(network: Network, bystander: RawStation) -> None:
    station = await network.connect("CS1")
    text = json.dumps([2, "ä", "Heartbeat", {}], ensure_ascii=False).encode()
    cut = text.index("ä".encode()) + 1  # inside the character
    station.send_frame(TEXT, text[:cut], is_final=False)
    station.send_frame(PING, b"between")
    station.send_frame(CONTINUATION, text[cut:-1], is_final=False)
    station.send_frame(CONTINUATION, text[-1:])
    pong = await station.frame()
    assert (pong.opcode, pong.payload) == (PONG, b"between")
    assert (await station.heard())[:2] == [3, "ä"]


async def test_f59_ping_flood_is_slowed_then_cut_off(start_network: StartNetwork) -> None:
    network = await start_network(pings_burst=5)
    bystander = await network.connect("CS2")
    station = await network.connect("CS1")
    for _ in range(1000):
        station.send_frame(PING)
    pongs = 0
    while (frame := await station.frame()).opcode == PONG:
        pongs += 1
    assert pongs == 5
    assert (frame.opcode, frame.close_code) == (CLOSE, 1008)
    assert (await bystander.exchange("h", "Heartbeat", {}))[0] == 3


async def test_f59_close_is_answered(network: Network, bystander: RawStation) -> None:
    station = await network.connect("CS1")
    station.send_frame(CLOSE, struct.pack("!H", 4001) + b"bye")
    assert await station.closed() == 1000
    await station.ended()


# ---- F60: compression bombs


def deflated(text: bytes) -> bytes:
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (stream.compress(text) + stream.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\x00\x00\xff\xff")


async def connect_deflating(network: Network, identity: str) -> RawStation:
    station = await network.dial()
    offer = {"Sec_WebSocket_Extensions": "permessage-deflate; client_max_window_bits"}
    response = await station.ask(f"/ocpp/{identity}", password=PASSWORD, **offer)
    agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    assert response.headers["sec-websocket-extensions"] == agreed
    return station


async def test_f60_bomb_is_inflated_no_further_than_allowed(network: Network, bystander: RawStation) -> None:
    station = await connect_deflating(network, "CS1")
    bomb = deflated(b" " * 50_000_000)
    assert len(bomb) < 100_000
    station.send_frame(TEXT, bomb, reserved=4)
    assert await station.closed() == 1009


async def test_f60_what_is_not_deflated_is_refused(network: Network, bystander: RawStation) -> None:
    station = await connect_deflating(network, "CS1")
    station.send_frame(TEXT, b"\xff" * 20, reserved=4)
    assert await station.closed() == 1007


async def test_f60_compressed_message_is_understood(network: Network, bystander: RawStation) -> None:
    station = await connect_deflating(network, "CS1")
    station.send_frame(TEXT, deflated(HEARTBEAT.encode()), reserved=4)
    assert (await station.heard())[:2] == [3, "h"]
    body = deflated(HEARTBEAT.replace('"h"', '"f"').encode())
    station.send_frame(TEXT, body[:5], is_final=False, reserved=4)
    station.send_frame(CONTINUATION, body[5:])
    assert (await station.heard())[:2] == [3, "f"]
    station.send_frame(TEXT, HEARTBEAT.replace('"h"', '"plain"').encode())
    assert (await station.heard())[:2] == [3, "plain"]


async def test_f60_long_message_of_ours_is_compressed(network: Network, bystander: RawStation) -> None:
    station = await connect_deflating(network, "CS1")
    keys = [f"Key{index}" for index in range(200)]
    calling = asyncio.ensure_future(_call_raw(network, "CS1", action="GetConfiguration", payload={"key": keys}))
    frame = await station.frame()
    assert frame.is_deflated
    _, message_id, action, payload = json.loads(_inflate(frame.payload))
    assert (action, payload["key"]) == ("GetConfiguration", keys)
    station.say(json.dumps([3, message_id, {}]))
    assert (await calling).outcome == "result"


def _inflate(data: bytes) -> bytes:
    return zlib.decompressobj(-15).decompress(data + b"\x00\x00\xff\xff")


# ---- F61: text that hurts


@pytest.mark.parametrize("text", ["x" * 10_000, "🔌" * 21])
async def test_f61_text_that_is_too_long_is_refused(network: Network, bystander: RawStation, text: str) -> None:
    station = await network.connect("CS1")
    heard = await station.exchange("m1", "BootNotification", {**BOOT, "chargePointVendor": text})
    assert heard[:2] == [4, "m1"]
    assert network.neighbours.of(ReportBoot, "CS1") == []


@pytest.mark.parametrize("text", ["🔌⚡", "\u202eegrahc", "'; DROP TABLE--", "a\nb\x1b[31m", "%s%n{0}"])
async def test_f61_strange_text_is_kept_as_it_is(network: Network, bystander: RawStation, text: str) -> None:
    station = await network.connect("CS1")
    heard = await station.exchange("m1", "BootNotification", {**BOOT, "chargePointVendor": text})
    assert heard[:2] == [3, "m1"]
    assert network.neighbours.of(ReportBoot, "CS1")[0].vendor == text


async def test_f61_control_characters_do_not_split_the_answer_to_a_fault(
    network: Network, bystander: RawStation
) -> None:
    station = await network.connect("CS1")
    _, _, _, description, _ = await station.exchange("m1", "Tele\nport\x1b[31m", {})
    assert "\n" not in description
    assert "\x1b" not in description
