"""The frame of the console on a telephone, in a real browser."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from e2e.browser import find_chromium
from e2e.server_process import ServerProcess
from e2e.test_console import EMAIL, PASSWORD, browser, opened, server  # noqa: F401 - fixtures

pytestmark = pytest.mark.skipif(
    find_chromium() is None, reason="needs a browser: chromium or google-chrome on the PATH"
)

WIDTH = 390
OUTSIDE = """(width) => [...document.querySelectorAll("header *")]
    .filter((one) => one.checkVisibility() && (one.getBoundingClientRect().right > width || one.getBoundingClientRect().left < 0))
    .map((one) => one.outerHTML.slice(0, 200))"""


@pytest.mark.parametrize(
    ("language", "log_in", "email", "password", "menu", "account"),
    [
        ("de", "Anmelden", "E-Mail", "Passwort", "Menü", "Konto"),
        ("en", "Log in", "E-mail", "Password", "Menu", "Account"),
    ],
)
async def test_nothing_of_the_top_bar_is_outside_of_a_telephone(
    server: ServerProcess,  # noqa: F811
    browser: Browser,  # noqa: F811
    language: str,
    log_in: str,
    email: str,
    password: str,
    menu: str,
    account: str,
) -> None:
    async with opened(browser, server) as page:
        await page.set_viewport_size({"width": WIDTH, "height": 844})
        await page.add_init_script(f"localStorage.setItem('voltway.language', '{language}')")
        await page.goto("/")
        await page.get_by_label(email).fill(EMAIL)
        await page.get_by_label(password, exact=True).fill(PASSWORD)
        await page.get_by_role("button", name=log_in, exact=True).click()
        for name in (menu, account):
            await expect(page.get_by_role("banner").get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
        assert await page.evaluate(OUTSIDE, WIDTH) == []
        assert await page.evaluate("document.documentElement.scrollWidth") == WIDTH
