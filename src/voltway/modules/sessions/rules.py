"""What reports do to sessions. Pure: a session and a report give the session as it is then.

A 2.x session depends on the set of its reports, not on the order of their arrival: registers are taken by sequence number.
1.6 has no numbers, so there the order of arrival counts. A report that arrives late fills in what it knows and reopens
nothing.

Sources: OCPP 2.0.1 part 2, E01-E14 and 1.3.2 (sequence numbers); OCPP 1.6 sections 3.7, 4.7, 4.8, 4.10.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from voltway.charging.pricing import Tariff
from voltway.contracts.station_link import Authorization, Phase, ReportTransaction
from voltway.contracts.vocabulary import AuthorizationStatus, ChargingState, MeterSample, SessionState
from voltway.modules.sessions.model import Session, tariff_text

CLOCK_WAS_SET_S = 12 * 3600
"""A clock that moves further than this inside a session was set, not drifting: each report is corrected by its own offset."""

BILLED_LOCATION = "Outlet"
HELD_FOR_REVIEW = frozenset({"conflict", "meter_implausible", "start_missing", "meter_missing"})
"""With one of these a session is not priced until a person has looked."""

_NOT_CHARGING = frozenset({ChargingState.SUSPENDED_EV, ChargingState.EV_CONNECTED, ChargingState.IDLE})


def begin(
    report: ReportTransaction,
    *,
    session_id: str,
    visit_id: str,
    transaction_id: str | None,
    authorization: Authorization | None,
    tariff: Tariff | None,
) -> Session:
    """A new session from the first report we hear of it, whichever that is."""
    at = corrected(report.occurred_at, report.clock_offset_s)
    session = Session(
        id=session_id,
        operator_id=report.operator_id,
        visit_id=visit_id,
        station_id=report.station_id,
        station_identity=report.station_identity,
        location_id=report.location_id,
        protocol=report.protocol,
        evse_number=report.evse_number,
        connector_number=report.connector_number,
        transaction_id=transaction_id,
        started_at=at,
        start_received_at=report.received_at,
        last_report_at=at,
        updated_at=report.received_at,
        settled_at=report.received_at,
        clock_offset_s=report.clock_offset_s,
        tariff=tariff_text(tariff) if tariff is not None else None,
    )
    return apply(session, report, authorization, tariff)


def apply(
    session: Session,
    report: ReportTransaction,
    authorization: Authorization | None = None,
    tariff: Tariff | None = None,
) -> Session:
    """The session after one more report of its transaction. A repeat must not come here: the inbox absorbs it."""
    was_ended = session.is_ended
    changed = replace(session, updated_at=report.received_at)
    at = _session_time(changed, report)
    _count_sequence(changed, report)
    _fill_in(changed, report, authorization)
    if report.flags:
        flag(changed, *report.flags)
    if report.phase is Phase.STARTED:
        _start(changed, report, at, tariff)
    _take_registers(changed, report, was_ended)
    if not was_ended:
        _progress(changed, report, at)
    if report.phase is Phase.ENDED:
        _end(changed, report, at)
    _measure(changed)
    return changed


def supersede(session: Session, report: ReportTransaction) -> Session:
    """The session closed because another one began on its EVSE: the station lost its end.

    Its last energy is the new start's register where that goes on from ours.
    """
    changed = replace(session, updated_at=report.received_at)
    at = _session_time(changed, report)
    register = report.meter_wh
    if register is not None and (changed.register_wh is None or register >= changed.register_wh):
        changed.register_wh, changed.meter_stop_wh = register, register
    changed.state, changed.ended_at, changed.end_received_at = SessionState.ENDED, at, report.received_at
    changed.charging_ended_at = changed.charging_ended_at or at
    changed.is_open, changed.power_w = False, 0.0
    flag(changed, "superseded")
    _measure(changed)
    return changed


def doubt(session: Session) -> Session:
    """The session after a message came a second time with other content."""
    changed = replace(session)
    flag(changed, "conflict")
    return changed


def leave(session: Session, at: datetime) -> Session:
    """The session after the car has gone: its visit is over."""
    return replace(session, unplugged_at=session.unplugged_at or at, is_open=not session.is_ended)


def is_ready_to_price(session: Session) -> bool:
    """Whether everything a bill needs is here, once."""
    return (
        session.is_ended and session.has_start and not session.is_priced and HELD_FOR_REVIEW.isdisjoint(session.reasons)
    )


def is_same_visit(session: Session, report: ReportTransaction) -> bool:
    """Whether a new transaction belongs to the visit of a session that has ended: same token, car not gone."""
    return (
        session.is_ended
        and session.unplugged_at is None
        and report.id_token is not None
        and session.id_token is not None
        and session.id_token.casefold() == report.id_token.value.casefold()
    )


def is_accepted(authorization: Authorization | None) -> bool:
    """Whether the token may charge."""
    return authorization is not None and authorization.status is AuthorizationStatus.ACCEPTED


def corrected(at: datetime, offset_s: int) -> datetime:
    """A station's instant on our clock."""
    return at + timedelta(seconds=offset_s) if offset_s else at


def flag(session: Session, *reasons: str) -> None:
    """Note why a person should look at a session."""
    session.review = " ".join(dict.fromkeys((*session.reasons, *reasons)))


# ---- the parts of `apply`; each changes the copy that `apply` made


def _session_time(session: Session, report: ReportTransaction) -> datetime:
    """The report's time on our clock. One offset holds for a session, so that its length is the station's own."""
    if abs(report.clock_offset_s - session.clock_offset_s) > CLOCK_WAS_SET_S:
        flag(session, "clock_set")
        return corrected(report.occurred_at, report.clock_offset_s)
    return corrected(report.occurred_at, session.clock_offset_s)


def _count_sequence(session: Session, report: ReportTransaction) -> None:
    number = report.sequence_number
    if number is None:
        return
    session.sequence_count += 1
    if session.sequence_first is None or number < session.sequence_first:
        session.sequence_first = number
    if session.sequence_last is None or number > session.sequence_last:
        session.sequence_last = number


def _fill_in(session: Session, report: ReportTransaction, authorization: Authorization | None) -> None:
    """Take over what the session does not know yet."""
    if session.evse_number is None:
        session.evse_number = report.evse_number
    if session.connector_number is None:
        session.connector_number = report.connector_number
    if session.remote_start_id is None:
        session.remote_start_id = report.remote_start_id
    token = report.id_token
    is_better = report.phase is Phase.STARTED and not session.has_start
    if token is None or (session.id_token is not None and not is_better):
        return
    session.id_token, session.id_token_kind = token.value, token.kind
    if authorization is not None:
        session.id_token_id, session.user_id = authorization.id_token_id, authorization.user_id
        if not is_accepted(authorization):
            flag(session, "not_authorized")


def _start(session: Session, report: ReportTransaction, at: datetime, tariff: Tariff | None) -> None:
    session.has_start = True
    session.started_at, session.start_received_at = at, min(session.start_received_at, report.received_at)
    if session.tariff is None and tariff is not None:
        session.tariff = tariff_text(tariff)
    if report.meter_wh is not None:
        session.meter_start_wh, session.meter_start_order = report.meter_wh, _order(report) - 1
        if session.register_wh is None:
            session.register_wh, session.register_order = report.meter_wh, session.meter_start_order


def _take_registers(session: Session, report: ReportTransaction, was_ended: bool) -> None:
    """The lowest-ordered register is the start, the highest the present or final one."""
    if report.sequence_number is None and session.sequence_last is not None:
        return  # a 2.x MeterValues beside the transaction's own events has no place in their order
    order = _order(report)
    samples = report.samples if len(report.samples) < 2 else sorted(report.samples, key=lambda sample: sample.at)
    for sample in samples:
        energy_wh = sample.energy_wh
        if energy_wh is None or sample.location != BILLED_LOCATION:
            continue
        if sample.context == "Transaction.Begin":
            if session.meter_start_order is None or report.sequence_number is not None:
                session.meter_start_wh, session.meter_start_order = energy_wh, -1
            if session.register_wh is None:
                session.register_wh, session.register_order = energy_wh, -1
            continue
        if session.meter_start_order is None or order < session.meter_start_order:
            session.meter_start_wh, session.meter_start_order = energy_wh, order
        _advance_register(session, energy_wh, order, was_ended)
    if report.phase is Phase.ENDED and report.meter_wh is not None:
        session.meter_stop_wh = report.meter_wh
        _advance_register(session, report.meter_wh, order, was_ended=False)


def _advance_register(session: Session, energy_wh: int, order: int, was_ended: bool) -> None:
    if was_ended and session.sequence_last is None:
        return  # 1.6: a value that straggles in after the stop changes nothing that was agreed at the stop
    if session.register_order is not None and order < session.register_order:
        return
    if session.register_wh is not None and energy_wh < session.register_wh:
        flag(session, "register_decreased")
    session.register_wh, session.register_order = energy_wh, order


def _progress(session: Session, report: ReportTransaction, at: datetime) -> None:
    if at > session.last_report_at:
        session.last_report_at = at
    state = report.charging_state
    if state is not None:
        if state in _NOT_CHARGING and session.charging_state == ChargingState.CHARGING:
            session.charging_ended_at = at
        elif state is ChargingState.CHARGING:
            session.charging_ended_at = None
        session.charging_state = state
    sample = _latest(report.samples)
    if sample is not None:
        if sample.power_w is not None:
            session.power_w = sample.power_w
        if sample.soc_percent is not None:
            session.soc_percent = sample.soc_percent


def _latest(samples: tuple[MeterSample, ...]) -> MeterSample | None:
    if len(samples) == 1:
        return samples[0]
    billed = [sample for sample in samples if sample.location == BILLED_LOCATION]
    return max(billed, key=lambda sample: sample.at, default=None)


def _end(session: Session, report: ReportTransaction, at: datetime) -> None:
    if session.is_ended:
        return
    session.state, session.end_received_at = SessionState.ENDED, report.received_at
    session.ended_at = max(at, session.started_at) if session.has_start else at
    session.stop_reason = report.reason
    session.charging_ended_at = session.charging_ended_at or session.ended_at
    session.power_w = 0.0
    if report.trigger == "EVDeparted" or report.reason == "EVDisconnected" or session.unplugged_at is not None:
        session.unplugged_at = session.unplugged_at or session.ended_at
        session.is_open = False
    if at < session.started_at and session.has_start:
        flag(session, "time_implausible")


def _measure(session: Session) -> None:
    """Energy from the registers; never negative. What is odd about a session that is over is told anew each time, so that
    a late report takes back what it explains."""
    start, register = session.meter_start_wh, session.register_wh
    session.energy_wh = max(register - start, 0) if start is not None and register is not None else 0
    if not session.is_ended:
        return
    if session.meter_stop_wh is None or session.sequence_last is not None:
        session.meter_stop_wh = register
    odd = {
        "start_missing": not session.has_start,
        "meter_missing": start is None or register is None,
        "meter_implausible": start is not None and register is not None and register < start,
        "thinned": session.has_start and _missing_count(session) > 0,
    }
    kept = [reason for reason in session.reasons if reason not in odd]
    session.review = " ".join(kept + [reason for reason, is_so in odd.items() if is_so])


def _missing_count(session: Session) -> int:
    """How many sequence numbers between the first and the last have not arrived. Gaps are legal (E04.FR.08): a station short
    of memory drops every second update."""
    if session.sequence_first is None or session.sequence_last is None:
        return 0
    return session.sequence_last - session.sequence_first + 1 - session.sequence_count


def _order(report: ReportTransaction) -> int:
    if report.sequence_number is not None:
        return report.sequence_number
    return int(report.received_at.timestamp() * 1000)
