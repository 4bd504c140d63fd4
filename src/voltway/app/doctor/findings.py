"""What the doctor looks at (`Patient`), and what it says (`Finding`)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from enum import StrEnum

from voltway.app.schema import Age
from voltway.app.settings import Configuration
from voltway.kernel.database import Database


class Grade(StrEnum):
    """How bad it is."""

    OK = "ok"
    NOTE = "note"
    """Good to know; nothing is wrong."""
    WARNING = "warning"
    """It runs, and will hurt one day."""
    ERROR = "error"
    """It does not run, or what it promises does not hold."""


@dataclass(frozen=True)
class Finding:
    """One line of the report. `remedy`: what to do about it; empty where nothing is to be done."""

    grade: Grade
    says: str
    remedy: str = ""


@dataclass(frozen=True)
class Patient:
    """An installation under examination. `database` is None where it cannot be reached, or is not made yet."""

    configuration: Configuration
    database: Database | None = None
    age: Age = Age.NEW
    trouble: str = ""
    """Why the database cannot be used."""
    is_running: bool = False
    """Whether a server of this installation has its ports."""

    @property
    def has_rows(self) -> bool:
        """Whether our tables are there, as this program knows them."""
        return self.database is not None and self.age in (Age.CURRENT, Age.AHEAD)


Look = Callable[[Patient], AsyncIterator[Finding]]
"""A check. It says nothing where there is nothing to look at."""


def ok(says: str) -> Finding:
    return Finding(Grade.OK, says)


def note(says: str, remedy: str = "") -> Finding:
    return Finding(Grade.NOTE, says, remedy)


def warning(says: str, remedy: str) -> Finding:
    return Finding(Grade.WARNING, says, remedy)


def error(says: str, remedy: str) -> Finding:
    return Finding(Grade.ERROR, says, remedy)
