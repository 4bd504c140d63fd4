"""What goes in and out of the REST API of fleets."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from voltway.contracts.fleets import LimitKind, Span
from voltway.kernel.http import Instant, Schema, TimeZone

Id = Annotated[str, Field(min_length=1, max_length=36)]


class FleetIn(Schema):
    """A new fleet. Its days, weeks and months begin at midnight in its time zone."""

    name: str = Field(min_length=1, max_length=100)
    time_zone: TimeZone = Field(max_length=64)


class FleetOut(FleetIn):
    """A fleet."""

    id: str
    created_at: Instant


class CostCentreIn(Schema):
    """A cost centre, by the code that the books know it by."""

    code: str = Field(min_length=1, max_length=40)
    name: str = Field(min_length=1, max_length=100)


class CostCentreOut(CostCentreIn):
    """A cost centre of a fleet."""

    id: str


class VehicleIn(Schema):
    """A vehicle. Its sessions are of its cost centre, unless the token that was shown has one of its own."""

    plate: str = Field(min_length=1, max_length=20)
    name: str = Field(min_length=1, max_length=100)
    battery_wh: int | None = Field(default=None, gt=0, le=10**8)
    cost_centre_id: Id | None = None


class VehicleOut(VehicleIn):
    """A vehicle of a fleet."""

    id: str


class AssignmentIn(Schema):
    """To which vehicle and cost centre the sessions of a member's token belong; they hold for sessions that end from now on."""

    vehicle_id: Id | None = None
    cost_centre_id: Id | None = None


class FleetMemberOut(AssignmentIn):
    """A token of a fleet: a card, or a car's address (AutoCharge)."""

    id_token_id: str


class FleetMemberDetails(FleetMemberOut):
    """A member, by what its token says: whole, or its last characters for those who may not read it. `null`: the token is not
    there any more, or is not known now."""

    token: str | None
    token_kind: str | None


class FleetManagerOut(Schema):
    """Who manages a fleet: an account or an API key, by its name."""

    id: str
    name: str | None


class LimitIn(Schema):
    """How much may be taken in a day, a week or a month: Wh, or minor units of a currency, incl. VAT. `target_id`: the vehicle, or
    the member's token; for the whole fleet null."""

    kind: LimitKind
    target_id: Id | None = None
    span: Span
    energy_wh: int | None = Field(default=None, ge=0, le=10**12)
    amount_minor: int | None = Field(default=None, ge=0, le=10**12)
    currency: str | None = Field(default=None, pattern="^[A-Z]{3}$")

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if (self.energy_wh is None) == (self.amount_minor is None):
            raise ValueError("a limit is of energy or of money")
        if (self.amount_minor is None) != (self.currency is None):
            raise ValueError("an amount has a currency")
        if (self.kind == "fleet") != (self.target_id is None):
            raise ValueError("a limit of a vehicle or a member names it; one of the fleet names nothing")
        return self


class LimitUseOut(LimitIn):
    """A limit, and what was taken of it since its day, week or month began: in the unit of the limit."""

    since: Instant
    used_wh: int | None
    used_minor: int | None


class FleetLimitsOut(Schema):
    """All limits of a fleet, and what is used of them. Sessions that run count when they end."""

    items: list[LimitUseOut]


class FleetSummary(FleetOut):
    """A fleet in the list: how much is in it, and what is used of the limits of it as a whole."""

    members: int
    vehicles: int
    limits: list[LimitUseOut]


class LimitsIn(Schema):
    """All limits of a fleet."""

    items: list[LimitIn] = Field(max_length=5_000)


class FleetDetails(FleetOut):
    """A fleet with all that belongs to it."""

    manager_ids: list[str]
    managers: list[FleetManagerOut]
    cost_centres: list[CostCentreOut]
    vehicles: list[VehicleOut]
    members: list[FleetMemberDetails]
    limits: list[LimitIn]


class StatementLine(Schema):
    """What a vehicle charged for a cost centre in a month. Sessions without a price (yet) have no currency and no amounts; a
    currency has lines of its own."""

    cost_centre_id: str | None
    cost_centre: str | None
    vehicle_id: str | None
    plate: str | None
    sessions: int
    energy_wh: int
    currency: str | None
    excl_vat_minor: int | None
    incl_vat_minor: int | None


class FleetStatementOut(Schema):
    """A month of a fleet: one line per cost centre, vehicle and currency."""

    month: str
    since: Instant
    until: Instant
    lines: list[StatementLine]
