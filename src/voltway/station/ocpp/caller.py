"""Our side of the RPC: one CALL in flight, reports about transactions kept until they are confirmed.

Two queues share the one slot. Ordinary calls (boot, heartbeat, status, authorise) concern the present: they go first, and
fail at once while there is no link. Reports about transactions are facts: they wait for the link and for the acceptance
of the boot, go out in order, and leave the queue only with a CALLRESULT.

OCPP lets a station throw a report away after some attempts. A simulated one never does (the configured number of attempts only
bounds how far the waiting time grows), so that whatever is missing at the end was lost by the other side. One whose reports have
a `failed` gives a report up after its attempts and goes on with the next.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

import structlog

from voltway.station.ocpp.variables import Settings
from voltway.station.ocpp.virtual_time import VirtualClock
from voltway.station.ocpp.vocabulary import Counters
from voltway.wire.ocpp.faults import ErrorCode, ProtocolError
from voltway.wire.ocpp.rpc import Call, CallError, Codec, Result, Send
from voltway.wire.ocpp.shapes import Shape

log = structlog.get_logger()
Answered = Callable[[Shape], object]
# So many unanswered CALLs in a row, with nothing received in between, mean that the link is dead though it looks open.
SILENT_CALLS_MAX = 2
_REQUEST_SUFFIX = len("Request")


class Wire(Protocol):
    """What the caller needs of a link."""

    def send(self, frame: bytes) -> None: ...

    def abandon(self) -> None:
        """Give up a link that is open but dead."""


class OutgoingCall:
    """A CALL to be made. A `payload` may be made as late as it is sent: a transaction's id may come only then."""

    __slots__ = ("answered", "attempts", "failed", "is_confirmed", "is_durable", "payload", "sent_ids", "tag")

    def __init__(
        self,
        payload: Shape | Callable[[], Shape],
        answered: Answered,
        failed: Callable[[], object] | None = None,
        is_durable: bool = False,
        tag: Any = None,
    ) -> None:
        self.payload = payload
        self.answered = answered
        self.failed = failed
        self.is_durable = is_durable
        self.tag = tag
        self.attempts = 0
        self.sent_ids: list[str] = []
        """The message ids under which a report was sent: a new one each time."""
        self.is_confirmed = False


class Caller:
    """Sends a station's CALLs and hands the CSMS's to `handle`, which answers or raises ProtocolError."""

    __slots__ = (
        "_clock",
        "_codec",
        "_counters",
        "_deadline",
        "_durable",
        "_handle",
        "_in_flight",
        "_in_flight_action",
        "_in_flight_id",
        "_is_durable_open",
        "_message_prefix",
        "_messages_made",
        "_ordinary",
        "_retry",
        "_settings",
        "_silent_calls",
        "_wire",
    )

    def __init__(
        self,
        codec: Codec,
        clock: VirtualClock,
        settings: Settings,
        counters: Counters,
        message_prefix: str,
        handle: Callable[[str, Shape], Shape],
    ) -> None:
        self._codec = codec
        self._clock = clock
        self._settings = settings
        self._counters = counters
        self._handle = handle
        self._message_prefix = message_prefix
        self._messages_made = 0
        self._wire: Wire | None = None
        self._is_durable_open = False
        self._ordinary: deque[OutgoingCall] = deque()
        self._durable: deque[OutgoingCall] = deque()
        self._in_flight: OutgoingCall | None = None
        self._in_flight_id = ""
        self._in_flight_action = ""
        self._deadline: asyncio.TimerHandle | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._silent_calls = 0

    @property
    def is_linked(self) -> bool:
        return self._wire is not None

    @property
    def queued(self) -> deque[OutgoingCall]:
        """The reports that are not confirmed yet, oldest first; the one in flight is the first of them."""
        return self._durable

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nothing is in flight."""
        return not self._durable and not self._ordinary and self._in_flight is None

    # -- what the station asks for ----------------------------------------------------------------------------------

    def submit(self, call: OutgoingCall) -> None:
        """Make a CALL as soon as the slot is free."""
        if call.is_durable:
            self._durable.append(call)
        elif self._wire is None:
            if call.failed is not None:
                self._clock.soon(call.failed)
            return
        else:
            self._ordinary.append(call)
        self._pump()

    def discard(self, is_meant: Callable[[OutgoingCall], bool]) -> None:
        """Forget reports that wait; the one in flight stays."""
        kept = [call for call in self._durable if call is self._in_flight or not is_meant(call)]
        self._durable.clear()
        self._durable.extend(kept)

    def open_durable(self, is_open: bool) -> None:
        """Let reports go out (the boot is accepted), or hold them back."""
        self._is_durable_open = is_open
        self._pump()

    def speak(self, codec: Codec) -> None:
        """Another version of OCPP from now on; there is no link at this moment."""
        self._codec = codec

    # -- what the link tells ----------------------------------------------------------------------------------------

    def link_up(self, wire: Wire) -> None:
        self._wire = wire
        self._silent_calls = 0
        self._pump()

    def link_down(self) -> None:
        """What was ordinary has failed; a report in flight stays the head of its queue, its attempt not counted."""
        self._wire = None
        self._cancel_retry()
        lost = self._take_in_flight()
        failed = [call for call in (lost, *self._ordinary) if call is not None and not call.is_durable]
        self._ordinary.clear()
        for call in failed:
            if call.failed is not None:
                call.failed()

    def close(self) -> None:
        """Stop for good: no timer is left behind."""
        self._wire = None
        self._cancel_retry()
        self._take_in_flight()
        self._ordinary.clear()

    def receive(self, raw: bytes) -> None:
        self._silent_calls = 0
        try:
            frame = self._codec.decode(raw)
        except ProtocolError as error:
            self._counters.refusals[error.code] = self._counters.refusals.get(error.code, 0) + 1
            self._send(self._codec.encode_refusal(error))
            return
        if isinstance(frame, Call):
            self._answer(frame)
        elif isinstance(frame, Result):
            self._result(frame)
        elif isinstance(frame, CallError):
            self._error(frame)
        elif isinstance(frame, Send):
            # No SEND concerns a station; it is never answered.
            self._counters.calls_received += 1

    # -- inside -----------------------------------------------------------------------------------------------------

    def _answer(self, call: Call[Shape]) -> None:
        self._counters.calls_received += 1
        try:
            answer = self._handle(call.action, call.payload)
        except ProtocolError as error:
            self._send(self._codec.encode_error(call.message_id, error.code, error.description))
        except Exception:  # a flaw of ours in one order must not end the link, nor a charge
            log.exception("station_order.failed", action=call.action)
            self._send(self._codec.encode_error(call.message_id, ErrorCode.InternalError))
        else:
            self._send(self._codec.encode_result(call.message_id, answer))

    def _result(self, result: Result) -> None:
        if self._in_flight is None or result.message_id != self._in_flight_id:
            self._counters.late_answers += 1
            return
        try:
            answer = self._codec.decode_result(self._in_flight_action, result)
        except ProtocolError as error:
            self._counters.refusals[error.code] = self._counters.refusals.get(error.code, 0) + 1
            self._send(self._codec.encode_refusal(error))
            self._give_up()
            return
        call = self._take_in_flight()
        if call is None:
            return
        if call.is_durable:
            call.is_confirmed = True
            self._durable.popleft()
        call.answered(answer)
        self._pump()

    def _error(self, error: CallError) -> None:
        if self._in_flight is None or error.message_id != self._in_flight_id:
            self._counters.late_answers += 1
            return
        self._counters.call_errors += 1
        name = f"{self._in_flight_action}: {error.code_text}"
        self._counters.refusals[name] = self._counters.refusals.get(name, 0) + 1
        self._give_up()

    def _timed_out(self) -> None:
        self._counters.timeouts += 1
        self._silent_calls += 1
        wire = self._wire
        self._give_up()
        if self._silent_calls >= SILENT_CALLS_MAX and wire is not None:
            wire.abandon()

    def _give_up(self) -> None:
        """The CALL in flight got no usable answer: an ordinary one has failed, a report is sent again later."""
        call = self._take_in_flight()
        if call is not None and call.is_durable:
            call.attempts += 1
            if call.failed is not None and call.attempts >= self._settings.integer("attempts"):
                self._durable.popleft()
                call.failed()
                self._pump()
                return
            # OCPP 1.6 §3.7.1, 2.0.1 E13: the interval times the number of transmissions so far.
            steps = min(call.attempts, self._settings.integer("attempts"))
            wait_s = self._settings.integer("attempt_interval_s") * steps
            self._retry = self._clock.after(wait_s, self._retry_due)
        elif call is not None and call.failed is not None:
            call.failed()
        self._pump()

    def _retry_due(self) -> None:
        self._retry = None
        self._pump()

    def _pump(self) -> None:
        if self._wire is None or self._in_flight is not None:
            return
        if self._ordinary:
            call = self._ordinary.popleft()
        elif self._durable and self._is_durable_open and self._retry is None:
            call = self._durable[0]
        else:
            return
        payload = call.payload if isinstance(call.payload, Shape) else call.payload()
        self._messages_made += 1
        self._in_flight = call
        # A new id each time, also for what is sent again (OCPP-J 2.0.1 §4.1.4).
        self._in_flight_id = f"{self._message_prefix}{self._messages_made:x}"
        if call.is_durable:
            call.sent_ids.append(self._in_flight_id)
        self._in_flight_action = type(payload).__name__[:-_REQUEST_SUFFIX]
        self._deadline = self._clock.after_true(self._settings.integer("message_timeout_s"), self._timed_out)
        self._counters.calls_sent += 1
        self._wire.send(self._codec.encode_call(self._in_flight_id, self._in_flight_action, payload))

    def _take_in_flight(self) -> OutgoingCall | None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        call, self._in_flight = self._in_flight, None
        return call

    def _cancel_retry(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    def _send(self, frame: bytes | None) -> None:
        if frame is not None and self._wire is not None:
            self._wire.send(frame)
