"""REST: GET /charging-stations/{station_id}/timeline."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, NamedTuple, get_args

from fastapi import APIRouter, Depends, Query

from voltway.contracts.stations import FindStations
from voltway.contracts.timeline import (
    Moment,
    TellCommands,
    TellIncidents,
    TellLinks,
    TellMessages,
    TellMoments,
    TellPayments,
    TellSessions,
    TellStatuses,
)
from voltway.kernel import clock
from voltway.kernel.auth import Permission, Principal, allowed
from voltway.kernel.errors import InvalidField
from voltway.kernel.http import Instant, runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.timeline import rules
from voltway.modules.timeline.errors import StationNotFound
from voltway.modules.timeline.schemas import CauseOut, MomentOut, Source, TimelineOut
from voltway.modules.timeline.words import WORDS, Words

router = APIRouter(tags=["charging stations"])

BEFORE, AFTER = timedelta(minutes=30), timedelta(minutes=10)
SPAN_MAX = timedelta(days=1)
PER_SOURCE = 300


class Teller(NamedTuple):
    """Who tells of a source, and what one must be allowed to hear it."""

    ask: type[TellMoments]
    permission: Permission


TELLERS: Mapping[Source, Teller] = {
    "link": Teller(TellLinks, Permission.STATIONS_READ),
    "status": Teller(TellStatuses, Permission.STATIONS_READ),
    "message": Teller(TellMessages, Permission.MESSAGES_READ),
    "command": Teller(TellCommands, Permission.STATIONS_READ),
    "session": Teller(TellSessions, Permission.SESSIONS_READ),
    "payment": Teller(TellPayments, Permission.PAYMENTS_READ),
    "incident": Teller(TellIncidents, Permission.INCIDENTS_READ),
}
assert set(TELLERS) == set(get_args(Source))


@router.get("/charging-stations/{station_id}/timeline")
async def read_timeline(
    station_id: str,
    principal: Annotated[Principal, Depends(allowed(Permission.STATIONS_READ))],
    runtime: Annotated[Runtime, Depends(runtime_of)],
    at: Annotated[Instant | None, Query(description="what is to be explained; now if not given")] = None,
    since: Annotated[Instant | None, Query(description="30 minutes before `at` if not given")] = None,
    until: Annotated[Instant | None, Query(description="10 minutes after `at` if not given")] = None,
) -> TimelineOut:
    """What happened at a station around an instant, in one column, with what probably was the matter and what to do next."""
    moment = at or clock.now()
    begins, ends = since or moment - BEFORE, until or moment + AFTER
    if not begins < ends <= begins + SPAN_MAX:
        raise InvalidField.at("$.until", "it must be after `since`, by a day at most")
    station = await runtime.ask(FindStations(operator_id=principal.operator_id, station_ids=(station_id,)))
    if not station or not principal.reaches(station[0].location_id):
        raise StationNotFound(f"There is no charging station {station_id}.")
    told = await _told(runtime, principal, station_id, begins, ends)
    return TimelineOut(
        station_id=station_id,
        at=moment,
        since=begins,
        until=ends,
        causes=[_cause_out(cause) for cause in rules.explain(told, moment)],
        moments=_newest_first(told),
        left_out=[source for source in TELLERS if source not in told],
        is_cut=any(len(moments) >= PER_SOURCE for moments in told.values()),
    )


async def _told(
    runtime: Runtime, principal: Principal, station_id: str, since: datetime, until: datetime
) -> dict[str, list[Moment]]:
    """What each source tells that the caller may hear, in order of time."""
    told: dict[str, list[Moment]] = {}
    for source, teller in TELLERS.items():
        if not principal.may(teller.permission):
            continue
        question = teller.ask(
            operator_id=principal.operator_id, station_id=station_id, since=since, until=until, limit=PER_SOURCE
        )
        moments: list[Moment] = await runtime.ask_or(question, [])
        told[source] = sorted(moments, key=lambda each: (each.at, each.id))
    return told


def _newest_first(told: Mapping[Any, list[Moment]]) -> list[MomentOut]:
    shown = [
        MomentOut(
            id=each.id,
            at=each.at,
            source=source,
            kind=each.kind,
            evse_number=each.evse_number,
            subject_id=each.subject_id,
            is_before=each.is_before,
            facts=dict(each.facts),
        )
        for source, moments in told.items()
        for each in moments
    ]
    return sorted(shown, key=lambda each: (each.at, each.id), reverse=True)


def _cause_out(cause: rules.Cause) -> CauseOut:
    words = WORDS[cause.name]
    return CauseOut(
        name=cause.name,
        title=words.title,
        next_step=words.next_step,
        detail=cause.detail,
        evse_numbers=list(cause.evse_numbers),
        moment_ids=[each.id for each in cause.evidence],
        order=_order(words, cause),
    )


def _order(words: Words, cause: rules.Cause) -> dict[str, Any] | None:
    """The command that is worth a try, at the EVSE that it is about where only one can be meant."""
    if words.order is None:
        return None
    if not words.is_of_evse:
        return dict(words.order)
    return {**words.order, "evse_number": cause.evse_numbers[0]} if len(cause.evse_numbers) == 1 else None
