"""The board adapter: the microcontroller at the other end of a serial line, as `Board`.

One command is under way at a time; it is sent again until it is acknowledged, and the board answers a repeat without doing it
again. The board's STATUS is its whole state, so lost frames do no harm. A board that is silent, or has restarted, is a fault
(BOARD_LOST): the state machine opens, and closes no more until the board is back and was told the outputs anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import structlog

from voltway.kernel import clock
from voltway.station.evse_words import (
    Action,
    AllowPower,
    CableRated,
    ContactorConfirmed,
    Event,
    FaultCame,
    FaultWent,
    LockConfirmed,
    PhasesConfirmed,
    PilotMeasured,
    SelfTest,
    SelfTestDone,
    SetLock,
    SetPhases,
    SetPilot,
)
from voltway.station.faults import Fault
from voltway.station.hardware.frames import (
    HEARTBEAT_EVERY_MS,
    VERSION,
    Capabilities,
    Flag,
    Frame,
    Kind,
    Receiver,
    Result,
    Status,
    Telemetry,
    encode,
    pilot_body,
)
from voltway.station.hardware.ports import HardwareLost
from voltway.station.hardware.serial_line import SerialLine

log = structlog.get_logger()

ACK_WITHIN_S = 0.1
TRIES = 5
SILENT_S = 1.0
"""The board tells its status every 0.2 s."""


class SerialBoard:
    """See the module. `dropped` counts broken frames; `telemetry` is what was measured last."""

    def __init__(self, path: str, baud: int = 115200) -> None:
        self._path, self._baud = path, baud
        self._receiver = Receiver()
        self._line: SerialLine | None = None
        self._on_event: Callable[[Event], None] = lambda event: None
        self._status: Status | None = None
        self._faults: frozenset[Fault] = frozenset()
        self._heard_s = 0.0
        self._is_lost = False
        self._sequence = 0
        self._turn = asyncio.Lock()
        self._ack: tuple[int, asyncio.Future[Result]] | None = None
        self._awaits_test = False
        self._wanted: dict[Kind, bytes] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.capabilities: Capabilities | None = None
        self.telemetry: Telemetry | None = None

    @property
    def dropped(self) -> int:
        """How many broken frames came."""
        return self._receiver.dropped

    async def start(self, on_event: Callable[[Event], None]) -> None:
        """Open the port and greet the board. Raises HardwareLost."""
        self._on_event = on_event
        self._open()
        try:
            await self._greet()
        except HardwareLost:
            await self.close()
            raise
        self._tasks.append(asyncio.create_task(self._look_after()))

    def _open(self) -> None:
        self._line = SerialLine(self._path, self._baud, self._take, self._lose)
        self._line.write(b"\x00")  # whatever half a frame stands there, it ends here
        self._heard_s = clock.monotonic()

    async def _greet(self) -> None:
        await self._command(Kind.HELLO)
        if self.capabilities is None or self.capabilities.version != VERSION:
            raise HardwareLost(f"the board speaks another version than {VERSION}: {self.capabilities}")

    async def perform(self, action: Action) -> bool:
        """Have it done; False if the board refused, or is lost (which is told as an event). Not the board's: ignored."""
        try:
            return await self._perform(action)
        except HardwareLost:
            self._lose()
            return False

    async def _perform(self, action: Action) -> bool:
        match action:
            case SetPilot(output):
                return await self._want(Kind.PILOT, pilot_body(output))
            case SetLock(is_locked):
                return await self._want(Kind.LOCK, bytes([is_locked]))
            case SetPhases(phases):
                return await self._want(Kind.PHASES, bytes([phases]))
            case AllowPower(is_allowed):
                return await self._command(Kind.PERMIT, bytes([is_allowed])) is Result.DONE
            case SelfTest():
                self._awaits_test = await self._command(Kind.SELF_TEST) is Result.DONE
                return self._awaits_test
        return True

    async def reset_faults(self) -> bool:
        """Let latched faults go whose cause is gone."""
        return await self._command(Kind.RESET_FAULTS) is Result.DONE

    def measures(self) -> Mapping[str, float]:
        """The temperature beside the microcontroller; its residual current is judged by itself, and sooner."""
        return {} if self.telemetry is None else {"ambient_c": self.telemetry.temperature_c}

    @property
    def current_a_max(self) -> float | None:
        """As it said when it was greeted."""
        return None if self.capabilities is None else float(self.capabilities.current_a_max)

    async def close(self) -> None:
        """Stop talking; the board opens when it misses the heartbeat."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        if self._line:
            self._line.close()

    # --- Out.

    async def _want(self, kind: Kind, body: bytes) -> bool:
        """A command whose effect a restarted board must be told again."""
        self._wanted[kind] = body
        return await self._command(kind, body) is Result.DONE

    async def _command(self, kind: Kind, body: bytes = b"") -> Result:
        async with self._turn:
            self._sequence = (self._sequence + 1) & 0xFF
            octets = encode(kind, self._sequence, body)
            for _ in range(TRIES):
                answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
                self._ack = (self._sequence, answer)
                self._write(octets)
                try:
                    async with asyncio.timeout(ACK_WITHIN_S):
                        return await answer
                except TimeoutError:
                    continue
                finally:
                    self._ack = None
        raise HardwareLost(f"the board does not answer to {kind.name}")

    def _write(self, octets: bytes) -> None:
        if self._line is None:
            raise HardwareLost("the board's port is closed")
        self._line.write(octets)

    async def _look_after(self) -> None:
        """Heartbeat, and a new beginning after silence."""
        while True:
            await asyncio.sleep(HEARTBEAT_EVERY_MS / 1000)
            try:
                if self._is_lost:
                    await self._begin_anew()
                elif clock.monotonic() - self._heard_s > SILENT_S:
                    self._lose()
                else:
                    self._write(encode(Kind.HEARTBEAT, 0))
            except HardwareLost as error:
                log.debug("station_board.silent", reason=str(error))
                self._lose()

    async def _begin_anew(self) -> None:
        if self._line:
            self._line.close()
        self._open()
        await self._greet()
        for kind, body in self._wanted.items():
            await self._command(kind, body)
        self._is_lost = False
        self._status = None  # all of the next one is news
        log.info("station_board.returned", path=self._path)
        self._on_event(FaultWent(Fault.BOARD_LOST))

    def _lose(self) -> None:
        if not self._is_lost:
            self._is_lost = True
            log.warning("station_board.lost", path=self._path)
            self._on_event(FaultCame(Fault.BOARD_LOST))

    # --- In.

    def _take(self, octets: bytes) -> None:
        for frame in self._receiver.feed(octets):
            self._heard_s = clock.monotonic()
            self._understand(frame)

    def _understand(self, frame: Frame) -> None:
        match frame.kind:
            case Kind.ACK if len(frame.body) == 2 and frame.body[1] in set(Result):
                if self._ack and self._ack[0] == frame.body[0] and not self._ack[1].done():
                    self._ack[1].set_result(Result(frame.body[1]))
            case Kind.STATUS if (status := Status.of(frame.body)) and not self._is_lost:
                self._compare(self._status, status)
            case Kind.TELEMETRY if telemetry := Telemetry.of(frame.body):
                self.telemetry = telemetry
            case Kind.CAPABILITIES if capabilities := Capabilities.of(frame.body):
                self.capabilities = capabilities
            case Kind.SELF_TEST_RESULT if len(frame.body) == 1:
                self._test_ended(frame.body[0] == 1)

    def _test_ended(self, passed: bool) -> None:
        if self._awaits_test:
            self._awaits_test = False
            self._on_event(SelfTestDone(passed))

    def _compare(self, old: Status | None, new: Status) -> None:
        if old and new.uptime_ms < old.uptime_ms and old.uptime_ms - new.uptime_ms < 1 << 31:
            self._lose()  # it has restarted: nothing of what it was told holds
            return
        self._status = new
        before, self._faults = self._faults, new.faults
        # The board took the old result back when it began: what its status says since is the new one, should its own frame be lost.
        if Flag.TESTED in new.flags or Fault.RCD_SELF_TEST in new.faults:
            self._test_ended(Flag.TESTED in new.flags)
        for fault in sorted(new.faults - before):
            self._on_event(FaultCame(fault))
        # The mirror first: when the board opened by itself, the machine should know before it hears why.
        if old is None or (old.flags ^ new.flags) & Flag.CLOSED:
            self._on_event(ContactorConfirmed(Flag.CLOSED in new.flags))
        if old is None or (old.flags ^ new.flags) & Flag.LOCKED:
            self._on_event(LockConfirmed(Flag.LOCKED in new.flags))
        if old is None or old.cable_a != new.cable_a:
            self._on_event(CableRated(float(new.cable_a)))
        if old is None or old.phases != new.phases:
            self._on_event(PhasesConfirmed(new.phases))
        if old is None or old.pilot is not new.pilot:
            self._on_event(PilotMeasured(new.pilot))
        for fault in sorted(before - new.faults):
            self._on_event(FaultWent(fault))
