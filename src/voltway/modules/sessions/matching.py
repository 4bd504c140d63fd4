"""Which session a report belongs to. Pure: works on the sessions that were loaded for a batch, and on those it adds.

A transaction id belongs to its station: a report can never touch another station's session (SteVe's sequential, unscoped ids
let any station stop any transaction).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from voltway.contracts.station_link import Phase, ReportTransaction
from voltway.modules.sessions.model import SETTLED, Session, settled_part
from voltway.modules.sessions.rules import BILLED_LOCATION, corrected


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

    def settled_changes(self, session: Session) -> tuple[str, ...]:
        """The fields beside PROGRESS that differ from what was loaded; mostly none."""
        before = self._loaded[session.id]
        now, then = settled_part(session), settled_part(before)
        if now == then:
            return ()
        return tuple(name for name, new, old in zip(SETTLED, now, then, strict=True) if new != old)

    def was_plugged(self, session: Session) -> bool:
        """Whether the car was there, as far as we knew, when the session was loaded."""
        before = self._loaded.get(session.id)
        return before is None or before.unplugged_at is None

    def new_reasons(self, session: Session) -> tuple[str, ...]:
        """Why a person should look at a session, beside what was known when it was loaded."""
        before = self._loaded.get(session.id)
        if before is None or before.review == session.review:
            return () if before is not None else tuple(session.reasons)
        return tuple(reason for reason in session.reasons if reason not in before.reasons)

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
            shown = report.id_token.value.casefold()
            same = [session for session in active if (session.id_token or "").casefold() == shown]
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
        """The sessions that a start on this EVSE finds still active: their ends were lost. A 2.x start that comes late ends
        nothing that began after it."""
        return [
            session for session in self._at(report) if not session.is_ended and _is_before(session.started_at, report)
        ]

    def left_at(self, report: ReportTransaction) -> list[Session]:
        """The sessions on the EVSE that were over before this report, and whose car has not gone, as far as we know; the
        latest is the last."""
        there = [
            session
            for session in self._at(report)
            if session.is_open and session.ended_at is not None and _is_before(session.ended_at, report)
        ]
        return sorted(there, key=lambda session: session.start_received_at)

    def at_connector(self, station_id: str, evse_number: int, connector_number: int) -> list[Session]:
        """The sessions at a connector; connector 0 is the whole EVSE."""
        return [
            session
            for session in self._of(station_id)
            if session.evse_number == evse_number
            and (not connector_number or session.connector_number in (None, connector_number))
        ]

    def _at(self, report: ReportTransaction) -> list[Session]:
        if report.evse_number is None:
            return []
        return [session for session in self._of(report.station_id) if session.evse_number == report.evse_number]

    def _of(self, station_id: str) -> Iterable[Session]:
        return self._by_station.get(station_id, {}).values()

    def _index(self, session: Session) -> None:
        self._by_station.setdefault(session.station_id, {})[session.id] = session
        if session.transaction_id is not None:
            self._by_transaction[session.station_id, session.transaction_id] = session


def _is_before(at: datetime, report: ReportTransaction) -> bool:
    """Whether something was before a report: by the station's time in 2.x, by the order of arrival in 1.6."""
    return report.sequence_number is None or at <= corrected(report.occurred_at, report.clock_offset_s)


def tells_its_own_start(report: ReportTransaction) -> bool:
    """Whether an end that we have no session for says itself where the meter began (1.6 transactionData)."""
    return any(
        sample.context == "Transaction.Begin" and sample.energy_wh is not None and sample.location == BILLED_LOCATION
        for sample in report.samples
    )
