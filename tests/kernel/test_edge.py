"""What surrounds every route: hosts, sizes, headers, the routes for operations, pages, the API's description."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import httpx
import pytest
import structlog
from fastapi import APIRouter, Depends
from pydantic import ValidationError

from builders import ClientOf, MakeRuntime, app_of, eventually, served
from voltway.kernel.auth import anybody
from voltway.kernel.database import Database
from voltway.kernel.health import failing_checks
from voltway.kernel.housekeeping import MANIFEST
from voltway.kernel.http import create_app, open_tx
from voltway.kernel.http.edge import page_policy
from voltway.kernel.http.settings import HttpSettings
from voltway.kernel.metrics import Metrics, measure_loop_lag
from voltway.kernel.module import Job, Manifest
from voltway.kernel.runtime import Runtime

from .notes import NOTES  # noqa: TID252  (tests are not installed)

LOCAL_ONLY = ("/metrics", "/api/docs", "/api/v1/openapi.json")
OPEN = ("/healthz", "/readyz", "/problems/not-found")


def at(address: str, runtime: Runtime, *, base_url: str = "http://localhost") -> httpx.AsyncClient:
    """A client that calls from an address."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app_of(runtime), client=(address, 5)), base_url=base_url)


# ---- who may see what operates the platform


@pytest.mark.parametrize("path", LOCAL_ONLY)
async def test_metrics_and_docs_are_for_this_machine_or_a_key(
    runtime: Runtime, client: httpx.AsyncClient, path: str
) -> None:
    async with at("127.0.0.1", runtime) as local:
        assert (await local.get(path)).status_code == 200
        for header in ("x-forwarded-for", "forwarded", "x-real-ip", "via", "x-forwarded-host"):
            assert (await local.get(path, headers={header: "127.0.0.1"})).status_code == 401, header
    async with at("203.0.113.9", runtime) as remote:
        assert (await remote.get(path)).status_code == 401
        with_key = await remote.get(path, headers=client.headers)
        assert with_key.status_code == 200
        wrong = await remote.get(path, headers={"authorization": "Bearer vw_wrongwro_x"})
        assert wrong.status_code == 401
    async with at("127.0.0.1", runtime, base_url="http://192.0.2.7") as on_a_public_address:
        assert (await on_a_public_address.get(path)).status_code == 401


async def test_loopback_need_not_be_trusted(make_runtime: MakeRuntime) -> None:
    runtime = await make_runtime(MANIFEST, settings={"http": {"is_loopback_trusted": False}})
    async with at("127.0.0.1", runtime) as local:
        assert (await local.get("/metrics")).status_code == 401


@pytest.mark.parametrize("path", OPEN)
async def test_health_and_problem_pages_are_open(runtime: Runtime, path: str) -> None:
    async with at("203.0.113.9", runtime, base_url="http://example.org") as remote:
        assert (await remote.get(path)).status_code == 200


async def test_nothing_but_what_is_meant_to_be_is_open(runtime: Runtime) -> None:
    """Every route but these asks who is there, and docs are no exception from afar."""
    app = app_of(runtime)
    async with at("203.0.113.9", runtime, base_url="http://example.org") as remote:
        for path, operations in app.openapi()["paths"].items():
            for method in operations:
                answer = await remote.request(method, re.sub(r"\{\w+\}", "x", path))
                expected = 422 if path == "/api/v1/login" else 401
                assert answer.status_code == expected, (method, path)


# ---- health


async def test_a_process_is_ready_while_it_can_store(runtime: Runtime, nobody: httpx.AsyncClient) -> None:
    assert (await nobody.get("http://localhost/readyz")).json() == {"status": "ok"}
    runtime.is_ready = False
    answer = await nobody.get("http://localhost/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "not_ready", "failing": ["start"]})
    runtime.is_ready = True
    runtime.commits._inflight_since = -1e9
    assert await failing_checks(runtime) == ["commits"]
    runtime.commits._inflight_since = None


async def test_a_database_that_is_away_makes_it_not_ready_but_alive(
    runtime: Runtime, nobody: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away() -> None:
        raise ConnectionRefusedError("postgresql://user:password@secret-host")

    monkeypatch.setattr(runtime.database, "check", away)
    answer = await nobody.get("http://localhost/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "not_ready", "failing": ["database"]})
    assert (await nobody.get("http://localhost/healthz")).status_code == 200


# ---- metrics


async def test_requests_are_counted_by_route_and_not_by_object(client: httpx.AsyncClient) -> None:
    await client.patch("/notes/abc", json={"text": "x"})
    await client.get("/notes")
    await client.get("/nowhere/at/all")
    text = (await client.get("http://localhost/metrics")).text
    assert 'voltway_http_requests_total{method="PATCH",route="/api/v1/notes/{note_id}",status="404"} 1.0' in text
    assert 'voltway_http_requests_total{method="GET",route="/api/v1/notes",status="200"} 1.0' in text
    assert 'voltway_http_requests_total{method="GET",route="none",status="404"} 1.0' in text
    assert "abc" not in text


async def test_the_kernels_figures_are_there(runtime: Runtime, client: httpx.AsyncClient) -> None:
    await measure_loop_lag(runtime)
    runtime.state(Metrics).links_online.set_function(lambda: 7)
    runtime.events.positions["billing"] = runtime.events._head - 3
    text = (await client.get("http://localhost/metrics")).text
    for line in (
        "voltway_links_online 7.0",
        "voltway_commit_backlog 0.0",
        "voltway_commit_batches_total 0.0",
        "voltway_commit_quarantined_total 0.0",
        'voltway_events_backlog{listener="billing"} 3.0',
    ):
        assert line in text
    assert re.search(r"voltway_event_loop_lag_seconds \d", text)


# ---- hosts, sizes, headers


@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "127.0.0.1:8080", "[::1]:8080", "127.8.9.1"])
async def test_a_server_on_loopback_knows_its_names(nobody: httpx.AsyncClient, host: str) -> None:
    assert (await nobody.get("http://localhost/healthz", headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example:8080", "127.0.0.1.evil.example", "", "10.0.0.1"]
)
async def test_a_page_on_the_web_cannot_call_it_by_another_name(nobody: httpx.AsyncClient, host: str) -> None:
    answer = await nobody.get("http://localhost/metrics", headers={"host": host})
    assert (answer.status_code, answer.json()["type"]) == (421, "/problems/unknown-host")


async def test_a_name_that_was_set_is_known(make_runtime: MakeRuntime) -> None:
    runtime = await make_runtime(MANIFEST, settings={"http": {"hosts": ("Csms.Example",)}})
    async with at("127.0.0.1", runtime) as local:
        assert (await local.get("/healthz", headers={"host": "csms.example:443"})).status_code == 200


async def test_a_body_beyond_the_limit_gets_413_however_it_is_sent(
    make_runtime: MakeRuntime, client_of: ClientOf, notes_database: Database
) -> None:
    runtime = await make_runtime(NOTES, MANIFEST, settings={"http": {"body_bytes_max": 2000}})
    client = await client_of(runtime)

    async def in_chunks() -> object:
        for _ in range(30):
            yield b" " * 100

    for content in (b" " * 2001, in_chunks()):
        answer = await client.post("/notes", content=content, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["type"]) == (413, "/problems/body-too-large")
    assert (
        await client.post(
            "/notes", content=b'{"text": "a"}' + b" " * 1900, headers={"content-type": "application/json"}
        )
    ).status_code == 201


async def test_every_answer_carries_the_security_headers(client: httpx.AsyncClient, nobody: httpx.AsyncClient) -> None:
    for answer in (await client.get("/notes"), await nobody.get("/notes"), await nobody.get("/nowhere")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-correlation-id"]


@pytest.mark.parametrize("given", ["a b", "x" * 65, "", "a\tb", "é"])
async def test_a_correlation_id_that_is_none_is_replaced(nobody: httpx.AsyncClient, given: str) -> None:
    answer = await nobody.get("/me", headers={"x-correlation-id": given.encode()})
    assert len(answer.headers["x-correlation-id"]) == 36


async def test_the_log_of_a_request_carries_its_caller_and_the_next_ones_does_not(
    client: httpx.AsyncClient, nobody: httpx.AsyncClient
) -> None:
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
        await client.get("/nowhere")
        await client.patch("/notes/x", json={"text": "a"})
        await nobody.get("/me")
    assert [(line["status"], "principal_id" in line) for line in logs] == [(404, False), (404, True), (401, False)]
    assert structlog.contextvars.get_contextvars() == {}


# ---- how routes are declared


def test_a_transaction_that_would_end_after_the_answer_is_refused_at_start(database: Database) -> None:
    router = APIRouter()

    @router.post("/late", dependencies=[Depends(open_tx)])
    async def late() -> None: ...

    with pytest.raises(TypeError, match='scope="function"'):
        create_app(Runtime([], database), [router]).openapi()


async def test_a_route_may_be_open_if_it_says_so(runtime: Runtime) -> None:
    router = APIRouter(dependencies=[Depends(anybody)])

    @router.get("/open")
    async def show() -> str:
        return "hello"

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(runtime, [router])), base_url="http://localhost"
    ) as anyone:
        assert (await anyone.get("/api/v1/open")).json() == "hello"


# ---- pages


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A built web app."""
    (tmp_path / "console/assets").mkdir(parents=True)
    (tmp_path / "console/index.html").write_text("<!doctype html><title>console</title>")
    (tmp_path / "console/assets/index-1a2b.js").write_text("1")
    (tmp_path / "outside.txt").write_text("not for you")
    return tmp_path / "console"


def test_pages_load_from_elsewhere_only_what_the_settings_name() -> None:
    parts = dict(part.split(" ", 1) for part in page_policy(("https://js.example",)).split("; "))
    assert {name for name, what in parts.items() if "js.example" in what} == {"script-src", "connect-src", "frame-src"}
    assert "frame-src" not in page_policy()
    assert "http" not in page_policy()
    with pytest.raises(ValidationError):
        HttpSettings.model_validate({"foreign_scripts": ["https://js.example; script-src *"]})


async def test_a_web_app_is_served_with_its_own_routes(runtime: Runtime, built: Path) -> None:
    app = app_of(runtime, static={"/": built, "/app": built.parent / "absent"})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as browser:
        for path in ("/", "/stations", "/stations/abc?x=1", "/index.html", "/app/"):
            answer = await browser.get(path)
            assert (answer.status_code, "console" in answer.text) == (200, True), path
            assert answer.headers["cache-control"] == "no-cache"
            assert "script-src 'self'" in answer.headers["content-security-policy"]
        script = await browser.get("/assets/index-1a2b.js")
        assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert "javascript" in script.headers["content-type"]
        for path in (
            "/assets/gone.js",
            "/api/nowhere",
            "/api/v1/nowhere",
            "/problems/none",
            "/%2e%2e/outside.txt",
            "/..%2foutside.txt",
        ):
            answer = await browser.get(path)
            assert (answer.status_code, "not for you" in answer.text) == (404, False), path
        named_with_a_dot = await browser.get("/stations/CS.1", headers={"accept": "text/html,*/*"})
        assert "console" in named_with_a_dot.text
        assert (await browser.get("/api/v1/notes")).status_code == 401
        assert (await browser.get("/healthz")).json() == {"status": "ok"}
        wrong_method = await browser.delete("/api/v1/login")
        assert (wrong_method.status_code, wrong_method.headers["allow"]) == (405, "POST")


# ---- the description


async def test_the_description_says_what_the_edge_adds(client: httpx.AsyncClient) -> None:
    document = (await client.get("http://localhost/api/v1/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    add, listing = document["paths"]["/api/v1/notes"]["post"], document["paths"]["/api/v1/notes"]["get"]
    assert add["operationId"] == "add_note"
    assert add["security"] == [{"api_key": []}, {"session": []}]
    assert "Idempotency-Key" in [parameter["name"] for parameter in add["parameters"]]
    assert "Idempotency-Key" not in [parameter["name"] for parameter in listing["parameters"]]
    assert set(add["responses"]) == {"201", "default"}
    assert "application/problem+json" in add["responses"]["default"]["content"]
    assert document["paths"]["/api/v1/login"]["post"]["security"] == []
    assert document["paths"]["/api/v1/login"]["post"]["x-access"] == {"who": "anybody"}
    assert document["paths"]["/api/v1/me"]["get"]["x-access"] == {"who": "anybody known"}
    assert add["x-access"] == {"who": "permitted", "permission": "sessions:write", "everywhere": False}
    references = set(
        re.findall(r'"#/components/schemas/([^"]+)"', (await client.get("http://localhost/api/v1/openapi.json")).text)
    )
    assert references <= set(document["components"]["schemas"])


async def test_the_reference_page_needs_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    answer = await client.get("http://localhost/api/docs")
    assert answer.headers["content-type"].startswith("text/html")
    assert "/api/v1/notes/{note_id}" in answer.text
    assert "<script" not in answer.text
    assert not re.search(r'(src|href)="(https?:)?//', answer.text)


# ---- jobs, and a stream on a real socket


async def test_a_job_that_fails_comes_round_again(make_runtime: MakeRuntime) -> None:
    runs = []

    async def fail(_: Runtime) -> None:
        runs.append(1)
        raise RuntimeError("once more")

    await make_runtime(Manifest(name="m", jobs=(Job("fail", 0.01, fail),)))
    await eventually(lambda: len(runs) >= 3)


async def test_the_kernels_jobs_run(make_runtime: MakeRuntime) -> None:
    runtime = await make_runtime(MANIFEST)
    await asyncio.gather(*(job.run(runtime) for job in MANIFEST.jobs))


async def test_an_error_in_the_middle_of_a_stream_breaks_the_connection_off(runtime: Runtime) -> None:
    from fastapi.responses import StreamingResponse

    router = APIRouter(dependencies=[Depends(anybody)])

    @router.get("/stream")
    async def stream() -> StreamingResponse:
        async def parts() -> object:
            yield "a"
            raise RuntimeError("in the middle")

        return StreamingResponse(parts())

    async with served(create_app(runtime, [router])) as url, httpx.AsyncClient(base_url=url) as anyone:
        with pytest.raises(httpx.RemoteProtocolError):
            await anyone.get("/api/v1/stream")
        assert (await anyone.get("/healthz")).status_code == 200


@pytest.mark.parametrize("address", ["/notes?cursor=%00", "/notes?limit=1&more=a%00b"])
async def test_nul_in_the_address_is_refused_on_every_database(
    make_runtime: MakeRuntime, client_of: ClientOf, address: str
) -> None:
    client = await client_of(await make_runtime(NOTES))
    answer = await client.get(address)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed")
