"""Charging control of one EVSE: from plug and token to a transaction, its reports, and its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from voltway.station.simulator.dialect import Dialect
from voltway.station.simulator.evse import PluggedCar, SimulatedEvse
from voltway.station.simulator.ledger import Ledger
from voltway.station.simulator.limits import Purpose
from voltway.station.simulator.variables import MEASURANDS, Settings
from voltway.station.simulator.virtual_time import VirtualClock
from voltway.station.simulator.vocabulary import (
    STOP_TRIGGERS,
    Context,
    Counters,
    EvseState,
    IdToken,
    MeterSample,
    Phase,
    Registration,
    StationSpec,
    StopReason,
    Transaction,
    TransactionReport,
    Trigger,
)
from voltway.wire.ocpp.shapes import Shape

# With sampling switched off the state of charging is still looked at now and then.
LOOK_S = 60
_BILLED = MEASURANDS[:1]


class Driver(Protocol):
    """Whoever stands at the EVSE and wants to know how it goes."""

    def remotely_authorized(self) -> None:
        """An app has started this EVSE and nobody is plugged in."""

    def started(self) -> None: ...

    def full(self) -> None: ...

    def ended(self) -> None: ...

    def denied(self) -> None: ...


class EvseHost(Protocol):
    """What an EVSE asks of the station that it belongs to."""

    spec: StationSpec
    clock: VirtualClock
    settings: Settings
    dialect: Dialect
    ledger: Ledger
    counters: Counters
    registration: Registration | None

    @property
    def is_online(self) -> bool: ...

    def authorize(self, token: IdToken, decided: Callable[[bool], None]) -> None: ...

    def new_transaction_id(self) -> str | None: ...

    def report(self, report: TransactionReport) -> None: ...

    def call(self, request: Shape) -> None: ...

    def send_status(self, evse: EvseControl, is_forced: bool = False) -> None: ...

    def forget_limits(self, evse_number: int, purpose: Purpose) -> None: ...

    def transaction_ended(self) -> None: ...


class EvseControl:
    """The state of one EVSE and what it does next."""

    __slots__ = (
        "_awaits_cable",
        "_is_asking",
        "_sampling",
        "authorization",
        "driver",
        "evse_number",
        "hardware",
        "is_operative",
        "remote_start_id",
        "reported",
        "state",
        "station",
        "transaction",
        "wanted_operative",
    )

    def __init__(self, station: EvseHost, evse_number: int, hardware: SimulatedEvse) -> None:
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
        self.reported = [""] * len(hardware.spec.connectors)  # the last status word sent, per connector
        self._is_asking = False
        self._awaits_cable: asyncio.TimerHandle | None = None
        self._sampling: asyncio.TimerHandle | None = None

    # -- what happens at the EVSE -----------------------------------------------------------------------------------

    def plug(self, car: PluggedCar, connector_number: int = 1) -> None:
        """The cable goes in; charging begins if a token waits."""
        self.hardware.plug(car, connector_number, self.station.clock.now())
        self._enter(self._idle_state())
        if self.authorization is not None:
            self._start(Trigger.CABLE_PLUGGED_IN)

    def unplug(self) -> None:
        """The cable comes out, which ends whatever goes on."""
        if self.transaction is not None:
            self.stop(StopReason.EV_DISCONNECTED)
        self.hardware.unplug(self.station.clock.now())
        self._forget_authorization()
        self._enter(self._idle_state())

    def present(self, token: IdToken) -> None:
        """A token is held to the reader: it starts, or stops what it has started."""
        if self.transaction is not None:
            if self.transaction.token.value.casefold() == token.value.casefold():
                self.stop(StopReason.LOCAL)
            return
        if self._is_asking or self.authorization is not None:
            return
        if not self.is_operative:
            self._decided(token, False, Trigger.AUTHORIZED)
            return
        self._is_asking = True
        self.station.authorize(token, lambda is_accepted: self._decided(token, is_accepted, Trigger.AUTHORIZED))

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
        """End the transaction, if there is one."""
        transaction, now = self.transaction, self.station.clock.now()
        if transaction is None:
            return
        self._cancel_sampling()
        self.hardware.permit_power(False, now)
        sample = self.hardware.sample(now, Context.END, _BILLED)
        transaction.ended_at = now
        transaction.meter_stop_wh = sample.energy_wh
        transaction.stop_reason = reason
        # Whoever pulls the cable is gone already when the end is told.
        state = EvseState.AVAILABLE if reason is StopReason.EV_DISCONNECTED else EvseState.FINISHING
        self._report(transaction, Phase.ENDED, STOP_TRIGGERS[reason], state, (sample,))
        self.transaction = None
        self._forget_authorization()
        self.station.ledger.ended(transaction)
        self.is_operative = self.wanted_operative
        self._enter(self._idle_state(EvseState.FINISHING))
        if self.driver is not None:
            self.driver.ended()
        self.station.transaction_ended()

    def set_operative(self, is_operative: bool) -> None:
        """Into or out of service; a transaction is let go on."""
        self.wanted_operative = is_operative
        if self.transaction is None:
            self.is_operative = is_operative
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

    # -- reports ----------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Look whether the car charges, and tell if that has changed."""
        if self.transaction is None:
            return
        now = self.station.clock.now()
        self.hardware.advance(now)
        state = self._charging_state()
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

    def close(self) -> None:
        """Stop every timer: nothing happens here any more."""
        self._cancel_sampling()
        self._forget_authorization()

    # -- inside -----------------------------------------------------------------------------------------------------

    def _decided(self, token: IdToken, is_accepted: bool, trigger: Trigger) -> None:
        self._is_asking = False
        if not is_accepted or not self.is_operative or self.transaction is not None:
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
        transaction = self.transaction = Transaction(
            evse_number=self.evse_number,
            connector_number=self.hardware.connector_number,
            token=token,
            started_at=now,
            meter_start_wh=sample.energy_wh,
            transaction_id=self.station.new_transaction_id(),
            remote_start_id=self.remote_start_id,
        )
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
        )
        transaction.next_sequence += 1
        self.station.report(report)

    def _charging_state(self) -> EvseState:
        hardware = self.hardware
        if hardware.power_w > 0:
            return EvseState.CHARGING
        if not hardware.is_power_permitted or hardware.is_limited_to_nothing(self.station.clock.now()):
            return EvseState.SUSPENDED_EVSE
        return EvseState.SUSPENDED_EV

    def _idle_state(self, if_plugged: EvseState = EvseState.CONNECTED) -> EvseState:
        if not self.is_operative:
            return EvseState.UNAVAILABLE
        return if_plugged if self.hardware.is_plugged else EvseState.AVAILABLE

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
