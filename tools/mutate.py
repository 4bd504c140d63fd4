"""Breaks our code on purpose, one listed mutation after the other, in a copy: the tests named beside it must go red.

    python tools/mutate.py                 all that is listed
    python tools/mutate.py ocpp16 -j 2     those whose name, file or case is or has this word; two at one time

The lists are named in mutation_lists.py. `tests` are files: one red test is enough. `cases` are case ids of a certification: of
**each** of them a test that docs/ocpp-coverage.md names for it must go red.

Exit code 1: a mutation survived, or the text that it changes is not there (once) any more. A mutation that survives is a rule
that no test holds: write the test. Nothing in the working tree is touched.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from coverage_page import COMMAND_TEST, Function, tests_of_case_anywhere
from mutation_lists import ROOT, Mutation, mutated, read_lists

TIMEOUT_S = 600
ENDS_WITHIN_S = 60
COPIED = ("src", "tests", "tools", "pyproject.toml", "openapi.json")
NO_TESTS_RAN = (4, 5)
"""pytest's exit codes for a wrong command line, and for no test found."""


def try_out(mutation: Mutation, copy: Path) -> str:
    """`killed`, or what is wrong. The copy is put back as it was."""
    text = mutated(mutation)
    if text is None:
        return "TEXT NOT FOUND"
    if not is_python(mutation.file, text):
        return "NOT PYTHON ANY MORE"
    target = copy / mutation.file
    target.write_text(text, encoding="utf-8")
    try:
        found = [try_cases(mutation, copy)] if mutation.cases else []
        found += [try_tests(mutation, copy)] if mutation.tests else []
    finally:
        shutil.copy2(ROOT / mutation.file, target)
    return next((outcome for outcome in found if not outcome.startswith("killed")), "killed")


def is_python(name: str, text: str) -> bool:
    """Whether a mutation can be run at all: tests that only fail to load it have seen nothing."""
    try:
        compile(text, name, "exec")
    except SyntaxError:
        return not name.endswith(".py")
    return True


def try_tests(mutation: Mutation, copy: Path) -> str:
    """The first red test is enough."""
    try:
        done = pytest_in(copy, "-x", *mutation.tests)
    except subprocess.TimeoutExpired:
        return "killed (the tests hang)"
    if done.returncode in NO_TESTS_RAN:
        return f"NO TEST RAN: {done.stdout[-300:]}"
    return "killed" if done.returncode else "SURVIVED"


def try_cases(mutation: Mutation, copy: Path) -> str:
    """Of each case, a test must be red: what it says must fail, not what is set up for it."""
    of_case = {case: tests_of_case_anywhere(case) for case in mutation.cases}
    nodes = sorted({node_of(test) for tests in of_case.values() for test in tests})
    try:
        done = pytest_in(copy, "--tb=no", "-rf", *nodes)
    except subprocess.TimeoutExpired:
        return "THE CASES HANG: which of them are red is not known"
    if done.returncode in NO_TESTS_RAN:
        return f"NO TEST RAN: {done.stdout[-300:]}"
    red = re.findall(r"^FAILED (\S+)", done.stdout, re.MULTILINE)
    alive = [case for case, tests in of_case.items() if not any(is_red(test, red) for test in tests)]
    return f"SURVIVED {' '.join(alive)}" if alive else "killed"


def node_of(test: Function) -> str:
    """What pytest is asked to run. A parameter's whole name is known where it is the only one; else all of its function runs."""
    is_whole = test.path == COMMAND_TEST or "[" not in test.name
    return f"{test.path}::{test.name if is_whole else test.name.partition('[')[0]}"


def is_red(test: Function, red: list[str]) -> bool:
    """Whether the test is red, or one of its parameters: that which the page names, beside whatever others."""
    function, _, parameter = f"{test.path}::{test.name}".removesuffix("]").partition("[")
    for one in red:
        name, _, parameters = one.removesuffix("]").partition("[")
        if name == function and (not parameter or f"-{parameter}-" in f"-{parameters}-"):
            return True
    return False


def pytest_in(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Raises TimeoutExpired, with nothing left running that the tests have started."""
    # The copy's `src` stands before the editable install on the path.
    environment = os.environ | {"PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    out = subprocess.PIPE
    with subprocess.Popen(command, cwd=copy, env=environment, stdout=out, stderr=out, text=True) as process:
        try:
            said, _ = process.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)  # pytest puts away what is set up
            try:
                process.communicate(timeout=ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
            raise
    return subprocess.CompletedProcess(command, process.returncode, said)


def main() -> int:
    parser = argparse.ArgumentParser(description="Break our code in listed ways and see the tests go red.")
    parser.add_argument("word", nargs="*", help="only mutations whose name, file or case has this word")
    parser.add_argument("-j", "--jobs", type=int, default=2, help="how many at one time")
    options = parser.parse_args()
    chosen = [one for one in read_lists() if not options.word or any(map(one.has, options.word))]
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
            # With what is compiled already, which holds since the times of the files are copied too.
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("node_modules"))
        elif source.exists():
            shutil.copyfile(source, folder / name)
    return folder


if __name__ == "__main__":
    sys.exit(main())
