"""Breaks our code on purpose, one listed mutation after the other, in a copy: the tests named beside it must go red.

    python tools/mutate.py                 all of tests/mutations.toml
    python tools/mutate.py ocpp16 -j 2     those whose name has this word; two at one time

Exit code 1: a mutation survived, or the text that it changes is not there (once) any more. A mutation that survives is a rule
that no test holds: write the test. Nothing in the working tree is touched.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "tests" / "mutations.toml"
TIMEOUT_S = 300
COPIED = ("src", "tests", "tools", "pyproject.toml", "openapi.json")
NO_TESTS_RAN = (4, 5)
"""pytest's exit codes for a wrong command line, and for no test found."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """In `file`, `old` (which stands there once) becomes `new`; then `tests` must fail."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def read_list(path: Path = LIST) -> list[Mutation]:
    listed: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["mutation"]
    return [Mutation(**{**one, "tests": tuple(one["tests"])}) for one in listed]


def mutated(mutation: Mutation, root: Path = ROOT) -> str | None:
    """The file's text after the mutation; None if what it changes is not there exactly once."""
    text = (root / mutation.file).read_text(encoding="utf-8")
    if text.count(mutation.old) != 1 or mutation.old == mutation.new:
        return None
    return text.replace(mutation.old, mutation.new)


def try_out(mutation: Mutation, copy: Path) -> str:
    """`killed`, or what is wrong. The copy is put back as it was."""
    text = mutated(mutation)
    if text is None:
        return "TEXT NOT FOUND"
    target = copy / mutation.file
    target.write_text(text, encoding="utf-8")
    try:
        # The copy's `src` stands before the editable install on the path.
        environment = os.environ | {"PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *mutation.tests]
        done = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return "killed (the tests hang)"
    finally:
        shutil.copyfile(ROOT / mutation.file, target)
    if done.returncode in NO_TESTS_RAN:
        return f"NO TEST RAN: {done.stdout[-300:]}"
    return "killed" if done.returncode else "SURVIVED"


def main() -> int:
    parser = argparse.ArgumentParser(description="Break our code in listed ways and see the tests go red.")
    parser.add_argument("word", nargs="*", help="only mutations whose name has this word")
    parser.add_argument("-j", "--jobs", type=int, default=2, help="how many at one time")
    options = parser.parse_args()
    chosen = [one for one in read_list() if not options.word or any(word in one.name for word in options.word)]
    if not chosen:
        print("no mutation has this name")
        return 1
    with tempfile.TemporaryDirectory(prefix="voltway-mutate-") as folder:
        copies = [make_copy(Path(folder) / str(number)) for number in range(min(options.jobs, len(chosen)))]
        shares = [chosen[number :: len(copies)] for number in range(len(copies))]
        with ThreadPoolExecutor(len(copies)) as pool:
            survivors = sum(pool.map(try_share, shares, copies))
    print(f"{len(chosen)} mutations, {survivors} of them not killed")
    return 1 if survivors else 0


def try_share(share: list[Mutation], copy: Path) -> int:
    """How many were not killed."""
    survivors = 0
    for mutation in share:
        outcome = try_out(mutation, copy)
        survivors += not outcome.startswith("killed")
        print(f"{outcome:10} {mutation.name}", flush=True)
    return survivors


def make_copy(folder: Path) -> Path:
    folder.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(
                source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules", "*.pyc")
            )
        elif source.exists():
            shutil.copyfile(source, folder / name)
    return folder


if __name__ == "__main__":
    sys.exit(main())
