"""Group commit: answers after the commit, batches that grow, poison that harms nobody, a database that is away."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from builders import another, eventually
from voltway.kernel import database as database_module
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.batching import GroupCommit, NothingCommits
from voltway.kernel.bus.asks import Asks
from voltway.kernel.database import Database, Tx

from .notes import CountStars, NoteHandler, ReportNote, store_note, texts  # noqa: TID252  (tests are not installed)

pytestmark = pytest.mark.mariadb
STALLED_AFTER_S = 0.4


class ReportOther(msgspec.Struct, frozen=True, gc=False):
    text: str


class Gated(NoteHandler):
    """Holds every batch inside its transaction until it is told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.inside = asyncio.Event()

    async def record(self, tx: Tx, reports: Sequence[ReportNote], prepared: int) -> Sequence[str]:
        receipts = await super().record(tx, reports, prepared)
        self.inside.set()
        await self.gate.wait()
        return receipts


Commits = Callable[..., Awaitable[GroupCommit]]


@pytest.fixture
async def commits(notes_database: Database) -> AsyncIterator[Commits]:
    """Makes group commits with one handler for notes."""
    started: list[GroupCommit] = []
    databases: list[Database] = []

    async def make(handler: Any, **options: Any) -> GroupCommit:
        database = another(notes_database)
        databases.append(database)
        group = GroupCommit(database, **{"stalled_after_s": STALLED_AFTER_S, **options})
        group.handle({ReportNote: handler})
        await group.start()
        started.append(group)
        return group

    yield make
    for group in started:
        await group.stop()
    for database in databases:
        await database.close()


def a_report(text: str) -> ReportNote:
    return ReportNote(operator_id=DEFAULT_OPERATOR_ID, text=text)


def record(group: GroupCommit, *names: str) -> list[asyncio.Future[Any]]:
    return [asyncio.ensure_future(group.record(a_report(name))) for name in names]


async def results(futures: Sequence[asyncio.Future[Any]]) -> list[Any]:
    return await asyncio.gather(*futures, return_exceptions=True)


def break_database(monkeypatch: pytest.MonkeyPatch, group: GroupCommit) -> None:
    """Let every transaction of the group fail as if nobody answered, until `monkeypatch.undo()`."""

    def begin() -> Any:
        raise ConnectionRefusedError("connection refused")

    monkeypatch.setattr(group._database, "begin", begin)


# ---- answers


async def test_an_answer_comes_after_the_commit_and_not_before(notes_database: Database, commits: Commits) -> None:
    handler = Gated()
    group = await commits(handler, stalled_after_s=5)
    (answer,) = record(group, "a")
    await handler.inside.wait()
    await asyncio.sleep(0.05)
    assert not answer.done()
    assert await texts(notes_database) == []
    handler.gate.set()
    assert await answer == "recorded a"
    assert await texts(notes_database) == ["a"]


async def test_no_receipt_is_given_for_what_did_not_commit(
    notes_database: Database, commits: Commits, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await commits(NoteHandler())
    refused = []

    async def fail(tx: Tx) -> None:
        refused.append(1)
        raise ConnectionResetError("connection reset")

    async def store_and_say(tx: Tx, reports: Sequence[ReportNote], prepared: int) -> Sequence[str]:
        await store_note(tx, DEFAULT_OPERATOR_ID, "half")
        return ["recorded"]

    handler = group._handlers[ReportNote]
    monkeypatch.setattr(handler, "record", store_and_say)
    group._database.before_commit = fail
    (answer,) = await results(record(group, "a"))
    assert isinstance(answer, NothingCommits)
    assert len(refused) > 1
    assert await texts(notes_database) == []


async def test_everyone_gets_their_own_receipt(commits: Commits) -> None:
    group = await commits(NoteHandler())
    names = [f"{number}" for number in range(200)]
    assert await results(record(group, *names)) == [f"recorded {name}" for name in names]


async def test_receipts_of_several_kinds_come_in_the_order_they_were_asked_for(commits: Commits) -> None:
    class Other:
        async def prepare(self, reports: Sequence[ReportOther]) -> None:
            return None

        async def record(self, tx: Tx, reports: Sequence[ReportOther], prepared: None) -> Sequence[str]:
            return [f"other {report.text}" for report in reports]

        async def quarantine(self, tx: Tx, report: ReportOther, error: Exception) -> str:
            return "never"

    handler = Gated()
    group = await commits(handler, stalled_after_s=5)
    group.handle({ReportOther: Other()})
    answered: list[Any] = []
    group.submit(a_report("first"), answered.append)
    await handler.inside.wait()
    for number in range(3):
        group.submit(ReportOther(f"{number}"), answered.append)
        group.submit(a_report(f"{number}"), answered.append)
    handler.gate.set()
    await eventually(lambda: len(answered) == 7)
    assert answered == ["recorded first", *(f"{word} {n}" for n in range(3) for word in ("other", "recorded"))]
    assert (group.batches, group.committed) == (2, 7)


async def test_one_who_cannot_take_the_answer_keeps_nobody_from_theirs(commits: Commits) -> None:
    group = await commits(NoteHandler())
    answered: list[Any] = []

    def fail(_: Any) -> None:
        raise RuntimeError("a link that is gone")

    group.submit(a_report("a"), fail)
    group.submit(a_report("b"), answered.append)
    await eventually(lambda: answered == ["recorded b"])


# ---- batches


async def test_what_waits_during_a_commit_is_the_next_batch(commits: Commits) -> None:
    handler = Gated()
    group = await commits(handler, stalled_after_s=5)
    first = record(group, "first")
    await handler.inside.wait()
    rest = record(group, *(f"{number}" for number in range(100)))
    await asyncio.sleep(0.01)
    assert group.backlog == 100
    handler.gate.set()
    await results([*first, *rest])
    assert handler.sizes == [1, 100]
    assert (group.batches, group.committed, group.backlog) == (2, 101, 0)


async def test_a_batch_has_a_limit(commits: Commits) -> None:
    handler = Gated()
    group = await commits(handler, batch_max=40, stalled_after_s=5)
    first = record(group, "first")
    await handler.inside.wait()
    rest = record(group, *(f"{number}" for number in range(100)))
    await asyncio.sleep(0.01)
    handler.gate.set()
    await results([*first, *rest])
    assert handler.sizes == [1, 40, 40, 20]


async def test_reports_are_stored_in_the_order_in_which_they_came(notes_database: Database, commits: Commits) -> None:
    group = await commits(NoteHandler(), batch_max=7)
    names = [f"{number}" for number in range(60)]
    await results(record(group, *names))
    assert await texts(notes_database) == names


# ---- poison


async def test_a_report_that_poisons_its_batch_is_put_aside_and_answered(
    notes_database: Database, commits: Commits
) -> None:
    handler = Gated()
    group = await commits(handler, stalled_after_s=5)
    first = record(group, "first")
    await handler.inside.wait()
    rest = record(group, "a", "b", "poison", "c", "d", "poison", "e")
    await asyncio.sleep(0.01)
    handler.gate.set()
    assert await results([*first, *rest]) == [
        "recorded first",
        "recorded a",
        "recorded b",
        "quarantined poison",
        "recorded c",
        "recorded d",
        "quarantined poison",
        "recorded e",
    ]
    assert group.quarantined == 2
    assert sorted(await texts(notes_database)) == sorted(
        ["first", *"abcde", "quarantined poison", "quarantined poison"]
    )


async def test_a_wrong_number_of_receipts_poisons_too(commits: Commits) -> None:
    class Short(NoteHandler):
        async def record(self, tx: Tx, reports: Sequence[ReportNote], prepared: int) -> Sequence[str]:
            return (await super().record(tx, reports, prepared))[1:]

    group = await commits(Short())
    assert await results(record(group, "a", "b")) == ["quarantined a", "quarantined b"]


async def test_what_cannot_even_be_put_aside_fails_alone(notes_database: Database, commits: Commits) -> None:
    class Hopeless(NoteHandler):
        async def quarantine(self, tx: Tx, report: ReportNote, error: Exception) -> str:
            raise RuntimeError("worse")

    group = await commits(Hopeless())
    poison, good = await results(record(group, "poison", "a"))
    assert isinstance(poison, RuntimeError)
    assert good == "recorded a"
    assert await texts(notes_database) == ["a"]


async def test_a_report_nobody_records_is_said_so_to_its_sender(commits: Commits) -> None:
    group = await commits(NoteHandler())
    unknown = asyncio.ensure_future(group.record(ReportOther("x")))
    known = record(group, "a")[0]
    with pytest.raises(TypeError, match="ReportOther"):
        await unknown
    assert await known == "recorded a"


# ---- a database that is away


async def test_a_short_absence_costs_time_and_nothing_else(
    notes_database: Database, commits: Commits, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await commits(NoteHandler(), stalled_after_s=5)
    break_database(monkeypatch, group)
    answers = record(group, "a", "b")
    await asyncio.sleep(0.15)
    assert not any(answer.done() for answer in answers)
    monkeypatch.undo()
    assert await results(answers) == ["recorded a", "recorded b"]
    assert group.quarantined == 0
    assert await texts(notes_database) == ["a", "b"]


async def test_when_nothing_commits_everybody_who_waits_is_told_and_the_edge_too(
    notes_database: Database, commits: Commits, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await commits(NoteHandler(), batch_max=2)
    stalls = []
    group.on_stall += [lambda: 1 / 0, lambda: stalls.append(group.backlog)]
    break_database(monkeypatch, group)
    answers = record(group, *"abcde")
    await asyncio.sleep(STALLED_AFTER_S / 4)
    assert not any(answer.done() for answer in answers)
    assert all(isinstance(answer, NothingCommits) for answer in await results(answers))
    assert stalls == [0]
    assert group.quarantined == 0
    monkeypatch.undo()
    assert await results(record(group, "after")) == ["recorded after"]
    assert await texts(notes_database) == ["after"]


async def test_a_commit_that_hangs_is_given_up_and_then_goes_on(notes_database: Database, commits: Commits) -> None:
    handler = Gated()
    group = await commits(handler)
    (answer,) = await results(record(group, "a"))
    assert isinstance(answer, NothingCommits)
    handler.gate.set()
    assert await results(record(group, "b")) == ["recorded b"]
    assert await texts(notes_database) == ["b"]


async def test_it_says_while_it_is_stalled(commits: Commits, monkeypatch: pytest.MonkeyPatch) -> None:
    group = await commits(NoteHandler(), stalled_after_s=0.1)
    assert not group.is_stalled
    break_database(monkeypatch, group)
    group._stalled_after_s = 30  # it goes on trying
    answers = record(group, "a")
    await asyncio.sleep(0.05)
    assert not group.is_stalled
    group._stalled_after_s = 0.01
    assert group.is_stalled
    monkeypatch.undo()
    group._stalled_after_s = 30
    await results(answers)
    assert not group.is_stalled


async def test_two_nodes_in_each_others_way_try_again(
    notes_database: Database, commits: Commits, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = NoteHandler()
    group = await commits(handler, stalled_after_s=5)
    conflicts = iter([sa.exc.DBAPIError("UPDATE", {}, Exception("deadlock detected"))] * 2)
    whole = handler.record

    async def conflicting(tx: Tx, reports: Sequence[ReportNote], prepared: int) -> Sequence[str]:
        receipts = await whole(tx, reports, prepared)
        if conflict := next(conflicts, None):
            raise conflict
        return receipts

    monkeypatch.setattr(handler, "record", conflicting)
    assert await results(record(group, "a", "b")) == ["recorded a", "recorded b"]
    assert group.quarantined == 0
    assert await texts(notes_database) == ["a", "b"]


async def test_a_writer_outside_costs_time_and_puts_no_report_aside(
    notes_database: Database, commits: Commits, monkeypatch: pytest.MonkeyPatch
) -> None:
    if notes_database.dialect != "sqlite":
        pytest.skip("is about SQLite")
    brisk = [pragma for pragma in database_module._SQLITE_PRAGMAS if "busy_timeout" not in pragma]
    monkeypatch.setattr(database_module, "_SQLITE_PRAGMAS", [*brisk, "busy_timeout=20"])
    group = await commits(NoteHandler(), stalled_after_s=10)
    outside = sqlite3.connect(str(notes_database.url.database), isolation_level=None)
    outside.execute("BEGIN IMMEDIATE")
    answers = record(group, "a", "b")
    await asyncio.sleep(0.2)
    assert not any(answer.done() for answer in answers)
    outside.execute("ROLLBACK")
    outside.close()
    assert await results(answers) == ["recorded a", "recorded b"]
    assert group.quarantined == 0


# ---- the end


async def test_stopping_commits_what_waits(notes_database: Database, commits: Commits) -> None:
    group = await commits(NoteHandler(), batch_max=3, stalled_after_s=5)
    answers = record(group, *(f"{number}" for number in range(20)))
    await asyncio.sleep(0)
    await group.stop()
    assert all(answer.startswith("recorded") for answer in await results(answers))
    assert len(await texts(notes_database)) == 20


async def test_a_caller_who_goes_away_leaves_the_report(notes_database: Database, commits: Commits) -> None:
    group = await commits(NoteHandler())
    (answer,) = record(group, "a")
    await asyncio.sleep(0)
    answer.cancel()
    assert await results(record(group, "b")) == ["recorded b"]
    assert await texts(notes_database) == ["a", "b"]


# ---- a module that is not loaded


class Asking(NoteHandler):
    """Asks a module that is not there."""

    def __init__(self, asks: Asks) -> None:
        super().__init__()
        self._asks = asks

    async def prepare(self, reports: Sequence[ReportNote]) -> int:
        if any(report.text == "asks" for report in reports):
            await self._asks.ask(CountStars(text="x"))
        return len(reports)


async def test_what_asks_a_module_that_is_not_loaded_is_put_aside_at_once(
    notes_database: Database, commits: Commits
) -> None:
    group = await commits(Asking(Asks()), stalled_after_s=30)
    stalls: list[int] = []
    group.on_stall.append(lambda: stalls.append(1))
    async with asyncio.timeout(10):  # far less than it takes to stall
        answers = await results(record(group, "a", "asks", "b"))
    assert answers == ["recorded a", "quarantined asks", "recorded b"]
    assert stalls == []
    assert sorted(await texts(notes_database)) == ["a", "b", "quarantined asks"]
