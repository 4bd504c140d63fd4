"""A serial port on the event loop: octets out, octets in, nothing else. The same for a USB adapter, a UART and a pseudo-terminal."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

import serial

from voltway.station.hardware.ports import HardwareLost

WRITE_MAX = 4096
"""Octets that may wait for a slow line."""


class SerialLine:
    """An open port. `on_octets` is called with what arrives, `on_lost` once when the port is gone."""

    def __init__(self, path: str, baud: int, on_octets: Callable[[bytes], None], on_lost: Callable[[], None]) -> None:
        """Raises HardwareLost if the port cannot be opened, or another program has it."""
        try:
            self._port = serial.Serial(path, baud, timeout=0, exclusive=True)
        except (serial.SerialException, OSError, ValueError) as error:
            raise HardwareLost(f"the serial port {path} cannot be opened: {error}") from error
        self._on_octets, self._on_lost = on_octets, on_lost
        self._loop = asyncio.get_running_loop()
        self._number: int = self._port.fileno()
        os.set_blocking(self._number, False)
        self._waiting = bytearray()
        self._is_open = True
        self._loop.add_reader(self._number, self._read)

    def write(self, octets: bytes) -> None:
        """Send. Raises HardwareLost if the port is gone, or takes nothing any more."""
        if not self._is_open:
            raise HardwareLost("the serial port is closed")
        self._waiting += octets
        if len(self._waiting) > WRITE_MAX:
            self._waiting.clear()
            raise HardwareLost("the serial port takes nothing any more")
        self._flush()

    def _flush(self) -> None:
        try:
            sent = os.write(self._number, self._waiting)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._lose()
            return
        del self._waiting[:sent]
        if self._waiting:
            self._loop.add_writer(self._number, self._flush)
        else:
            self._loop.remove_writer(self._number)

    def _read(self) -> None:
        try:
            octets = os.read(self._number, 4096)
        except BlockingIOError:
            return
        except OSError:
            octets = b""
        if octets:
            self._on_octets(octets)
        else:
            self._lose()

    def _lose(self) -> None:
        if self._is_open:
            self.close()
            self._on_lost()

    def close(self) -> None:
        """Let the port go."""
        if self._is_open:
            self._is_open = False
            self._loop.remove_reader(self._number)
            self._loop.remove_writer(self._number)
            self._port.close()
