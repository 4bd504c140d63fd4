"""How proofs are judged. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

TOTP_STEP_S = 30
RECOVERY_CODES = 10
RECOVERY_CODE_LENGTH = 10
CONSENT_KINDS = ("terms", "privacy", "marketing")


def steps_around(epoch_s: int) -> tuple[int, ...]:
    """The half minutes whose code may be shown now: this one, and those beside it, for clocks that differ (RFC 6238, 5.2)."""
    now = epoch_s // TOTP_STEP_S
    return now - 1, now, now + 1


def recovery_code_of(typed: str) -> str:
    """A recovery code as it is hashed, however it was typed: without dashes and spaces."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", typed) if letter.isalnum())


def shown_recovery_code(code: str) -> str:
    """A recovery code as a person reads it: `abcde-fghij`."""
    half = len(code) // 2
    return f"{code[:half]}-{code[half:]}"


def newest_of_each_kind(rows: Iterable[Any]) -> dict[str, Any]:
    """What holds of consents, of rows in the order in which they were said."""
    return {row.kind: row for row in rows}


def missing_consents(given: Mapping[str, str], needed: Mapping[str, str]) -> dict[str, str]:
    """Which consents a registration lacks, with the version that is needed."""
    return {kind: version for kind, version in needed.items() if given.get(kind) != version}


def scopes_of(asked: str | None, granted: Iterable[str]) -> frozenset[str] | None:
    """The scopes of a token: those asked for, or all that the client has; None if one is asked for that it has not."""
    has = frozenset(granted)
    wanted = frozenset((asked or "").split()) or has
    return wanted if wanted <= has else None


def mapped_role(claim: Any, roles: Mapping[str, Any]) -> Any | None:
    """The role that a provider's claim (a word, or a list of words) stands for: the first in the order of the settings."""
    words = [claim] if isinstance(claim, str) else claim if isinstance(claim, list) else []
    said = {word for word in words if isinstance(word, str)}
    return next((role for word, role in roles.items() if word in said), None)


def is_local_path(path: str) -> bool:
    """Whether a browser that is sent there stays here: `/x`, and not `//other.example` or `/\\\\other.example`."""
    return path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
