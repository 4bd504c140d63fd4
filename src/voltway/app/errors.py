"""Why the program cannot run. Each is one line for a person; `StartUpError` is exit code 2, `Unusable` is exit code 1."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from voltway.kernel.errors import StartUpError


class Unusable(StartUpError):
    """The settings are in order, but what they name cannot be used now: an occupied port, an unreadable database."""


def exit_code_of(error: StartUpError) -> int:
    """1: try again when the machine is in order; 2: say it differently."""
    return 1 if isinstance(error, Unusable) else 2


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that is most like the given one."""
    return difflib.get_close_matches(word, list(known), n=1, cutoff=0.0)[0]
