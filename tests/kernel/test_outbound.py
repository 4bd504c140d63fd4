"""Addresses that others name: what is refused however it is spelled, and that the address checked is the one gone to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from builders import MakeRuntime, served
from gateway.test_tls import Maker
from voltway.kernel import outbound
from voltway.kernel.outbound import AddressRefused, GuardedTransport, addresses_of, check_url

WEB = ("https", "http")
LOOPBACK = (ip_network("127.0.0.1/32"),)
PUBLIC = "93.184.215.14"


class Web:
    """A server on loopback that notes what it is asked, and answers what it is told to."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        self.port = 0
        self.serving: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.serving.add(task)
        try:
            self.requests.append((await reader.readuntil(b"\r\n\r\n")).decode())
            writer.write(self.answer)
            await writer.drain()
        except OSError:
            pass  # whoever asked has had enough
        finally:
            await let_go(writer)
            self.serving.discard(task)


async def let_go(writer: asyncio.StreamWriter) -> None:
    """Close a connection, whatever the other end has done."""
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    web = Web()
    async with await asyncio.start_server(web.serve, "127.0.0.1", 0) as server:
        web.port = server.sockets[0].getsockname()[1]
        yield web
        await asyncio.wait_for(asyncio.gather(*web.serving), 30)


class Names:
    """A resolver whose every name has these answers in turn; the last one stays."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers, self.asked = list(answers), 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


ONE = Names(["127.0.0.1"])


def guarded(networks: Any = (), resolve: Any = outbound.look_up, authorities_file: str = "") -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=GuardedTransport(networks, resolve, authorities_file), trust_env=False)


REFUSED = [
    "http://169.254.169.254/latest/meta-data",
    "http://127.0.0.1/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://127.0.0.1./",
    "http://0/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://198.18.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::1]/",
    "http://[2002:7f00:1::]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25eth0]/",
    "http://[fd00::1]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://localhost/",
    "http://LOCALHOST./",
    "http://a.localhost/",
    "http://user@example.com/",
    "http://user:word@example.com/",
    "http://@example.com/",
    "http://example.com@127.0.0.1/",
    "http://example.com\\@127.0.0.1/",
    "http://exa mple.com/",
    "http://example.com/\r\nX: y",
    "http://１２７.0.0.1/",
    "http://127。0。0。1/",
    "http://999.1.1.1.1/",
    "http://0x7f.999999999/",
    "http://example.com:99999/",
    "http://example.com:0/",
    "http:///x",
    "http://",
    "//example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "ftp://example.com/",
    "javascript:alert(1)",
    "http://" + "a" * 2000,
    "",
]


@pytest.mark.parametrize("url", REFUSED)
async def test_what_leads_inside_is_refused_however_it_is_spelled(url: str) -> None:
    async def go_there() -> None:
        await addresses_of(check_url(url, WEB).host, 80, (), Names([PUBLIC]))

    with pytest.raises(AddressRefused):
        await go_there()


@pytest.mark.parametrize("url", [url for url in REFUSED if url.startswith("http://")])
async def test_nothing_of_it_passes_the_client_either(url: str) -> None:
    async with guarded((), Names(["127.0.0.1"])) as client:
        with pytest.raises((AddressRefused, httpx.InvalidURL, httpx.UnsupportedProtocol)):
            await client.get(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/a?b=c",
        "http://example.com:8080/",
        f"http://{PUBLIC}/",
        "http://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
        "https://xn--bcher-kva.example/",
    ],
)
def test_a_public_address_passes(url: str) -> None:
    check_url(url, WEB)


def test_networks_that_the_settings_name_pass_and_no_others() -> None:
    check_url("http://10.1.2.3/", WEB, [ip_network("10.0.0.0/8")])
    check_url("http://[::ffff:10.1.2.3]/", WEB, [ip_network("10.0.0.0/8")])
    with pytest.raises(AddressRefused):
        check_url("http://11.0.0.1.nip.localhost/", WEB, [ip_network("10.0.0.0/8")])


@pytest.mark.parametrize("answers", [["127.0.0.1"], [PUBLIC, "10.0.0.1"], ["::ffff:169.254.169.254"], []])
async def test_a_name_with_one_address_inside_is_refused(answers: list[str]) -> None:
    with pytest.raises(AddressRefused):
        await addresses_of("innocent.example", 80, (), Names(answers))


async def test_a_name_is_looked_up_once_and_the_address_that_was_checked_is_gone_to(web: Web) -> None:
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    async with guarded(LOOPBACK, names) as client:
        answer = await client.get(f"http://rebinding.example:{web.port}/hook")
    assert (answer.status_code, names.asked) == (200, 1)
    assert f"Host: rebinding.example:{web.port}" in web.requests[0]


async def test_a_name_that_turns_inside_later_is_refused_then(web: Web) -> None:
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    async with guarded(LOOPBACK, names) as client:
        await client.get(f"http://rebinding.example:{web.port}/")
        with pytest.raises(AddressRefused):
            await client.get(f"http://rebinding.example:{web.port}/")
    assert len(web.requests) == 1


async def test_the_next_address_is_tried_when_the_first_does_not_answer(web: Web) -> None:
    names = Names(["127.0.0.3", "127.0.0.1"])
    async with guarded([ip_network("127.0.0.0/8")], names) as client:
        assert (await client.get(f"http://two.example:{web.port}/")).status_code == 200


async def test_a_redirect_is_not_followed(make_runtime: MakeRuntime, web: Web) -> None:
    runtime = await make_runtime(settings={"outbound": {"networks": ["127.0.0.1/32"]}})
    web.answer = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{web.port}/x\r\nContent-Length: 0\r\n\r\n".encode()
    async with outbound.client_of(runtime, 5) as client:
        answer = await outbound.send(client, "GET", f"http://127.0.0.1:{web.port}/", timeout_s=5, bytes_max=10)
    assert (answer.status, len(web.requests)) == (302, 1)


async def test_without_a_setting_loopback_is_refused(make_runtime: MakeRuntime, web: Web) -> None:
    runtime = await make_runtime()
    async with outbound.client_of(runtime, 5) as client:
        with pytest.raises(AddressRefused):
            await client.get(f"http://127.0.0.1:{web.port}/")
    assert web.requests == []


async def test_proxies_of_the_environment_are_not_used(
    make_runtime: MakeRuntime, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    runtime = await make_runtime(settings={"outbound": {"networks": ["127.0.0.1/32"]}})
    async with outbound.client_of(runtime, 5) as client:
        assert (await client.get(f"http://127.0.0.1:{web.port}/")).status_code == 200


async def test_no_more_of_an_answer_is_read_than_was_agreed(make_runtime: MakeRuntime, web: Web) -> None:
    runtime = await make_runtime(settings={"outbound": {"networks": ["127.0.0.1/32"]}})
    web.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000
    async with outbound.client_of(runtime, 5) as client:
        answer = await outbound.send(client, "GET", f"http://127.0.0.1:{web.port}/", timeout_s=5, bytes_max=10)
    assert (answer.content, answer.is_whole) == (b"x" * 10, False)


async def test_an_answer_that_drips_is_given_up(make_runtime: MakeRuntime) -> None:
    ended = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        try:
            while not writer.is_closing():
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.02)
        except OSError:
            pass  # whoever asked has given up
        finally:
            await let_go(writer)
            ended.set()

    runtime = await make_runtime(settings={"outbound": {"networks": ["127.0.0.1/32"]}})
    async with await asyncio.start_server(drip, "127.0.0.1", 0) as server, outbound.client_of(runtime, 5) as client:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(TimeoutError):
            await outbound.send(client, "GET", f"http://127.0.0.1:{port}/", timeout_s=0.3, bytes_max=4096)
        await asyncio.wait_for(ended.wait(), 30)


async def test_the_certificate_must_be_that_of_the_name_and_not_of_the_address(tmp_path: Path) -> None:
    maker = Maker(tmp_path)  # its server certificate is for `localhost`, and says nothing of 127.0.0.1
    async with served(FastAPI(), ssl_certfile=maker.server()) as url, guarded(LOOPBACK, ONE, maker.file) as client:
        port = url.rpartition(":")[2]
        assert (await client.get(f"https://localhost:{port}/")).status_code == 404
        for name in ("other.example", "127.0.0.1"):
            with pytest.raises(httpx.ConnectError, match="certificate"):
                await client.get(f"https://{name}:{port}/")
