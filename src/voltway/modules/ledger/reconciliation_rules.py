"""What session, ledger and provider say differently. Pure: amounts by key in, differences out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from voltway.kernel.money import Money

DAY_S = 86_400.0


class Kind(StrEnum):
    """What differs. `subject` is the id of the CDR, session, payment, or `provider:kind:reference`."""

    SESSION_NOT_POSTED = "session_not_posted"
    POSTED_WITHOUT_SESSION = "posted_without_session"
    SESSION_AMOUNT = "session_amount"
    UNPAID = "unpaid"
    OVERPAID = "overpaid"
    HOLD_OPEN = "hold_open"
    FACT_WAITING = "fact_waiting"
    NOT_AT_PROVIDER = "not_at_provider"
    NOT_IN_LEDGER = "not_in_ledger"
    PROVIDER_AMOUNT = "provider_amount"


class Difference(NamedTuple):
    """`expected`: what the ledger (of a session: billing) says; `found`: what the other side does."""

    kind: Kind
    subject: str
    expected: Money | None
    found: Money | None


def compare(
    expected: Mapping[str, Money], found: Mapping[str, Money], *, missing: Kind, surplus: Kind, other: Kind
) -> Iterable[Difference]:
    """What two sides say differently of the same subjects."""
    for subject in sorted(expected.keys() | found.keys()):
        one, two = expected.get(subject), found.get(subject)
        if one != two:
            kind = missing if two is None else surplus if one is None else other
            yield Difference(kind, subject, one, two)


def unpaid(owed: Mapping[str, Money], paid: Mapping[str, Money]) -> Iterable[Difference]:
    """Sessions of which more or less was paid than is owed."""
    for session_id in sorted(owed):
        due = owed[session_id]
        got = paid.get(session_id, Money(0, due.currency))
        if got.minor != due.minor or got.currency != due.currency:
            is_over = got.currency == due.currency and got.minor > due.minor
            yield Difference(Kind.OVERPAID if is_over else Kind.UNPAID, session_id, due, got)
