"""What a document tells of a session, and what its payer sees of it while it goes on."""

from __future__ import annotations

from voltway.charging.pricing import Cost
from voltway.contracts.sessions import (
    FindSessionDetails,
    FindSessionStanding,
    SessionDetails,
    SessionStanding,
    SignedSample,
)
from voltway.contracts.vocabulary import ChargingState, SessionState
from voltway.kernel.json import to_struct
from voltway.kernel.runtime import Runtime
from voltway.modules.sessions import metering, store
from voltway.modules.sessions.model import tariff_of
from voltway.modules.sessions.schemas import NEVER_BILLED

SIGNED_MAX = 20
_SAME = ("visit_id", "station_id", "station_identity", "location_id", "evse_number", "connector_number", "started_at")
_MORE = ("ended_at", "energy_wh", "meter_start_wh", "meter_stop_wh", "id_token", "user_id")


async def find_session_details(runtime: Runtime, request: FindSessionDetails) -> SessionDetails | None:
    """A session with what its meter signed."""
    async with runtime.database.read() as tx:
        row = await store.find(tx, request.operator_id, request.session_id)
        if row is None:
            return None
        signed = await store.find_signed(tx, request.session_id, SIGNED_MAX)
    return SessionDetails(
        session_id=row.id,
        **{name: getattr(row, name) for name in (*_SAME, *_MORE)},
        tariff=None if row.tariff is None else tariff_of(row.tariff),
        signed=tuple(SignedSample(at=one.at, context=one.context, values=tuple(one.signed)) for one in signed),
    )


_STANDING = (
    "started_at",
    "ended_at",
    "charging_ended_at",
    "unplugged_at",
    "stop_reason",
    "energy_wh",
    "power_w",
    "soc_percent",
)


async def find_session_standing(runtime: Runtime, request: FindSessionStanding) -> SessionStanding | None:
    """A session with what it costs so far, or for good."""
    async with runtime.database.read() as tx:
        row = await store.find(tx, request.operator_id, request.session_id)
    if row is None:
        return None
    so_far = {} if row.cost else await metering.running_costs(runtime, [row])
    is_owed = row.cost is not None or NEVER_BILLED.isdisjoint(row.review.split())
    is_active = row.state == SessionState.ACTIVE
    return SessionStanding(
        session_id=row.id,
        state=SessionState(row.state),
        charging_state=ChargingState(row.charging_state) if is_active and row.charging_state else None,
        **{name: getattr(row, name) for name in _STANDING},
        told_at=row.last_report_at,
        cost=to_struct(row.cost, Cost) if row.cost else so_far.get(row.id) if is_owed else None,
        is_cost_final=row.cost is not None,
    )
