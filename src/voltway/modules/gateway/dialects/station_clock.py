"""A station's clock: the times it writes, what is wrong with them, and how far it is from ours.

The offset matters for money: a session is priced by the station's time plus its offset. It is measured on live messages only.
Which messages are live cannot be seen for sure: a status may be stamped with the moment it changed, an hour before the link
came back. So a station that seems to be *behind* is believed at the second message that says the same some time later; one
that seems ahead is believed at once, for no message comes from the future.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeVar

from voltway.modules.gateway.dialects.base import Inbound, LinkMemory
from voltway.wire.ocpp.times import parse_instant

T = TypeVar("T")

OFFSET_IGNORED_S = 60.0
"""A clock this near to ours is right: the difference is latency and rounding."""
AGREEMENT_S = 10.0
CONFIRMED_AFTER_S = 30.0

CLOCK_UNSET = "clock_unset"
ZONE_MISSING = "zone_missing"

# No station was made before; a clock that says less starts at its epoch (1970, 2000) because nobody has set it.
_SET_SINCE = datetime(2020, 1, 1, tzinfo=UTC)
_DOUBTED_FROM = datetime(2100, 1, 1, tzinfo=UTC)
_SUSPECTED = "clock_offset_suspected"


def read_time(text: str, instead: T, flags: list[str]) -> datetime | T:
    """A station's time in UTC, or `instead` where nothing can be read; what is wrong with it goes to the flags."""
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is UTC and _SET_SINCE <= at < _DOUBTED_FROM:
            return at  # as the specifications have it: most messages, at a third of the price
    except ValueError:
        pass
    try:
        at, is_zone_assumed, _ = parse_instant(text)
    except ValueError:
        note_flag(flags, CLOCK_UNSET)
        return instead
    if is_zone_assumed:
        note_flag(flags, ZONE_MISSING)
    if at < _SET_SINCE:
        note_flag(flags, CLOCK_UNSET)
    return at


def read_status_time(inbound: Inbound, text: str | None) -> datetime | None:
    """The time of a status, None where there is none that can be read; it also tells how the station's clock goes."""
    at = None if text is None else read_time(text, None, [])
    if at is not None:
        note_live_time(inbound, at)
    return at


def note_flag(flags: list[str], flag: str) -> None:
    """Add a flag once."""
    if flag not in flags:
        flags.append(flag)


def note_live_time(inbound: Inbound, at: datetime, *, is_surely_live: bool = False) -> None:
    """Learn the station's clock offset from a message that should be live.

    `is_surely_live`: the station says that the message was not kept back; believed at once as long as the link knows no better.
    """
    memory = inbound.memory
    offset_s = (inbound.received_at - at).total_seconds()
    if offset_s <= OFFSET_IGNORED_S or (is_surely_live and memory.clock_offset_s is None):
        memory.clock_offset_s = offset_s
        return
    suspected: tuple[float, datetime] | None = memory.scratch.get(_SUSPECTED)
    if suspected is None or abs(offset_s - suspected[0]) > AGREEMENT_S:
        memory.scratch[_SUSPECTED] = (offset_s, inbound.received_at)
    elif (inbound.received_at - suspected[1]).total_seconds() >= CONFIRMED_AFTER_S:
        memory.clock_offset_s = offset_s


def clock_offset_s(memory: LinkMemory) -> int:
    """What to add to the station's times: our clock minus its clock in whole seconds, 0 up to a minute or while not known."""
    offset_s = memory.clock_offset_s
    return 0 if offset_s is None or -OFFSET_IGNORED_S <= offset_s <= OFFSET_IGNORED_S else round(offset_s)


def note_boot(inbound: Inbound) -> None:
    """A boot: the station takes the time from our answer, so what was measured before is no longer true."""
    memory = inbound.memory
    memory.booted_at = inbound.received_at
    memory.clock_offset_s = None
    memory.scratch.pop(_SUSPECTED, None)


def idle_at(memory: LinkMemory, evse_number: int | None) -> datetime | None:
    """When this link last heard that the EVSE was free, be it by a status or a boot."""
    free_at = None if evse_number is None else memory.evse_idle_at.get(evse_number)
    booted_at = memory.booted_at
    if free_at is None or booted_at is None:
        return free_at or booted_at
    return max(free_at, booted_at)
