"""A charging station: everything it does on its own account, whatever protocol it speaks.

It stands between its EVSEs (`charging.py`), the CSMS (`caller.py` over `link.py`) and the words of its protocol
(`dialects/`). What the CSMS orders is in `commands.py`.
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Generic, TypeVar

import structlog

from voltway.charging.profiles import Step
from voltway.station.ocpp import limits as rules
from voltway.station.ocpp.caller import Caller, OutgoingCall
from voltway.station.ocpp.charging import Book, EvseControl
from voltway.station.ocpp.dialect import Dialect
from voltway.station.ocpp.display import Display
from voltway.station.ocpp.dynamic import DynamicLimits
from voltway.station.ocpp.keeping import Journal, Memory, NoJournal
from voltway.station.ocpp.limits import Limit, Purpose
from voltway.station.ocpp.link import Link
from voltway.station.ocpp.monitoring import Monitoring
from voltway.station.ocpp.networks import Networks
from voltway.station.ocpp.offline import OfflineLimits
from voltway.station.ocpp.ordered import Jobs, Keys, Trust
from voltway.station.ocpp.tokens import Known, LocalAnswer, Tokens
from voltway.station.ocpp.variables import Settings
from voltway.station.ocpp.virtual_time import VirtualClock
from voltway.station.ocpp.vocabulary import (
    BootReason,
    Counters,
    EvseState,
    IdToken,
    Registration,
    Reservation,
    StationSpec,
    StopReason,
    Transaction,
    TransactionReport,
    Trouble,
)
from voltway.wire.ocpp.faults import ErrorCode, ProtocolError
from voltway.wire.ocpp.rpc import codec_for
from voltway.wire.ocpp.shapes import Shape

# What a station does where the CSMS leaves it the choice (interval 0), and when a boot is not answered at all.
BOOT_RETRY_S = 30
REBOOT_S = 3.0
CLOCK_TOLERANCE_S = 10.0
# A soft reset lets the ends of the transactions leave first.
REBOOT_PATIENCE_S = 1.0


log = structlog.get_logger()


C = TypeVar("C", bound=EvseControl)


class StationOf(Generic[C]):
    """One station; `start` brings it to life, `stop` ends it. `build` makes the control of an EVSE by its number."""

    __slots__ = (
        "_boot_reason",
        "_boot_timer",
        "_dialects",
        "_heartbeat_timer",
        "_id_prefix",
        "_is_booting",
        "_offline_since",
        "_rng",
        "_transactions_made",
        "_troubles_told",
        "caller",
        "clock",
        "costs",
        "counters",
        "dialect",
        "display",
        "dynamic",
        "evses",
        "is_alone",
        "is_clock_set",
        "is_reset_scheduled",
        "jobs",
        "journal",
        "keys",
        "ledger",
        "limits",
        "link",
        "memory",
        "monitoring",
        "networks",
        "offline",
        "registration",
        "settings",
        "spec",
        "tokens",
        "trust",
    )

    def __init__(
        self,
        spec: StationSpec,
        dialect: Dialect | Sequence[Dialect],
        url: str,
        *,
        clock: VirtualClock,
        rng: random.Random,
        ledger: Book,
        build: Callable[[StationOf[C], int], C],
        counters: Counters,
        gate: asyncio.Semaphore,
        ssl_context: ssl.SSLContext | None = None,
        journal: Journal | None = None,
    ) -> None:
        self.journal: Journal = journal or NoJournal()
        self.is_clock_set = True
        self.spec = spec
        self.clock = clock
        self.ledger = ledger
        self.counters = counters
        dialects = [dialect] if isinstance(dialect, Dialect) else list(dialect)
        self.dialect = dialects[0]
        self._dialects: dict[str, Dialect] = {one.subprotocol: one for one in dialects}
        self.is_alone = False
        self.settings = Settings(spec)
        self.registration: Registration | None = None
        self.limits: tuple[Limit, ...] = ()
        self.tokens = Tokens()
        self.memory: Memory | None = None
        self.is_reset_scheduled = False
        self._rng = rng
        # Instant and chance together: ids stay unique over runs, even over those with one seed.
        self._id_prefix = f"{int(clock.now().timestamp() * 1000):x}-{rng.getrandbits(24):06x}-"
        self._transactions_made = self._troubles_told = 0
        self.costs: dict[str, Decimal] = {}
        self.display = Display()
        self.monitoring = Monitoring(self)
        self.dynamic = DynamicLimits(self)
        self.offline = OfflineLimits(self)
        self.jobs: Jobs | None = None
        self.keys: Keys | None = None
        self.trust: Trust | None = None
        self.networks: Networks | None = None
        self._boot_reason = BootReason.POWER_UP
        self._is_booting = False
        self._boot_timer: asyncio.TimerHandle | None = None
        self._heartbeat_timer: asyncio.TimerHandle | None = None
        self._offline_since = clock.now()
        self.evses: list[C] = [build(self, number) for number in range(1, len(spec.evses) + 1)]
        self.caller = Caller(
            codec_for(self.dialect.subprotocol), clock, self.settings, counters, f"{self._id_prefix}m", self.obey
        )
        self.link = Link(
            self,
            url,
            spec.identity,
            *self._dialects,
            clock=clock,
            settings=self.settings,
            rng=rng,
            counters=counters,
            gate=gate,
            ssl_context=ssl_context,
        )
        if spec.password is not None:
            self.link.use_password(spec.identity, spec.password)

    @property
    def is_online(self) -> bool:
        """Linked and accepted: what happens now can be told now."""
        return self.caller.is_linked and self.registration is Registration.ACCEPTED

    @property
    def is_waiting(self) -> bool:
        """Linked, and told that it may not work: an operator has to accept it, or has refused it."""
        return self.caller.is_linked and self.registration not in (None, Registration.ACCEPTED)

    def start(self, after_true_s: float = 0.0) -> None:
        self.link.start(after_true_s)
        for evse in self.evses:
            evse.align()
        self.monitoring.start()
        self.dynamic.start()
        self.offline.link_down()

    def stop(self) -> None:
        """Switch off. What has not been delivered stays undelivered."""
        self._cancel_timers()
        self.monitoring.stop()
        self.dynamic.stop()
        self.offline.stop()
        for evse in self.evses:
            evse.close()
        self.caller.close()
        self.link.stop()

    def find_evse(self, evse_number: int) -> C | None:
        return self.evses[evse_number - 1] if 1 <= evse_number <= len(self.evses) else None

    def negotiated(self, subprotocol: str) -> None:
        """The server has chosen another of our protocols."""
        self.monitoring.forget_missed()
        self.dialect = self._dialects[subprotocol]
        self.caller.speak(codec_for(self.dialect.subprotocol))
        self.registration = None

    # -- the link ---------------------------------------------------------------------------------------------------

    def connect_failed(self) -> None:
        if self.networks is not None:
            self.networks.failed()

    def link_up(self) -> None:
        if self.networks is not None:
            self.networks.connected()
        self.caller.link_up(self.link)
        self.offline.link_up()
        if self.registration is not Registration.ACCEPTED:
            self.boot(self._boot_reason)
            return
        # A known station that comes back needs no new boot; it tells what has changed, or after a long time everything.
        away_s = (self.clock.now() - self._offline_since).total_seconds()
        is_all_told = away_s > self.settings.integer("offline_threshold_s")
        for evse in self.evses:
            self.send_status(evse, is_forced=is_all_told)
        self.monitoring.tell_missed()
        self._await_heartbeat()

    def link_down(self) -> None:
        self._offline_since = self.clock.now()
        self._is_booting = False
        self._cancel_timers()
        self.caller.link_down()
        self.offline.link_down()

    def receive(self, frame: bytes) -> None:
        self.caller.receive(frame)

    # -- boot and heartbeat -----------------------------------------------------------------------------------------

    def boot(self, reason: BootReason) -> None:
        """Introduce the station to the CSMS, unless that is under way."""
        if self._is_booting or not self.caller.is_linked:
            return
        self._is_booting = True
        self._cancel_boot_timer()
        request = self.dialect.boot(self.spec, reason)
        self.caller.submit(OutgoingCall(request, self._booted, self._boot_failed))

    def _booted(self, answer: Shape) -> None:
        self._is_booting = False
        boot = self.dialect.read_boot(answer)
        self.registration = boot.registration
        self._hear_time(boot.at)
        if boot.registration is not Registration.ACCEPTED:
            self._await_boot(boot.interval_s or BOOT_RETRY_S)
            return
        self._boot_reason = BootReason.POWER_UP
        if boot.interval_s > 0:
            self.settings.store("heartbeat_interval_s", str(boot.interval_s))
        self._send_station_status()
        for evse in self.evses:
            self.send_status(evse, is_forced=True)
        self.monitoring.tell_missed()
        self._await_heartbeat()
        self.caller.open_durable(True)

    def _boot_failed(self) -> None:
        self._is_booting = False
        if self.caller.is_linked:
            self._await_boot(BOOT_RETRY_S)

    def _await_boot(self, after_s: float) -> None:
        self._cancel_boot_timer()
        self._boot_timer = self.clock.after(after_s, lambda: self.boot(self._boot_reason))

    def heartbeat(self) -> None:
        heard = lambda answer: self._hear_time(self.dialect.read_heartbeat(answer))  # noqa: E731
        self.caller.submit(OutgoingCall(self.dialect.heartbeat(), heard))

    def _hear_time(self, at: datetime | None) -> None:
        """The CSMS's time is the station's (OCPP 1.6 §4.6, 2.0.1 B01.FR.04), as far as a real clock is to be set."""
        if at is None or self.memory is None:
            return
        off_s = (at - self.clock.now()).total_seconds()
        if abs(off_s) > CLOCK_TOLERANCE_S:
            log.warning("station_clock.corrected", seconds=round(off_s, 1))
            self.clock.correct(off_s)
            if not self.is_clock_set:
                self.set_clock(off_s)
        self.is_clock_set = True

    def _await_heartbeat(self) -> None:
        if self._heartbeat_timer is not None:
            self._heartbeat_timer.cancel()
        self._heartbeat_timer = self.clock.after(self.settings.integer("heartbeat_interval_s"), self._heartbeat_due)

    def _heartbeat_due(self) -> None:
        self.heartbeat()
        self._await_heartbeat()

    def reboot(self, reason: StopReason) -> None:
        """Stop what charges, go away, and come back with a boot. What is queued outlives it."""
        self.is_reset_scheduled = False
        for evse in self.evses:
            evse.stop(reason)
        patience_s = REBOOT_PATIENCE_S if reason is StopReason.RESET else 0.0
        self.clock.after_true(patience_s, self._go_down)

    def _go_down(self) -> None:
        self.registration = None
        self._boot_reason = BootReason.REMOTE_RESET
        self.caller.open_durable(False)
        if self.networks is not None:
            self.networks.restart()
        self.link.drop(REBOOT_S / self.clock.speed)

    # -- authorisation ----------------------------------------------------------------------------------------------

    def authorize(self, token: IdToken, decided: Callable[[bool], None]) -> None:
        """Whether a token may charge: the CSMS's word, or the station's own where that is enough or nobody answers."""

        def answered(answer: Shape) -> None:
            said = self.dialect.read_authorize(answer)
            self._remember(token, said)
            decided(said.is_accepted)

        if self.settings.is_true("is_local_pre") and self._local_answer(token) is LocalAnswer.ACCEPTED:
            decided(True)
        elif not self.is_online:
            decided(self._decide_offline(token))
        else:
            request = self.dialect.authorize(token)
            self.caller.submit(OutgoingCall(request, answered, lambda: decided(self._decide_offline(token))))

    def _local_answer(self, token: IdToken) -> LocalAnswer:
        return self.tokens.answer(
            token.value,
            self.clock.now(),
            uses_list=self.settings.is_true("is_list_enabled"),
            uses_cache=self.settings.is_true("is_cache_enabled"),
        )

    def _decide_offline(self, token: IdToken) -> bool:
        match self._local_answer(token):
            case LocalAnswer.UNKNOWN:
                return self.settings.is_true("is_unknown_offline") and not self.is_alone
            case LocalAnswer.REFUSED:
                return False
        return self.settings.is_true("is_local_offline") or self.is_alone

    def _remember(self, token: IdToken, said: Known) -> None:
        if self.settings.is_true("is_cache_enabled"):
            self.tokens.remember(token.value, said)
            self.keep("tokens")

    def group_of(self, token: IdToken) -> str | None:
        """The group that a token is known to belong to."""
        known = self.tokens.find(token.value)
        return known.group if known is not None else None

    # -- what outlives a reboot -------------------------------------------------------------------------------------

    def keep(self, what: str) -> None:
        """Have something outlive a reboot: `settings`, `tokens`, `limits`, `display`, `monitors` or `networks`."""
        if self.memory is not None:
            found: dict[str, object] = {
                "settings": self.settings.values,
                "tokens": self.tokens,
                "limits": self.limits,
                "display": self.display,
                "monitors": self.monitoring.monitors,
                "networks": self.networks.addresses if self.networks else None,
            }
            self.memory.save(what, found[what])

    def remember_all(self, memory: Memory) -> None:
        """Take up what a memory has kept, and keep what changes from now on there."""
        self.settings.load(memory.load("settings", dict[str, str]) or {})
        self.tokens = memory.load("tokens", Tokens) or self.tokens
        self.limits = memory.load("limits", tuple[Limit, ...]) or ()
        self.display = memory.load("display", Display) or self.display
        self.monitoring.take_up(memory)
        self.memory = memory
        if password := self.settings.text_of("password"):
            self.link.use_password(self.spec.identity, password)

    # -- what is told -----------------------------------------------------------------------------------------------

    def call(self, request: Shape) -> None:
        """Tell something that concerns the present: nobody misses it when it cannot be told."""
        self.caller.submit(OutgoingCall(request, _ignore))

    def send_status(self, evse: EvseControl, is_forced: bool = False) -> None:
        """Tell the status of an EVSE's connectors, where its word has changed or is asked for."""
        if not self.caller.is_linked or (self.registration is not Registration.ACCEPTED and not is_forced):
            return
        now = self.clock.now()
        for number, told in enumerate(evse.reported, 1):
            word = self.dialect.status_word(_connector_state(evse, number))
            if word != told or is_forced:
                evse.reported[number - 1] = word
                request = self.dialect.status(evse.evse_number, number, word, now, evse.hardware.trouble)
                forget = partial(evse.reported.__setitem__, number - 1, "")
                self.caller.submit(OutgoingCall(request, _ignore, forget))

    def new_event_ids(self, count: int = 1) -> int:
        """The first of so many new numbers of events."""
        self._troubles_told += count
        return self._troubles_told - count + 1

    def trouble_changed(self, evse_number: int, trouble: Trouble, is_over: bool) -> None:
        """A fault came or went."""
        request = self.dialect.trouble(evse_number, trouble, is_over, self.clock.now(), self.new_event_ids())
        if request is not None:
            self.monitoring.tell(request)

    def sign_certificate(self) -> None:
        """Ask for a certificate for a new key."""
        if self.keys is not None:
            self.call(self.dialect.sign_certificate(self.keys.make_request()))

    def reservation_ended(self, reservation: Reservation) -> None:
        """Nobody came."""
        request = self.dialect.reservation_ended(reservation.number)
        if request is not None:
            self.call(request)

    def _send_station_status(self) -> None:
        request = self.dialect.station_status(any(evse.is_operative for evse in self.evses), self.clock.now())
        if request is not None:
            self.call(request)

    def report(self, report: TransactionReport) -> None:
        """Keep a fact about a transaction until the CSMS has confirmed it."""
        number = self.journal.add(report)
        if number is not None:
            self._queue(report, number)

    def _queue(self, report: TransactionReport, number: int) -> None:
        if self.dialect.says(report) and not self.is_alone:
            call = self._call_for(report, number)
            self.ledger.reported(self.spec.identity, call)
            self.caller.submit(call)
        else:
            self.journal.done(number, report.transaction)

    def _call_for(self, report: TransactionReport, number: int) -> OutgoingCall:
        return OutgoingCall(
            partial(self._words_for, report),  # in the protocol that is spoken when it goes out
            partial(self._confirmed, report, number),
            partial(self._given_up, report, number) if self.journal.gives_up else None,
            is_durable=True,
            tag=(report, number),
        )

    def _words_for(self, report: TransactionReport) -> Shape:
        return self.dialect.transaction(report)

    def _confirmed(self, report: TransactionReport, number: int, answer: Shape) -> None:
        said = self.dialect.read_transaction(report, answer)
        transaction = report.transaction
        if said.transaction_id is not None:
            transaction.transaction_id = said.transaction_id
        is_refused = said.is_token_accepted is False and not transaction.is_denied
        self.journal.done(number, transaction)
        if said.token is not None:
            self._remember(transaction.token, said.token)
        if is_refused:
            self.evses[transaction.evse_number - 1].token_refused(transaction)

    def _given_up(self, report: TransactionReport, number: int) -> None:
        self.journal.done(number, report.transaction)
        self.counters.given_up += 1
        log.error(
            "station_report.given_up",
            transaction=report.transaction.key,
            phase=report.phase.value,
            energy_wh=report.samples[-1].energy_wh if report.samples else None,
        )

    def recover(self) -> list[Transaction]:
        """Take up what a journal kept from before the start: what waits goes out; the transactions that were interrupted."""
        for number, report in self.journal.pending.items():
            self._queue(report, number)
        return self.journal.running

    def set_clock(self, seconds: float) -> None:
        """The clock turns out to be wrong by so much: what it has dated since the start is corrected, as far as it waits."""
        self.journal.shift(seconds)
        for call in self.caller.queued:
            report, number = call.tag
            fresh = self._call_for(self.journal.pending.get(number, report), number)
            call.payload, call.answered, call.failed, call.tag = fresh.payload, fresh.answered, fresh.failed, fresh.tag

    def new_key(self) -> str:
        """The name of the next transaction: its id too, where the station is the one who gives it."""
        self._transactions_made += 1
        return f"{self._id_prefix}{self._transactions_made}"

    def transaction_ended(self) -> None:
        """An EVSE has become idle: a reset may have waited for it."""
        if self.is_reset_scheduled and all(evse.transaction is None for evse in self.evses):
            self.reboot(StopReason.RESET)

    def has_queued_reports(self, transaction_id: str | None) -> bool:
        """Whether reports wait, of one transaction or of any."""
        reports = [call.tag[0] for call in self.caller.queued]
        return any(transaction_id in (None, report.transaction.transaction_id) for report in reports)

    # -- orders of the CSMS -----------------------------------------------------------------------------------------

    def obey(self, action: str, request: Shape) -> Shape:
        """Answer a CALL of the CSMS. Raises ProtocolError for what the station does not do."""
        command = self.dialect.commands.get(action)
        if command is None:
            raise ProtocolError(ErrorCode.NotSupported, f"{action} is not supported by this station")
        return command(self, request)

    def variable_written(self, name: str, value: str) -> None:
        """Live up to a setting that has just been changed."""
        self.keep("settings")
        if name == "heartbeat_interval_s":
            self._await_heartbeat()
        elif name == "aligned_interval_s":
            for evse in self.evses:
                evse.align()
        elif name == "password":
            # OCPP 2.0.1 A01, 1.6 security extension A01: connect anew with what holds from now on.
            self.link.use_password(self.spec.identity, value)
            self.link.drop(0.0)

    # -- limits -----------------------------------------------------------------------------------------------------

    def limit_w(self, evse_number: int, at: datetime) -> float | None:
        """The power that an EVSE may draw at an instant by all profiles; None if nobody limits it."""
        return self.allowed(evse_number, at).limit

    def allowed(self, evse_number: int, at: datetime) -> Step:
        """The same, and on how many phases."""
        transaction = self.evses[evse_number - 1].transaction
        limits = rules.in_force(self.limits, self.offline_s(at))
        return rules.allowed(limits, evse_number, self.spec.evses, transaction, at, self.settings.zone)

    def offline_s(self, at: datetime) -> float:
        """For how long the station has had no link at an instant; 0: it has one."""
        return 0.0 if self.caller.is_linked else (at - self._offline_since).total_seconds()

    def replace_limits(self, limits: tuple[Limit, ...]) -> None:
        """Others hold from now on; the physics of the time before belongs to the old ones."""
        for evse in self.evses:
            evse.hardware.advance(self.clock.now())
        self.limits = limits
        self.keep("limits")
        for evse in self.evses:
            self.clock.soon(evse.refresh)

    def forget_limits(self, evse_number: int, purpose: Purpose) -> None:
        kept = tuple(one for one in self.limits if (one.evse_number, one.purpose) != (evse_number, purpose))
        if len(kept) != len(self.limits):
            self.limits = kept
            self.keep("limits")

    # -- timers -----------------------------------------------------------------------------------------------------

    def _cancel_timers(self) -> None:
        self._cancel_boot_timer()
        if self._heartbeat_timer is not None:
            self._heartbeat_timer.cancel()
            self._heartbeat_timer = None

    def _cancel_boot_timer(self) -> None:
        if self._boot_timer is not None:
            self._boot_timer.cancel()
            self._boot_timer = None


Station = StationOf[EvseControl]


def _connector_state(evse: EvseControl, connector_number: int) -> EvseState:
    """While one connector of an EVSE is used, its others cannot be."""
    if evse.hardware.is_plugged and connector_number != evse.hardware.connector_number:
        return EvseState.UNAVAILABLE
    return evse.state


def _ignore(answer: Shape) -> None:
    """Nothing follows from the answer."""
