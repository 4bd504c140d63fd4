"""What tokens, groups and drivers may take: judged by what their sessions took before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from charges import told_of_a_session, verdict
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.runtime import Runtime
from voltway.modules.users import handlers, local_lists, quotas
from voltway.modules.users.module import MANIFEST

ClientOf = Callable[..., Awaitable[httpx.AsyncClient]]
DAILY = {"time_zone": "UTC", "energy_wh_per_day": 20_000}
MONTHLY = {"time_zone": "UTC", "cost_per_month": {"minor": 1_000, "currency": "EUR"}}


@pytest.fixture
async def runtime(make_runtime: Any) -> Runtime:
    made: Runtime = await make_runtime(MANIFEST)
    return made


@pytest.fixture
async def client(runtime: Runtime, client_of: ClientOf) -> httpx.AsyncClient:
    return await client_of(runtime)


async def added(client: httpx.AsyncClient, value: str = "CARD", **fields: Any) -> str:
    answer = await client.post("/id-tokens", json={"value": value, **fields})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def charged(
    runtime: Runtime, token_id: str, energy_wh: int = 10_000, session_id: str = "s-1", ended_at: datetime | None = None
) -> None:
    """A session of 10 kWh, which costs 6 euros; told twice, as the bus may."""
    ended, priced = told_of_a_session(token_id, energy_wh, session_id, ended_at)
    for _ in range(2):
        async with runtime.database.begin() as tx:
            await quotas.on_session_ended(runtime, tx, [ended])
            await handlers.on_session_priced(runtime, tx, [priced])


async def test_session_may_take_what_is_left_of_the_day_and_the_next_nothing(
    runtime: Runtime, client: httpx.AsyncClient
) -> None:
    token_id = await added(client, quota=DAILY)
    assert (await verdict(runtime)).limit.energy_wh == 20_000
    await charged(runtime, token_id, 12_500)
    judged = await verdict(runtime)
    assert (judged.status, judged.limit.energy_wh, judged.is_kept) == ("Accepted", 7_500, False)
    await charged(runtime, token_id, 7_500, "s-2")
    assert (await verdict(runtime)).status == "NoCredit"
    use = (await client.get(f"/id-tokens/{token_id}/use")).json()["items"]
    assert [(item["limit_wh"], item["left_wh"]) for item in use] == [(20_000, 0)]


async def test_what_was_taken_before_the_day_or_month_began_does_not_count(
    runtime: Runtime, client: httpx.AsyncClient
) -> None:
    token_id = await added(client, quota={**DAILY, **MONTHLY})
    await charged(runtime, token_id, 20_000, "long ago", clock.now() - timedelta(days=40))
    judged = await verdict(runtime)
    assert (judged.limit.energy_wh, judged.limit.cost.minor) == (20_000, 1_000)


async def test_money_of_the_month_counts_by_what_sessions_cost(runtime: Runtime, client: httpx.AsyncClient) -> None:
    token_id = await added(client, quota=MONTHLY)
    await charged(runtime, token_id, 10_000)
    assert (await verdict(runtime)).limit.cost.minor == 400
    await charged(runtime, token_id, 10_000, "s-2")
    assert (await verdict(runtime)).status == "NoCredit"


@pytest.mark.parametrize(
    ("kind", "name", "fields"), [("group", "Family", {"group": "FAMILY"}), ("driver", "u-1", {"user_id": "u-1"})]
)
async def test_tokens_of_a_group_or_a_driver_share_a_quota_whose_change_holds_at_once(
    runtime: Runtime, client: httpx.AsyncClient, kind: str, name: str, fields: dict[str, Any]
) -> None:
    one, _ = await added(client, "CARD", **fields), await added(client, "OTHER", **fields)
    await added(client, "STRANGER")
    assert (await verdict(runtime, "OTHER")).limit is None
    answer = await client.put(f"/quotas/{kind}/{name}", json=DAILY)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["kind"], answer.json()["name"]) == (kind, name)
    await charged(runtime, one, 15_000)
    assert (await verdict(runtime, "OTHER")).limit.energy_wh == 5_000
    assert (await verdict(runtime, "STRANGER")).limit is None
    assert [item["name"] for item in (await client.get("/quotas", params={"kind": kind})).json()["items"]] == [name]
    assert (await client.delete(f"/quotas/{kind}/{name.upper() if kind == 'group' else name}")).status_code == 204
    assert (await verdict(runtime, "OTHER")).limit is None
    gone = await client.delete(f"/quotas/{kind}/{name}")
    assert (gone.status_code, gone.json()["type"]) == (404, "/problems/quota-not-found")


async def test_token_under_a_quota_is_in_no_local_list(runtime: Runtime, client: httpx.AsyncClient) -> None:
    for value, fields in (("FREE", {}), ("OWN", {"quota": DAILY}), ("SHARED", {"group": "G"})):
        await added(client, value, **fields)
    await client.put("/quotas/group/g", json=DAILY)
    async with runtime.database.begin() as tx:
        row = await local_lists.set_mode(tx, DEFAULT_OPERATOR_ID, "station-1", "all", ())
        wanted = await local_lists._wanted(tx, DEFAULT_OPERATOR_ID, None, row)
    assert [entry["id_token"] for entry in wanted] == ["FREE"]


@pytest.mark.parametrize(
    "quota",
    [
        {},
        {"time_zone": "UTC"},
        {"time_zone": "Mars/Base", "energy_wh_per_day": 1},
        {"time_zone": "UTC", "energy_wh_per_day": -1},
        {"time_zone": "UTC", "energy_wh_per_month": 10**12 + 1},
        {"time_zone": "UTC", "cost_per_day": {"minor": 1, "currency": "euro"}},
        {"time_zone": "UTC", "energy_wh_per_day": 1, "kwh": 2},
    ],
    ids=str,
)
async def test_quota_that_cannot_be_is_refused(client: httpx.AsyncClient, quota: dict[str, Any]) -> None:
    for answer in (
        await client.put("/quotas/group/G", json=quota),
        await client.post("/id-tokens", json={"value": "X", "quota": quota}),
    ):
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["path"].startswith("$")
    assert (await client.put("/quotas/colour/red", json=DAILY)).status_code == 422
    assert (await client.put(f"/quotas/group/{'g' * 256}", json=DAILY)).status_code == 422


async def test_quotas_of_another_operator_are_not_there(
    runtime: Runtime, client: httpx.AsyncClient, client_of: ClientOf, stranger_id: str
) -> None:
    await client.put("/quotas/group/G", json=DAILY)
    token_id = await added(client, group="G")
    stranger = await client_of(runtime, operator_id=stranger_id)
    assert (await stranger.get("/quotas")).json()["items"] == []
    assert (await stranger.delete("/quotas/group/G")).status_code == 404
    assert (await stranger.get(f"/id-tokens/{token_id}/use")).status_code == 404
    await added(stranger, group="G")
    assert (await verdict(runtime, operator_id=stranger_id)).limit is None
    for role, status in ((None, 401), ("auditor", 403)):
        who = await client_of(runtime, role)
        assert (await who.put("/quotas/group/G", json=DAILY)).status_code == status
