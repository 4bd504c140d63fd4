"""Which tariff holds, and what a session costs. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from voltway.charging import pricing
from voltway.charging.pricing import Cost, Tariff
from voltway.contracts.billing import TariffQuery
from voltway.contracts.sessions import SessionEnded
from voltway.kernel.money import Money

OPERATOR, LOCATION, STATION, EVSE = "operator", "location", "station", "evse"

Target = tuple[str, str]
"""(kind, id): an EVSE's id is `<station id>:<EVSE number>`, the operator's is ''."""


def targets(query: TariffQuery) -> list[Target]:
    """What a tariff may be assigned to for this place, the nearest first."""
    found: list[Target] = []
    if query.evse_number is not None:
        found.append((EVSE, f"{query.station_id}:{query.evse_number}"))
    found.append((STATION, query.station_id))
    if query.location_id is not None:
        found.append((LOCATION, query.location_id))
    found.append((OPERATOR, ""))
    return found


def station_of(target: Target) -> str | None:
    """The station that a station's or an EVSE's target names; None for every other one, and where it cannot be one."""
    kind, target_id = target
    if kind == STATION:
        return target_id
    match = re.fullmatch(r"(.+):[1-9][0-9]{0,4}", target_id) if kind == EVSE else None
    return match[1] if match else None


def nearest(query: TariffQuery, assigned: Mapping[tuple[str, str, str], Tariff]) -> Tariff | None:
    """The tariff of the nearest assignment: (operator id, kind, target id) -> tariff."""
    for kind, target_id in targets(query):
        tariff = assigned.get((query.operator_id, kind, target_id))
        if tariff is not None:
            return tariff
    return None


def cost_of(session: SessionEnded) -> Cost | None:
    """What a session that has ended costs by the tariff it began with; None if there was none."""
    if session.tariff is None:
        return None
    duration_s = int((session.ended_at - session.started_at).total_seconds())
    return pricing.price(session.tariff, energy_wh=session.energy_wh, duration_s=duration_s)


SETTLED = "Settled"


AMOUNT_DIGITS_MAX = 15


def settled_amount(text: str, currency: str | None) -> Money | None:
    """What was settled; None while no currency is known, and for a figure that is no payment."""
    amount = Decimal(text)
    if currency is None or amount.adjusted() >= AMOUNT_DIGITS_MAX:
        return None
    return Money.round_from(amount, currency)


def changes_settlement(before: str, after: str) -> bool:
    """Whether a settlement that is told again says something new: what was settled stays settled."""
    return before != after and before != SETTLED
