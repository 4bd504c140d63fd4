"""What the notify module decides: when to try again, when to give up, how a delivery is signed. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(hours=1)
SECRET_PREFIX = "whsec_"
ANY_KIND = "*"


class MailState(StrEnum):
    """Where a mail is. The last three are final; one that has failed can be sent again."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


class DeliveryState(StrEnum):
    """Where a delivery is. The last two are final until somebody wants it again."""

    QUEUED = "queued"
    DELIVERED = "delivered"
    FAILED = "failed"


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts: 15 s, 30 s, 1 min … 1 h."""
    doublings = min(max(attempts - 1, 0), 20)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def next_attempt(attempts: int, queued_at: datetime, now: datetime, patience: timedelta) -> datetime | None:
    """When to try again after so many attempts; None: it has been tried for long enough."""
    at = now + pause_after(attempts)
    return None if at > queued_at + patience else at


def masked_address(address: str) -> str:
    """An address for those who need not know whose it is: `s***@e***.org`."""
    local, _, domain = address.rpartition("@")
    name, dot, top = domain.rpartition(".")
    return f"{local[:1]}***@{(name or top)[:1]}***{dot}{top if dot else ''}"


def is_success(status: int) -> bool:
    """Whether a receiver has taken a delivery. A redirect is not followed, and so is none."""
    return 200 <= status < 300


def secret_of(key: bytes, webhook_id: str, salt: str) -> str:
    """The secret that a webhook's receiver has. Made from the installation's secret, so that the database holds none."""
    digest = hmac.new(key, f"{webhook_id}.{salt}".encode(), hashlib.sha256).digest()
    return SECRET_PREFIX + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def signature(secrets: Sequence[str], at: datetime, body: bytes) -> str:
    """`t=…,v1=…`, with one v1 for each secret that holds: HMAC-SHA256 of `{t}.{body}`, hexadecimal. `t` is in s."""
    seconds = int(at.timestamp())
    signed = f"{seconds}.".encode() + body
    parts = [f"v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}" for secret in secrets]
    return ",".join((f"t={seconds}", *parts))


def wants(kinds: Sequence[str], name: str) -> bool:
    """Whether a webhook gets events of this name."""
    return ANY_KIND in kinds or name in kinds


class PushFate(StrEnum):
    """What a push service's answer means."""

    TAKEN = "taken"
    GONE = "gone"  # the subscription is no more
    AGAIN = "again"
    REFUSED = "refused"  # this message will never be taken


_PUSH_FATES = {404: PushFate.GONE, 408: PushFate.AGAIN, 410: PushFate.GONE, 429: PushFate.AGAIN}


def fate_of_push(status: int | None) -> PushFate:
    """What to do after an answer; None: nothing came back. Source: RFC 8030 §5, §7.3, §8.4."""
    if status is None or status >= 500:
        return PushFate.AGAIN
    return PushFate.TAKEN if is_success(status) else _PUSH_FATES.get(status, PushFate.REFUSED)
