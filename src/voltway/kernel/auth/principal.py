"""Who is asking."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from voltway.kernel.auth.roles import PERMISSIONS, Permission, Role
from voltway.kernel.secrets import masked

DEFAULT_OPERATOR_ID = "00000000-0000-7000-8000-000000000001"
DEFAULT_OPERATOR_SLUG = "default"


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody we know. `operator_id` is the operator whose rows this request sees: every query filters by it."""

    id: str
    """Of the account, the API key, or the OAuth client."""
    name: str
    kind: Literal["account", "api_key"]
    role: Role
    operator_id: str
    location_ids: frozenset[str] | None = None
    """Only these locations; None: all of the operator's."""
    granted: frozenset[Permission] | None = None
    """What a custom role permits; None: what the built-in role does."""
    scopes: frozenset[Permission] | None = None
    """What a key is for: of the role's permissions only these. None: all of them."""
    session_id: str | None = None
    """The browser session of an account."""
    proved_at: datetime | None = None
    """When the person behind a session last proved who they are."""
    must_set_up_mfa: bool = False
    """The operator demands a second factor and the grace is over: until there is one, only the own account is open."""

    @property
    def permissions(self) -> frozenset[Permission]:
        """All that the caller may do."""
        role = PERMISSIONS[self.role] if self.granted is None else self.granted
        return role if self.scopes is None else role & self.scopes

    def may(self, permission: Permission) -> bool:
        """Whether the role, and the key's scopes, have this permission."""
        return permission in self.permissions

    def reaches(self, location_id: str | None) -> bool:
        """Whether a thing at this location (None: at none) is among those that the caller sees."""
        return self.location_ids is None or location_id in self.location_ids

    def shown(self, token: str) -> str:
        """A token's value as this caller may see it: whole, or its last characters."""
        return token if self.may(Permission.TOKENS_REVEAL) else masked(token)


acting: ContextVar[Principal | None] = ContextVar("acting", default=None)
"""Who asked for what this task does; None: nobody, the system does it by itself. For the audit log, never for permission."""
