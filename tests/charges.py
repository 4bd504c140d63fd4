"""A card that charges, for modules that count what it took: the verdict on it, and what is told of a session of its."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from voltway.charging.pricing import Tariff, price
from voltway.contracts.billing import SessionPriced
from voltway.contracts.sessions import SessionEnded
from voltway.contracts.users import AuthorizeTokens, TokenQuery
from voltway.contracts.vocabulary import IdToken
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.runtime import Runtime

TARIFF = Tariff(
    tariff_id="t",
    version=1,
    name="All",
    currency="EUR",
    start_fee=Decimal(0),
    price_per_kwh=Decimal("0.50"),
    price_per_minute=Decimal(0),
    vat_percent=Decimal(20),
)
"""Half a euro for a kWh, and VAT of 20 %."""


async def verdict(runtime: Runtime, value: str = "CARD", operator_id: str = DEFAULT_OPERATOR_ID) -> Any:
    """What becomes of a card that is shown."""
    query = TokenQuery(operator_id=operator_id, station_id="station-1", id_token=IdToken(value), is_start=True)
    return (await runtime.ask(AuthorizeTokens(queries=(query,))))[0]


def told_of_a_session(
    token_id: str, energy_wh: int, session_id: str, ended_at: datetime | None = None
) -> tuple[SessionEnded, SessionPriced]:
    """The end of a session of an hour, now if nothing else is said, and its price by TARIFF."""
    ended_at = ended_at or clock.now()
    ended = SessionEnded(
        operator_id=DEFAULT_OPERATOR_ID,
        at=ended_at,
        session_id=session_id,
        station_id="station-1",
        station_identity="CS-1",
        location_id=None,
        evse_number=1,
        id_token="CARD",
        id_token_id=token_id,
        started_at=ended_at - timedelta(hours=1),
        ended_at=ended_at,
        energy_wh=energy_wh,
        tariff=TARIFF,
    )
    priced = SessionPriced(
        operator_id=DEFAULT_OPERATOR_ID,
        at=ended_at,
        session_id=session_id,
        station_id="station-1",
        cdr_id=f"cdr-{session_id}",
        cost=price(TARIFF, energy_wh=energy_wh, duration_s=3600),
        id_token_id=token_id,
    )
    return ended, priced
