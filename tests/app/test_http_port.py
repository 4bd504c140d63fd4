"""The REST port over real sockets: what is no request, too much, too slow or two requests in one gets its exact answer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

import httpx
import pytest

from builders import ClientOf, MakeRuntime, app_of, eventually
from voltway.app import catalog, http_port
from voltway.app.http_port import HEAD_BYTES_MAX, HEADERS_MAX, http_config
from voltway.app.process import HttpServer
from voltway.kernel.auth import Role, create_api_key
from voltway.kernel.auth.principal import DEFAULT_OPERATOR_ID
from voltway.kernel.housekeeping import MANIFEST
from voltway.kernel.http.edge import SECURITY_HEADERS
from voltway.kernel.runtime import Runtime

PATIENCE_S = 20.0


class Port(NamedTuple):
    """A running port, and a key for it."""

    number: int
    runtime: Runtime
    key: str


class Answer(NamedTuple):
    """What came back, as it came; and whether the other side ended the connection then."""

    status: int
    head: str
    body: bytes
    is_over: bool
    rest: bytes


@asynccontextmanager
async def opened(runtime: Runtime) -> AsyncIterator[Port]:
    async with runtime.database.begin() as tx:
        key = await create_api_key(tx, Role.OPERATOR_ADMIN, "test", DEFAULT_OPERATOR_ID, runtime.secret)
    server = HttpServer(http_config(app_of(runtime), (), 1, port=0))
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    try:
        yield Port(server.servers[0].sockets[0].getsockname()[1], runtime, key)
    finally:
        server.should_exit = True
        await task


@pytest.fixture
async def port(make_runtime: MakeRuntime) -> AsyncIterator[Port]:
    async with opened(await make_runtime(MANIFEST, *catalog.load(["stations", "files"]))) as port:
        yield port


async def said_to(port: Port, *pieces: bytes) -> Answer:
    """The first answer to bytes, and what comes behind it until the connection ends or stays silent for a moment."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port.number)
    try:
        async with asyncio.timeout(PATIENCE_S):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            return await read_answer(reader)
    finally:
        writer.close()


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    length = re.search(r"(?i)^content-length: (\d+)", head, re.MULTILINE)
    body = await reader.readexactly(int(length[1])) if length else b""
    rest, is_over = b"", False
    try:
        async with asyncio.timeout(1.0):
            while piece := await reader.read(65536):
                rest += piece
            is_over = True
    except (TimeoutError, ConnectionResetError):
        pass
    return Answer(int(head.split()[1]), head, body, is_over, rest)


def request(port: Port, *, method: str = "GET", path: str = "/api/v1/charging-stations", more: str = "") -> bytes:
    return (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {port.key}\r\n"
        f"Content-Type: application/json\r\n{more}\r\n"
    ).encode("latin-1")


BODY = b'{"identity": "SMUGGLED"}'
INNER = b"POST /api/v1/charging-stations HTTP/1.1\r\nHost: 127.0.0.1\r\n"


async def identities(port: Port) -> set[str]:
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {port.key}"}, trust_env=False) as client:
        listed = await client.get(f"http://127.0.0.1:{port.number}/api/v1/charging-stations")
    return {station["identity"] for station in listed.json()["items"]}


def refused(answer: Answer, status: int) -> None:
    """A problem with the security headers, after which the connection is over."""
    assert answer.status == status, answer
    for name, value in SECURITY_HEADERS.items():
        assert f"{name}: {value}".lower() in answer.head.lower(), name
    assert "application/problem+json" in answer.head
    assert "server:" not in answer.head.lower()
    assert answer.is_over
    assert answer.rest == b""


# ---- two requests in one


@pytest.mark.parametrize(
    "headers",
    [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 60\r\n",
        "Content-Length: 5, 60\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 99999999999999999999999\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Content-Length: 5\r\n Transfer-Encoding: chunked\r\n",
        "Content-Length\t: 5\r\n",
        "X: a\nTransfer-Encoding: chunked\r\n",
        "X: a\r\r\n",
        "X\0Y: a\r\n",
        "X: a\0b\r\n",
        ": a\r\n",
    ],
)
async def test_a_request_whose_end_could_be_read_in_two_ways_is_refused(port: Port, headers: str) -> None:
    smuggled = request(port, method="POST", more=f"Content-Length: {len(BODY)}\r\n") + BODY
    answer = await said_to(port, request(port, method="POST", more=headers) + b"0\r\n\r\n" + smuggled)
    refused(answer, 400)
    assert "SMUGGLED" not in await identities(port)


@pytest.mark.parametrize(
    "body",
    [
        b"5\r\nabcde",  # no end of the chunk
        b"fffffffffffffffff\r\n",
        b"-1\r\n",
        b"5;a=\0\r\nabcde\r\n0\r\n\r\n",
        b"5\nabcde\r\n0\r\n\r\n",
        b"5 \r\nabcdeXX0\r\n\r\n",
    ],
)
async def test_a_chunk_that_is_none_is_refused(port: Port, body: bytes) -> None:
    smuggled = INNER + b"Content-Length: 24\r\n\r\n" + BODY
    answer = await said_to(port, request(port, method="POST", more="Transfer-Encoding: chunked\r\n") + body + smuggled)
    refused(answer, 400)
    assert "SMUGGLED" not in await identities(port)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://[::1/ HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)
async def test_what_is_no_request_is_refused(port: Port, raw: bytes) -> None:
    refused(await said_to(port, raw), 400)


async def test_two_requests_behind_each_other_get_two_answers(port: Port) -> None:
    answer = await said_to(port, request(port) + request(port, path="/api/v1/nowhere"))
    assert answer.status == 200
    assert answer.rest.startswith(b"HTTP/1.1 404 ")


# ---- too much


async def test_too_many_headers_are_refused(port: Port) -> None:
    few = "".join(f"X-{number}: a\r\n" for number in range(HEADERS_MAX - 3))
    assert (await said_to(port, request(port, more=few))).status == 200
    refused(await said_to(port, request(port, more=few + "X-Last: a\r\n")), 431)


async def test_a_head_that_is_too_long_is_refused(port: Port) -> None:
    refused(await said_to(port, request(port, more=f"X: {'a' * HEAD_BYTES_MAX}\r\n")), 431)
    refused(await said_to(port, request(port, path=f"/api/v1/{'a' * HEAD_BYTES_MAX}")), 431)


async def test_a_head_without_an_end_is_cut_off(port: Port) -> None:
    piece = b"a" * 8192
    refused(await said_to(port, b"GET / HTTP/1.1\r\nX: ", *(piece for _ in range(5))), 431)


async def test_a_body_beyond_the_limit_is_refused(port: Port) -> None:
    announced = await said_to(port, request(port, method="POST", more="Content-Length: 99999999\r\n"))
    assert announced.status == 413
    chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    sent = await said_to(port, request(port, method="POST", more="Transfer-Encoding: chunked\r\n"), *([chunk] * 17))
    assert sent.status == 413


# ---- too slow


@pytest.fixture
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_port, "HEAD_S", 0.3)


@pytest.mark.usefixtures("_in_a_hurry")
async def test_a_head_that_does_not_come_is_not_waited_for(port: Port) -> None:
    refused(await said_to(port, b"GET / HTTP/1.1\r\nHost: a\r\n"), 408)
    reader, writer = await asyncio.open_connection("127.0.0.1", port.number)
    async with asyncio.timeout(PATIENCE_S):
        assert await reader.read() == b""  # who says nothing hears nothing
    writer.close()


@pytest.mark.usefixtures("_in_a_hurry")
async def test_a_head_that_drips_is_not_waited_for(port: Port) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port.number)

    async def drip() -> None:
        for byte in request(port):
            writer.write(bytes([byte]))
            await asyncio.sleep(0.02)

    dripping = asyncio.create_task(drip())
    async with asyncio.timeout(PATIENCE_S):
        answer = await read_answer(reader)
    dripping.cancel()
    writer.close()
    assert answer.status == 408


async def test_a_body_that_does_not_come_is_not_waited_for(make_runtime: MakeRuntime) -> None:
    runtime = await make_runtime(
        MANIFEST, *catalog.load(["stations", "files"]), settings={"http": {"body_timeout_s": 0.3}}
    )
    async with opened(runtime) as port:
        slow = await said_to(port, request(port, method="POST", more="Content-Length: 50\r\n") + b"{")
        assert (slow.status, slow.is_over) == (408, True)
        image = {"vendor": "A", "model": "B", "version": "1", "file_name": "a.bin"}
        headers = {"authorization": f"Bearer {port.key}"}
        async with httpx.AsyncClient(headers=headers, trust_env=False) as client:
            added = await client.post(f"http://127.0.0.1:{port.number}/api/v1/firmware-images", json=image)
        path = f"/api/v1/firmware-images/{added.json()['id']}/content"
        streamed = await said_to(port, request(port, method="PUT", path=path, more="Content-Length: 50\r\n") + b"x")
        assert (streamed.status, streamed.is_over) == (408, True)
        assert not [*(runtime.data_dir or port).glob("files/images/.*")]  # type: ignore[union-attr]


# ---- which page asks


@pytest.fixture
async def browser(port: Port, client_of: ClientOf) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who has logged in with a browser."""
    from voltway.kernel.auth import create_account

    async with port.runtime.database.begin() as tx:
        await create_account(
            tx, "ada@example.org", "a long enough password 4711", "Ada", "operator_admin", DEFAULT_OPERATOR_ID
        )
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port.number}/api/v1", trust_env=False) as client:
        answer = await client.post("/login", json=LOG_IN)
        client.headers["x-csrf-token"] = answer.json()["csrf_token"]
        yield client


LOG_IN = {"email": "ada@example.org", "password": "a long enough password 4711"}
Change = Callable[[str], dict[str, str]]
ELSEWHERE: dict[str, dict[str, str]] = {
    "another host": {"origin": "https://evil.example"},
    "a host that begins alike": {"origin": "http://127.0.0.1.evil.example"},
    "no origin to be named": {"origin": "null"},
    "a file": {"origin": "file://"},
    "what is no address": {"origin": "http://[::1"},
    "cross-site": {"sec-fetch-site": "cross-site"},
    "another port, as browsers say": {"sec-fetch-site": "same-site"},
}


@pytest.mark.parametrize("kind", ELSEWHERE)
async def test_a_page_elsewhere_cannot_use_the_cookie(browser: httpx.AsyncClient, kind: str) -> None:
    headers = ELSEWHERE[kind]
    for method, path in (("POST", "/locations"), ("GET", "/me"), ("GET", "/charging-stations"), ("POST", "/logout")):
        answer = await browser.request(method, path, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/origin-refused"), (method, path)
    assert (await browser.post("/login", json=LOG_IN, headers=headers)).status_code == 403
    assert (await browser.get("/me")).status_code == 200


async def test_pages_of_ours_and_programs_may(port: Port, browser: httpx.AsyncClient) -> None:
    body = {"name": "Gate", "time_zone": "Europe/Berlin"}
    for headers in (
        {"origin": f"http://127.0.0.1:{port.number}", "sec-fetch-site": "same-origin"},
        {"origin": "http://localhost:5173"},
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        {},
    ):
        assert (await browser.post("/locations", json=body, headers=headers)).status_code == 201, headers
    with_key = {"authorization": f"Bearer {port.key}", "origin": "https://partner.example"}
    async with httpx.AsyncClient(base_url=browser.base_url, headers=with_key, trust_env=False) as program:
        assert (await program.post("/locations", json=body)).status_code == 201


async def test_a_name_that_was_set_is_ours(make_runtime: MakeRuntime) -> None:
    manifests = (MANIFEST, *catalog.load(["stations"]))
    runtime = await make_runtime(*manifests, settings={"http": {"hosts": ["csms.example.org"]}})
    async with opened(runtime) as port:
        url = f"http://127.0.0.1:{port.number}/api/v1/login"
        async with httpx.AsyncClient(trust_env=False) as client:
            for origin, status in (("https://csms.example.org", 401), ("https://evil.example", 403)):
                answer = await client.post(url, json=LOG_IN, headers={"origin": origin})
                assert answer.status_code == status


async def test_no_other_site_is_let_in(port: Port, browser: httpx.AsyncClient) -> None:
    """CORS is closed: nothing says that a page elsewhere may read an answer."""
    asked = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    preflight = await browser.options("/locations", headers=asked)
    assert preflight.status_code == 405
    for answer in (preflight, await browser.get("/me"), await browser.get("/me", headers=asked)):
        assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_every_answer_has_the_secure_headers(port: Port, browser: httpx.AsyncClient) -> None:
    for path, status in (
        ("/api/v1/me", 200),
        ("/api/v1/nowhere", 404),
        ("/api/v1/charging-stations?limit=0", 422),
        ("/nowhere", 404),
        ("/healthz", 200),
        ("/api/docs", 200),
        ("/problems/not-found", 200),
    ):
        answer = await browser.get(str(browser.base_url.join(path)), headers={"accept": "text/html"})
        assert answer.status_code == status, path
        for name, value in SECURITY_HEADERS.items():
            assert answer.headers[name] == value, (path, name)
        if answer.headers["content-type"].startswith("text/html"):
            policy = answer.headers["content-security-policy"]
            assert "script-src 'self';" in policy
            assert "'unsafe-eval'" not in policy
            assert "<script>" not in answer.text
