"""Sessions whose end never comes (F43): the station is asked, and what it knows no more ends, is held, and can be taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from voltway.contracts.station_link import Phase
from voltway.contracts.vocabulary import CommandState
from voltway.kernel import clock
from voltway.modules.sessions import silence
from voltway.modules.sessions.settings import SessionsSettings
from voltway.modules.sessions.silence_rules import Answer, answer_of, answer_of_word, next_step
from voltway.modules.sessions.tables import inquiries

from .builders import NOON, a_charge, a_start, a_stop, a_value, an_event  # noqa: TID252
from .conftest import Platform  # noqa: TID252

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = NOON + 3 * DAY


async def ask_at(platform: Platform, when: datetime) -> Any:
    """Let the job come round then; the only session after it."""
    with clock.frozen(when):
        await silence.ask_after(platform.runtime)
    return await platform.session()


def says(platform: Platform, *, is_ongoing: bool | None, has_queued_messages: bool = False) -> None:
    platform.stations.outcome = CommandState.ACCEPTED
    platform.stations.result = {"is_ongoing": is_ongoing, "has_queued_messages": has_queued_messages}


async def a_silent_charge(platform: Platform) -> None:
    """OCPP 2.0.1: a start and updates, and no end."""
    await platform.record(*a_charge()[:-1])


# ---- 2.x


async def test_a_session_that_speaks_is_not_asked_after(platform: Platform) -> None:
    await a_silent_charge(platform)
    await ask_at(platform, NOON + 5 * HOUR)
    assert platform.stations.commands == []


async def test_what_the_station_knows_no_more_ends_with_the_last_that_was_told_and_is_held(platform: Platform) -> None:
    await a_silent_charge(platform)
    before = await platform.session()
    says(platform, is_ongoing=False)
    session = await ask_at(platform, LATER)
    assert session.state == "active"  # once is not enough
    assert (await ask_at(platform, LATER + timedelta(minutes=5))).state == "active"
    session = await ask_at(platform, LATER + 2 * HOUR)
    assert [command.type for command in platform.stations.commands] == ["get_transaction_status"] * 2
    assert platform.stations.commands[0].arguments == {"transaction_id": "TX-1"}
    assert (session.state, session.ended_at, session.energy_wh) == ("ended", before.last_report_at, before.energy_wh)
    assert "end_unreported" in session.review.split()
    assert not session.is_priced
    async with platform.runtime.database.read() as tx:
        assert (await tx.execute(sa.select(inquiries))).all() == []


async def test_the_late_end_counts_as_if_nobody_had_asked(platform: Platform) -> None:
    reports = a_charge()
    await platform.record(*reports[:-1])
    says(platform, is_ongoing=False)
    await ask_at(platform, LATER)
    await ask_at(platform, LATER + 2 * HOUR)
    await platform.record(reports[-1])
    session = await platform.session()
    assert (session.state, session.ended_at) == ("ended", reports[-1].occurred_at)
    assert (session.review, session.is_priced) == ("", True)
    assert session.energy_wh == 7_000


async def test_a_transaction_that_goes_on_after_all_is_active_again(platform: Platform) -> None:
    reports = a_charge()
    await platform.record(*reports[:-2])
    says(platform, is_ongoing=False)
    await ask_at(platform, LATER)
    assert (await ask_at(platform, LATER + 2 * HOUR)).state == "ended"
    await platform.record(reports[-2])
    session = await platform.session()
    assert (session.state, session.ended_at, session.review, session.is_open) == ("active", None, "", True)


async def test_a_report_between_two_answers_begins_the_count_anew(platform: Platform) -> None:
    reports = a_charge()
    await platform.record(*reports[:-2])
    says(platform, is_ongoing=False)
    await ask_at(platform, LATER)
    update = an_event(Phase.UPDATED, 2, (LATER + HOUR - NOON).total_seconds(), 6_000)
    await platform.record(update)
    assert (await ask_at(platform, LATER + 2 * HOUR)).state == "active"
    assert (await ask_at(platform, LATER + 2 * DAY)).state == "active"
    assert (await ask_at(platform, LATER + 2 * DAY + 2 * HOUR)).state == "ended"


@pytest.mark.parametrize(
    ("answer", "asked_again"),
    [({"is_ongoing": True}, DAY), ({"is_ongoing": False, "has_queued_messages": True}, HOUR)],
)
async def test_who_still_charges_or_has_reports_waiting_is_left_alone(
    platform: Platform, answer: dict[str, bool], asked_again: timedelta
) -> None:
    await a_silent_charge(platform)
    says(platform, **answer)  # type: ignore[arg-type]
    await ask_at(platform, LATER)
    await ask_at(platform, LATER + asked_again - timedelta(minutes=1))
    assert len(platform.stations.commands) == 1
    session = await ask_at(platform, LATER + asked_again)
    assert len(platform.stations.commands) == 2
    assert (session.state, session.review) == ("active", "")


async def test_a_station_that_is_offline_ends_nothing(platform: Platform) -> None:
    await a_silent_charge(platform)
    platform.stations.outcome = CommandState.OFFLINE
    for hours in range(0, 200, 2):
        session = await ask_at(platform, LATER + hours * HOUR)
    assert (session.state, session.review) == ("active", "")


async def test_a_station_that_cannot_say_is_looked_at_by_a_person(platform: Platform) -> None:
    await a_silent_charge(platform)
    platform.stations.outcome = CommandState.REJECTED
    for hours in (0, 2, 4):
        session = await ask_at(platform, LATER + hours * HOUR)
    assert (session.state, session.review) == ("active", "silent")


# ---- 1.6


async def test_a_1_6_session_ends_when_its_connector_is_free_and_its_late_stop_counts(platform: Platform) -> None:
    (receipt,) = await platform.record(a_start())
    await platform.record(a_value(receipt.transaction_id, 600, 2_500))
    platform.stations.outcome, platform.stations.words = CommandState.ACCEPTED, {1: "Available", 2: "Charging"}
    for minutes in (0, 2, 120, 122):
        session = await ask_at(platform, LATER + timedelta(minutes=minutes))
    assert [command.type for command in platform.stations.commands] == ["trigger_message"] * 2
    assert platform.stations.commands[0].arguments == {"message": "StatusNotification", "evse_number": 1}
    assert (session.state, session.energy_wh) == ("ended", 1_500)
    assert "end_unreported" in session.review.split()
    await platform.record(a_stop(receipt.transaction_id))
    session = await platform.session()
    assert (session.state, session.energy_wh, session.review, session.is_priced) == ("ended", 7_000, "", True)


async def test_a_1_6_session_whose_connector_charges_goes_on(platform: Platform) -> None:
    await platform.record(a_start())
    platform.stations.outcome, platform.stations.words = CommandState.ACCEPTED, {1: "SuspendedEV"}
    for minutes in (0, 2, 120, 122, 3_000, 3_002):
        session = await ask_at(platform, LATER + timedelta(minutes=minutes))
    assert (session.state, session.review) == ("active", "")


# ---- the rules


def test_answers() -> None:
    assert answer_of(CommandState.ACCEPTED, {"is_ongoing": True, "has_queued_messages": False}) is Answer.GOES_ON
    assert answer_of(CommandState.ACCEPTED, {"is_ongoing": None, "has_queued_messages": False}) is Answer.UNKNOWN
    assert answer_of(CommandState.FAILED, None) is Answer.UNKNOWN
    assert answer_of(CommandState.TIMED_OUT, None) is Answer.AWAY
    assert {answer_of_word(word) for word in (None, "Faulted", "Unavailable")} == {Answer.UNKNOWN}
    assert SessionsSettings().ask_after_silence_s == 86_400


def test_an_answer_that_says_nothing_between_two_begins_the_count_anew() -> None:
    step = next_step(Answer.UNKNOWN, 1, 0, NOON, DAY, HOUR)
    assert (step.gone_count, step.is_over) == (0, False)
    assert next_step(Answer.AWAY, 1, 0, NOON, DAY, HOUR).gone_count == 1
