"""Tokens as the API shows and takes them (the outside contract: /id-tokens)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator

from voltway.kernel.http import Instant, Schema

TokenStatus = Literal["accepted", "blocked", "expired", "invalid"]
TokenKind = Literal[
    "Central",
    "DirectPayment",
    "eMAID",
    "EVCCID",
    "ISO14443",
    "ISO15693",
    "KeyCode",
    "Local",
    "MacAddress",
    "NoAuthorization",
    "VIN",
]


EnergyTransferMode = Literal[
    "AC_single_phase",
    "AC_two_phase",
    "AC_three_phase",
    "DC",
    "AC_BPT",
    "AC_BPT_DER",
    "AC_DER",
    "DC_BPT",
    "DC_ACDP",
    "DC_ACDP_BPT",
    "WPT",
]
ENERGY_TRANSFER_MODES: Any = Field(
    default=None,
    min_length=1,
    max_length=11,
    description="the ways in which the car may transfer energy, told to OCPP 2.1 stations; BPT is also from the car",
)

VALUE_LENGTH_MAX = 255


def _fits_without_case(value: str) -> str:
    if len(value.casefold()) > VALUE_LENGTH_MAX:  # some letters become two or three
        raise ValueError(f"String should have at most {VALUE_LENGTH_MAX} characters, also when compared without case")
    return value


class IdTokenIn(Schema):
    """A new token. Values compare without case."""

    value: Annotated[str, AfterValidator(_fits_without_case)] = Field(
        min_length=1, max_length=VALUE_LENGTH_MAX, pattern=r"^[^\x00-\x1f\x7f]+$"
    )
    kind: TokenKind | None = None
    status: TokenStatus = "accepted"
    expires_at: Instant | None = None
    group: str | None = Field(default=None, max_length=255)
    user_id: str | None = Field(default=None, max_length=36)
    concurrent_max: int | None = Field(default=None, ge=0, le=1000)
    energy_transfer_modes: list[EnergyTransferMode] | None = ENERGY_TRANSFER_MODES


class IdTokenPatch(Schema):
    """What may be changed; a field that is left out stays. There is always a status."""

    status: TokenStatus | None = None
    expires_at: Instant | None = None
    group: str | None = Field(default=None, max_length=255)
    user_id: str | None = Field(default=None, max_length=36)
    concurrent_max: int | None = Field(default=None, ge=0, le=1000)
    energy_transfer_modes: list[EnergyTransferMode] | None = ENERGY_TRANSFER_MODES

    @field_validator("status")
    @classmethod
    def _is_a_status(cls, status: TokenStatus | None) -> TokenStatus | None:
        if status is None:
            raise ValueError("Input should be a status, or left out")
        return status


class IdTokenOut(Schema):
    """A token."""

    id: str
    value: str
    kind: str | None
    status: TokenStatus
    expires_at: Instant | None
    group: str | None
    user_id: str | None
    concurrent_max: int | None
    energy_transfer_modes: list[EnergyTransferMode] | None
    created_at: Instant
    updated_at: Instant


def id_token_out(row: Any) -> IdTokenOut:
    """A row of users_id_tokens as the API shows it."""
    return IdTokenOut(
        id=row.id,
        value=row.value,
        kind=row.kind,
        status=row.status,
        expires_at=row.expires_at,
        group=row.group_value,
        user_id=row.user_id,
        concurrent_max=row.concurrent_max,
        energy_transfer_modes=row.energy_transfer_modes,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
