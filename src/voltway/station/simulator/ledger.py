"""The fleet's own book: every charge as the stations know it, to be held against what the platform says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from voltway.station.ocpp.caller import OutgoingCall
from voltway.station.ocpp.vocabulary import Transaction


@dataclass(slots=True, eq=False)
class Entry:
    """One charge; the transaction is the station's own record of it, kept up to date by the station."""

    station_identity: str
    transaction: Transaction

    @property
    def energy_wh(self) -> int:
        """The energy so far that is certain: that of an ended transaction."""
        stop_wh = self.transaction.meter_stop_wh
        return 0 if stop_wh is None else stop_wh - self.transaction.meter_start_wh


class Ledger:
    """Entries in the order in which the charges began."""

    __slots__ = ("active", "deliveries", "energy_wh", "entries")

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.deliveries: list[tuple[str, OutgoingCall]] | None = None
        """Every report by its station's identity, once somebody asks for that (sets a list): which ids it was sent under, and
        whether it was confirmed."""
        self.active = 0
        self.energy_wh = 0

    @property
    def ended_count(self) -> int:
        return len(self.entries) - self.active

    def started(self, station_identity: str, transaction: Transaction) -> None:
        self.entries.append(Entry(station_identity, transaction))
        self.active += 1

    def reported(self, station_identity: str, call: OutgoingCall) -> None:
        """A report is on its way."""
        if self.deliveries is not None:
            self.deliveries.append((station_identity, call))

    def ended(self, transaction: Transaction) -> None:
        self.active -= 1
        if transaction.meter_stop_wh is not None:
            self.energy_wh += transaction.meter_stop_wh - transaction.meter_start_wh


@dataclass(frozen=True, slots=True)
class PlatformSession:
    """What the platform says about one session, as its API words it."""

    station_identity: str
    transaction_id: str | None
    state: str
    evse_number: int | None
    id_token: str | None
    meter_start_wh: int | None
    meter_stop_wh: int | None
    energy_wh: int | None
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which ledger and platform do not agree."""

    station_identity: str
    transaction_id: str
    field: str
    ledger: str
    platform: str


def of_this_run(ledger: Ledger, sessions: Iterable[PlatformSession], since: datetime) -> list[PlatformSession]:
    """Those of an earlier run left out: what began before an instant, unless the ledger knows it by its id.

    A platform dates by its own clock. A fleet whose time runs faster is ahead of it, so a session that was told late may be
    put before the beginning of the run.
    """
    known = {(entry.station_identity.casefold(), entry.transaction.transaction_id) for entry in ledger.entries}
    return [
        one
        for one in sessions
        if one.started_at is None
        or one.started_at >= since
        or (one.station_identity.casefold(), one.transaction_id) in known
    ]


def compare(ledger: Ledger, sessions: list[PlatformSession], identities: frozenset[str]) -> list[Difference]:
    """What differs; sessions of other stations, and those that never got a transaction, are none of our business."""
    by_key: dict[tuple[str, str], list[PlatformSession]] = {}
    for session in sessions:
        if session.transaction_id is not None and session.station_identity.casefold() in identities:
            by_key.setdefault((session.station_identity.casefold(), session.transaction_id), []).append(session)
    differences: list[Difference] = []
    for entry in ledger.entries:
        transaction_id = entry.transaction.transaction_id
        key = (entry.station_identity.casefold(), transaction_id or "")
        found = by_key.pop(key, [])
        named = transaction_id or f"(unconfirmed, {entry.transaction.started_at:%H:%M:%S})"
        if len(found) != 1:
            said = f"{len(found)} sessions" if found else "missing"
            differences.append(Difference(entry.station_identity, named, "session", "1 session", said))
        else:
            differences += _compare_one(entry, found[0], named)
    for (identity, transaction_id), extra in by_key.items():
        differences.append(Difference(identity, transaction_id, "session", "missing", f"{len(extra)} sessions"))
    return differences


def _compare_one(entry: Entry, session: PlatformSession, named: str) -> list[Difference]:
    transaction = entry.transaction
    expected: dict[str, tuple[object, object]] = {
        "state": ("ended" if transaction.ended_at else "active", session.state),
        "evse_number": (transaction.evse_number, session.evse_number),
        "id_token": (transaction.token.value.casefold(), (session.id_token or "").casefold()),
        "meter_start_wh": (transaction.meter_start_wh, session.meter_start_wh),
    }
    if transaction.ended_at is not None:
        expected["meter_stop_wh"] = (transaction.meter_stop_wh, session.meter_stop_wh)
        expected["energy_wh"] = (entry.energy_wh, session.energy_wh)
    return [
        Difference(entry.station_identity, named, field, str(ours), str(theirs))
        for field, (ours, theirs) in expected.items()
        if ours != theirs
    ]
