"""A driver's account in the app: cars that are known by their address, in a real browser at the real server."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.async_api import expect

from e2e.browser import find_chromium
from e2e.server_process import ServerProcess
from e2e.test_accessibility import AXE, broken_rules
from e2e.test_driver_books import SIZES, a_driver, a_page, log_in, picture

AUTOCHARGE = {
    "energy_wh_per_session": 60_000,
    "cost_per_day": {"minor": 4_000, "currency": "EUR"},
    "time_zone": "Europe/Berlin",
}

pytestmark = [
    pytest.mark.skipif(find_chromium() is None, reason="needs a browser: chromium or google-chrome on the PATH"),
    pytest.mark.skipif(not AXE.exists(), reason="needs the web packages: make web"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, on_database: dict[str, str]) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.mktemp("cars") / "data", environment=on_database)
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def key(server: ServerProcess) -> str:
    return server.make_key()


@pytest.mark.parametrize("size", SIZES)
async def test_driver_has_a_car_known_where_the_network_offers_it(server: ServerProcess, key: str, size: str) -> None:
    email, mac = f"cars-{size}@voltway.example", f"00:1A:2B:3C:4D:{list(SIZES).index(size):02d}"
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        httpx.AsyncClient(base_url=server.api, headers=headers, trust_env=False, timeout=30) as api,
        a_driver(server, api, email),
        a_page(server, size) as page,
    ):
        await page.goto("/app/#/bookings")
        await log_in(page, email)
        await expect(page.get_by_role("heading", name="Bookings and queue")).to_be_visible()
        await page.get_by_role("link", name="Account").click()
        await expect(page.get_by_role("heading", name="Hello, Dana")).to_be_visible()
        await expect(page.get_by_role("region", name="Cars and AutoCharge")).to_have_count(0)
        answer = await api.put("/access-settings", json={"autocharge": AUTOCHARGE})
        assert answer.is_success, answer.text
        await page.reload()
        cars = page.get_by_role("region", name="Cars and AutoCharge")
        await cars.get_by_label("Know my cars by their address").click()
        await expect(cars.get_by_label("Know my cars by their address")).to_be_checked()
        await cars.get_by_text("Add a car").first.click()
        await cars.get_by_label("Address of the car").fill("a car")
        await cars.get_by_label("What to call it").fill("Blue one")
        await cars.get_by_role("button", name="Add a car").click()
        await expect(cars.get_by_text("That is not such an address.")).to_be_visible()
        await cars.get_by_label("Address of the car").fill(mac)
        await cars.get_by_role("button", name="Add a car").click()
        await expect(cars.get_by_role("listitem")).to_contain_text("Blue one")
        broken = await broken_rules(page)
        await picture(page, f"cars-{size}")
        await cars.get_by_role("button", name="Remove: Blue one").click()
        await expect(cars.get_by_role("listitem")).to_have_count(0)

        await api.put("/access-settings", json={"autocharge": None})
        assert broken == []
