"""What the billing module says: what it costs."""

from __future__ import annotations

from datetime import datetime

import msgspec

from voltway.charging.pricing import Cost, Tariff
from voltway.kernel.bus.asks import Ask
from voltway.kernel.bus.event import Event
from voltway.kernel.money import Money


class TariffQuery(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A place where somebody begins to charge."""

    operator_id: str
    location_id: str | None
    station_id: str
    evse_number: int | None


class FindTariffs(Ask[list[Tariff | None]], frozen=True, kw_only=True):
    """The tariff that holds at each place now: the nearest assignment wins (EVSE, station, location, operator)."""

    queries: tuple[TariffQuery, ...]


class SessionPriced(Event, frozen=True, kw_only=True, gc=False):
    """A CDR is made: what a session costs, for good."""

    session_id: str
    station_id: str
    cdr_id: str
    cost: Cost
    id_token_id: str | None = None

    def key(self) -> str:
        return self.session_id


class SummarizeRevenue(Ask[list[Money]], frozen=True, kw_only=True):
    """What an operator's sessions that ended since an instant cost, incl. VAT, one amount per currency."""

    operator_id: str
    since: datetime
