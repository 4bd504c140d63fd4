"""What the manual claims: every row names tests that are there, and no requirement that the code names is missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MANUAL = ROOT / "docs/operating/station.md"
REQUIREMENT = re.compile(r"\b[A-Z]\d\d\.FR\.\d+")


def rows() -> list[list[str]]:
    """The cells of the table of claims."""
    section = MANUAL.read_text().partition("## What is claimed")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def found(reference: str, before: str) -> tuple[list[str], str]:
    """The tests, or the files, that a reference means, and its file; `…` stands for what is left out."""
    file, _, name = reference.rpartition("::") if "::" in reference else ("", "", reference)
    if name.endswith(".py"):
        file, name = name, ""
    elif not file:
        file = before
    folder = ROOT if file.startswith("tests/") else HERE
    files = sorted(folder.glob(file.replace("…", "*")))
    if not name:
        return [str(path) for path in files], file
    wanted = re.compile(re.escape(name).replace("…", r"\w*"))
    tests = [test for path in files for test in re.findall(r"def (test_\w+)", path.read_text())]
    return [test for test in tests if wanted.fullmatch(test)], file


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:60])
def test_every_claim_names_tests_that_are_there(row: list[str]) -> None:
    assert len(row) == 3, "requirement, value, tests"
    references, file = re.findall(r"`([^`]+)`", row[2]), ""
    assert references, "a claim without a test is none"
    for reference in references:
        tests, file = found(reference, file)
        assert tests, f"{reference} is not there"


def test_every_requirement_that_the_code_names_is_claimed_with_its_test() -> None:
    claimed = {number for row in rows() for number in REQUIREMENT.findall(row[0])}
    sources = [path for path in (ROOT / "src/voltway/station").rglob("*.py") if "conformance" not in path.parts]
    named = {number: path.name for path in sources for number in REQUIREMENT.findall(path.read_text())}
    assert sources
    assert {number: name for number, name in named.items() if number not in claimed} == {}
