"""What the module keeps in memory of this process: the engine, and where stations stand.

The engine's memory follows the listener's cursor. It is made anew from the outbox, which keeps a day of events, at the start
and whenever a transaction that had fed it was not committed: so each event counts once, and no window is lost by a restart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

import structlog
from msgspec.structs import replace

from voltway.contracts.detection import Severity
from voltway.contracts.station_link import ListCredentials
from voltway.contracts.stations import FindStations
from voltway.kernel import clock
from voltway.kernel.bus import outbox
from voltway.kernel.bus.asks import NobodyAnswers
from voltway.kernel.bus.event import Event
from voltway.kernel.database import Database, Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.detection import service, store
from voltway.modules.detection.engine import Engine, Finding, Tuning
from voltway.modules.detection.settings import DetectionSettings
from voltway.modules.detection.signals import Signal
from voltway.modules.detection.translating import TRANSLATIONS, signals_of

log = structlog.get_logger()

LISTENER = "detection"
CHUNK = 500
PLACES_AT_ONCE = 500


class Places:
    """Where stations stand, as far as it is known (Runtime.state)."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, str | None]] = {}
        self._unknown: dict[str, str] = {}
        """Station -> operator, of those that are to be asked about."""

    async def load(self, runtime: Runtime) -> None:
        """Learn of all stations."""
        try:
            found = await runtime.ask(ListCredentials())
        except NobodyAnswers:
            return
        self._known = {each.station_id: (each.identity, each.location_id) for each in found}

    def forget(self, station_id: str, operator_id: str) -> None:
        """A station's record has changed: it may stand elsewhere."""
        self._unknown[station_id] = operator_id

    async def learn(self, runtime: Runtime) -> None:
        """A job: ask about stations that are new or have changed."""
        unknown, self._unknown = self._unknown, {}
        by_operator: dict[str, list[str]] = {}
        for station_id, operator_id in unknown.items():
            by_operator.setdefault(operator_id, []).append(station_id)
        for operator_id, ids in by_operator.items():
            for start in range(0, len(ids), PLACES_AT_ONCE):
                wanted = tuple(ids[start : start + PLACES_AT_ONCE])
                for each in await runtime.ask(FindStations(operator_id=operator_id, station_ids=wanted)):
                    self._known[each.station_id] = (each.identity, each.location_id)

    def place(self, signal: Signal) -> Signal:
        """The signal with the names that its event did not say."""
        if signal.station_id is None or (signal.location_id is not None and signal.station_identity is not None):
            return signal
        known = self._known.get(signal.station_id)
        if known is None:
            self.forget(signal.station_id, signal.operator_id)  # it is asked about soon
            if signal.station_identity is not None:
                self._known[signal.station_id] = (signal.station_identity, signal.location_id)
            return signal
        return replace(
            signal,
            station_identity=signal.station_identity or known[0],
            location_id=signal.location_id or known[1],
        )


class Watch:
    """The engine of this process (Runtime.state)."""

    def __init__(self) -> None:
        self.engine = Engine()
        self._is_ready = False
        self._loading = asyncio.Lock()
        self._open_tx: Tx | None = None
        """The transaction whose events have fed the engine, until it is committed."""
        self._fed = 0
        self._repeats: dict[str, int] = {}
        self._retuning: asyncio.Task[None] | None = None

    async def see(self, runtime: Runtime, tx: Tx, events: Sequence[Event]) -> None:
        """Record what events show. Handled again, since their transaction was not committed, they count once all the same."""
        await self.see_signals(runtime, tx, [signal for event in events for signal in signals_of(event)])

    async def see_signals(self, runtime: Runtime, tx: Tx, signals: Sequence[Signal]) -> None:
        """The same for signals that were made of events."""
        if self._open_tx is not None and self._open_tx is not tx:
            self._is_ready = False
        await self.ready(runtime)
        if self._open_tx is not tx:
            self._open_tx = tx
            tx.after_commit(self._committed)
        self._fed += 1
        places = runtime.state(Places)
        await service.record(tx, self._feed(map(places.place, signals)), _reopen_within(runtime), self._repeats)

    def _committed(self) -> None:
        self._open_tx = None

    async def tick(self, runtime: Runtime, signals: Iterable[Signal] = ()) -> None:
        """Record what is found by `signals` that are no events, and by the passing of time."""
        if self._open_tx is not None and not self._is_ready:
            return  # events are being handled, or will be again: they make the engine anew
        await self.ready(runtime)
        places = runtime.state(Places)
        findings = self._feed(places.place(signal) for signal in signals)
        findings += self.engine.tick(clock.now())
        if not findings:
            return
        try:
            async with runtime.database.begin() as tx:
                await service.record(tx, findings, _reopen_within(runtime), self._repeats)
        except BaseException:
            self._is_ready = False  # the engine thinks that it is told
            raise

    def _feed(self, signals: Iterable[Signal]) -> list[Finding]:
        return [finding for signal in signals for finding in self.engine.feed(signal)]

    # ---- made anew

    async def ready(self, runtime: Runtime) -> None:
        """See to it that the engine knows what it should."""
        if self._is_ready:
            return
        async with self._loading:
            while not self._is_ready:
                fed = self._fed
                engine = await _rebuilt(runtime)
                if self._fed == fed:  # else events were handled meanwhile that it does not know
                    self.engine, self._is_ready, self._open_tx = engine, True, None

    async def retune(self, database: Database) -> None:
        """Read how operators want their rules."""
        self.engine.tune(await _tunings(database))

    def retune_soon(self, database: Database) -> Callable[[], None]:
        """What to do after the commit that has changed them."""

        def begin() -> None:
            self._retuning = asyncio.create_task(self.retune(database))

        return begin


def _reopen_within(runtime: Runtime) -> timedelta:
    return timedelta(seconds=runtime.settings(DetectionSettings).reopen_within_s)


async def _rebuilt(runtime: Runtime) -> Engine:
    """An engine that has seen the events up to the listener's cursor. What they show was recorded when they were handled."""
    settings, database = runtime.settings(DetectionSettings), runtime.database
    engine, places = Engine(), runtime.state(Places)
    engine.tune(await _tunings(database))
    until = await outbox.cursor_position(database, LISTENER)
    position = max(0, until - settings.rebuild_events_max)
    types = {kind.__name__: kind for kind in TRANSLATIONS}
    count = 0
    while settings.rebuild_s > 0:
        found = await outbox.read_between(database, position, until, types, CHUNK)
        for at, event in found:
            position = at
            for signal in signals_of(event) if event is not None else ():
                engine.feed(places.place(signal))
                count += 1
        if len(found) < CHUNK:
            break
        await asyncio.sleep(0)
    log.info("detection.rebuilt", signals=count, position=until)
    return engine


async def _tunings(database: Database) -> dict[tuple[str, str], Tuning]:
    async with database.read() as tx:
        rows = await store.all_tunings(tx)
    return {
        (row.operator_id, row.rule_id): Tuning(
            is_enabled=row.is_enabled,
            severity=None if row.severity is None else Severity(row.severity),
            parameters=row.parameters,
        )
        for row in rows
    }
