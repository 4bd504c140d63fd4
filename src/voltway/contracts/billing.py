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
    group: str | None = None
    """Of the token, if it has one: what a group has agreed on holds everywhere."""


class FindTariffs(Ask[list[Tariff | None]], frozen=True, kw_only=True):
    """The tariff that holds at each place now: the nearest assignment wins (EVSE, station, location, operator)."""

    queries: tuple[TariffQuery, ...]


class TariffsAssigned(Event, frozen=True, kw_only=True, gc=False):
    """Another tariff may hold at some places of an operator's from now on."""

    def key(self) -> str:
        return self.operator_id


class SessionHeld(Event, frozen=True, kw_only=True, gc=False):
    """A session is not plausible: no CDR is made before a person has looked. `reasons`: words as in a session's `review`."""

    session_id: str
    station_id: str
    reasons: tuple[str, ...]

    def key(self) -> str:
        return self.session_id


class SessionPriced(Event, frozen=True, kw_only=True, gc=False):
    """A CDR is made: what a session costs, for good."""

    session_id: str
    station_id: str
    cdr_id: str
    cost: Cost
    id_token_id: str | None = None
    replaces_cdr_id: str | None = None

    def key(self) -> str:
        return self.session_id


class SessionCredited(Event, frozen=True, kw_only=True, gc=False):
    """A CDR is taken back whole; a corrected one may follow as a `SessionPriced` of its own (`replaces_cdr_id`)."""

    session_id: str
    station_id: str
    cdr_id: str
    credit_id: str
    amount: Money
    """What was billed incl. VAT, and is no more."""
    excl_vat: Money
    reason: str
    replaced_by_cdr_id: str | None = None

    def key(self) -> str:
        return self.session_id


class SummarizeRevenue(Ask[list[Money]], frozen=True, kw_only=True):
    """What an operator's sessions that ended since an instant cost, incl. VAT, one amount per currency."""

    operator_id: str
    since: datetime
