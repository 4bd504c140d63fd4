"""What a station answers to a CALL that no case has an answer of its own for: it does little, and says so."""

from __future__ import annotations

from typing import Any

_ACCEPTED: dict[str, Any] = {"status": "Accepted"}
_BOTH: dict[str, dict[str, Any]] = {
    "ClearCache": _ACCEPTED,
    "ChangeAvailability": _ACCEPTED,
    "Reset": _ACCEPTED,
    "SetChargingProfile": _ACCEPTED,
    "UnlockConnector": {"status": "Unlocked"},
}
_ONLY_16: dict[str, dict[str, Any]] = {
    "ChangeConfiguration": _ACCEPTED,
    "ExtendedTriggerMessage": {"status": "NotImplemented"},
    "GetConfiguration": {"configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}]},
    "RemoteStartTransaction": {"status": "Rejected"},
    "RemoteStopTransaction": {"status": "Rejected"},
    "SendLocalList": {"status": "NotSupported"},
    "GetLocalListVersion": {"listVersion": -1},
    "TriggerMessage": {"status": "NotImplemented"},
}
_ONLY_2: dict[str, dict[str, Any]] = {
    "GetBaseReport": {"status": "NotSupported"},
    "RequestStartTransaction": {"status": "Rejected"},
    "RequestStopTransaction": {"status": "Rejected"},
    "SendLocalList": {"status": "Failed"},
    "GetLocalListVersion": {"versionNumber": 0},
    "TriggerMessage": {"status": "NotImplemented"},
}


def usual_answer(protocol: str, action: str) -> dict[str, Any] | None:
    """A valid answer; None: the station does not support that."""
    table = _BOTH | (_ONLY_16 if protocol == "ocpp1.6" else _ONLY_2)
    return table.get(action)
