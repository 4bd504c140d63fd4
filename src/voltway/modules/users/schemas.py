"""Tokens as the API shows and takes them (the outside contract: /id-tokens)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from voltway.kernel.http import Instant, MoneyOut, Schema, TimeZone
from voltway.kernel.money import Money
from voltway.modules.users.list_rules import ListState, Mode

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
LocationIds = list[Annotated[str, Field(min_length=1, max_length=36)]]


def _fits_without_case(value: str) -> str:
    if len(value.casefold()) > VALUE_LENGTH_MAX:  # some letters become two or three
        raise ValueError(f"String should have at most {VALUE_LENGTH_MAX} characters, also when compared without case")
    return value


class MoneyIn(Schema):
    """An amount in minor units."""

    minor: int = Field(ge=0, le=10**12)
    currency: str = Field(pattern="^[A-Z]{3}$")


class SessionLimit(Schema):
    """How far one session may go; a field that is null is no limit. The cost is incl. VAT."""

    cost: MoneyIn | None = None
    energy_wh: int | None = Field(default=None, gt=0, le=10**9)
    duration_s: int | None = Field(default=None, gt=0, le=366 * 86_400)


ClockTime = Annotated[str, Field(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class HoursWindow(Schema):
    """Hours of some days of the week (1: Monday). One that ends before it begins, or then, goes on after midnight."""

    weekdays: list[Annotated[int, Field(ge=1, le=7)]] = Field(default=[1, 2, 3, 4, 5, 6, 7], min_length=1, max_length=7)
    begins: ClockTime
    ends: ClockTime


class ValidHours(Schema):
    """When a token may begin to charge."""

    time_zone: TimeZone = Field(max_length=64)
    windows: list[HoursWindow] = Field(min_length=1, max_length=50)


class Quota(Schema):
    """How much may be taken in a day and in a month, which begin at midnight there; a field that is null is no limit. Costs are
    incl. VAT. It is judged when a session begins, and a session is stopped where it is used up."""

    time_zone: TimeZone = Field(max_length=64)
    energy_wh_per_day: int | None = Field(default=None, ge=0, le=10**12)
    energy_wh_per_month: int | None = Field(default=None, ge=0, le=10**12)
    cost_per_day: MoneyIn | None = None
    cost_per_month: MoneyIn | None = None

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        figures = (self.energy_wh_per_day, self.energy_wh_per_month, self.cost_per_day, self.cost_per_month)
        if all(figure is None for figure in figures):
            raise ValueError("a quota limits at least one of energy and cost, in a day or a month")
        return self


class TokenTerms(Schema):
    """Under which terms a token charges."""

    balance: MoneyIn | None = Field(default=None, description="prepaid: what is left; each session takes its cost")
    session_limit: SessionLimit | None = None
    valid_hours: ValidHours | None = None
    connector_types: list[Annotated[str, Field(min_length=1, max_length=40)]] | None = Field(
        default=None, min_length=1, max_length=50, description="only at these, e.g. cCCS2; null: at all"
    )
    quota: Quota | None = None


class IdTokenIn(TokenTerms):
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
    location_ids: LocationIds | None = Field(default=None, max_length=500, description="only there; null: everywhere")
    language: str | None = Field(
        default=None, min_length=2, max_length=8, description="the driver's, as RFC 5646 says it"
    )
    message: str | None = Field(default=None, min_length=1, max_length=512, description="what a 2.x station shows")
    energy_transfer_modes: list[EnergyTransferMode] | None = ENERGY_TRANSFER_MODES


class IdTokenPatch(TokenTerms):
    """What may be changed; a field that is left out stays. There is always a status."""

    status: TokenStatus | None = None
    expires_at: Instant | None = None
    group: str | None = Field(default=None, max_length=255)
    user_id: str | None = Field(default=None, max_length=36)
    concurrent_max: int | None = Field(default=None, ge=0, le=1000)
    location_ids: LocationIds | None = Field(default=None, max_length=500)
    language: str | None = Field(default=None, min_length=2, max_length=8)
    message: str | None = Field(default=None, min_length=1, max_length=512)
    energy_transfer_modes: list[EnergyTransferMode] | None = ENERGY_TRANSFER_MODES

    @field_validator("status")
    @classmethod
    def _is_a_status(cls, status: TokenStatus | None) -> TokenStatus | None:
        if status is None:
            raise ValueError("Input should be a status, or left out")
        return status


class IdTokenOut(Schema):
    """A token. Its value is whole for callers with `tokens:reveal`, else its last characters."""

    id: str
    value: str
    kind: str | None
    status: TokenStatus
    expires_at: Instant | None
    group: str | None
    user_id: str | None
    concurrent_max: int | None
    location_ids: list[str] | None
    language: str | None
    message: str | None
    energy_transfer_modes: list[EnergyTransferMode] | None
    balance: MoneyOut | None
    session_limit: SessionLimit | None
    valid_hours: ValidHours | None
    connector_types: list[str] | None
    quota: Quota | None
    name: str | None
    lost_at: Instant | None
    created_at: Instant
    updated_at: Instant


def id_token_out(row: Any, shown: Callable[[str], str]) -> IdTokenOut:
    """A row of users_id_tokens as the API shows it; its value as it is to be `shown`."""
    return IdTokenOut(
        id=row.id,
        value=shown(row.value),
        kind=row.kind,
        status=row.status,
        expires_at=row.expires_at,
        group=row.group_value,
        user_id=row.user_id,
        concurrent_max=row.concurrent_max,
        location_ids=row.location_ids,
        language=row.language,
        message=row.message,
        energy_transfer_modes=row.energy_transfer_modes,
        balance=None if row.balance_minor is None else MoneyOut.of(Money(row.balance_minor, row.balance_currency)),
        session_limit=row.session_limit,
        valid_hours=row.valid_hours,
        connector_types=row.connector_types,
        quota=row.quota,
        name=row.name,
        lost_at=row.lost_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


# ---- local lists


class LocalListIn(Schema):
    """Which tokens belong into a station's local list: none are sent (off), all of the operator's, or these."""

    mode: Mode
    id_token_ids: list[Annotated[str, Field(min_length=1, max_length=36)]] = Field(default=[], max_length=10_000)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if bool(self.id_token_ids) != (self.mode == "selected"):
            raise ValueError("id_token_ids goes with mode selected, and with that only")
        return self


class LocalListOut(Schema):
    """A station's local list. `version` and `count` are what the station has as far as we know (count null: not known);
    `wire_status` is its last answer, `detail` why the list is not in step. `left_out`: tokens, without case, whose holders'
    data was cleared at the station; setting the mode takes them in again."""

    station_id: str
    mode: Mode
    id_token_ids: list[str]
    state: ListState
    version: int
    count: int | None
    wire_status: str | None
    detail: str | None
    told_at: Instant | None
    left_out: list[str]


def local_list_out(station_id: str, row: Any | None, shown: Callable[[str], str]) -> LocalListOut:
    """A row of users_local_lists as the API shows it; none is a list that nobody has asked for."""
    if row is None:
        return LocalListOut(
            station_id=station_id,
            mode="off",
            id_token_ids=[],
            state="off",
            version=0,
            count=None,
            wire_status=None,
            detail=None,
            told_at=None,
            left_out=[],
        )
    return LocalListOut(
        station_id=station_id,
        mode=row.mode,
        id_token_ids=row.token_ids or [],
        state=row.state,
        version=row.version,
        count=None if row.entries is None else len(row.entries),
        wire_status=row.wire_status,
        detail=row.detail,
        told_at=row.told_at,
        left_out=[shown(token) for token in row.left_out or ()],
    )


# ---- authorisation of an operator's tokens


class AutoCharge(Schema):
    """Cars that are known by their address alone, and how far that goes."""

    energy_wh_per_session: int = Field(gt=0, le=10**6)
    cost_per_day: MoneyIn = Field(description="of one car, incl. VAT")
    time_zone: TimeZone = Field(max_length=64)
    contract_location_ids: LocationIds = Field(
        default=[],
        max_length=500,
        description="where a contract certificate is demanded: no car gets by on its address",
    )


class AccessSettingsIn(Schema):
    """How an operator's tokens are judged. Tokens of the master group stop any transaction and start none."""

    master_group: str | None = Field(default=None, min_length=1, max_length=255)
    is_stopping_deauthorized: bool = Field(
        default=False,
        description="stop the running sessions of a token that is blocked, expired, made invalid or deleted, and those that "
        "began, mostly offline, with one that may not charge",
    )
    autocharge: AutoCharge | None = Field(default=None, description="null: off; each driver must allow it, too")


class AccessSettingsOut(AccessSettingsIn):
    """How an operator's tokens are judged."""
