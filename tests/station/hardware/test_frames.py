"""The frames: both sides say the same, nothing broken passes, and a receiver finds its way back."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.firmware.interpreter import FIRMWARE
from voltway.station.faults import ROWS
from voltway.station.hardware import frames
from voltway.station.hardware.frames import (
    BODY_MAX,
    FAULTS,
    MODES,
    Capabilities,
    Flag,
    Frame,
    Kind,
    Receiver,
    Result,
    Status,
    Telemetry,
    decode,
    encode,
)

kinds = st.integers(0, 255)
bodies = st.binary(max_size=BODY_MAX)
any_frame = st.builds(Frame, kinds, st.integers(0, 255), bodies)


def firmware_protocol() -> ModuleType:
    """The board's own file, run by this interpreter; MicroPython runs it in the firmware's tests."""
    spec = importlib.util.spec_from_file_location("firmware_protocol", FIRMWARE / "protocol.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


board = firmware_protocol()


def test_both_sides_have_the_same_numbers() -> None:
    for names in (Kind, Result, Flag):
        for one in names:
            assert getattr(board, one.name) == one.value, one
    assert tuple(fault.value for fault in FAULTS) == board.FAULTS
    assert {row.fault for row in ROWS if row.on_board} == set(FAULTS), "the table says whose decision it is"
    names = ("VERSION", "BODY_MAX", "HEARTBEAT_EVERY_MS", "HEARTBEAT_LOST_MS", "STATUS_FORMAT")
    for name in (*names, "TELEMETRY_FORMAT", "CAPABILITIES_FORMAT", "PILOT_FORMAT"):
        assert getattr(board, name) == getattr(frames, name), name
    board_modes = (board.STEADY, board.PWM, board.STATE_E, board.STATE_F)
    assert board_modes == tuple(range(len(MODES)))
    assert [mode.value for mode in MODES] == ["steady", "pwm", "E", "F"]


def test_the_board_s_file_has_no_number_that_this_side_lacks() -> None:
    ours = {one.name for names in (Kind, Result, Flag) for one in names}
    theirs = {name for name, value in vars(board).items() if name.isupper() and isinstance(value, int)}
    assert theirs - ours == {
        "VERSION", "BODY_MAX", "HEARTBEAT_EVERY_MS", "HEARTBEAT_LOST_MS", "STEADY", "PWM", "STATE_E", "STATE_F",
    }  # fmt: skip


@given(any_frame)
def test_what_one_side_writes_the_other_reads(frame: Frame) -> None:
    assert encode(*frame) == board.encode(*frame)
    [received] = Receiver().feed(board.encode(*frame))
    assert received == frame
    [received] = board.Receiver().feed(encode(*frame))
    assert received == tuple(frame)
    assert encode(*frame).count(0) == 1


@given(any_frame, st.data())
def test_a_frame_with_a_changed_octet_is_dropped(frame: Frame, data: st.DataObject) -> None:
    octets = bytearray(encode(*frame))
    at = data.draw(st.integers(0, len(octets) - 2))
    octets[at] ^= data.draw(st.integers(1, 255))
    if octets[at] == 0:
        octets[at] = 1 if encode(*frame)[at] != 1 else 2
    receiver, other = Receiver(), board.Receiver()
    assert receiver.feed(bytes(octets)) == []
    assert receiver.dropped == 1
    assert other.feed(bytes(octets)) == []
    assert other.dropped == 1


@given(st.lists(st.one_of(any_frame, st.binary(max_size=200))), st.integers(1, 7), any_frame)
def test_after_any_noise_the_next_frame_is_heard(noise: list[Frame | bytes], cut: int, last: Frame) -> None:
    """Noise, whole frames and cut ones, arriving in pieces of any size: what comes after a zero octet is always heard."""
    octets = b"".join(one if isinstance(one, bytes) else encode(*one) for one in noise) + b"\x00" + encode(*last)
    for receiver in (Receiver(), board.Receiver()):
        received = [frame for at in range(0, len(octets), cut) for frame in receiver.feed(octets[at : at + cut])]
        assert tuple(received[-1]) == tuple(last)


@given(st.binary(max_size=300))
def test_noise_alone_breaks_nothing_and_both_sides_judge_it_alike(octets: bytes) -> None:
    ours, theirs = Receiver(), board.Receiver()
    assert [tuple(frame) for frame in ours.feed(octets)] == theirs.feed(octets)
    assert ours.dropped == theirs.dropped


def test_a_line_that_never_ends_takes_no_memory() -> None:
    receiver = Receiver()
    for _ in range(1000):
        receiver.feed(b"\xff" * 1000)
    assert len(receiver._rest) <= BODY_MAX + 9
    assert receiver.feed(b"\x00" + encode(1, 2)) == [Frame(1, 2, b"")]
    assert receiver.dropped == 1


@pytest.mark.parametrize("body", [b"", b"\x00" * 7, b"Z" * 16, b"A\x09" + b"\x00" * 14, b"A" * 17])
def test_a_body_that_is_no_status_is_none(body: bytes) -> None:
    assert Status.of(body) is None


@given(bodies)
def test_no_body_breaks_its_reading(body: bytes) -> None:
    for kind in (Status, Telemetry, Capabilities):
        kind.of(body)
    decode(body)
