"""How a station stands, for its page and for MQTT: plain values that JSON can say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from voltway.station.board_hardware import BoardHardware
from voltway.station.controller import EvseController
from voltway.station.metering import EnergyRegister
from voltway.station.ocpp.station import Station
from voltway.station.ocpp.vocabulary import EvseState, Transaction


class LocalEvse(Protocol):
    """One EVSE, as far as it is shown and told here."""

    number: int
    hardware: BoardHardware | None
    controller: EvseController
    register: EnergyRegister


class LocalStation(Protocol):
    """The station likewise."""

    station: Station

    @property
    def evses(self) -> Sequence[LocalEvse]: ...

    @property
    def has_password(self) -> bool: ...

    @property
    def has_certificate(self) -> bool: ...


def standing(program: LocalStation) -> dict[str, Any]:
    """All of it."""
    station = program.station
    return {
        "identity": station.spec.identity,
        "link": link_word(program),
        "is_online": station.is_online,
        "messages": _messages(station),
        "queued": len(station.caller.queued),
        "evses": [evse_standing(program, evse) for evse in program.evses],
        "checklist": checklist(program),
    }


def _messages(station: Station) -> list[str]:
    """What the CSMS wants shown now."""
    running = {evse.transaction.transaction_id or "" for evse in station.evses if evse.transaction is not None}
    states = {evse.state for evse in station.evses}
    word = "Faulted" if EvseState.FAULTED in states else "Charging" if running else "Idle"
    return station.display.seen(station.clock.now(), word, running)


def link_word(program: LocalStation) -> str:
    """How the link to the CSMS is, in a few words."""
    station = program.station
    if station.is_alone:
        return "no CSMS is configured"
    if station.is_online:
        return f"connected by {station.link.subprotocol}"
    if station.is_waiting:
        return "connected, and not accepted yet"
    return station.counters.connect_failure or "not connected"


def evse_standing(program: LocalStation, evse: LocalEvse) -> dict[str, Any]:
    """One EVSE. Powers in W, registers in Wh, currents in A per phase."""
    control = program.station.evses[evse.number - 1]
    transaction = control.transaction
    reading = evse.hardware.reading if evse.hardware is not None else None
    energy_wh = evse.register.energy_wh
    return {
        "evse_number": evse.number,
        "state": control.state.value,
        "is_plugged": evse.controller.evse.is_plugged,
        "power_w": round(reading.power_w, 1) if reading is not None else 0.0,
        "energy_wh": energy_wh,
        "charge_wh": energy_wh - transaction.meter_start_wh if transaction is not None else 0,
        "limit_a": round(evse.controller.evse.offer_a, 1),
        "is_paused": evse.hardware is not None and evse.hardware.is_paused,
        "faults": sorted(fault.value for fault in evse.controller.evse.faults),
        "cost": _cost(program.station, transaction),
    }


def _cost(station: Station, transaction: Transaction | None) -> str | None:
    """What the CSMS says that a charge costs so far; it alone knows in which currency."""
    said = station.costs.get(transaction.transaction_id or "") if transaction is not None else None
    return None if said is None else str(said)


def checklist(program: LocalStation) -> list[dict[str, Any]]:
    """What has to be right before a station is handed over."""
    station, found = program.station, []

    def add(name: str, is_right: bool, said: str) -> None:
        found.append({"name": name, "is_right": is_right, "found": said})

    for evse in program.evses:
        machine, reading = evse.controller.evse, evse.hardware.reading if evse.hardware is not None else None
        add(
            f"EVSE {evse.number}: board",
            machine.is_closed is not None,
            "answers" if machine.is_closed is not None else "silent",
        )
        volts = ", ".join(f"{phase.voltage_v:.0f} V" for phase in reading.phases) if reading else "nothing"
        live = sum(phase.voltage_v > 50 for phase in reading.phases) if reading else 0
        add(f"EVSE {evse.number}: meter and phases", live == machine.settings.phases, volts)
        faults = ", ".join(sorted(machine.faults))
        add(f"EVSE {evse.number}: faults", not machine.faults.blocks, faults or "none")
    if not station.is_alone:
        add("CSMS", station.is_online, link_word(program))
        add("clock", station.is_clock_set, "set by the CSMS" if station.is_clock_set else "not set since the start")
        is_secret = program.has_password or program.has_certificate
        add("secret", is_secret, "has one" if is_secret else "the CSMS cannot tell it from another station")
    return found
