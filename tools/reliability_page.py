"""Writes the table in docs/reliability.md: every fault scenario with its promises, its tests and what is not shown. `--check` compares.

The scenarios are tests/fleet/scenarios.py. Each test that it names must be there and must not be skipped or expected to fail; a
scenario is `shown` when it has tests and nothing is said to be missing, `in part` when it has tests and something is, and `not yet`
without tests. The last long run of the simulator (`make faults`) is told from docs/reliability-run.json.
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
from collections import Counter
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests"
sys.path.insert(0, str(TESTS))

from fleet.scenarios import PROMISES, SCENARIOS, Scenario  # noqa: E402

PAGE = ROOT / "docs" / "reliability.md"
RUN = ROOT / "docs" / "reliability-run.json"
BEGIN, END = "<!-- made by tools/reliability_page.py: begin -->", "<!-- end -->"


@cache
def tests_in(file: str) -> dict[str, list[str]]:
    """The tests of a file, each with its marks."""
    path = TESTS / f"{file}.py"
    if not path.exists():
        return {}
    found: dict[str, list[str]] = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found[node.name] = [ast.unparse(decorator) for decorator in node.decorator_list]
    return found


def problems_of(scenario: Scenario) -> list[str]:
    """What is wrong with the tests that a scenario names."""
    found = []
    for name in scenario.tests:
        file, _, test = name.partition("::")
        marks = tests_in(file).get(test)
        if marks is None:
            found.append(f"F{scenario.number:02}: there is no test {name}")
        elif any("mark.skip" in mark or "mark.xfail" in mark for mark in marks):
            found.append(f"F{scenario.number:02}: {name} is not run")
    unknown = [promise for promise in scenario.promises.split() if promise not in PROMISES]
    return found + [f"F{scenario.number:02}: there is no promise {promise}" for promise in unknown]


def status_of(scenario: Scenario) -> str:
    """`shown`, `in part` or `not yet`."""
    if not scenario.tests:
        return "not yet"
    return "in part" if scenario.missing else "shown"


def is_long(name: str) -> bool:
    """Whether a test runs with `make faults` only."""
    file, _, test = name.partition("::")
    return any("mark.long" in mark for mark in tests_in(file)[test])


def table() -> str:
    """The generated part of the page."""
    counts = Counter(map(status_of, SCENARIOS))
    lines = [
        f"{len(SCENARIOS)} scenarios: {counts['shown']} shown, {counts['in part']} in part, {counts['not yet']} not yet. "
        "A test with * runs with `make faults` only.",
        "",
        "| # | Fault | Promises | Status | Tests, below `tests/` |",
        "|---|---|---|---|---|",
    ]
    for scenario in SCENARIOS:
        tests = "<br>".join(f"`{name}`{' *' if is_long(name) else ''}" for name in scenario.tests) or "-"
        status = status_of(scenario) + (f": {scenario.missing}" if scenario.missing else "")
        lines.append(f"| F{scenario.number:02} | {scenario.fault} | {scenario.promises} | {status} | {tests} |")
    lines += ["", *run()]
    return "\n".join(lines)


def run() -> list[str]:
    """What the last long run of the simulator came to."""
    if not RUN.exists():
        return ["No long run of the simulator has been recorded yet."]
    result = json.loads(RUN.read_text(encoding="utf-8"))
    counts = "; ".join(f"{name}: {count:,}" for name, count in result["counts"].items())
    failed = f"failed: {', '.join(map(str, result['failed']))}" if result["failed"] else "none failed"
    return [f"The last long run of the simulator: {result['seeds']} seeds, {failed}. {counts}."]


def main() -> int:
    """Write the page, or compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit 1 if the page is not what would be written"
    )
    is_check = parser.parse_args().check
    problems = [problem for scenario in SCENARIOS for problem in problems_of(scenario)]
    if problems:
        print("\n".join(problems), file=sys.stderr)
        return 1
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    wanted = f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"
    if not is_check:
        PAGE.write_text(wanted, encoding="utf-8")
    elif wanted != text:
        print("docs/reliability.md is not what its scenarios say: run `make reliability-page`.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
