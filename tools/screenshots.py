"""Take the README's pictures of the console: `make screenshots`, or with ARGS="--folder /tmp/pictures --everything".

Starts a server with a demo network of its own, on free ports, waits until cars charge, and looks at the pages in a headless
Chromium. That takes a few minutes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from e2e.browser import find_chromium, launch_options, page_options  # noqa: E402
from e2e.server_process import ServerProcess  # noqa: E402
from voltway.app.demo.network import DRIVER, LOG_INS, PASSWORD  # noqa: E402

STATION = "HAM-04"  # two EVSEs of direct current: the liveliest figures
FREE_MIN, ACTIVE_MIN, SAMPLES_MIN = 4, 8, 5
FULL_PERCENT = 95  # a battery whose last hour shows how the power tapers off
PATIENCE_S = 600.0
LOOK_S = 1.0

PHONE = {"width": 390, "height": 844}
STATION_TABS = ("timeline", "messages", "variables", "commands", "details")
CONSOLE_PAGES = (
    *(
        "stations",
        "stations/import",
        "onboarding",
        "sessions",
        "tickets",
        "templates",
        "firmware-campaigns",
        "bulk-orders",
    ),
    *("locations", "tariffs", "id-tokens", "id-tokens/import", "fleets"),
    *("payments", "documents", "ledger", "reports"),
    *("incidents", "detection-rules", "notification-policies", "audit", "certificates"),
    *("staff", "machines", "webhooks", "mails", "account"),
)
APP_PAGES = {"me": "me", "bookings": "bookings", "charge": "charge", "reports": "reports"}
"""Of a driver who is logged in: name of the picture, path."""


class Network:
    """The demo network, as the API tells of it."""

    def __init__(self, server: ServerProcess) -> None:
        headers = {"Authorization": f"Bearer {server.make_key()}"}
        self._client = httpx.Client(base_url=server.api, headers=headers, trust_env=False)

    def _get(self, path: str, **query: Any) -> Any:
        return self._client.get(path, params=query).raise_for_status().json()

    def is_lively(self) -> bool:
        """Whether cars charge at many places, and some are free."""
        now = self._get("/overview")
        return bool(now["sessions"]["active"] >= ACTIVE_MIN and now["connectors"].get("Available", 0) >= FREE_MIN)

    def is_station_lively(self) -> bool:
        """Whether the station of the pictures charges a car at each EVSE, for a while, and not both alike."""
        here = self._get("/sessions", station_identity=STATION, state="active")["items"]
        samples = [len(self._get(f"/sessions/{session['id']}/samples")["items"]) for session in here]
        return len({session["power_w"] for session in here}) == 2 and min(samples) >= SAMPLES_MIN

    def station_path(self) -> str:
        (station,) = self._get("/charging-stations", identity=STATION)["items"]
        return f"/stations/{station['id']}"

    def session_path(self) -> str:
        """The page of the past session with the most energy among those that filled a battery."""
        past = self._get("/sessions", state="ended", limit=500)["items"]
        full = [session for session in past if (session["soc_percent"] or 0) >= FULL_PERCENT]
        return f"/sessions/{max(full or past, key=lambda session: session['energy_wh'])['id']}"

    def app_paths(self) -> dict[str, str]:
        """What a guest of the app looks at: name of the picture, path."""
        place = self._get("/locations")["items"][0]["id"]
        return {
            "places": "",
            "map": "map",
            "enter": "c",
            "place": f"places/{place}",
            "book": f"book/{place}",
            "queue": f"queue/{place}",
        }


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit("The demo network did not come to life.")
        time.sleep(LOOK_S)


def log_in(page: Page) -> None:
    page.goto("/")
    page.get_by_label("E-mail").fill(LOG_INS[0].email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible(timeout=30_000)


def log_in_to_app(page: Page) -> None:
    page.goto("/app/#/me")
    page.get_by_label("E-mail").fill(DRIVER.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_text(DRIVER.name)).to_be_visible(timeout=30_000)


def settle(page: Page) -> None:
    """Wait until the data is there and the charts are drawn. The live feed never ends, so the network is never idle."""
    expect(page.locator("h1")).to_be_visible(timeout=30_000)
    expect(page.locator(".mantine-Skeleton-root")).to_have_count(0, timeout=30_000)
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(1_500)  # the bars and curves grow into place


def save(page: Page, file: Path) -> None:
    page.screenshot(path=file)
    print(f"{file} ({file.stat().st_size // 1000} kB)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--everything", action="store_true", help="every page, in both colour schemes and on a phone")
    options = parser.parse_args()
    if find_chromium() is None:
        raise SystemExit("The pictures need chromium or google-chrome on the PATH.")
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        server = ServerProcess(Path(folder) / "data")
        server.start("--demo")
        try:
            take(Network(server), f"http://localhost:{server.http_port}", options.folder, options.everything)
        finally:
            server.stop()


def take(network: Network, url: str, folder: Path, everything: bool) -> None:
    looks: dict[str, dict[str, Any]] = {"": page_options(), "-dark": page_options("dark")}
    if everything:
        looks["-phone"] = page_options() | {"viewport": PHONE}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        pages = {suffix: browser.new_context(base_url=url, **look).new_page() for suffix, look in looks.items()}
        for page in pages.values():
            log_in(page)

        def shoot(name: str, path: str, suffixes: Iterable[str]) -> None:
            for suffix in suffixes:
                pages[suffix].goto(path)
                settle(pages[suffix])
                save(pages[suffix], folder / f"{name}{suffix}.png")

        wait_until(network.is_lively)
        shoot("overview", "/", looks)
        wait_until(network.is_station_lively)
        station = network.station_path()
        shoot("station", station, looks if everything else [""])
        shoot("session", network.session_path(), looks if everything else [""])
        if everything:
            for tab in STATION_TABS:
                shoot(f"station-{tab}", f"{station}?tab={tab}", looks)
            for name in CONSOLE_PAGES:
                shoot(name.replace("/", "-"), f"/{name}", looks)
            take_app(
                browser.new_context(base_url=url, **page_options() | {"viewport": PHONE}).new_page(), network, folder
            )
        browser.close()


def take_app(page: Page, network: Network, folder: Path) -> None:
    """The driver app on a phone: first as a guest, then as the demo's driver."""

    def shoot(name: str, path: str) -> None:
        page.goto(f"/app/#/{path}")
        page.reload()  # a change behind the # alone is no new page
        settle(page)
        save(page, folder / f"app-{name}.png")

    for name, path in network.app_paths().items():
        shoot(name, path)
    log_in_to_app(page)
    for name, path in APP_PAGES.items():
        shoot(name, path)


if __name__ == "__main__":
    main()
