"""What must not stand in the message log: passwords never, tokens only for those who may see them. Pure.

Words of the wire stand here because the log shows the wire: it is the one place outside the dialects that does.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from voltway.kernel.secrets import masked

MASK = "***"
_UNREADABLE = "(not kept: it may hold a password)"

# Variables whose value is a secret: OCPP 1.6 (configuration keys), 2.0.1 and 2.1 (device model). They compare without case.
_SECRET = re.compile(
    r"authorizationkey|basicauthpassword|apnpassword|vpnpassword|networkpassword|sharedsecret", re.IGNORECASE
)
_SECRET_FIELDS = frozenset({"basicauthpassword", "apnpassword", "password", "key_secret", "pin"})
_VALUE_FIELDS = frozenset({"value", "attributevalue", "data"})
_TOKEN_FIELDS = frozenset({"idtag", "parentidtag", "idtoken", "groupidtoken"})

# What a station tells of a customer (OCPP 2.x, N09): its text is the result of the command that asked, and nowhere else.
_OF_A_PERSON = '"NotifyCustomerInformation"'

# Who may log in stands before the @ of an address (RFC 3986 §3.2.1); our one-time addresses open a file to whoever has them.
_LOGIN = re.compile(r"(?<=://)[^/@\s\"]+(?=@)")
_ONE_TIME = re.compile(r"(?<=/files/up/)[\w.~-]+|(?<=/files/down/)[\w.~-]+")

# The frequent messages, none of which can hold a password: they are logged without being searched.
WITHOUT_SECRETS = frozenset(
    {
        "Heartbeat",
        "StatusNotification",
        "MeterValues",
        "TransactionEvent",
        "StartTransaction",
        "StopTransaction",
        "Authorize",
    }
)


def mask_secrets(frame: str) -> str:
    """A frame's text without the values of passwords and what opens an address; the same text where there are none."""
    if "://" in frame:
        frame = _ONE_TIME.sub(MASK, _LOGIN.sub(MASK, frame))
    is_of_a_person = _OF_A_PERSON in frame
    if not (is_of_a_person or _SECRET.search(frame) or '"password"' in frame):
        return frame
    try:
        masked = without_secrets(msgspec.json.decode(frame), is_secret=is_of_a_person)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return _UNREADABLE
    return msgspec.json.encode(masked).decode()


def mask_tokens(value: Any) -> Any:
    """A payload with its tokens cut to their last characters."""
    if isinstance(value, dict):
        return {
            name: _cut(inner) if name.lower() in _TOKEN_FIELDS else mask_tokens(inner) for name, inner in value.items()
        }
    return [mask_tokens(inner) for inner in value] if isinstance(value, list) else value


def without_secrets(value: Any, *, is_secret: bool = False) -> Any:
    """The value with every password hidden; `is_secret`: it belongs to a variable that holds one."""
    if isinstance(value, list):
        return [without_secrets(inner, is_secret=is_secret) for inner in value]
    if not isinstance(value, dict):
        return value
    is_secret = is_secret or _names_a_secret(value)
    hidden = _SECRET_FIELDS | _VALUE_FIELDS if is_secret else _SECRET_FIELDS
    return {
        name: _hide(inner) if name.lower() in hidden else without_secrets(inner, is_secret=is_secret)
        for name, inner in value.items()
    }


def _hide(value: Any) -> Any:
    """Text becomes the mask; of a structure every text does."""
    if isinstance(value, dict):
        return {name: _hide(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_hide(inner) for inner in value]
    return value if value is None else MASK


def _names_a_secret(entry: dict[str, Any]) -> bool:
    """Whether an object is a configuration key or a variable whose value is a secret."""
    variable = entry.get("variable")
    names = (entry.get("key"), variable.get("name") if isinstance(variable, dict) else variable)
    return any(isinstance(name, str) and _SECRET.fullmatch(name.strip()) for name in names)


def _cut(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _cut(inner) if name.lower() in _TOKEN_FIELDS else inner for name, inner in value.items()}
    return masked(value) if isinstance(value, str) else MASK
