# ruff: noqa: T201  (what it found is what it prints)
"""Photograph the console's pages: `python web/tools/screenshots.py URL FOLDER [--email E --password P] [--only NAME]`.

Works against the development server with mocks (already logged in) and against a running Voltway (log-in given).
"""

import argparse
import re
import shutil
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SETTLE_MS = 1_200
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


def settle(page: Page) -> None:
    """Wait until data and charts are drawn. The live feed never ends, so the network never falls idle."""
    page.locator("h1").first.wait_for(timeout=15_000)
    page.wait_for_timeout(SETTLE_MS)
    page.locator(".mantine-Skeleton-root").first.wait_for(state="hidden", timeout=15_000)
    page.wait_for_timeout(SETTLE_MS // 4)


def shoot(page: Page, folder: Path, name: str, whole: bool = False) -> None:
    """Take a picture; of the whole page by a window as tall as the page, so that what is fixed stays in its place."""
    settle(page)
    folder.mkdir(parents=True, exist_ok=True)
    size = page.viewport_size or DESKTOP
    if whole:
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": size["width"], "height": max(height, size["height"])})
        page.wait_for_timeout(SETTLE_MS // 4)
    page.screenshot(path=folder / f"{name}.png")
    page.set_viewport_size(size)
    print(folder / f"{name}.png")


def open_first(page: Page, url: str, list_path: str) -> str:
    """Open the first row of a list and give its address."""
    page.goto(f"{url}{list_path}")
    page.locator("tbody tr a").first.click()
    page.wait_for_url(re.compile(r"/[0-9a-f]{8}-"))
    return page.url.split("?")[0]


def tour(page: Page, url: str, folder: Path, only: str | None) -> None:
    station = open_first(page, url, "/stations?online=true")
    session = open_first(page, url, "/sessions?state=active")
    stops = {
        "overview": f"{url}/",
        "stations": f"{url}/stations",
        "station": station,
        "station-messages": f"{station}?tab=messages",
        "station-variables": f"{station}?tab=variables",
        "station-commands": f"{station}?tab=commands",
        "station-details": f"{station}?tab=details",
        "sessions": f"{url}/sessions",
        "session": session,
        "locations": f"{url}/locations",
        "tariffs": f"{url}/tariffs",
        "id-tokens": f"{url}/id-tokens",
    }
    for name, address in stops.items():
        if only is None or only == name:
            page.goto(address)
            shoot(page, folder, name, whole=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--email")
    parser.add_argument("--password")
    parser.add_argument("--only")
    options = parser.parse_args()
    url = options.url.rstrip("/")
    options.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGS)
        for scheme in ("light", "dark"):
            context = browser.new_context(
                viewport=DESKTOP, color_scheme=scheme, locale="en-GB", timezone_id="Europe/Berlin"
            )
            page = context.new_page()
            page.on("pageerror", lambda error: print("page error:", error))
            page.on("console", lambda message: message.type == "error" and print("console:", message.text))
            page.goto(f"{url}/login")
            shoot(page, options.folder / scheme, "login")
            if options.email:
                page.get_by_label("E-mail").fill(options.email)
                page.get_by_label("Password", exact=True).fill(options.password)
                page.get_by_role("button", name="Log in").click()
                page.wait_for_url(f"{url}/")
            tour(page, url, options.folder / scheme, options.only)
            if scheme == "light" and options.only is None:
                page.set_viewport_size(PHONE)
                page.goto(f"{url}/")
                shoot(page, options.folder, "phone-overview")
                page.goto(f"{url}/stations")
                shoot(page, options.folder, "phone-stations")
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
