"""Which tariff holds, and what a session costs. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise

from voltway.charging import pricing
from voltway.charging.metered import Metered, mean_peak_w
from voltway.charging.pricing import Cost, Tariff
from voltway.contracts.billing import TariffQuery
from voltway.contracts.sessions import SessionEnded
from voltway.kernel.money import Money

OPERATOR, LOCATION, STATION, EVSE, GROUP = "operator", "location", "station", "evse", "group"

Target = tuple[str, str]
"""(kind, id): an EVSE's id is `<station id>:<EVSE number>`, the operator's is ''."""


def targets(query: TariffQuery) -> list[Target]:
    """What a tariff may be assigned to for this place, the nearest first. What a group has agreed on goes before every place."""
    found: list[Target] = []
    if query.group:
        found.append((GROUP, query.group.casefold()))
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
    """What a session that has ended costs by the simple tariff that it began with; None if it had none, or one of the full form,
    which takes what was metered (pricing_due.py). Who got no energy pays nothing."""
    if session.tariff is None or session.tariff.full is not None:
        return None
    if session.energy_wh <= 0:
        return pricing.free(session.tariff.currency)
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


# ---- is it plausible?

TOLERANCE = 1.15
"""Meters, cables and ratings are not exact."""


def doubts(used: Metered, power_w_max: float | None) -> list[str]:
    """Why a person should look before anybody pays: words as in a session's `review`."""
    found = []
    length_s = (used.known_until - used.started_at).total_seconds()
    if length_s < 0 or used.energy_wh < 0:
        found.append("time_implausible")
    registers = [reading.energy_wh for reading in sorted(used.readings, key=lambda each: each.at)]
    if any(later < earlier - ROUNDING_WH for earlier, later in pairwise(registers)):
        found.append("register_decreased")
    if power_w_max is not None and mean_peak_w(used) > power_w_max * TOLERANCE:
        found.append("power_above_rating")
    return found


ROUNDING_WH = 10
