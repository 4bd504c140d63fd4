"""What the accounts module says to the others: whose data is wanted, and who has gone."""

from __future__ import annotations

from typing import Any

from voltway.kernel.bus.asks import Ask
from voltway.kernel.bus.event import Event


class PersonalDataAsk(Ask[list[dict[str, Any]]], frozen=True, kw_only=True):
    """What a module keeps of a person, as plain JSON: for the copy that the person has a right to (GDPR article 15, 20). A
    module answers a kind of its own, which stands in `PERSONAL_DATA`; at most PERSONAL_DATA_MAX records, the newest first."""

    operator_id: str
    account_id: str
    id_token_ids: tuple[str, ...] = ()
    """The person's tokens, by their ids and by what they say; users' own answer comes first and knows them."""
    id_tokens: tuple[str, ...] = ()


PERSONAL_DATA_MAX = 10_000


class FindPersonalTokens(PersonalDataAsk, frozen=True, kw_only=True):
    """A person's tokens, each with `id` and `value`."""


class FindPersonalSessions(PersonalDataAsk, frozen=True, kw_only=True):
    """A person's charging sessions."""


class FindPersonalReservations(PersonalDataAsk, frozen=True, kw_only=True):
    """A person's reservations."""


class FindPersonalBookings(PersonalDataAsk, frozen=True, kw_only=True):
    """A person's bookings of time slots, and their places in queues (each says by `kind` which it is)."""


class FindPersonalDocuments(PersonalDataAsk, frozen=True, kw_only=True):
    """A person's receipts, invoices and statements."""


class FindPersonalPayments(PersonalDataAsk, frozen=True, kw_only=True):
    """What a person has paid."""


class FindPersonalWallets(PersonalDataAsk, frozen=True, kw_only=True):
    """A person's prepaid balances."""


class FindPersonalCards(PersonalDataAsk, frozen=True, kw_only=True):
    """A person's cards that are kept to pay with: what may be shown of them, never a number."""


class FindPersonalViews(PersonalDataAsk, frozen=True, kw_only=True):
    """The filters of lists that a person has saved."""


class FindPersonalFleets(PersonalDataAsk, frozen=True, kw_only=True):
    """The fleets that a person manages, and those that a token of theirs is in (each says by `kind` which it is)."""


class FindPersonalDevices(PersonalDataAsk, frozen=True, kw_only=True):
    """The devices on which a person has messages shown."""


PERSONAL_DATA: dict[str, type[PersonalDataAsk]] = {
    "id_tokens": FindPersonalTokens,
    "charging_sessions": FindPersonalSessions,
    "reservations": FindPersonalReservations,
    "bookings": FindPersonalBookings,
    "documents": FindPersonalDocuments,
    "payments": FindPersonalPayments,
    "wallets": FindPersonalWallets,
    "cards": FindPersonalCards,
    "saved_views": FindPersonalViews,
    "fleets": FindPersonalFleets,
    "push_devices": FindPersonalDevices,
}
"""The parts of a person's copy, in the order in which they are asked for."""


class AccountErased(Event, frozen=True, kw_only=True, gc=False):
    """A person has gone. Whoever keeps something of theirs lets go of the person now; what the law wants kept (sessions with
    their prices) stays without them."""

    account_id: str
    id_tokens: tuple[str, ...]
    """What the person's tokens said: some records know nothing else of them. Tokens that are shared by several people do not
    exist here: a token has one user."""

    def key(self) -> str:
        return self.account_id


class MemberRemoved(Event, frozen=True, kw_only=True, gc=False):
    """Somebody does not work for an operator any more, and their account is gone."""

    account_id: str

    def key(self) -> str:
        return self.account_id


# ---- what the module says to itself, so that the answer to a request is the same whoever has the address


class AccountWanted(Event, frozen=True, kw_only=True, gc=False):
    """Somebody says that an address is theirs, and wants an account."""

    email: str
    name: str
    locale: str
    time_zone: str | None
    consents: dict[str, str]
    """Kind to version."""

    def key(self) -> str:
        return self.email


class PasswordForgotten(Event, frozen=True, kw_only=True, gc=False):
    """Somebody says that they have forgotten the password of an address."""

    email: str

    def key(self) -> str:
        return self.email


class EmailChangeWanted(Event, frozen=True, kw_only=True, gc=False):
    """An account is to have another address."""

    account_id: str
    email: str

    def key(self) -> str:
        return self.account_id
