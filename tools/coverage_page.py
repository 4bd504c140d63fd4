"""Writes docs/ocpp-coverage.md: which messages are handled, which certification cases have a test. `--check` compares.

Everything on the page is found by machine, by these rules:

- A message *from* a station is `handled` when its row in the dialect's table reads it into a report or an ask (or it is the
  heartbeat, whose answer is all there is), `answered` when the row only answers, `-` when there is no row.
- A message *to* a station is `command` when a file of the dialects makes its request struct (`v16.ResetRequest(...)`; what is
  made of `v201` is said in 2.1 too, what a row makes of the `version` or `wire` that it is given in both), else `raw call`:
  the API sends any message that the schema allows.
- A message is *tested* in a version when a test file that drives a real socket (tests/gateway, tests/conformance, tests/e2e,
  and the scripts of `voltway conformance`) has its name as a text of its own and speaks that version: it names the version,
  or takes its stations from a file beside it that does. The generated bad input, which names every message, does not count.
- A case has a *test* when a test function has its whole id in its name (`test_tc_i_113_tc_i_114_...`), when a parameter of
  one has an id that begins with it (`pytest.param(..., id="tc_i_114")`, `ids=["tc_a_11_csms", ...]`), or when `voltway
  conformance` has a script for it, which test_conformance_command.py runs. Its *result* is `skipped` when such a function or
  parameter is marked skip or xfail; otherwise CI has to see it pass: a test that fails is no commit.
- A case is *turned red by* the listed mutations that name it (mutation_lists.py): `make mutate` breaks our code so, and sees a test
  of the case fail. `--check` wants one for every M and C case.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from mutation_lists import read_lists
from voltway.modules.gateway.dialects import ocpp16, ocpp21, ocpp201
from voltway.modules.gateway.dialects.base import Dialect
from voltway.modules.gateway.dialects.rows import read_nothing
from voltway.station.conformance.running import CASES
from voltway.wire.ocpp import v16, v21, v201

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "ocpp-coverage.md"
CASE_LISTS = ROOT / "tests" / "conformance" / "cases"
DIALECT_FILES = ROOT / "src" / "voltway" / "modules" / "gateway" / "dialects"
COMMAND_TEST = "tests/conformance/test_conformance_command.py"
NOT_COUNTED = (
    "test_bad_messages.py",
    "test_business_answers.py",
    "test_coverage_page.py",
    "broken_csms.py",
    "answers.py",
)


class Version(NamedTuple):
    """One version of OCPP, as far as this page needs it."""

    dialect: Dialect
    actions: dict[str, Any]
    modules: tuple[str, ...]
    """Whose structs its commands are made of."""
    marks: tuple[str, ...]
    """What a file says that speaks it."""


VERSIONS = (
    Version(ocpp16.DIALECT, v16.ACTIONS, ("v16",), ("ocpp1.6", "v16", "V16")),
    Version(ocpp201.DIALECT, v201.ACTIONS, ("v201", "version", "wire"), ("ocpp2.0.1", "v201", "V2", "V201")),
    Version(ocpp21.DIALECT, v21.ACTIONS, ("v21", "v201", "version", "wire"), ("ocpp2.1", "v21", "V2", "V21")),
)


# ---- what is found


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_files() -> Iterator[Path]:
    """What drives a real socket."""
    for folder in ("tests/gateway", "tests/conformance", "tests/e2e", "src/voltway/station/conformance"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.name not in NOT_COUNTED and "dialects" not in path.parts:
                yield path


@cache
def named_in(path: Path) -> frozenset[str]:
    """Every text and name in a file, but not its docstrings' words."""
    texts = {
        node.value for node in ast.walk(tree_of(path)) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    names = {node.id for node in ast.walk(tree_of(path)) if isinstance(node, ast.Name)}
    return frozenset(texts | names)


def speaks(path: Path, version: Version) -> bool:
    """A file speaks the versions that it names; one that names none speaks those of the stations that it takes from a file
    beside it, or 1.6 if it is a gateway test: that is what a raw station offers by itself."""
    if path.name == "say_2.py":
        return "2" in version.dialect.protocol
    named = named_in(path)
    if not any(mark in named for other in VERSIONS for mark in other.marks):
        beside = [named_in(neighbour) for neighbour in neighbours(path)]
        if any(mark in names for names in beside for other in VERSIONS for mark in other.marks):
            named = frozenset().union(*beside)
        else:
            return version.dialect.protocol == "ocpp1.6" and path.parent.name == "gateway"
    return any(mark in named for mark in version.marks)


def neighbours(path: Path) -> list[Path]:
    """The files beside this one that it imports from; not the fixtures of the folder, which say nothing of this file."""
    found = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            neighbour = path.parent / f"{node.module.rpartition('.')[2]}.py"
            if (node.level == 1 or node.module.startswith(f"{path.parent.name}.")) and neighbour.exists():
                found.append(neighbour)
    return [neighbour for neighbour in found if neighbour.name != "conftest.py"]


def tests_of_action(action: str, version: Version) -> list[str]:
    return [
        path.relative_to(ROOT).as_posix() for path in test_files() if action in named_in(path) and speaks(path, version)
    ]


@cache
def made_requests() -> frozenset[str]:
    """`v16.ResetRequest` and so on: the request structs that the dialects make."""
    made = set()
    for path in sorted(DIALECT_FILES.rglob("*.py")):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Attribute) and node.attr.endswith("Request"):
                made.add(ast.unparse(node))
    return frozenset(made)


def handling(action: str, version: Version) -> str:
    """What we do with a message of a station."""
    row = version.dialect.reports.get(action)
    if row is None:
        return "-"
    return "answered" if row.read is read_nothing and action != "Heartbeat" else "handled"


def sending(action: str, version: Version) -> str:
    """How we send a message to a station."""
    is_made = any(f"{module}.{action}Request" in made_requests() for module in version.modules)
    return "command" if is_made else "raw call"


class Function(NamedTuple):
    """A test function, or one parameter of it that has an id of its own: `test_install[tc_m_01]`."""

    path: str
    name: str
    is_skipped: bool


@cache
def functions() -> tuple[Function, ...]:
    found = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        where = path.relative_to(ROOT).as_posix()
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                marks = [mark for mark in node.decorator_list if "parametrize" not in ast.unparse(mark)]
                is_skipped = any(map(skips, marks))
                found.append(Function(where, node.name, is_skipped))
                found += [
                    Function(where, f"{node.name}[{name}]", is_skipped or is_left_out)
                    for name, is_left_out in parameter_ids(node)
                ]
    return tuple(found)


def skips(node: ast.AST) -> bool:
    return re.search(r"mark\.(skip|xfail)", ast.unparse(node)) is not None


def parameter_ids(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, bool]]:
    """Each id that is written out for a parameter, and whether that parameter is skipped."""
    for decorator in function.decorator_list:
        for call in ast.walk(decorator):
            if isinstance(call, ast.Call):
                given = {keyword.arg: keyword.value for keyword in call.keywords}
                for node in [given.get("id"), *getattr(given.get("ids"), "elts", [])]:
                    if isinstance(node, ast.Constant) and isinstance(node.value, str):
                        yield node.value, "marks" in given and skips(given["marks"])


def tests_of_case(case_id: str, protocol: str) -> list[Function]:
    """By the whole id in the name of a function or of a parameter: test_tc_001..., test_tc_e_01_tc_e_02..., [tc_e_01]."""
    whole_id = rf"{case_id.lower()}(?![0-9])(?!_[0-9]+(_|\]|$))"
    name = re.compile(rf"^test_([^[]*_)?{whole_id}[^[]*$|\[{whole_id}", re.ASCII)
    found = [function for function in functions() if name.search(function.name)]
    parameters = {(one.path, one.name.partition("[")[0]) for one in found if "[" in one.name}
    found = [one for one in found if (one.path, one.name) not in parameters]
    if any(case.case_id == case_id and protocol in case.protocols for case in CASES):
        found.append(Function(COMMAND_TEST, f"test_case_passes_on_ourselves[{case_id}-{protocol}]", False))
    return found


def tests_of_case_anywhere(case_id: str) -> list[Function]:
    """An id belongs to one version; a script's test is that of the version that lists the case."""
    return [
        test
        for version in VERSIONS
        if case_id in {case["id"] for case in listed_cases(version.dialect.protocol)}
        for test in tests_of_case(case_id, version.dialect.protocol)
    ]


@cache
def mutations_of_cases() -> dict[str, list[str]]:
    """The names of the mutations that turn each case red."""
    found: dict[str, list[str]] = {}
    for mutation in read_lists():
        for case_id in mutation.cases:
            found.setdefault(case_id, []).append(mutation.name)
    return found


# ---- what is written


def page() -> str:
    lines = [
        "# What of OCPP is covered",
        "",
        "Generated by `make coverage-page` from the dialects' tables and the tests; `make lint` compares. The rules are in",
        "`tools/coverage_page.py`. Nothing here is claimed without a test.",
        "",
    ]
    tables = [(version, case_table(version)) for version in VERSIONS]
    lines += [
        "| Version | Messages tested | Cases with a test | Must-cases (M, C) without one | Cases that a mutation turns red |",
        "|---|---|---|---|---|",
    ]
    for version, cases in tables:
        tested = sum(bool(tests_of_action(action, version)) for action in version.actions)
        done = sum(bool(case["tests"]) for case in cases)
        holes = sum(not case["tests"] for case in cases if case["letter"] != "-")
        red = sum(bool(case["mutations"]) for case in cases)
        lines.append(
            f"| {version.dialect.protocol} | {tested} of {len(version.actions)} | {done} of {len(cases)} | {holes} "
            f"| {red} of {len(cases)} |"
        )
    lines += ["", "## Messages", ""]
    for version in VERSIONS:
        lines += message_lines(version)
    lines += ["## Cases", ""]
    for version, cases in tables:
        lines += case_lines(version, cases)
    return "\n".join(lines).rstrip() + "\n"


def message_lines(version: Version) -> list[str]:
    lines = [
        f"### {version.dialect.protocol}",
        "",
        "| Message | From stations | To stations | Tested in |",
        "|---|---|---|---|",
    ]
    for name, action in sorted(version.actions.items()):
        from_station = handling(name, version) if action.sender in ("station", "both") else ""
        to_station = sending(name, version) if action.sender in ("csms", "both") else ""
        files = tests_of_action(name, version)
        more = f" and {len(files) - 1} more" if len(files) > 1 else ""
        lines.append(f"| {name} | {from_station} | {to_station} | {files[0] + more if files else '**missing**'} |")
    return [*lines, ""]


@cache
def listed_cases(protocol: str) -> list[dict[str, Any]]:
    listed = tomllib.loads((CASE_LISTS / f"{protocol}.toml").read_text(encoding="utf-8"))["case"]
    return list(listed)


def case_table(version: Version) -> list[dict[str, Any]]:
    protocol, killed = version.dialect.protocol, mutations_of_cases()
    return [
        case | {"tests": tests_of_case(case["id"], protocol), "mutations": killed.get(case["id"], [])}
        for case in listed_cases(protocol)
    ]


def without_mutation() -> list[str]:
    """The M and C cases that no listed mutation turns red."""
    return [
        case["id"]
        for version in VERSIONS
        for case in case_table(version)
        if case["letter"] != "-" and not case["mutations"]
    ]


def case_lines(version: Version, cases: list[dict[str, Any]]) -> list[str]:
    lines = [f"### {version.dialect.protocol}", ""]
    group = None
    for case in cases:
        if case["group"] != group:
            group = case["group"]
            head = [
                f"#### {group} ({version.dialect.protocol})",
                "",
                "| Case | | Title | Test | Result | Turned red by |",
                "|---|---|---|---|---|---|",
            ]
            lines += ([""] if lines[-1] else []) + head
        tests: list[Function] = case["tests"]
        shown = "<br>".join(f"`{test.path.rpartition('/')[2]}::{test.name}`" for test in tests) or "**missing**"
        result = "-" if not tests else "skipped" if all(test.is_skipped for test in tests) else "must pass"
        title, red_by = case["title"].replace("|", "/"), "; ".join(case["mutations"]) or "**nothing**"
        lines.append(f"| {case['id']} | {case['letter']} | {title} | {shown} | {result} | {red_by} |")
    return [*lines, ""]


def main() -> int:
    parser = argparse.ArgumentParser(description="Write docs/ocpp-coverage.md.")
    parser.add_argument("--check", action="store_true", help="only say whether the page is up to date")
    text = page()
    if unbroken := without_mutation():
        print(f"no mutation turns these cases red (tests/conformance/mutations): {', '.join(unbroken)}")
        return 1
    if not parser.parse_args().check:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    print(f"{PAGE.relative_to(ROOT)} is out of date: make coverage-page")
    return 1


if __name__ == "__main__":
    sys.exit(main())
