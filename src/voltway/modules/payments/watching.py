"""Running sessions that are paid for: before a hold is used up it is raised, or the session is stopped.

What a session costs so far is reckoned from its last sample, plus what may flow until a stop takes effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa
import structlog
from msgspec.structs import replace

from voltway.charging import metered, pricing
from voltway.charging.metered import Metered
from voltway.contracts.sessions import FindMetered, SessionProgressed
from voltway.contracts.stations import FindTimeZones, SendCommand
from voltway.contracts.vocabulary import SessionState
from voltway.kernel import clock
from voltway.kernel.errors import Problem
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.payments import rules, store, visits
from voltway.modules.payments.rules import Start, State
from voltway.modules.payments.settings import PaymentsSettings
from voltway.modules.payments.tables import payments

log = structlog.get_logger()

STOP_AGAIN = timedelta(seconds=30)
KEPT_MAX = 50_000


class Progress(NamedTuple):
    """A session's last sample."""

    energy_wh: int
    power_w: float


class Watched:
    """The last samples of running sessions, in this process (Runtime.state)."""

    def __init__(self) -> None:
        self.by_session: dict[str, Progress] = {}

    def hear(self, event: Any) -> None:
        """Note a session's progress."""
        if not isinstance(event, SessionProgressed) or event.energy_wh is None:
            return
        if event.state is SessionState.ENDED:
            self.by_session.pop(event.session_id, None)
        elif event.session_id in self.by_session or len(self.by_session) < KEPT_MAX:
            self.by_session[event.session_id] = Progress(event.energy_wh, event.power_w or 0.0)


async def start(runtime: Runtime) -> None:
    """Listen to sessions' progress, which is told in memory only."""
    runtime.events.hear(runtime.state(Watched).hear, (SessionProgressed,))


def projected_minor(row: Any, progress: Progress, settings: PaymentsSettings, now: datetime) -> int | None:
    """What a session will have cost when a stop that is ordered at its next sample has taken effect; minor units, incl. VAT. By a
    tariff of the simple form."""
    if row.tariff is None or row.session_started_at is None:
        return None
    tariff = tariff_of(row)
    if tariff.full is not None:
        return None
    margin_s = settings.sample_interval_s + settings.latency_s
    margin_wh = rules.margin_energy_wh(progress.power_w, settings.sample_interval_s, settings.latency_s)
    duration_s = max(int((now - row.session_started_at).total_seconds()), 0) + int(margin_s)
    return pricing.price(tariff, energy_wh=progress.energy_wh + margin_wh, duration_s=duration_s).incl_vat.minor


def tariff_of(row: Any) -> pricing.Tariff:
    """The tariff that a visit's session is priced by."""
    return msgspec.convert(row.tariff, pricing.Tariff, strict=False)


def projected_by_meter(
    row: Any, used: Metered, progress: Progress, zone: ZoneInfo, settings: PaymentsSettings, now: datetime
) -> int | None:
    """The same by a tariff of the full form, which takes what was metered."""
    full = tariff_of(row).full
    if full is None:
        return None
    margin_wh = rules.margin_energy_wh(progress.power_w, settings.sample_interval_s, settings.latency_s)
    margin = timedelta(seconds=settings.sample_interval_s + settings.latency_s)
    ahead = replace(used, known_until=max(used.known_until, now) + margin, energy_wh=used.energy_wh + margin_wh)
    return pricing.price_usage(full, metered.usage_of(ahead, zone)).incl_vat.minor


async def _by_meter(runtime: Runtime, rows: Sequence[Any], settings: PaymentsSettings, now: datetime) -> dict[str, int]:
    """Session -> what it will have cost, of those with a tariff of the full form."""
    full = [row for row in rows if row.tariff is not None and tariff_of(row).full is not None]
    if not full:
        return {}
    known = runtime.state(Watched).by_session
    used = await runtime.ask(FindMetered(session_ids=tuple(row.session_id for row in full)))
    places = {row.location_id for row in full if row.location_id}
    zones = await runtime.ask(FindTimeZones(location_ids=tuple(places)))
    found = {}
    for row in full:
        of_it, progress = used.get(row.session_id), known.get(row.session_id)
        if of_it is not None and progress is not None:
            zone = ZoneInfo(zones.get(row.location_id or "", "UTC"))
            found[row.session_id] = projected_by_meter(row, of_it, progress, zone, settings, now)
    return {session_id: minor for session_id, minor in found.items() if minor is not None}


async def watch(runtime: Runtime) -> None:
    """A job: raise what will not suffice, stop what cannot be raised."""
    known = runtime.state(Watched).by_session
    if not known:
        return
    statement = sa.select(payments).where(
        payments.c.start_state == Start.RUNNING.value,
        payments.c.owed_minor.is_(None),
        payments.c.state.in_([State.HELD.value, State.CAPTURED.value]),
    )
    async with runtime.database.read() as tx:
        rows = (await tx.execute(statement)).all()
    settings, now = runtime.settings(PaymentsSettings), clock.now()
    by_meter = await _by_meter(runtime, rows, settings, now)
    for row in rows:
        progress = known.get(row.session_id)
        projected = by_meter.get(row.session_id)
        if projected is None and progress is not None:
            projected = projected_minor(row, progress, settings, now)
        if projected is not None and projected >= row.held_minor:
            await _extend(runtime, row, projected, settings)


async def _extend(runtime: Runtime, row: Any, projected: int, settings: PaymentsSettings) -> None:
    step = Money.round_from(settings.hold, row.currency).minor
    wanted = rules.raised(row.held_minor, projected, step, row.limit_minor)
    if row.can_raise and row.state == State.HELD.value and wanted > row.held_minor:
        async with runtime.database.begin() as tx:
            await store.change(tx, row.id, hold_wanted_minor=wanted, due_at=clock.now())
        await visits.attend(runtime, row.id)
        async with runtime.database.read() as tx:
            row = await store.get(tx, row.id)
        if projected < row.held_minor:
            return
    now = clock.now()
    if row.stop_ordered_at is not None and row.stop_ordered_at + STOP_AGAIN > now:
        return
    async with runtime.database.begin() as tx:
        await store.change(tx, row.id, stop_ordered_at=now)
    order = SendCommand(
        operator_id=row.operator_id,
        station_id=row.station_id,
        type="stop_transaction",
        arguments={"session_id": row.session_id},
        requested_by="payment",
        wait_s=5.0,
    )
    try:
        command = await runtime.ask(order)
    except Problem as problem:
        log.info("payment.session_not_stopped", payment_id=row.id, error=problem.detail)
        return
    log.info("payment.session_stopped", payment_id=row.id, session_id=row.session_id, state=command.state.value)
