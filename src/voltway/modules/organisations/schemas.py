"""Operators, members, roles, location groups and invitations as the API shows and takes them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, StringConstraints, model_validator

from voltway.kernel.auth import Permission, Role
from voltway.kernel.auth.roles import BOUND_TO_LOCATIONS
from voltway.kernel.http import Instant, Schema

Id = Annotated[str, Field(min_length=1, max_length=36)]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")
]
Email = Annotated[str, Field(min_length=3, max_length=254)]
Locale = Literal["en", "de", "zh"]
LOCATIONS_MAX = 500
GROUPS_MAX = 50


# ---- operators


class OperatorIn(Schema):
    """A new operator, and whom to invite as its first administrator."""

    slug: str = Field(min_length=1, max_length=40, description="stands in its stations' addresses: a-z 0-9 -")
    name: Name
    admin_email: Email | None = None
    locale: Locale = "en"


class OperatorPatch(Schema):
    """What of an operator can be changed. Nobody of a suspended one is let in; its stations stay as they are."""

    name: Name | None = None
    is_suspended: bool | None = None


class OperatorOut(Schema):
    """An operator."""

    id: str
    slug: str
    name: str
    suspended_at: Instant | None


# ---- what somebody may do, and where


class Grant(Schema):
    """A role, and where it holds. With both lists null it holds at every location."""

    role: Role
    custom_role_id: Id | None = Field(None, description="with the role `custom`, and only then")
    location_ids: list[Id] | None = Field(None, max_length=LOCATIONS_MAX, description="only at these locations")
    location_group_ids: list[Id] | None = Field(None, max_length=GROUPS_MAX, description="and at those of these groups")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.role is Role.CUSTOM) != (self.custom_role_id is not None):
            raise ValueError("custom_role_id goes with the role `custom`, and only with it")
        if self.role in BOUND_TO_LOCATIONS and not self.location_ids and not self.location_group_ids:
            raise ValueError(f"a {self.role} is bound to locations: name some, or groups of them")
        if self.role is Role.DRIVER:
            raise ValueError("drivers register by themselves; they are no members")
        return self


class GrantOut(Schema):
    """A role, and where it holds."""

    role: Role
    custom_role_id: str | None
    location_ids: list[str] | None
    location_group_ids: list[str] | None


# ---- members


class MemberPatch(Schema):
    """What of a member can be changed. A disabled member is logged out at once."""

    grant: Grant | None = None
    is_active: bool | None = None


class MemberOut(GrantOut):
    """Somebody who works for the operator. `second_factors`: what their log-in by password asks for besides it."""

    id: str
    email: str
    name: str
    is_active: bool
    second_factors: list[str] | None
    created_at: Instant


# ---- roles and groups


class RoleIn(Schema):
    """A role of one's own: a named set of permissions, none that its maker does not have."""

    name: Name
    permissions: list[Permission] = Field(min_length=1, max_length=len(Permission))


class RoleOut(Schema):
    """A role. Built-in ones have their name as id and cannot be changed."""

    id: str
    name: str
    is_built_in: bool
    is_bound: bool = Field(description="must be bound to locations")
    permissions: list[Permission]


class LocationGroupIn(Schema):
    """A named set of locations."""

    name: Name
    location_ids: list[Id] = Field(max_length=LOCATIONS_MAX)


class LocationGroupOut(Schema):
    """A named set of locations, to which members and API keys can be bound."""

    id: str
    name: str
    location_ids: list[str]
    created_at: Instant


# ---- invitations


class InvitationIn(Schema):
    """Whom to invite, as what; `locale`: the language of the mail."""

    email: Email
    grant: Grant
    locale: Locale = "en"


class InvitationOut(GrantOut):
    """An invitation that has not been accepted. An expired one can be sent again."""

    id: str
    email: str
    locale: str
    invited_by_name: str
    created_at: Instant
    sent_at: Instant
    expires_at: Instant


class Code(Schema):
    """The code of a mail."""

    code: SecretStr = Field(min_length=1, max_length=100)


class AcceptIn(Code):
    """Accept an invitation with a new account."""

    name: Name
    password: SecretStr = Field(min_length=1, max_length=1000)
    locale: Locale = "en"


class AcceptedOut(Schema):
    """The account that works for the operator now."""

    account_id: str
    email: str
    operator: str = Field(description="the operator's slug")
