"""The table of rules in docs/detection.md, written from the rules themselves.

python tools/detection_page.py            write it
python tools/detection_page.py --check    fail if it is not what it should be
"""

from __future__ import annotations

import sys
from pathlib import Path

from voltway.modules.detection.rules_table import RULES, Rule

PAGE = Path(__file__).resolve().parents[1] / "docs" / "detection.md"
BEGIN, END = "<!-- rules: tools/detection_page.py writes what follows -->\n", "<!-- end of rules -->"


def row(rule: Rule) -> str:
    """One line of the table."""
    thresholds = "; ".join(
        f"`{name}` {each.default:g} {each.unit}".rstrip() + f" ({each.low:g} to {each.high:g})"
        for name, each in rule.parameters.items()
    )
    severities = dict.fromkeys([*(each.severity or rule.severity for each in rule.checks)])
    if any(getattr(each, "graver", "") for each in rule.checks):
        severities["critical"] = None  # type: ignore[index]
    source = rule.source or "**waiting for a source**"
    if rule.waits_for:
        source += f"; waits for: {rule.waits_for}"
    signal = f"**{rule.title}**: {rule.signal}"
    return f"| {rule.id} | {signal} | {thresholds or 'each'} | {', '.join(severities)} | {rule.action} | {source} |"


def table() -> str:
    """The whole table."""
    head = "| Id | What is watched | Thresholds (bounds) | Severity | Proposes | Told by |\n|---|---|---|---|---|---|\n"
    return head + "\n".join(map(row, RULES)) + "\n"


def page(text: str) -> str:
    """The page with its table as it should be."""
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + "\n" + table() + "\n" + END + rest.partition(END)[2]


if __name__ == "__main__":
    written = PAGE.read_text(encoding="utf-8")
    wanted = page(written)
    if sys.argv[1:] == ["--check"]:
        if written != wanted:
            raise SystemExit("docs/detection.md is not what the rules say: run python tools/detection_page.py")
    else:
        PAGE.write_text(wanted, encoding="utf-8")
