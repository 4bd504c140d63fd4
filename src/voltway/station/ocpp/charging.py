"""Charging control of one EVSE: from plug and token to a transaction, its reports, and its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from voltway.station.metering import aligned_after
from voltway.station.ocpp.caller import OutgoingCall
from voltway.station.ocpp.dialect import Dialect
from voltway.station.ocpp.limits import Purpose
from voltway.station.ocpp.variables import MEASURANDS, Settings
from voltway.station.ocpp.virtual_time import VirtualClock
from voltway.station.ocpp.vocabulary import (
    STOP_TRIGGERS,
    Context,
    Counters,
    EvseSpec,
    EvseState,
    IdToken,
    MeterSample,
    Phase,
    Registration,
    Reservation,
    Sealed,
    StationSpec,
    StopReason,
    Transaction,
    TransactionReport,
    Trigger,
    Trouble,
)
from voltway.wire.ocpp.shapes import Shape

# With sampling switched off the state of charging is still looked at now and then.
LOOK_S = 60
_BILLED = MEASURANDS[:1]


class Sealer(Protocol):
    """Whoever signs readings of one EVSE's meter."""

    def begin(self, at: datetime, energy_wh: int, token: IdToken, *, is_clock_set: bool) -> Sealed: ...

    def end(self, transaction: Transaction, at: datetime, energy_wh: int, *, is_clock_set: bool) -> Sealed: ...


class Driver(Protocol):
    """Whoever stands at the EVSE and wants to know how it goes."""

    def remotely_authorized(self) -> None:
        """An app has started this EVSE and nobody is plugged in."""

    def started(self) -> None: ...

    def full(self) -> None: ...

    def ended(self) -> None: ...

    def denied(self) -> None: ...


class EvseHardware(Protocol):
    """The hardware of one EVSE, real or simulated. It tells its control of what happens by calling it."""

    spec: EvseSpec
    connector_number: int
    """The connector that is used; 1 while none is."""

    @property
    def is_plugged(self) -> bool: ...

    @property
    def is_faulted(self) -> bool:
        """Whether a fault forbids to charge."""

    @property
    def trouble(self) -> Trouble | None:
        """The fault that is told of, if there is one."""

    def permit_power(self, is_permitted: bool, at: datetime) -> None:
        """Let the car draw, or end it; the end may take some seconds (`when_off`)."""

    def when_off(self, then: Callable[[], object]) -> None:
        """After power was forbidden: call once nothing flows any more and the meter shows all that did."""

    def sample(self, at: datetime, context: Context, measurands: tuple[str, ...]) -> MeterSample:
        """What the meter shows."""

    def charging_state(self, at: datetime) -> EvseState:
        """How it charges while a transaction goes on: CHARGING, SUSPENDED_EV, SUSPENDED_EVSE or CONNECTED."""

    def advance(self, to: datetime) -> None:
        """What is limited changes now: whoever computes rather than measures catches up."""

    def release(self, then: Callable[[bool], object]) -> None:
        """Let the cable go; afterwards call with whether it is free."""

    def take_out(self, is_out: bool) -> None:
        """Show that the EVSE is out of service, or back."""


class Book(Protocol):
    """Whoever keeps a book of charges beside the CSMS's."""

    def started(self, station_identity: str, transaction: Transaction) -> None: ...

    def reported(self, station_identity: str, call: OutgoingCall) -> None: ...

    def ended(self, transaction: Transaction) -> None: ...


class EvseHost(Protocol):
    """What an EVSE asks of the station that it belongs to."""

    spec: StationSpec
    clock: VirtualClock
    settings: Settings
    dialect: Dialect
    ledger: Book
    counters: Counters
    registration: Registration | None
    is_clock_set: bool

    @property
    def is_online(self) -> bool: ...

    def authorize(self, token: IdToken, decided: Callable[[bool], None]) -> None: ...

    def group_of(self, token: IdToken) -> str | None: ...

    def new_key(self) -> str: ...

    def report(self, report: TransactionReport) -> None: ...

    def call(self, request: Shape) -> None: ...

    def send_status(self, evse: EvseControl, is_forced: bool = False) -> None: ...

    def reservation_ended(self, reservation: Reservation) -> None: ...

    def forget_limits(self, evse_number: int, purpose: Purpose) -> None: ...

    def transaction_ended(self) -> None: ...

    def has_queued_reports(self, transaction_id: str | None) -> bool: ...


class EvseControl:
    """The state of one EVSE and what it does next."""

    __slots__ = (
        "_aligned",
        "_awaits_cable",
        "_is_asking",
        "_reserved_until",
        "_sampling",
        "_stopping",
        "authorization",
        "driver",
        "evse_number",
        "hardware",
        "is_operative",
        "remote_start_id",
        "reported",
        "reservation",
        "seal",
        "state",
        "station",
        "transaction",
        "wanted_operative",
    )

    def __init__(self, station: EvseHost, evse_number: int, hardware: EvseHardware) -> None:
        self.station = station
        self.evse_number = evse_number
        self.hardware = hardware
        self.state = EvseState.AVAILABLE
        self.transaction: Transaction | None = None
        self.authorization: IdToken | None = None
        self.remote_start_id: int | None = None
        self.is_operative = True
        self.wanted_operative = True
        self.driver: Driver | None = None
        self.seal: Sealer | None = None
        self.reported = [""] * len(hardware.spec.connectors)  # the last status word sent, per connector
        self._is_asking = False
        self._stopping: StopReason | None = None
        self.reservation: Reservation | None = None
        self._reserved_until: asyncio.TimerHandle | None = None
        self._aligned: asyncio.TimerHandle | None = None
        self._awaits_cable: asyncio.TimerHandle | None = None
        self._sampling: asyncio.TimerHandle | None = None

    # -- what happens at the EVSE -----------------------------------------------------------------------------------

    def plugged(self) -> None:
        """The cable is in; charging begins if a token waits."""
        self._enter(self._idle_state())
        if self.authorization is not None:
            self._start(Trigger.CABLE_PLUGGED_IN)

    def unplugged(self) -> None:
        """The cable is out, which ends whatever goes on."""
        if self.transaction is not None:
            self.stop(StopReason.EV_DISCONNECTED)
        else:
            self._forget_authorization()
            self._enter(self._idle_state())

    def present(self, token: IdToken) -> None:
        """A token is held to the reader: it starts, or stops what it has started."""
        if self.transaction is not None:
            if self.may_end(token):
                self.stop(StopReason.LOCAL)
            return
        if self._is_asking or self.authorization is not None:
            return
        if not self.is_operative or self.hardware.is_faulted:
            self._decided(token, False, Trigger.AUTHORIZED)
            return
        self._is_asking = True
        self.station.authorize(token, lambda is_accepted: self._decided(token, is_accepted, Trigger.AUTHORIZED))

    def may_end(self, token: IdToken) -> bool:
        """Whether a token ends the transaction here: the one that began it, or another of its group."""
        transaction = self.transaction
        if transaction is None:
            return False
        is_own = transaction.token.value.casefold() == token.value.casefold()
        return is_own or (transaction.group is not None and transaction.group == self.station.group_of(token))

    def admit(self, token: IdToken) -> None:
        """Whoever is plugged in may charge, nobody is asked."""
        if self.transaction is None and not self._is_asking and self.authorization is None:
            self._decided(token, True, Trigger.AUTHORIZED)

    def reserve(self, reservation: Reservation) -> None:
        """Keep the EVSE for somebody."""
        self._forget_reservation()
        self.reservation = reservation
        wait_s = (reservation.expires_at - self.station.clock.now()).total_seconds()
        self._reserved_until = self.station.clock.after(max(wait_s, 0.0), self._reservation_expired)
        self._enter(self._idle_state())

    def cancel_reservation(self) -> None:
        """Keep it for nobody any more."""
        self._forget_reservation()
        if self.transaction is None:
            self._enter(self._idle_state())

    def is_kept_from(self, token: IdToken) -> bool:
        """Whether it is kept for somebody else."""
        kept = self.reservation
        if kept is None or kept.token.value.casefold() == token.value.casefold():
            return False
        return kept.group is None or kept.group != self.station.group_of(token)

    def _reservation_expired(self) -> None:
        kept = self.reservation
        self.cancel_reservation()
        if kept is not None:
            self.station.reservation_ended(kept)

    def _forget_reservation(self) -> None:
        if self._reserved_until is not None:
            self._reserved_until.cancel()
        self.reservation = self._reserved_until = None

    def start_remotely(self, token: IdToken, remote_start_id: int | None) -> None:
        """The CSMS starts for a driver; whether the token is asked for first is a setting."""
        if self.transaction is not None or self._is_asking or self.authorization is not None:
            return
        self.remote_start_id = remote_start_id
        self._is_asking = True
        if self.station.settings.is_true("is_remote_authorized"):
            self.station.authorize(token, lambda is_accepted: self._decided(token, is_accepted, Trigger.REMOTE_START))
        else:
            self._decided(token, True, Trigger.REMOTE_START)

    def stop(self, reason: StopReason) -> None:
        """End the transaction, if there is one; it has ended when nothing flows any more."""
        if self.transaction is None or self._stopping is not None:
            return
        self._stopping = reason
        self._cancel_sampling()
        self.hardware.permit_power(False, self.station.clock.now())
        self.hardware.when_off(self._off)

    def _off(self) -> None:
        transaction, reason, now = self.transaction, self._stopping, self.station.clock.now()
        if transaction is None or reason is None:
            return
        self._stopping = None
        sample = self.hardware.sample(now, Context.END, _BILLED)
        # Whoever pulls the cable is gone already when the end is told.
        state = EvseState.AVAILABLE if reason is StopReason.EV_DISCONNECTED else EvseState.FINISHING
        self._finish(transaction, reason, sample, state)
        self.transaction = None
        self._forget_authorization()
        self.station.ledger.ended(transaction)
        if self.is_operative is not self.wanted_operative:
            self.is_operative = self.wanted_operative
            self.hardware.take_out(not self.is_operative)
        self._enter(self._idle_state(EvseState.FINISHING))
        if self.driver is not None:
            self.driver.ended()
        self.station.transaction_ended()

    def set_operative(self, is_operative: bool) -> None:
        """Into or out of service; a transaction is let go on."""
        self.wanted_operative = is_operative
        if self.transaction is None:
            self.is_operative = is_operative
            self.hardware.take_out(not is_operative)
            if not is_operative:
                self._forget_authorization()
            self._enter(self._idle_state())

    def token_refused(self, transaction: Transaction) -> None:
        """The CSMS has refused the token of a transaction that has already begun."""
        transaction.is_denied = True
        if transaction is not self.transaction:
            return
        if self.station.settings.is_true("is_stop_on_invalid"):
            self.stop(StopReason.DEAUTHORIZED)
        else:
            self.hardware.permit_power(False, self.station.clock.now())
            self.refresh()

    def interrupted(self, transaction: Transaction) -> None:
        """A power cut has interrupted a transaction. It goes on where that is wished and the car is still there; else it ended
        when it was last seen, with all that the meter has counted."""
        now = self.station.clock.now()
        away_s = (now - (transaction.seen_at or transaction.started_at)).total_seconds()
        resumes = away_s <= self.station.settings.integer("resumption_timeout_s") and self.transaction is None
        if resumes and self.hardware.is_plugged:
            self.transaction, self.authorization = transaction, transaction.token
            self.update(Trigger.RESUMED)
            self.hardware.permit_power(not transaction.is_denied, now)
            self.refresh()
            self._await_sample()
            return
        sample = self.hardware.sample(transaction.seen_at or transaction.started_at, Context.END, _BILLED)
        self._finish(transaction, StopReason.POWER_LOSS, sample, EvseState.SUSPENDED_EVSE)
        self.station.forget_limits(self.evse_number, Purpose.TX)

    # -- reports ----------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Look whether the car charges, and tell if that has changed."""
        if self.transaction is None:
            if self.hardware.is_faulted is not (self.state is EvseState.FAULTED):
                self._enter(self._idle_state())
            return
        if self._stopping is not None:
            return
        now = self.station.clock.now()
        self.hardware.advance(now)
        state = EvseState.FAULTED if self.hardware.is_faulted else self.hardware.charging_state(now)
        if state is not self.state:
            self._enter(state)
            self.update(Trigger.CHARGING_STATE_CHANGED)
            if state is EvseState.SUSPENDED_EV and self.driver is not None:
                self.driver.full()

    def update(self, trigger: Trigger, *samples: MeterSample) -> None:
        """Report on the transaction that goes on, if there is one."""
        if self.transaction is not None:
            self._report(self.transaction, Phase.UPDATED, trigger, self.state, samples)

    def send_meter_values(self) -> None:
        """Report what the meter shows because the CSMS has asked for it."""
        sample = self._sample(Context.TRIGGER, self.station.settings.members("sampled_measurands"))
        if self.transaction is not None:
            self.update(Trigger.REQUESTED, sample)
        else:
            self.station.call(self.station.dialect.meter_values(self.evse_number, sample))

    def align(self) -> None:
        """Take values at whole intervals from midnight on, as the setting has it; 0 is off."""
        if self._aligned is not None:
            self._aligned.cancel()
            self._aligned = None
        every_s, now = self.station.settings.integer("aligned_interval_s"), self.station.clock.now()
        if every_s:
            wait_s = (aligned_after(now, every_s) - now).total_seconds()
            # A timer that fires a moment early would fire again.
            self._aligned = self.station.clock.after(wait_s + 0.01, self._aligned_due)

    def _aligned_due(self) -> None:
        measurands = self.station.settings.members("aligned_measurands")
        if measurands:
            sample = self._sample(Context.CLOCK, measurands)
            if self.transaction is not None and self._stopping is None:
                self.update(Trigger.METER_VALUE_CLOCK, sample)
            else:
                self.station.call(self.station.dialect.meter_values(self.evse_number, sample))
        self.align()

    def close(self) -> None:
        """Stop every timer: nothing happens here any more."""
        self._cancel_sampling()
        self._forget_reservation()
        if self._aligned is not None:
            self._aligned.cancel()
        self._forget_authorization()

    # -- inside -----------------------------------------------------------------------------------------------------

    def _finish(self, transaction: Transaction, reason: StopReason, sample: MeterSample, state: EvseState) -> None:
        transaction.ended_at = sample.at
        transaction.meter_stop_wh = max(sample.energy_wh, transaction.meter_start_wh)
        transaction.stop_reason = reason
        if self.seal is not None:
            is_set = self.station.is_clock_set
            sealed = self.seal.end(transaction, sample.at, transaction.meter_stop_wh, is_clock_set=is_set)
            sample = replace(sample, sealed=sealed)
        self._report(transaction, Phase.ENDED, STOP_TRIGGERS[reason], state, (sample,))

    def _decided(self, token: IdToken, is_accepted: bool, trigger: Trigger) -> None:
        self._is_asking = False
        is_free = self.is_operative and self.transaction is None and not self.is_kept_from(token)
        if not is_accepted or not is_free:
            self.remote_start_id = None
            self.station.counters.denials += 1
            if self.driver is not None:
                self.driver.denied()
            return
        self.authorization = token
        if self.hardware.is_plugged:
            self._start(trigger)
            return
        timeout_s = self.station.settings.integer("connection_timeout_s")
        self._awaits_cable = self.station.clock.after(timeout_s, self._cable_missed)
        self._enter(EvseState.AUTHORIZED)
        if trigger is Trigger.REMOTE_START and self.driver is not None:
            self.driver.remotely_authorized()

    def _cable_missed(self) -> None:
        self._forget_authorization()
        self._enter(self._idle_state())

    def _start(self, trigger: Trigger) -> None:
        token, now = self.authorization, self.station.clock.now()
        if token is None:
            return
        self._cancel_awaiting()
        sample = self.hardware.sample(now, Context.BEGIN, _BILLED)
        if self.seal is not None:
            sealed = self.seal.begin(now, sample.energy_wh, token, is_clock_set=self.station.is_clock_set)
            sample = replace(sample, sealed=sealed)
        transaction = self.transaction = Transaction(
            evse_number=self.evse_number,
            connector_number=self.hardware.connector_number,
            token=token,
            started_at=now,
            meter_start_wh=sample.energy_wh,
            transaction_id=None,
            remote_start_id=self.remote_start_id,
            key=self.station.new_key(),
            group=self.station.group_of(token),
            reservation_number=self.reservation.number if self.reservation is not None else None,
            is_clock_unsure=not self.station.is_clock_set,
            began=sample if sample.sealed is not None else None,
        )
        self._forget_reservation()
        if self.station.dialect.gives_transaction_ids:
            transaction.transaction_id = transaction.key
        self.station.ledger.started(self.station.spec.identity, transaction)
        self._report(transaction, Phase.STARTED, trigger, EvseState.CONNECTED, (sample,))
        self.hardware.permit_power(True, now)
        if self.driver is not None:
            self.driver.started()
        self.refresh()
        self._await_sample()

    def _await_sample(self) -> None:
        interval_s = self.station.settings.integer("sample_interval_s")
        self._sampling = self.station.clock.after(interval_s or LOOK_S, self._sample_due)

    def _sample_due(self) -> None:
        self._sampling = None
        if self.station.settings.integer("sample_interval_s"):
            measurands = self.station.settings.members("sampled_measurands")
            self.update(Trigger.METER_VALUE_PERIODIC, self._sample(Context.PERIODIC, measurands))
        self.refresh()
        if self.transaction is not None:
            self._await_sample()

    def _sample(self, context: Context, measurands: tuple[str, ...]) -> MeterSample:
        return self.hardware.sample(self.station.clock.now(), context, measurands)

    def _report(
        self,
        transaction: Transaction,
        phase: Phase,
        trigger: Trigger,
        state: EvseState,
        samples: tuple[MeterSample, ...],
    ) -> None:
        report = TransactionReport(
            transaction=transaction,
            phase=phase,
            at=samples[0].at if samples else self.station.clock.now(),
            sequence=transaction.next_sequence,
            trigger=trigger,
            state=state,
            samples=samples,
            is_offline=not self.station.is_online,
            is_clock_unsure=not self.station.is_clock_set,
        )
        transaction.next_sequence += 1
        transaction.seen_at = report.at
        self.station.report(report)

    def _idle_state(self, if_plugged: EvseState = EvseState.CONNECTED) -> EvseState:
        if self.hardware.is_faulted:
            return EvseState.FAULTED
        if not self.is_operative:
            return EvseState.UNAVAILABLE
        if self.hardware.is_plugged:
            return if_plugged
        return EvseState.AVAILABLE if self.reservation is None else EvseState.RESERVED

    def _enter(self, state: EvseState) -> None:
        self.state = state
        self.station.send_status(self)

    def _forget_authorization(self) -> None:
        self._cancel_awaiting()
        self.authorization = None
        self.remote_start_id = None
        if self.transaction is None:
            self.station.forget_limits(self.evse_number, Purpose.TX)

    def _cancel_awaiting(self) -> None:
        if self._awaits_cable is not None:
            self._awaits_cable.cancel()
            self._awaits_cable = None

    def _cancel_sampling(self) -> None:
        if self._sampling is not None:
            self._sampling.cancel()
            self._sampling = None
