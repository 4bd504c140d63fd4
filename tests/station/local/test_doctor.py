"""The connection doctor against real servers, each of which fails at another step."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from ports import lasting_port
from station.authority import Authority, pem, private
from voltway.station.local.doctor import Way, examine

PROTOCOLS = ("ocpp2.0.1", "ocpp1.6")


@asynccontextmanager
async def csms(
    *,
    protocols: tuple[str, ...] = PROTOCOLS,
    refuses: HTTPStatus | None = None,
    clock_off_s: float = 0,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[str]:
    def decide(link: ServerConnection, request: Request) -> Response | None:
        return link.respond(refuses, "") if refuses else None

    def date(link: ServerConnection, request: Request, response: Response) -> Response:
        del response.headers["Date"]
        response.headers["Date"] = format_datetime(datetime.now(UTC) + timedelta(seconds=clock_off_s), usegmt=True)
        return response

    async def idle(link: ServerConnection) -> None:
        await link.wait_closed()

    async with serve(
        idle,
        "127.0.0.1",
        0,
        subprotocols=list(protocols),  # type: ignore[arg-type]
        ssl=tls,
        process_request=decide,
        process_response=date,
        select_subprotocol=None if set(protocols) & set(PROTOCOLS) else lambda link, offered: None,
    ) as server:
        yield f"{'wss' if tls else 'ws'}://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/ocpp"


async def steps(url: str, **more: object) -> list[tuple[str, bool]]:
    found = await examine(Way(url, "S1", PROTOCOLS, **more))  # type: ignore[arg-type]
    assert all(step.advice for step in found if not step.is_right)
    return [(step.name, step.is_right) for step in found]


async def test_a_way_without_faults_is_walked_to_its_end() -> None:
    async with csms() as url:
        assert await steps(url, password="correct horse") == [
            ("DNS", True),
            ("TCP", True),
            ("clock", True),
            ("authentication", True),
            ("subprotocol", True),
            ("ping", True),
        ]


async def test_a_way_with_tls_ends_where_the_certificate_is_nobody_s_that_is_believed(tmp_path: Path) -> None:
    authority = Authority("CSMS")
    key, certificate = authority.pair("csms")
    files = tmp_path / "key.pem", tmp_path / "certificate.pem"
    for file, text in zip(files, (private(key), certificate), strict=True):
        file.write_text(text)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(files[1], files[0])
    async with csms(tls=serving) as url:
        believing = ssl.create_default_context(cadata=pem(authority.certificate))
        walked = await steps(url, tls=believing)
        assert walked[:3] == [("DNS", True), ("TCP", True), ("TLS", True)]
        assert walked[-1] == ("ping", True)
        assert (await steps(url, tls=ssl.create_default_context()))[-1] == ("TLS", False)


async def test_a_name_that_nobody_knows() -> None:
    assert await steps("ws://nowhere.invalid/ocpp") == [("DNS", False)]


async def test_a_port_where_nobody_listens() -> None:
    assert await steps(f"ws://127.0.0.1:{lasting_port()}/ocpp") == [("DNS", True), ("TCP", False)]


@pytest.mark.parametrize(("status", "step"), [(401, "authentication"), (404, "WebSocket")])
async def test_a_server_that_refuses(status: int, step: str) -> None:
    async with csms(refuses=HTTPStatus(status)) as url:
        assert (await steps(url))[-1] == (step, False)


async def test_a_server_that_speaks_none_of_our_protocols() -> None:
    async with csms(protocols=("ocpp9",)) as url:
        assert (await steps(url))[-1] == ("subprotocol", False)


async def test_a_clock_that_is_wrong_is_said_and_the_rest_is_looked_at_all_the_same() -> None:
    async with csms(clock_off_s=3600) as url:
        found = dict(await steps(url))
        assert found["clock"] is False
        assert found["authentication"] is True


async def test_a_server_without_tls_and_one_that_is_no_web_server() -> None:
    async with csms() as url:
        tls = ssl.create_default_context()
        assert (await steps(url.replace("ws:", "wss:"), tls=tls))[-1] == ("TLS", False)

    async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(shout, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert (await steps(f"ws://127.0.0.1:{port}/ocpp"))[-1] == ("WebSocket", False)
    server.close()


async def test_while_the_station_is_linked_no_second_link_is_made() -> None:
    async with csms(refuses=HTTPStatus.UNAUTHORIZED) as url:
        assert (await steps(url, is_linked=True, linked_by="ocpp1.6"))[-1] == ("link", True)
