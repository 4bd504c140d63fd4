"""A shop for the tests of payments, and Stripe: localstripe over real HTTP, and a peer in its shapes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from builders import ClientOf, MakeRuntime, served
from voltway.integrations.payments.stripe_cards import StripeProvider

from .shop import Shop, a_shop  # noqa: TID252  (tests are not installed)
from .stripe_peer import Peer  # noqa: TID252
from .stripe_server import KEY, WEBHOOK_SECRET, Stripe, localstripe  # noqa: TID252


@pytest.fixture
async def shop(make_runtime: MakeRuntime, client_of: ClientOf) -> AsyncIterator[Shop]:
    made = await a_shop(make_runtime, client_of)
    yield made
    await made.network.close()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with localstripe(tmp_path_factory.mktemp("localstripe")) as url:
        yield url


@pytest.fixture
def stripe_itself(url: str) -> Iterator[Stripe]:
    made = Stripe(url)
    yield made
    made.client.close()


@pytest.fixture
async def peer() -> AsyncIterator[tuple[Peer, StripeProvider]]:
    made = Peer()
    async with served(made.app()) as url:
        provider = StripeProvider(key=KEY, webhook_secret=WEBHOOK_SECRET, url=url, is_incremental=True, timeout_s=5)
        yield made, provider
        await provider.close()
