"""What the ledger asks others: what was priced, what a provider moved, in which country a location is."""

from __future__ import annotations

from datetime import datetime

import msgspec

from voltway.kernel.bus.asks import Ask
from voltway.kernel.money import Money


class PricedSession(msgspec.Struct, frozen=True, kw_only=True):
    """A CDR as billing has it. `amount` incl. VAT."""

    session_id: str
    cdr_id: str
    amount: Money


class FindPricedSessions(Ask[list[PricedSession]], frozen=True, kw_only=True):
    """An operator's CDRs that were made in this time (`until` excluded)."""

    operator_id: str
    since: datetime
    until: datetime


class ProviderMovement(msgspec.Struct, frozen=True, kw_only=True):
    """Money that a payment provider says it moved. `kind`: capture, refund, payout. `reference`: the `capture_id`, `refund_id` or
    `payout_id` of the fact (contracts/money_facts.py) that it belongs to, or the provider's own if it belongs to none."""

    provider: str
    kind: str
    reference: str
    amount: Money
    at: datetime


class ProviderMovements(msgspec.Struct, frozen=True, kw_only=True):
    """What the providers were asked for. A provider that is not in `providers` has not been asked, or has not answered: nothing
    is concluded of what it does not say."""

    providers: tuple[str, ...]
    movements: tuple[ProviderMovement, ...]


class FindProviderMovements(Ask[ProviderMovements], frozen=True, kw_only=True):
    """What providers moved for an operator in this time (`until` excluded), by their own account."""

    operator_id: str
    since: datetime
    until: datetime


class FindLocationCountries(Ask[dict[str, str]], frozen=True, kw_only=True):
    """In which country (ISO 3166-1, two letters) an operator's locations are; those that say none are left out."""

    operator_id: str
    location_ids: tuple[str, ...]
