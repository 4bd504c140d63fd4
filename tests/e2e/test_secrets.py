"""A server at work, with secrets that are known: none of them is in its log, its database, its message log, or an answer afterwards."""

from __future__ import annotations

import asyncio
import base64
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from e2e.server_process import ServerProcess
from voltway.kernel import clock

EMAIL, PASSWORD, WRONG_PASSWORD = "ada@voltway.example", "a long enough password 4711", "not her password 0815"
PUSHED_PASSWORD, NETWORK_PASSWORD = "pushed-by-a-raw-call-77", "of-the-mobile-network-88"
GUESSED = "guessed-by-a-stranger-99"
CARD = "04AABBCCDDEEFF11"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path / "data", environment={"VOLTWAY_LOG__LEVEL": "debug"})
    server.start()
    yield server
    server.kill()


async def station(server: ServerProcess, identity: str, password: str, stop: asyncio.Event) -> None:
    """A 1.6 station that boots, takes every call and uses a card."""
    login = base64.b64encode(f"{identity}:{password}".encode()).decode()
    url, headers = f"{server.stations_url}/{identity}", {"Authorization": f"Basic {login}"}
    async with connect(url, subprotocols=["ocpp1.6"], additional_headers=headers, proxy=None) as link:  # type: ignore[list-item]
        await link.send('[2,"b","BootNotification",{"chargePointVendor":"Acme","chargePointModel":"One"}]')
        await link.send(json.dumps([2, "a", "Authorize", {"idTag": CARD}]))
        stopping = asyncio.create_task(stop.wait())
        while not stopping.done():
            hearing = asyncio.create_task(link.recv())
            await asyncio.wait([hearing, stopping], return_when=asyncio.FIRST_COMPLETED)
            if not hearing.done():
                hearing.cancel()
                break
            kind, message_id, *_ = json.loads(hearing.result())
            if kind == 2:
                await link.send(json.dumps([3, message_id, {"status": "Accepted"}]))


async def test_no_secret_stands_where_somebody_could_read_it(server: ServerProcess) -> None:
    server.command("admin", "create", "--email", EMAIL, "--password-stdin", typed=f"{PASSWORD}\n")
    key = await asyncio.to_thread(server.make_key)
    secrets = {
        "password": PASSWORD,
        "wrong password": WRONG_PASSWORD,
        "pushed password": PUSHED_PASSWORD,
        "network password": NETWORK_PASSWORD,
        "guessed password": GUESSED,
        "API key": key.rpartition("_")[2],
    }
    stop = asyncio.Event()
    async with httpx.AsyncClient(base_url=server.api, trust_env=False, timeout=60) as browser:
        assert (await browser.post("/login", json={"email": EMAIL, "password": WRONG_PASSWORD})).status_code == 401
        logged_in = await browser.post("/login", json={"email": EMAIL, "password": PASSWORD})
        secrets |= {"cookie": browser.cookies["voltway_session"], "CSRF token": logged_in.json()["csrf_token"]}
        browser.headers["x-csrf-token"] = secrets["CSRF token"]

        async def made(path: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
            answer = await browser.post(path, json=body, headers=headers)
            assert answer.status_code in (200, 201, 202), answer.text
            return dict(answer.json())

        added = await made("/charging-stations", {"identity": "CS1", "security_profile": 1}, **{"idempotency-key": "k"})
        secrets["station password"] = added["password"]
        secrets["other API key"] = (await made("/api-keys", {"name": "n", "role": "auditor"}))["key"].rpartition("_")[2]
        token = await made(
            "/registration-tokens", {"name": "t", "expires_at": clock.to_rfc3339(clock.now() + timedelta(days=1))}
        )
        secrets["registration token"] = token["token"]
        await made("/id-tokens", {"value": CARD})
        with pytest.raises(Exception, match="401"):
            await station(server, "CS1", GUESSED, stop)
        running = asyncio.create_task(station(server, "CS1", added["password"], stop))
        calls, orders = (f"/charging-stations/{added['id']}/{kind}" for kind in ("calls", "commands"))
        for _ in range(100):
            if (await browser.get(f"/charging-stations/{added['id']}")).json()["is_online"]:
                break
            await asyncio.sleep(0.1)
        for variable, value in (("AuthorizationKey", PUSHED_PASSWORD), ("ApnPassword", NETWORK_PASSWORD)):
            payload = {"key": variable, "value": value}
            called = await made(calls, {"action": "ChangeConfiguration", "payload": payload})
            assert called["outcome"] == "result", called
        rotated = await browser.post(f"{orders}?wait_s=10", json={"type": "rotate_password"})
        assert rotated.status_code in (200, 202), rotated.text
        await asyncio.sleep(2.5)  # the message log and the audit log are written beside

        shown = ""
        for path in (
            "/audit-entries?limit=500",
            "/audit-entries/export",
            f"/charging-stations/{added['id']}/messages?limit=500",
            orders,
            "/charging-stations",
            "/registration-tokens",
            "/api-keys",
            "/security-events",
            "/openapi.json",
        ):
            answer = await browser.get(path)
            assert answer.status_code == 200, path
            shown += answer.text
        metrics = await browser.get(str(browser.base_url.join("/metrics")))
        shown += metrics.text
    stop.set()
    await asyncio.gather(running, return_exceptions=True)
    assert server.stop() == 0
    with closing(sqlite3.connect(server.data_dir / "voltway.db")) as database:
        stored = "\n".join(database.iterdump())
    assert "ChangeConfiguration" in shown
    assert "station.called" in shown
    assert "command.sent" in stored
    places = {"log": server.log, "output": server.output, "answers": shown, "database": stored}
    found = [(name, place) for name, secret in secrets.items() for place, text in places.items() if secret in text]
    assert not found
    assert CARD not in server.log
