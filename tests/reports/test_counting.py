"""Reports held against a recount, over random histories whose events come in any order, and twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import ClientOf, MakeRuntime
from voltway.app import catalog
from voltway.kernel.bus.event import Event
from voltway.kernel.runtime import Runtime
from voltway.modules.reports.module import MANIFEST
from voltway.modules.reports.tables import (
    cdrs,
    changes,
    credits,
    days,
    evses,
    money,
    sessions,
    spills,
    stale,
    starts,
    taxes,
)

from .histories import (  # noqa: TID252  (tests are not installed)
    History,
    Station,
    events_of,
    histories,
    recount_busy,
    recount_revenue,
    recount_sessions,
    recount_tax,
)

FACTS = (cdrs, changes, credits, days, evses, money, sessions, spills, stale, starts, taxes)
World = tuple[Runtime, httpx.AsyncClient, list[Station], list[str]]


@pytest.fixture
async def world(make_runtime: MakeRuntime, client_of: ClientOf) -> World:
    """Two stations at locations whose clocks change, one at none; two tokens. No job comes round: it would make sums of a history
    that the test takes away meanwhile."""
    manifests = catalog.load(["stations", "users", "reports"])
    runtime = await make_runtime(*(replace(manifest, jobs=()) for manifest in manifests))
    client = await client_of(runtime)
    stations = []
    for number, zone in enumerate(("Europe/Berlin", "America/Santiago", None)):
        location_id = None
        if zone is not None:
            answer = await client.post("/locations", json={"name": zone, "time_zone": zone})
            location_id = answer.json()["id"]
        body = {"identity": f"CS-{number}"} | ({} if location_id is None else {"location_id": location_id})
        station_id = (await client.post("/charging-stations", json=body)).json()["id"]
        stations.append(Station(station_id, location_id, ZoneInfo(zone or "UTC")))
    tokens = []
    for value, group in (("04A1B2C3", "crew"), ("04A1B2C4", None)):
        answer = await client.post("/id-tokens", json={"value": value, "kind": "ISO14443", "group": group})
        assert answer.status_code == 201, answer.text
        tokens.append(answer.json()["id"])
    return runtime, client, stations, tokens


async def tell(runtime: Runtime, events: Sequence[Event]) -> None:
    """Each event by itself, as if it came alone."""
    for event in events:
        async with runtime.database.begin() as tx:
            await MANIFEST.listens[type(event)](runtime, tx, [event])


async def report(client: httpx.AsyncClient, kind: str, since: date, until: date, **params: Any) -> list[dict[str, Any]]:
    asked = {"since": since.isoformat(), "until": until.isoformat(), **params}
    answer = await client.get(f"/reports/{kind}", params=asked)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["rows"]
    return rows


def days_between(since: date, until: date) -> set[str]:
    return {(since + timedelta(days=number)).isoformat() for number in range((until - since).days)}


some_days = st.sampled_from(
    [
        (date(2026, 3, 1), date(2026, 4, 1)),
        (date(2026, 3, 29), date(2026, 3, 30)),
        (date(2026, 10, 24), date(2026, 10, 26)),
        (date(2026, 1, 1), date(2027, 1, 1)),
    ]
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories, between=some_days, seed=st.integers(0, 1000))
async def test_reports_are_what_a_recount_finds(
    world: World, history: History, between: tuple[date, date], seed: int
) -> None:
    runtime, client, stations, tokens = world
    async with runtime.database.begin() as tx:
        for table in FACTS:
            await tx.execute(sa.delete(table))
    events = list(events_of(history, stations, tokens))
    events += events[: seed % 5]
    Random(seed).shuffle(events)
    middle = len(events) // 2
    await tell(runtime, events[:middle])
    await report(client, "sessions", *between)  # sums are made of half of it, and must be made anew
    await tell(runtime, events[middle:])
    await hold_against_recount(client, history, stations, tokens, between)


async def hold_against_recount(
    client: httpx.AsyncClient,
    history: History,
    stations: Sequence[Station],
    tokens: Sequence[str],
    between: tuple[date, date],
) -> None:
    within = days_between(*between)

    rows = await report(client, "sessions", *between, group_by=["day", "station_id", "evse_number"])
    found = {
        (row["day"], row["station_id"], row["evse_number"]): {
            name: row[name] for name in ("sessions", "energy_wh", "duration_s", "completed")
        }
        for row in rows
        if row["sessions"]
    }
    by_place = recount_sessions(
        history, stations, lambda charge, day: (day, stations[charge.station].station_id, charge.evse_number), within
    )
    assert found == by_place

    rows = await report(client, "sessions", *between, group_by=["id_token_id", "token_group"])
    by_token = recount_sessions(
        history,
        stations,
        lambda charge, _: (
            None if charge.token is None else tokens[charge.token],
            "crew" if charge.token == 0 else None,
        ),
        within,
    )
    assert {(row["id_token_id"], row["token_group"]): row["energy_wh"] for row in rows if row["sessions"]} == {
        key: row["energy_wh"] for key, row in by_token.items()
    }

    (total,) = await report(client, "success", *between)
    everything = recount_sessions(history, stations, lambda charge, _: None, within).get(None, {})
    failed = sum(
        start.at.astimezone(stations[start.station].zone).date().isoformat() in within for start in history.failed
    )
    assert total["completed"] == everything.get("completed", 0)
    assert total["attempts"] == everything.get("sessions", 0) + failed

    rows = await report(client, "success", *between, group_by=["day"], zone="operator")
    attempts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for charge in history.charges:
        if charge.ended_at.date().isoformat() in within:
            attempts[charge.ended_at.date().isoformat()][charge.energy_wh < 100] += 1
    for start in history.failed:
        if start.at.date().isoformat() in within:
            attempts[start.at.date().isoformat()][1] += 1
    assert {row["day"]: [row["completed"], row["failed"]] for row in rows} == dict(attempts)

    rows = await report(client, "revenue", *between, group_by=["location_id"])
    revenue = {
        (row["location_id"], row["currency"]): {
            name: row[name] for name in ("cdrs", "excl_minor", "incl_minor", "credited_minor")
        }
        for row in rows
    }
    assert revenue == recount_revenue(history, stations, within)
    assert all(row["incl_minor"] == row["excl_minor"] + row["vat_minor"] for row in rows)

    rows = await report(client, "tax", *between)
    taxed: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        taxed["both", row["currency"]][0] += row["net_minor"]
        taxed["both", row["currency"]][1] += row["vat_minor"]
    assert dict(taxed) == recount_tax(history, within)

    rows = await report(client, "utilisation", *between, group_by=["station_id", "evse_number", "day"])
    busy = {(row["station_id"], row["evse_number"], row["day"]): row["busy_s"] for row in rows if row["busy_s"]}
    assert busy == recount_busy(history, stations, within)

    await hold_payments_against_recount(client, history, between, within)


async def hold_payments_against_recount(
    client: httpx.AsyncClient, history: History, between: tuple[date, date], within: set[str]
) -> None:
    paid = [charge for charge in history.charges if charge.paid_by is not None]
    wanted: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for charge in paid:
        if charge.ended_at.date().isoformat() in within:
            sums = wanted[str(charge.paid_by)]
            sums[0] += charge.minutes
            sums[1] += charge.minutes // 2 if charge.number % 2 else 0
            sums[2] += charge.number
    rows = await report(client, "payments", *between, group_by=["provider"])
    assert {row["provider"]: [row["captured_minor"], row["refunded_minor"], row["fee_minor"]] for row in rows} == dict(
        wanted
    )
    assert all(row["net_minor"] == row["captured_minor"] - row["refunded_minor"] - row["fee_minor"] for row in rows)

    owed: dict[str, int] = defaultdict(int)
    for charge in paid:
        if charge.paid_by == "wallet" and charge.ended_at.date() < between[1]:
            back = charge.minutes // 2 if charge.number % 2 else 0
            owed[f"payer-{charge.number % 2}"] += 5000 - charge.minutes + back
    rows = await report(client, "wallets", *between, group_by=["payer_id"])
    assert {row["payer_id"]: row["liability_minor"] for row in rows} == dict(owed)
