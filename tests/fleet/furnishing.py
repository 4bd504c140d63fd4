"""What the fleets of these tests find: modules, one token that may charge, one tariff for all, an installation with them."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from e2e.server_process import ServerProcess, voltway
from fleet.history import Prices
from voltway.charging.pricing import Tariff
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, DEFAULT_OPERATOR_SLUG, operators
from voltway.kernel.bus import outbox
from voltway.kernel.database import Database
from voltway.modules.billing import store as tariffs
from voltway.modules.users import store as tokens

MODULES = ("stations", "users", "billing", "sessions", "gateway")
TOKEN = "FLEET-CARD"
PRICES = Prices(start_fee=Decimal("0.35"), per_kwh=Decimal("0.49"), vat_percent=Decimal("19"))
TARIFF = Tariff(
    tariff_id="33333333-0000-7000-8000-0000000000f1",
    version=1,
    name="Fleet",
    currency="EUR",
    start_fee=PRICES.start_fee,
    price_per_kwh=PRICES.per_kwh,
    price_per_minute=Decimal(0),
    vat_percent=PRICES.vat_percent,
)
WELCOMING = {"VOLTWAY_GATEWAY__UNKNOWN_STATIONS": "accept", "VOLTWAY_GATEWAY__LOG_MESSAGES": "false"}
SEEDS: tuple[tuple[sa.Table, dict[str, Any]], ...] = (
    (outbox.head, {"id": 1, "position": 0}),
    (operators, {"id": DEFAULT_OPERATOR_ID, "slug": DEFAULT_OPERATOR_SLUG, "name": "Default operator"}),
)


async def seed_platform(database: Database) -> None:
    """Let the token charge, at the prices."""
    values = {"value": TOKEN, "kind": None, "status": "accepted", "expires_at": None, "group": None, "user_id": None}
    async with database.begin() as tx:
        await tokens.add(tx, DEFAULT_OPERATOR_ID, {**values, "concurrent_max": None})
        await tariffs.add_tariff(tx, DEFAULT_OPERATOR_ID, TARIFF)
        await tariffs.assign(tx, DEFAULT_OPERATOR_ID, TARIFF.tariff_id, [("operator", "")])


def new_installation(data_dir: Path, database_url: str | None = None) -> ServerProcess:
    """An installation with the fleet's token and tariff; not started. On SQLite in its folder if no URL is given."""
    place = {} if database_url is None else {"VOLTWAY_DATABASE__URL": database_url}
    voltway("migrate", "--data-dir", str(data_dir), environment=place)
    server = ServerProcess(data_dir, environment=WELCOMING | place)
    asyncio.run(_seed(database_url or f"sqlite:///{data_dir / 'voltway.db'}"))
    return server


async def _seed(database_url: str) -> None:
    database = Database(database_url)
    await seed_platform(database)
    await database.close()
