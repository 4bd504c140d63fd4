"""Events between processes: those that are kept, woken by a word over every carrier, and those in passing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from builders import eventually
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.bus import events
from voltway.kernel.database import Tx
from voltway.kernel.module import Manifest
from voltway.kernel.runtime import Runtime

from .words import Whispered, Written  # noqa: TID252

WRITING = Manifest(name="writing", publishes=(Written, Whispered))


def written(page: str, number: int) -> Written:
    return Written(operator_id=DEFAULT_OPERATOR_ID, at=clock.now(), page=page, number=number)


class Reader:
    """A module that listens."""

    def __init__(self) -> None:
        self.read: list[tuple[str, int]] = []

    async def take(self, runtime: Runtime, tx: Tx, found: Sequence[Written]) -> None:
        self.read += [(event.page, event.number) for event in found]

    @property
    def manifest(self) -> Manifest:
        return Manifest(name="reading", listens={Written: self.take})


async def test_a_listener_in_another_process_hears_each_event_once_and_in_order(
    make_node: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "POLL_S", 3600.0)  # nobody looks by itself: the word must come
    reader = Reader()
    writing, _ = await make_node(WRITING), await make_node(reader.manifest)
    await eventually(lambda: writing.elsewhere.others)
    for number in range(40):
        async with writing.database.begin() as tx:
            tx.publish(*(written(page, number) for page in "abc"))
    await eventually(lambda: len(reader.read) >= 120)
    for page in "abc":
        assert [number for of, number in reader.read if of == page] == list(range(40))


async def test_what_is_said_in_passing_is_heard_elsewhere(make_node: Any) -> None:
    heard: list[str] = []
    writing = await make_node(WRITING)
    assert not writing.events.is_heard(Whispered)
    await make_node(
        Manifest(name="ear"),
        before_start=lambda runtime: runtime.events.hear(lambda event: heard.append(event.text), (Whispered,)),
    )
    await eventually(lambda: writing.events.is_heard(Whispered))
    async with writing.database.begin() as tx:
        tx.publish(Whispered(operator_id=DEFAULT_OPERATOR_ID, at=clock.now(), text="psst"))
    await eventually(lambda: heard == ["psst"])
