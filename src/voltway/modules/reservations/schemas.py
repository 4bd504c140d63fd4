"""Reservations as the API shows and takes them (the outside contract: /reservations)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from pydantic import Field, model_validator

from voltway.kernel.http import Instant, Schema
from voltway.modules.reservations.rules import State

EVSE_NUMBER_MAX = 1000


class ReservationIn(Schema):
    """A new reservation: an EVSE, any EVSE of the station, or (OCPP 2.x) one with a type of connector, for a token or its group."""

    station_id: str | None = Field(default=None, min_length=1, max_length=36)
    station_identity: str | None = Field(default=None, min_length=1, max_length=48)
    evse_number: int | None = Field(default=None, ge=1, le=EVSE_NUMBER_MAX)
    connector_type: str | None = Field(default=None, min_length=1, max_length=50)
    id_token: str = Field(min_length=1, max_length=255)
    id_token_kind: str | None = Field(default=None, min_length=1, max_length=20)
    group: str | None = Field(default=None, min_length=1, max_length=255, description="the token's, if not given")
    starts_at: Instant | None = Field(default=None, description="the station is told then; now, if not given")
    expires_at: Instant

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.station_id is None) == (self.station_identity is None):
            raise ValueError("name the charging station by station_id or by station_identity")
        if self.starts_at is not None and self.expires_at <= self.starts_at:
            raise ValueError("expires_at must be after starts_at")
        return self


class ReservationOut(Schema):
    """A reservation. `number` is what the station knows it by, `wire_status` the last word that the station said of it."""

    id: str
    number: int
    station_id: str
    station_identity: str
    evse_number: int | None
    connector_type: str | None
    id_token: str
    id_token_kind: str | None
    group: str | None
    starts_at: Instant
    expires_at: Instant
    state: State
    wire_status: str | None
    session_id: str | None
    created_at: Instant
    updated_at: Instant


def reservation_out(row: Any, shown: Callable[[str], str]) -> ReservationOut:
    """A row of reservations_reservations as the API shows it; its token as it is to be `shown`."""
    fields = {name: getattr(row, name) for name in ReservationOut.model_fields if name not in ("group", "id_token")}
    return ReservationOut(**fields, id_token=shown(row.id_token), group=row.group_value)
