# ruff: noqa: T201  (what it found is what it prints)
"""Hold the console's pages against WCAG 2.2 AA with axe: `python web/tools/accessibility.py URL`; exit 1 if a page fails.

Works against the development server with mocks, where everybody is logged in.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from screenshots import ARGS, DESKTOP, open_first, settle

AXE = Path(__file__).resolve().parents[1] / "node_modules" / "axe-core" / "axe.min.js"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def failures(page: Page) -> list[str]:
    """One line for each rule that a page breaks, with the first place where it does."""
    page.add_script_tag(path=AXE)
    found = page.evaluate("rules => axe.run(document, rules)", RULES)["violations"]
    return [
        f"{one['impact']} {one['id']} ({len(one['nodes'])}x): {one['nodes'][0]['html'][:150]}"
        f" {one['nodes'][0]['failureSummary'].splitlines()[1].strip()[:170]}"
        for one in found
    ]


def check(url: str) -> int:
    """Check every page in both colour schemes; how many rules were broken."""
    broken = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGS)
        for scheme in ("light", "dark"):
            page = browser.new_context(viewport=DESKTOP, color_scheme=scheme, locale="en-GB").new_page()
            station = open_first(page, url, "/stations?online=true")
            session = open_first(page, url, "/sessions?state=active")
            tabs = [f"{station}?tab={tab}" for tab in ("sessions", "messages", "variables", "commands", "details")]
            lists = [
                f"{url}{path}"
                for path in ("/login", "/", "/stations", "/sessions", "/locations", "/tariffs", "/id-tokens")
            ]
            for address in [*lists, session, *tabs]:
                page.goto(address)
                settle(page)
                for failure in failures(page):
                    broken += 1
                    print(scheme, address.removeprefix(url), failure)
        browser.close()
    return broken


if __name__ == "__main__":
    sys.exit(1 if check(sys.argv[1].rstrip("/")) else 0)
