"""A driver's own tokens as the API shows and takes them (/me/id-tokens), and the codes by which cards become his."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from voltway.kernel.http import Instant, Schema
from voltway.kernel.secrets import masked
from voltway.modules.users import autocharge_rules
from voltway.modules.users.schemas import TokenStatus

CODES_MAX = 1000
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]


def _is_mac(value: str) -> str:
    mac = autocharge_rules.mac_of(value)
    if mac is None:
        raise ValueError("Input should be a MAC address, e.g. 00:1A:2B:3C:4D:5E")
    return mac


class CardIn(Schema):
    """The activation code that came with a card. Case, blanks and hyphens do not matter."""

    code: str = Field(min_length=1, max_length=40)
    name: Name | None = None


class CarIn(Schema):
    """The address of a car's modem, by which AutoCharge knows it."""

    mac_address: Annotated[str, AfterValidator(_is_mac)] = Field(max_length=40)
    name: Name


class OwnTokenPatch(Schema):
    """What a driver may change of a token; what is left out stays."""

    name: Name | None = None
    is_default: bool | None = None


class OwnTokenOut(Schema):
    """A token of the caller. Its value is never whole: who has the card knows it."""

    id: str
    name: str | None
    value: str
    kind: str | None
    status: TokenStatus
    is_lost: bool
    is_default: bool
    is_app: bool = Field(description="the virtual card by which the app starts sessions")
    expires_at: Instant | None
    created_at: Instant


class AutoChargeChoice(Schema):
    """Whether the driver's cars are known by their address. Off unless he says so."""

    is_allowed: bool


class AutoChargeOut(AutoChargeChoice):
    """The driver's choice, and whether the network knows cars by their address at all."""

    is_offered: bool


class CodesIn(Schema):
    """For which cards activation codes are wanted."""

    id_token_ids: list[Annotated[str, Field(min_length=1, max_length=36)]] = Field(min_length=1, max_length=CODES_MAX)
    expires_at: Instant


class CodeOut(Schema):
    """A card's code: shown this once."""

    id_token_id: str
    value: str
    code: str


class CodesOut(Schema):
    """The codes of some cards."""

    expires_at: Instant
    items: list[CodeOut]


def own_token_out(row: Any, choices: Any | None) -> OwnTokenOut:
    """A row of users_id_tokens as its driver sees it."""
    return OwnTokenOut(
        id=row.id,
        name=row.name,
        value=masked(row.value),
        kind=row.kind,
        status=row.status,
        is_lost=row.lost_at is not None,
        is_default=choices is not None and choices.default_token_id == row.id,
        is_app=choices is not None and choices.app_token_id == row.id,
        expires_at=row.expires_at,
        created_at=row.created_at,
    )
