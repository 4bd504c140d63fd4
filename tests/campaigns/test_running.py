"""A campaign from plan to end: a few stations first, and no further when it goes wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest

from voltway.contracts.files import FindFirmwareEnds, FindImageChecksum, FirmwareEnd
from voltway.contracts.stations import CommandView, FindStations, SendCommand, StationName
from voltway.contracts.vocabulary import CommandState
from voltway.kernel import clock
from voltway.kernel.errors import Problem
from voltway.kernel.module import Job, Manifest
from voltway.kernel.runtime import Runtime
from voltway.modules.campaigns import running
from voltway.modules.campaigns.module import MANIFEST

ClientOf = Callable[..., Awaitable[httpx.AsyncClient]]
STATIONS = ("a", "b", "c", "d")


class CannotUpdate(Problem):
    status = 409
    title = "Command not supported"


@dataclass
class Others:
    """Stations and what they do with an order: the end that files would tell, or nothing yet."""

    sent: list[str] = field(default_factory=list)
    ends: dict[str, str] = field(default_factory=dict)
    unable: set[str] = field(default_factory=set)

    async def stations(self, runtime: Runtime, request: FindStations) -> list[StationName]:
        known = [each for each in request.station_ids if each in STATIONS]
        return [
            StationName(station_id=each, operator_id="x", identity=each.upper(), location_id=None) for each in known
        ]

    async def send(self, runtime: Runtime, request: SendCommand) -> CommandView:
        assert (request.type, request.arguments) == ("update_firmware", {"image_id": "image"})
        if request.station_id in self.unable:
            raise CannotUpdate("It has no place for files.")
        self.sent.append(request.station_id)
        return CommandView(command_id="x", station_id=request.station_id, type=request.type, state=CommandState.SENT)

    async def find_ends(self, runtime: Runtime, request: FindFirmwareEnds) -> dict[str, FirmwareEnd]:
        return {
            each: FirmwareEnd(requested_at=clock.now(), outcome=self.ends[each], status=None)
            for each in request.station_ids
            if each in self.ends
        }

    async def checksum(self, runtime: Runtime, request: FindImageChecksum) -> str:
        return "0" * 32

    def manifest(self) -> Manifest:
        return Manifest(
            "others",
            answers={
                FindStations: self.stations,
                SendCommand: self.send,
                FindFirmwareEnds: self.find_ends,
                FindImageChecksum: self.checksum,
            },
        )


@pytest.fixture
def others() -> Others:
    return Others()


@pytest.fixture
async def runtime(make_runtime: Any, others: Others) -> Runtime:
    by_hand = Manifest(MANIFEST.name, routes=MANIFEST.routes, jobs=(Job("never", 3600.0, running.go_on),))
    made: Runtime = await make_runtime(by_hand, others.manifest())
    return made


async def a_campaign(client: httpx.AsyncClient, **given: Any) -> str:
    body = {"name": "Spring", "image_id": "image", "station_ids": list(STATIONS), "waves": [1, 2], **given}
    made = await client.post("/firmware-campaigns", json=body)
    assert made.status_code == 201, made.text
    assert made.json()["state"] == "draft"
    return f"/firmware-campaigns/{made.json()['id']}"


async def test_waves_follow_each_other_until_it_is_done(runtime: Runtime, client_of: ClientOf, others: Others) -> None:
    client = await client_of(runtime)
    path = await a_campaign(client)
    await running.go_on(runtime)
    assert others.sent == []  # a draft tells nobody
    assert (await client.patch(path, json={"state": "running"})).status_code == 200
    await running.go_on(runtime)
    await running.go_on(runtime)
    assert others.sent == ["a"]
    others.ends["a"] = "done"
    await running.go_on(runtime)
    assert others.sent == ["a", "b", "c"]
    others.ends |= {"b": "done", "c": "done"}
    await running.go_on(runtime)
    others.ends["d"] = "done"
    await running.go_on(runtime)
    ended = (await client.get(path)).json()
    assert (ended["state"], ended["counts"]["done"], others.sent) == ("done", 4, ["a", "b", "c", "d"])
    assert (await client.patch(path, json={"state": "running"})).status_code == 409


async def test_a_failed_canary_keeps_the_rest_as_they_were(
    runtime: Runtime, client_of: ClientOf, others: Others
) -> None:
    client = await client_of(runtime)
    path = await a_campaign(client)
    await client.patch(path, json={"state": "running"})
    others.ends["a"] = "failed"
    for _ in range(3):
        await running.go_on(runtime)
    paused = (await client.get(path)).json()
    assert (paused["state"], paused["reason"], others.sent) == ("paused", "too_many_failures", ["a"])
    stations = (await client.get(f"{path}/stations")).json()["items"]
    assert [(each["station_identity"], each["state"]) for each in stations] == [
        ("A", "failed"),
        ("B", "waiting"),
        ("C", "waiting"),
        ("D", "waiting"),
    ]


async def test_who_goes_on_after_failures_bears_those_and_no_more(
    runtime: Runtime, client_of: ClientOf, others: Others
) -> None:
    client = await client_of(runtime)
    path = await a_campaign(client)
    await client.patch(path, json={"state": "running"})
    others.ends |= {"a": "failed", "b": "failed"}
    await running.go_on(runtime)
    await running.go_on(runtime)
    assert (await client.get(path)).json()["state"] == "paused"
    assert (await client.patch(path, json={"state": "running"})).json()["failures_max"] == 1
    await running.go_on(runtime)
    assert others.sent == ["a", "b", "c"]
    await running.go_on(runtime)
    assert (await client.get(path)).json()["state"] == "paused"


async def test_who_cannot_is_skipped_and_who_is_silent_has_failed(
    runtime: Runtime, client_of: ClientOf, others: Others
) -> None:
    client = await client_of(runtime)
    others.unable = {"a"}
    path = await a_campaign(client, failures_max=3, timeout_s=60)
    await client.patch(path, json={"state": "running"})
    await running.go_on(runtime)
    await running.go_on(runtime)
    assert others.sent == ["b", "c"]
    with clock.frozen(clock.now() + timedelta(seconds=61)):
        await running.go_on(runtime)
    stations = {each["station_id"]: each for each in (await client.get(f"{path}/stations")).json()["items"]}
    assert (stations["a"]["state"], stations["a"]["detail"]) == ("skipped", "It has no place for files.")
    assert (stations["b"]["state"], stations["b"]["detail"]) == ("failed", "timed_out")


async def test_a_campaign_is_about_stations_that_there_are(runtime: Runtime, client_of: ClientOf) -> None:
    client = await client_of(runtime)
    body = {"name": "x", "image_id": "image", "station_ids": ["a", "nobody"]}
    answer = await client.post("/firmware-campaigns", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "$.station_ids[1]")
    twice = await client.post("/firmware-campaigns", json=body | {"station_ids": ["a", "a"]})
    assert twice.status_code == 422
