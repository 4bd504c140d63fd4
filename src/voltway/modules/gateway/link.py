"""One station's link: OCPP-J calls in and out, whatever carries them.

Inbound there is one call at a time; what comes before its answer waits in order. A report goes to the group commit and is
answered after the commit, an ask gets a task, everything else is answered at once: the frequent path has no task, no future
and no timer. The link is who the station is; nothing in a payload can change that.
"""

from __future__ import annotations

import asyncio
from collections import deque
from datetime import datetime
from typing import Any

import msgspec
import structlog

from voltway.contracts.station_link import BootReceipt, Report, StationCredential
from voltway.contracts.vocabulary import Registration
from voltway.kernel import clock
from voltway.kernel.batching import NothingCommits
from voltway.kernel.bus.asks import Ask
from voltway.kernel.errors import Problem
from voltway.kernel.noticing import Fact, Notices
from voltway.modules.gateway.calls import Calls, UnderWay
from voltway.modules.gateway.context import Exchange, LinkContext, Transport, Waiting
from voltway.modules.gateway.deviations import READ_LENIENTLY, REFUSED
from voltway.modules.gateway.dialects import quirks
from voltway.modules.gateway.dialects.base import CallFailed, Dialect, Inbound, LinkMemory, ReportRow
from voltway.modules.gateway.errors import StationRejected
from voltway.modules.gateway.frames import describe, payload_of
from voltway.modules.gateway.messages import Logged
from voltway.modules.gateway.noticing import note_of
from voltway.modules.gateway.pacing import RETRY_S, Pace
from voltway.wire.ocpp.faults import ErrorCode, ProtocolError, RefusedResult
from voltway.wire.ocpp.lenient import decode_lenient
from voltway.wire.ocpp.rpc import Call, CallError, Codec, Result, ResultError, Send

log = structlog.get_logger()

REPLAYS_KEPT = 4
"""Answers to transaction messages that are kept for a repetition; a correct station repeats only its last message."""
QUEUE_PAUSES_AT = 8
"""Calls that wait for their turn before the station is read no further; what has been read by then still comes."""
QUEUE_MAX = 4096
SCHEMA_ERROR, MESSAGE_ID_REUSED = "schema_error", "message_id_reused"
CORRECTED = "corrected"
"""The message was put right as its station's make needs it (dialects/quirks.py)."""


class Link:
    """A station that is connected, over one connection."""

    __slots__ = (
        "_answered",
        "_calls",
        "_context",
        "_exchange",
        "_faulty",
        "_is_paused",
        "_last_message_id",
        "_pace",
        "_probes",
        "_rated",
        "_told",
        "_triggered",
        "_waiting",
        "codec",
        "credential",
        "dialect",
        "epoch",
        "frames_in",
        "is_heard",
        "is_open",
        "memory",
        "protocol",
        "remote_address",
        "replaced_address",
        "transport",
    )

    def __init__(
        self, context: LinkContext, credential: StationCredential, dialect: Dialect, codec: Codec, remote_address: str
    ) -> None:
        self._context = context
        self.credential = credential
        self.dialect = dialect
        self.codec = codec
        self.protocol = dialect.protocol
        self.remote_address = remote_address
        self.memory = LinkMemory()
        self.transport: Transport | None = None
        self.epoch = 0
        """Fences: a later link of the same station has a larger one. Given by the registry."""
        self.is_open = False
        self.is_heard = True
        """Whether anything has come since the registry looked last."""
        self.replaced_address: str | None = None
        """Where the link came from that this one has replaced."""
        self.frames_in = 0
        self._faulty = self._rated = self._told = 0
        self._pace = Pace(context.settings)
        self._exchange: Exchange | None = None
        self._last_message_id = ""
        self._is_paused = False
        # Made when they are needed: most links are idle most of the time.
        self._waiting: deque[Waiting] | None = None
        self._answered: dict[str, tuple[int, bytes]] | None = None
        self._calls: Calls | None = None
        self._triggered: set[str] | None = None
        self._probes: list[asyncio.Future[bool]] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a call of the station waits for its answer."""
        return self._exchange is not None

    # ---- life

    def opened(self) -> None:
        """The handshake is over."""
        self.is_open = True
        self._context.on_open(self)

    def close(self, code: int, reason: str) -> None:
        """End the link: from here on nothing from it counts."""
        if self.is_open:
            self._context.counts.closed[code] += 1
            if self.transport is not None:
                self.transport.close(code, reason)
            self._end(f"closed by gateway: {code} {reason}")

    def lost(self, reason: str) -> None:
        """The connection is gone."""
        if self.is_open:
            self._end(reason)
        self.transport = None

    def _end(self, reason: str) -> None:
        self.is_open = False
        self._exchange = self._waiting = None
        if self._calls is not None:
            self._calls.close()
        self._settle_probes(is_alive=False)
        self._context.on_close(self, reason)

    async def probe(self, timeout_s: float) -> bool:
        """Whether the station answers a ping."""
        if self.transport is None or not self.is_open:
            return False
        probe: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._probes = [*(self._probes or ()), probe]
        self.transport.ping()
        try:
            async with asyncio.timeout(timeout_s):
                return await probe
        except TimeoutError:
            return False

    def ponged(self) -> None:
        """The station has answered a ping."""
        self.is_heard = True
        if self._probes is not None:
            self._settle_probes(is_alive=True)

    def _settle_probes(self, *, is_alive: bool) -> None:
        for probe in self._probes or ():
            if not probe.done():
                probe.set_result(is_alive)
        self._probes = None

    # ---- messages in

    def received(self, raw: bytes) -> None:
        """One text message of the station."""
        if not self.is_open:
            return
        self.is_heard = True
        self._context.counts.frames_in += 1
        self.frames_in += 1
        now = clock.now_ms()
        try:
            frame = self.codec.decode(raw)
        except ProtocolError as error:
            self._read_with_patience(raw, now, error)
            return
        if isinstance(frame, Call):
            self._log("in", "call", frame.message_id, frame.action, raw, now)
            self._take(Waiting(frame, raw, now, ()))
        elif isinstance(frame, Send):
            self._log("in", "call", frame.message_id, frame.action, raw, now)
            self._take_send(frame, raw, now)
        else:
            self._take_answer(frame, raw, now)

    def _take(self, item: Waiting) -> None:
        """Handle a call, or let it wait for its turn."""
        if self._exchange is None and not self._waiting:
            if self._pace.take():
                self._handle(item)
                return
            self._slow_down()
        elif self._exchange is not None:
            self._context.counts.pipelined_calls += 1
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append(item)
        if len(self._waiting) > QUEUE_MAX:
            self.close(1008, "too many calls at once")
        elif len(self._waiting) >= QUEUE_PAUSES_AT:
            self._pause()
            self._note("calls.waiting")

    def _slow_down(self) -> None:
        """The station is above its rate: what it sends waits, first here, then in its own buffers."""
        self._context.counts.throttled += 1
        self._pause()
        asyncio.get_running_loop().call_later(RETRY_S, self._go_on)

    def _go_on(self) -> None:
        """Handle what waits, as far as it may be handled now."""
        waiting = self._waiting
        while waiting and self.is_open and self._exchange is None:
            if not self._pace.take():
                if len(waiting) > 1 and self._pace.is_flooding():
                    self.close(1008, "too many messages")
                else:
                    self._slow_down()
                return
            self._handle(waiting.popleft())
        if self._is_paused and not waiting and self.transport is not None:
            self._is_paused = False
            self.transport.resume()

    def _pause(self) -> None:
        if not self._is_paused and self.transport is not None:
            self._is_paused = True
            self.transport.pause()

    def _handle(self, item: Waiting) -> None:
        call, raw, flags = item.call, item.raw, item.flags
        message_id, action = call.message_id, call.action
        row = self.dialect.reports.get(action)
        if row is None:
            self._answer_error(message_id, action, ErrorCode.NotSupported, f"{action} is not for us")
            return
        if not self._is_welcome(action, row):
            # OCPP 2.0.1, B01.FR.10, B02.FR.09, B03.FR.07
            self._answer_error(message_id, action, ErrorCode.SecurityError, "the station is not accepted yet")
            self._note("call.unwelcome", action=action)
            return
        digest = hash(raw) if row.is_transaction else 0
        known = self._answered.get(message_id) if self._answered is not None else None
        if row.is_transaction and known is not None and known[0] == digest:
            self._context.counts.replayed_answers += 1
            self._send("result", message_id, action, known[1])
            return
        if known is not None or message_id == self._last_message_id:
            flags = (*flags, MESSAGE_ID_REUSED)
            self._note("message_id.reused", action=action)
        self._last_message_id = message_id
        inbound = Inbound(
            self.credential,
            self.protocol,
            message_id,
            item.received_at,
            payload_of(raw, message_id, action),
            self.memory,
            flags,
        )
        try:
            request = row.read(inbound, call.payload)
        except Exception as error:
            self._answer_failure(message_id, action, error)
            return
        self._exchange = Exchange(row, inbound, call, digest)
        if request is None:
            self._answer(None)
        elif isinstance(request, Report):
            self._context.runtime.commits.submit(request, self._replied)
        else:
            self._context.spawn(self._ask(request))

    def _is_welcome(self, action: str, row: ReportRow) -> bool:
        """Whether the station may say this: registration belongs to its record, a reconnect needs no boot."""
        if self.credential.registration is Registration.ACCEPTED or row.before_boot:
            return True
        return self._triggered is not None and action in self._triggered

    async def _ask(self, request: Ask[Any]) -> None:
        try:
            reply = await self._context.runtime.ask(request)
        except Exception as error:
            reply = error
        self._replied(reply)

    def _replied(self, reply: Any) -> None:
        """The report is on the disk and this is its receipt, or the ask has this reply, or something went wrong."""
        if not self.is_open:
            return
        if isinstance(reply, NothingCommits):
            self.close(1013, "nothing can be stored at the moment")
            return
        if not isinstance(reply, Exception):
            self._answer(reply)
        elif self._exchange is not None:
            call = self._exchange.call
            self._exchange = None
            self._answer_failure(call.message_id, call.action, reply)
        if self._waiting or self._is_paused:
            self._go_on()

    def _answer(self, reply: Any) -> None:
        """Answer the call under way."""
        exchange, self._exchange = self._exchange, None
        if exchange is None:
            return
        row, inbound, call = exchange.row, exchange.inbound, exchange.call
        try:
            answer = self.codec.encode_result(call.message_id, row.answer(inbound, call.payload, reply))
        except Exception as error:
            self._answer_failure(call.message_id, call.action, error)
            return
        if row.is_transaction:
            self._keep_answer(call.message_id, exchange.digest, answer)
        self._send("result", call.message_id, call.action, answer)
        if isinstance(reply, BootReceipt):
            self._booted(reply)

    def _keep_answer(self, message_id: str, digest: int, answer: bytes) -> None:
        answered = self._answered
        if answered is None:
            answered = self._answered = {}
        answered.pop(message_id, None)
        answered[message_id] = (digest, answer)
        if len(answered) > REPLAYS_KEPT:
            del answered[next(iter(answered))]

    def _booted(self, receipt: BootReceipt) -> None:
        known = self.credential
        vendor, model, firmware_version = self.memory.make or (known.vendor, known.model, known.firmware_version)
        self.credential = msgspec.structs.replace(
            known,
            registration=receipt.registration,
            has_booted=True,
            vendor=vendor,
            model=model,
            firmware_version=firmware_version,
        )
        self._context.on_boot(self, receipt)

    def _answer_failure(self, message_id: str, action: str, error: Exception) -> None:
        """Say that a call could not be handled; why is nothing that the station could understand."""
        if isinstance(error, ProtocolError):
            self._answer_error(message_id, action, error.code, error.description)
            return
        is_expected = isinstance(error, Problem)
        station_id = self.credential.station_id
        if is_expected:
            log.warning("message.failed", action=action, station_id=station_id, error=repr(error)[:300])
        else:
            log.error("message.failed", action=action, station_id=station_id, exc_info=error)
        self._answer_error(message_id, action, ErrorCode.InternalError, "try again later")

    def _read_with_patience(self, raw: bytes, now: datetime, error: ProtocolError) -> None:
        """A message that breaks its schema: what is billed is read again, leniently; the rest is refused."""
        self._faulty += 1
        kind, message_id, action = describe(raw)
        self._log("in", kind, message_id, error.action or action, raw, now)
        corrected = self._correct(raw)
        if corrected is not None:
            raw = corrected
            try:
                frame = self.codec.decode(raw)
            except ProtocolError as still:
                error = still
            else:
                if isinstance(frame, Call):
                    self._take(Waiting(frame, raw, now, (CORRECTED,)))
                    return
        row = self.dialect.reports.get(error.action)
        reading = decode_lenient(self.codec, raw) if row is not None and row.is_transaction else None
        if reading is not None:
            log.info("message.read_leniently", station_id=self.credential.station_id, complaints=reading.complaints)
            self._note_deviation(READ_LENIENTLY, "; ".join(reading.complaints))
            self._take(Waiting(reading.call, raw, now, (SCHEMA_ERROR,)))
            return
        log.info("message.refused", station_id=self.credential.station_id, error=str(error))
        self._note_deviation(REFUSED, f"{error.action or action or 'a frame'}: {error.description}")
        self._refuse(error)

    def _correct(self, raw: bytes) -> bytes | None:
        """A refused message as a station of this make must have meant it; None if nothing is known of it."""
        credential = self.credential
        vendor, model, firmware_version = self.memory.make or (
            credential.vendor,
            credential.model,
            credential.firmware_version,
        )
        make = quirks.make_in(raw) or quirks.Make(vendor or "", model or "", firmware_version)
        corrections = quirks.corrections_for(make, self._context.quirks)
        mended, used = quirks.mend(corrections, raw) if corrections else (raw, [])
        for name in used:
            self._note_deviation(name)
        return mended if used else None

    def _note(self, kind: str, **facts: Fact) -> None:
        """Tell that something looks wrong."""
        note_of(self._context.runtime.state(Notices), self.credential, kind, **facts)

    def take_rate(self) -> int:
        """How many messages have come since this was asked last."""
        before, self._rated = self._rated, self.frames_in
        return self.frames_in - before

    def take_faults(self) -> tuple[int, int]:
        """How many messages could not be read, of how many, since there were some the last time."""
        faulty, total = self._faulty, self.frames_in - self._told
        if faulty:
            self._faulty, self._told = 0, self.frames_in
        return faulty, total

    def _note_deviation(self, name: str, detail: str = "") -> None:
        credential = self.credential
        self._context.deviations.note(credential.operator_id, credential.station_id, name, detail)

    def _refuse(self, error: ProtocolError) -> None:
        """Answer a broken message as its version answers it, and tell who waited for it."""
        self._context.counts.protocol_faults += 1
        under_way = self._find_call(error.message_id) if isinstance(error, RefusedResult) else None
        if under_way is not None:
            under_way.reply.set_exception(CallFailed(error.code.value, error.description))
        refusal = self.codec.encode_refusal(error)
        if refusal is not None:
            self._send("error", error.message_id, error.action or None, refusal)
        self._note_fault()

    def _note_fault(self) -> None:
        if not self._pace.tolerates_fault():
            self.close(1008, "too many messages that cannot be read")

    def _take_send(self, frame: Send[Any], raw: bytes, now: datetime) -> None:
        """A message that is not answered (OCPP 2.1)."""
        row = self.dialect.reports.get(frame.action)
        if row is None or not self._is_welcome(frame.action, row) or not self._pace.take():
            return
        payload = payload_of(raw, frame.message_id, frame.action)
        inbound = Inbound(self.credential, self.protocol, frame.message_id, now, payload, self.memory)
        try:
            request = row.read(inbound, frame.payload)
        except Exception as error:
            log.error("message.failed", action=frame.action, station_id=self.credential.station_id, exc_info=error)
            return
        if isinstance(request, Report):
            self._context.runtime.commits.submit(request, lambda receipt: None)

    # ---- messages out, and the answers to them

    async def call(self, action: str, request: Any, timeout_s: float) -> Any:
        """Send a CALL when its turn comes; the response struct.

        Raises CallFailed, CallTimedOut, LinkLost (NotSent where it never left), CallQueueFull, StationRejected.
        """
        if self.credential.registration is Registration.REJECTED:
            raise StationRejected
        if self._calls is None:
            self._calls = Calls(self._transmit, self._context.settings.calls_waiting_max)
            if not self.is_open:
                self._calls.close()
        return await self._calls.call(action, request, timeout_s)

    def _transmit(self, message_id: str, action: str, request: Any) -> None:
        triggers = self.dialect.triggers.get(action)
        if triggers is not None:
            self._triggered = {*(self._triggered or ()), *triggers(request)}
        self._send("call", message_id, action, self.codec.encode_call(message_id, action, request))

    def _take_answer(self, frame: Result | CallError | ResultError, raw: bytes, now: datetime) -> None:
        under_way = self._find_call(frame.message_id)
        kind = "result" if isinstance(frame, Result) else "error"
        self._log("in", kind, frame.message_id, under_way.action if under_way is not None else None, raw, now)
        if isinstance(frame, ResultError):  # our answer to its call did not please the station
            log.warning("answer.refused", station_id=self.credential.station_id, error=frame.code_text)
            return
        if under_way is None:
            self._context.counts.late_answers += 1
            self._note("answer.unasked")
            self._note_fault()
        elif isinstance(frame, CallError):
            under_way.reply.set_exception(CallFailed(frame.code.value, frame.description, frame.details))
        else:
            try:
                under_way.reply.set_result(self.codec.decode_result(under_way.action, frame))
            except RefusedResult as error:
                self._refuse(error)

    def _find_call(self, message_id: str) -> UnderWay | None:
        return self._calls.find(message_id) if self._calls is not None else None

    def _answer_error(self, message_id: str, action: str, code: ErrorCode, description: str) -> None:
        self._send("error", message_id, action, self.codec.encode_error(message_id, code, description))

    def _send(self, kind: str, message_id: str, action: str | None, message: bytes) -> None:
        if self.transport is not None and self.is_open:
            self.transport.send(message)
            self._context.counts.frames_out += 1
            self._log("out", kind, message_id, action, message)

    def _log(
        self, direction: str, kind: str, message_id: str, action: str | None, frame: bytes, at: datetime | None = None
    ) -> None:
        message_log = self._context.message_log
        if message_log is not None and message_log.takes():
            credential = self.credential
            logged = Logged(at or clock.now_ms(), direction, kind, message_id, action, frame)
            message_log.add(credential.operator_id, credential.station_id, logged)
