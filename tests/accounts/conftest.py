"""A platform with accounts on a real port, a staff account, and a mailbox that catches all mails."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from accounts.people import EMAIL, PASSWORD, Browser, Mailbox
from builders import MakeRuntime, app_of, served
from voltway.kernel import housekeeping
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, Role, create_account
from voltway.kernel.database import Database
from voltway.kernel.runtime import Runtime
from voltway.modules.accounts.module import MANIFEST


@pytest.fixture
async def runtime(make_runtime: MakeRuntime) -> Runtime:
    return await make_runtime(housekeeping.MANIFEST, MANIFEST)


@pytest.fixture
async def mailbox(runtime: Runtime) -> Mailbox:
    return Mailbox(runtime)


@pytest.fixture
async def site(runtime: Runtime) -> AsyncIterator[str]:
    """The platform's address."""
    async with served(app_of(runtime)) as url:
        yield url


MakeBrowser = Callable[..., Browser]


@pytest.fixture
async def new_browser(site: str) -> AsyncIterator[MakeBrowser]:
    """Makes browsers that know nobody yet."""
    browsers: list[Browser] = []

    def make(user_agent: str = "Test/1.0") -> Browser:
        browser = Browser(base_url=f"{site}/api/v1", headers={"user-agent": user_agent})
        browsers.append(browser)
        return browser

    yield make
    for browser in browsers:
        await browser.aclose()


@pytest.fixture
async def account_id(database: Database) -> str:
    """Ada, an operator's administrator."""
    async with database.begin() as tx:
        return await create_account(tx, EMAIL, PASSWORD, "Ada", Role.OPERATOR_ADMIN, DEFAULT_OPERATOR_ID)


@pytest.fixture
async def ada(new_browser: MakeBrowser, account_id: str) -> Browser:
    """Ada's browser, logged in."""
    browser = new_browser()
    assert (await browser.log_in()).status_code == 200
    return browser


@pytest.fixture
async def nobody(new_browser: MakeBrowser) -> httpx.AsyncClient:
    """A browser that is not logged in."""
    return new_browser()
