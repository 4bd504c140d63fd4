"""Orders of the access block: local authorisation lists, reservations."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from voltway.kernel.http import Instant, Schema
from voltway.modules.stations.schemas.order import Order, Text, Word
from voltway.modules.stations.schemas.stations import Number

ENTRIES_MAX = 10_000
RESERVATION_NUMBER_MAX = 2**31 - 1


class LocalListEntry(Schema):
    """A token for the list; `remove` takes it out of it (differential only)."""

    id_token: Text
    kind: Word | None = Field(default=None, description="OCPP 2.x only; ISO14443 if not given")
    status: Literal["accepted", "blocked", "expired", "invalid"] = "accepted"
    expires_at: Instant | None = None
    group: Text | None = None
    remove: bool = False


class SendLocalList(Order):
    """Give the station its list of tokens: all of it, what is different, or whatever brings it in step (sync).

    Without entries: those that belong to the station, see /charging-stations/{station_id}/local-list.
    """

    type: Literal["send_local_list"]
    mode: Literal["full", "differential", "sync"]
    entries: list[LocalListEntry] | None = Field(default=None, max_length=ENTRIES_MAX)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.mode == "sync" and self.entries is not None:
            raise ValueError("sync takes no entries")
        if self.mode == "full" and any(entry.remove for entry in self.entries or ()):
            raise ValueError("a full list removes nothing: leave the entry out")
        return self


class GetLocalListVersion(Order):
    """Ask which version of its list the station has: 0 where it is empty, -1 (OCPP 1.6) where it has no lists."""

    type: Literal["get_local_list_version"]


class ReserveNow(Order):
    """Hold an EVSE, any EVSE, or (OCPP 2.x) one with a type of connector, for a token or its group until `expires_at`.

    A number that the station knows changes that reservation; without one it is a new one.
    """

    type: Literal["reserve_now"]
    evse_number: Number | None = None
    connector_type: Word | None = None
    id_token: Text
    id_token_kind: Word | None = None
    group: Text | None = None
    expires_at: Instant
    reservation_number: int | None = Field(default=None, ge=1, le=RESERVATION_NUMBER_MAX)


class CancelReservation(Order):
    """Give up a reservation, named by its id or by the number that the station has of it."""

    type: Literal["cancel_reservation"]
    reservation_id: str | None = Field(default=None, min_length=1, max_length=36)
    reservation_number: int | None = Field(default=None, ge=1, le=RESERVATION_NUMBER_MAX)

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.reservation_id is None) == (self.reservation_number is None):
            raise ValueError("name the reservation by reservation_id or by reservation_number")
        return self
