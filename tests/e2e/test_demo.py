"""`voltway run --demo`: a network that is alive at first sight, in a database that says what it is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from e2e.server_process import ServerProcess
from voltway.app.demo.network import LOCATIONS, LOG_INS, PASSWORD, SELLER, STATIONS, TARIFFS, TOKENS
from voltway.station.ocpp.vocabulary import GUEST_TOKEN

PATIENCE_S = 400.0  # drivers come and go by chance, and the first may be turned away


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, on_database: dict[str, str]) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.mktemp("demo") / "data", environment=on_database)
    server.start("--demo")
    yield server
    server.kill()


@contextmanager
def logged_in(server: ServerProcess, email: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.api.replace("127.0.0.1", "localhost"), trust_env=False) as client:
        answer = client.post("/login", json={"email": email, "password": PASSWORD})
        assert answer.is_success, answer.text
        yield client


def items(client: httpx.Client, path: str) -> list[dict[str, Any]]:
    return list(client.get(path, params={"limit": 500}).json()["items"])


def until(condition: Any) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come to life"
        time.sleep(0.1)


def test_addresses_and_log_ins_are_printed_and_lead_there(demo: ServerProcess) -> None:
    for email in (log_in.email for log_in in LOG_INS):
        assert email in demo.output
        with logged_in(demo, email) as caller:
            assert caller.get("/me").json()["account"]["email"] == email
    assert f"password {PASSWORD}" in demo.output
    assert f"http://localhost:{demo.http_port}/" in demo.output
    assert f"ws://localhost:{demo.ocpp_port}/ocpp/{{identity}}" in demo.output


def test_every_page_has_something_to_show_and_cars_come(demo: ServerProcess) -> None:
    with logged_in(demo, LOG_INS[0].email) as admin:
        until(lambda: all(station["is_online"] for station in items(admin, "/charging-stations")))
        stations = items(admin, "/charging-stations")
        assert {station["identity"] for station in stations} == {station.identity for station in STATIONS}
        assert {station["protocol"] for station in stations} == {"ocpp1.6", "ocpp2.0.1", "ocpp2.1"}
        assert {station["location_id"] for station in stations} == {each["id"] for each in items(admin, "/locations")}
        assert len(items(admin, "/locations")) == len(LOCATIONS)
        assert {token["value"] for token in items(admin, "/id-tokens")} == {*TOKENS, GUEST_TOKEN}
        assert len(items(admin, "/tariffs")) == len(TARIFFS)
        past = [session for session in items(admin, "/sessions") if session["state"] == "ended"]
        assert len(past) > 30
        assert all(session["cost"]["minor"] > 0 and not session["review"] for session in past)
        until(lambda: len(items(admin, "/documents")) >= len(past))
        documents = items(admin, "/documents")
        assert {document["kind"] for document in documents} == {"receipt", "invoice"}
        page = admin.get(documents[0]["link"])
        assert f"{documents[0]['number']}</h1>" in page.text
        assert SELLER["name"] in page.text
        started = [session["started_at"] for session in items(admin, "/sessions")]
        assert started == sorted(started, reverse=True)
        until(lambda: any(session["state"] == "active" for session in items(admin, "/sessions")))
        assert "Token in two places" not in {incident["title"] for incident in items(admin, "/incidents")}


def is_taken(payment: dict[str, Any]) -> bool:
    return payment["state"] in ("held", "captured", "released")


def test_drivers_pay_and_the_books_balance(demo: ServerProcess) -> None:
    with logged_in(demo, LOG_INS[0].email) as admin:
        until(lambda: {"card", "wallet"} <= {each["method"] for each in items(admin, "/payments") if is_taken(each)})
        until(lambda: len(admin.get("/ledger/trial-balance").json()) > 0)
        assert all(balance["is_balanced"] for balance in admin.get("/ledger/trial-balance").json())
        assert admin.get("/ledger/verification").json()["is_whole"]


def test_later_starts_find_the_network_as_it_is_and_say_that_it_is_a_demo(demo: ServerProcess) -> None:
    assert demo.stop() == 0
    demo.start()
    assert "(demo network)" in demo.output
    assert demo.stop() == 0
    demo.start("--demo")
    with logged_in(demo, LOG_INS[0].email) as admin:
        assert len(items(admin, "/charging-stations")) == len(STATIONS)
        assert len(items(admin, "/id-tokens")) == len(TOKENS) + 1
        assert len(items(admin, "/tariffs")) == len(TARIFFS)
    assert '"level": "error"' not in demo.log
