"""What is done to stations, locations and commands, each inside the caller's transaction."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from voltway.contracts.directory import LocationChanged
from voltway.contracts.security import EnrolStation
from voltway.contracts.station_link import STATION_PASSWORD_PURPOSE, CommandOutcome, CredentialChanged
from voltway.contracts.stations import CommandChanged, StationChanged
from voltway.contracts.vocabulary import CommandState, Registration
from voltway.kernel import audit, clock
from voltway.kernel.auth import Principal, acting, find_operator
from voltway.kernel.database import Tx
from voltway.kernel.errors import InvalidField
from voltway.kernel.ids import new_id
from voltway.kernel.secrets import derive_key, hash_secret, new_password
from voltway.modules.stations import rules
from voltway.modules.stations.errors import BadIdentity, IdentityTaken, LocationInUse, QuarantineFull, StationRetired
from voltway.modules.stations.settings import StationsSettings
from voltway.modules.stations.store import commands, locations, stations

_CREDENTIAL_COLUMNS = {
    "location_id",
    "security_profile",
    "secret_hash",
    "candidate_hashes",
    "security_profile_target",
    "registration",
    "connector_map",
    "open_until",
}
_PLAIN_COLUMNS = {"name", "location_id", "security_profile", "registration"}
OPEN_FOR_MAX = timedelta(days=366)
_GRACE_S = 30
"""How much longer than the station's time to answer a command may take before its process counts as dead."""


class Saved(NamedTuple):
    """A station's record as it is now, and the password if one was made up: to be shown once."""

    row: stations.Row
    password: str | None


# ---- stations


async def add_station(
    tx: Tx, principal: Principal, given: Mapping[str, Any], secret: bytes, settings: StationsSettings
) -> Saved:
    """Register a station. Raises IdentityTaken, BadIdentity, PasswordNotWanted, InvalidField."""
    identity: str = given["identity"]
    _check_identity(identity)
    await _check_location(tx, principal, given["location_id"])
    change = rules.password_change(
        given["security_profile"], is_given=False, value=given["password"], has_password=False
    )
    password, hashed = _password(change, secret)
    row = _blank(principal.operator_id, identity) | {
        "name": given["name"],
        "location_id": given["location_id"],
        "security_profile": given["security_profile"],
        "secret_hash": hashed,
        "is_password_weak": None if hashed is None else rules.is_weak(password or given["password"], identity),
        "has_factory_password": given["is_factory_password"],
        "open_until": _open_until(given["security_profile"], given["open_until"], settings),
        # A00.FR.805 (2.0.1 part 2): who has the password that its maker gave it does nothing until it has another.
        "registration": Registration.PENDING.value if given["is_factory_password"] else given["registration"],
        "connector_map": _map_document(given["connector_map"]),
    }
    if given["is_factory_password"] and given["password"] is None:
        raise InvalidField.at("$.password", "say which password its maker has given it")
    if not await stations.add(tx, row):
        raise IdentityTaken(f"There is a charging station {identity} already; identities compare without case.")
    await _configure(tx, row["id"], principal.operator_id, given["evses"])
    _tell(tx, row, "added", is_credential_changed=True)
    shown = {name: row[name] for name in ("identity", "name", "location_id", "security_profile", "registration")}
    audit.note(tx, principal, "station.added", ("station", row["id"]), after=shown)
    return Saved(await stations.get(tx, row["id"]), password)


async def enrol(tx: Tx, request: EnrolStation, secret: bytes) -> str:
    """Make the record of a station from a registration token's template; its id. Raises IdentityTaken, BadIdentity."""
    if not rules.is_identity(request.identity):
        raise BadIdentity(f"{request.identity[:80]!r} is no identity.")
    row = _blank(request.operator_id, request.identity) | {
        "location_id": request.location_id,
        "security_profile": 1,
        "secret_hash": hash_secret(request.password, derive_key(secret, STATION_PASSWORD_PURPOSE)),
        "is_password_weak": False,
    }
    if not await stations.add(tx, row):
        raise IdentityTaken(f"There is a charging station {request.identity} already.")
    await _configure(tx, row["id"], request.operator_id, request.evses)
    _tell(tx, row, "added", is_credential_changed=True)
    _note_arrival(tx, row, "station.enrolled", by="registration token")
    return str(row["id"])


async def admit(
    tx: Tx, operator_slug: str, identity: str, registration: Registration, settings: StationsSettings
) -> stations.Row:
    """The station with this identity; if nobody has registered it, a record without a password is made. One that is not
    accepted is in quarantine until somebody says what is to become of it. Raises QuarantineFull."""
    if not rules.is_identity(identity):
        raise BadIdentity(f"{identity[:80]!r} is no identity.")
    operator_id = await find_operator(tx, operator_slug)
    found = await stations.find_in_use(tx, operator_id, rules.identity_key(identity))
    if found is not None:
        return found
    is_waiting = registration is Registration.PENDING
    if is_waiting and await stations.count_quarantined(tx) >= settings.quarantine_max:
        raise QuarantineFull(f"{settings.quarantine_max} unknown stations wait already.")
    row = _blank(operator_id, identity) | {
        "registration": registration.value,
        "quarantined_at": clock.now() if is_waiting else None,
    }
    if await stations.add(tx, row):
        _tell(tx, row, "added", is_credential_changed=True)
        _note_arrival(tx, row, "station.admitted", by="gateway")
    found = await stations.find_in_use(tx, operator_id, rules.identity_key(identity))  # ours, or who was quicker
    assert found is not None
    return found


async def change_station(
    tx: Tx,
    principal: Principal,
    station: stations.Row,
    given: Mapping[str, Any],
    secret: bytes,
    settings: StationsSettings,
) -> Saved:
    """Change what is given of a station. Raises StationRetired, PasswordNotWanted, InvalidField."""
    if station.retired_at is not None:
        raise StationRetired(f"Charging station {station.identity} is retired.")
    values = {name: given[name] for name in _PLAIN_COLUMNS & given.keys()}
    if "location_id" in given:
        await _check_location(tx, principal, given["location_id"])
    if "connector_map" in given:
        values["connector_map"] = _map_document(given["connector_map"])
    change = rules.password_change(
        given.get("security_profile", station.security_profile),
        is_given="password" in given,
        value=given.get("password"),
        has_password=station.secret_hash is not None,
    )
    password, hashed = _password(change, secret)
    if hashed is not None or change.is_removed:
        weak = None if hashed is None else rules.is_weak(password or given["password"], station.identity)
        values |= {
            "secret_hash": hashed,
            "candidate_hashes": None,
            "is_password_weak": weak,
            "has_factory_password": False,
        }
    profile = given.get("security_profile", station.security_profile)
    if "security_profile" in given:
        values["security_profile_target"] = None
        _check_lowering(tx, principal, station, profile, given.get("override_reason"))
    is_released = station.quarantined_at is not None and "registration" in given
    if is_released:
        values["quarantined_at"] = None
    if "open_until" in given or profile != station.security_profile or (is_released and profile == 0):
        values["open_until"] = _open_until(profile, given.get("open_until"), settings)
    await stations.change(tx, station.id, values)
    if "evses" in given:
        await _replace_layout(tx, station, given["evses"])
    is_credential_changed = any(values[name] != getattr(station, name) for name in _CREDENTIAL_COLUMNS & values.keys())
    _tell(tx, station._asdict(), "edited", is_credential_changed=is_credential_changed)
    changed = audit.changes({name: getattr(station, name) for name in values}, values)
    if "evses" in given:
        changed["after"]["evses"] = given["evses"]
    audit.note(tx, principal, "station.edited", ("station", station.id), **changed)
    return Saved(await stations.get(tx, station.id), password)


async def accept(tx: Tx, station: stations.Row) -> None:
    """Let a pending station work; it hears of it when it boots again, to which its gateway asks it."""
    if station.registration == Registration.PENDING.value:
        now = {"registration": Registration.ACCEPTED.value}
        await stations.change(tx, station.id, now | {"quarantined_at": None})
        was = {"registration": station.registration}
        target, operator_id = ("station", station.id), station.operator_id
        audit.note(
            tx,
            acting.get(),
            "station.accepted",
            target,
            operator_id=operator_id,
            by="provisioning",
            before=was,
            after=now,
        )
        _tell(tx, station._asdict(), "edited", is_credential_changed=True)


async def retire_station(tx: Tx, principal: Principal | None, station: stations.Row) -> None:
    """Take a station out of service for good: it may not connect, its history stays, its identity is free again."""
    if station.retired_at is not None:
        return
    values = {
        "retired_at": clock.now(),
        "retired_key": station.id,
        "secret_hash": None,
        "candidate_hashes": None,
        "quarantined_at": None,
    }
    await stations.change(tx, station.id, values)
    _tell(tx, station._asdict(), "retired", is_credential_changed=True)
    was, operator_id = {"identity": station.identity}, station.operator_id
    audit.note(
        tx, principal, "station.retired", ("station", station.id), operator_id=operator_id, by="quarantine", before=was
    )


def _note_arrival(tx: Tx, row: Mapping[str, Any], action: str, *, by: str) -> None:
    shown = {name: row[name] for name in ("identity", "location_id", "security_profile", "registration")}
    audit.note(tx, None, action, ("station", row["id"]), operator_id=row["operator_id"], by=by, after=shown)


def _check_lowering(tx: Tx, principal: Principal, station: stations.Row, wanted: int, reason: str | None) -> None:
    """A lower profile is not taken up again, but for a board that was swapped: by a person, who says why, which is kept."""
    if not rules.is_lower(station.security_profile, wanted):
        return
    if not reason:
        raise InvalidField.at("$.override_reason", "a lower security profile needs a reason, which is kept")
    audit.note(
        tx,
        principal,
        "station.profile_lowered",
        ("station", station.id),
        before={"security_profile": station.security_profile},
        after={"security_profile": wanted},
        reason=reason,
    )


def _open_until(security_profile: int, given: datetime | None, settings: StationsSettings) -> datetime | None:
    """Until when profile 0 lets anybody in. Raises InvalidField."""
    if security_profile != 0:
        if given is not None:
            raise InvalidField.at("$.open_until", "goes with security_profile 0, and with that only")
        return None
    now = clock.now()
    if given is not None and not now < given <= now + OPEN_FOR_MAX:
        raise InvalidField.at("$.open_until", "should lie ahead, within 366 days")
    return given or now + timedelta(days=settings.open_days)


def _check_identity(identity: str) -> None:
    if not rules.is_identity(identity):
        message = "1 to 48 of A-Z a-z 0-9 * - _ = + | @ . (and not dots alone)"
        raise BadIdentity.at("$.identity", message)


async def _check_location(tx: Tx, principal: Principal, location_id: str | None) -> None:
    """Raise InvalidField for a location that the caller does not see; who is bound to locations must name one."""
    if location_id is None:
        is_known = principal.location_ids is None
    else:
        is_ours = await locations.exists(tx, principal.operator_id, location_id)
        is_known = is_ours and principal.reaches(location_id)
    if not is_known:
        message = f"there is no location {location_id}" if location_id else "name one of your locations"
        raise InvalidField.at("$.location_id", message)


def _blank(operator_id: str, identity: str) -> dict[str, Any]:
    """A record of which only the name is known; profile 0 asks for no password."""
    return {
        "id": new_id(),
        "operator_id": operator_id,
        "identity": identity,
        "identity_key": rules.identity_key(identity),
        "retired_key": "",
        "name": None,
        "location_id": None,
        "security_profile": 0,
        "secret_hash": None,
        "candidate_hashes": None,
        "security_profile_target": None,
        "is_password_weak": None,
        "has_factory_password": False,
        "open_until": None,
        "quarantined_at": None,
        "registration": Registration.ACCEPTED.value,
        "connector_map": None,
        "boot_level": 0.0,
        "is_online": False,
        "link_epoch": 0,
        "version": 1,
        "created_at": clock.now(),
    }


def _password(change: rules.PasswordChange, secret: bytes) -> tuple[str | None, bytes | None]:
    """The password to show (only one that was made up), and what to store."""
    made_up = new_password() if change.is_made_up else None
    value = made_up or change.value
    key = derive_key(secret, STATION_PASSWORD_PURPOSE)
    return made_up, None if value is None else hash_secret(value, key)


def _map_document(places: Mapping[int, Mapping[str, int]] | None) -> dict[str, list[int]] | None:
    if places is None:
        return None
    return {str(wire): [place["evse_number"], place["connector_number"]] for wire, place in places.items()}


async def _configure(tx: Tx, station_id: str, operator_id: str, wanted: Sequence[Mapping[str, Any]]) -> None:
    names = {"station_id": station_id, "operator_id": operator_id}
    evse_rows = [names | {name: evse[name] for name in ("evse_number", "power_w_max")} for evse in wanted]
    connector_rows = [
        names | {"evse_number": evse["evse_number"]} | connector for evse in wanted for connector in evse["connectors"]
    ]
    await stations.configure_layout(tx, evse_rows, connector_rows)


async def _replace_layout(tx: Tx, station: stations.Row, wanted: Sequence[Mapping[str, Any]]) -> None:
    """Make the EVSEs these; what is still there keeps its status."""
    layout = (await stations.layouts(tx, [station.id]))[station.id]
    kept = {evse["evse_number"]: {each["connector_number"] for each in evse["connectors"]} for evse in wanted}
    gone = [evse.evse_number for evse in layout.evses if evse.evse_number not in kept]
    gone_places = [
        (each.evse_number, each.connector_number)
        for each in layout.connectors
        if each.evse_number in kept and each.connector_number not in kept[each.evse_number]
    ]
    await stations.remove_from_layout(tx, station.id, gone, gone_places)
    await _configure(tx, station.id, station.operator_id, wanted)


def _tell(tx: Tx, row: Mapping[str, Any], what: str, *, is_credential_changed: bool) -> None:
    names = {"operator_id": row["operator_id"], "at": clock.now(), "station_id": row["id"]}
    tx.publish(StationChanged(**names, station_identity=row["identity"], what=what))
    if is_credential_changed:
        tx.publish(CredentialChanged(**names, identity=row["identity"], is_retired=what == "retired"))


# ---- locations


async def add_location(tx: Tx, principal: Principal, given: Mapping[str, Any]) -> Any:
    """Add a location; its row."""
    row = {
        **given,
        "id": new_id(),
        "operator_id": principal.operator_id,
        "version": 1,
        "created_at": clock.now(),
    }
    await locations.add(tx, row)
    tx.publish(LocationChanged(operator_id=principal.operator_id, at=clock.now(), location_id=row["id"]))
    audit.note(tx, principal, "location.added", ("location", row["id"]), after=given)
    return await locations.get(tx, row["id"])


async def retire_location(tx: Tx, principal: Principal, location: Any) -> None:
    """Remove a location; what happened there still names it. Raises LocationInUse."""
    if await locations.is_in_use(tx, location.id):
        raise LocationInUse("Move or retire the charging stations at this location first.")
    await locations.change(tx, location.id, {"retired_at": clock.now()})
    tx.publish(LocationChanged(operator_id=location.operator_id, at=clock.now(), location_id=location.id))
    audit.note(tx, principal, "location.removed", ("location", location.id), before={"name": location.name})


# ---- commands


class NewCommand(NamedTuple):
    """A command as it was ordered, and as it is said to the gateway."""

    type: str
    given: Mapping[str, Any]
    resolved: Mapping[str, Any]
    """A session named by its transaction, a start with a number of its own."""
    requested_by: str


async def add_command(tx: Tx, station: stations.Row, command: NewCommand, settings: StationsSettings) -> str:
    """Record a command that is to be sent; its id."""
    now = clock.now()
    # A report may be asked for in several calls, each with parts of its own.
    lasts_s = settings.command_timeout_s + (settings.report_timeout_s if command.type in rules.REPORTING else 0)
    due_at = now + timedelta(seconds=lasts_s + _GRACE_S)
    row = {
        "id": new_id(),
        "operator_id": station.operator_id,
        "station_id": station.id,
        "type": command.type,
        "arguments": rules.masked(command.given),
        "state": CommandState.PENDING.value,
        "requested_by": command.requested_by[:200],
        "requested_at": now,
        "due_at": due_at,
        "effect_due_at": due_at if rules.is_followed(command.type, command.given) else None,
        "remote_start_id": command.resolved.get("remote_start_id"),
        "transaction_id": command.resolved.get("transaction_id"),
    }
    await commands.add(tx, row)
    _tell_command(tx, row, CommandState.PENDING, None)
    audit.note(
        tx,
        acting.get(),
        "command.sent",
        ("station", station.id),
        operator_id=station.operator_id,
        by=command.requested_by,
        after={"command_id": row["id"], "type": command.type, "arguments": row["arguments"]},
    )
    return str(row["id"])


def new_remote_start_id() -> int:
    """Random, so that none is met again after a restore; 31 bits, positive, which every station takes."""
    return secrets.randbelow(2**31 - 1) + 1


async def mark_sent(tx: Tx, command_id: str) -> None:
    """The command is on its way."""
    await _set(tx, await commands.get_locked(tx, command_id), {"state": CommandState.SENT.value})


async def finish(tx: Tx, command_id: str, outcome: CommandOutcome, settings: StationsSettings) -> None:
    """Record how a command ended, unless it was given up meanwhile."""
    command = await commands.get_locked(tx, command_id)
    if command.state not in rules.OPEN_STATES:
        return
    end = rules.ending(
        command.effect,
        command.effect_due_at is not None,
        outcome,
        clock.now(),
        settings.effect_timeout_s,
    )
    values = {
        "state": outcome.state.value,
        "wire_status": outcome.wire_status and outcome.wire_status[:100],
        "effect": end.effect,
        "effect_due_at": end.effect_due_at,
        "result": rules.masked(outcome.result),
        "finished_at": clock.now(),
        "due_at": None,
    }
    await _set(tx, command, values)


async def settle(tx: Tx, command: commands.Row) -> None:
    """What a command was for has happened."""
    await _set(tx, command, {"effect": rules.DONE, "effect_due_at": None})


async def give_up(tx: Tx, settings: StationsSettings) -> None:
    """End the commands of dead processes as timed out, and those whose effect has not come.

    A command is never sent again by itself: what the station did is not known.
    """
    now = clock.now()
    for command in await commands.find_overdue(tx, now):
        await finish(tx, command.id, CommandOutcome(state=CommandState.TIMED_OUT), settings)
    for command in await commands.find_without_effect(tx, now):
        effect = rules.effect_when_due(command.type, command.state, command.effect)
        await _set(tx, command, {"effect": effect, "effect_due_at": None})


async def _set(tx: Tx, command: commands.Row, values: Mapping[str, Any]) -> None:
    """Change a command, and say so where somebody can see the difference."""
    await commands.change(tx, command.id, values)
    state, effect = values.get("state", command.state), values.get("effect", command.effect)
    if (state, effect) != (command.state, command.effect):
        _tell_command(tx, command._asdict(), CommandState(state), effect)


def _tell_command(tx: Tx, row: Mapping[str, Any], state: CommandState, effect: str | None) -> None:
    tx.publish(
        CommandChanged(
            operator_id=row["operator_id"],
            at=clock.now(),
            command_id=row["id"],
            station_id=row["station_id"],
            type=row["type"],
            state=state,
            effect=effect,
            requested_by=row["requested_by"],
        )
    )
