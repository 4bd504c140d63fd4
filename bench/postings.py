#!/usr/bin/env python3
"""How many facts a second the ledger posts: `python bench/postings.py --facts 20000 [--database-url …]`.

On a real database with the migrations' walls: facts are written down as a listener does, then posted as the job does (chunks of 500,
one commit each), then the whole chain is verified. The database is SQLite in a new folder unless a URL (of an empty one) is given.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

from voltway.app import catalog, schema
from voltway.charging.pricing import Tariff, price
from voltway.contracts.billing import SessionPriced
from voltway.contracts.money_facts import HoldReleased, PaymentCaptured, PaymentHeld
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.bus.event import Event
from voltway.kernel.database import Database
from voltway.kernel.ids import new_id
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.kernel.secrets import derive_key
from voltway.modules.ledger import handlers, posting, rules, verifying

TARIFF = Tariff(
    tariff_id="t",
    version=1,
    name="Day",
    currency="EUR",
    start_fee=Decimal("0.50"),
    price_per_kwh=Decimal("0.49"),
    price_per_minute=Decimal("0.02"),
    vat_percent=Decimal(19),
)


def paid_session() -> list[Event]:
    """The four facts of a session that is paid by card."""
    session_id, payment_id = new_id(), new_id()
    cost = price(TARIFF, energy_wh=23_456, duration_s=2_345)
    now: dict[str, Any] = {"operator_id": DEFAULT_OPERATOR_ID, "at": clock.now()}
    paid: dict[str, Any] = {
        **now,
        "payment_id": payment_id,
        "provider": "sandbox",
        "method": "card",
        "session_id": session_id,
    }
    left = Money(5000 - cost.incl_vat.minor, "EUR")
    return [
        PaymentHeld(**paid, amount=Money(5000, "EUR"), hold_id=payment_id),
        SessionPriced(**now, session_id=session_id, station_id="st", cdr_id=new_id(), cost=cost),
        PaymentCaptured(**paid, amount=cost.incl_vat, capture_id=payment_id, fee=Money(30, "EUR")),
        HoldReleased(**paid, amount=left, hold_id=payment_id, reason="captured"),
    ]


async def measure(url: str, count: int) -> dict[str, Any]:
    """Post so many facts."""
    database = Database(url)
    await schema.upgrade(database)
    runtime = Runtime(catalog.load(["ledger"]), database, secret=b"of a bench, and long enough to be one")
    facts = [fact for _ in range(-(-count // 4)) for fact in paid_session()]
    async with database.begin() as tx:
        for start in range(0, len(facts), 500):
            await handlers.on_facts(runtime, tx, facts[start : start + 500])
    began = time.perf_counter()
    await posting.work(runtime)
    posted_s = time.perf_counter() - began
    began = time.perf_counter()
    verdict = await verifying.verify(database, DEFAULT_OPERATOR_ID, derive_key(runtime.secret, rules.SEAL_PURPOSE))
    verified_s = time.perf_counter() - began
    await database.close()
    if verdict.broken is not None or verdict.end.number != len(facts):
        raise SystemExit(f"the ledger does not hold: {verdict}")
    return {
        "facts": len(facts),
        "postings_per_s": round(len(facts) / posted_s),
        "verified_per_s": round(len(facts) / verified_s),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--facts", type=int, default=20_000)
    parser.add_argument("--database-url", default=None)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = arguments.database_url or f"sqlite:///{Path(folder) / 'voltway.db'}"
        print(json.dumps(asyncio.run(measure(url, arguments.facts))))


if __name__ == "__main__":
    main()
