"""What a cause means and what to do next, in English; the console has the same by `name` in its reader's language. Pure.

`order` is a command that is worth a try, as POST /charging-stations/{id}/commands takes it; it is offered, never given by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

OF_EVSE = frozenset({"unlock_connector", "change_availability"})


class Words(NamedTuple):
    """What is said of a cause."""

    title: str
    next_step: str
    order: Mapping[str, Any] | None = None

    @property
    def is_of_evse(self) -> bool:
        """Whether the order is about one EVSE, not the station."""
        return self.order is not None and self.order["type"] in OF_EVSE


RESET = {"type": "reset", "mode": "on_idle"}
STATUS = {"type": "trigger_message", "message": "StatusNotification"}
IN_SERVICE = {"type": "change_availability", "operative": True}
CLEAR = {"type": "clear_cache"}
UNLOCK = {"type": "unlock_connector"}

WORDS: Mapping[str, Words] = {
    "no_link": Words(
        "The station has no connection.",
        "See whether its neighbours are connected. If they are: power and modem of this one; if not: the site's network.",
    ),
    "flapping": Words(
        "The connection breaks again and again.",
        "Look at signal strength and at the router's log; let the station ping less often than the network cuts idle lines.",
        RESET,
    ),
    "rejected": Words("The station is rejected.", "Accept it, if it is yours; its record says who rejected it."),
    "pending": Words("The station waits to be accepted.", "Accept it, or finish its provisioning."),
    "updating": Words("The station installs firmware.", "Wait; it says when it is done. Nobody can charge until then."),
    "fault_lock": Words(
        "The plug's lock does not close or open.",
        "Unlock it from here; if that fails, have somebody look whether the plug sits right and the lock moves.",
        UNLOCK,
    ),
    "fault_car": Words(
        "Car and station do not understand each other.",
        "Have the driver plug in again, and try another car. With every car: the cable, or the control pilot.",
    ),
    "fault_ground": Words(
        "The earth protection has tripped.",
        "Out of service until an electrician has looked. Do not reset it from here.",
    ),
    "fault_heat": Words(
        "The station is too hot.", "Let it cool; look at fans and filters, and at the connector's contacts."
    ),
    "fault_current": Words(
        "More current flowed than is allowed.",
        "Try another car. If it comes again: the breaker, the cable, the limits that are set.",
    ),
    "fault_voltage": Words(
        "The mains voltage is not as it should be.",
        "Ask the site, and see whether its other stations say the same; then it is the grid's.",
    ),
    "fault_meter": Words(
        "The energy meter does not answer.",
        "Nothing may be billed without it: out of service, and a technician for the meter.",
        RESET,
    ),
    "fault_switch": Words(
        "A contactor does not switch.", "Out of service until a technician has looked: it may be welded."
    ),
    "fault_reader": Words(
        "The card reader does not answer.", "Restart the station; drivers can start by app meanwhile.", RESET
    ),
    "fault_internal": Words("The station's own electronics have failed.", "Restart it; then ask its maker.", RESET),
    "fault_other": Words(
        "The station says that it is broken.",
        "Look up the maker's error code; restart it once. If it comes again: a technician.",
        RESET,
    ),
    "fault_passed": Words(
        "A fault came and went by itself.", "Watch it. If it comes back, have a technician look before it stays."
    ),
    "weak_signal": Words("The mobile signal is weak.", "Move or change the antenna, or try another network."),
    "warning": Words("The station warns of something.", "Look up the word that it says in its maker's manual."),
    "taken_out": Words(
        "Somebody took it out of service.", "Ask who did; put it back when the reason is gone.", IN_SERVICE
    ),
    "out_of_service": Words(
        "The station says that it is out of service.",
        "Put it back into service; if it stays out, it has a reason that it does not tell: restart it.",
        IN_SERVICE,
    ),
    "emergency_stop": Words(
        "Somebody pressed the emergency stop.", "Ask the site why. Then the button must be released at the station."
    ),
    "power_loss": Words(
        "The power was gone.", "See whether the whole site was dark; the breaker, if it was this one only."
    ),
    "rebooted_in_session": Words(
        "The station restarted while a car was charging.",
        "See who ordered it. If nobody did: the power, or its firmware.",
    ),
    "limit_reached": Words("A limit ended the session.", "This is as it was agreed; the limit stands in the session."),
    "token_blocked": Words("The token is blocked.", "See why in the token's notes; unblock it if it should charge."),
    "token_expired": Words("The token has expired.", "Give it a later date, or the driver another one."),
    "token_unknown": Words(
        "Nobody knows this token.", "Compare what the station read with what is printed on the card, then add it."
    ),
    "token_busy": Words(
        "The token charges elsewhere already.", "End the other session, or let the token charge twice."
    ),
    "token_no_credit": Words("The driver has no credit.", "A top-up, or another way to pay."),
    "token_not_here": Words("The token may not charge at this place.", "Look at the places that its group is for."),
    "token_not_now": Words("The token may not charge at this hour.", "Look at the hours that its group has."),
    "token_refused": Words("The token was refused.", "Look at the token; its cache in the station may be old.", CLEAR),
    "payment_failed": Words("The payment failed.", "Nothing was taken. The driver may try again, or another card."),
    "start_rejected": Words(
        "The station refused to start.",
        "See whether the connector is free and plugged; ask for its status anew.",
        STATUS,
    ),
    "start_unanswered": Words(
        "The station did not answer the order to start.", "See whether it answers at all; then restart it.", STATUS
    ),
    "not_plugged": Words(
        "The station was ready, but no car was plugged in in time.",
        "Have the driver plug in first and start then. The hold is released by itself.",
    ),
    "suspended_by_station": Words(
        "The station holds the current back.", "Look at limits, charging profiles and the load of the location."
    ),
    "suspended_by_car": Words(
        "The car takes no power.", "It is full, or waits for its own timer. The driver can see it in the car."
    ),
    "no_energy": Words(
        "The session ended without energy.",
        "Have the driver plug in again. If it happens to every car, try another connector and look at the contacts.",
    ),
    "protocol_error": Words(
        "Messages were answered with errors.", "Read the messages beside; see what is known of this make under quirks."
    ),
    "unanswered": Words(
        "The station does not answer commands.", "See whether it hears at all; then restart it.", STATUS
    ),
    "reserved": Words("The connector is kept for somebody.", "The reservation says for whom and until when."),
    "rebooted": Words("The station has restarted.", "If nobody ordered it, the power was gone or its firmware failed."),
    "nothing_unusual": Words(
        "Nothing unusual.",
        "The station was connected and ready. Widen the time, or ask the driver what was on its screen.",
    ),
}
