"""What a case is: an id, a title, the requirements it stands on, and a coroutine that plays it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

V16 = ("ocpp1.6",)
V2 = ("ocpp2.0.1", "ocpp2.1")
PROTOCOLS = (*V16, *V2)


class CaseFailed(Exception):
    """The CSMS did something else than the case expects; the text says what, in one line."""


class NotApplicable(Exception):
    """The case cannot be played here; the text says what is missing."""


Script = Callable[[Any], Awaitable[None]]
"""Takes the `Play` that it is given."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case of the certification, as we play it."""

    case_id: str
    title: str
    protocols: tuple[str, ...]
    requirements: tuple[str, ...]
    script: Script


class Book:
    """A collection of cases; `@book.case(...)` puts one in."""

    def __init__(self, protocols: tuple[str, ...]) -> None:
        self.protocols = protocols
        self.cases: list[Case] = []

    def case(
        self, case_id: str, title: str, *requirements: str, protocols: tuple[str, ...] | None = None
    ) -> Callable[[Script], Script]:
        def add(script: Script) -> Script:
            self.cases.append(Case(case_id, title, protocols or self.protocols, requirements, script))
            return script

        return add


def expect(what: str, found: Mapping[str, Any], **wanted: Any) -> None:
    """Each wanted field has this value, or one of these if it is a tuple; `a__b` is `b` inside `a`. Raises CaseFailed."""
    for path, value in wanted.items():
        seen: Any = found
        for step in path.split("__"):
            seen = seen.get(step) if isinstance(seen, Mapping) else None
        if seen not in (value if isinstance(value, tuple) else (value,)):
            raise CaseFailed(f"{what}: {path.replace('__', '.')} is {seen!r}, expected {value!r}")
