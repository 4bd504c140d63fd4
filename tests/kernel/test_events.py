"""Events: no gaps, no losses, no double effects, whoever dies in between."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from builders import NOON, MakeRuntime, eventually
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.bus import events as events_module
from voltway.kernel.bus import outbox
from voltway.kernel.bus.event import Event
from voltway.kernel.database import Database, Tx
from voltway.kernel.ids import new_id
from voltway.kernel.module import Manifest
from voltway.kernel.runtime import Runtime

from .notes import NOTES, NoteAdded, notes, store_note, texts  # noqa: TID252  (tests are not installed)

pytestmark = pytest.mark.mariadb
TYPES = {"NoteAdded": NoteAdded}


class Progress(Event, frozen=True, kw_only=True, gc=False):
    durable = False
    percent: int


class Unheard(Event, frozen=True, kw_only=True, gc=False):
    """Of a type that only the publisher knows."""


@pytest.fixture(autouse=True)
def _brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_module, "POLL_S", 0.05)


@pytest.fixture(autouse=True)
async def _table(notes_database: Database) -> None:
    """The listeners below keep what they have seen as notes."""


def an_event(text: str) -> NoteAdded:
    return NoteAdded(operator_id=DEFAULT_OPERATOR_ID, at=NOON, note_id="1", text=text)


async def publish(runtime: Runtime, *names: str) -> None:
    """Publish an event for each name, in a transaction of its own."""
    for name in names:
        async with runtime.database.begin() as tx:
            tx.publish(an_event(name))


def a_listener(
    before: Callable[[str], Awaitable[None]] | None = None, after: Callable[[str], None] | None = None
) -> Manifest:
    """A module that stores every event it sees as a note."""

    async def see(_: Runtime, tx: Tx, events: Sequence[NoteAdded]) -> None:
        for event in events:
            if before is not None:
                await before(event.text)
            await tx.execute(sa.insert(notes).values(_seen(event)))
            if after is not None:
                after(event.text)

    return Manifest(name="listener", listens={NoteAdded: see})


def _seen(event: NoteAdded) -> dict[str, Any]:
    return {"id": new_id(), "operator_id": event.operator_id, "text": event.text, "stars": 0, "at": event.at}


# ---- the outbox


async def test_positions_have_no_gaps_and_keep_the_order_of_each_writer(
    database: Database, make_runtime: MakeRuntime
) -> None:
    processes = [await make_runtime(), await make_runtime()]

    async def write(runtime: Runtime, writer: int) -> None:
        for number in range(12):
            async with runtime.database.begin() as tx:
                for part in range(1 + number % 3):
                    tx.publish(an_event(f"{writer}:{number}:{part}"))

    reading = asyncio.create_task(_read_all(database, 8 * 24))
    await asyncio.gather(*(write(processes[writer % 2], writer) for writer in range(8)))
    found = await reading
    assert [position for position, _ in found] == list(range(1, len(found) + 1))
    for writer in range(8):
        mine = [event.text for _, event in found if event is not None and event.text.startswith(f"{writer}:")]
        assert mine == [f"{writer}:{number}:{part}" for number in range(12) for part in range(1 + number % 3)]


async def _read_all(database: Database, count: int) -> list[tuple[int, Any]]:
    """Read on beside the writers: a position once passed never gets an event afterwards."""
    found: list[tuple[int, Any]] = []
    async with asyncio.timeout(30):
        while len(found) < count:
            found += await outbox.read_after(database, found[-1][0] if found else 0, TYPES, limit=5)
    return found


async def test_what_is_rolled_back_was_never_said(database: Database, make_runtime: MakeRuntime) -> None:
    runtime = await make_runtime()
    await publish(runtime, "a")
    with pytest.raises(RuntimeError, match="undone"):
        await _publish_and_fail(runtime)
    await publish(runtime, "c")
    found = await outbox.read_after(database, 0, TYPES)
    assert [(position, event.text) for position, event in found if event] == [(1, "a"), (2, "c")]


async def _publish_and_fail(runtime: Runtime) -> None:
    async with runtime.database.begin() as tx:
        tx.publish(an_event("b"))
        raise RuntimeError("undone")


async def test_events_are_forgotten_when_all_have_seen_them_and_they_are_old(
    database: Database, make_runtime: MakeRuntime
) -> None:
    with clock.frozen(NOON) as move:
        runtime = await make_runtime()
        await publish(runtime, "a", "b", "c")
        async with database.begin() as tx:
            await tx.execute(
                sa.insert(outbox.cursors), [{"consumer": "slow", "position": 2}, {"consumer": "quick", "position": 3}]
            )
        assert await outbox.forget_before(database, 60) == 0
        move(NOON + timedelta(minutes=2))
        assert await outbox.forget_before(database, 60) == 2
    assert [position for position, _ in await outbox.read_after(database, 0, TYPES)] == [3]


# ---- durable listeners


async def test_a_listener_sees_every_event_once_and_in_order(database: Database, make_runtime: MakeRuntime) -> None:
    runtime = await make_runtime(a_listener())
    names = [f"{number}" for number in range(50)]
    await publish(runtime, *names)
    await eventually(lambda: runtime.events.backlog() == 0)
    assert await texts(database) == names


async def test_a_listener_goes_on_where_it_was_after_a_restart(database: Database, make_runtime: MakeRuntime) -> None:
    first = await make_runtime(a_listener())
    await publish(first, "a")
    await eventually(lambda: _has(database, 1))
    await first.stop()
    other = await make_runtime(NOTES)
    await publish(other, "b", "c")
    await make_runtime(a_listener())
    await eventually(lambda: _has(database, 3))
    assert await texts(database) == ["a", "b", "c"]


async def test_a_new_listener_begins_at_the_present(database: Database, make_runtime: MakeRuntime) -> None:
    other = await make_runtime(NOTES)
    await publish(other, "before")
    runtime = await make_runtime(a_listener())
    await publish(runtime, "after")
    await eventually(lambda: _has(database, 1))
    assert await texts(database) == ["after"]


async def test_what_another_process_publishes_arrives(database: Database, make_runtime: MakeRuntime) -> None:
    other, listening = await make_runtime(NOTES), await make_runtime(a_listener())
    heard: list[Any] = []
    listening.events.hear(heard.append)
    await publish(other, "a")
    await publish(listening, "b")
    await publish(other, "c")
    await eventually(lambda: _has(database, 3))
    await eventually(lambda: len(heard) == 3)
    assert await texts(database) == ["a", "b", "c"]
    assert [event.text for event in heard] == ["a", "b", "c"]


async def test_two_processes_share_a_cursor_without_double_effect(
    database: Database, make_runtime: MakeRuntime
) -> None:
    processes = [await make_runtime(a_listener()), await make_runtime(a_listener())]
    names = [f"{number}" for number in range(40)]
    await asyncio.gather(publish(processes[0], *names[:20]), publish(processes[1], *names[20:]))
    await eventually(lambda: _has(database, 40))
    await asyncio.sleep(0.2)
    assert sorted(await texts(database)) == sorted(names)


async def test_a_handler_that_fails_leaves_nothing_and_is_tried_again(
    database: Database, make_runtime: MakeRuntime
) -> None:
    failures = iter([True])

    def fail_once(_: str) -> None:
        if next(failures, False):
            raise RuntimeError("after the insert")

    runtime = await make_runtime(a_listener(after=fail_once))
    await publish(runtime, "a")
    await eventually(lambda: _has(database, 1))
    await publish(runtime, "b")
    await eventually(lambda: _has(database, 2))
    assert await texts(database) == ["a", "b"]


async def test_an_event_nobody_can_handle_is_parked_and_those_behind_it_get_through(
    database: Database, make_runtime: MakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_module, "ATTEMPTS", 1)

    def poisoned(text: str) -> None:
        if text == "poison":
            raise ValueError("cannot be handled")

    runtime = await make_runtime(a_listener(after=poisoned))
    async with runtime.database.begin() as tx:
        tx.publish(an_event("a"), an_event("poison"), an_event("b"))
    await publish(runtime, "c")
    await eventually(lambda: _has(database, 3))
    assert await texts(database) == ["a", "b", "c"]
    async with database.read() as tx:
        (row,) = (await tx.execute(sa.select(outbox.parked))).all()
    assert (row.consumer, row.position, row.name) == ("listener", 2, "NoteAdded")
    assert row.payload["text"] == "poison"
    assert "cannot be handled" in row.error


async def test_what_a_parked_event_led_to_was_never_said(
    database: Database, make_runtime: MakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_module, "ATTEMPTS", 1)

    async def announce_and_fail(_: Runtime, tx: Tx, events: Sequence[NoteAdded]) -> None:
        await store_note(tx, DEFAULT_OPERATOR_ID, "of the poison")
        raise ValueError("cannot be handled")

    runtime = await make_runtime(Manifest(name="listener", listens={NoteAdded: announce_and_fail}))
    await publish(runtime, "poison")
    await eventually(lambda: runtime.events.backlog() == 0)
    assert await texts(database) == []
    assert [position for position, _ in await outbox.read_after(database, 0, TYPES)] == [1]


async def test_a_database_that_is_away_parks_nothing(
    database: Database, make_runtime: MakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_module, "ATTEMPTS", 1)
    failures = iter([True] * 3)

    async def away(_: str) -> None:
        if next(failures, False):
            raise ConnectionResetError("connection reset")

    runtime = await make_runtime(a_listener(before=away))
    await publish(runtime, "a")
    await eventually(lambda: _has(database, 1))
    async with database.read() as tx:
        assert (await tx.execute(sa.select(outbox.parked))).all() == []


async def test_a_listener_may_publish_in_turn(database: Database, make_runtime: MakeRuntime) -> None:
    async def echo(_: Runtime, tx: Tx, events: Sequence[NoteAdded]) -> None:
        for event in events:
            if len(event.text) < 3:
                await store_note(tx, event.operator_id, event.text + "!")

    runtime = await make_runtime(Manifest(name="echo", listens={NoteAdded: echo}))
    await publish(runtime, "a")
    await eventually(lambda: _has(database, 2))
    assert await texts(database) == ["a!", "a!!"]


async def test_types_nobody_here_knows_are_passed_over(database: Database, make_runtime: MakeRuntime) -> None:
    other, runtime = await make_runtime(Manifest(name="other", publishes=(Unheard,))), await make_runtime(a_listener())
    async with other.database.begin() as tx:
        tx.publish(Unheard(operator_id=DEFAULT_OPERATOR_ID, at=NOON), an_event("a"))
    await eventually(lambda: _has(database, 1))
    assert await texts(database) == ["a"]

    async def nothing_waits() -> bool:  # the cursor is noted after the commit
        return runtime.events.backlogs() == {"listener": 0}

    await eventually(nothing_waits)


async def test_more_than_memory_holds_is_read_from_the_database(
    database: Database, make_runtime: MakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_module, "TAIL_MAX", 5)
    monkeypatch.setattr(events_module, "CHUNK_MAX", 7)
    may_go_on = asyncio.Event()

    async def wait(_: str) -> None:
        await may_go_on.wait()

    runtime = await make_runtime(a_listener(before=wait))
    names = [f"{number}" for number in range(60)]
    if database.dialect == "sqlite":  # its one writer is busy with the listener that waits
        may_go_on.set()
    await publish(runtime, *names)
    may_go_on.set()
    await eventually(lambda: _has(database, 60))
    assert await texts(database) == names


# ---- live handlers


async def test_live_handlers_hear_what_is_committed_in_order(make_runtime: MakeRuntime) -> None:
    runtime = await make_runtime()
    heard: list[Any] = []
    stop = runtime.events.hear(heard.append)
    await publish(runtime, "a", "b")
    async with runtime.database.begin() as tx:
        tx.publish(Progress(operator_id=DEFAULT_OPERATOR_ID, at=NOON, percent=50))
        assert not any(isinstance(event, Progress) for event in heard)
    assert any(isinstance(event, Progress) for event in heard)
    await eventually(lambda: len(heard) == 3)
    assert [event.text for event in heard if isinstance(event, NoteAdded)] == ["a", "b"]
    stop()
    await publish(runtime, "c")
    await asyncio.sleep(0.1)
    assert len(heard) == 3


async def test_events_that_are_not_durable_are_not_stored(database: Database, make_runtime: MakeRuntime) -> None:
    runtime = await make_runtime()
    async with runtime.database.begin() as tx:
        tx.publish(Progress(operator_id=DEFAULT_OPERATOR_ID, at=NOON, percent=50))
    assert await outbox.read_after(database, 0, {"Progress": Progress}) == []


async def test_a_live_handler_that_fails_silences_nobody(make_runtime: MakeRuntime) -> None:
    runtime = await make_runtime()
    heard: list[Any] = []

    def fail(_: Event) -> None:
        raise RuntimeError("a closed page")

    runtime.events.hear(fail)
    runtime.events.hear(heard.append)
    await publish(runtime, "a", "b")
    async with runtime.database.begin() as tx:
        tx.publish(Progress(operator_id=DEFAULT_OPERATOR_ID, at=NOON, percent=50))
    await eventually(lambda: len(heard) == 3)


async def _has(database: Database, count: int) -> bool:
    return len(await texts(database)) >= count


async def test_an_event_that_cannot_be_read_any_more_holds_up_nobody(database: Database) -> None:
    async with database.begin() as tx:
        first = await outbox.store(tx, [an_event("a"), an_event("b")])
        await tx.execute(
            sa.update(outbox.outbox).where(outbox.outbox.c.position == first).values(payload='{"text": 1}')
        )
    found = await outbox.read_after(database, first - 1, TYPES)
    assert [(position, event) for position, event in found] == [(first, None), (first + 1, an_event("b"))]
