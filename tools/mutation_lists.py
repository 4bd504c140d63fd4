"""What `make mutate` breaks: tests/mutations.toml, and for the cases of a certification tests/conformance/mutations/*.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LISTS = (ROOT / "tests" / "mutations.toml", *sorted((ROOT / "tests" / "conformance" / "mutations").glob("*.toml")))


@dataclass(frozen=True, slots=True)
class Mutation:
    """In `file`, `old` (which stands there once) becomes `new`; then one of the files `tests` must go red, and of each of the
    cases a test."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()

    def has(self, word: str) -> bool:
        """Whether a word means this one: it is in the name or the file, or it is one of the cases."""
        return word in self.name or word in self.file or word in self.cases


def read_lists(paths: tuple[Path, ...] = LISTS) -> list[Mutation]:
    listed: list[dict[str, Any]] = [
        one for path in paths for one in tomllib.loads(path.read_text(encoding="utf-8"))["mutation"]
    ]
    return [
        Mutation(**{**one, "tests": tuple(one.get("tests", ())), "cases": tuple(one.get("cases", ()))})
        for one in listed
    ]


def mutated(mutation: Mutation, root: Path = ROOT) -> str | None:
    """The file's text after the mutation; None if what it changes is not there exactly once."""
    text = (root / mutation.file).read_text(encoding="utf-8")
    if text.count(mutation.old) != 1 or mutation.old == mutation.new:
        return None
    return text.replace(mutation.old, mutation.new)
