"""Events: published with a transaction, delivered to every listener in order of commit.

A durable listener has a cursor in the database and handles events inside a transaction that also moves the cursor: its own
tables see each event exactly once, everything else at least once. A live listener starts at the present and only hears.
Recent events are kept in memory by position, so that in one process nothing is read back from the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog

from voltway.kernel import clock
from voltway.kernel.bus import outbox
from voltway.kernel.bus.event import Event
from voltway.kernel.bus.others import Others
from voltway.kernel.database import Database, Tx, is_unavailable

log = structlog.get_logger()

Handler = Callable[[Tx, Sequence[Any]], Awaitable[None]]
LiveHandler = Callable[[Event], None]

TAIL_MAX = 20_000
CHUNK_MAX = 500
POLL_S = 1.0
UNSEEN_S = 0.05
"""Before looking again for events of another process that should be there."""
PAUSE_S = 0.25
"""Between two transactions of one listener: on a busy system they then hold many events instead of a few."""
ATTEMPTS = 5


class CursorMoved(Exception):
    """Another process has handled these events meanwhile."""


class Listener:
    """Who listens to what: `handlers[SessionEnded](tx, events)` gets the events of one type, in order, in bulk."""

    __slots__ = ("handlers", "name")

    def __init__(self, name: str, handlers: Mapping[type[Event], Handler]) -> None:
        self.name = name
        self.handlers = dict(handlers)


class Events:
    """The outbox is the queue. Where several processes run, each tells the others when there is something new in it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.elsewhere: Others | None = None
        """The other processes, if there are any."""
        self._types: dict[str, type[Event]] = {}
        self._listeners: list[Listener] = []
        self._live: list[tuple[LiveHandler, tuple[type[Event], ...]]] = []
        self._who_hears: dict[type[Event], tuple[LiveHandler, ...]] = {}
        self._tail: dict[int, Event] = {}
        self._woken = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._head = 0
        self.positions: dict[str, int] = {}
        self.on_handled: list[Callable[[str, Sequence[Event], float], None]] = []
        """Called when a listener has handled events, with when that began (monotonic)."""
        database.before_commit = self._store
        database.after_commit = self._committed
        database.is_heard = self.is_heard

    def know(self, types: Sequence[type[Event]]) -> None:
        """Say which event types exist; a stored event of another type is passed over."""
        self._types.update({kind.__name__: kind for kind in types})

    def listen(self, listener: Listener) -> None:
        """Add a durable listener; before `start`."""
        if listener.handlers:
            self.know(list(listener.handlers))
            self._listeners.append(listener)

    def hear(self, handler: LiveHandler, kinds: Sequence[type[Event]] = (Event,)) -> Callable[[], None]:
        """Call `handler` with every event of these kinds from now on, durable or not; the value returned ends it."""
        entry = (handler, tuple(kinds))
        self.know([kind for kind in kinds if kind is not Event])
        self._live.append(entry)
        self._who_hears.clear()

        def stop() -> None:
            self._live.remove(entry)
            self._who_hears.clear()

        return stop

    def is_heard(self, kind: type[Event]) -> bool:
        """Whether anybody hears events of this kind: those that are not kept need not be made where nobody does."""
        return bool(self._hearers(kind)) or (self.elsewhere is not None and self.elsewhere.hears(kind))

    @property
    def types(self) -> dict[str, type[Event]]:
        """The event types that are known here, by their names."""
        return self._types

    def heard_in_passing(self) -> list[str]:
        """The names of the events that are not kept and that somebody here hears."""
        return [name for name, kind in self._types.items() if not kind.durable and self._hearers(kind)]

    def stored_elsewhere(self, head: int) -> None:
        """Another process has stored events, up to a position."""
        if head > self._head:
            self._head = head
            self._woken.set()

    def _hearers(self, kind: type[Event]) -> tuple[LiveHandler, ...]:
        found = self._who_hears.get(kind)
        if found is None:
            found = tuple(handler for handler, kinds in self._live if issubclass(kind, kinds))
            self._who_hears[kind] = found
        return found

    async def start(self) -> None:
        """Begin delivering."""
        self._head = await outbox.head_position(self._database)
        self.positions |= await outbox.cursor_positions(self._database, {listener.name for listener in self._listeners})
        for listener in self._listeners:
            self._tasks.append(asyncio.create_task(self._deliver(listener), name=f"events:{listener.name}"))
        self._tasks.append(asyncio.create_task(self._follow(), name="events:live"))

    async def stop(self) -> None:
        """Stop delivering; what is left is delivered after the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    def backlog(self) -> int:
        """How many events the slowest durable listener of this process has not handled yet."""
        return max(self.backlogs().values(), default=0)

    def backlogs(self) -> dict[str, int]:
        """How many events each durable listener of this process has not handled yet."""
        return {name: self._head - position for name, position in self.positions.items()}

    # ---- publishing

    async def _store(self, tx: Tx) -> None:
        durable = [event for event in tx.events if event.durable]
        if durable:
            first = await outbox.store(tx, durable)
            tx.after_commit(lambda: self._remember(first, durable))

    def _remember(self, first: int, events: list[Event]) -> None:
        tail = self._tail
        for position, event in enumerate(events, first):
            tail[position] = event
        self._head = max(self._head, first + len(events) - 1)
        while len(tail) > TAIL_MAX:
            del tail[next(iter(tail))]
        self._woken.set()
        if self.elsewhere is not None:
            self.elsewhere.wake(self._head)

    def _committed(self, tx: Tx) -> None:
        for event in tx.events:
            if not event.durable:  # the others are heard in the order of the outbox, see _follow
                self.say(event)
                if self.elsewhere is not None and self.elsewhere.hears(type(event)):
                    self.elsewhere.pass_on(event)

    def say(self, event: Event) -> None:
        """Hand an event to those who hear it in this process."""
        for handler in self._hearers(type(event)):
            try:
                handler(event)
            except Exception as error:  # a bug in one who listens must not keep the others from hearing
                log.error("event.not_heard", name=type(event).__name__, exc_info=error)

    # ---- delivering

    def _from_tail(self, position: int) -> list[tuple[int, Event | None]]:
        """The events after a position that are in memory without a gap."""
        tail, found = self._tail, list[tuple[int, Event | None]]()
        while len(found) < CHUNK_MAX and (event := tail.get(position + 1)) is not None:
            position += 1
            found.append((position, event))
        return found

    async def _next(self, position: int, *, poll: bool) -> list[tuple[int, Event | None]]:
        """The events after a position: from memory, else from the database if there may be some (`poll`: look anyway)."""
        found = self._from_tail(position)
        if not found and (poll or position < self._head):
            found = await outbox.read_after(self._database, position, self._types, CHUNK_MAX)
            if not found and not poll:
                await asyncio.sleep(UNSEEN_S)
        return found

    async def until_after(self, position: int) -> bool:
        """Until this process publishes; True when it is time to see whether another process has."""
        if self._head > position:
            return False
        self._woken.clear()
        try:
            async with asyncio.timeout(POLL_S):
                await self._woken.wait()
        except TimeoutError:
            return True
        return False

    async def _follow(self) -> None:
        """Hand durable events to the live handlers, in order."""
        position, poll = self._head, False
        while True:
            try:
                found = await self._next(position, poll=poll)
            except Exception as error:
                log.warning("events.read_failed", error=repr(error))
                found = []
                await asyncio.sleep(POLL_S)
            for at, event in found:
                position = at
                if event is not None:
                    self.say(event)
            self._head = max(self._head, position)
            poll = False if found else await self.until_after(position)
            await asyncio.sleep(0)

    async def _deliver(self, listener: Listener) -> None:
        position = self.positions[listener.name]  # where the events not yet handled begin
        stored = position  # what the cursor in the database says
        attempts, poll = 0, False
        while True:
            try:
                found = await self._next(position, poll=poll)
                if not found:
                    self.positions[listener.name] = position
                    poll = await self.until_after(position)
                    continue
                poll = False
                wanted = [(p, event) for p, event in found if event is not None and type(event) in listener.handlers]
                position_after = found[-1][0]
                self._head = max(self._head, position_after)
                if not wanted and position_after - stored < CHUNK_MAX:
                    position = position_after  # nothing for this listener: the cursor is moved with the next that is
                    continue
                began = clock.monotonic()
                await self._handle(listener, stored, position_after, wanted, attempts)
                for callback in self.on_handled:
                    callback(listener.name, [event for _, event in wanted], began)
                position = stored = self.positions[listener.name] = position_after
                attempts = 0
                await asyncio.sleep(PAUSE_S)
            except CursorMoved:
                position = stored = await outbox.cursor_position(self._database, listener.name)
            except Exception as error:
                attempts += 1
                log.error("events.handling_failed", listener=listener.name, attempt=attempts, exc_info=error)
                if is_unavailable(error):
                    attempts = 0
                position = stored
                await asyncio.sleep(min(0.1 * 2**attempts, 5.0))

    async def _handle(
        self, listener: Listener, before: int, after: int, wanted: list[tuple[int, Event]], attempts: int
    ) -> None:
        """Handle events and move the cursor in one transaction; after some attempts one by one, parking what fails."""
        async with self._database.begin() as tx:
            if not await outbox.move_cursor(tx, listener.name, before, after):
                raise CursorMoved
            if attempts < ATTEMPTS:
                for kind, events in _by_type(wanted).items():
                    await listener.handlers[kind](tx, events)
                return
            for position, event in wanted:
                published = len(tx.events)
                try:
                    async with tx.connection.begin_nested():
                        await listener.handlers[type(event)](tx, [event])
                except Exception as error:
                    del tx.events[published:]
                    log.error("event.parked", listener=listener.name, position=position, exc_info=error)
                    await outbox.park(tx, listener.name, position, event, error)


def _by_type(events: list[tuple[int, Event]]) -> dict[type[Event], list[Event]]:
    grouped: dict[type[Event], list[Event]] = {}
    for _, event in events:
        grouped.setdefault(type(event), []).append(event)
    return grouped
