"""How far a session may go: what is told to the station, and when it is used up. Pure.

Sources: OCPP 2.1 part 2, C17 (prepaid) and E16 (fixed cost, energy or time).
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec.structs import replace

from voltway.charging import pricing
from voltway.contracts.station_link import Authorization, ReportTransaction
from voltway.contracts.vocabulary import ChargingState, SpendingLimit
from voltway.modules.sessions import rules
from voltway.modules.sessions.model import Session, tariff_of

OTHER_CURRENCY = "limit_currency"
"""A session's limit is in another currency than its tariff, so that it limits nothing."""
_STANDS_STILL = frozenset({ChargingState.SUSPENDED_EVSE, ChargingState.SUSPENDED_EV})


def limit_of(
    session: Session | None, report: ReportTransaction, authorization: Authorization | None
) -> SpendingLimit | None:
    """The limit of a session, with the report that shows the token it is charged to; None with every other."""
    if session is None or session.is_ended or authorization is None:
        return None
    limit = authorization.limit
    if limit is None or not rules.is_first_with_token(session, report):
        return None
    if limit.cost is None or session.tariff is None or tariff_of(session.tariff).currency == limit.cost.currency:
        return limit
    rules.flag(session, OTHER_CURRENCY)
    without = replace(limit, cost=None)
    return without if without != SpendingLimit() else None


def _cost_at(tariff: str | None, energy_wh: int, duration_s: int) -> Decimal | None:
    """What a session would cost that ended now by a tariff of the simple form, incl. VAT, in major units."""
    if tariff is None or tariff_of(tariff).full is not None:
        return None
    return pricing.price(tariff_of(tariff), energy_wh=energy_wh, duration_s=duration_s).incl_vat.to_decimal()


def is_used_up(
    limit: SpendingLimit,
    *,
    tariff: str | None,
    energy_wh: int,
    started_at: datetime,
    at: datetime,
    charging_state: str | None,
    metered_cost: Decimal | None = None,
) -> bool:
    """Whether a session must be stopped. `metered_cost`: what it costs so far by a tariff of the full form, incl. VAT. One that stands still is left: a 2.1 station suspends at a limit by itself, and the
    driver may have it raised (E16.FR.05)."""
    if charging_state in _STANDS_STILL:
        return False
    duration_s = max(int((at - started_at).total_seconds()), 0)
    if limit.energy_wh is not None and energy_wh >= limit.energy_wh:
        return True
    if limit.duration_s is not None and duration_s >= limit.duration_s:
        return True
    cost = _cost_at(tariff, energy_wh, duration_s) if metered_cost is None else metered_cost
    return limit.cost is not None and cost is not None and cost >= limit.cost.to_decimal()
