"""What reports do to sessions. Pure: a session and a report give the session as it is then.

A 2.x session depends on the set of its reports, not on the order of their arrival: registers are taken by sequence number.
1.6 has no numbers, so there the order of arrival counts. A report that arrives late fills in what it knows and reopens
nothing; what was priced stays as it was. Only `charging_ended_at` is as good as the order of arrival lets us know.

Sources: OCPP 2.0.1 part 2, E01-E14 and 1.3.2 (sequence numbers); OCPP 1.6 sections 3.7, 4.7, 4.8, 4.10.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from msgspec.structs import replace

from voltway.charging.pricing import Tariff
from voltway.contracts.station_link import Authorization, Phase, ReportTransaction
from voltway.contracts.vocabulary import (
    AuthorizationStatus,
    ChargingState,
    ConnectorStatus,
    MeterSample,
    SessionState,
)
from voltway.modules.sessions.model import Session, tariff_text

CLOCK_WAS_SET_S = 12 * 3600
"""A clock that moves further than this inside a session was set, not drifting: each report is corrected by its own offset."""

BILLED_LOCATION = "Outlet"
RESTORED = "restored"
"""The session was open when the backup was made that this database has come from: what became of it since is not known."""
END_LOST = "end_lost"
END_UNREPORTED = "end_unreported"
"""The station says that the transaction is no more, and has never told its end: it ends with the last that was told."""
HELD = "held"
"""Billing waits for a person."""
HELD_FOR_REVIEW = frozenset(
    {
        "conflict",
        END_LOST,
        END_UNREPORTED,
        "meter_implausible",
        "meter_missing",
        "register_decreased",
        "register_missing",
        "signed_energy_differs",
        "signed_value_invalid",
        "start_missing",
        "time_implausible",
    }
)
"""With one of these a session is not priced until a person has looked."""
ROUNDING_WH = 10
"""A register may go back this far: values are rounded, meterStop is cut off."""
LENGTH_MAX = timedelta(days=366)
"""Nobody charges longer: one of the ends was told by a clock that nobody had set."""

_NOT_CHARGING = frozenset({ChargingState.SUSPENDED_EV, ChargingState.EV_CONNECTED, ChargingState.IDLE})


def begin(
    report: ReportTransaction,
    *,
    session_id: str,
    visit_id: str,
    transaction_id: str | None,
    authorization: Authorization | None,
    tariff: Tariff | None,
    invalid_wh: int = 0,
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
    return apply(session, report, authorization, tariff, invalid_wh)


def apply(
    session: Session,
    report: ReportTransaction,
    authorization: Authorization | None = None,
    tariff: Tariff | None = None,
    invalid_wh: int = 0,
) -> Session:
    """The session after one more report of its transaction. A repeat must not come here: the inbox absorbs it. `invalid_wh`:
    what the station goes on to deliver to a token that is not valid (MaxEnergyOnInvalidId)."""
    is_late = _is_late(session, report)
    changed = replace(session, updated_at=report.received_at)
    if END_UNREPORTED in session.reasons and not session.is_priced and (report.phase is Phase.ENDED or not is_late):
        _take_back_end(changed)
    was_ended = changed.is_ended
    at = _session_time(changed, report)
    _count_sequence(changed, report)
    if report.flags:
        flag(changed, *report.flags)
    if not session.is_priced:
        _fill_in(changed, report, authorization, invalid_wh)
        if report.phase is Phase.STARTED:
            _start(changed, report, at, tariff)
        elif not session.has_start:
            changed.started_at = min(changed.started_at, at, *_begin_times(changed, report))
        _take_registers(changed, report, was_ended)
    if not was_ended:
        _progress(changed, report, at, is_late)
    if report.phase is Phase.ENDED:
        _end(changed, report, at)
    _measure(changed)
    return changed


def supersede(session: Session, report: ReportTransaction) -> Session:
    """The session closed because another one began on its EVSE: the station lost its end.

    Its last energy is the new start's register where that goes on from ours; not after a restore, since others may have charged
    meanwhile whom we know nothing of: then a person looks.
    """
    changed = replace(session, updated_at=report.received_at)
    at = _session_time(changed, report)
    register = report.meter_wh
    if RESTORED in changed.reasons:
        flag(changed, END_LOST)
    elif register is not None and (changed.register_wh is None or register >= changed.register_wh):
        changed.register_wh, changed.register_order = register, _order_in(changed, report)
    changed.state, changed.ended_at, changed.end_received_at = SessionState.ENDED, at, report.received_at
    changed.charging_ended_at = changed.charging_ended_at or at
    changed.is_open, changed.power_w = False, 0.0
    flag(changed, "superseded")
    _measure(changed)
    return changed


def end_unreported(session: Session, at: datetime) -> Session:
    """The session closed because its station knows nothing of its transaction any more; `at` is our clock. It ends with the
    last that was told, a person looks at it, and a report that comes nevertheless takes this back (`apply`)."""
    changed = replace(session, updated_at=at)
    changed.state, changed.ended_at, changed.end_received_at = SessionState.ENDED, session.last_report_at, at
    changed.charging_ended_at = session.charging_ended_at or session.last_report_at
    changed.is_open, changed.power_w = False, 0.0
    flag(changed, END_UNREPORTED)
    _measure(changed)
    return changed


def mark(session: Session, reason: str) -> Session:
    """The session with one more reason for a look at it."""
    changed = replace(session)
    flag(changed, reason)
    return changed


def doubt(session: Session) -> Session:
    """The session after a message came a second time with other content."""
    return mark(session, "conflict")


def leave(session: Session, at: datetime) -> Session:
    """A session that has ended, after the car has gone: its visit is over."""
    return replace(session, unplugged_at=session.unplugged_at or at, is_open=False)


def stand_at(session: Session, connector: ConnectorStatus, doing: ChargingState | None, at: datetime) -> Session:
    """The session after its connector has said what it is, and in 1.6 what the transaction does; `at` is our clock."""
    if session.is_ended:
        is_over = connector is ConnectorStatus.AVAILABLE and session.is_open and (session.end_received_at or at) <= at
        return leave(session, at) if is_over else session
    if doing is None or doing == session.charging_state:
        return session
    changed = replace(session)
    _do(changed, doing, at)
    return changed


def hand_over(session: Session) -> Session:
    """A session that has ended, after another one of the same visit has begun: the car is still there."""
    return replace(session, is_open=False)


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


def is_limited(authorization: Authorization) -> bool:
    """Whether the token may have so many sessions at once and no more."""
    return authorization.concurrent_max is not None and is_accepted(authorization)


def is_first_with_token(session: Session, report: ReportTransaction) -> bool:
    """Whether a report is the one that has shown the token which the session is charged to."""
    return report.id_token is not None and session.id_token_order == _order(report)


def offset_s(session: Session, report: ReportTransaction) -> int:
    """What to add to the times of a report. One offset holds for a session, so that its length is the station's own."""
    ours, theirs = session.clock_offset_s, report.clock_offset_s
    return theirs if abs(theirs - ours) > CLOCK_WAS_SET_S else ours


def corrected(at: datetime, offset_s: int) -> datetime:
    """A station's instant on our clock."""
    return at + timedelta(seconds=offset_s) if offset_s else at


def awaits_review(state: str, cost: str | None, is_priced: bool, reasons: Collection[str]) -> bool:
    """Whether a session is over and is priced only when a person has said so. `tables.AWAITS_REVIEW` says the same in SQL."""
    is_held_here = not is_priced and not HELD_FOR_REVIEW.isdisjoint(reasons)
    return state == "ended" and cost is None and (is_held_here or HELD in reasons)


def flag(session: Session, *reasons: str) -> None:
    """Note why a person should look at a session."""
    session.review = " ".join(dict.fromkeys((*session.reasons, *reasons)))


def unflag(session: Session, *reasons: str) -> None:
    """Take back reasons that are none any more."""
    session.review = " ".join(reason for reason in session.reasons if reason not in reasons)


# ---- the parts of `apply`; each changes the copy that `apply` made


def _take_back_end(session: Session) -> None:
    """The end was ours: the station goes on telling, perhaps the true one."""
    session.state, session.is_open = SessionState.ACTIVE, True
    session.ended_at = session.end_received_at = session.meter_stop_wh = None
    if session.charging_ended_at == session.last_report_at:
        session.charging_ended_at = None
    unflag(session, END_UNREPORTED, *_ODD)


def _session_time(session: Session, report: ReportTransaction) -> datetime:
    """The report's time on our clock."""
    offset = offset_s(session, report)
    if offset != session.clock_offset_s:
        flag(session, "clock_set")
    return corrected(report.occurred_at, offset)


def _is_late(session: Session, report: ReportTransaction) -> bool:
    """Whether later reports of the transaction were here before."""
    number, last = report.sequence_number, session.sequence_last
    return number is not None and last is not None and number < last


def _count_sequence(session: Session, report: ReportTransaction) -> None:
    number = report.sequence_number
    if number is None:
        return
    session.sequence_count += 1
    if session.sequence_first is None or number < session.sequence_first:
        session.sequence_first = number
    if session.sequence_last is None or number > session.sequence_last:
        session.sequence_last = number


def _fill_in(session: Session, report: ReportTransaction, authorization: Authorization | None, invalid_wh: int) -> None:
    """Take over what the session does not know yet."""
    if session.evse_number is None:
        session.evse_number = report.evse_number
    if session.connector_number is None:
        session.connector_number = report.connector_number
    if session.remote_start_id is None:
        session.remote_start_id = report.remote_start_id
    token = report.id_token
    if token is None:
        return
    order = _order_in(session, report)
    if session.id_token_order is not None and session.id_token_order <= order:
        return  # whoever came first has begun the session: another one may end it
    session.id_token, session.id_token_kind, session.id_token_order = token.value, token.kind, order
    if authorization is not None:
        session.id_token_id, session.user_id = authorization.id_token_id, authorization.user_id
        unflag(session, "not_authorized")
        session.tolerated_wh = None
        if not is_accepted(authorization):
            flag(session, "not_authorized")
            session.tolerated_wh = session.energy_wh + invalid_wh if invalid_wh else None


def _start(session: Session, report: ReportTransaction, at: datetime, tariff: Tariff | None) -> None:
    session.has_start = True
    session.started_at, session.start_received_at = at, min(session.start_received_at, report.received_at)
    if session.tariff is None and tariff is not None:
        session.tariff = tariff_text(tariff)
    if report.meter_wh is not None:
        session.meter_start_wh, session.meter_start_order = report.meter_wh, _order_in(session, report) - 1
        if session.register_wh is None:
            session.register_wh, session.register_order = report.meter_wh, session.meter_start_order


def _begin_times(session: Session, report: ReportTransaction) -> list[datetime]:
    """When the charge began, as a report tells that is not its start (1.6 transactionData)."""
    return [
        corrected(sample.at, offset_s(session, report))
        for sample in report.samples
        if sample.context == "Transaction.Begin"
    ]


def _take_registers(session: Session, report: ReportTransaction, was_ended: bool) -> None:
    """The lowest-ordered register is the start, the highest the present or final one."""
    is_numbered = report.sequence_number is not None
    if not is_numbered and session.sequence_last is not None:
        return  # a 2.x MeterValues beside the transaction's own events has no place in their order
    if not is_numbered and was_ended and session.meter_stop_wh is not None:
        return  # 1.6: what was agreed at the stop stands, whatever straggles in
    order = _order_in(session, report)
    samples = report.samples if len(report.samples) < 2 else sorted(report.samples, key=lambda sample: sample.at)
    for sample in samples:
        energy_wh = sample.energy_wh
        if energy_wh is None or sample.location != BILLED_LOCATION:
            continue
        if sample.context == "Transaction.Begin":
            _advance_start(session, energy_wh, order - _BEGIN_LEADS if is_numbered else order)
            continue
        _advance_start(session, energy_wh, order)
        _advance_register(session, energy_wh, order)
    if report.phase is Phase.ENDED and report.meter_wh is not None:
        _advance_register(session, report.meter_wh, order)


_BEGIN_LEADS = 2**40
"""A value that says it is of the beginning comes before all others, whichever report brings it."""


def _advance_start(session: Session, energy_wh: int, order: int) -> None:
    if session.meter_start_order is None or order < session.meter_start_order:
        session.meter_start_wh, session.meter_start_order = energy_wh, order


def _advance_register(session: Session, energy_wh: int, order: int) -> None:
    is_earlier = session.register_order is not None and order < session.register_order
    if session.register_wh is not None:
        step_wh = session.register_wh - energy_wh if is_earlier else energy_wh - session.register_wh
        if step_wh < -ROUNDING_WH:
            flag(session, "register_decreased")
    if not is_earlier:
        session.register_wh, session.register_order = energy_wh, order


def _progress(session: Session, report: ReportTransaction, at: datetime, is_late: bool) -> None:
    if at > session.last_report_at:
        session.last_report_at = at
    if is_late:
        return
    state = report.charging_state
    if state is not None:
        _do(session, state, at)
    sample = _latest(report.samples)
    if sample is not None:
        if sample.power_w is not None:
            session.power_w = sample.power_w
        if sample.soc_percent is not None:
            session.soc_percent = sample.soc_percent


def _do(session: Session, state: ChargingState, at: datetime) -> None:
    if state in _NOT_CHARGING and session.charging_state == ChargingState.CHARGING:
        session.charging_ended_at = at
    elif state is ChargingState.CHARGING:
        session.charging_ended_at = None
    session.charging_state = state


def _latest(samples: tuple[MeterSample, ...]) -> MeterSample | None:
    if len(samples) == 1:
        return samples[0]
    billed = [sample for sample in samples if sample.location == BILLED_LOCATION]
    return max(billed, key=lambda sample: sample.at, default=None)


def _end(session: Session, report: ReportTransaction, at: datetime) -> None:
    if session.is_ended:
        return
    session.state, session.end_received_at = SessionState.ENDED, report.received_at
    session.ended_at = at
    session.stop_reason = report.reason
    session.charging_ended_at = session.charging_ended_at or at
    session.power_w = 0.0
    if report.trigger == "EVDeparted" or report.reason == "EVDisconnected" or session.unplugged_at is not None:
        session.unplugged_at = session.unplugged_at or session.ended_at
        session.is_open = False


def _measure(session: Session) -> None:
    """Energy from the registers; never negative. What is odd about a session that is over is told anew each time, so that
    a late report takes back what it explains."""
    start, register = session.meter_start_wh, session.register_wh
    session.energy_wh = max(register - start, 0) if start is not None and register is not None else 0
    if session.tolerated_wh is not None:
        unflag(session, "not_authorized")
        if session.energy_wh > session.tolerated_wh:
            flag(session, "not_authorized")
    if not session.is_ended:
        return
    session.meter_stop_wh = register
    _bound_times(session)
    is_metered = start is not None and register is not None and _is_measured_twice(session)
    has_gap = session.has_start and _missing_count(session) > 0
    odd = {  # the names are those of _ODD
        "start_missing": not session.has_start,
        "meter_missing": not is_metered,
        "meter_implausible": start is not None and register is not None and register < start,
        "thinned": has_gap,
        "register_missing": is_metered and has_gap and not _is_measured_at_both_ends(session),
    }
    unflag(session, *odd)
    flag(session, *(reason for reason, is_so in odd.items() if is_so))


_ODD = ("start_missing", "meter_missing", "meter_implausible", "thinned", "register_missing")
"""What is said of a session that is over, and only of that."""


def _bound_times(session: Session) -> None:
    """An end before the start is the start."""
    started_at, ended_at = session.started_at, session.ended_at
    if ended_at is None or not session.has_start:
        return
    if not started_at <= ended_at <= started_at + LENGTH_MAX:
        flag(session, "time_implausible")
    session.ended_at = max(ended_at, started_at)
    session.charging_ended_at = max(session.charging_ended_at or ended_at, started_at)


def _is_measured_twice(session: Session) -> bool:
    """Whether the first and the last register are not one and the same value."""
    return (session.meter_start_order, session.meter_start_wh) != (session.register_order, session.register_wh)


def _is_measured_at_both_ends(session: Session) -> bool:
    """Whether the registers are those of the first and the last report, so that the missing ones do not matter (E04.FR.08)."""
    return session.register_order == session.sequence_last and (session.meter_start_order or 0) <= (
        session.sequence_first or 0
    )


def _missing_count(session: Session) -> int:
    """How many sequence numbers between the first and the last have not arrived. Gaps are legal (E04.FR.08): a station short
    of memory drops every second update."""
    if session.sequence_first is None or session.sequence_last is None:
        return 0
    return session.sequence_last - session.sequence_first + 1 - session.sequence_count


def _order_in(session: Session, report: ReportTransaction) -> int:
    """The place of a report in its session. Without a number it is that of its arrival: behind all that was here before, also
    where our own clock has been set back meanwhile."""
    order = _order(report)
    if report.sequence_number is not None:
        return order
    known = (session.id_token_order, session.meter_start_order, session.register_order)
    return max([order, *(each for each in known if each is not None)])


def _order(report: ReportTransaction) -> int:
    if report.sequence_number is not None:
        return report.sequence_number
    return int(report.received_at.timestamp() * 1000)
