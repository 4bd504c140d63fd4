"""Which session a report belongs to. Pure: works on the sessions that were loaded for a batch, and on those it adds.

A transaction id belongs to its station: a report can never touch another station's session (SteVe's sequential, unscoped ids
let any station stop any transaction).
"""

from __future__ import annotations

from collections.abc import Iterable

from voltway.contracts.station_link import Phase, ReportTransaction
from voltway.modules.sessions.model import Session, settled_part
from voltway.modules.sessions.rules import BILLED_LOCATION


class KnownSessions:
    """The sessions of a batch's stations: the open ones, and those that a report names."""

    def __init__(self, sessions: Iterable[Session]) -> None:
        self._by_transaction: dict[tuple[str, str], Session] = {}
        self._by_station: dict[str, dict[str, Session]] = {}
        self._loaded: dict[str, Session] = {}
        self.touched: dict[str, Session] = {}
        self.added: set[str] = set()
        for session in sessions:
            self._index(session)
            self._loaded[session.id] = session

    def put(self, session: Session, *, is_new: bool = False) -> None:
        """Note that a session has changed, or has begun."""
        self._index(session)
        self.touched[session.id] = session
        if is_new:
            self.added.add(session.id)

    def only_progressed(self, session: Session) -> bool:
        """Whether nothing but the fields of `PROGRESS` differs from what was loaded."""
        before = self._loaded.get(session.id)
        return before is not None and settled_part(before) == settled_part(session)

    def find(self, report: ReportTransaction) -> Session | None:
        """The session that a report is about, if we know it."""
        if report.transaction_id is not None:
            return self._by_transaction.get((report.station_id, report.transaction_id))
        if report.phase is Phase.STARTED:
            return None
        active = [session for session in self._of(report.station_id) if not session.is_ended]
        if report.evse_number is not None:
            return next((session for session in active if session.evse_number == report.evse_number), None)
        if report.id_token is not None and len(active) > 1:
            same = [session for session in active if session.id_token == report.id_token.value]
            active = same or active
        return active[0] if len(active) == 1 else None

    def by_id(self, session_id: str | None) -> Session | None:
        """A session that was loaded or has begun, by our id."""
        return None if session_id is None else self.touched.get(session_id) or self._loaded.get(session_id)

    def begun_since_loaded(self, id_token_id: str) -> int:
        """How many more sessions of a token are active than when they were loaded."""
        now = sum(session.id_token_id == id_token_id and not session.is_ended for session in self.touched.values())
        before = [self._loaded[session_id] for session_id in self.touched if session_id in self._loaded]
        return now - sum(session.id_token_id == id_token_id and not session.is_ended for session in before)

    def active_at(self, report: ReportTransaction) -> list[Session]:
        """The sessions that a start on this EVSE finds still active: their ends were lost."""
        if report.evse_number is None:
            return []
        return [
            session
            for session in self._of(report.station_id)
            if session.evse_number == report.evse_number and not session.is_ended
        ]

    def last_open_at(self, report: ReportTransaction) -> Session | None:
        """The latest session on the EVSE whose car has not gone."""
        there = [
            session
            for session in self._of(report.station_id)
            if session.evse_number == report.evse_number and session.is_open
        ]
        return max(there, key=lambda session: session.start_received_at, default=None)

    def _of(self, station_id: str) -> Iterable[Session]:
        return self._by_station.get(station_id, {}).values()

    def _index(self, session: Session) -> None:
        self._by_station.setdefault(session.station_id, {})[session.id] = session
        if session.transaction_id is not None:
            self._by_transaction[session.station_id, session.transaction_id] = session


def tells_its_own_start(report: ReportTransaction) -> bool:
    """Whether an end that we have no session for says itself where the meter began (1.6 transactionData)."""
    return any(
        sample.context == "Transaction.Begin" and sample.energy_wh is not None and sample.location == BILLED_LOCATION
        for sample in report.samples
    )
