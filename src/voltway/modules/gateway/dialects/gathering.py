"""Reports in parts: a command waits until the station has sent the last one, and every part is committed.

A part is noted when its answer is made, which is after the commit: a command that says `done` tells of what is stored.
Parts count from 0 and the last one says that none follows (`tbc` false or absent). 2.0.1 part 2, B06, B07, N02, N09, O03.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from voltway.contracts.station_link import CommandOutcome
from voltway.contracts.vocabulary import CommandState
from voltway.modules.gateway.dialects.arguments import DONE, outcome_of
from voltway.modules.gateway.dialects.base import CallTimedOut, CommandLink, Inbound, LinkMemory

GATHERED = "gathered"
GATHERINGS_MAX = 20
"""Reports that may be under way on one link."""
PARTS_MAX = 10_000
EMPTY = ("EmptyResultSet", "NoProfiles", "Unknown")
"""The station has nothing that fits: the question is answered."""


@dataclass(slots=True)
class Gathering:
    """The parts of one report so far."""

    parts: dict[int, Sequence[Any]] = field(default_factory=dict)
    last_number: int | None = None
    whole: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, number: int, items: Sequence[Any], *, is_last: bool) -> None:
        """Note a part; a part that comes twice counts once, parts in another order are waited for."""
        if len(self.parts) < PARTS_MAX:
            self.parts[number] = items
        if is_last:
            self.last_number = number
        if self.last_number is not None and not self.missing:
            self.whole.set()

    @property
    def missing(self) -> list[int]:
        """The numbers of parts that have not come. Some stations count from 1."""
        if self.last_number is None:
            return []
        first = min(self.parts, default=0)
        return [number for number in range(min(first, 1), self.last_number) if number not in self.parts]

    @property
    def items(self) -> list[Any]:
        """What all parts hold, in the order of their numbers."""
        return [item for number in sorted(self.parts) for item in self.parts[number]]


def note_part(
    inbound: Inbound, kind: str, request_id: int, number: int | None, items: Sequence[Any], *, is_last: bool
) -> None:
    """Tell whoever waits for this report of a part that is stored. `number` None: this message has none, count them."""
    gathering = _gatherings(inbound.memory).get((kind, request_id))
    if gathering is not None:
        gathering.take(len(gathering.parts) if number is None else number, items, is_last=is_last)


async def gather(
    link: CommandLink,
    action: str,
    kind: str,
    request_id: int,
    request: Any,
    result_of: Callable[[Gathering], Awaitable[Any]],
) -> CommandOutcome:
    """Send a call and wait for the report that it asks for. Without its last part the command has timed out."""
    gatherings = _gatherings(link.memory)
    if len(gatherings) >= GATHERINGS_MAX:
        gatherings.pop(next(iter(gatherings)))
    gathering = gatherings[kind, request_id] = Gathering()
    try:
        response = await link.call(action, request)
        word = str(response.status)
        if word in EMPTY:
            result = await result_of(gathering)
            return CommandOutcome(state=CommandState.ACCEPTED, wire_status=word, effect=DONE, result=result)
        outcome = outcome_of(response)
        if outcome.state is not CommandState.ACCEPTED:
            return outcome
        try:
            async with asyncio.timeout(link.report_timeout_s):
                await gathering.whole.wait()
        except TimeoutError:
            raise CallTimedOut from None
        return CommandOutcome(
            state=CommandState.ACCEPTED, wire_status=word, effect=DONE, result=await result_of(gathering)
        )
    finally:
        gatherings.pop((kind, request_id), None)


def _gatherings(memory: LinkMemory) -> dict[tuple[str, int], Gathering]:
    found: dict[tuple[str, int], Gathering] = memory.scratch.setdefault(GATHERED, {})
    return found
