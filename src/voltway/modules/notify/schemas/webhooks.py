"""Webhooks and deliveries as the API shows and takes them."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from voltway.kernel.http import Instant, Schema
from voltway.modules.notify import outside
from voltway.modules.notify.rules import ANY_KIND, DeliveryState

OVERLAP_HOURS_MAX = 7 * 24

Url = Annotated[str, Field(min_length=10, max_length=2000, description="https://…; no redirects are followed")]


def _known(kinds: list[str]) -> list[str]:
    unknown = [kind for kind in kinds if kind not in (*outside.NAMES, ANY_KIND)]
    if unknown:
        raise ValueError(f"there is no {unknown[0][:64]}; there are {', '.join(outside.NAMES)}, and * for all")
    return sorted(set(kinds))


Kinds = Annotated[
    list[Annotated[str, Field(max_length=64)]],
    Field(min_length=1, max_length=50, description=f"* for all, or some of: {', '.join(outside.NAMES)}"),
    AfterValidator(_known),
]
Description = Annotated[str, Field(max_length=200)]


class WebhookIn(Schema):
    """A new webhook."""

    url: Url
    kinds: Kinds = Field(default=[ANY_KIND])
    description: Description = ""
    is_active: bool = True


class WebhookChange(Schema):
    """What is to be changed."""

    url: Url | None = None
    kinds: Kinds | None = None
    description: Description | None = None
    is_active: bool | None = None


class SecretRotation(Schema):
    """For how long deliveries are signed with the old secret as well."""

    overlap_hours: float = Field(default=24.0, ge=0, le=OVERLAP_HOURS_MAX)


class WebhookOut(Schema):
    """A webhook. Its secret is shown when it is made, and never again."""

    id: str
    url: str
    description: str
    kinds: list[str]
    is_active: bool
    failing_since: Instant | None
    disabled_reason: str | None = Field(description="why the platform has switched it off")
    old_secret_until: Instant | None
    created_at: Instant
    updated_at: Instant


class WebhookWithSecret(WebhookOut):
    """A webhook with its new secret."""

    secret: str


class DeliveryOut(Schema):
    """A delivery."""

    id: str
    kind: str
    state: DeliveryState
    attempts: int
    next_attempt_at: Instant | None
    last_status: int | None
    last_error: str | None
    created_at: Instant
    finished_at: Instant | None


class AttemptOut(Schema):
    """One attempt at a delivery. `status` is null where nothing came back."""

    at: Instant
    status: int | None
    latency_ms: int
    error: str | None


class DeliveryWithAttempts(DeliveryOut):
    """A delivery with what it says, and how each attempt went, the first one first."""

    body: dict[str, Any]
    log: list[AttemptOut]


def delivery_with(row: Any, tried: Any) -> DeliveryWithAttempts:
    """A delivery and its attempts."""
    shown = DeliveryOut.model_validate(row)
    return DeliveryWithAttempts(
        **shown.model_dump(), body=json.loads(row.body), log=[AttemptOut.model_validate(one) for one in tried]
    )
