"""The lists of `make mutate`: each entry can still be made, so that no mutation is lost unnoticed between two runs of it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
OF_CASES = sorted((ROOT / "tests" / "conformance" / "mutations").glob("*.toml"))


def read(path: Path, what: str) -> list[dict[str, Any]]:
    return list(tomllib.loads(path.read_text(encoding="utf-8"))[what])


LISTED = [one for path in (ROOT / "tests" / "mutations.toml", *OF_CASES) for one in read(path, "mutation")]
CASES = {
    case["id"]: case["letter"]
    for path in (ROOT / "tests" / "conformance" / "cases").glob("*.toml")
    for case in read(path, "case")
}


def test_every_mutation_changes_text_that_stands_there_once() -> None:
    gone = [one["name"] for one in LISTED if (ROOT / one["file"]).read_text(encoding="utf-8").count(one["old"]) != 1]
    assert gone == [], "mend the lists of mutations: what these change is not there once any more"
    assert all(one["old"] != one["new"] for one in LISTED)
    assert len({one["name"] for one in LISTED}) == len(LISTED) >= 400


def test_every_mutation_names_tests_or_cases_that_are_there() -> None:
    assert [one["name"] for one in LISTED if not one.get("tests") and not one.get("cases")] == []
    assert [test for one in LISTED for test in one.get("tests", ()) if not (ROOT / test).exists()] == []
    assert {case for one in LISTED for case in one.get("cases", ())} <= set(CASES)
    assert [one["name"] for one in LISTED if len(set(one.get("cases", ()))) != len(one.get("cases", ()))] == []


def test_every_case_is_named_by_a_mutation() -> None:
    assert set(CASES) - {case for one in LISTED for case in one.get("cases", ())} == set()


def test_no_mutation_of_cases_breaks_what_plays_them() -> None:
    """It is our code that is broken, not the stations that look at it."""
    broken = {one["file"] for one in LISTED if one.get("cases")}
    assert [file for file in sorted(broken) if not file.startswith("src/voltway/")] == []
    assert [file for file in sorted(broken) if file.startswith("src/voltway/station/")] == []
