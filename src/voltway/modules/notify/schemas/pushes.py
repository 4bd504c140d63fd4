"""Devices that show our messages, as the API shows and takes them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from voltway.integrations.messaging import web_push
from voltway.kernel.http import Instant, Schema


class PushKeys(Schema):
    """What a browser's `PushSubscription.toJSON()` calls `keys`: base64url."""

    p256dh: Annotated[str, Field(max_length=90, description="the browser's public point on P-256, 65 bytes")]
    auth: Annotated[str, Field(max_length=30, description="16 bytes")]

    @model_validator(mode="after")
    def _can_be_used(self) -> PushKeys:
        recipient_of(self.p256dh, self.auth)
        return self


class PushSubscriptionIn(Schema):
    """A device that shall show messages."""

    endpoint: Annotated[str, Field(min_length=10, max_length=2000, description="where the push service takes them")]
    keys: PushKeys


class PushSubscriptionOut(Schema):
    """A device that shows messages. Its endpoint is a secret of the device and is not told."""

    id: str
    created_at: Instant


class PushDevicesOut(Schema):
    """The caller's devices, the newest first."""

    server_key: str
    """The platform's public key (VAPID), base64url: what a browser wants as `applicationServerKey`."""
    items: list[PushSubscriptionOut]


def recipient_of(p256dh: str, auth: str) -> web_push.Recipient:
    """For whom a push is encrypted. Raises ValueError."""
    return web_push.Recipient(web_push.to_bytes(p256dh), web_push.to_bytes(auth))
