"""What reports do to a session: no database, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from voltway.contracts.station_link import Authorization, Phase, ReportTransaction
from voltway.contracts.vocabulary import AuthorizationStatus, ChargingState, IdToken, SessionState
from voltway.modules.sessions import rules
from voltway.modules.sessions.model import Session, tariff_text

from .builders import (  # noqa: TID252  (tests are not installed)
    ACCEPTED,
    TARIFF,
    a_charge,
    a_report,
    a_sample,
    a_start,
    a_stop,
    a_value,
    an_event,
    at,
)

STARTED, UPDATED, ENDED, METERED = Phase


def begun(report: ReportTransaction, **changes: Any) -> Session:
    values: dict[str, Any] = {
        "session_id": "session-1",
        "visit_id": "visit-1",
        "transaction_id": report.transaction_id or "4711",
        "authorization": ACCEPTED if report.id_token else None,
        "tariff": TARIFF if report.phase is STARTED else None,
    }
    return rules.begin(report, **values | changes)


def applied(session: Session, report: ReportTransaction) -> Session:
    authorization = ACCEPTED if report.id_token else None
    return rules.apply(session, report, authorization, TARIFF if report.phase is STARTED else None)


def story(reports: Iterable[ReportTransaction]) -> Session:
    """The session after reports in this order of arrival."""
    first, *others = reports
    session = begun(first)
    for report in others:
        session = applied(session, report)
    return session


TELLS_OF_ARRIVAL = {
    "settled_at",
    "start_received_at",
    "end_received_at",
    "updated_at",
    "charging_ended_at",  # the first pause after the last charging that we have heard of
    "charging_state",  # the latest that was heard while it went on
    "power_w",
    "soc_percent",
}


def outcome(session: Session) -> dict[str, Any]:
    """What must not depend on the order of arrival."""
    fields = {name: value for name, value in asdict(session).items() if name not in TELLS_OF_ARRIVAL}
    return fields | {"review": set(session.reasons)}


# ---- any order (F40)


@st.composite
def charges(draw: st.DrawFn) -> list[ReportTransaction]:
    """All events of a 2.x transaction: any first number, registers here and there, several tokens."""
    first, steps = draw(st.integers(0, 1_000)), draw(st.integers(1, 6))
    times = sorted(draw(st.lists(st.integers(0, 86_400), min_size=steps + 1, max_size=steps + 1, unique=True)))
    registers = sorted(draw(st.lists(st.integers(0, 100_000), min_size=steps + 1, max_size=steps + 1)))
    tokens = [None, IdToken("CARD-1", "ISO14443"), IdToken("CARD-2", "ISO14443")]
    events = []
    for index in range(steps + 1):
        phase = STARTED if index == 0 else ENDED if index == steps else UPDATED
        context = {STARTED: "Transaction.Begin", ENDED: "Transaction.End"}.get(phase)
        events.append(
            an_event(
                phase,
                first + index,
                times[index],
                draw(st.sampled_from([registers[index], None])),
                draw(st.sampled_from([context, None])),
                id_token=draw(st.sampled_from(tokens)),
                charging_state=draw(st.sampled_from([None, ChargingState.CHARGING, ChargingState.SUSPENDED_EV])),
                evse_number=draw(st.sampled_from([1, None])),
                remote_start_id=draw(st.sampled_from([77, None])),
            )
        )
    return events


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # a busy machine is no finding
@given(charges(), st.data())
def test_session_depends_on_the_set_of_its_events_not_on_their_order(
    events: list[ReportTransaction], data: st.DataObject
) -> None:
    arrived = data.draw(st.lists(st.sampled_from(events), min_size=1, unique_by=id))
    in_order = sorted(arrived, key=lambda event: event.sequence_number or 0)
    assert outcome(story(arrived)) == outcome(story(in_order))


@given(charges(), st.data())
def test_session_becomes_ready_to_price_at_most_once_and_is_never_changed_afterwards(
    events: list[ReportTransaction], data: st.DataObject
) -> None:
    priced: Session | None = None
    session: Session | None = None
    for event in data.draw(st.permutations(events)):
        session = begun(event) if session is None else applied(session, event)
        if rules.is_ready_to_price(session):
            assert priced is None
            priced = session = replace(session, is_priced=True)
    if priced is not None and session is not None:
        for name in ("energy_wh", "started_at", "ended_at", "meter_start_wh", "meter_stop_wh", "tariff"):
            assert getattr(session, name) == getattr(priced, name)


@given(st.lists(st.integers(-(2**31), 2**40), min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_energy_is_never_negative_whatever_the_registers(registers: list[int], random: Any) -> None:
    last = len(registers) - 1
    phases = [STARTED, *[UPDATED] * (last - 1), ENDED]
    events = [an_event(phase, n, n * 60, registers[n]) for n, phase in enumerate(phases)]
    random.shuffle(events)
    session = story(events)
    assert session.energy_wh >= 0
    assert ("meter_implausible" in session.reasons) == (registers[-1] < registers[0])


def test_what_was_priced_stays_whatever_is_said_afterwards() -> None:
    priced = replace(story(a_charge()), is_priced=True)
    after = applied(priced, an_event(UPDATED, 9, 7_200, 99_000, id_token="ANOTHER"))
    after = applied(after, an_event(ENDED, 10, 9_000, 99_500, reason="PowerLoss"))
    for name in ("energy_wh", "meter_stop_wh", "ended_at", "stop_reason", "id_token", "is_priced"):
        assert getattr(after, name) == getattr(priced, name), name


def test_events_of_one_charge_tell_its_energy_times_and_token() -> None:
    session = story(a_charge())
    assert (session.state, session.energy_wh) == (SessionState.ENDED, 7_000)
    assert (session.meter_start_wh, session.meter_stop_wh) == (1_000, 8_000)
    assert (session.started_at, session.ended_at) == (at(0), at(3_600))
    assert (session.id_token, session.stop_reason, session.evse_number) == ("CARD-1", "Local", 1)
    assert session.review == ""


def test_token_of_the_earliest_event_counts_however_late_it_arrives() -> None:
    started, updated, _, ended = a_charge()
    started = replace(started, id_token=None)
    updated = replace(updated, id_token=IdToken("OWNER"))
    ended = replace(ended, id_token=IdToken("FRIEND"))
    assert story([started, ended, updated]).id_token == "OWNER"


def test_refusal_of_a_token_that_is_not_the_sessions_is_taken_back() -> None:
    started, *_, ended = a_charge()
    refused = Authorization(status=AuthorizationStatus.BLOCKED)
    session = begun(replace(ended, id_token=IdToken("FRIEND")), authorization=refused)
    assert "not_authorized" in session.reasons
    session = applied(session, started)
    assert (session.id_token, "not_authorized" in session.reasons) == ("CARD-1", False)


def test_session_of_a_refused_token_is_flagged_and_still_priced() -> None:
    refused = Authorization(status=AuthorizationStatus.BLOCKED)
    session = applied(begun(a_start(), authorization=refused), a_stop("4711"))
    assert session.review == "not_authorized"
    assert rules.is_ready_to_price(session)


def test_what_a_station_may_deliver_to_an_invalid_token_is_counted_from_when_it_heard_so() -> None:
    refused = Authorization(status=AuthorizationStatus.BLOCKED)
    started, updated, more, ended = a_charge()
    started, updated = replace(started, id_token=None), replace(updated, id_token=IdToken("CARD-1"))
    session = rules.apply(begun(started), updated, refused, None, 5_000)  # 2 kWh by then
    assert session.tolerated_wh == 5_000
    session = applied(applied(session, more), ended)
    assert (session.energy_wh, session.review) == (7_000, "not_authorized")


def test_a_token_that_is_good_after_all_ends_what_was_tolerated() -> None:
    refused = Authorization(status=AuthorizationStatus.BLOCKED)
    started, *_, ended = a_charge()
    session = rules.apply(begun(replace(started, id_token=None)), ended, refused, None, 100)
    session = applied(session, started)
    assert (session.tolerated_wh, session.review) == (None, "thinned")


def test_event_that_arrives_late_does_not_set_what_the_session_does_now() -> None:
    started, *_ = a_charge()
    now = an_event(UPDATED, 5, 600, 2_000, charging_state=ChargingState.CHARGING)
    now = replace(now, samples=(a_sample(600, 2_000, power_w=7_000.0, soc_percent=50.0),))
    late = an_event(UPDATED, 3, 300, 1_500, charging_state=ChargingState.SUSPENDED_EV)
    late = replace(late, samples=(a_sample(300, 1_500, power_w=100.0, soc_percent=40.0),))
    session = story([started, now, late])
    assert (session.charging_state, session.power_w, session.soc_percent) == (ChargingState.CHARGING, 7_000.0, 50.0)
    assert (session.register_wh, session.charging_ended_at) == (2_000, None)


# ---- end before start (F41)


def test_end_without_start_waits_and_the_start_makes_it_ready_once() -> None:
    started, _, _, ended = a_charge()
    ended = replace(ended, sequence_number=1)
    waiting = begun(ended)
    assert waiting.review == "start_missing meter_missing"
    assert not rules.is_ready_to_price(waiting)
    complete = applied(waiting, started)
    assert complete.review == ""
    assert rules.is_ready_to_price(complete)
    assert (complete.energy_wh, complete.tariff) == (7_000, tariff_text(TARIFF))
    assert not rules.is_ready_to_price(replace(complete, is_priced=True))


def test_end_before_the_start_by_the_stations_clock_lasts_no_time_and_is_flagged_in_either_order() -> None:
    started, *_, ended = a_charge()
    ended = replace(ended, sequence_number=1, occurred_at=at(-60))
    for reports in ([started, ended], [ended, started]):
        session = story(reports)
        assert session.started_at == session.ended_at == session.charging_ended_at == at(0)
        assert session.review == "time_implausible"


# ---- gaps (F42)


def test_gap_of_updates_is_priced_on_the_registers_and_marked_thinned() -> None:
    started, _, _, ended = a_charge()
    session = story([started, ended])
    assert session.review == "thinned"
    assert (session.energy_wh, rules.is_ready_to_price(session)) == (7_000, True)


def test_update_that_closes_the_gap_takes_the_mark_back() -> None:
    started, first, second, ended = a_charge()
    assert story([started, ended, second]).review == "thinned"
    assert story([started, ended, second, first]).review == ""


def test_gap_is_not_priced_while_the_register_of_an_end_is_missing() -> None:
    # The energy of the missing updates is not known: an invoice over what is here would be too low.
    started, first, second, ended = a_charge()
    session = story([started, first, replace(ended, samples=())])
    assert (session.review, rules.is_ready_to_price(session)) == ("thinned register_missing", False)
    session = applied(session, second)
    assert (session.review, session.energy_wh) == ("", 5_000)
    assert rules.is_ready_to_price(session)


def test_gap_after_a_start_without_register_is_not_priced_either() -> None:
    started, first, second, ended = a_charge()
    session = story([replace(started, samples=()), second, ended])
    assert (session.review, rules.is_ready_to_price(session)) == ("thinned register_missing", False)
    session = applied(session, first)
    assert (session.review, session.energy_wh, session.meter_start_wh) == ("", 5_000, 3_000)


def test_charge_without_any_register_waits_for_a_person() -> None:
    started, first, second, ended = (replace(event, samples=()) for event in a_charge())
    session = story([started, first, second, ended])
    assert (session.review, session.energy_wh, rules.is_ready_to_price(session)) == ("meter_missing", 0, False)


def test_sequence_may_begin_at_any_number() -> None:
    events = [replace(event, sequence_number=(event.sequence_number or 0) + 41) for event in a_charge()]
    assert story(events).review == ""


# ---- registers


def test_samples_of_one_event_count_by_their_time_and_only_where_energy_is_billed() -> None:
    started, *_ = a_charge()
    ended = an_event(
        ENDED,
        1,
        3_600,
        samples=(
            a_sample(3_600, 8_000, context="Transaction.End"),
            a_sample(1_800, 5_000),
            a_sample(3_600, 9_999, location="Inlet"),
        ),
    )
    assert story([started, ended]).energy_wh == 7_000


def test_start_register_in_the_end_counts_where_the_start_said_none() -> None:
    started, *_ = a_charge()
    ended = an_event(
        ENDED,
        1,
        3_600,
        samples=(a_sample(0, 2_000, context="Transaction.Begin"), a_sample(3_600, 8_000, context="Transaction.End")),
    )
    assert story([replace(started, samples=()), ended]).energy_wh == 6_000
    assert story([started, ended]).energy_wh == 7_000
    later_value = replace(started, samples=(a_sample(30, 2_500),))  # what the start says is of after the begin
    for reports in ([later_value, ended], [ended, later_value]):
        assert story(reports).energy_wh == 6_000


def test_decreasing_register_is_flagged_and_held() -> None:
    session = story([an_event(STARTED, 0, 0, 1_000), an_event(UPDATED, 1, 60, 5_000), an_event(ENDED, 2, 120, 1_200)])
    assert (session.energy_wh, session.review) == (200, "register_decreased")
    assert not rules.is_ready_to_price(session)


def test_decreasing_register_is_noticed_when_the_higher_one_arrives_late() -> None:
    started, first, ended = (
        an_event(STARTED, 0, 0, 1_000),
        an_event(UPDATED, 1, 60, 5_000),
        an_event(ENDED, 2, 120, 1_200),
    )
    assert story([started, ended, first]).review == "register_decreased"


def test_step_back_by_rounding_is_no_decrease() -> None:
    # A value of 7,999.6 Wh is rounded, the 1.6 meterStop of the same instant is cut off.
    session = story([a_start(), a_value("4711", 3_599, 8_000), a_stop("4711", meter_wh=7_999)])
    assert (session.energy_wh, session.review) == (6_999, "")


@pytest.mark.parametrize("meter_stop_wh", [999, 0, -5])
def test_final_register_below_the_first_is_held_with_no_energy(meter_stop_wh: int) -> None:
    session = story([a_start(), a_stop("4711", meter_wh=meter_stop_wh)])
    assert (session.state, session.energy_wh) == (SessionState.ENDED, 0)
    assert "meter_implausible" in session.reasons
    assert not rules.is_ready_to_price(session)


def test_meter_values_beside_a_2x_transaction_do_not_move_its_registers() -> None:
    started, *_ = a_charge()
    beside = a_report(METERED, 60, protocol="ocpp2.0.1", samples=(a_sample(60, 99_000),))
    assert story([started, beside]).energy_wh == 0


# ---- 1.6


def test_1_6_charge_runs_from_start_to_stop_register() -> None:
    running = story([a_start(), a_value("4711", 1_800, 4_000)])
    assert (running.state, running.energy_wh, running.meter_stop_wh) == (SessionState.ACTIVE, 3_000, None)
    ended = applied(running, a_stop("4711"))
    assert (ended.state, ended.energy_wh, ended.meter_stop_wh) == (SessionState.ENDED, 7_000, 8_000)
    assert rules.is_ready_to_price(ended)


def test_1_6_charge_keeps_its_registers_and_token_when_our_own_clock_is_set_back_meanwhile() -> None:
    early = {"received_at": at(-3_600)}
    ended = story(
        [
            a_start(),
            replace(a_value("4711", 1_800, 4_000), **early),
            replace(a_stop("4711", id_token="FRIEND"), **early),
        ]
    )
    assert (ended.meter_start_wh, ended.meter_stop_wh, ended.energy_wh) == (1_000, 8_000, 7_000)
    assert (ended.id_token, ended.review) == ("CARD-1", "")
    assert rules.is_ready_to_price(ended)


def test_1_6_value_that_arrives_after_the_stop_changes_nothing() -> None:
    ended = story([a_start(), a_stop("4711")])
    after = applied(ended, replace(a_value("4711", 3_590, 7_990), received_at=at(4_000)))
    assert outcome(after) == outcome(ended)


def test_second_1_6_stop_with_other_content_changes_nothing() -> None:
    ended = story([a_start(), a_stop("4711")])
    after = applied(ended, a_stop("4711", 7_200, meter_wh=9_000, reason="PowerLoss", id_token="FRIEND"))
    assert outcome(after) == outcome(ended)


def test_1_6_stop_of_another_card_does_not_change_whose_session_it_is() -> None:
    assert story([a_start(), a_stop("4711", id_token="FRIEND")]).id_token == "CARD-1"


def test_1_6_stop_that_tells_its_begin_gives_a_session_without_a_start() -> None:
    data = (a_sample(0, 1_000, context="Transaction.Begin"), a_sample(3_600, 8_000, context="Transaction.End"))
    session = begun(a_stop("4711", samples=data))
    assert (session.energy_wh, session.review) == (7_000, "start_missing")
    assert (session.started_at, session.ended_at) == (at(0), at(3_600))


# ---- superseded (the end was lost, F43)


def test_superseded_session_ends_at_the_new_start_with_its_register() -> None:
    running = story([a_start(), a_value("4711", 600, 3_000)])
    ended = rules.supersede(running, a_start(7_200, meter_wh=9_000))
    assert (ended.state, ended.ended_at, ended.energy_wh, ended.is_open) == (
        SessionState.ENDED,
        at(7_200),
        8_000,
        False,
    )
    assert ended.review == "superseded"
    assert rules.is_ready_to_price(ended)


def test_superseded_session_keeps_its_register_where_the_new_start_has_a_lower_one() -> None:
    running = story([a_start(), a_value("4711", 600, 3_000)])
    assert rules.supersede(running, a_start(7_200, meter_wh=0)).energy_wh == 2_000


def test_session_superseded_by_a_start_with_an_earlier_time_lasts_no_time() -> None:
    ended = rules.supersede(story([a_start()]), a_start(-600))
    assert ended.ended_at == ended.started_at
    assert "time_implausible" in ended.reasons


# ---- clocks (F63)

CLOCK_WRONG_S = 56 * 365 * 86_400
WRONG = timedelta(seconds=CLOCK_WRONG_S)


@given(st.integers(-(10**9), 10**9), st.integers(-30_000, 30_000))
def test_offset_moves_a_session_and_keeps_its_length(offset_s: int, drift_s: int) -> None:
    started = a_start(-offset_s, clock_offset_s=offset_s)
    stopped = a_stop("4711", 3_600 - offset_s, clock_offset_s=offset_s + drift_s)
    session = story([started, stopped])
    assert session.started_at == at(0)
    assert session.ended_at == at(3_600)
    assert session.review == ""


def test_clock_that_is_set_while_charging_is_flagged_and_each_time_corrected_by_its_own_offset() -> None:
    started = replace(a_start(), occurred_at=at(0) - WRONG, clock_offset_s=CLOCK_WRONG_S)
    stopped = a_stop("4711", 3_600)
    session = story([started, stopped])
    assert (session.started_at, session.ended_at) == (at(0), at(3_600))
    assert session.review == "clock_set"


def test_start_whose_clock_was_never_measured_is_not_billed_for_decades() -> None:
    # Queued while offline with a clock in 1970: nobody knows the offset, and the stop is of today.
    started = replace(a_start(), occurred_at=at(0) - WRONG, flags=("clock_unset",))
    session = story([started, a_stop("4711", 3_600)])
    assert {"clock_unset", "time_implausible"} <= set(session.reasons)
    assert not rules.is_ready_to_price(session)


# ---- the visit


def test_session_ends_with_its_car_gone_where_the_station_says_so() -> None:
    started, *_, ended = a_charge()
    gone = story([started, replace(ended, reason="EVDisconnected")])
    assert (gone.unplugged_at, gone.is_open) == (at(3_600), False)
    there = story([started, ended])
    assert (there.unplugged_at, there.is_open) == (None, True)


def test_next_charge_of_the_same_car_is_the_same_visit() -> None:
    ended = story([a_start(), a_stop("4711")])
    assert rules.is_same_visit(ended, a_start(4_000, id_token="card-1"))
    assert not rules.is_same_visit(ended, a_start(4_000, id_token="CARD-2"))
    assert not rules.is_same_visit(rules.leave(ended, at(3_700)), a_start(4_000))
    assert not rules.is_same_visit(story([a_start()]), a_start(4_000))


def test_session_that_is_followed_in_the_same_visit_is_closed_while_the_car_stays() -> None:
    ended = rules.hand_over(story([a_start(), a_stop("4711")]))
    assert (ended.is_open, ended.unplugged_at) == (False, None)


def test_charging_ended_is_when_the_car_stopped_drawing_power() -> None:
    started, *_, ended = a_charge(charging_state=None)
    charging = an_event(UPDATED, 1, 60, charging_state=ChargingState.CHARGING)
    pause = an_event(UPDATED, 2, 600, charging_state=ChargingState.SUSPENDED_EV)
    again = an_event(UPDATED, 3, 700, charging_state=ChargingState.CHARGING)
    full = an_event(UPDATED, 4, 1_800, charging_state=ChargingState.SUSPENDED_EV)
    ended = replace(ended, sequence_number=5)
    assert story([started, charging, pause]).charging_ended_at == at(600)
    assert story([started, charging, pause, again]).charging_ended_at is None
    assert story([started, charging, pause, again, full, ended]).charging_ended_at == at(1_800)
    assert story([started, charging, pause, again, replace(ended, sequence_number=4)]).charging_ended_at == at(3_600)


# ---- doubt


def test_other_content_under_the_same_number_holds_the_session() -> None:
    started, *_, ended = a_charge()
    ended = replace(ended, sequence_number=1)
    session = story([started, ended])
    assert rules.is_ready_to_price(session)
    assert not rules.is_ready_to_price(rules.doubt(session))


def test_what_the_gateway_noticed_is_kept_once() -> None:
    started, first, second, _ = a_charge(flags=("zone_missing",))
    assert (
        story([started, first, replace(second, flags=("zone_missing", "schema_error"))]).review
        == "zone_missing schema_error"
    )
