"""One order for many stations, and what became of it at each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from builders import ClientOf, MakeRuntime, eventually
from voltway.app import catalog
from voltway.contracts.station_link import CheckCommand, CommandOutcome, ExecuteCommand
from voltway.contracts.vocabulary import CommandState
from voltway.kernel import clock
from voltway.kernel.errors import Problem
from voltway.kernel.module import Manifest
from voltway.kernel.runtime import Runtime
from voltway.modules.workbench import running
from voltway.modules.workbench.tables import bulk_stations

SOFT_RESET = {"type": "reset", "arguments": {"mode": "on_idle"}}


class NotSupported(Problem):
    status = 409
    title = "Command not supported"


class Stations:
    """The other end: what each station says to an order."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.answers: dict[str, CommandOutcome] = {}
        self.unable: set[str] = set()

    async def execute(self, runtime: Runtime, request: ExecuteCommand) -> CommandOutcome:
        self.told.append(request.station_id)
        if request.station_id in self.unable:
            raise NotSupported("It knows no such order.")
        accepted = CommandOutcome(state=CommandState.ACCEPTED, wire_status="Accepted")
        return self.answers.get(request.station_id, accepted)

    async def check(self, runtime: Runtime, request: CheckCommand) -> None: ...


@pytest.fixture
def others() -> Stations:
    return Stations()


@pytest.fixture
async def runtime(make_runtime: MakeRuntime, others: Stations) -> Runtime:
    gateway = Manifest(name="gateway", answers={ExecuteCommand: others.execute, CheckCommand: others.check})
    return await make_runtime(*catalog.load(["audit", "stations", "provisioning", "workbench"]), gateway)


async def some_stations(client: httpx.AsyncClient, count: int, **more: Any) -> list[str]:
    found = []
    for number in range(count):
        answer = await client.post("/charging-stations", json={"identity": f"CS-{len(more)}{number}", **more})
        assert answer.status_code == 201, answer.text
        found.append(str(answer.json()["id"]))
    return found


async def ordered(client: httpx.AsyncClient, station_ids: Sequence[str], **changes: Any) -> dict[str, Any]:
    answer = await client.post("/bulk-orders", json=SOFT_RESET | {"station_ids": list(station_ids)} | changes)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def all_ended(runtime: Runtime, client: httpx.AsyncClient, order_id: str) -> dict[str, int]:
    """Take it on until every station has ended; the counts that are not 0."""

    async def ended() -> bool:
        await running.go_on(runtime)
        counts = (await client.get(f"/bulk-orders/{order_id}")).json()["counts"]
        return bool(counts["waiting"] + counts["ordered"] == 0)

    await eventually(ended)
    counts = (await client.get(f"/bulk-orders/{order_id}")).json()["counts"]
    return {state: count for state, count in counts.items() if count}


async def test_each_station_says_what_became_of_it(runtime: Runtime, client_of: ClientOf, others: Stations) -> None:
    client = await client_of(runtime)
    good, bad, away, unable = await some_stations(client, 4)
    others.answers[bad] = CommandOutcome(state=CommandState.REJECTED, wire_status="Rejected")
    others.answers[away] = CommandOutcome(state=CommandState.OFFLINE)
    others.unable = {unable}
    order = await ordered(client, [good, bad, away, unable], reason="After the storm")
    assert await all_ended(runtime, client, order["id"]) == {"accepted": 1, "rejected": 1, "offline": 1, "skipped": 1}
    rows = (await client.get(f"/bulk-orders/{order['id']}/stations")).json()["items"]
    of = {row["station_id"]: row for row in rows}
    assert (of[good]["state"], of[good]["detail"]) == ("accepted", "Accepted")
    assert of[unable]["detail"] == "It knows no such order."
    assert sorted(others.told) == sorted([good, bad, away, unable])
    command = (await client.get(f"/commands/{of[good]['command_id']}")).json()
    assert (command["type"], command["arguments"]) == ("reset", {"mode": "on_idle"})
    listed = (await client.get("/bulk-orders")).json()["items"]
    assert [(each["id"], each["reason"]) for each in listed] == [(order["id"], "After the storm")]


async def test_what_no_station_could_be_told_is_refused_before_any_is_told(
    runtime: Runtime, client_of: ClientOf, others: Stations
) -> None:
    client = await client_of(runtime)
    (station,) = await some_stations(client, 1)
    for changes, path in (
        ({"arguments": {"mode": "hard"}}, "$.arguments"),
        ({"type": "apply_template", "arguments": {}}, "$.arguments"),
        ({"type": "apply_template", "arguments": {"template_id": "none"}}, "$.arguments.template_id"),
        ({"station_ids": [station, "nobody"]}, "$.station_ids[1]"),
        ({"station_ids": []}, "$.station_ids"),
        ({"type": "update_firmware"}, "$.type"),
    ):
        answer = await client.post("/bulk-orders", json=SOFT_RESET | {"station_ids": [station]} | changes)
        assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, path)
    await running.go_on(runtime)
    assert others.told == []


async def test_a_template_is_applied_to_many(runtime: Runtime, client_of: ClientOf) -> None:
    client = await client_of(runtime)
    one, other = await some_stations(client, 2)
    steps = [{"type": "reset", "arguments": {"mode": "immediate"}}]
    template = (
        await client.post("/provisioning-templates", json={"name": "One", "vendor": "Acme", "steps": steps})
    ).json()
    order = await ordered(client, [one, other], type="apply_template", arguments={"template_id": template["id"]})
    assert await all_ended(runtime, client, order["id"]) == {"accepted": 2}


async def test_a_stopped_order_tells_no_more_stations(
    runtime: Runtime, client_of: ClientOf, others: Stations, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await client_of(runtime)
    stations = await some_stations(client, 3)
    monkeypatch.setattr("voltway.modules.workbench.rules.PARALLEL_MAX", 1)
    order = await ordered(client, stations)
    await eventually(lambda: others.told)
    stopped = (await client.post(f"/bulk-orders/{order['id']}/stop")).json()
    assert stopped["counts"]["skipped"] == 3 - len(others.told)
    assert (await all_ended(runtime, client, order["id"]))["skipped"] == 3 - len(others.told)


async def test_who_was_told_by_a_process_that_died_is_told_no_second_time(
    runtime: Runtime, client_of: ClientOf, others: Stations
) -> None:
    client = await client_of(runtime)
    (station,) = await some_stations(client, 1)
    order = await ordered(client, [station])
    await all_ended(runtime, client, order["id"])
    others.told.clear()
    async with runtime.database.begin() as tx:
        left = {"state": "ordered", "ordered_at": clock.now(), "ended_at": None}
        await tx.execute(sa.update(bulk_stations).values(**left))
    with clock.frozen(clock.now() + timedelta(minutes=6)):
        await running.go_on(runtime)
    (row,) = (await client.get(f"/bulk-orders/{order['id']}/stations")).json()["items"]
    assert (row["state"], row["detail"], others.told) == ("timed_out", "the platform stopped meanwhile", [])


async def test_who_is_bound_to_locations_tells_and_sees_stations_there_only(
    runtime: Runtime, client_of: ClientOf
) -> None:
    admin = await client_of(runtime)
    here = (await admin.post("/locations", json={"name": "Here"})).json()["id"]
    (mine,) = await some_stations(admin, 1, location_id=here)
    (far,) = await some_stations(admin, 1)
    bound = await client_of(runtime, "operations", location_ids=[here])
    refused = await bound.post("/bulk-orders", json=SOFT_RESET | {"station_ids": [mine, far]})
    assert refused.status_code == 422
    both = await ordered(admin, [mine, far])
    rest = await ordered(admin, [far])
    seen = (await bound.get(f"/bulk-orders/{both['id']}/stations")).json()["items"]
    assert [row["station_id"] for row in seen] == [mine]
    assert sum((await bound.get(f"/bulk-orders/{both['id']}")).json()["counts"].values()) == 1
    assert (await bound.get(f"/bulk-orders/{rest['id']}")).status_code == 404
    assert [each["id"] for each in (await bound.get("/bulk-orders")).json()["items"]] == [both["id"]]
    assert (await (await client_of(runtime, "auditor")).post("/bulk-orders", json=SOFT_RESET)).status_code == 403
