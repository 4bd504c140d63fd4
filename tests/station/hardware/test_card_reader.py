"""A card reader on a pseudo-terminal."""

from __future__ import annotations

import asyncio
import os
import pty
import tty

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltway.station.hardware.card_reader import CardLines, SerialCardReader
from voltway.station.hardware.ports import Card, HardwareLost

RDM = b"\x0262E3086CED08\x03"  # the data sheet's example: 62 ^ E3 ^ 08 ^ 6C ^ ED = 08


@pytest.mark.parametrize(
    ("octets", "uid"),
    [
        (b"04a1b2c3\r\n", "04A1B2C3"),
        (b"04:A1:B2:C3:D4:E5:F6\n", "04A1B2C3D4E5F6"),
        (b"0102030405060708090A\r", "0102030405060708090A"),
        (RDM, "62E3086CED"),
    ],
)
def test_both_ways_of_speaking_are_understood(octets: bytes, uid: str) -> None:
    assert CardLines().feed(octets) == [Card(uid)]


@pytest.mark.parametrize(
    "octets", [b"hello\n", b"04A1B2\n", b"\x0262E3086CED09\x03", b"62E3086CED08\x03", b"\x0204A1B2C3\n"]
)
def test_what_is_no_card_is_counted_and_dropped(octets: bytes) -> None:
    lines = CardLines()
    assert lines.feed(octets) == []
    assert lines.dropped == 1


@given(st.binary(max_size=100), st.integers(1, 5))
def test_after_any_noise_the_next_card_is_read(noise: bytes, cut: int) -> None:
    lines = CardLines()
    octets = noise + b"\n" + RDM
    cards = [card for at in range(0, len(octets), cut) for card in lines.feed(octets[at : at + cut])]
    assert cards[-1] == Card("62E3086CED")


async def test_a_card_that_lies_on_the_reader_counts_once_and_a_lost_reader_is_told() -> None:
    master, slave = pty.openpty()
    tty.setraw(slave)
    reader = SerialCardReader(os.ttyname(slave))
    os.write(master, RDM * 3 + b"04A1B2C3\n")
    assert await asyncio.wait_for(reader.next_card(), 30) == Card("62E3086CED")
    assert await asyncio.wait_for(reader.next_card(), 30) == Card("04A1B2C3")
    os.close(slave)
    os.close(master)
    with pytest.raises(HardwareLost):
        await asyncio.wait_for(reader.next_card(), 30)
    await reader.close()
