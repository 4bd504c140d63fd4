"""Posting: facts that were heard become entries, in one chain for each operator, each fact once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog

from voltway.contracts.billing import SessionCredited, SessionPriced
from voltway.contracts.bookings import BookingFeeCharged, BookingFeeWaived
from voltway.contracts.ledger import FindLocationCountries
from voltway.contracts.money_facts import PaymentCaptured, ProviderFeeBooked
from voltway.kernel import clock
from voltway.kernel.bus.event import Event
from voltway.kernel.chains import seal_of
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.kernel.secrets import derive_key
from voltway.modules.ledger import rules, store
from voltway.modules.ledger.rules import Entry, Payment
from voltway.modules.ledger.settings import LedgerSettings

log = structlog.get_logger()

CHUNK = 500
_OF_A_COUNTRY = {kind.__name__ for kind in (SessionPriced, BookingFeeCharged, BookingFeeWaived)}
"""Facts whose revenue and VAT belong to the country where they happened."""
AGAIN = timedelta(seconds=30)
"""A fact that lacks another one (a credit whose CDR, a fee whose capture is not posted), or that cannot be posted, is looked at again
after this; the daily reconciliation misses what never is."""
_ABOUT_ANOTHER = (SessionCredited, ProviderFeeBooked)


async def work(runtime: Runtime) -> None:
    """A job: post what is due."""
    while await post_due(runtime) >= CHUNK:
        pass


async def post_due(runtime: Runtime) -> int:
    """Post a few hundred facts; how many were looked at."""
    async with runtime.database.read() as tx:
        rows = await store.due_facts(tx, clock.now(), CHUNK)
        places = await store.places_of(tx, {row.document.get("session_id") or "" for row in rows})
    if not rows:
        return 0
    countries = await _countries(runtime, rows, places)
    key = derive_key(runtime.secret, rules.SEAL_PURPOSE)
    by_operator: dict[str, list[Any]] = {}
    for row in rows:
        by_operator.setdefault(row.operator_id, []).append(row)
    async with runtime.database.begin() as tx:
        for operator_id, found in sorted(by_operator.items()):  # sorted: two processes lock the heads in the same order
            book = await Book.open(tx, operator_id, key, runtime.settings(LedgerSettings).country)
            told, spoilt = _told(found)
            waiting = await book.post(told, places, countries) | spoilt
            ids = {row.fact_key: row.id for row in found}
            missing = {ids.pop(fact_key) for fact_key in waiting}
            await store.set_due(tx, ids.values(), None)
            await store.set_due(tx, missing, clock.now() + AGAIN)
    return len(rows)


def _told(rows: Sequence[Any]) -> tuple[list[Event], set[str]]:
    """The facts, and the keys of those that cannot be read: they must not hold up the books of everybody."""
    told: list[Event] = []
    spoilt: set[str] = set()
    for row in rows:
        try:
            told.append(rules.fact_of(row.kind, row.document))
        except (msgspec.ValidationError, KeyError) as error:
            log.error("fact.not_posted", fact=row.fact_key, operator_id=row.operator_id, exc_info=error)
            spoilt.add(row.fact_key)
    return told, spoilt


async def _countries(
    runtime: Runtime, rows: Sequence[Any], places: dict[str, tuple[str | None, int]]
) -> dict[str, str]:
    wanted: dict[str, set[str]] = {}
    for row in rows:
        place = row.document.get("location_id") or places.get(row.document.get("session_id") or "", (None, 0))[0]
        if row.kind in _OF_A_COUNTRY and place is not None:
            wanted.setdefault(row.operator_id, set()).add(place)
    found: dict[str, str] = {}
    for operator_id, location_ids in wanted.items():
        ask = FindLocationCountries(operator_id=operator_id, location_ids=tuple(sorted(location_ids)))
        told: dict[str, str] = {}
        told = await runtime.ask_or(ask, told)
        found |= told
    return found


class Book:
    """The books of one operator, open for posting: the head of the chain is locked until the commit."""

    def __init__(self, tx: Tx, operator_id: str, key: bytes, country: str, number: int, previous: str) -> None:
        self._tx, self._operator_id, self._key, self._country = tx, operator_id, key, country
        self._number, self._previous = number, previous
        self.now: datetime = clock.now().replace(microsecond=clock.now().microsecond // 1000 * 1000)

    @classmethod
    async def open(cls, tx: Tx, operator_id: str, key: bytes, country: str = "ZZ") -> Book:
        """Lock the chain of an operator. `country`: of sessions whose location says none."""
        end = await store.lock_head(tx, operator_id)
        return cls(tx, operator_id, key, country, end.number, end.hash)

    async def post(
        self,
        facts: Sequence[Event],
        places: dict[str, tuple[str | None, int]] | None = None,
        countries: dict[str, str] | None = None,
    ) -> set[str]:
        """Post facts that are not posted yet; the keys of those that must wait for another fact."""
        places, countries = places or {}, countries or {}
        known = await store.known_keys(self._tx, self._operator_id, {rules.key_of(fact) for fact in facts})
        payments = await self._payments(facts)
        credited = {fact.cdr_id for fact in facts if isinstance(fact, SessionCredited)}
        priced = await store.priced(self._tx, self._operator_id, credited)
        told_late = {fact.capture_id for fact in facts if isinstance(fact, ProviderFeeBooked)}
        captures = await store.captures(self._tx, self._operator_id, told_late) if told_late else {}
        rows: list[dict[str, Any]] = []
        waiting: set[str] = set()
        # What is about another fact may have been heard before it.
        for fact in sorted(facts, key=lambda fact: isinstance(fact, _ABOUT_ANOTHER)):
            fact_key = rules.key_of(fact)
            if fact_key in known:
                continue
            if isinstance(fact, ProviderFeeBooked):
                if fact.capture_id not in captures:
                    waiting.add(fact_key)
                if captures.get(fact.capture_id, True):
                    continue  # it was posted with the capture
            location_id, _ = places.get(getattr(fact, "session_id", None) or "", (None, 0))
            location_id = getattr(fact, "location_id", location_id)
            if isinstance(fact, SessionCredited):
                if fact.cdr_id not in priced:
                    waiting.add(fact_key)
                    continue
                location_id, posted = priced[fact.cdr_id]
                lines = rules.reversed_entries(posted)
            else:
                try:
                    lines = self._entries(fact, countries.get(location_id or "", self._country), payments)
                except Exception as error:  # one that no rule fits must not hold up the others
                    log.error("fact.not_posted", fact=fact_key, operator_id=self._operator_id, exc_info=error)
                    waiting.add(fact_key)
                    continue
            if isinstance(fact, SessionPriced):
                priced[fact.cdr_id] = (location_id, lines)
            if isinstance(fact, PaymentCaptured):
                captures[fact.capture_id] = fact.fee is not None
            known.add(fact_key)
            rows.append(self._row(fact, fact_key, location_id, lines))
        if rows:
            await store.append(self._tx, self._operator_id, rows)
        return waiting

    async def _payments(self, facts: Sequence[Event]) -> dict[tuple[str, str], Payment]:
        ids = {payment_id for fact in facts if (payment_id := getattr(fact, "payment_id", None)) is not None}
        return await store.payments_of(self._tx, self._operator_id, ids) if ids else {}

    def _entries(self, fact: Any, country: str, payments: dict[tuple[str, str], Payment]) -> list[Entry]:
        payment_id = getattr(fact, "payment_id", None)
        amount = getattr(fact, "amount", None)
        payment = None if payment_id is None or amount is None else payments[payment_id, amount.currency]
        return rules.entries_of(fact, country=country, payment=payment)

    def _row(self, fact: Any, fact_key: str, location_id: str | None, lines: list[Entry]) -> dict[str, Any]:
        self._number += 1
        row: dict[str, Any] = {
            "operator_id": self._operator_id,
            "number": self._number,
            "fact_key": fact_key,
            "kind": type(fact).__name__,
            "at": fact.at.replace(microsecond=fact.at.microsecond // 1000 * 1000),
            "posted_at": self.now,
            "session_id": getattr(fact, "session_id", None),
            "payment_id": getattr(fact, "payment_id", None),
            "cdr_id": getattr(fact, "cdr_id", None),
            "location_id": location_id,
            "document": rules.document_of(fact),
            "entries": [rules.as_list(line) for line in lines],
            "previous_hash": self._previous,
        }
        row["hash"] = self._previous = rules.hash_of(row)
        row["seal"] = seal_of(self._key, self._operator_id, self._number, self._previous)
        return row
