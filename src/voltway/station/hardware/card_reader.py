"""RFID readers on a serial line. Two ways of speaking are understood, and told apart by themselves:

- a line of text with the card's number in hex, as readers for 13.56 MHz cards send it: 4, 7 or 10 octets, CR or LF at its end;
- STX, ten hex digits, their check (XOR of the five octets, two digits), ETX, as the RDM6300 for 125 kHz sends it.
"""

from __future__ import annotations

import asyncio
import re

from voltway.kernel import clock
from voltway.station.hardware.ports import Card, HardwareLost
from voltway.station.hardware.serial_line import SerialLine

STX, ETX = 0x02, 0x03
LINE_MAX = 40
AGAIN_AFTER_S = 2.0
"""A card that lies on the reader is sent again and again: it counts as one until it was gone for so long."""
CARDS_MAX = 8


class CardLines:
    """From octets to card numbers; what is neither is counted and dropped. Pure."""

    def __init__(self) -> None:
        self.dropped = 0
        self._rest = bytearray()

    def feed(self, octets: bytes) -> list[Card]:
        """The cards in what arrived."""
        cards = []
        for octet in octets:
            if octet == STX:
                self._rest = bytearray([STX])
            elif octet in (ETX, 0x0A, 0x0D):
                if self._rest:
                    card = self._card(bytes(self._rest), is_framed=octet == ETX)
                    self._rest.clear()
                    if card is None:
                        self.dropped += 1
                    else:
                        cards.append(card)
            elif len(self._rest) <= LINE_MAX:
                self._rest.append(octet)
        return cards

    def _card(self, line: bytes, *, is_framed: bool) -> Card | None:
        if is_framed != (line[0] == STX):
            return None
        text = line.lstrip(b"\x02").decode("ascii", "replace").strip().replace(":", "").upper()
        if is_framed:
            return _checked(text)
        return Card(text) if re.fullmatch(r"[0-9A-F]{8}|[0-9A-F]{14}|[0-9A-F]{20}", text) else None


def _checked(text: str) -> Card | None:
    if not re.fullmatch(r"[0-9A-F]{12}", text):
        return None
    *octets, check = bytes.fromhex(text)
    for octet in octets:
        check ^= octet
    return Card(text[:10]) if check == 0 else None


class SerialCardReader:
    """A reader at a serial port."""

    def __init__(self, path: str, baud: int = 9600) -> None:
        """Raises HardwareLost if the port cannot be opened."""
        self._lines = CardLines()
        self._cards: asyncio.Queue[Card | None] = asyncio.Queue(CARDS_MAX)
        self._last: tuple[Card, float] | None = None
        self._line = SerialLine(path, baud, self._take, self._lose)

    @property
    def dropped(self) -> int:
        """How much came that was no card."""
        return self._lines.dropped

    def _take(self, octets: bytes) -> None:
        for card in self._lines.feed(octets):
            now_s = clock.monotonic()
            is_same = self._last is not None and self._last[0] == card and now_s - self._last[1] < AGAIN_AFTER_S
            self._last = (card, now_s)
            if not is_same and not self._cards.full():
                self._cards.put_nowait(card)

    def _lose(self) -> None:
        if self._cards.full():
            self._cards.get_nowait()
        self._cards.put_nowait(None)

    async def next_card(self) -> Card:
        """Wait for the next card. Raises HardwareLost."""
        card = await self._cards.get()
        if card is None:
            raise HardwareLost("the card reader's port is gone")
        return card

    async def close(self) -> None:
        """Let it go."""
        self._line.close()
