"""Questions between modules."""

from __future__ import annotations

import asyncio

import pytest

from builders import MakeRuntime
from voltway.kernel.bus.asks import AskedInsideTransaction, Asks, AskTimedOut, NobodyAnswers
from voltway.kernel.database import Database
from voltway.kernel.module import Manifest
from voltway.kernel.runtime import Runtime

from .notes import CountStars, NoteLocked  # noqa: TID252  (tests are not installed)


async def answer(_: Runtime, question: CountStars) -> int:
    return len(question.text)


async def test_a_module_answers_what_its_manifest_says(make_runtime: MakeRuntime) -> None:
    runtime = await make_runtime(Manifest(name="notes", answers={CountStars: answer}))
    assert await runtime.ask(CountStars(text="four")) == 4


async def test_a_question_inside_a_transaction_is_a_bug(make_runtime: MakeRuntime, database: Database) -> None:
    runtime = await make_runtime(Manifest(name="notes", answers={CountStars: answer}))
    for block in (runtime.database.begin, runtime.database.read, database.begin):
        async with block():
            with pytest.raises(AskedInsideTransaction):
                await runtime.ask(CountStars(text="x"))
    assert await runtime.ask(CountStars(text="x")) == 1


async def test_a_transaction_of_another_task_is_no_obstacle(make_runtime: MakeRuntime) -> None:
    runtime = await make_runtime(Manifest(name="notes", answers={CountStars: answer}))
    opened, done = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with runtime.database.begin():
            opened.set()
            await done.wait()

    holder = asyncio.create_task(hold())
    await opened.wait()
    assert await runtime.ask(CountStars(text="x")) == 1
    done.set()
    await holder


async def test_nobody_answers_is_said_at_once() -> None:
    with pytest.raises(NobodyAnswers):
        await Asks().ask(CountStars(text="x"))


async def test_a_question_may_come_with_what_holds_where_nobody_answers(make_runtime: MakeRuntime) -> None:
    alone = await make_runtime(Manifest(name="lonely"))
    assert await alone.ask_or(CountStars(text="four"), 7) == 7
    together = await make_runtime(Manifest(name="notes", answers={CountStars: answer}))
    assert await together.ask_or(CountStars(text="four"), 7) == 4


async def test_a_slow_answer_is_given_up() -> None:
    asks = Asks()

    async def sleep(_: CountStars) -> int:
        await asyncio.sleep(60)
        return 0

    asks.answer({CountStars: sleep})
    with pytest.raises(AskTimedOut):
        await asks.ask(CountStars(text="x"), timeout_s=0.01)


async def test_a_problem_comes_through_as_it_was_raised() -> None:
    asks = Asks()

    async def refuse(_: CountStars) -> int:
        raise NoteLocked("Locked.", note_id="1")

    asks.answer({CountStars: refuse})
    with pytest.raises(NoteLocked) as raised:
        await asks.ask(CountStars(text="x"))
    assert raised.value.context == {"note_id": "1"}


def test_a_question_has_one_answer() -> None:
    asks = Asks()
    asks.answer({CountStars: lambda _: None})  # type: ignore[dict-item,return-value]
    assert asks.is_answered(CountStars)
    with pytest.raises(ValueError, match="answered twice"):
        asks.answer({CountStars: lambda _: None})  # type: ignore[dict-item,return-value]
