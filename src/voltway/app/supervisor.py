"""Keeps the processes of `voltway cluster` running: starts them in order, starts again what ends, ends all at a signal.

Workers come first, since gateways ask them. A process that ends by itself is started again, later each time that it does not
last. SIGHUP restarts one after the other: the next one when the last one says that it runs. It knows nothing of what runs in
them; all they share is the database, the ports (SO_REUSEPORT) and the bus.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from voltway.app.catalog import MODULES
from voltway.app.settings import Configuration
from voltway.kernel import clock
from voltway.kernel.errors import StartUpError
from voltway.modules.gateway.settings import GatewaySettings

log = structlog.get_logger()

STARTS_WITHIN_S = 120.0
STOPS_WITHIN_S = 30.0
"""Beyond the time over which a gateway spreads its good-byes."""
BACK_OFF_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
LASTED_S = 60.0
"""A process that has run for so long begins again at the shortest pause."""
RUNS = b" is running."
AT_GATEWAYS = ("stations", "sessions", "gateway")
"""Where a station's messages are recorded; the rest is asked of the workers."""


@dataclass(frozen=True)
class Member:
    """One process to be kept running."""

    name: str
    modules: tuple[str, ...]
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Plan:
    """What is to run, in the order of its start."""

    members: tuple[Member, ...]
    arguments: tuple[str, ...]
    stops_within_s: float = STOPS_WITHIN_S
    announcement: str = ""

    @classmethod
    def of(cls, configuration: Configuration, *, gateways: int, workers: int) -> Plan:
        """Workers with everything but the gateway on the HTTP port, gateways with what records on the station port."""
        gateway, http = configuration.section(GatewaySettings), configuration.http
        if gateway.port == 0 and gateways > 1:
            raise StartUpError("Several gateways share one port, so it needs a number: --ocpp HOST:PORT.")
        if http.port == 0 and workers > 1:
            raise StartUpError("Several workers share one port, so it needs a number: --http HOST:PORT.")
        at_workers = tuple(name for name in MODULES if name != "gateway")
        shared_http = {"VOLTWAY_HTTP__HOST": http.host, "VOLTWAY_HTTP__PORT": str(http.port)}
        shared_ocpp = {"VOLTWAY_GATEWAY__HOST": gateway.host, "VOLTWAY_GATEWAY__PORT": str(gateway.port)}
        own_http = {"VOLTWAY_HTTP__HOST": "127.0.0.1", "VOLTWAY_HTTP__PORT": "0", "VOLTWAY_GATEWAY__REUSE_PORT": "true"}
        all_of_the_api = {"VOLTWAY_HTTP__REUSE_PORT": "true", "VOLTWAY_HTTP__ALSO_SERVES": '["gateway"]'}
        members = [Member(f"worker-{n}", at_workers, {**shared_http, **all_of_the_api}) for n in range(1, workers + 1)]
        members += [Member(f"gateway-{n}", AT_GATEWAYS, {**shared_ocpp, **own_http}) for n in range(1, gateways + 1)]
        arguments: tuple[str, ...] = ("--data-dir", str(configuration.data_dir))
        if configuration.file is not None:
            arguments += ("--config", str(configuration.file))
        places = (
            f"  REST API  http://{http.host}:{http.port}/api/v1\n  Stations  ws://{gateway.host}:{gateway.port}/ocpp"
        )
        return cls(tuple(members), arguments, STOPS_WITHIN_S + gateway.drain_spread_s, places)


@dataclass
class _Running:
    """A member and its process."""

    member: Member
    process: asyncio.subprocess.Process | None = None
    is_up: asyncio.Event = field(default_factory=asyncio.Event)
    is_wanted: bool = True
    has_run: bool = False
    """Whether it has ever come up: one that has not, says what is wrong with its settings."""


class Supervisor:
    """Runs a plan until SIGINT or SIGTERM."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._running = [_Running(member) for member in plan.members]
        self._ending = asyncio.Event()
        self._keepers: list[asyncio.Task[None]] = []
        self._restarting: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Start all, keep them, end them in the opposite order. Raises StartUpError if one cannot be started at first."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._ending.set)
        loop.add_signal_handler(signal.SIGHUP, self._restart)
        try:
            for one in self._running:
                if not self._ending.is_set():
                    await self._start_first(one)
            if not self._ending.is_set():
                names = ", ".join(f"{one.member.name} ({one.process.pid})" for one in self._running if one.process)
                print(f"\nVoltway is running: {names}.\n\n{self._plan.announcement}\n", flush=True)  # noqa: T201
            await self._ending.wait()
        finally:
            await self._end()

    async def _start_first(self, one: _Running) -> None:
        """Start a member and wait until it says that it runs, or all is to end."""
        keeper = asyncio.create_task(self._keep(one), name=f"keep:{one.member.name}")
        self._keepers.append(keeper)
        waits = [asyncio.create_task(one.is_up.wait()), asyncio.create_task(self._ending.wait())]
        try:
            done, _ = await asyncio.wait([*waits, keeper], timeout=STARTS_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if keeper in done:
            keeper.result()
        if not done:
            raise StartUpError(f"{one.member.name} did not start within {STARTS_WITHIN_S:g} s; its log says why.")

    async def _keep(self, one: _Running) -> None:
        """Keep one member running. Raises StartUpError if it has never run and says that it cannot."""
        tries = 0
        while self._is_wanted(one):
            began = clock.monotonic()
            code = await self._run_once(one)
            one.is_up.clear()
            if not self._is_wanted(one):
                return
            if not one.has_run:
                raise StartUpError(
                    f"{one.member.name} could not be started (exit code {code}); what it says stands above."
                )
            tries = 0 if clock.monotonic() - began > LASTED_S else tries + 1
            pause_s = BACK_OFF_S[min(max(tries - 1, 0), len(BACK_OFF_S) - 1)]
            log.warning("process.ended", name=one.member.name, code=code, again_in_s=pause_s)
            await asyncio.sleep(pause_s)

    def _is_wanted(self, one: _Running) -> bool:
        return one.is_wanted and not self._ending.is_set()

    async def _run_once(self, one: _Running) -> int:
        """Run a member's process to its end; its exit code."""
        command = [str(Path(sys.executable).with_name("voltway")), "run", *one.member.modules, *self._plan.arguments]
        environment = {**os.environ, "VOLTWAY_BUS__NODE": one.member.name, **one.member.environment}
        process = one.process = await asyncio.create_subprocess_exec(
            *command,
            stdout=asyncio.subprocess.PIPE,
            env=environment,
            start_new_session=True,  # Ctrl-C is ours to hand on, in order
        )
        log.info("process.begun", name=one.member.name, pid=process.pid)
        assert process.stdout is not None
        async for line in process.stdout:
            if RUNS in line:
                one.has_run = True
                one.is_up.set()
        return await process.wait()

    def _restart(self) -> None:
        if self._restarting is None or self._restarting.done():
            self._restarting = asyncio.create_task(self._restart_all())

    async def _restart_all(self) -> None:
        """One after the other, so that there is always somebody."""
        for one in self._running:
            log.info("process.restarting", name=one.member.name)
            one.is_up.clear()
            await self._stop(one)
            try:
                async with asyncio.timeout(STARTS_WITHIN_S):
                    await one.is_up.wait()
            except TimeoutError:
                log.error("process.not_restarted", name=one.member.name)
                return
        log.info("cluster.restarted")

    async def _stop(self, one: _Running) -> None:
        process = one.process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(self._plan.stops_within_s):
                await process.wait()
        except TimeoutError:
            log.error("process.killed", name=one.member.name)
            process.kill()
            await process.wait()

    async def _end(self) -> None:
        """Gateways first, so that what they still record is answered."""
        if self._restarting is not None:
            self._restarting.cancel()
        for one in self._running:
            one.is_wanted = False
        for group in _groups(list(reversed(self._running))):
            await asyncio.gather(*(self._stop(one) for one in group))
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)


def _groups(running: Sequence[_Running]) -> list[list[_Running]]:
    """Neighbours with the same modules."""
    groups: list[list[_Running]] = []
    for one in running:
        if groups and groups[-1][0].member.modules == one.member.modules:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups
