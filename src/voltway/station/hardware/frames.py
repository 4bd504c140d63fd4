"""The frames between the station's computer and its microcontroller: COBS, CRC-16, sequence numbers. Pure.

The other side is firmware/protocol.py, which MicroPython runs; tests hold both to the same numbers and the same octets.
"""

from __future__ import annotations

import struct
from binascii import crc_hqx
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import NamedTuple

from voltway.station.faults import Fault
from voltway.station.pilot import Mode, Output, Pilot

VERSION = 1
BODY_MAX = 48
HEARTBEAT_EVERY_MS = 500
HEARTBEAT_LOST_MS = 2000


class Kind(IntEnum):
    """What a frame is."""

    HEARTBEAT = 0x01
    PILOT = 0x02
    PERMIT = 0x03
    LOCK = 0x04
    PHASES = 0x05
    SELF_TEST = 0x06
    RESET_FAULTS = 0x07
    HELLO = 0x08
    ACK = 0x81
    STATUS = 0x82
    TELEMETRY = 0x83
    SELF_TEST_RESULT = 0x84
    CAPABILITIES = 0x88


class Result(IntEnum):
    """What became of a command."""

    DONE = 0
    REFUSED = 1
    UNKNOWN = 2


class Flag(IntFlag):
    """The signals of a STATUS."""

    ALLOWED = 1
    CLOSING = 2
    CLOSED = 4
    LOCKED = 8
    LINKED = 16
    TESTED = 32


STATUS_FORMAT = "<BBBBIBBI"
TELEMETRY_FORMAT = "<hhhH"
CAPABILITIES_FORMAT = "<BBBB"
PILOT_FORMAT = "<BH"

MODES = (Mode.STEADY, Mode.PWM, Mode.E, Mode.F)
"""By their number on the wire."""

FAULTS = (
    Fault.GROUND_LOST,
    Fault.RESIDUAL_AC,
    Fault.RESIDUAL_DC,
    Fault.RCD_SELF_TEST,
    Fault.EMERGENCY_STOP,
    Fault.PILOT_RANGE,
    Fault.DIODE,
    Fault.BROWN_OUT,
    Fault.CONTACTOR_WELDED,
    Fault.BOARD_OVERHEATED,
)
"""By their bit in a STATUS."""


class Frame(NamedTuple):
    """One frame, checked."""

    kind: int
    sequence: int
    body: bytes


def encode(kind: int, sequence: int, body: bytes = b"") -> bytes:
    """A frame as it goes onto the wire, its end included."""
    plain = bytes([kind, sequence]) + body
    plain += crc_hqx(plain, 0xFFFF).to_bytes(2, "big")
    return b"".join(bytes([len(block) + 1]) + block for block in plain.split(b"\x00")) + b"\x00"


def decode(coded: bytes) -> Frame | None:
    """What stood before a zero octet; None if it is broken."""
    blocks, at = [], 0
    while at < len(coded):
        end = at + coded[at]
        if end == at or end > len(coded):
            return None
        blocks.append(coded[at + 1 : end])
        at = end
    plain = b"\x00".join(blocks)
    if not 4 <= len(plain) <= BODY_MAX + 4 or crc_hqx(plain, 0xFFFF) != 0:
        return None
    return Frame(plain[0], plain[1], plain[2:-2])


class Receiver:
    """Cuts what arrives into frames. What is broken is counted and dropped; the next zero octet is a new start."""

    def __init__(self) -> None:
        self.dropped = 0
        self._rest = bytearray()

    def feed(self, octets: bytes) -> list[Frame]:
        """The whole frames in what arrived, however it was cut."""
        frames = []
        *ended, rest = octets.split(b"\x00")
        for part in ended:
            self._rest += part
            if self._rest:
                frame = decode(bytes(self._rest))
                if frame is None:
                    self.dropped += 1
                else:
                    frames.append(frame)
            self._rest.clear()
        # One octet more than a frame can have marks what is too long; more of it need not be kept.
        self._rest += rest[: max(0, BODY_MAX + 9 - len(self._rest))]
        return frames


@dataclass(frozen=True, slots=True)
class Status:
    """The whole state of the board; any one of them makes up for all that were lost before."""

    pilot: Pilot
    mode: Mode
    flags: Flag
    phases: int
    faults: frozenset[Fault]
    cable_a: int
    restart_cause: int
    uptime_ms: int

    @classmethod
    def of(cls, body: bytes) -> Status | None:
        """From a frame's body; None if it is none."""
        try:
            pilot, mode, flags, phases, faults, cable_a, cause, uptime_ms = struct.unpack(STATUS_FORMAT, body)
            standing = frozenset(fault for bit, fault in enumerate(FAULTS) if faults >> bit & 1)
            return cls(Pilot(chr(pilot)), MODES[mode], Flag(flags), phases, standing, cable_a, cause, uptime_ms)
        except (struct.error, ValueError, IndexError):
            return None


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What the board measures, for watching and for people."""

    high_v: float
    low_v: float
    temperature_c: float
    residual_dc_ma: float

    @classmethod
    def of(cls, body: bytes) -> Telemetry | None:
        """From a frame's body; None if it is none."""
        try:
            high_mv, low_mv, temperature, residual = struct.unpack(TELEMETRY_FORMAT, body)
        except struct.error:
            return None
        return cls(high_mv / 1000, low_mv / 1000, temperature / 10, residual / 10)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the board can."""

    version: int
    current_a_min: int
    current_a_max: int
    phases: int

    @classmethod
    def of(cls, body: bytes) -> Capabilities | None:
        """From a frame's body; None if it is none."""
        try:
            return cls(*struct.unpack(CAPABILITIES_FORMAT, body))
        except struct.error:
            return None


def pilot_body(output: Output) -> bytes:
    """The body of a PILOT frame."""
    return struct.pack(PILOT_FORMAT, MODES.index(output.mode), round(output.duty_percent * 100))
