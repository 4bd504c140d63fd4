"""Questions and reports between processes, over every carrier."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from builders import eventually
from voltway.contracts.station_link import CallOutcome
from voltway.kernel.bus.asks import AskTimedOut, NobodyAnswers
from voltway.kernel.database import Database, Tx
from voltway.kernel.errors import StartUpError
from voltway.kernel.module import Manifest
from voltway.kernel.processes import nodes
from voltway.kernel.processes.wire import AnswererAway, BrokenAnswer, TooBusy
from voltway.kernel.runtime import Runtime

from .words import CountLetters, MakePairs, Pair, Refuse, ReportNumber, Sleep, TooLong  # noqa: TID252


async def count(_: Runtime, question: CountLetters) -> int:
    return len(question.text)


async def pairs(_: Runtime, question: MakePairs) -> list[Pair | None]:
    return [Pair(str(n), (n, -n)) if n else None for n in question.numbers]


async def sleep(_: Runtime, question: Sleep) -> None:
    await asyncio.sleep(question.seconds)


async def refuse(_: Runtime, question: Refuse) -> int:
    if question.is_bug:
        raise ZeroDivisionError("a secret in a trace")
    raise TooLong(12)


ANSWERS = Manifest(name="letters", answers={CountLetters: count, MakePairs: pairs, Sleep: sleep, Refuse: refuse})
ASKS = Manifest(name="asking")


async def test_a_question_is_answered_by_the_process_that_has_the_module(make_node: Any) -> None:
    await make_node(ANSWERS)
    asking = await make_node(ASKS)
    assert asking.asks.is_answered(CountLetters)
    assert await asking.ask(CountLetters(text="four")) == 4
    assert await asking.ask_or(CountLetters(text="four"), 0) == 4
    assert await asking.ask(MakePairs(numbers=(1, 0))) == [Pair("1", (1, -1)), None]
    assert await asking.ask(Sleep(seconds=0)) is None


async def test_one_that_starts_later_is_found(make_node: Any) -> None:
    asking = await make_node(ASKS)
    with pytest.raises(NobodyAnswers):
        await asking.ask(CountLetters(text="x"))
    assert await asking.ask_or(CountLetters(text="x"), 7) == 7
    await make_node(ANSWERS)
    await eventually(lambda: asking.asks.is_answered(CountLetters))
    assert await asking.ask(CountLetters(text="x")) == 1


async def test_many_at_once_get_each_its_own_answer(make_node: Any) -> None:
    await make_node(ANSWERS)
    await make_node(ANSWERS)
    asking = await make_node(ASKS)
    found = await asyncio.gather(*(asking.ask(CountLetters(text="x" * n)) for n in range(300)))
    assert found == list(range(300))


async def test_an_answer_of_megabytes_comes_whole(make_node: Any) -> None:
    await make_node(ANSWERS)
    asking = await make_node(ASKS)
    found = await asking.ask(MakePairs(numbers=tuple(range(200_000))))
    assert found[-1] == Pair("199999", (199_999, -199_999))
    assert len(found) == 200_000


async def test_a_problem_comes_through_as_it_was_raised(make_node: Any) -> None:
    await make_node(ANSWERS)
    asking = await make_node(ASKS)
    with pytest.raises(TooLong) as raised:
        await asking.ask(Refuse())
    assert (raised.value.status, raised.value.detail) == (409, "12 letters are too many.")
    assert raised.value.context == {"length": 12}


async def test_a_bug_there_is_said_without_its_words(make_node: Any) -> None:
    await make_node(ANSWERS)
    asking = await make_node(ASKS)
    with pytest.raises(BrokenAnswer) as raised:
        await asking.ask(Refuse(is_bug=True))
    assert "secret" not in raised.value.detail


async def test_a_slow_answer_is_given_up(make_node: Any) -> None:
    await make_node(ANSWERS)
    asking = await make_node(ASKS)
    with pytest.raises(AskTimedOut):
        await asking.ask(Sleep(seconds=60), timeout_s=0.3)
    assert await asking.ask(CountLetters(text="still")) == 5


async def test_one_that_has_gone_is_away_and_not_nobody(make_node: Any) -> None:
    answering = await make_node(ANSWERS)
    asking = await make_node(ASKS)
    assert await asking.ask(CountLetters(text="x")) == 1
    await answering.elsewhere.close()
    await eventually(lambda: not asking.elsewhere.is_alive(answering.node_id), 90)
    with pytest.raises(AnswererAway):
        await asking.ask(CountLetters(text="x"))
    with pytest.raises(AnswererAway):  # what would hold without it must not be taken for granted meanwhile
        await asking.ask_or(CountLetters(text="x"), 7)


async def test_renewal_on_its_way_does_not_undo_that_a_process_has_left(
    make_node: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering = await make_node(ANSWERS)
    asking = await make_node(ASKS)
    left = asyncio.Event()

    async def leave_slowly(database: Database, node_id: str) -> None:
        await leave(database, node_id)
        left.set()
        await asyncio.sleep(0.1)

    leave = nodes.leave
    monkeypatch.setattr(nodes, "leave", leave_slowly)
    closing = asyncio.create_task(answering.elsewhere.close())
    await asyncio.wait_for(left.wait(), 60)
    answering.elsewhere._read_again.set()
    await closing
    await answering.elsewhere._renew()
    await asking.elsewhere._read()
    assert not asking.elsewhere.is_alive(answering.node_id)


async def test_a_dead_process_is_passed_over(make_node: Any) -> None:
    dead, alive, asking = await make_node(ANSWERS), await make_node(ANSWERS), await make_node(ASKS)
    await dead.elsewhere._carrier.stop()  # its lease still holds: the directory does not know yet
    found = await asyncio.gather(*(asking.ask(CountLetters(text="x" * n)) for n in range(20)))
    assert found == list(range(20))
    assert asking.elsewhere.is_alive(alive.node_id)


async def test_a_question_for_one_process_goes_to_no_other(make_node: Any) -> None:
    first, second, asking = await make_node(ANSWERS), await make_node(ANSWERS), await make_node(ASKS)
    assert await asking.ask(CountLetters(text="xy"), node_id=second.node_id) == 2
    assert await second.ask(CountLetters(text="xy"), node_id=second.node_id) == 2
    assert await first.ask(CountLetters(text="xy"), node_id=second.node_id) == 2
    with pytest.raises(NobodyAnswers):
        await first.ask(CountLetters(text="xy"), node_id="00000000-0000-7000-8000-000000000000")


async def test_more_than_the_queue_takes_is_refused_at_once(make_node: Any) -> None:
    await make_node(ANSWERS)
    asking = await make_node(ASKS, bus={"waiting_max": 3})
    slow = [asyncio.create_task(asking.ask(Sleep(seconds=1.0))) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(TooBusy):
        await asking.ask(CountLetters(text="x"))
    await asyncio.gather(*slow)
    assert await asking.ask(CountLetters(text="x")) == 1


async def test_the_answering_side_is_bounded_as_well(make_node: Any) -> None:
    await make_node(ANSWERS, bus={"waiting_max": 1, "asked_max": 1})
    asking = await make_node(ASKS)
    found = await asyncio.gather(*(asking.ask(Sleep(seconds=0.5)) for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(one, TooBusy) for one in found) == 4
    assert sum(one is None for one in found) == 2


async def test_two_processes_of_one_name_are_refused(make_node: Any) -> None:
    await make_node(ASKS, bus={"node": "depot-1"})
    with pytest.raises(StartUpError, match=r"A process named depot-1 runs already on .* VOLTWAY_BUS__NODE"):
        await make_node(ASKS, bus={"node": "depot-1"})


class Recorder:
    """Records numbers."""

    def __init__(self, _: Runtime) -> None:
        self.is_refusing = False

    async def prepare(self, reports: Sequence[ReportNumber]) -> None:
        """Nothing."""

    async def record(self, tx: Tx, reports: Sequence[ReportNumber], prepared: None) -> list[Any]:
        return [CallOutcome(outcome=str(report.number)) for report in reports]

    async def quarantine(self, tx: Tx, report: ReportNumber, error: Exception) -> Any:
        return None


async def test_a_report_is_recorded_where_its_module_is(make_node: Any) -> None:
    await make_node(Manifest(name="numbers", batches={ReportNumber: Recorder}))
    asking = await make_node(ASKS)
    assert asking.commits.records(ReportNumber)
    found = await asyncio.gather(*(asking.commits.record(ReportNumber(n)) for n in range(50)))
    assert [outcome.outcome for outcome in found] == [str(n) for n in range(50)]
