"""Cases of certification: logs are brought over HTTP (1.6, block N of 2.0.1, and what 2.1 adds)."""

from __future__ import annotations

import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest

from builders import ClientOf, MakeRuntime, app_of, served
from conformance.device_model_stations import PASSWORD, Platform, ScriptedStation, linked
from conformance.file_stations import bring, http, job, jobs, said, tell
from e2e.server_process import ServerProcess
from voltway.app import catalog
from voltway.contracts.security import ServerCertificates
from voltway.modules.gateway.gateway import gateway_of

V16, V201, V21 = "ocpp1.6", "ocpp2.0.1", "ocpp2.1"
LOG = b"2026-03-01T12:00:00Z all is well\n" * 30_000
NOTICE, NOTICE_16 = "LogStatusNotification", "DiagnosticsStatusNotification"
SINCE, UNTIL = "2026-02-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z"
both = pytest.mark.parametrize("protocol", [V201, V21])


@pytest.fixture
async def platform(whole_platform: ServerProcess, key: str) -> AsyncIterator[Platform]:
    async with httpx.AsyncClient(
        base_url=whole_platform.api, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=30
    ) as api:
        yield Platform(whole_platform, api)


async def the_file(platform: Platform) -> tuple[dict[str, Any], bytes]:
    """The one file that the station has brought, as the API lists it and gives it."""
    (listed,) = await platform.items("files")
    answer = await platform.api.get(f"/charging-stations/{platform.station_id}/files/{listed['id']}/content")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="{listed["name"]}"'
    return listed, answer.content


async def log_wanted(
    platform: Platform, station: ScriptedStation, status: str = "Accepted", **arguments: Any
) -> dict[str, Any]:
    """Order a log by GetLog; what the station was told."""
    station.answers["GetLog"] = {"status": status, "filename": "station.log"}
    command = await platform.order("get_log", **arguments)
    told = station.requests("GetLog")[-1]
    assert command["result"] == {"request_id": told["requestId"], "file_name": "station.log"}
    return told


async def brought(platform: Platform, protocol: str, word: str, **arguments: Any) -> None:
    """A log from the order to the file."""
    async with platform.station(protocol) as station:
        told = await log_wanted(platform, station, **arguments)
        assert told["logType"] == word
        await tell(station, NOTICE, "Uploading", requestId=told["requestId"])
        assert (await bring(told["log"]["remoteLocation"], LOG)).status_code == 201
        await tell(station, NOTICE, "Uploaded", requestId=told["requestId"])
        done = await job(platform)
        assert (said(done), done["outcome"]) == (["Uploading", "Uploaded"], "done")
        listed, content = await the_file(platform)
        assert content == LOG
        assert (listed["name"], listed["size_bytes"], listed["job_id"]) == ("station.log", len(LOG), done["id"])
        assert done["file_id"] == listed["id"]


# ---- OCPP 1.6


async def test_tc_045_1_diagnostics_are_brought(platform: Platform) -> None:
    async with platform.station(V16) as station:
        station.answers["GetDiagnostics"] = {"fileName": "diag.zip"}
        command = await platform.order("get_log", since=SINCE, until=UNTIL, retries=2, retry_interval_s=5)
        assert (command["state"], command["result"]) == ("accepted", {"file_name": "diag.zip"})
        (told,) = station.requests("GetDiagnostics")
        assert (told["startTime"], told["stopTime"], told["retries"], told["retryInterval"]) == (SINCE, UNTIL, 2, 5)
        await tell(station, NOTICE_16, "Uploading")
        assert (await bring(told["location"] + "/diag.zip", LOG)).status_code == 201
        await tell(station, NOTICE_16, "Uploaded")
        done = await job(platform)
        assert (said(done), done["outcome"]) == (["Uploading", "Uploaded"], "done")
        listed, content = await the_file(platform)
        assert (listed["name"], content) == ("diag.zip", LOG)


async def test_tc_045_2_diagnostics_that_were_not_brought_are_shown(platform: Platform) -> None:
    async with platform.station(V16) as station:
        station.answers["GetDiagnostics"] = {"fileName": "diag.zip"}
        await platform.order("get_log")
        await tell(station, NOTICE_16, "Uploading", "UploadFailed")
        failed = await job(platform)
        assert (said(failed), failed["outcome"], failed["file_id"]) == (["Uploading", "UploadFailed"], "failed", None)
        assert await platform.items("files") == []


async def test_tc_079_the_security_log_of_1_6_is_brought(platform: Platform) -> None:
    await brought(platform, V16, "SecurityLog", kind="security")


# ---- OCPP 2.x


@both
async def test_tc_n_25_diagnostics_are_brought(platform: Platform, protocol: str) -> None:
    await brought(platform, protocol, "DiagnosticsLog", since=SINCE, until=UNTIL)


@both
async def test_tc_n_34_a_log_that_is_refused_ends_its_job(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        station.answers["GetLog"] = {"status": "Rejected"}
        assert (await platform.order("get_log"))["state"] == "rejected"
        found = await job(platform)
        assert (found["answer"], found["outcome"]) == ("Rejected", "rejected")
        (told,) = station.requests("GetLog")
        assert (await bring(told["log"]["remoteLocation"], LOG)).status_code == 410


@both
async def test_tc_n_35_the_security_log_is_brought(platform: Platform, protocol: str) -> None:
    await brought(platform, protocol, "SecurityLog", kind="security")


@both
async def test_tc_n_36_a_second_request_takes_the_place_of_the_first(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        first = await log_wanted(platform, station)
        await tell(station, NOTICE, "Uploading", requestId=first["requestId"])
        second = await log_wanted(platform, station, "AcceptedCanceled")
        await tell(station, NOTICE, "AcceptedCanceled", requestId=first["requestId"])
        await tell(station, NOTICE, "Uploading", requestId=second["requestId"])
        assert (await bring(first["log"]["remoteLocation"], LOG)).status_code == 410
        assert (await bring(second["log"]["remoteLocation"], LOG)).status_code == 201
        await tell(station, NOTICE, "Uploaded", requestId=second["requestId"])
        newer, older = await jobs(platform)
        assert (older["outcome"], said(older)) == ("canceled", ["Uploading", "AcceptedCanceled"])
        assert (newer["outcome"], newer["answer"]) == ("done", "AcceptedCanceled")
        assert said(newer) == ["Uploading", "Uploaded"]


# ---- OCPP 2.1


async def test_tc_n_100_what_the_data_collector_has_gathered_is_brought(platform: Platform) -> None:
    await brought(platform, V21, "DataCollectorLog", kind="data_collector")


@pytest.mark.parametrize("protocol", [V16, V201])
async def test_only_2_1_has_a_data_collector(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        refusal = await platform.order("get_log", kind="data_collector", status=422)
        assert refusal["errors"][0]["path"] == "$.kind"
        assert station.requests("GetLog") == []
        assert await platform.items("file-jobs") == []


def without_login(url: str) -> tuple[str, str, str]:
    """An address as a station asks for it, and who it is to log in as."""
    parts = urlsplit(url)
    assert parts.username is not None
    assert parts.password is not None
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])), parts.username, parts.password


async def log_in_and_bring(client: httpx.AsyncClient, location: str) -> None:
    """A challenge, a wrong password, then the right one."""
    url, name, password = without_login(location)
    challenge = await client.put(url, content=LOG)
    assert (challenge.status_code, challenge.headers["www-authenticate"]) == (401, 'Basic realm="files"')
    assert (await client.put(url, content=LOG, auth=(name, "wrong"))).status_code == 401
    assert (await client.put(url, content=LOG, auth=("somebody", password))).status_code == 404
    assert (await client.put(url, content=LOG, auth=(name, password))).status_code == 201


async def test_tc_n_102_a_station_logs_in_to_bring_a_log_over_http(platform: Platform) -> None:
    async with platform.station(V21) as station, http() as client:
        told = await log_wanted(platform, station, with_login=True)
        location = told["log"]["remoteLocation"]
        assert location.startswith("http://")
        await log_in_and_bring(client, location)
        await tell(station, NOTICE, "Uploading", "Uploaded", requestId=told["requestId"])
        assert (await the_file(platform))[1] == LOG


@asynccontextmanager
async def over_tls(make_runtime: MakeRuntime, client_of: ClientOf) -> AsyncIterator[tuple[Platform, httpx.AsyncClient]]:
    """The platform behind HTTPS with a certificate of its own, and a station's client that trusts it."""
    gateway = {"port": 0, "tls": {"port": 0}}
    runtime = await make_runtime(*catalog.load(), settings={"gateway": gateway})
    server, *_ = await runtime.ask(ServerCertificates(names=("localhost", "127.0.0.1")))
    api = await client_of(runtime)
    root = (await api.get("/certificate-authorities")).json()["items"][0]["root_certificate"]
    trust = ssl.create_default_context(cadata=root)
    async with served(app_of(runtime), ssl_certfile=server) as url:
        runtime.own_url = url
        at = _Ports(f"ws://127.0.0.1:{gateway_of(runtime).port.port}/ocpp")
        async with http(verify=trust) as client:
            yield Platform(at, api), client  # type: ignore[arg-type]


class _Ports:
    """What a platform in this process has of a server process."""

    def __init__(self, stations_url: str) -> None:
        self.stations_url = stations_url


async def test_tc_n_102_2_a_station_logs_in_to_bring_a_log_over_https(
    make_runtime: MakeRuntime, client_of: ClientOf, tmp_path: Path
) -> None:
    async with over_tls(make_runtime, client_of) as (platform, client), platform.station(V21) as station:
        told = await log_wanted(platform, station, with_login=True)
        assert told["log"]["remoteLocation"].startswith("https://")
        await log_in_and_bring(client, told["log"]["remoteLocation"])
        await tell(station, NOTICE, "Uploading", "Uploaded", requestId=told["requestId"])
        assert (await the_file(platform))[1] == LOG


async def test_a_station_may_log_in_with_its_own_password(platform: Platform) -> None:
    async with platform.station(V21) as station, http() as client:
        told = await log_wanted(platform, station, with_login=True)
        url, name, _ = without_login(told["log"]["remoteLocation"])
        assert (await client.put(url, content=LOG, auth=(name, PASSWORD))).status_code == 201


async def test_another_stations_address_is_not_there(platform: Platform) -> None:
    async with platform.station(V21) as first, http() as client:
        url = (await log_wanted(platform, first))["log"]["remoteLocation"]
        made = await platform.api.post("/charging-stations", json={"identity": "OTHER-1", "password": PASSWORD})
        assert made.status_code == 201
        async with linked(platform.server.stations_url, "OTHER-1", V21, PASSWORD):
            answer = await client.put(url, content=LOG, auth=("OTHER-1", PASSWORD))
        assert (answer.status_code, answer.text) == (404, "There is nothing here.\n")
        basic = base64.b64encode(b"OTHER-1").decode()
        unreadable = await client.put(url, content=LOG, headers={"Authorization": f"Basic {basic}"})
        assert unreadable.status_code == 401
        assert await platform.items("files") == []
