"""Jobs that look at what changes without an event: time, listeners that fall behind, stations where nobody charges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from voltway.contracts.energy import FindBatterySizes
from voltway.contracts.sessions import ChargeStates, FindChargeStates, FindReadingDigests, SessionEnded
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.runtime import Runtime
from voltway.modules.detection import store
from voltway.modules.detection.rules_table import BY_ID
from voltway.modules.detection.settings import DetectionSettings
from voltway.modules.detection.signals import Signal
from voltway.modules.detection.watching import Places, Watch

AT_ONCE = 500
READINGS_AT_ONCE, ENDED_MAX = 100, 5_000
SOC_STEP_MIN = 10.0
"""A state of charge is told in whole percents: over a smaller step, rounding alone would be off by much."""


class Samples:
    """What the last sample was (Runtime.state)."""

    def __init__(self) -> None:
        self.ended: dict[str, SessionEnded] = {}
        """Sessions whose readings are still to be compared."""
        self.positions: dict[str, int] = {}
        self.sampled_at = 0.0


async def come_round(runtime: Runtime) -> None:
    """A job: let time pass for the rules, and now and then look at the listeners."""
    samples, signals = runtime.state(Samples), list[Signal]()
    if clock.monotonic() - samples.sampled_at >= runtime.settings(DetectionSettings).sample_s:
        samples.sampled_at = clock.monotonic()
        signals = listener_signals(runtime.events.backlogs(), runtime.events.positions, samples)
    await runtime.state(Watch).tick(runtime, signals)


def listener_signals(backlogs: dict[str, int], positions: dict[str, int], samples: Samples) -> list[Signal]:
    """How the listeners of this process stand: one with a backlog whose position is that of the last sample stands still.
    Who runs the installation is to know: the default operator."""
    before, samples.positions = samples.positions, dict(positions)
    return [
        Signal(
            at=clock.now(),
            operator_id=DEFAULT_OPERATOR_ID,
            kind="listener.compared",
            facts={
                "listener": name,
                "backlog": backlog,
                "is_still": backlog > 0 and before.get(name) == positions.get(name),
            },
        )
        for name, backlog in sorted(backlogs.items())
    ]


def remember(samples: Samples, events: Iterable[SessionEnded]) -> None:
    """Sessions that have ended: what their meters said is compared soon. Under overload some are left out."""
    for event in events:
        if len(samples.ended) < ENDED_MAX:
            samples.ended[event.session_id] = event


async def compare_readings(runtime: Runtime) -> None:
    """A job: what meters said in the sessions that have ended since the last time."""
    waiting = runtime.state(Samples).ended
    sessions = [waiting.pop(session_id) for session_id in list(waiting)[:READINGS_AT_ONCE]]
    if not sessions:
        return
    ids = tuple(session.session_id for session in sessions)
    digests = await runtime.ask_or(FindReadingDigests(session_ids=ids), {})
    signals = [
        _told(session, "readings.told", digest=digests[session.session_id])
        for session in sessions
        if session.session_id in digests
    ]
    sizes = await runtime.ask_or(FindBatterySizes(session_ids=ids), {})
    states = await runtime.ask_or(FindChargeStates(session_ids=tuple(sizes)), {}) if sizes else {}
    for session in sessions:
        if session.session_id in states:
            off_percent = energy_off_percent(states[session.session_id], sizes[session.session_id])
            if off_percent is not None:
                signals.append(_told(session, "soc.compared", off_percent=off_percent))
    await runtime.state(Watch).tick(runtime, signals)


def _told(session: SessionEnded, kind: str, **facts: object) -> Signal:
    """What the readings of a session show."""
    return Signal(
        at=session.at,
        operator_id=session.operator_id,
        kind=kind,
        station_id=session.station_id,
        station_identity=session.station_identity,
        location_id=session.location_id,
        facts={**facts, "session_id": session.session_id},
    )


def energy_off_percent(states: ChargeStates, battery_wh: int) -> int | None:
    """How far the energy of a session is off what its car's battery has taken by the state of charge, in percent of that; None:
    the battery has taken too little to tell."""
    step_percent = states.last_percent - states.first_percent
    if step_percent < SOC_STEP_MIN or battery_wh <= 0:
        return None
    taken_wh = battery_wh * step_percent / 100
    return round(100 * abs(states.energy_wh - taken_wh) / taken_wh)


async def learn_places(runtime: Runtime) -> None:
    """A job: learn where new stations stand."""
    await runtime.state(Places).learn(runtime)


async def retune(runtime: Runtime) -> None:
    """A job: hear of thresholds that were changed through another process."""
    await runtime.state(Watch).retune(runtime.database)


async def find_idle_stations(runtime: Runtime) -> None:
    """A job: stations where nobody has charged for a day or longer."""
    at_least = timedelta(days=BY_ID["O03"].parameters["above"].low)
    after_id, now = "", clock.now()
    while True:
        async with runtime.database.read() as tx:
            rows = await store.charged_before(tx, now - at_least, after_id, AT_ONCE)
        await runtime.state(Watch).tick(runtime, _ages(rows))
        if len(rows) < AT_ONCE:
            return
        after_id = rows[-1].station_id


def _ages(rows: Sequence[store.Row]) -> Iterator[Signal]:
    now = clock.now()
    for row in rows:
        yield Signal(
            at=now,
            operator_id=row.operator_id,
            kind="charge.age",
            station_id=row.station_id,
            station_identity=row.station_identity,
            facts={"days": (now - row.charged_at).days},
        )
