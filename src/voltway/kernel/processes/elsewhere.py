"""The other processes of this installation: who they are, what they answer, what they must hear.

Whoever asks takes a living process that answers (in turn), and another one where the request has surely not arrived. What may
have arrived is never sent twice: the asker gets AskTimedOut, as for an answer that is late. Queues are bounded on both sides:
more than that is refused at once (TooBusy), and whoever can wait tries again.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

import msgspec
import structlog

from voltway.kernel import clock
from voltway.kernel.batching import GroupCommit, NothingCommits
from voltway.kernel.bus.asks import Ask, Asks, AskTimedOut, NobodyAnswers
from voltway.kernel.bus.event import Event
from voltway.kernel.bus.events import Events
from voltway.kernel.database import Database
from voltway.kernel.errors import Problem, Unavailable
from voltway.kernel.processes import nodes, wire
from voltway.kernel.processes.carriers.port import AnswerLost, Carrier, NotDelivered, Place
from voltway.kernel.processes.job_leases import JobLeases
from voltway.kernel.processes.nodes import Card, Node
from voltway.kernel.processes.settings import BusSettings

log = structlog.get_logger()

SUSPECT_S = 2.0
"""A process that could not be reached is not asked again for so long, unless nobody else answers."""
TELL_S = 0.005
"""What is told to all is gathered for so long."""
PASSING_MAX = 1000
RETRY_S = 0.1
ANSWERED_WITHIN_S = 2.0
"""At a stop: how long what was asked before is answered."""


class Elsewhere:
    """The link of this process to all others."""

    def __init__(
        self,
        node_id: str,
        database: Database,
        carrier: Carrier,
        settings: BusSettings,
        key: bytes,
        *,
        asks: Asks,
        commits: GroupCommit,
        events: Events,
        leases: JobLeases,
    ) -> None:
        self._database, self._carrier, self._settings, self._key = database, carrier, settings, key
        self.node_id = node_id
        self._asked: dict[str, type[Ask[Any]]] = {}
        self._recorded: dict[str, type[Any]] = {}
        self._asks, self._commits, self._events = asks, commits, events
        self._leases = leases
        self._is_open = False
        """We have said what we answer: before, nobody is to count on us."""
        self._has_left = False
        self._row = asyncio.Lock()
        """Held while our row of the directory is written: a renewal that is on its way must not undo that we have left."""
        self._card = Card(node_id, settings.node or node_id, "", (), (), (), clock.now())
        self._nodes: dict[str, Node] = {}
        self._suspects: dict[str, float] = {}
        self._turn = random.randrange(1000)
        self._waiting = 0
        self._serving = 0
        self._slots = asyncio.Semaphore(settings.asked_max)
        self._read_again = asyncio.Event()
        self._head = 0
        self._passing: list[Event] = []
        self._is_news = False
        self._teller: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    # ---- start and stop

    async def start(self) -> None:
        """Connect, and read who runs. Nobody asks us yet. Raises StartUpError."""
        if self._database.dialect != "sqlite":
            await nodes.check_clock(self._database, self._settings.clock_off_by_s_max)
        address = await self._carrier.start(self._card.id, self._answer, self._hear)
        self._card = self._card._replace(address=address)
        try:
            await nodes.enter_when_free(self._database, self._card, self._settings.lease_s)
        except BaseException:
            await self._carrier.stop()
            raise
        await self._read()
        self._asks.elsewhere, self._commits.elsewhere, self._events.elsewhere = self, self, self
        self._spawn(self._keep())

    async def open(self) -> None:
        """From now on we answer: the modules have started."""
        self._asked = {wire.name_of(kind): kind for kind in self._asks.answered}
        self._recorded = {wire.name_of(kind): kind for kind in self._commits.recorded}
        answers = tuple(sorted((*self._asked, *self._recorded)))
        async with self._row:
            self._is_open = True
            self._card = self._card._replace(answers=answers, hears=self._hears(), jobs=self._leases.jobs)
            began = asyncio.get_running_loop().time()
            await nodes.open_up(self._database, self._card)
            self._leases.sure_until(began + self._settings.lease_s)
        self._tell_news()
        self._read_again.set()
        log.info("bus.open", node=self._card.name, others=nodes.names(self.others))

    async def close(self) -> None:
        """From now on nobody should ask us; what has been asked is answered."""
        self._has_left = True
        try:
            async with self._row:
                await nodes.leave(self._database, self._card.id)
        except Exception as error:  # the database is away: the lease runs out by itself
            log.warning("bus.not_left", error=repr(error)[:300])
        self._tell_news()
        self._say()
        deadline = clock.monotonic() + ANSWERED_WITHIN_S
        while self._serving and clock.monotonic() < deadline:  # noqa: ASYNC110 - at a stop only
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Leave."""
        self._asks.elsewhere = self._commits.elsewhere = self._events.elsewhere = None
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._teller is not None:
            self._teller.cancel()
        await self._carrier.stop()

    # ---- the directory

    @property
    def others(self) -> list[Node]:
        """The other processes that run."""
        return [node for node in self._nodes.values() if node.is_alive]

    def answers(self, kind: type[Any]) -> bool:
        """Whether another process takes this ask or report, or has of late: then it is to come back."""
        name = wire.name_of(kind)
        return any(name in node.answers for node in self._nodes.values())

    def hears(self, kind: type[Event]) -> bool:
        """Whether another process hears these events, which are not kept."""
        return any(node.is_alive and kind.__name__ in node.hears for node in self._nodes.values())

    def is_alive(self, node_id: str) -> bool:
        """Whether another process runs, as far as is known here."""
        node = self._nodes.get(node_id)
        return node is not None and node.is_alive

    async def _read(self) -> None:
        found = await nodes.read_all(self._database, self._settings.lease_s)
        self._nodes = {node.id: node for node in found if node.id != self._card.id}

    async def _keep(self) -> None:
        """Renew our lease and read the directory: now and then, and when somebody has come or gone."""
        loop = asyncio.get_running_loop()
        renewed = loop.time()
        while True:
            self._read_again.clear()
            try:
                async with asyncio.timeout(self._settings.lease_s / 4):
                    await self._read_again.wait()
            except TimeoutError:
                pass
            try:
                if loop.time() - renewed >= self._settings.lease_s / 4 or self._hears() != self._card.hears:
                    renewed = await self._renew()
                await self._read()
                if self._card.jobs:
                    await self._keep_jobs()
            except Exception as error:  # what is known stays known
                log.warning("bus.directory_not_read", error=repr(error)[:300])

    async def _renew(self) -> float:
        """Since when our lease holds, by the loop's clock. Once we have left, nothing is renewed."""
        async with self._row:
            began = asyncio.get_running_loop().time()
            if not self._has_left:
                self._card = self._card._replace(hears=self._hears())
                await nodes.renew(self._database, self._card)
                self._leases.sure_until(began + self._settings.lease_s)
            return began

    async def _keep_jobs(self) -> None:
        """Those who have only begun to start, or are of a version that knows nothing of it, take no jobs."""
        others = self.others
        able = {job: {self.node_id, *(node.id for node in others if job in node.jobs)} for job in self._leases.jobs}
        await self._leases.keep(able, {self.node_id, *(node.id for node in others)})

    def _hears(self) -> tuple[str, ...]:
        return tuple(sorted(self._events.heard_in_passing())) if self._is_open else ()

    # ---- asking

    async def ask(self, request: Ask[Any], timeout_s: float, node_id: str | None = None) -> Any:
        """The reply of another process; `node_id`: of this one. Raises NobodyAnswers, AnswererAway, AskTimedOut, TooBusy, or the
        Problem that the other side raised."""
        reply = await self._request(request, timeout_s, node_id)
        return wire.unpack(reply.body, wire.reply_type(type(request)))

    async def record(self, report: Any, timeout_s: float) -> Any:
        """The receipt of another process for a report."""
        reply = await self._request(report, timeout_s, None)
        return wire.unpack_receipt(reply.body, reply.kind)

    def submit(self, report: Any, done: Callable[[Any], None], stalled_after_s: float) -> None:
        """Have a report recorded elsewhere, and call `done` as GroupCommit.submit does."""
        self._spawn(self._record_patiently(report, done, stalled_after_s))

    async def _record_patiently(self, report: Any, done: Callable[[Any], None], stalled_after_s: float) -> None:
        deadline = clock.monotonic() + stalled_after_s
        while True:
            try:
                receipt = await self.record(report, max(0.1, deadline - clock.monotonic()))
                break
            except Unavailable as error:
                if clock.monotonic() > deadline:
                    receipt = NothingCommits(str(error)[:200])
                    break
                await asyncio.sleep(RETRY_S)  # reports may come twice: unique keys absorb them
            except Exception as error:
                receipt = error
                break
        try:
            done(receipt)
        except Exception as error:  # a bug in one link
            log.error("answer.failed", kind=type(report).__name__, exc_info=error)

    async def _request(self, body: Any, timeout_s: float, node_id: str | None) -> wire.Reply:
        name = wire.name_of(type(body))
        if self._waiting >= self._settings.waiting_max:
            raise wire.TooBusy(f"{self._waiting} questions wait for their answers already.")
        self._waiting += 1
        try:
            payload = wire.pack(body)
            deadline = clock.monotonic() + timeout_s
            for node in self._candidates(name, node_id):
                left_s = deadline - clock.monotonic()
                packed = self._seal(wire.Request(name, payload, max(1, int(left_s * 1000))))
                try:
                    raw = await self._carrier.request(Place(node.id, node.address), packed, left_s)
                except NotDelivered as error:
                    log.info("bus.not_delivered", node=node.name, kind=name, reason=str(error)[:200])
                    self._suspects[node.id] = clock.monotonic() + SUSPECT_S
                    self._read_again.set()
                    continue
                reply = wire.unpack(wire.unseal(raw, self._key), wire.Reply)
                if reply.refused is not None:
                    raise wire.unpack_problem(reply.refused)
                return reply
        except (TimeoutError, AnswerLost) as error:
            raise AskTimedOut(f"{type(body).__name__} was not answered: {str(error) or 'it took too long'}.") from None
        finally:
            self._waiting -= 1
        if node_id is None and any(name in node.answers for node in self._nodes.values()):
            raise wire.AnswererAway(f"Nobody answers {type(body).__name__} at the moment.")
        raise NobodyAnswers(f"Nobody answers {type(body).__name__}.")

    def _candidates(self, name: str, node_id: str | None) -> list[Node]:
        """Who may be asked, in turn; those that could not be reached a moment ago come last."""
        found = [
            node
            for node in self._nodes.values()
            if node.is_alive and name in node.answers and node_id in (None, node.id)
        ]
        self._turn += 1
        found = [found[(index + self._turn) % len(found)] for index in range(len(found))]
        now = clock.monotonic()
        return sorted(found, key=lambda node: self._suspects.get(node.id, 0.0) > now)

    # ---- answering

    async def _answer(self, raw: bytes) -> bytes:
        """The reply to a request of another process; never raises."""
        arrived = clock.monotonic()
        if self._serving >= self._settings.asked_max + self._settings.waiting_max:
            return self._seal(wire.Reply(refused=wire.pack_problem(wire.TooBusy("Too many questions at once."))))
        self._serving += 1
        try:
            request = wire.unpack(wire.unseal(raw, self._key), wire.Request)
            async with self._slots:
                left_s = request.within_ms / 1000 - (clock.monotonic() - arrived)
                if left_s <= 0:
                    raise AskTimedOut("The question was too old.")
                return self._seal(await self._reply(request, left_s))
        except Exception as error:
            if not isinstance(error, Problem):
                log.error("bus.answer_failed", exc_info=error)
            return self._seal(wire.Reply(refused=wire.pack_problem(error)))
        finally:
            self._serving -= 1

    async def _reply(self, request: wire.Request, left_s: float) -> wire.Reply:
        if (kind := self._asked.get(request.kind)) is not None:
            reply = await self._asks.ask(wire.unpack(request.body, kind), timeout_s=left_s, is_local=True)
            return wire.Reply(wire.pack(reply))
        if (report := self._recorded.get(request.kind)) is not None:
            receipt = await self._commits.record(wire.unpack(request.body, report))
            return wire.Reply(*wire.pack_receipt(receipt))
        raise NobodyAnswers(f"{request.kind} is not answered here.")

    # ---- telling all

    def wake(self, head: int) -> None:
        """Events have been stored, up to a position: the others need not wait until they look."""
        self._head = max(self._head, head)
        self._tell_soon()

    def pass_on(self, event: Event) -> None:
        """An event that is not kept, for those who hear it elsewhere; more than can be told at once is dropped."""
        if len(self._passing) < PASSING_MAX:
            self._passing.append(event)
            self._tell_soon()

    def _tell_news(self) -> None:
        self._is_news = True
        self._tell_soon()

    def _tell_soon(self) -> None:
        if self._teller is None:
            self._teller = asyncio.get_running_loop().call_later(TELL_S, self._say)

    def _say(self) -> None:
        self._teller = None
        passing, self._passing = self._passing, []
        told = wire.Told(self._card.id, self._head, self._is_news, wire.pack_events(passing))
        self._is_news = False
        places = [Place(node.id, node.address) for node in self.others]
        try:
            self._carrier.tell(places, self._seal(told))
        except Exception as error:  # what is told may be lost
            log.warning("bus.not_told", error=repr(error)[:300])

    def _hear(self, raw: bytes) -> None:
        try:
            told = wire.unpack(wire.unseal(raw, self._key), wire.Told)
        except (ValueError, msgspec.DecodeError) as error:
            log.warning("bus.not_understood", error=str(error)[:200])
            return
        if told.node_id == self._card.id:
            return
        if told.head:
            self._events.stored_elsewhere(told.head)
        if told.is_news:
            self._read_again.set()
        for passing in told.passing:
            event = wire.unpack_event(passing, self._events.types)
            if event is not None:
                self._events.say(event)

    def _seal(self, value: Any) -> bytes:
        return wire.seal(wire.pack(value), self._key)

    def _spawn(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
