"""GET /charging-stations/{id}/timeline: what all modules tell of a station, for those who may hear it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from builders import ClientOf, MakeRuntime, a_boot, a_status, a_transaction_report, eventually
from voltway.app import catalog
from voltway.contracts.station_link import Phase
from voltway.contracts.vocabulary import ConnectorStatus, IdToken, MeterSample
from voltway.kernel import clock
from voltway.kernel.runtime import Runtime

TOKEN = "04A1B2C3D4E5F6"


@pytest.fixture
async def runtime(make_runtime: MakeRuntime) -> Runtime:
    return await make_runtime(*catalog.load(), settings={"gateway": {"port": 0}})


async def a_station(client: httpx.AsyncClient, **given: Any) -> dict[str, Any]:
    made = await client.post("/charging-stations", json={"identity": "CS-1", **given})
    assert made.status_code == 201, made.text
    return dict(made.json())


def of(station: dict[str, Any], ago_s: float = 0) -> dict[str, Any]:
    """The fields of a report of this station, heard so long ago."""
    at = clock.now() - timedelta(seconds=ago_s)
    names = {"station_id": station["id"], "station_identity": station["identity"], "message_id": f"m-{ago_s}"}
    return {**names, "location_id": station["location_id"], "received_at": at}


async def timeline(client: httpx.AsyncClient, station: dict[str, Any], **query: Any) -> dict[str, Any]:
    answer = await client.get(f"/charging-stations/{station['id']}/timeline", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_fault_is_explained_with_its_evidence_and_what_to_do(runtime: Runtime, client_of: ClientOf) -> None:
    client = await client_of(runtime)
    station = await a_station(client)
    fault = {"error_code": "ConnectorLockFailure", "vendor_error_code": "E12"}
    await runtime.commits.record(a_boot(**of(station, 90)))
    await runtime.commits.record(a_status(**of(station, 80)))
    await runtime.commits.record(a_status(ConnectorStatus.FAULTED, **of(station, 60), **fault))
    told = await timeline(client, station)
    cause = told["causes"][0]
    assert (cause["name"], cause["detail"], cause["evse_numbers"]) == ("fault_lock", "ConnectorLockFailure", [1])
    assert cause["order"] == {"type": "unlock_connector", "evse_number": 1}
    evidence = next(each for each in told["moments"] if each["id"] == cause["moment_ids"][0])
    assert (evidence["source"], evidence["kind"], evidence["facts"]["vendor_error_code"]) == (
        "status",
        "Faulted",
        "E12",
    )
    assert [each["kind"] for each in told["moments"] if each["source"] == "status"] == ["Faulted", "Available"]
    assert told["left_out"] == []


async def test_at_an_earlier_hour_only_what_held_then_is_told(runtime: Runtime, client_of: ClientOf) -> None:
    client = await client_of(runtime)
    station = await a_station(client)
    await runtime.commits.record(a_status(**of(station, 7 * 3600)))
    await runtime.commits.record(a_status(ConnectorStatus.FAULTED, **of(station, 60), error_code="GroundFailure"))
    earlier = (clock.now() - timedelta(hours=3)).isoformat()
    told = await timeline(client, station, at=earlier)
    assert [cause["name"] for cause in told["causes"]] == ["nothing_unusual"]
    assert [(each["kind"], each["is_before"]) for each in told["moments"]] == [("Available", True)]


async def test_commands_sessions_and_links_stand_in_one_column(runtime: Runtime, client_of: ClientOf) -> None:
    client = await client_of(runtime)
    station = await a_station(client)
    await client.post("/id-tokens", json={"value": TOKEN})
    start = clock.now() - timedelta(seconds=50)
    report = {**of(station, 50), "occurred_at": start, "id_token": IdToken(TOKEN)}
    begun = await runtime.commits.record(a_transaction_report(**report))
    await runtime.commits.record(
        a_transaction_report(
            Phase.ENDED,
            **{**of(station, 5), "occurred_at": clock.now(), "transaction_id": begun.transaction_id},
            reason="EmergencyStop",
            samples=(MeterSample(at=clock.now(), energy_wh=40),),
        )
    )
    sent = await client.post(f"/charging-stations/{station['id']}/commands", json={"type": "reset", "mode": "on_idle"})
    assert sent.status_code in (200, 202), sent.text

    async def has_all() -> bool:
        told = await timeline(client, station)
        return {"session", "command"} <= {each["source"] for each in told["moments"]}

    await eventually(has_all)
    told = await timeline(client, station)
    assert [each["at"] for each in told["moments"]] == sorted((each["at"] for each in told["moments"]), reverse=True)
    ended = next(each for each in told["moments"] if (each["source"], each["kind"]) == ("session", "ended"))
    assert ended["facts"]["id_token"] == "***E5F6"
    assert "emergency_stop" in [cause["name"] for cause in told["causes"]]


async def test_who_may_not_read_payments_or_messages_hears_nothing_of_them(
    runtime: Runtime, client_of: ClientOf
) -> None:
    station = await a_station(await client_of(runtime))
    host = await client_of(runtime, "operations")
    assert (await timeline(host, station))["left_out"] == []
    finance = await client_of(runtime, "finance")
    assert (await timeline(finance, station))["left_out"] == ["message", "incident"]


@pytest.mark.parametrize(
    "query", [{"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, {"since": "2020-01-01T00:00:00Z"}]
)
async def test_a_time_that_is_none_or_too_long_is_refused(
    runtime: Runtime, client_of: ClientOf, query: dict[str, str]
) -> None:
    client = await client_of(runtime)
    station = await a_station(client)
    answer = await client.get(f"/charging-stations/{station['id']}/timeline", params=query)
    assert answer.status_code == 422, answer.text
