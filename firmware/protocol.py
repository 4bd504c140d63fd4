"""What the station's computer and this board say to each other, and how it is put on the wire.

A frame: kind, sequence number, body, CRC-16 (CCITT, big endian) over all before it; COBS-encoded, so that a zero byte occurs
nowhere but as the end. Whoever has lost the thread waits for the next zero. Runs under MicroPython and CPython alike; the
computer's side is src/voltway/station/hardware/frames.py, and a test holds the two against each other.
"""

import struct

VERSION = 1
BODY_MAX = 48

# From the computer.
HEARTBEAT = 0x01
PILOT = 0x02  # mode u8, duty u16 in 0.01 %
PERMIT = 0x03  # u8: power allowed
LOCK = 0x04  # u8: locked
PHASES = 0x05  # u8: 1 or 3
SELF_TEST = 0x06
RESET_FAULTS = 0x07
HELLO = 0x08

# From the board.
ACK = 0x81  # sequence u8, result u8
STATUS = 0x82
TELEMETRY = 0x83
SELF_TEST_RESULT = 0x84  # u8: passed
CAPABILITIES = 0x88

STATUS_FORMAT = "<BBBBIBBI"  # pilot, mode, flags, phases, faults, cable in A, restart cause, uptime in ms
TELEMETRY_FORMAT = "<hhhH"  # pilot high and low in mV, temperature in 0.1 C, residual direct current in 0.1 mA
CAPABILITIES_FORMAT = "<BBBB"  # version, least and most current in A, phases
PILOT_FORMAT = "<BH"

# Results of an ACK.
DONE = 0
REFUSED = 1
UNKNOWN = 2

# Modes of the pilot.
STEADY = 0
PWM = 1
STATE_E = 2
STATE_F = 3

# Flags of a STATUS.
ALLOWED = 1
CLOSING = 2  # the contactor's coil is driven
CLOSED = 4  # the mirror contact says so
LOCKED = 8
LINKED = 16  # the computer's heartbeat is fresh
TESTED = 32

# Faults of a STATUS, by bit; the names are those of the computer's table.
FAULTS = (
    "ground_lost",
    "residual_ac",
    "residual_dc",
    "rcd_self_test",
    "emergency_stop",
    "pilot_range",
    "diode",
    "brown_out",
    "contactor_welded",
    "board_overheated",
)

HEARTBEAT_EVERY_MS = 500
HEARTBEAT_LOST_MS = 2000


def crc16(octets):
    """CRC-16/CCITT-FALSE."""
    crc = 0xFFFF
    for octet in octets:
        crc ^= octet << 8
        for _ in range(8):
            crc = (crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1
        crc &= 0xFFFF
    return crc


def encode(kind, sequence, body=b""):
    """A frame as it goes onto the wire, with its end."""
    plain = bytes([kind, sequence]) + body
    plain += struct.pack(">H", crc16(plain))
    coded = bytearray()
    for block in plain.split(b"\x00"):
        coded.append(len(block) + 1)  # a frame is shorter than 254 bytes: one byte says how long a block is
        coded += block
    coded.append(0)
    return bytes(coded)


def decode(coded):
    """(kind, sequence, body) of what stood before a zero byte; None if it is broken."""
    plain = bytearray()
    at = 0
    while at < len(coded):
        length = coded[at]
        if length == 0 or at + length > len(coded):
            return None
        if at:
            plain.append(0)
        plain += coded[at + 1 : at + length]
        at += length
    if len(plain) < 4 or len(plain) > BODY_MAX + 4:
        return None
    if struct.unpack(">H", bytes(plain[-2:]))[0] != crc16(plain[:-2]):
        return None
    return plain[0], plain[1], bytes(plain[2:-2])


class Receiver:
    """Cuts what arrives into frames; counts and drops what is broken."""

    def __init__(self):
        self.dropped = 0
        self._rest = bytearray()
        self._too_long = False

    def feed(self, octets):
        """The whole frames in what arrived."""
        frames = []
        for octet in octets:
            if octet:
                if len(self._rest) <= BODY_MAX + 8:
                    self._rest.append(octet)
                else:
                    self._too_long = True
                continue
            if self._rest:
                frame = None if self._too_long else decode(self._rest)
                if frame is None:
                    self.dropped += 1
                else:
                    frames.append(frame)
            self._rest = bytearray()
            self._too_long = False
        return frames
