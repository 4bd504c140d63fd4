"""What the sessions module answers and listens to. The hot path stands in recording.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from voltway.contracts.access import FindTokenSessions
from voltway.contracts.billing import SessionPriced
from voltway.contracts.sessions import (
    FindRunningSessions,
    FindSession,
    SessionName,
    SessionSummary,
    SummarizeSessions,
)
from voltway.contracts.stations import ConnectorStatusChanged
from voltway.contracts.vocabulary import ChargingState, ConnectorStatus, IdToken, SessionState
from voltway.kernel import clock
from voltway.kernel.database import Tx
from voltway.kernel.json import to_json
from voltway.kernel.restoring import Restored
from voltway.kernel.runtime import Runtime
from voltway.modules.sessions import rules, store
from voltway.modules.sessions.matching import KnownSessions
from voltway.modules.sessions.recording import unplugged_events

POWER_HISTORY_KEPT = timedelta(days=8)

_DOING = {
    "Charging": ChargingState.CHARGING,
    "SuspendedEV": ChargingState.SUSPENDED_EV,
    "SuspendedEVSE": ChargingState.SUSPENDED_EVSE,
    "Preparing": ChargingState.EV_CONNECTED,
    "Finishing": ChargingState.EV_CONNECTED,
}
"""What a 1.6 connector's word says of the transaction on it. In 2.x the transaction says so itself."""


async def on_restored(tx: Tx, restored: Restored) -> None:
    """Sessions that were open when the backup was made may have ended since, unknown to us: mark them (rules.supersede)."""
    await store.mark_open(tx, rules.RESTORED)


async def find_session(runtime: Runtime, request: FindSession) -> SessionName | None:
    """A session by its id."""
    async with runtime.database.read() as tx:
        row = await store.find(tx, request.operator_id, request.session_id)
    return None if row is None else _name_of(row)


async def find_token_sessions(runtime: Runtime, request: FindTokenSessions) -> list[SessionName]:
    """The running sessions of a token."""
    async with runtime.database.read() as tx:
        rows = await store.find_running_of(tx, request.operator_id, request.id_token_id)
    return [_name_of(row) for row in rows]


async def find_running_sessions(runtime: Runtime, request: FindRunningSessions) -> list[SessionName]:
    """The running sessions at stations."""
    async with runtime.database.read() as tx:
        rows = await store.find_running_at(tx, request.station_ids)
    return [_name_of(row) for row in rows]


def _name_of(row: Any) -> SessionName:
    return SessionName(
        session_id=row.id,
        operator_id=row.operator_id,
        station_id=row.station_id,
        transaction_id=row.transaction_id,
        evse_number=row.evse_number,
        connector_number=row.connector_number,
        state=SessionState(row.state),
        id_token=None if row.id_token is None else IdToken(value=row.id_token, kind=row.id_token_kind),
        started_at=row.started_at,
    )


async def summarize_sessions(runtime: Runtime, request: SummarizeSessions) -> SessionSummary:
    """An operator's figures."""
    async with runtime.database.read() as tx:
        return SessionSummary(**await store.summarize(tx, request.operator_id, request.since, request.history_since))


async def on_connector_status(runtime: Runtime, tx: Tx, events: Sequence[ConnectorStatusChanged]) -> None:
    """A free connector: the car has gone. A 1.6 word: what the transaction does."""
    telling = [event for event in events if event.status is ConnectorStatus.AVAILABLE or event.wire_status in _DOING]
    if not telling:
        return
    known = KnownSessions(await store.load_open(tx, {event.station_id for event in telling}))
    now = clock.now()
    for event in telling:
        for session in known.at_connector(event.station_id, event.evse_number, event.connector_number):
            changed = rules.stand_at(session, event.status, _DOING.get(event.wire_status), event.at)
            if changed is not session:
                changed.updated_at = now
                known.put(changed)
    await store.save(tx, known, [])
    tx.publish(*unplugged_events(known))


async def on_priced(runtime: Runtime, tx: Tx, events: Sequence[SessionPriced]) -> None:
    """Keep the final cost beside the session."""
    await store.set_cost(tx, [(event.session_id, to_json(event.cost)) for event in events])


async def note_power(runtime: Runtime) -> None:
    """Job: one point of every operator's power curve."""
    now = clock.now().replace(microsecond=0)
    async with runtime.database.begin() as tx:
        await store.note_power(tx, now)
        await store.forget_power_before(tx, now - POWER_HISTORY_KEPT)
