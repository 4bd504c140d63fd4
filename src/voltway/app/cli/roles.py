"""Roles as they are given on the command line."""

from __future__ import annotations

from voltway.app.errors import nearest
from voltway.kernel.auth import Role
from voltway.kernel.errors import StartUpError

BUILT_IN = tuple(role for role in Role if role is not Role.CUSTOM)


def role_named(word: str) -> Role:
    """The role that a word means. Raises StartUpError with the nearest one."""
    if word not in BUILT_IN:
        raise StartUpError(
            f"There is no role {word}; did you mean {nearest(word, BUILT_IN)}? There are: {', '.join(BUILT_IN)}."
        )
    return Role(word)
