"""What the station does when the CSMS orders something, whatever protocol the order came in.

Each function decides at once and answers with a verdict; what follows from it starts after the answer has left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from voltway.charging.profiles import Step, Unit, Window
from voltway.station.simulator import limits as rules
from voltway.station.simulator.limits import Limit, Purpose
from voltway.station.simulator.variables import Variable
from voltway.station.simulator.vocabulary import (
    BootReason,
    EvseState,
    IdToken,
    Registration,
    StopReason,
    Trigger,
    Triggered,
    Verdict,
)

if TYPE_CHECKING:
    from voltway.station.simulator.charging import EvseControl
    from voltway.station.simulator.station import Station


def remote_start(
    station: Station,
    token: IdToken,
    evse_number: int | None,
    remote_start_id: int | None = None,
    limit: Limit | None = None,
) -> Verdict:
    """Begin to authorise a driver who is not at the reader; charging begins when the cable is in."""
    # OCPP 1.6 §4.2, 2.0.1 B02.FR.05: a pending station refuses.
    evse = _evse_to_start(station, evse_number) if station.registration is Registration.ACCEPTED else None
    if evse is None:
        return Verdict.REJECTED
    if limit is not None:
        if limit.purpose is not Purpose.TX:
            return Verdict.REJECTED
        # It waits at the EVSE: the transaction that it belongs to is the next one.
        station.limits = rules.installed(station.limits, replace(limit, evse_number=evse.evse_number))
    chosen = evse
    station.clock.soon(lambda: chosen.start_remotely(token, remote_start_id))
    return Verdict.ACCEPTED


def remote_stop(station: Station, transaction_id: str) -> Verdict:
    meant = [evse for evse in station.evses if evse.transaction and evse.transaction.transaction_id == transaction_id]
    if not meant:
        return Verdict.REJECTED
    station.clock.soon(lambda: meant[0].stop(StopReason.REMOTE))
    return Verdict.ACCEPTED


def reset(station: Station, is_immediate: bool) -> Verdict:
    """Boot anew: at once, stopping what charges, or as soon as nothing charges any more."""
    if not is_immediate and any(evse.transaction is not None for evse in station.evses):
        station.is_reset_scheduled = True
        return Verdict.SCHEDULED
    station.clock.soon(lambda: station.reboot(StopReason.RESET))
    return Verdict.ACCEPTED


def reset_hard(station: Station) -> Verdict:
    station.clock.soon(lambda: station.reboot(StopReason.HARD_RESET))
    return Verdict.ACCEPTED


def unlock(station: Station, evse_number: int, connector_number: int, stops_transaction: bool) -> Verdict:
    """Release the cable. In 1.6 that ends a transaction, in 2.x a transaction forbids it (F05.FR.02)."""
    evse = station.find_evse(evse_number)
    if evse is None or not 1 <= connector_number <= len(evse.hardware.spec.connectors):
        return Verdict.UNKNOWN
    if evse.transaction is not None:
        if not stops_transaction:
            return Verdict.BUSY
        station.clock.soon(lambda: evse.stop(StopReason.UNLOCK_COMMAND))
    return Verdict.ACCEPTED


def change_availability(station: Station, evse_number: int, is_operative: bool) -> Verdict:
    """Take an EVSE, or with number 0 all of them, in or out of service; one that charges follows when it has ended."""
    if evse_number == 0:
        chosen = tuple(station.evses)
    else:
        evse = station.find_evse(evse_number)
        if evse is None:
            return Verdict.REJECTED
        chosen = (evse,)
    is_busy = any(evse.transaction is not None for evse in chosen) and not is_operative
    station.clock.soon(lambda: _each(chosen, lambda evse: evse.set_operative(is_operative)))
    return Verdict.SCHEDULED if is_busy else Verdict.ACCEPTED


def trigger(station: Station, what: Triggered, evse_number: int | None) -> Verdict:
    """Send a message at the CSMS's wish, of one EVSE or of all."""
    if evse_number is not None and station.find_evse(evse_number) is None:
        return Verdict.REJECTED
    chosen = [evse for evse in station.evses if evse_number in (None, evse.evse_number)]
    match what:
        case Triggered.BOOT:
            # OCPP 2.0.1 F06.FR.17: not once it has been accepted.
            if station.registration is Registration.ACCEPTED and station.dialect.gives_transaction_ids:
                return Verdict.REJECTED
            station.clock.soon(lambda: station.boot(BootReason.TRIGGERED))
        case Triggered.HEARTBEAT:
            station.clock.soon(station.heartbeat)
        case Triggered.STATUS:
            station.clock.soon(lambda: _each(chosen, lambda evse: station.send_status(evse, is_forced=True)))
        case Triggered.METER_VALUES:
            station.clock.soon(lambda: _each(chosen, lambda evse: evse.send_meter_values()))
        case Triggered.TRANSACTION:
            if not any(evse.transaction is not None for evse in chosen):
                return Verdict.REJECTED
            station.clock.soon(lambda: _each(chosen, lambda evse: evse.update(Trigger.REQUESTED)))
    return Verdict.ACCEPTED


def write_variable(station: Station, variable: Variable, value: str) -> Verdict:
    verdict = station.settings.write(variable, value)
    if verdict is Verdict.ACCEPTED:
        station.clock.soon(lambda: station.variable_written(variable.name, value))
    return verdict


def clear_cache(station: Station) -> Verdict:
    station.token_cache.clear()
    return Verdict.ACCEPTED


def set_limit(station: Station, limit: Limit) -> Verdict:
    """Install a charging profile, if it is one that the station can obey to the letter."""
    evse = station.find_evse(limit.evse_number)
    transaction = evse.transaction if evse is not None else None
    is_new = all(limit.profile_id != old.profile_id for old in station.limits)
    if is_new and len(station.limits) >= rules.LIMITS_MAX:
        return Verdict.REJECTED
    if not rules.is_acceptable(limit, station.spec.evses, transaction):
        return Verdict.REJECTED
    _replace_limits(station, rules.installed(station.limits, limit))
    return Verdict.ACCEPTED


def clear_limits(station: Station, is_meant: Callable[[Limit], bool]) -> Verdict:
    kept = tuple(limit for limit in station.limits if not is_meant(limit))
    if len(kept) == len(station.limits):
        return Verdict.UNKNOWN
    _replace_limits(station, kept)
    return Verdict.ACCEPTED


def composite(
    station: Station, evse_number: int, duration_s: int, unit: str | None
) -> tuple[Window, Unit, tuple[Step, ...]] | None:
    """What an EVSE (0: the station) may draw from now on; None for one that is not there, or for a unit that is not taken."""
    allowed = station.settings.members("schedule_units")
    if not 0 <= evse_number <= len(station.evses) or duration_s < 0 or (unit is not None and unit not in allowed):
        return None
    asked = Unit(unit or allowed[0])
    window = Window(station.clock.now(), duration_s)
    transactions = [evse.transaction for evse in station.evses]
    return window, asked, rules.composite(station.limits, evse_number, station.spec.evses, transactions, window, asked)


def _each(evses: Iterable[EvseControl], act: Callable[[EvseControl], None]) -> None:
    for evse in evses:
        act(evse)


def _replace_limits(station: Station, limits: tuple[Limit, ...]) -> None:
    # The physics of the time before belongs to the old limits.
    for evse in station.evses:
        evse.hardware.advance(station.clock.now())
    station.limits = limits
    station.clock.soon(lambda: _each(station.evses, lambda evse: evse.refresh()))


def _evse_to_start(station: Station, evse_number: int | None) -> EvseControl | None:
    """The EVSE that was asked for, or else the first that can start, one with a cable in before the others."""
    candidates = [
        evse
        for evse in station.evses
        if evse_number in (None, evse.evse_number)
        and evse.transaction is None
        and evse.authorization is None
        and evse.is_operative
        and evse.state in (EvseState.AVAILABLE, EvseState.CONNECTED, EvseState.FINISHING)
    ]
    return min(candidates, key=lambda evse: not evse.hardware.is_plugged, default=None)
