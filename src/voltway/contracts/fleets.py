"""What the fleets module says: how much of the limits of fleets is left."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from voltway.kernel.bus.asks import Ask

LimitKind = Literal["fleet", "vehicle", "member"]
"""Whose sessions a limit counts: all of the fleet's, those of a vehicle, those of one member's token."""
Span = Literal["day", "week", "month"]


class FleetLeft(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One limit of a fleet that a token falls under, and what is left of it: Wh, or minor units of the currency."""

    id_token_id: str
    kind: LimitKind
    span: Span
    since: datetime
    limit: int
    left: int
    currency: str | None = None


class FindLimitedFleets(Ask[list[str]], frozen=True, kw_only=True):
    """The operators of whom a fleet has limits: nobody need ask about tokens of others."""


class FindFleetLeft(Ask[list[FleetLeft]], frozen=True, kw_only=True):
    """What is left now of each limit that these tokens of an operator fall under."""

    operator_id: str
    id_token_ids: tuple[str, ...]
