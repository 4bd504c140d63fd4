"""What the station does when the CSMS orders something, whatever protocol the order came in.

Each function decides at once and answers with a verdict; what follows from it starts after the answer has left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from voltway.charging.profiles import Step, Unit, Window
from voltway.station.ocpp import limits as rules
from voltway.station.ocpp.limits import Limit, Purpose
from voltway.station.ocpp.networks import Address
from voltway.station.ocpp.ordered import CSMS_ROOT, MAKER_ROOT, FirmwareOrder, LogOrder, RootHash
from voltway.station.ocpp.tokens import Known, ListUpdate
from voltway.station.ocpp.variables import Variable, zone_of
from voltway.station.ocpp.vocabulary import (
    BootReason,
    EvseState,
    IdToken,
    Registration,
    Reservation,
    StopReason,
    Trigger,
    Triggered,
    Verdict,
)
from voltway.wire.ocpp.faults import ErrorCode, RefusedCall

if TYPE_CHECKING:
    from voltway.station.ocpp.charging import EvseControl
    from voltway.station.ocpp.station import Station


T = TypeVar("T")


def remote_start(
    station: Station,
    token: IdToken,
    evse_number: int | None,
    remote_start_id: int | None = None,
    limit: Limit | None = None,
) -> Verdict:
    """Begin to authorise a driver who is not at the reader; charging begins when the cable is in."""
    # OCPP 1.6 §4.2, 2.0.1 B02.FR.05: a pending station refuses.
    evse = _evse_to_start(station, evse_number, token) if station.registration is Registration.ACCEPTED else None
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


_NOT_RESERVABLE = {EvseState.UNAVAILABLE: "Unavailable", EvseState.FAULTED: "Faulted"}


def reserve(station: Station, evse_number: int, reservation: Reservation) -> str:
    """Keep an EVSE for somebody; one of the same number is replaced. The word of the answer, which all versions share."""
    evse = station.find_evse(evse_number)
    if evse is None or reservation.expires_at <= station.clock.now():
        return "Rejected"  # an EVSE must be named: the station does not keep any one of several
    is_own = evse.reservation is not None and evse.reservation.number == reservation.number
    if evse.state is not EvseState.AVAILABLE and not (is_own and evse.state is EvseState.RESERVED):
        return _NOT_RESERVABLE.get(evse.state, "Occupied")
    for other in station.evses:
        if other is not evse and other.reservation is not None and other.reservation.number == reservation.number:
            other.cancel_reservation()
    station.clock.soon(lambda: evse.reserve(reservation))
    return "Accepted"


def cancel_reservation(station: Station, number: int) -> Verdict:
    """Give a reservation up."""
    for evse in station.evses:
        if evse.reservation is not None and evse.reservation.number == number:
            station.clock.soon(evse.cancel_reservation)
            return Verdict.ACCEPTED
    return Verdict.REJECTED


def send_log(station: Station, order: LogOrder, request_id: int | None) -> tuple[str, str]:
    """Begin to send a log; the word of the answer, and the file's name. Raises RefusedCall if the station has none to send."""
    jobs = _able(station.jobs)
    return jobs.send_log(order, lambda word: station.call(station.dialect.log_status(word, request_id)))


def update_firmware(station: Station, order: FirmwareOrder, request_id: int | None) -> str:
    """Begin an update; the word of the answer. Raises RefusedCall if the station's firmware cannot be changed."""
    jobs = _able(station.jobs)

    def tell(word: str) -> None:
        request = station.dialect.firmware_status(word, request_id)
        if request is not None:
            station.call(request)

    return jobs.update(order, tell)


def take_certificate(station: Station, chain: str) -> Verdict:
    """A certificate for the station's new key."""
    return Verdict.ACCEPTED if _able(station.keys).accept(chain) else Verdict.REJECTED


def set_network(station: Station, slot: int, address: Address) -> str:
    """Keep an address of a CSMS; the word of the answer. Raises RefusedCall if the station has one alone."""
    return _able(station.networks).set(slot, address)


def install_root(station: Station, kind: str, text: str) -> str:
    """Keep a root; the word of the answer. Raises RefusedCall, as the next two do, if the station keeps none."""
    return _able(station.trust).install(kind, text)


def delete_root(station: Station, wanted: RootHash) -> str:
    """Forget a root; the word of the answer. Hashes compare without case."""
    low = RootHash(wanted.algorithm, *(text.lower() for text in wanted.words[1:]))
    serial = low.serial_number.lstrip("0") or "0"
    return _able(station.trust).delete(replace(low, serial_number=serial))


def installed_roots(station: Station, kinds: Iterable[str] | None) -> list[tuple[str, RootHash]]:
    """The roots of some kinds, or all of them."""
    return _able(station.trust).find([CSMS_ROOT, MAKER_ROOT] if kinds is None else [str(kind) for kind in kinds])


def _able(part: T | None) -> T:
    if part is None:
        raise RefusedCall(ErrorCode.NotSupported, "this station has no part for it")
    return part


def running_ids(station: Station) -> set[str]:
    """The transactions that run and have a name."""
    ids = (evse.transaction.transaction_id for evse in station.evses if evse.transaction is not None)
    return {one for one in ids if one is not None}


def show_cost(station: Station, transaction_id: str, cost: Decimal) -> None:
    """What a transaction costs so far, for whoever shows it; of those that do not run nothing is kept."""
    running = running_ids(station)
    said = station.costs | {transaction_id: cost}
    station.costs = {one: total for one, total in said.items() if one in running}


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
        case Triggered.SIGN_CERTIFICATE:
            if station.keys is None:
                return Verdict.NOT_IMPLEMENTED
            station.clock.soon(station.sign_certificate)
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
    is_order = variable.name == "network_priority"
    if is_order and (station.networks is None or not station.networks.is_order(value)):
        return Verdict.REJECTED
    if variable.name == "time_zone" and zone_of(value.strip()) is None:
        return Verdict.REJECTED
    verdict = station.settings.write(variable, value)
    if verdict is Verdict.ACCEPTED:
        station.clock.soon(lambda: station.variable_written(variable.name, value))
        if is_order:
            return Verdict.REBOOT_REQUIRED
    return verdict


def clear_cache(station: Station) -> Verdict:
    station.tokens.cached.clear()
    station.keep("tokens")
    return Verdict.ACCEPTED


def send_local_list(
    station: Station, version: int, entries: list[tuple[str, Known | None]], *, is_full: bool
) -> ListUpdate:
    """A new local list, or changes to it."""
    change = station.tokens.replace if is_full else station.tokens.amend
    outcome = change(version, entries, station.settings.integer("list_entries_max"))
    if outcome is ListUpdate.ACCEPTED:
        station.keep("tokens")
    return outcome


def set_limit(station: Station, limit: Limit) -> Verdict:
    """Install a charging profile, if it is one that the station can obey to the letter."""
    evse = station.find_evse(limit.evse_number)
    transaction = evse.transaction if evse is not None else None
    is_new = all(limit.profile_id != old.profile_id for old in station.limits)
    if is_new and len(station.limits) >= rules.LIMITS_MAX:
        return Verdict.REJECTED
    if not rules.is_acceptable(limit, station.spec.evses, transaction):
        return Verdict.REJECTED
    station.replace_limits(rules.installed(station.limits, limit))
    station.dynamic.follow(limit)
    return Verdict.ACCEPTED


def clear_limits(station: Station, is_meant: Callable[[Limit], bool]) -> Verdict:
    kept = tuple(limit for limit in station.limits if not is_meant(limit))
    if len(kept) == len(station.limits):
        return Verdict.UNKNOWN
    station.replace_limits(kept)
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
    steps = rules.composite(
        station.limits, evse_number, station.spec.evses, transactions, window, asked, station.settings.zone
    )
    return window, asked, steps


def _each(evses: Iterable[EvseControl], act: Callable[[EvseControl], None]) -> None:
    for evse in evses:
        act(evse)


def _evse_to_start(station: Station, evse_number: int | None, token: IdToken) -> EvseControl | None:
    """The EVSE that was asked for, or else the first that can start, one with a cable in before the others."""
    candidates = [
        evse
        for evse in station.evses
        if evse_number in (None, evse.evse_number)
        and evse.transaction is None
        and evse.authorization is None
        and evse.is_operative
        and evse.state in (EvseState.AVAILABLE, EvseState.RESERVED, EvseState.CONNECTED, EvseState.FINISHING)
        and not evse.is_kept_from(token)
    ]
    return min(candidates, key=lambda evse: not evse.hardware.is_plugged, default=None)
