"""The board's loop: look, decide, drive, talk. `Loop.step` is one round; nothing in it waits."""

import struct
import time

import pins
import protocol as p
from board import Board
from safety import Safety

STATUS_EVERY_MS = 200
TELEMETRY_EVERY_MS = 1000
READ_MAX = 64


class Loop:
    """Ties board, safety and the serial line together."""

    def __init__(self, restart_cause=0):
        self.board = Board(pins.of_this_board())
        self.safety = Safety(pins.HAS_VENTILATION)
        self._receiver = p.Receiver()
        self._restart_cause = restart_cause
        self._ticks = time.ticks_ms()
        self._now_ms = 0
        self._sequence = 0
        self._answered = None  # the last command and its result: a repeat is answered, not done again
        self._told = None
        self._status_ms = self._telemetry_ms = 0

    def step(self):
        """One round."""
        ticks = time.ticks_ms()
        self._now_ms += time.ticks_diff(ticks, self._ticks)
        self._ticks = ticks
        self.safety.step(self._now_ms, self.board.read())
        self.board.drive(self.safety)
        if self._listen():
            # What was just permitted or withdrawn takes effect now, not a round later.
            self.safety.step(self._now_ms, self.safety.inputs)
            self.board.drive(self.safety)
        self._tell()

    # --- What the computer says.

    def _listen(self):
        waiting = self.board.uart.any()
        if not waiting:
            return False
        frames = self._receiver.feed(self.board.uart.read(min(waiting, READ_MAX)) or b"")
        for kind, sequence, body in frames:
            self.safety.heartbeat()
            if kind == p.HEARTBEAT:
                continue
            if self._answered is None or self._answered[:3] != (kind, sequence, body):
                self._answered = (kind, sequence, body, self._obey(kind, body))
            self._send(p.ACK, bytes([sequence, self._answered[3]]))
        return bool(frames)

    def _obey(self, kind, body):
        safety = self.safety
        if kind == p.HELLO and not body:
            self._send(
                p.CAPABILITIES,
                struct.pack(p.CAPABILITIES_FORMAT, p.VERSION, pins.CURRENT_A_MIN, pins.CURRENT_A_MAX, pins.PHASES),
            )
            self._told = None
            return p.DONE
        if kind == p.PILOT and len(body) == struct.calcsize(p.PILOT_FORMAT):
            return safety.set_pilot(*struct.unpack(p.PILOT_FORMAT, body))
        if kind == p.SELF_TEST and not body:
            return safety.self_test()
        if kind == p.RESET_FAULTS and not body:
            return safety.reset_faults()
        if kind == p.PERMIT and len(body) == 1:
            return safety.permit(body[0] == 1)
        if kind == p.LOCK and len(body) == 1:
            return safety.set_lock(body[0] != 0)
        if kind == p.PHASES and len(body) == 1:
            return safety.set_phases(body[0])
        return p.UNKNOWN

    # --- What the computer is told.

    def _tell(self):
        safety = self.safety
        if safety.test_result is not None:
            self._send(p.SELF_TEST_RESULT, bytes([safety.test_result]))
            safety.test_result = None
        faults = 0
        for bit, name in enumerate(p.FAULTS):
            if name in safety.faults:
                faults |= 1 << bit
        status = (safety.pilot, safety.mode, safety.flags(), safety.phases, faults, safety.inputs.cable_a)
        if status != self._told or self._now_ms - self._status_ms >= STATUS_EVERY_MS:
            self._told, self._status_ms = status, self._now_ms
            uptime_ms = self._now_ms & 0xFFFFFFFF
            self._send(p.STATUS, struct.pack(p.STATUS_FORMAT, *status, self._restart_cause, uptime_ms))
        if self._now_ms - self._telemetry_ms >= TELEMETRY_EVERY_MS:
            self._telemetry_ms = self._now_ms
            seen = safety.inputs
            self._send(
                p.TELEMETRY,
                struct.pack(
                    p.TELEMETRY_FORMAT, seen.high_mv, seen.low_mv, seen.temperature_tenth_c, seen.residual_tenth_ma
                ),
            )

    def _send(self, kind, body):
        self._sequence = (self._sequence + 1) & 0xFF
        self.board.uart.write(p.encode(kind, self._sequence, body))


def main():
    """Run for ever."""
    import machine

    watchdog_reset = getattr(machine, "WDT_RESET", None)
    cause = 1 if watchdog_reset is not None and machine.reset_cause() == watchdog_reset else 0
    loop = Loop(cause)
    while True:
        loop.step()


if __name__ == "__main__":
    main()
