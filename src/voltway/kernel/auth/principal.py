"""Who is asking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from voltway.kernel.auth.roles import PERMISSIONS, Permission, Role

DEFAULT_OPERATOR_ID = "00000000-0000-7000-8000-000000000001"
DEFAULT_OPERATOR_SLUG = "default"


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody we know. `operator_id` is the operator whose rows this request sees: every query filters by it."""

    id: str
    """Of the account or the API key."""
    name: str
    kind: Literal["account", "api_key"]
    role: Role
    operator_id: str
    location_ids: frozenset[str] | None = None
    """Only these locations; None: all of the operator's."""

    def may(self, permission: Permission) -> bool:
        """Whether the role has this permission."""
        return permission in PERMISSIONS[self.role]
