"""A charging station: everything it does on its own account, whatever protocol it speaks.

It stands between its EVSEs (`charging.py`), the CSMS (`caller.py` over `link.py`) and the words of its protocol
(`dialects/`). What the CSMS orders is in `commands.py`.
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Callable
from datetime import datetime
from functools import partial

from voltway.station.simulator import limits as rules
from voltway.station.simulator.caller import Caller, OutgoingCall
from voltway.station.simulator.charging import EvseControl
from voltway.station.simulator.dialect import Dialect
from voltway.station.simulator.evse import SimulatedEvse
from voltway.station.simulator.ledger import Ledger
from voltway.station.simulator.limits import Limit, Purpose
from voltway.station.simulator.link import Link
from voltway.station.simulator.variables import Settings
from voltway.station.simulator.virtual_time import VirtualClock
from voltway.station.simulator.vocabulary import (
    BootReason,
    Counters,
    EvseState,
    IdToken,
    Phase,
    Registration,
    StationSpec,
    StopReason,
    TransactionReport,
)
from voltway.wire.ocpp.faults import ErrorCode, ProtocolError
from voltway.wire.ocpp.rpc import codec_for
from voltway.wire.ocpp.shapes import Shape

# What a station does where the CSMS leaves it the choice (interval 0), and when a boot is not answered at all.
BOOT_RETRY_S = 30
REBOOT_S = 3.0
# A soft reset lets the ends of the transactions leave first.
REBOOT_PATIENCE_S = 1.0


class Station:
    """One simulated station; `start` brings it to life, `stop` ends it."""

    __slots__ = (
        "_boot_reason",
        "_boot_timer",
        "_heartbeat_timer",
        "_id_prefix",
        "_is_booting",
        "_offline_since",
        "_rng",
        "_transactions_made",
        "caller",
        "clock",
        "counters",
        "dialect",
        "evses",
        "is_reset_scheduled",
        "ledger",
        "limits",
        "link",
        "registration",
        "settings",
        "spec",
        "token_cache",
    )

    def __init__(
        self,
        spec: StationSpec,
        dialect: Dialect,
        url: str,
        *,
        clock: VirtualClock,
        rng: random.Random,
        ledger: Ledger,
        counters: Counters,
        gate: asyncio.Semaphore,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.spec = spec
        self.clock = clock
        self.ledger = ledger
        self.counters = counters
        self.dialect = dialect
        self.settings = Settings(spec)
        self.registration: Registration | None = None
        self.limits: tuple[Limit, ...] = ()
        self.token_cache: dict[str, bool] = {}
        self.is_reset_scheduled = False
        self._rng = rng
        # Instant and chance together: ids stay unique over runs, even over those with one seed.
        self._id_prefix = f"{int(clock.now().timestamp() * 1000):x}-{rng.getrandbits(24):06x}-"
        self._transactions_made = 0
        self._boot_reason = BootReason.POWER_UP
        self._is_booting = False
        self._boot_timer: asyncio.TimerHandle | None = None
        self._heartbeat_timer: asyncio.TimerHandle | None = None
        self._offline_since = clock.now()
        self.evses = [self._build_evse(number) for number in range(1, len(spec.evses) + 1)]
        self.caller = Caller(
            codec_for(self.dialect.subprotocol), clock, self.settings, counters, f"{self._id_prefix}m", self.obey
        )
        self.link = Link(
            self,
            url,
            spec.identity,
            self.dialect.subprotocol,
            clock=clock,
            settings=self.settings,
            rng=rng,
            counters=counters,
            gate=gate,
            ssl_context=ssl_context,
        )
        if spec.password is not None:
            self.link.use_password(spec.identity, spec.password)

    def _build_evse(self, evse_number: int) -> EvseControl:
        evse_spec = self.spec.evses[evse_number - 1]
        register_wh = float(self._rng.randrange(10_000, 5_000_000))
        hardware = SimulatedEvse(evse_spec, self.clock.now(), register_wh, partial(self._limit_w, evse_number))
        return EvseControl(self, evse_number, hardware)

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

    def stop(self) -> None:
        """Switch off. What has not been delivered stays undelivered."""
        self._cancel_timers()
        for evse in self.evses:
            evse.close()
        self.caller.close()
        self.link.stop()

    def find_evse(self, evse_number: int) -> EvseControl | None:
        return self.evses[evse_number - 1] if 1 <= evse_number <= len(self.evses) else None

    # -- the link ---------------------------------------------------------------------------------------------------

    def link_up(self) -> None:
        self.caller.link_up(self.link)
        if self.registration is not Registration.ACCEPTED:
            self.boot(self._boot_reason)
            return
        # A known station that comes back needs no new boot; it tells what has changed, or after a long time everything.
        away_s = (self.clock.now() - self._offline_since).total_seconds()
        is_all_told = away_s > self.settings.integer("offline_threshold_s")
        for evse in self.evses:
            self.send_status(evse, is_forced=is_all_told)
        self._await_heartbeat()

    def link_down(self) -> None:
        self._offline_since = self.clock.now()
        self._is_booting = False
        self._cancel_timers()
        self.caller.link_down()

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
        if boot.registration is not Registration.ACCEPTED:
            self._await_boot(boot.interval_s or BOOT_RETRY_S)
            return
        self._boot_reason = BootReason.POWER_UP
        if boot.interval_s > 0:
            self.settings.store("heartbeat_interval_s", str(boot.interval_s))
        self._send_station_status()
        for evse in self.evses:
            self.send_status(evse, is_forced=True)
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
        self.call(self.dialect.heartbeat())

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
        self.link.drop(REBOOT_S / self.clock.speed)

    # -- authorisation ----------------------------------------------------------------------------------------------

    def authorize(self, token: IdToken, decided: Callable[[bool], None]) -> None:
        """Ask the CSMS about a token; without an answer the station decides by what it knows and its settings."""
        key = token.value.casefold()

        def answered(answer: Shape) -> None:
            is_accepted = self.token_cache[key] = self.dialect.read_authorize(answer)
            decided(is_accepted)

        if not self.is_online:
            decided(self._decide_offline(key))
            return
        request = self.dialect.authorize(token)
        self.caller.submit(OutgoingCall(request, answered, lambda: decided(self._decide_offline(key))))

    def _decide_offline(self, key: str) -> bool:
        if key in self.token_cache:
            return self.token_cache[key] and self.settings.is_true("is_local_offline")
        return self.settings.is_true("is_unknown_offline")

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
                request = self.dialect.status(evse.evse_number, number, word, now)
                forget = partial(evse.reported.__setitem__, number - 1, "")
                self.caller.submit(OutgoingCall(request, _ignore, forget))

    def _send_station_status(self) -> None:
        request = self.dialect.station_status(any(evse.is_operative for evse in self.evses), self.clock.now())
        if request is not None:
            self.call(request)

    def report(self, report: TransactionReport) -> None:
        """Queue a fact about a transaction until the CSMS has confirmed it."""
        if self.dialect.says(report):
            confirmed = partial(self._confirmed, report)
            self.caller.submit(
                OutgoingCall(partial(self.dialect.transaction, report), confirmed, is_durable=True, tag=report)
            )

    def _confirmed(self, report: TransactionReport, answer: Shape) -> None:
        said = self.dialect.read_transaction(report, answer)
        if said.transaction_id is not None:
            report.transaction.transaction_id = said.transaction_id
        if said.is_token_accepted is not None and report.phase is Phase.STARTED:
            self.token_cache[report.transaction.token.value.casefold()] = said.is_token_accepted
        if said.is_token_accepted is False and not report.transaction.is_denied:
            self.evses[report.transaction.evse_number - 1].token_refused(report.transaction)

    def new_transaction_id(self) -> str | None:
        """The id of the next transaction, where the station is the one who gives it."""
        if not self.dialect.gives_transaction_ids:
            return None
        self._transactions_made += 1
        return f"{self._id_prefix}{self._transactions_made}"

    def transaction_ended(self) -> None:
        """An EVSE has become idle: a reset may have waited for it."""
        if self.is_reset_scheduled and all(evse.transaction is None for evse in self.evses):
            self.reboot(StopReason.RESET)

    def has_queued_reports(self, transaction_id: str | None) -> bool:
        """Whether reports wait, of one transaction or of any."""
        reports = [call.tag for call in self.caller.queued if isinstance(call.tag, TransactionReport)]
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
        if name == "heartbeat_interval_s":
            self._await_heartbeat()
        elif name == "password":
            # OCPP 2.0.1 A01, 1.6 security extension A01: connect anew with what holds from now on.
            self.link.use_password(self.spec.identity, value)
            self.link.drop(0.0)

    # -- limits -----------------------------------------------------------------------------------------------------

    def _limit_w(self, evse_number: int, at: datetime) -> float | None:
        if not self.limits:
            return None
        transaction = self.evses[evse_number - 1].transaction
        return rules.limit_w(self.limits, evse_number, self.spec.evses, transaction, at)

    def forget_limits(self, evse_number: int, purpose: Purpose) -> None:
        if self.limits:
            self.limits = tuple(
                limit for limit in self.limits if (limit.evse_number, limit.purpose) != (evse_number, purpose)
            )

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


def _connector_state(evse: EvseControl, connector_number: int) -> EvseState:
    """While one connector of an EVSE is used, its others cannot be."""
    if evse.hardware.is_plugged and connector_number != evse.hardware.connector_number:
        return EvseState.UNAVAILABLE
    return evse.state


def _ignore(answer: Shape) -> None:
    """Nothing follows from the answer."""
