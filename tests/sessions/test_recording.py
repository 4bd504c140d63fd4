"""Reports in, rows and answers out: on a real database, through the group commit."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from voltway.contracts.station_link import Phase, ReportTransaction, TransactionReceipt
from voltway.contracts.vocabulary import AuthorizationStatus
from voltway.modules.sessions import rules
from voltway.modules.sessions.recording import TransactionRecorder

from .builders import (  # noqa: TID252  (tests are not installed)
    STATION,
    a_charge,
    a_report,
    a_sample,
    a_start,
    a_stop,
    a_value,
    an_event,
    at,
)
from .conftest import Platform  # noqa: TID252

STARTED, UPDATED, ENDED, METERED = Phase
ANOTHER_STATION = {"station_id": "11111111-0000-7000-8000-000000000002", "station_identity": "CS-2"}


def again(report: ReportTransaction, **changes: Any) -> ReportTransaction:
    """The same message as a station says it again: another message id, later."""
    received_at = changes.pop("received_at", report.received_at + (at(30) - at(0)))
    return replace(report, message_id=f"{report.message_id}-again", received_at=received_at, **changes)


def verdict(receipt: TransactionReceipt) -> AuthorizationStatus | None:
    return receipt.authorization.status if receipt.authorization else None


# ---- from start to end


async def test_1_6_charge_becomes_a_session_with_its_samples(platform: Platform) -> None:
    (started,) = await platform.record(a_start())
    assert verdict(started) is AuthorizationStatus.ACCEPTED
    assert started.transaction_id is not None
    assert 0 < int(started.transaction_id) < 2**31
    await platform.record(a_value(started.transaction_id, 60, 1_500), a_stop(started.transaction_id))
    session = await platform.session()
    assert (session.id, session.transaction_id) == (started.session_id, started.transaction_id)
    assert (session.state, session.energy_wh, session.meter_start_wh, session.meter_stop_wh) == (
        "ended",
        7_000,
        1_000,
        8_000,
    )
    assert (session.started_at, session.ended_at, session.review) == (at(0), at(3_600), "")
    assert (session.id_token, session.id_token_id) == ("CARD-1", platform.token_id)
    assert [(row.session_id, row.energy_wh) for row in await platform.samples()] == [(session.id, 1_500)]
    assert len(await platform.inbox()) == 3


async def test_2x_charge_in_one_batch_and_one_by_one_gives_the_same_session(platform: Platform) -> None:
    await platform.batch(*a_charge("TX-1"))
    await platform.record(*a_charge("TX-2"))
    together, apart = await platform.sessions()
    for name in ("state", "energy_wh", "started_at", "ended_at", "meter_start_wh", "meter_stop_wh", "review"):
        assert getattr(together, name) == getattr(apart, name)
    assert together.energy_wh == 7_000


async def test_token_nobody_knows_gets_its_verdict_and_the_session_is_kept(platform: Platform) -> None:
    (receipt,) = await platform.record(a_start(id_token="NOBODY"))
    assert verdict(receipt) is AuthorizationStatus.INVALID
    assert (await platform.session()).review == "not_authorized"


async def test_sample_is_kept_whole_and_on_our_clock(platform: Platform) -> None:
    (started,) = await platform.record(a_start(-7_200, clock_offset_s=7_200))
    sample = a_sample(
        -7_140,
        1_500,
        power_w=7_400.5,
        current_a=32.0,
        voltage_v=231.25,
        soc_percent=55.0,
        phases={"Voltage": {"L1": 230.0, "L2": 232.5}},
        extra={"Temperature": 21.5},
        signed=["AAEC"],
    )
    await platform.record(a_report(METERED, -7_140, transaction_id=started.transaction_id, samples=(sample,)))
    (row,) = await platform.samples()
    assert row.at == at(60)
    for name in ("energy_wh", "power_w", "current_a", "voltage_v", "soc_percent", "phases", "extra", "signed"):
        assert getattr(row, name) == getattr(sample, name)
    session = await platform.session()
    assert (session.started_at, session.power_w, session.soc_percent) == (at(0), 7_400.5, 55.0)


# ---- repeats (F37, F38)

REPEATED = {
    "1.6 start": lambda transaction_id: a_start(),
    "1.6 value": lambda transaction_id: a_value(transaction_id, 60, 2_000),
    "1.6 value of no transaction": lambda transaction_id: a_value(None, 60, 2_000),
    "1.6 stop": lambda transaction_id: a_stop(transaction_id),
    "1.6 stop of an unknown transaction": lambda transaction_id: a_stop("999"),
    "1.6 stop with a card": lambda transaction_id: a_stop(transaction_id, id_token="CARD-1"),
}


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one by one"])
@pytest.mark.parametrize("make", REPEATED.values(), ids=REPEATED.keys())
async def test_repeat_gets_the_same_answer_and_changes_nothing(platform: Platform, make: Any, together: bool) -> None:
    (started,) = await platform.record(a_start())
    report = make(started.transaction_id)
    (first,) = await platform.record(report)
    before = [await platform.sessions(), await platform.inbox(), await platform.samples()]
    send = platform.batch if together else platform.record
    assert await send(again(report), again(report)) == [first, first]
    assert [await platform.sessions(), await platform.inbox(), await platform.samples()] == before


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one by one"])
async def test_charge_of_which_everything_is_said_three_times_is_one_charge(platform: Platform, together: bool) -> None:
    send = platform.batch if together else platform.record
    reports = [report for event in a_charge() for report in (event, again(event), again(event))]
    receipts = await send(*reports)
    for index in range(0, len(receipts), 3):
        assert receipts[index] == receipts[index + 1] == receipts[index + 2]
    session = await platform.session()
    assert (session.energy_wh, session.sequence_count, session.review) == (7_000, 4, "")
    assert (len(await platform.inbox()), len(await platform.samples())) == (4, 4)


async def test_whole_charge_said_again_after_its_end_changes_nothing(platform: Platform) -> None:
    await platform.batch(*a_charge())
    await platform.settled()
    before = await platform.session()
    await platform.batch(*(again(event) for event in a_charge()))
    assert await platform.session() == before
    assert len(await platform.inbox()) == 4


async def test_repeat_that_was_queued_while_offline_is_a_repeat(platform: Platform) -> None:
    # E04.FR.03: the station sets `offline` when it says the same from its queue.
    started, first, *_ = a_charge()
    await platform.record(started, first)
    queued = an_event(UPDATED, 1, 1_200, 3_000, is_offline=True)
    assert queued.payload != first.payload
    await platform.record(queued)
    session = await platform.session()
    assert (session.sequence_count, session.review, len(await platform.inbox())) == (2, "", 2)


# ---- other content (F39)


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one by one"])
async def test_other_content_under_the_same_number_is_kept_beside_the_first_and_holds_the_price(
    platform: Platform, together: bool
) -> None:
    await platform.add_tariff()
    started, first, second, ended = a_charge()
    other = an_event(UPDATED, 2, 2_400, 7_777)
    send = platform.batch if together else platform.record
    # The first is said again after the other, and the other again as well: both are known by then.
    await send(started, first, second, other, again(second), again(other), ended)
    await platform.settled()
    session = await platform.session()
    assert session.review == "conflict"
    assert (session.energy_wh, session.sequence_count) == (7_000, 4)
    assert (session.is_priced, session.cost) == (False, None)
    payloads = [row.payload for row in await platform.inbox()]
    assert sorted(payloads) == sorted(report.payload.decode() for report in (started, first, second, other, ended))
    assert [row.energy_wh for row in await platform.samples()] == [1_000, 3_000, 6_000, 8_000]
    assert await platform.quarantined() == []


async def test_other_time_under_the_same_number_is_other_content(platform: Platform) -> None:
    started, first, *_ = a_charge()
    await platform.record(started, first, an_event(UPDATED, 1, 1_260, 3_000))
    assert (await platform.session()).review == "conflict"


# ---- order (F40-F42)


@pytest.mark.parametrize("order", [(3, 2, 1, 0), (3, 0, 1, 2), (1, 3, 2, 0), (0, 3, 1, 2), (2, 0, 3, 1)])
@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one by one"])
async def test_charge_is_priced_the_same_in_any_order_of_arrival(
    platform: Platform, order: tuple[int, ...], together: bool
) -> None:
    await platform.add_tariff()
    events = a_charge()
    await (platform.batch if together else platform.record)(*(events[index] for index in order))
    await platform.settled()
    session = await platform.session()
    assert (session.state, session.energy_wh, session.review, session.is_priced) == ("ended", 7_000, "", True)
    assert (session.started_at, session.ended_at) == (at(0), at(3_600))
    assert '"incl_vat":{"minor":684,"currency":"EUR"}' in session.cost


async def test_late_start_of_an_older_charge_does_not_end_the_one_that_runs(platform: Platform) -> None:
    await platform.record(an_event(STARTED, 0, 7_200, 8_000, transaction_id="TX-2"))
    await platform.record(*a_charge("TX-1"))
    running, older = await platform.sessions()
    assert (running.state, running.unplugged_at, running.review) == ("active", None, "")
    assert (older.state, older.energy_wh) == ("ended", 7_000)


async def test_end_of_a_charge_we_never_heard_of_leaves_the_one_that_runs_alone(platform: Platform) -> None:
    await platform.record(an_event(STARTED, 0, 7_200, 8_000, transaction_id="TX-2"))
    before = (await platform.sessions())[0]
    await platform.record(an_event(ENDED, 9, 3_600, 8_000, transaction_id="TX-1", evse_number=1))
    running, ended = await platform.sessions()
    assert running == before
    assert "start_missing" in ended.review


# ---- 1.6 without an id (F44)


@pytest.mark.parametrize("changes", [{}, {"id_token": "CARD-1"}])
async def test_stop_without_an_id_ends_the_only_open_session(platform: Platform, changes: dict[str, Any]) -> None:
    (started,) = await platform.record(a_start())
    (receipt,) = await platform.record(a_stop(None, flags=("transaction_unknown",), **changes))
    session = await platform.session()
    assert (session.state, session.energy_wh, session.id) == ("ended", 7_000, receipt.session_id)
    assert (receipt.transaction_id, session.review) == (started.transaction_id, "transaction_unknown")


async def test_stop_without_an_id_ends_the_session_of_its_card_where_several_are_open(platform: Platform) -> None:
    await platform.record(a_start(), a_start(evse_number=2, id_token="CARD-2"))
    await platform.record(a_stop(None, id_token="card-2"))
    assert [row.state for row in await platform.sessions()] == ["active", "ended"]


async def test_stop_without_an_id_that_could_be_anybodys_stops_nothing_and_is_kept(platform: Platform) -> None:
    await platform.record(a_start(), a_start(evse_number=2, id_token="CARD-2"))
    (receipt,) = await platform.record(a_stop(None))
    assert receipt.session_id is None
    assert [row.state for row in await platform.sessions()] == ["active", "active"]
    assert [row.session_id for row in await platform.inbox()][-1] is None


async def test_stop_of_an_unknown_transaction_stops_nothing_and_is_kept(platform: Platform) -> None:
    await platform.record(a_start())
    (receipt,) = await platform.record(a_stop("12345"))
    assert (receipt.session_id, receipt.transaction_id) == (None, "12345")
    assert (await platform.session()).state == "active"
    orphan = (await platform.inbox())[-1]
    assert (orphan.session_id, orphan.phase) == (None, "ended")


async def test_values_without_an_id_join_the_session_of_their_connector(platform: Platform) -> None:
    await platform.record(a_start(), a_start(evse_number=2, meter_wh=500))
    await platform.record(a_value(None, 60, 900, evse_number=2), a_value(None, 60, 99, evse_number=0))
    first, second = await platform.sessions()
    assert (first.energy_wh, second.energy_wh) == (0, 400)
    assert [row.session_id for row in await platform.samples()] == [second.id, None]


async def test_stop_without_a_start_that_tells_its_begin_is_a_session_to_look_at(platform: Platform) -> None:
    data = (a_sample(0, 1_000, context="Transaction.Begin"), a_sample(3_600, 8_000, context="Transaction.End"))
    await platform.record(a_stop("77", samples=data))
    session = await platform.session()
    assert (session.state, session.energy_wh, session.transaction_id) == ("ended", 7_000, "77")
    assert (session.review, session.is_priced) == ("start_missing", False)


# ---- other stations (S08)


@pytest.mark.parametrize(
    "make",
    [
        lambda transaction_id: a_stop(transaction_id, **ANOTHER_STATION),
        lambda transaction_id: a_value(transaction_id, 60, 9_000, **ANOTHER_STATION),
        lambda transaction_id: an_event(ENDED, 5, 60, 9_000, transaction_id=transaction_id, **ANOTHER_STATION),
    ],
    ids=["stop", "values", "event"],
)
async def test_station_touches_nothing_of_another_one(platform: Platform, make: Any) -> None:
    (started,) = await platform.record(a_start())
    before = await platform.session()
    await platform.record(make(started.transaction_id))
    assert next(row for row in await platform.sessions() if row.id == started.session_id) == before
    assert all(row.session_id != started.session_id for row in await platform.samples())
    assert {row.station_id for row in await platform.sessions() if row.id != before.id} <= {
        ANOTHER_STATION["station_id"]
    }


async def test_two_stations_may_use_one_transaction_id(platform: Platform) -> None:
    await platform.batch(*a_charge("TX"), *a_charge("TX", **ANOTHER_STATION))
    assert [(row.energy_wh, row.review) for row in await platform.sessions()] == [(7_000, ""), (7_000, "")]


# ---- starts again (F45, S12) and again for good


async def test_start_said_again_while_charging_gets_the_same_id_and_is_accepted_at_the_limit(
    platform: Platform,
) -> None:
    await platform.change_token(concurrent_max=1)
    start = a_start()
    (first,) = await platform.record(start)
    assert verdict(first) is AuthorizationStatus.ACCEPTED
    assert await platform.record(again(start), again(start)) == [first, first]
    assert await platform.batch(again(start), again(start)) == [first, first]
    assert (await platform.session()).state == "active"


async def test_start_said_again_after_its_stop_gets_the_same_answer_and_begins_nothing(platform: Platform) -> None:
    start = a_start()
    (first,) = await platform.record(start)
    await platform.record(a_stop(first.transaction_id))
    (second,) = await platform.record(again(start, received_at=at(4_000)))
    assert second == first
    assert (await platform.session()).state == "ended"


async def test_same_start_after_its_end_is_a_new_charge_once_the_connector_was_free(platform: Platform) -> None:
    # A clock that stands still, a meter that is reset for each charge, the same card.
    start = a_start(meter_wh=0)
    (first,) = await platform.record(start)
    await platform.record(a_stop(first.transaction_id, 600, meter_wh=500))
    later = again(start, received_at=at(1_000), evse_idle_at=at(900))
    (second,) = await platform.record(later)
    assert second.transaction_id != first.transaction_id
    retries = [again(later), again(later, evse_idle_at=at(1_100), received_at=at(1_200))]  # booted meanwhile
    assert await platform.record(*retries) == [second, second]
    assert await platform.batch(*map(again, retries)) == [second, second]
    assert [row.state for row in await platform.sessions()] == ["ended", "active"]


async def test_starts_that_say_the_same_at_different_times_are_different_charges(platform: Platform) -> None:
    # Nothing was charged, so the register is the same; both come from the queue in one batch.
    await platform.batch(a_start(0), a_stop(None, 60, meter_wh=1_000), a_start(120))
    first, second = await platform.sessions()
    assert (first.state, second.state) == ("ended", "active")
    (receipt,) = await platform.record(again(a_start(120)))
    assert receipt.session_id == second.id
    assert len(await platform.sessions()) == 2


async def test_start_whose_time_cannot_be_read_is_known_again_by_what_it_says(platform: Platform) -> None:
    # The gateway puts the time of arrival in its place, which is another one at each try.
    start = replace(a_start(), occurred_at=at(1), received_at=at(1), flags=("clock_unset",))
    (first,) = await platform.record(start)
    assert await platform.record(again(start, occurred_at=at(31), received_at=at(31))) == [first]
    assert len(await platform.sessions()) == 1


async def test_start_on_a_connector_that_is_charging_ends_the_other_session_there(platform: Platform) -> None:
    await platform.add_tariff()
    await platform.record(a_start(), a_start(7_200, meter_wh=5_000, id_token="CARD-2"))
    await platform.settled()
    left, running = await platform.sessions()
    assert (left.state, left.energy_wh, left.ended_at, left.review) == ("ended", 4_000, at(7_200), "superseded")
    assert (left.is_priced, left.cost is not None) == (True, True)
    assert running.state == "active"


# ---- limits


async def test_token_may_charge_as_often_at_once_as_it_may(platform: Platform) -> None:
    await platform.change_token(concurrent_max=2)
    receipts = await platform.batch(
        a_start(evse_number=1), again(a_start(evse_number=1)), a_start(evse_number=2), a_start(evse_number=3)
    )
    assert [verdict(receipt) for receipt in receipts] == [
        AuthorizationStatus.ACCEPTED,
        AuthorizationStatus.ACCEPTED,
        AuthorizationStatus.ACCEPTED,
        AuthorizationStatus.CONCURRENT_TX,
    ]
    await platform.record(a_stop(receipts[0].transaction_id), a_stop(receipts[3].transaction_id))
    (receipt,) = await platform.record(a_start(7_200, evse_number=4))
    assert verdict(receipt) is AuthorizationStatus.ACCEPTED


async def test_stop_in_the_same_batch_makes_room_for_a_start(platform: Platform) -> None:
    await platform.change_token(concurrent_max=1)
    (first,) = await platform.record(a_start())
    receipts = await platform.batch(a_stop(first.transaction_id), a_start(7_200))
    assert verdict(receipts[1]) is AuthorizationStatus.ACCEPTED


async def test_session_whose_end_was_lost_does_not_count_against_its_successor(platform: Platform) -> None:
    await platform.change_token(concurrent_max=1)
    _, second = await platform.record(a_start(), a_start(7_200, meter_wh=5_000))
    assert verdict(second) is AuthorizationStatus.ACCEPTED
    assert [(row.state, row.review) for row in await platform.sessions()] == [("ended", "superseded"), ("active", "")]


async def test_start_beyond_the_limit_is_kept_and_marked(platform: Platform) -> None:
    await platform.change_token(concurrent_max=1)
    _, refused = await platform.record(a_start(), a_start(evse_number=2))
    assert verdict(refused) is AuthorizationStatus.CONCURRENT_TX
    assert [row.review for row in await platform.sessions()] == ["", "not_authorized"]


@pytest.mark.parametrize(
    ("others", "expected"), [(0, AuthorizationStatus.ACCEPTED), (1, AuthorizationStatus.CONCURRENT_TX)]
)
async def test_2x_start_that_comes_after_its_update_is_counted_once(
    platform: Platform, others: int, expected: AuthorizationStatus
) -> None:
    await platform.change_token(concurrent_max=1)
    await platform.record(*(a_start(evse_number=2 + number) for number in range(others)))
    started, *_ = a_charge()
    updated = an_event(UPDATED, 1, 1_200, 3_000, id_token="CARD-1", evse_number=1)
    (_, receipt) = await platform.record(updated, started)
    assert verdict(receipt) is expected


# ---- what a session is worth (S11)


@pytest.mark.parametrize("meter_stop_wh", [999, 0, -1, -(2**31)])
async def test_stop_below_the_start_is_confirmed_held_and_worth_nothing(platform: Platform, meter_stop_wh: int) -> None:
    await platform.add_tariff()
    (started,) = await platform.record(a_start())
    (receipt,) = await platform.record(a_stop(started.transaction_id, meter_wh=meter_stop_wh))
    await platform.settled()
    session = await platform.session()
    assert receipt.session_id == session.id
    assert (session.state, session.energy_wh, session.meter_stop_wh) == ("ended", 0, meter_stop_wh)
    assert "meter_implausible" in session.review
    assert (session.is_priced, session.cost) == (False, None)


async def test_running_cost_comes_with_the_answers_to_2x_events(platform: Platform) -> None:
    await platform.add_tariff()
    receipts = await platform.record(*a_charge())
    # (1.00 + 0.50 x kWh + 0.02 x min) x 1.20
    assert [receipt.running_cost for receipt in receipts] == ["1.20", "2.88", "5.16", "6.84"]


# ---- the visit


async def test_next_charge_of_the_same_card_is_the_same_visit_until_the_car_has_gone(platform: Platform) -> None:
    await platform.record(
        a_start(0), a_stop(None, 600), a_start(700, meter_wh=8_000), a_stop(None, 900, meter_wh=8_500)
    )
    await platform.record(a_start(1_000, meter_wh=8_500, id_token="CARD-2"), a_stop(None, 1_100, meter_wh=8_600))
    first, second, stranger = await platform.sessions()
    assert first.visit_id == second.visit_id != stranger.visit_id
    assert (first.is_open, first.unplugged_at) == (False, None)
    assert (second.is_open, second.unplugged_at) == (False, at(1_000))
    assert (stranger.is_open, stranger.unplugged_at) == (True, None)


# ---- what nobody can record


async def test_report_that_cannot_be_recorded_is_put_aside_and_hurts_no_other(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = rules.begin

    def begin(report: ReportTransaction, **values: Any) -> Any:
        if report.meter_wh == 666:
            raise ArithmeticError("poison")
        return real(report, **values)

    monkeypatch.setattr(rules, "begin", begin)
    starts = [a_start(evse_number=number) for number in range(1, 8)]
    starts[3] = replace(starts[3], meter_wh=666)
    receipts = await _at_once(platform, starts)
    assert [receipt.session_id is None for receipt in receipts] == [False] * 3 + [True] + [False] * 3
    assert int(receipts[3].transaction_id or 0) > 0  # else the station would say it for ever
    assert len(await platform.sessions()) == 6
    (aside,) = await platform.quarantined()
    assert ("poison" in aside.error, '"meter_wh":666' in aside.report) == (True, True)
    assert platform.runtime.commits.quarantined == 1


async def _at_once(platform: Platform, reports: list[ReportTransaction]) -> list[TransactionReceipt]:
    """The receipts of reports that are submitted at once, though the commit may have to be split."""
    return await asyncio.gather(*(platform.runtime.commits.record(report) for report in reports))


@pytest.mark.parametrize("transaction_id", ["X" * 3_000, "null \0 byte"], ids=["too long", "with a null byte"])
async def test_report_that_the_database_refuses_is_answered_all_the_same(
    platform: Platform, transaction_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What PostgreSQL refuses by itself is refused here for the databases that take it.
    real = TransactionRecorder.record

    async def record(self: Any, tx: Any, reports: Any, prepared: Any) -> Any:
        if tx.dialect != "postgresql" and any(report.transaction_id == transaction_id for report in reports):
            raise ValueError("refused")
        return await real(self, tx, reports, prepared)

    monkeypatch.setattr(TransactionRecorder, "record", record)
    good, bad = a_charge("TX-1")[0], an_event(STARTED, 0, 0, 1_000, transaction_id=transaction_id, **ANOTHER_STATION)
    receipts = await _at_once(platform, [good, bad])
    assert [receipt.transaction_id for receipt in receipts] == ["TX-1", transaction_id]
    assert len(await platform.sessions()) == 1
    assert [row.station_id for row in await platform.quarantined()] == [ANOTHER_STATION["station_id"]]


# ---- many at once


async def test_batch_of_500_mixed_reports_is_one_commit(platform: Platform) -> None:
    reports: list[ReportTransaction] = []
    for number in range(50):
        station = {"station_id": f"{number:08}-0000-7000-8000-000000000000", "station_identity": f"CS-{number}"}
        charge = a_charge(**station)
        reports += [*charge, again(charge[1]), again(charge[3])]  # 2.x, with repeats
        reports += [a_start(evse_number=2, **station), a_value(None, 60, 3_000, evse_number=2, **station)]
        reports += [a_stop(None, **station), a_stop("4242", **station)]  # 1.6, the last one an orphan
    receipts = await platform.batch(*reports)
    rows = await platform.sessions()
    assert len(receipts) == 500
    assert (len(rows), {row.energy_wh for row in rows}, {row.state for row in rows}) == (100, {7_000}, {"ended"})
    assert sum(receipt.session_id is None for receipt in receipts) == 50
    assert len(await platform.inbox()) == 50 * 8
    assert len(await platform.samples()) == 50 * 5
    assert await platform.quarantined() == []


async def test_two_processes_record_one_charge_together(platform: Platform, make_runtime: Any) -> None:
    # After a reconnect the reports of one transaction may come in through two processes.
    other = Platform(await make_runtime(*platform.runtime.manifests), platform.stations)
    started, first, second, ended = a_charge()
    await platform.record(started)
    await other.record(first)
    await platform.record(again(first), second)
    await other.record(again(started), ended)
    session = await platform.session()
    assert (session.state, session.energy_wh, session.review, session.sequence_count) == ("ended", 7_000, "", 4)
    assert len(await platform.inbox()) == 4


async def test_two_processes_that_hear_of_one_charge_at_once_make_one_session(
    platform: Platform, make_runtime: Any
) -> None:
    other = Platform(await make_runtime(*platform.runtime.manifests), platform.stations)
    charges = [a_charge(f"TX-{number}", evse_number=1 + number) for number in range(20)]
    for events in charges:
        await asyncio.gather(platform.record(events[0]), other.record(events[1]))
        await asyncio.gather(other.record(again(events[0])), platform.record(events[2], again(events[1])))
        await asyncio.gather(platform.record(events[3]), other.record(again(events[3])))
    assert await platform.quarantined() == []
    assert [(row.energy_wh, row.review) for row in await platform.sessions()] == [(7_000, "")] * 20
    assert len(await platform.inbox()) == 80


async def test_sessions_of_other_operators_are_their_own(platform: Platform, stranger_id: str) -> None:
    await platform.add_tariff()
    await platform.record(a_start(operator_id=stranger_id, station_id=STATION))
    session = await platform.session()
    assert (session.operator_id, session.tariff) == (stranger_id, None)
