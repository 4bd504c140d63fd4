"""Settings of the users module."""

from __future__ import annotations

from pydantic import Field

from voltway.kernel.module import Settings


class UsersSettings(Settings):
    """How tokens get to stations."""

    local_list_debounce_s: float = Field(default=5.0, ge=0.01, le=3600)
    """How long after a change of a token the local lists are sent: more changes go along."""
