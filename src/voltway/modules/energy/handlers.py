"""Batch handlers: what stations say of profiles, limits and cars. These messages are rare: a statement per report is fine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog

from voltway.contracts.energy import (
    CarScheduleReceipt,
    FindBatterySizes,
    NeedsReceipt,
    NeedsStatus,
    ReportCarSchedule,
    ReportChargingLimit,
    ReportChargingLimitCleared,
    ReportChargingNeeds,
    ReportPriorityCharging,
    ReportProfiles,
    ReportProfilesCleared,
    ReportProfileSet,
    ReportSchedulePull,
    ReportScheduleUpdated,
    ScheduleValues,
)
from voltway.contracts.sessions import FindRunningSessions, SessionEnded, SessionName, SessionUnplugged
from voltway.contracts.station_link import Authorization, ReportNotRecorded
from voltway.contracts.users import AuthorizeTokens, TokenQuery
from voltway.contracts.vocabulary import AuthorizationStatus
from voltway.kernel import clock
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.energy import rules, store
from voltway.modules.energy.settings import EnergySettings

log = structlog.get_logger()


class EnergyHandler:
    """Base of the handlers: nobody has to be asked, and a report that cannot be recorded is logged whole."""

    receipt: Any = None
    """What to answer when a report cannot be recorded."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._settings = runtime.settings(EnergySettings)

    async def prepare(self, reports: Sequence[Any]) -> Any:
        """Nothing to ask."""

    async def record(self, tx: Tx, reports: Sequence[Any], prepared: Any) -> list[Any]:
        """One after the other, in their order."""
        return [await self.record_one(tx, report) for report in reports]

    async def record_one(self, tx: Tx, report: Any) -> Any:
        """Store a report; its receipt."""
        raise AssertionError(f"{type(self).__name__} records nothing")

    async def quarantine(self, tx: Tx, report: Any, error: Exception) -> Any:
        """The message log has the frame; this says which one is missing here, and why."""
        log.error(
            "energy.not_recorded",
            kind=type(report).__name__,
            station_id=report.station_id,
            message_id=report.message_id,
            exc_info=error,
        )
        tx.publish(ReportNotRecorded.of(report, error))
        return self.receipt


# ---- profiles


class ProfilesHandler(EnergyHandler):
    """Records the profiles that stations tell of."""

    async def record_one(self, tx: Tx, report: ReportProfiles) -> None:
        await store.keep_profiles(tx, report)


class ProfileSetHandler(EnergyHandler):
    """Records a profile that a station has accepted. One that limits cars makes their plans due again (K16)."""

    async def record_one(self, tx: Tx, report: ReportProfileSet) -> None:
        await store.set_profile(tx, report)
        if report.profile.purpose in rules.PURPOSES_OF_PLANS:
            await store.plan_anew(tx, report.station_id, report.received_at)


class ProfilesClearedHandler(EnergyHandler):
    """Records that profiles are gone. Where they limited cars, plans are due again."""

    async def record_one(self, tx: Tx, report: ReportProfilesCleared) -> None:
        purposes = await store.clear_profiles(tx, report.station_id, report.cleared)
        if not purposes.isdisjoint(rules.PURPOSES_OF_PLANS):
            await store.plan_anew(tx, report.station_id, report.received_at)


# ---- limits from outside


class LimitHandler(EnergyHandler):
    """Records a limit; one that is told again as it was changes nothing."""

    async def record_one(self, tx: Tx, report: ReportChargingLimit) -> None:
        if any(_is_told_again(row, report) for row in await store.limits_of(tx, report.station_id)):
            return
        await store.end_limits(tx, report)
        await store.add_limit(tx, report)
        await store.plan_anew(tx, report.station_id, report.received_at)


def _is_told_again(row: Any, report: ReportChargingLimit) -> bool:
    told = (report.evse_number, report.source, report.is_grid_critical, report.is_local_generation)
    known = (row.evse_number, row.source, row.is_grid_critical, row.is_local_generation)
    return told == known and row.schedules == list(report.schedules)


class LimitClearedHandler(EnergyHandler):
    """Records that a limit is gone."""

    async def record_one(self, tx: Tx, report: ReportChargingLimitCleared) -> None:
        await store.end_limits(tx, report)
        await store.plan_anew(tx, report.station_id, report.received_at)


# ---- what cars want


class At(NamedTuple):
    """Who charges at the EVSE that a report is about."""

    session: SessionName | None
    modes: Sequence[str]


class NeedsHandler(EnergyHandler):
    """Records what cars want, and says what they get. The plan itself follows (planning.py)."""

    receipt = NeedsReceipt()

    async def prepare(self, reports: Sequence[ReportChargingNeeds]) -> list[At]:
        """Who charges there, and in which ways they may."""
        stations = tuple({report.station_id for report in reports})
        running = await self._runtime.ask_or(FindRunningSessions(station_ids=stations), [])
        at_evse = {(session.station_id, session.evse_number): session for session in running}
        found = [at_evse.get((report.station_id, report.evse_number)) for report in reports]
        tokens = [session for session in found if session is not None and session.id_token is not None]
        queries = tuple(
            TokenQuery(operator_id=session.operator_id, station_id=session.station_id, id_token=session.id_token)
            for session in tokens
            if session.id_token is not None
        )
        nobody_knows = [Authorization(status=AuthorizationStatus.UNKNOWN)] * len(queries)
        verdicts = await self._runtime.ask_or(AuthorizeTokens(queries=queries), nobody_knows) if queries else []
        modes = {
            session.session_id: verdict.energy_transfer_modes for session, verdict in zip(tokens, verdicts, strict=True)
        }
        return [At(session, modes.get(session.session_id, ()) if session is not None else ()) for session in found]

    async def record(self, tx: Tx, reports: Sequence[ReportChargingNeeds], prepared: list[At]) -> list[NeedsReceipt]:
        return [await self._record_one(tx, report, at) for report, at in zip(reports, prepared, strict=True)]

    async def _record_one(self, tx: Tx, report: ReportChargingNeeds, at: At) -> NeedsReceipt:
        known = await store.find_current_needs(tx, report.station_id, report.evse_number)
        if known is not None and (known.message_id, known.document) == (report.message_id[:36], report.needs.document):
            return NeedsReceipt(NeedsStatus(known.status))  # said again
        ceilings = rules.ceilings_of(
            await store.profiles_of(tx, report.station_id),
            await store.limits_of(tx, report.station_id),
            rules.car_of(report.needs, report.evse_number, _since(at.session, report)),
            (*rules.PURPOSES_OF_PLANS, rules.TX),
        )
        is_limited = rules.ceiling_at(ceilings, report.received_at, "W") is not None
        status = rules.status_of(report.needs, at.session is not None, at.modes, is_limited)
        await store.add_needs(tx, report, status, None if at.session is None else at.session.session_id)
        return NeedsReceipt(status)


def _since(session: SessionName | None, report: ReportChargingNeeds) -> datetime:
    return report.received_at if session is None or session.started_at is None else session.started_at


class CarScheduleHandler(EnergyHandler):
    """Records how cars mean to charge. One that asks for too much is told so, and gets another plan (K15.FR.13)."""

    receipt = CarScheduleReceipt()

    async def record_one(self, tx: Tx, report: ReportCarSchedule) -> CarScheduleReceipt:
        needs = await store.find_current_needs(tx, report.station_id, report.evse_number)
        began_at = report.time_base_at if needs is None else needs.received_at
        ceilings = rules.ceilings_of(
            await store.profiles_of(tx, report.station_id),
            await store.limits_of(tx, report.station_id),
            rules.car_of(needs, report.evse_number, began_at, report.selected_schedule_id),
            rules.PURPOSES_OF_CARS,
        )
        is_within = rules.is_within(report.schedule, report.time_base_at, ceilings)
        await store.add_car_schedule(tx, report, is_within)
        if not is_within:
            log.warning("car.wants_too_much", station_id=report.station_id, evse_number=report.evse_number)
            attempts_max = self._settings.plan_attempts_max
            await store.plan_anew(tx, report.station_id, report.received_at, report.evse_number, attempts_max)
        return CarScheduleReceipt(is_within)


async def on_session_unplugged(runtime: Runtime, tx: Tx, events: Sequence[SessionUnplugged]) -> None:
    """A car has gone: it needs nothing any more."""
    await store.end_needs(tx, [event.session_id for event in events])


async def forget_history(runtime: Runtime) -> None:
    """A job: delete what is over for longer than it is to be kept, in chunks."""
    before = clock.now() - timedelta(days=runtime.settings(EnergySettings).history_days)
    while True:
        async with runtime.database.begin() as tx:
            count = await store.forget_history(tx, before)
        if count < store.PURGE_ROWS:
            return


async def on_session_ended(runtime: Runtime, tx: Tx, events: Sequence[SessionEnded]) -> None:
    """A transaction is over: its profiles are gone, its car needs nothing any more."""
    await store.end_needs(tx, [event.session_id for event in events])
    ended = {(event.station_id, event.transaction_id) for event in events if event.transaction_id is not None}
    await store.forget_transactions(tx, ended)


# ---- OCPP 2.1: dynamic profiles, priority charging


class ScheduleUpdatedHandler(EnergyHandler):
    """Records the values that a station has taken for a dynamic profile."""

    async def record_one(self, tx: Tx, report: ReportScheduleUpdated) -> None:
        row = await store.find_dynamic(tx, report.station_id, report.charging_profile_id)
        if row is not None:
            document = rules.with_values(row.document, report.values)
            await store.change_profile(tx, row.id, document=document, told_at=report.received_at)


class SchedulePullHandler(EnergyHandler):
    """Answers with the values of a dynamic profile, never more than what limits its EVSE now."""

    receipt = ScheduleValues()

    async def record_one(self, tx: Tx, report: ReportSchedulePull) -> ScheduleValues:
        row = await store.find_dynamic(tx, report.station_id, report.charging_profile_id)
        if row is None:
            return ScheduleValues()
        await store.change_profile(tx, row.id, pulled_at=report.received_at)
        ceilings = rules.ceilings_of(
            await store.profiles_of(tx, report.station_id),
            await store.limits_of(tx, report.station_id),
            rules.Car(row.evse_number, report.received_at),
            (rules.EXTERNAL, rules.STATION_MAX),
        )
        unit = row.document["charging_schedule"][0]["charging_rate_unit"]
        ceiling = rules.ceiling_at(ceilings, report.received_at, unit)
        return ScheduleValues(rules.lowered(rules.values_of(row.document), ceiling))


class PriorityHandler(EnergyHandler):
    """Records whether transactions charge with priority."""

    async def record_one(self, tx: Tx, report: ReportPriorityCharging) -> None:
        await store.keep_priority(tx, report)


# ---- what others ask


async def find_battery_sizes(runtime: Runtime, request: FindBatterySizes) -> dict[str, int]:
    """What cars have told of their batteries, the latest of each session."""
    async with runtime.database.read() as tx:
        found = await store.needs_of_sessions(tx, request.session_ids)
    sizes = {row.session_id: rules.battery_wh(row.document) for row in found}
    return {session_id: size for session_id, size in sizes.items() if size is not None}
