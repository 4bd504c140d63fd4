"""From what happened at a station to what probably is the matter: a table of rules, each a pure function. No clock, no database.

A rule looks at all moments and gives its evidence, or nothing. The table is in the order in which causes explain each other: a
station without a link cannot answer, and one that is out of service refuses for no other reason. Faults go by the word that the
station says (`FAULTS`), refused tokens by the verdict (`VERDICTS`).
Sources: OCPP 1.6 section 7.6 (ChargePointErrorCode), OCPP 2.0.1 part 2 appendix (reasons, AuthorizationStatusEnumType),
ChargeX Minimum Required Error Codes (for what the words mean in the field).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from voltway.contracts.timeline import Moment

EMPTY_WH = 100
"""Less than this is no charge."""
LOSSES = 3
"""So many times within the window the link must break to be the matter itself."""
CAUSES_MAX = 3
GRACE = timedelta(minutes=1)
STATES = frozenset({"link", "status"})
"""Sources whose last word holds until the next."""

Told: TypeAlias = Mapping[str, Sequence[Moment]]
"""Moments by source (`link`, `status`, `message`, `command`, `session`, `payment`, `incident`), each in order of time."""


@dataclass(frozen=True)
class Cause:
    """What probably is the matter. `name` is looked up for its words; `detail` is the station's word it goes by, if any."""

    name: str
    evidence: tuple[Moment, ...] = ()
    detail: str | None = None
    evse_numbers: tuple[int, ...] = field(default=())


Rule: TypeAlias = Callable[[Told], "Cause | None"]

FAULTS: Mapping[str, str] = {
    "connectorlockfailure": "fault_lock",
    "evcommunicationerror": "fault_car",
    "groundfailure": "fault_ground",
    "hightemperature": "fault_heat",
    "internalerror": "fault_internal",
    "othererror": "fault_other",
    "overcurrentfailure": "fault_current",
    "overvoltage": "fault_voltage",
    "undervoltage": "fault_voltage",
    "powermeterfailure": "fault_meter",
    "powerswitchfailure": "fault_switch",
    "readerfailure": "fault_reader",
    "resetfailure": "fault_internal",
    "weaksignal": "weak_signal",
}
VERDICTS: Mapping[str, str] = {
    "blocked": "token_blocked",
    "expired": "token_expired",
    "invalid": "token_unknown",
    "unknown": "token_unknown",
    "concurrenttx": "token_busy",
    "nocredit": "token_no_credit",
    "notallowedtypeevse": "token_not_here",
    "notatthislocation": "token_not_here",
    "notatthistime": "token_not_now",
}
STOPS: Mapping[str, str] = {
    "emergencystop": "emergency_stop",
    "powerloss": "power_loss",
    "powerquality": "power_loss",
    "groundfault": "fault_ground",
    "overcurrentfault": "fault_current",
    "deauthorized": "token_refused",
    "reboot": "rebooted_in_session",
    "hardreset": "rebooted_in_session",
    "softreset": "rebooted_in_session",
    "immediatereset": "rebooted_in_session",
    "energylimitreached": "limit_reached",
    "timelimitreached": "limit_reached",
    "costlimitreached": "limit_reached",
}
AUTHORISING = frozenset({"Authorize", "StartTransaction", "TransactionEvent"})
REGISTERING = "BootNotification"
STARTING = "start_transaction"
UNDONE = frozenset({"rejected", "failed", "timed_out", "offline"})


def explain(told: Told, at: datetime) -> list[Cause]:
    """What probably was the matter at an instant, the likeliest first; `nothing_unusual` where no rule has found anything.

    What the link and connectors were is judged a moment after it; of the rest all counts that was told, since answers only
    follow later.
    """
    judged = at + GRACE
    seen = {
        source: [each for each in moments if each.at <= judged] if source in STATES else moments
        for source, moments in told.items()
    }
    causes: dict[str, Cause] = {}
    for rule in RULES:
        if (cause := rule(seen)) is not None:
            causes.setdefault(cause.name, cause)
    return list(causes.values())[:CAUSES_MAX] or [Cause("nothing_unusual", tuple(seen.get("status", ())[-1:]))]


# ---- the rules


def no_link(told: Told) -> Cause | None:
    """The last word on the link is that it is gone."""
    links = told.get("link", ())
    return Cause("no_link", (links[-1],)) if links and links[-1].kind == "offline" else None


def flapping(told: Told) -> Cause | None:
    """The link broke again and again."""
    losses = [each for each in told.get("link", ()) if each.kind == "offline" and not each.is_before]
    return Cause("flapping", tuple(losses)) if len(losses) >= LOSSES else None


def not_registered(told: Told) -> Cause | None:
    """The last boot was answered with something else than Accepted."""
    boots = [each for each in told.get("message", ()) if each.kind == REGISTERING and each.facts.get("verdict")]
    if not boots or (verdict := boots[-1].facts["verdict"]) == "Accepted":
        return None
    return Cause("rejected" if verdict == "Rejected" else "pending", (boots[-1],))


def faulted(told: Told) -> Cause | None:
    """A connector says that it is broken, and mostly why."""
    broken = [each for each in _present(told) if each.kind == "Faulted"]
    if not broken:
        return None
    word = next((word for each in reversed(broken) if (word := _error_of(each))), None)
    return Cause(FAULTS.get(_plain(word), "fault_other"), tuple(broken), word, _evses(broken))


def warned(told: Told) -> Cause | None:
    """A connector works and says that something is not as it should be."""
    warning = [
        each
        for each in _present(told)
        if each.kind != "Faulted" and _plain(each.facts.get("error_code")) not in ("", "noerror")
    ]
    if not warning:
        return None
    word = str(warning[-1].facts["error_code"])
    return Cause(FAULTS.get(_plain(word), "warning"), tuple(warning), word, _evses(warning))


def fault_passed(told: Told) -> Cause | None:
    """A connector was broken for a while, and is not any more."""
    broken = [each for each in told.get("status", ()) if each.kind == "Faulted" and not each.is_before]
    if not broken or any(each.kind == "Faulted" for each in _present(told)):
        return None
    return Cause("fault_passed", tuple(broken), _error_of(broken[-1]), _evses(broken))


def out_of_service(told: Told) -> Cause | None:
    """A connector is Unavailable; by whose order, where there was one."""
    out = [each for each in _present(told) if each.kind == "Unavailable"]
    if not out:
        return None
    orders = [each for each in told.get("command", ()) if each.kind == "change_availability"]
    return Cause("taken_out" if orders else "out_of_service", (*orders[-1:], *out), evse_numbers=_evses(out))


def updating(told: Told) -> Cause | None:
    """The station installs firmware."""
    busy = [
        each
        for each in told.get("message", ())
        if each.kind == "FirmwareStatusNotification" and _asked(each, "status") in ("Installing", "InstallRebooting")
    ]
    return Cause("updating", tuple(busy[-1:])) if busy else None


def stopped_badly(told: Told) -> Cause | None:
    """The last session that ended says why, and that is no reason of the driver's."""
    ended = [each for each in told.get("session", ()) if each.kind == "ended"]
    reason = ended[-1].facts.get("stop_reason") if ended else None
    name = STOPS.get(_plain(reason))
    return None if name is None else Cause(name, (ended[-1],), reason, _evses(ended[-1:]))


def token_refused(told: Told) -> Cause | None:
    """The last token that was shown was refused, by what verdict."""
    asked = [each for each in told.get("message", ()) if each.kind in AUTHORISING and each.facts.get("verdict")]
    if not asked or asked[-1].facts["verdict"] == "Accepted":
        return None
    verdict = str(asked[-1].facts["verdict"])
    return Cause(VERDICTS.get(_plain(verdict), "token_refused"), (asked[-1],), verdict)


def start_refused(told: Told) -> Cause | None:
    """The last order to start came to nothing at the station."""
    starts = [each for each in told.get("command", ()) if each.kind == STARTING]
    if not starts or starts[-1].facts.get("state") not in UNDONE:
        return None
    state = str(starts[-1].facts["state"])
    name = {"timed_out": "start_unanswered", "offline": "no_link"}.get(state, "start_rejected")
    return Cause(name, (starts[-1],), starts[-1].facts.get("wire_status"), _evses(starts[-1:]))


def not_plugged(told: Told) -> Cause | None:
    """The station took the order to start, and no car came."""
    starts = [each for each in told.get("command", ()) if each.kind == STARTING]
    if not starts or starts[-1].facts.get("effect") != "no_session":
        return None
    return Cause("not_plugged", (starts[-1],), evse_numbers=_evses(starts[-1:]))


def payment_failed(told: Told) -> Cause | None:
    """The last payment failed before anything could start."""
    payments = told.get("payment", ())
    if not payments or payments[-1].kind != "failed":
        return None
    return Cause("payment_failed", (payments[-1],), payments[-1].facts.get("reason"), _evses(payments[-1:]))


def no_energy(told: Told) -> Cause | None:
    """A session ended with nothing in it."""
    empty = [
        each
        for each in told.get("session", ())
        if each.kind == "ended" and (each.facts.get("energy_wh") or 0) < EMPTY_WH
    ]
    return Cause("no_energy", (empty[-1],), empty[-1].facts.get("stop_reason"), _evses(empty[-1:])) if empty else None


def held_back(told: Told) -> Cause | None:
    """A session runs, and the station or the car does not let it charge."""
    running = [
        each for each in told.get("session", ()) if each.kind == "started" and each.facts.get("state") == "active"
    ]
    for name, word in (("suspended_by_station", "SuspendedEVSE"), ("suspended_by_car", "SuspendedEV")):
        held = [each for each in running if each.facts.get("charging_state") == word]
        if held:
            return Cause(name, tuple(held), evse_numbers=_evses(held))
    return None


def protocol_error(told: Told) -> Cause | None:
    """A call was answered with an error."""
    errors = [each for each in told.get("message", ()) if each.facts.get("error_code")]
    return Cause("protocol_error", tuple(errors[-3:]), errors[-1].facts["error_code"]) if errors else None


def unanswered(told: Told) -> Cause | None:
    """The station was asked and said nothing."""
    silent = [
        each for each in told.get("command", ()) if each.kind != STARTING and each.facts.get("state") == "timed_out"
    ]
    return Cause("unanswered", tuple(silent[-3:])) if silent else None


def reserved(told: Told) -> Cause | None:
    """A connector waits for somebody."""
    kept = [each for each in _present(told) if each.kind == "Reserved"]
    return Cause("reserved", tuple(kept), evse_numbers=_evses(kept)) if kept else None


def rebooted(told: Told) -> Cause | None:
    """The station came up anew in this time."""
    boots = [each for each in told.get("message", ()) if each.kind == REGISTERING]
    return Cause("rebooted", tuple(boots[-1:]), _asked(boots[-1], "reason")) if boots else None


RULES: tuple[Rule, ...] = (
    no_link,
    not_registered,
    updating,
    faulted,
    flapping,
    out_of_service,
    stopped_badly,
    token_refused,
    payment_failed,
    start_refused,
    not_plugged,
    held_back,
    no_energy,
    fault_passed,
    warned,
    protocol_error,
    unanswered,
    reserved,
    rebooted,
)


# ---- reading moments


def _present(told: Told) -> list[Moment]:
    """The last word of each connector. What a whole EVSE or the station says stands beside what its connectors say."""
    last: dict[tuple[int | None, object], Moment] = {}
    for each in told.get("status", ()):
        last[(each.evse_number, each.facts.get("connector_number"))] = each
    return list(last.values())


def _error_of(moment: Moment) -> str | None:
    words = (moment.facts.get("error_code"), moment.facts.get("vendor_error_code"), moment.facts.get("info"))
    return next((str(word) for word in words if word and _plain(str(word)) != "noerror"), None)


def _plain(word: str | None) -> str:
    """A word of the wire without case and marks: stations write them in many ways."""
    return "".join(letter for letter in (word or "").casefold() if letter.isalnum())


def _asked(moment: Moment, name: str) -> str | None:
    request = moment.facts.get("request")
    value = request.get(name) if isinstance(request, Mapping) else None
    return value if isinstance(value, str) else None


def _evses(moments: Iterable[Moment]) -> tuple[int, ...]:
    return tuple(sorted({each.evse_number for each in moments if each.evse_number}))
