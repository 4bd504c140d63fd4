"""Who works here and how they log in, at the console, in a real browser: a member is removed, a policy names roles, incidents
find somebody to tell."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from e2e.browser import find_chromium
from e2e.server_process import ServerProcess
from e2e.test_accessibility import broken_rules
from e2e.test_console import api, browser, log_in, opened, server  # noqa: F401 - fixtures

pytestmark = pytest.mark.skipif(
    find_chromium() is None, reason="needs a browser: chromium or google-chrome on the PATH"
)

PASSWORD = "another long enough password 4712"


async def cleared(page: Page) -> list[str]:
    """What axe finds once no dialog and no word of success is on the page any more."""
    await expect(page.get_by_role("dialog")).to_have_count(0)
    return await broken_rules(page)


async def test_a_member_is_removed_and_is_out_at_once(
    server: ServerProcess,  # noqa: F811
    api: httpx.AsyncClient,  # noqa: F811
    browser: Browser,  # noqa: F811
) -> None:
    server.command("admin", "create", "--email", "mo@voltway.example", "--password-stdin", typed=f"{PASSWORD}\n")
    async with httpx.AsyncClient(base_url=server.api, trust_env=False) as mo:
        assert (await mo.post("/login", json={"email": "mo@voltway.example", "password": PASSWORD})).is_success
        assert (await mo.get("/members")).status_code == 200
        async with opened(browser, server) as page:
            await page.goto("/staff")
            await log_in(page)
            row = page.get_by_role("row", name=re.compile("mo@voltway.example"))
            await expect(row).to_be_visible()
            assert await cleared(page) == []
            await row.get_by_role("button", name="Remove").click()
            await page.get_by_role("dialog").get_by_role("button", name="Remove for good").click()
            await expect(row).to_have_count(0)
        assert (await mo.get("/members")).status_code == 401
    acts = (await api.get("/audit-entries", params={"action": "member.removed"})).json()["items"]
    assert len(acts) == 1


async def test_a_policy_says_who_needs_a_second_factor_and_who_has_none_yet(
    server: ServerProcess,  # noqa: F811
    api: httpx.AsyncClient,  # noqa: F811
    browser: Browser,  # noqa: F811
) -> None:
    async with opened(browser, server) as page:
        await page.goto("/staff?tab=policy")
        await log_in(page)
        await page.get_by_role("checkbox", name="Administrator", exact=True).check()
        await expect(page.get_by_text(re.compile("no second factor yet and 14 days"))).to_be_visible()
        await page.get_by_role("button", name=re.compile("^Save")).click()
        await expect(page.get_by_text(re.compile("In force since"))).to_be_visible()
        assert await cleared(page) == []
    assert (await api.get("/log-in-policy")).json()["mfa_roles"] == ["operator_admin"]


async def test_incidents_find_somebody_to_tell(
    server: ServerProcess,  # noqa: F811
    api: httpx.AsyncClient,  # noqa: F811
    browser: Browser,  # noqa: F811
) -> None:
    async with opened(browser, server) as page:
        await page.goto("/notification-policies")
        await log_in(page)
        await page.get_by_role("button", name="Add a policy").first.click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Name").fill("Nights")
        await dialog.get_by_role("combobox", name="E-mail addresses").fill("ops@example.org")
        await dialog.get_by_label("Quiet from").fill("22:00")
        await dialog.get_by_label("Quiet until").fill("06:00")
        await dialog.get_by_role("switch", name="Tell others when nobody has acknowledged it").check()
        await dialog.get_by_role("combobox", name="Their e-mail addresses").fill("boss@example.org")
        await dialog.get_by_role("button", name="Save").click()
        row = page.get_by_role("row", name=re.compile("Nights"))
        await expect(row).to_contain_text("22:00–06:00")
        await expect(row).to_contain_text("boss@example.org")
        assert await cleared(page) == []
        await row.get_by_role("button", name="Remove").click()
        await page.get_by_role("dialog").get_by_role("button", name="Remove").click()
        await expect(page.get_by_text("Nobody is told of incidents yet")).to_be_visible()
    assert (await api.get("/notification-policies")).json()["items"] == []
