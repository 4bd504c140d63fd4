"""Jobs where several processes have a module: each comes round in one of them, and a dead one's are taken over."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextvars import Context
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from builders import MakeRuntime, another, eventually
from voltway.kernel.auth import operators
from voltway.kernel.database import Database
from voltway.kernel.module import Job, Manifest
from voltway.kernel.processes.carriers.direct import DirectCarrier
from voltway.kernel.processes.job_leases import JobLeases, LeaseLost, belongs_to, job_leases
from voltway.kernel.processes.settings import BusSettings
from voltway.kernel.runtime import Runtime

VICTIM = Path(__file__).with_name("job_victim.py")
NAMES = [f"job{number}" for number in range(12)]


class Rounds:
    """Which process has come round with which job, and whether two ever did at once."""

    def __init__(self) -> None:
        self.of: dict[str, list[str]] = {}
        self.under_way: Counter[str] = Counter()
        self.overlapped = False

    def manifest(self, *names: str, everywhere: bool = False) -> Manifest:
        return Manifest(name="m", jobs=[Job(name, 0.01, self._job(name), everywhere) for name in names])

    def _job(self, name: str) -> Any:
        async def run(runtime: Runtime) -> None:
            self.under_way[name] += 1
            self.overlapped |= self.under_way[name] > 1
            await asyncio.sleep(0.02)
            self.under_way[name] -= 1
            self.of.setdefault(name, []).append(runtime.node_id)

        return run

    def last(self) -> set[str]:
        return {nodes[-1] for nodes in self.of.values()}


@pytest.fixture
async def make_node(make_runtime: MakeRuntime) -> Any:
    async def make(*manifests: Manifest) -> Runtime:
        return await make_runtime(*manifests, carrier=DirectCarrier(b"the key of a test"), bus=BusSettings(lease_s=2.0))

    return make


async def test_of_two_processes_one_runs_a_job_and_the_jobs_are_spread(make_node: Any) -> None:
    rounds = Rounds()
    first = await make_node(rounds.manifest(*NAMES))
    await eventually(lambda: len(rounds.of) == len(NAMES))
    assert rounds.last() == {first.node_id}
    second = await make_node(rounds.manifest(*NAMES))
    await eventually(lambda: rounds.last() == {first.node_id, second.node_id})  # handed over between two rounds
    both = sorted((first.node_id, second.node_id))
    expected = {name: belongs_to(f"m.{name}", both) for name in NAMES}
    await eventually(lambda: {name: nodes[-1] for name, nodes in rounds.of.items()} == expected)
    assert not rounds.overlapped


async def test_what_a_process_had_that_stops_is_run_by_the_other(make_node: Any) -> None:
    rounds = Rounds()
    first, second = [await make_node(rounds.manifest(*NAMES)) for _ in range(2)]
    await eventually(lambda: rounds.last() == {first.node_id, second.node_id})
    await second.stop()
    await eventually(lambda: rounds.last() == {first.node_id} and len(first.leases.held) == len(NAMES))
    assert not rounds.overlapped


async def test_a_job_that_is_for_every_process_runs_in_each(make_node: Any) -> None:
    rounds = Rounds()
    first, second = [await make_node(rounds.manifest("all", everywhere=True)) for _ in range(2)]
    await eventually(lambda: set(rounds.of.get("all", ())) == {first.node_id, second.node_id})


async def test_without_others_there_is_no_lease(make_runtime: MakeRuntime, database: Database) -> None:
    rounds = Rounds()
    runtime = await make_runtime(rounds.manifest("alone"))
    await eventually(lambda: rounds.of.get("alone"))
    async with database.read() as tx:
        assert (await tx.execute(sa.select(job_leases))).all() == []
    assert runtime.leases is None


# ---- a process that dies


class Victim:
    """Another process, which has begun a round of the job and waits in it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def says(self, word: str) -> None:
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            while (line := (await self.process.stdout.readline()).decode()) and line.strip() != word:
                pass
        assert line.strip() == word


@pytest.fixture
async def victim(database: Database) -> AsyncIterator[Victim]:
    url = database.url.render_as_string(hide_password=False)
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(VICTIM), url, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    yield Victim(process)
    if process.returncode is None:
        process.kill()
    await process.communicate()


async def test_the_job_of_a_killed_process_is_taken_over(victim: Victim, make_node: Any, database: Database) -> None:
    await victim.says("round")
    victim.process.kill()
    await victim.process.wait()
    rounds = Rounds()
    survivor = await make_node(rounds.manifest("job"))
    await eventually(lambda: rounds.of.get("job"))
    async with database.read() as tx:
        lease = (await tx.execute(sa.select(job_leases))).one()
    assert (lease.node_id, lease.epoch) == (survivor.node_id, 2)


async def test_a_process_that_was_paused_writes_nothing_after_its_job_was_taken(
    victim: Victim, make_node: Any, database: Database
) -> None:
    await victim.says("round")
    victim.process.send_signal(19)  # SIGSTOP
    rounds = Rounds()
    await make_node(rounds.manifest("job"))
    await eventually(lambda: rounds.of.get("job"))
    assert victim.process.stdin is not None
    victim.process.stdin.write(b"write\n")
    await victim.process.stdin.drain()
    victim.process.send_signal(18)  # SIGCONT
    await victim.says("lost")
    async with database.read() as tx:
        assert "written by the victim" not in (await tx.execute(sa.select(operators.c.name))).scalars().all()


# ---- the fence by itself


@pytest.fixture
async def others(database: Database) -> AsyncIterator[Database]:
    found = another(database)
    yield found
    await found.close()


async def test_a_round_whose_job_has_changed_hands_commits_nothing(database: Database, others: Database) -> None:
    first, second = JobLeases("a", database, ["m.job"]), JobLeases("b", others, ["m.job"])
    for leases in (first, second):
        leases.sure_until(asyncio.get_running_loop().time() + 3600)
    await first.keep({"m.job": {"a"}}, {"a"})
    told = []

    async def work() -> None:
        async with database.begin() as tx:
            await tx.execute(sa.update(operators).values(name="while it is ours"))
        taking = second.keep({"m.job": {"b"}}, {"b"})  # as if we had been away for long
        await asyncio.create_task(taking, context=Context())
        try:
            async with database.begin() as tx:
                await tx.execute(sa.update(operators).values(name="too late"))
        except LeaseLost:
            told.append("lost")
            raise

    await first.come_round("m.job", work)
    async with database.read() as tx:
        assert (await tx.execute(sa.select(operators.c.name))).scalars().all() == ["while it is ours"]
    assert (told, first.held, second.held) == (["lost"], (), ("m.job",))


async def test_what_a_round_has_set_going_is_not_fenced_once_the_round_is_over(database: Database) -> None:
    leases, goes_on, tasks = JobLeases("a", database, ["m.job"]), asyncio.Event(), []
    leases.sure_until(asyncio.get_running_loop().time() + 3600)
    await leases.keep({"m.job": {"a"}}, {"a"})

    async def later() -> None:
        await goes_on.wait()
        async with database.begin() as tx:
            await tx.execute(sa.update(operators).values(name="an order's outcome"))

    async def work() -> None:
        tasks.append(asyncio.create_task(later()))

    await leases.come_round("m.job", work)
    async with database.begin() as tx:
        await tx.execute(sa.update(job_leases).values(node_id="b", epoch=7))
    goes_on.set()
    await asyncio.gather(*tasks)
    async with database.read() as tx:
        assert (await tx.execute(sa.select(operators.c.name))).scalars().all() == ["an order's outcome"]


async def test_a_round_ends_when_the_lease_does(database: Database) -> None:
    leases = JobLeases("a", database, ["m.job"])
    await leases.keep({"m.job": {"a"}}, {"a"})
    leases.sure_until(asyncio.get_running_loop().time() + 0.05)
    await leases.come_round("m.job", asyncio.Event().wait)  # type: ignore[arg-type]
    assert leases.held == ()


def test_one_that_leaves_moves_its_own_jobs_only() -> None:
    before = {name: belongs_to(name, {"a", "b", "c"}) for name in NAMES}
    after = {name: belongs_to(name, {"a", "b"}) for name in NAMES}
    assert {name for name in NAMES if before[name] != after[name]} == {n for n in NAMES if before[n] == "c"}
    assert len(set(before.values())) == 3
