"""An EVSE's control over simulated hardware, at which cars are plugged in by calling."""

from __future__ import annotations

from functools import partial
from itertools import count

from cryptography.hazmat.primitives.asymmetric import ec

from voltway.station.ocmf import Signer
from voltway.station.ocpp.charging import EvseControl
from voltway.station.ocpp.station import StationOf
from voltway.station.ocpp.vocabulary import ChargingNeeds
from voltway.station.signing import Seal
from voltway.station.simulator.evse import PluggedCar, SimulatedEvse
from voltway.station.simulator.machine import MachineEvse


class SimulatedControl(EvseControl):
    """The control that a station has, with the world at its side."""

    __slots__ = ("hardware",)
    hardware: SimulatedEvse

    def plug(self, car: PluggedCar, connector_number: int = 1) -> None:
        """A car's cable goes in."""
        self.hardware.plug(car, connector_number, self.station.clock.now())
        self.plugged()

    def unplug(self) -> None:
        """It comes out."""
        self.hardware.unplug(self.station.clock.now())
        self.unplugged()

    def knows_transaction(self) -> bool:
        """Whether the CSMS knows of the transaction here by now: its beginning was told and confirmed."""
        station, transaction = self.station, self.transaction
        return (
            transaction is not None and station.is_online and not station.has_queued_reports(transaction.transaction_id)
        )

    def tell_needs(self, needs: ChargingNeeds) -> None:
        """What the car wants, where the protocol has words for it."""
        request = self.station.dialect.charging_needs(self.evse_number, needs)
        if request is not None:
            self.station.call(request)

    def close(self) -> None:
        """Stop every timer."""
        super().close()
        self.hardware.close()


SimulatedStation = StationOf[SimulatedControl]


def build(station: SimulatedStation, evse_number: int, register_wh: float) -> SimulatedControl:
    """The simulated hardware of an EVSE under its control: the controller's state machine for AC; DC is computed."""
    spec = station.spec.evses[evse_number - 1]
    allowed = partial(station.allowed, evse_number)
    if spec.is_dc:
        return SimulatedControl(station, evse_number, SimulatedEvse(spec, station.clock.now(), register_wh, allowed))
    machine = MachineEvse(spec, station.clock, register_wh, allowed)
    control = SimulatedControl(station, evse_number, machine)
    machine.look = control.refresh
    machine.on_fault = partial(station.trouble_changed, evse_number)
    return control


def give_seals(station: SimulatedStation) -> None:
    """A key of the station's own, for this run, that signs what its meters show."""
    spec, key, pages = station.spec, ec.generate_private_key(ec.SECP256R1()), count(1)
    for evse in station.evses:
        serial = f"{spec.serial_number}-{evse.evse_number}"
        signer = Signer(spec.model, spec.serial_number or spec.identity, spec.vendor, "SIMULATED", serial, key)
        evse.seal = Seal(signer, pages.__next__)
    station.settings.store("sign_readings", "true")
