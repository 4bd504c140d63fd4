"""The history checker: what the stations know to be true, held against what the database says. Pure.

A station's *fact* is one report about a transaction. It may have been sent several times, under another message id each time;
it is *acknowledged* when the station has had a CALLRESULT for one of them. What must hold, whatever happened on the way:

P1  an acknowledged fact is in the inbox, and no fact is there twice; nothing is there that no station has said
P2  one session for each charge, one CDR for each session that is over, nothing for charges that nobody made
P3  energy to the watt-hour, money to the cent, samples to the piece
P4  what is not billed is flagged, with a reason that the faults of the run explain
P9  every entry of the ledger balances
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

# ---- what the stations say


@dataclass(frozen=True)
class Fact:
    """One report of a station, under all ids that it was sent with; `charge` names its transaction."""

    station: str
    sent_ids: tuple[str, ...]
    is_acknowledged: bool
    charge: str | None = None
    samples: int = 0


@dataclass(frozen=True)
class Charge:
    """One transaction as the station knows it. `meter_stop_wh` is None while it runs."""

    station: str
    transaction_id: str | None
    meter_start_wh: int
    meter_stop_wh: int | None
    token: str
    evse_number: int

    @property
    def name(self) -> str:
        return f"{self.station}/{self.transaction_id}"


@dataclass(frozen=True)
class History:
    """What a fleet has lived through."""

    charges: tuple[Charge, ...] = ()
    facts: tuple[Fact, ...] = ()


# ---- what the database says


@dataclass(frozen=True)
class KeptReport:
    """A row of the inbox."""

    station: str
    message_id: str
    session_id: str | None
    flags: str = ""


@dataclass(frozen=True)
class KeptSession:
    """A session, with how many samples it has."""

    id: str
    station: str
    transaction_id: str | None
    state: str
    meter_start_wh: int | None
    meter_stop_wh: int | None
    energy_wh: int
    token: str | None
    evse_number: int | None
    review: str = ""
    samples: int = 0


@dataclass(frozen=True)
class KeptCdr:
    """A CDR that counts: not one that was taken back."""

    session_id: str
    energy_wh: int
    total_minor: int


@dataclass(frozen=True)
class Books:
    """What of the database has to do with it. `entries`: the amounts of each entry of the ledger, by its id."""

    reports: tuple[KeptReport, ...] = ()
    sessions: tuple[KeptSession, ...] = ()
    cdrs: tuple[KeptCdr, ...] = ()
    quarantined: tuple[str, ...] = ()
    entries: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


class Prices(NamedTuple):
    """The tariff that all sessions have: major units without VAT."""

    start_fee: Decimal
    per_kwh: Decimal
    vat_percent: Decimal

    def total_minor(self, energy_wh: int) -> int:
        """What so much energy costs, in cents with VAT; none costs nothing. Counted here by itself, not by what it is to check."""
        if energy_wh <= 0:
            return 0
        lines = [_cents(self.start_fee), _cents(self.per_kwh * energy_wh / 1000)]
        return sum(lines) + _cents(sum(lines) * self.vat_percent / 100 / 100)


def _cents(major: Decimal) -> int:
    return int((major * 100).quantize(Decimal(1), ROUND_HALF_UP))


class Finding(NamedTuple):
    """Something that does not hold."""

    promise: str
    where: str
    what: str


def check(
    history: History,
    books: Books,
    prices: Prices | None = None,
    *,
    is_over: bool = True,
    may_hold: frozenset[str] = frozenset(),
) -> list[Finding]:
    """Everything in which stations and database do not agree. With prices, what is over must have been billed with them, but for
    sessions that wait for a person for one of the reasons in `may_hold`.

    `is_over`: no station has anything left to say; else what was not acknowledged may be missing, and sessions may lag."""
    found = [*_check_facts(history, books, is_over=is_over), *_check_balance(books)]
    if is_over:
        found += _check_sessions(history, books)
        found += _check_bills(history, books, prices, may_hold)
    else:
        found += _check_no_double(books)
    return found


def _check_facts(history: History, books: Books, *, is_over: bool) -> Iterator[Finding]:
    kept = Counter((report.station, report.message_id) for report in books.reports)
    said: set[tuple[str, str]] = set()
    for fact in history.facts:
        keys = [(fact.station, message_id) for message_id in fact.sent_ids]
        said.update(keys)
        count = sum(kept[key] for key in keys)
        where = f"{fact.station} {'/'.join(fact.sent_ids)}"
        if count > 1:
            yield Finding("P1", where, f"one report is kept {count} times")
        elif count == 0 and fact.is_acknowledged:
            yield Finding("P1", where, "acknowledged and lost")
        elif is_over and not fact.is_acknowledged:
            yield Finding("P1", where, "was never acknowledged")
    for report in books.reports:
        where = f"{report.station} {report.message_id}"
        if (report.station, report.message_id) not in said:
            yield Finding("P1", where, "kept, and no station has said it")
        if report.session_id is None:
            yield Finding("P2", where, "an orphan: belongs to no session")
    for station in books.quarantined:
        yield Finding("P1", station, "a report is in quarantine")


def _check_sessions(history: History, books: Books) -> Iterator[Finding]:
    by_name = _by_name(books.sessions)
    samples: Counter[str] = Counter()
    for fact in history.facts:
        if fact.charge is not None:
            samples[fact.charge] += fact.samples
    for charge in history.charges:
        sessions = by_name.pop(charge.name, [])
        if len(sessions) != 1:
            yield Finding("P2", charge.name, f"{len(sessions)} sessions for one charge")
            continue
        yield from _check_session(charge, sessions[0], samples[charge.name])
    for name, sessions in by_name.items():
        yield Finding("P2", name, f"{len(sessions)} sessions of a charge that nobody made")


def _check_session(charge: Charge, session: KeptSession, samples: int) -> Iterator[Finding]:
    is_over = charge.meter_stop_wh is not None
    wanted = {
        "state": ("ended" if is_over else "active", session.state),
        "meter_start_wh": (charge.meter_start_wh, session.meter_start_wh),
        "token": (charge.token.casefold(), (session.token or "").casefold()),
        "evse_number": (charge.evse_number, session.evse_number),
        "samples": (samples, session.samples),
    }
    if charge.meter_stop_wh is not None:
        wanted["meter_stop_wh"] = (charge.meter_stop_wh, session.meter_stop_wh)
        wanted["energy_wh"] = (charge.meter_stop_wh - charge.meter_start_wh, session.energy_wh)
    for name, (ours, theirs) in wanted.items():
        if ours != theirs:
            yield Finding("P3", charge.name, f"{name} is {theirs}, and was {ours}")


def _check_bills(history: History, books: Books, prices: Prices | None, may_hold: frozenset[str]) -> Iterator[Finding]:
    by_session: dict[str, list[KeptCdr]] = {}
    for cdr in books.cdrs:
        by_session.setdefault(cdr.session_id, []).append(cdr)
    by_name = _by_name(books.sessions)
    for charge in history.charges:
        for session in by_name.get(charge.name, []):
            cdrs = by_session.pop(session.id, [])
            if charge.meter_stop_wh is None or prices is None:
                if charge.meter_stop_wh is None and cdrs:
                    yield Finding("P2", charge.name, "billed while it runs")
                continue
            energy_wh = charge.meter_stop_wh - charge.meter_start_wh
            if not cdrs and not may_hold.isdisjoint(session.review.split()):
                continue
            if len(cdrs) != 1:
                why = f", review: {session.review}" if session.review else ""
                promise = "P2" if cdrs else "P4"
                yield Finding(promise, charge.name, f"{len(cdrs)} CDRs for one session{why}")
            elif (cdrs[0].energy_wh, cdrs[0].total_minor) != (energy_wh, prices.total_minor(energy_wh)):
                bill = f"{cdrs[0].energy_wh} Wh for {cdrs[0].total_minor}"
                yield Finding(
                    "P3", charge.name, f"billed {bill}, not {energy_wh} Wh for {prices.total_minor(energy_wh)}"
                )
    for session_id, cdrs in by_session.items():
        yield Finding("P2", session_id, f"{len(cdrs)} CDRs of no session")


def _check_no_double(books: Books) -> Iterator[Finding]:
    """What must hold at any moment, also while stations still have something to say."""
    for name, sessions in _by_name(books.sessions).items():
        if len(sessions) > 1:
            yield Finding("P2", name, f"{len(sessions)} sessions for one charge")
    for session_id, count in Counter(cdr.session_id for cdr in books.cdrs).items():
        if count > 1:
            yield Finding("P2", session_id, f"{count} CDRs for one session")


def _check_balance(books: Books) -> Iterator[Finding]:
    for entry, amounts in books.entries.items():
        if sum(amounts):
            yield Finding("P9", entry, f"debit and credit differ by {sum(amounts)}")


def _by_name(sessions: Iterable[KeptSession]) -> dict[str, list[KeptSession]]:
    found: dict[str, list[KeptSession]] = {}
    for session in sessions:
        found.setdefault(f"{session.station}/{session.transaction_id}", []).append(session)
    return found
