"""What the stations module decides, without a database, a clock or chance."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil, log2
from typing import Any, NamedTuple

from voltway.contracts.sessions import SessionStarted
from voltway.contracts.station_link import CommandOutcome, ReportStatus, VariableValue
from voltway.contracts.vocabulary import CommandState, ConnectorStatus, Registration
from voltway.modules.stations.errors import (
    NotOffered,
    PasswordNotWanted,
    ProfileNotPossible,
    RotationUnfinished,
    SecretNotSettable,
    StationNotAccepted,
)
from voltway.modules.stations.settings import StationsSettings

# ---- who a station is

# OCPP-J 1.6 §3.1.1, 2.0.1 part 4 §3.1.1: at most 48 characters of identifierString; ":" would end the name in HTTP Basic.
IDENTITY_PATTERN = r"^[A-Za-z0-9*\-_=+|@.]{1,48}$"
# OCPP 2.0.1 part 2, A00.FR.205.
PASSWORD_LENGTH_MIN, PASSWORD_LENGTH_MAX = 16, 40

BY_PASSWORD = (1, 2)


def is_identity(text: str) -> bool:
    """Whether a station may be called this. Dots alone would be a step in a path, not a name."""
    return re.fullmatch(IDENTITY_PATTERN, text) is not None and text.strip(".") != ""


def identity_key(identity: str) -> str:
    """Equal for identities that are the same: they compare without case."""
    return identity.casefold()


class PasswordChange(NamedTuple):
    """What becomes of a station's password: nothing, none, this one, or a new one to make up."""

    is_removed: bool = False
    is_made_up: bool = False
    value: str | None = None


def password_change(security_profile: int, *, is_given: bool, value: str | None, has_password: bool) -> PasswordChange:
    """Profiles 1 and 2 have a password, 0 (nothing) and 3 (a certificate) have none. A null that is given asks for a new
    one. Raises PasswordNotWanted."""
    if security_profile not in BY_PASSWORD:
        if value is not None:
            raise PasswordNotWanted(f"A station with security profile {security_profile} has no password.")
        return PasswordChange(is_removed=True)
    if value is not None:
        return PasswordChange(value=value)
    return PasswordChange(is_made_up=is_given or not has_password)


BITS_MIN = 112  # OCPP 2.0.1 part 2, A00.FR.501: what every key must be worth at least
_CLASSES = ((r"[0-9]", 10), (r"[A-F]", 6), (r"[a-f]", 6), (r"[G-Z]", 20), (r"[g-z]", 20), (r"[^0-9A-Za-z]", 32))
_PHRASE = re.compile(r"(?:[A-Za-z][a-z]{2,}[-_. ]?)+[0-9]{0,4}")
"""Words with something between them, and perhaps a year."""
_WORDS = ("password", "passwort", "secret", "charg", "admin", "station", "default", "ocpp", "1234", "abcd", "qwer")


def is_weak(password: str, identity: str) -> bool:
    """Whether a password is worth less than a key, even if it was drawn by lot; or was plainly not."""
    folded = password.casefold()
    kinds = sum(size for pattern, size in _CLASSES if re.search(pattern, password))
    bits = len(password) * log2(kinds) if kinds > 1 else 0
    is_phrase = len(password) < 30 and _PHRASE.fullmatch(password) is not None
    is_phrase = is_phrase or any(word in folded for word in _WORDS)
    is_repeated = password in (password + password)[1:-1]
    is_named = len(identity) >= 4 and identity.casefold() in folded
    return bits < BITS_MIN or len(set(folded)) < 8 or is_phrase or is_repeated or is_named


def is_lower(before: int, after: int) -> bool:
    """Whether a record would ask for less than before (A00.FR.005: a lower profile is not taken up again)."""
    return after < before


# ---- how a station is

_TELLING = (
    ConnectorStatus.FAULTED,
    ConnectorStatus.OCCUPIED,
    ConnectorStatus.RESERVED,
    ConnectorStatus.AVAILABLE,
    ConnectorStatus.UNAVAILABLE,
)
"""From the status that most needs to be seen to the one that least does."""


class Shown(NamedTuple):
    """What a connector's status report makes visible."""

    status: str | None
    wire_status: str | None
    error_code: str | None
    vendor_error_code: str | None
    info: str | None


Place = tuple[int, int]
"""EVSE and connector number. (0, 0) is the station itself, (n, 0) the whole EVSE n."""


@dataclass(slots=True)
class StationStatus:
    """A station's status with all its parts."""

    status: str | None = None
    charging_states: dict[int, str | None] = field(default_factory=dict)
    """Of every EVSE that the station is known to have, 0 included once it has reported itself."""
    connectors: dict[Place, Shown] = field(default_factory=dict)


class StatusNews(NamedTuple):
    """What a status report changed."""

    is_shown: bool
    """The connector looks different from before."""
    is_evse_changed: bool
    """Its EVSE is new, or has another charging state."""


def apply_status(station: StationStatus, report: ReportStatus) -> StatusNews:
    """Take a report in, in the order of arrival: the last one heard holds, whatever its own clock says."""
    evse_number = report.evse_number
    place = (evse_number, report.connector_number)
    shown = Shown(report.status.value, report.wire_status, report.error_code, report.vendor_error_code, report.info)
    is_shown = station.connectors.get(place) != shown
    station.connectors[place] = shown
    is_new = evse_number not in station.charging_states
    before = station.charging_states.get(evse_number)
    station.charging_states[evse_number] = after = _charging_state(station, report, before)
    if is_shown:
        station.status = overall_status((at, each.status) for at, each in station.connectors.items())
    return StatusNews(is_shown, is_new or before != after)


def _charging_state(station: StationStatus, report: ReportStatus, before: str | None) -> str | None:
    """1.6 says the charging state with the status; 2.x says it in transactions, so that a status only ends it."""
    if report.charging_state is not None:
        return report.charging_state.value
    is_occupied = any(
        each.status == ConnectorStatus.OCCUPIED
        for (evse_number, _), each in station.connectors.items()
        if evse_number == report.evse_number
    )
    return before if is_occupied else None


def overall_status(statuses: Iterable[tuple[Place, str | None]]) -> str | None:
    """One word for a station: that of its parts which most needs to be seen.

    Faulted, then Occupied, Reserved, Available, Unavailable. A station that says of itself that it is out of service is
    Unavailable unless a part is faulted or occupied; what else it says of itself counts while no connector has spoken. None:
    nothing heard yet. Whether it is online is another matter.
    """
    own: str | None = None
    parts: set[str] = set()
    for (evse_number, _), status in statuses:
        if status is None:
            continue
        if evse_number == 0:
            own = status
        else:
            parts.add(status)
    if own in (ConnectorStatus.FAULTED, ConnectorStatus.UNAVAILABLE):
        parts.add(own)
        if own == ConnectorStatus.UNAVAILABLE:
            parts -= {ConnectorStatus.RESERVED, ConnectorStatus.AVAILABLE}
    if not parts:
        return own
    return next(word.value for word in _TELLING if word in parts)


# ---- how often a station may boot


class BootPace(NamedTuple):
    """`level` fills by one with each boot and drains evenly; above the limit the station is in a loop."""

    level: float
    interval_s: int
    is_loop: bool


def boot_pace(
    level: float, booted_at: datetime | None, now: datetime, *, is_accepted: bool, settings: StationsSettings
) -> BootPace:
    """The interval to answer a boot with: it doubles with every boot too many, up to a limit.

    A station that is not accepted boots again after each interval as it was told to; those boots are not counted against it.
    """
    base_s = settings.heartbeat_interval_s if is_accepted else settings.boot_retry_interval_s
    allowed = settings.boots_max + (0 if is_accepted else settings.boot_window_s // base_s)
    since_s = 0.0 if booted_at is None else max(0.0, (now - booted_at).total_seconds())
    level = max(0.0, level - since_s * allowed / settings.boot_window_s) + 1
    excess = ceil(level - allowed)
    if excess <= 0:
        return BootPace(level, base_s, is_loop=False)
    # The level is held where the interval is longest: a station that has calmed down is forgiven within the window.
    longest = max(1, ceil(settings.boot_interval_s_max / base_s)).bit_length()
    interval_s = max(base_s, min(base_s * 2 ** min(excess, longest), settings.boot_interval_s_max))
    return BootPace(min(level, allowed + longest), interval_s, is_loop=True)


# ---- a station's settings

_SECRET_WORDS = ("password", "authorizationkey", "secret")
_MASK = "********"


def is_secret(name: str) -> bool:
    """Whether a setting's value is for the station only."""
    return any(word in name.casefold() for word in _SECRET_WORDS)


def variable_key(value: VariableValue) -> str:
    """Names a variable within its station; names compare without case (CiString in all versions)."""
    names = (
        value.component,
        value.component_instance,
        value.evse_number,
        value.connector_number,
        value.variable,
        value.instance,
        value.attribute,
    )
    text = "\0".join("" if name is None else str(name).casefold() for name in names)
    return hashlib.blake2b(text.encode(), digest_size=20).hexdigest()


def masked(document: Any) -> Any:
    """The same with the values of secret settings hidden, for what is kept of a command."""
    if isinstance(document, Mapping):
        name = document.get("key") or document.get("variable")
        hides = isinstance(name, str) and is_secret(name)
        return {
            key: _MASK if _is_hidden(key, hides=hides) and value is not None else masked(value)
            for key, value in document.items()
        }
    if isinstance(document, list | tuple):
        return [masked(item) for item in document]
    return document


def _is_hidden(key: str, *, hides: bool) -> bool:
    return key == "password" or (hides and key == "value")


# ---- passwords and profiles that a station is told to take

HASH_BYTES, CANDIDATE_BYTES = 40, 44
CANDIDATES_MAX = 4
ROTATE, SET_PROFILE, SET_NETWORK = "rotate_password", "set_security_profile", "set_network_profile"
SET_VARIABLES, INSTALL_CERTIFICATE = "set_variables", "install_certificate"
SET_UP_WEB_PAYMENT = "set_up_web_payment"
_PASSWORDS = ("authorizationkey", "basicauthpassword")
_REFUSED = (CommandState.REJECTED, CommandState.OFFLINE)


def changes_credential(kind: str, given: Mapping[str, Any]) -> bool:
    """Whether an order changes what the station presents to us. A network profile with an address leads elsewhere."""
    return kind in (ROTATE, SET_PROFILE) or (kind == SET_NETWORK and "password" in given and "url" not in given)


class Candidate(NamedTuple):
    """A password that a station may have by now. `ends_s`: seconds since 1970; 0: it does not, the station has taken it."""

    hashed: bytes
    ends_s: int = 0


def read_candidates(joined: bytes | None) -> tuple[Candidate, ...]:
    """What stands in a station's record: hashes behind each other, each with its end. Those of before had no end: no number
    of them is as long as any number of these."""
    joined = joined or b""
    has_ends = len(joined) % CANDIDATE_BYTES == 0
    step = CANDIDATE_BYTES if has_ends else HASH_BYTES
    parts = [joined[start : start + step] for start in range(0, len(joined), step)]
    return tuple(Candidate(part[:HASH_BYTES], int.from_bytes(part[HASH_BYTES:], "big")) for part in parts)


def write_candidates(candidates: Iterable[Candidate]) -> bytes | None:
    """The same for the record; None if there is none."""
    return b"".join(each.hashed + each.ends_s.to_bytes(4, "big") for each in candidates) or None


def alive_candidates(joined: bytes | None, now: datetime) -> tuple[bytes, ...]:
    """The hashes of the passwords that a station may come with now."""
    return tuple(each.hashed for each in read_candidates(joined) if not each.ends_s or each.ends_s > now.timestamp())


def with_candidate(joined: bytes | None, candidate: bytes, ends_at: datetime, now: datetime) -> bytes:
    """One more, which ends unless the station says that it has taken it. Raises RotationUnfinished where the station has left
    too many unanswered: forgetting the oldest could lock it out."""
    known = [each for each in read_candidates(joined) if not each.ends_s or each.ends_s > now.timestamp()]
    if len(known) >= CANDIDATES_MAX:
        raise RotationUnfinished(
            "The station has left several new passwords unanswered. Let it connect once, or set its password by hand."
        )
    return write_candidates([*known, Candidate(candidate, int(ends_at.timestamp()))]) or b""


def taken_candidate(joined: bytes | None, candidate: bytes) -> bytes | None:
    """The station says that it has taken this one: it may come with it whenever it comes."""
    return write_candidates(
        Candidate(each.hashed) if each.hashed == candidate else each for each in read_candidates(joined)
    )


def without_candidate(joined: bytes | None, candidate: bytes) -> bytes | None:
    """One less; None if none is left."""
    return write_candidates(each for each in read_candidates(joined) if each.hashed != candidate)


def without_ended(joined: bytes | None, now: datetime) -> bytes | None:
    """Without those that have ended; None if none is left."""
    return write_candidates(
        each for each in read_candidates(joined) if not each.ends_s or each.ends_s > now.timestamp()
    )


def is_refused(outcome: CommandOutcome) -> bool:
    """Whether a station has surely not done what it was told: it said so, or it was never told.

    A01.FR.04 (2.0.1 part 2): anything but Accepted keeps the old password. No answer says nothing: it may have the new one.
    """
    said_no = outcome.state is CommandState.FAILED and outcome.wire_status is not None
    return outcome.state in _REFUSED or said_no


def check_no_password(items: Iterable[Mapping[str, Any]]) -> None:
    """Raise SecretNotSettable for a password: set as a variable, only the station would know it and stay outside."""
    for item in items:
        if str(item.get("key") or item.get("variable")).casefold() in _PASSWORDS:
            raise SecretNotSettable(
                "Send rotate_password: it makes a new password up and lets the old one end in time."
            )


COMM_CONTROLLER, _NETWORK, _PRIORITY = "OCPPCommCtrlr", "networkconfiguration", "networkconfigurationpriority"


def slots_written(items: Iterable[Mapping[str, Any]]) -> set[str]:
    """The slots of network configurations that variables are to be written of (OCPP 2.1)."""
    return {
        str(item.get("component_instance"))
        for item in items
        if str(item.get("component")).casefold() == _NETWORK and item.get("component_instance") is not None
    }


def check_slots(slots: set[str], declared: Mapping[str, str | None]) -> None:
    """Raise NotOffered for a slot that the station may connect by: half of a change could lock it out (2.1, B09.FR.21).

    `declared`: variable -> value of OCPPCommCtrlr.
    """
    values = {name.casefold(): value or "" for name, value in declared.items()}
    used = {slot.strip() for slot in values.get(_PRIORITY, "").split(",")} & slots
    if used:
        raise NotOffered(
            f"Network configuration {', '.join(sorted(used))} is in use: take it out of NetworkConfigurationPriority first."
        )


def check_profile_change(present: int, wanted: int, *, has_password: bool, may_downgrade: bool) -> None:
    """Raise ProfileNotPossible for a step that must not be taken.

    A05.FR.07 (2.0.1 part 2): no way down through OCPP; 2.1 lets a station go from 3 to 2 that says so
    (AllowSecurityProfileDowngrade), never to 1.
    """
    if wanted == present:
        raise ProfileNotPossible(f"The station has security profile {present} already.")
    if wanted < present and not (present == 3 and wanted == 2 and may_downgrade):
        raise ProfileNotPossible(
            "A security profile is only raised over OCPP; from 3 to 2 where the station's AllowSecurityProfileDowngrade is true."
        )
    if wanted in (1, 2) and not has_password:
        raise ProfileNotPossible(f"Security profile {wanted} needs a password: send rotate_password first.")


# ---- commands

OPEN_STATES = (CommandState.PENDING, CommandState.SENT)

DONE, SCHEDULED, NO_SESSION = "done", "scheduled", "no_session"
START, STOP, RESET = "start_transaction", "stop_transaction", "reset"
ABOUT_TARIFFS = frozenset({"set_default_tariff", "get_tariffs", "clear_tariffs", "change_transaction_tariff"})
"""Orders that a station refuses which takes no tariffs."""


def no_tariffs(identity: str) -> str:
    """Why it refuses them."""
    return f"Charging station {identity} says that it takes no tariffs (TariffCostCtrlr)."


_SCHEDULED_FOR = timedelta(days=1)
REPORTING = (
    "get_base_report",
    "get_report",
    "get_monitoring_report",
    "get_display_messages",
    "customer_information",
    "get_charging_profiles",
)
"""Commands that end when the last part of a report has come."""


def check_registration(registration: Registration, kind: str) -> None:
    """Raise StationNotAccepted where OCPP forbids the order.

    OCPP 2.0.1 B02.FR.05, 1.6 §4.2: a pending station neither starts nor stops on order; B03.FR.03: a rejected one is sent
    nothing.
    """
    if registration is Registration.REJECTED:
        raise StationNotAccepted("The station's registration is rejected: nothing may be sent to it.")
    if registration is Registration.PENDING and kind in (START, STOP):
        raise StationNotAccepted("The station's registration is pending: accept it before it charges anybody.")


def is_followed(kind: str, arguments: Mapping[str, Any]) -> bool:
    """Whether the effect of a command is seen later, in an event."""
    return kind in (START, STOP) or (kind == RESET and arguments.get("evse_number") is None)


class Ending(NamedTuple):
    """What an outcome makes of a command's record."""

    effect: str | None
    effect_due_at: datetime | None


def ending(
    effect: str | None, is_awaited: bool, outcome: CommandOutcome, now: datetime, effect_timeout_s: int
) -> Ending:
    """The effect so far and until when more may follow. The effect can be there before the station's answer is recorded
    (`is_awaited` False); after a time-out it may still come."""
    if not is_awaited:
        return Ending(effect or outcome.effect, None)
    may_follow = outcome.state in (CommandState.ACCEPTED, CommandState.TIMED_OUT)
    if not may_follow or outcome.effect not in (None, SCHEDULED):
        return Ending(outcome.effect, None)
    wait = _SCHEDULED_FOR if outcome.effect == SCHEDULED else timedelta(seconds=effect_timeout_s)
    return Ending(outcome.effect, now + wait)


def effect_when_due(kind: str, state: str, effect: str | None) -> str | None:
    """The effect of a command from which nothing has followed in time."""
    return NO_SESSION if kind == START and state == CommandState.ACCEPTED else effect


def led_to(started: SessionStarted, remote_start_id: int | None, arguments: Mapping[str, Any]) -> bool:
    """Whether a session is the one that a start command asked for.

    2.x says so by the remote start id. 1.6 does not: there it is the same token, at the same EVSE if one was named.
    """
    if started.remote_start_id is not None:
        return started.remote_start_id == remote_start_id
    if started.id_token is None or started.id_token.casefold() != str(arguments.get("id_token")).casefold():
        return False
    return arguments.get("evse_number") in (None, started.evse_number)


# ---- how EVSEs are fed

ONE_PHASE_TYPES = frozenset({"cType1", "sType1", "s309-1P-16A", "s309-1P-32A", "sBS1361", "sCEE-7-7"})
"""Plugs that have one phase only (OCPP 2.1 appendices, ConnectorEnumType)."""
PHASES_MAX = 3


def evse_phases(types: Mapping[int, Iterable[str]], supply: Mapping[int, Iterable[str | None]]) -> dict[int, int]:
    """EVSE -> phases, from the types of connectors and from what SupplyPhases says of the EVSE and its connectors. The least
    of what is told holds; 0 is how one that gives direct current says that it has no phases there: it is fed by three."""
    found: dict[int, int] = {}
    for evse_number in {*types, *supply}:
        told = [int(value) or PHASES_MAX for value in supply.get(evse_number, ()) if value in ("0", "1", "2", "3")]
        kinds = tuple(types.get(evse_number, ()))
        if kinds and all(kind in ONE_PHASE_TYPES for kind in kinds):
            told.append(1)
        if told or kinds:
            found[evse_number] = min(told, default=PHASES_MAX)
    return found


def whole_number(value: str | None) -> int:
    """A number that a station has told; what is none is 0."""
    text = (value or "").strip()
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= 9 else 0
