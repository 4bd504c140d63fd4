"""A session counted again, for a CDR in the place of one that was taken back. Pure."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from voltway.charging import metered, pricing
from voltway.charging.metered import Metered
from voltway.charging.pricing import Cost, Tariff
from voltway.charging.usage import Reservation
from voltway.contracts.sessions import SessionEnded
from voltway.modules.billing.errors import NotMetered


def session_of(row: Any, tariff: Tariff) -> SessionEnded:
    """A CDR's session, as it would be told with a tariff."""
    return SessionEnded(
        operator_id=row.operator_id,
        at=row.created_at,
        session_id=row.session_id,
        station_id=row.station_id,
        station_identity="",
        location_id=row.location_id,
        evse_number=None,
        id_token=row.id_token,
        started_at=row.started_at,
        ended_at=row.ended_at,
        energy_wh=row.energy_wh,
        tariff=tariff,
    )


def count_again(
    row: Any, tariff: Tariff, used: Metered | None, zone: str, reserved: Reservation | None = None
) -> tuple[SessionEnded, Cost]:
    """A CDR's session and what it costs by a tariff. Raises NotMetered."""
    session = session_of(row, tariff)
    if tariff.full is None:
        length_s = int((row.ended_at - row.started_at).total_seconds())
        return session, pricing.price(tariff, energy_wh=row.energy_wh, duration_s=length_s)
    if used is None:
        raise NotMetered(f"Nothing is kept of what was metered in session {row.session_id}.")
    return session, pricing.price_usage(tariff.full, metered.usage_of(used, ZoneInfo(zone), reserved))
