"""The fleet's ledger held against the platform's sessions, from the comparison up to the exit code of the command."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from voltway.station.ocpp.vocabulary import IdToken, Transaction
from voltway.station.simulator.ledger import Ledger, PlatformSession, compare, of_this_run

from .fake_csms import FakeCsms, port_of  # noqa: TID252  (tests are not installed)

AT = datetime(2026, 1, 1, tzinfo=UTC)
IDENTITIES = frozenset({"s1"})
AGREED = PlatformSession("S1", "t1", "ended", 1, "token-1", 1_000, 8_000, 7_000)


def a_ledger(*, has_ended: bool = True) -> Ledger:
    ledger = Ledger()
    transaction = Transaction(1, 1, IdToken("TOKEN-1"), AT, 1_000, "t1")
    ledger.started("S1", transaction)
    if has_ended:
        transaction.ended_at, transaction.meter_stop_wh = AT + timedelta(hours=1), 8_000
        ledger.ended(transaction)
    return ledger


def test_equal_books_do_not_differ() -> None:
    assert compare(a_ledger(), [AGREED], IDENTITIES) == []


def test_a_session_that_still_runs_is_expected_to_be_active() -> None:
    running = replace(AGREED, state="active", meter_stop_wh=None, energy_wh=3_000)
    assert compare(a_ledger(has_ended=False), [running], IDENTITIES) == []
    assert [one.field for one in compare(a_ledger(), [running], IDENTITIES)] == ["state", "meter_stop_wh", "energy_wh"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"energy_wh": 6_999}, "energy_wh"),
        ({"meter_start_wh": None}, "meter_start_wh"),
        ({"meter_stop_wh": 8_001}, "meter_stop_wh"),
        ({"state": "active"}, "state"),
        ({"evse_number": 2}, "evse_number"),
        ({"id_token": "OTHER"}, "id_token"),
    ],
)
def test_each_wrong_fact_is_found(change: dict[str, Any], field: str) -> None:
    (difference,) = compare(a_ledger(), [replace(AGREED, **change)], IDENTITIES)
    assert difference.field == field


def test_missing_double_and_invented_sessions_are_found() -> None:
    assert [one.platform for one in compare(a_ledger(), [], IDENTITIES)] == ["missing"]
    assert [one.platform for one in compare(a_ledger(), [AGREED, AGREED], IDENTITIES)] == ["2 sessions"]
    invented = replace(AGREED, transaction_id="t9")
    assert [one.ledger for one in compare(a_ledger(), [AGREED, invented], IDENTITIES)] == ["missing"]


def test_what_other_stations_do_is_none_of_the_ledgers_business() -> None:
    others = [replace(AGREED, station_identity="S2", transaction_id="t2"), replace(AGREED, transaction_id=None)]
    assert compare(a_ledger(), [AGREED, *others], IDENTITIES) == []


def test_an_earlier_run_is_left_out_but_what_the_ledger_knows_stays_whenever_it_is_said_to_have_begun() -> None:
    early = AT - timedelta(hours=5)
    known, older = replace(AGREED, started_at=early), replace(AGREED, transaction_id="t0", started_at=early)
    later = replace(AGREED, transaction_id="t9", started_at=AT)
    assert of_this_run(a_ledger(), [known, older, later], AT) == [known, later]


def platform_sessions(csms: FakeCsms) -> list[dict[str, Any]]:
    """What a platform would have made of the 2.x messages that the CSMS has heard."""
    sessions: dict[str, dict[str, Any]] = {}
    for heard in csms.heard:
        if heard.action != "TransactionEvent":
            continue
        event = heard.payload
        transaction_id = event["transactionInfo"]["transactionId"]
        if event["eventType"] == "Started":
            register_wh = int(event["meterValue"][0]["sampledValue"][0]["value"])
            sessions[transaction_id] = {
                "station_identity": heard.identity,
                "transaction_id": transaction_id,
                "state": "active",
                "evse_number": event["evse"]["id"],
                "id_token": event["idToken"]["idToken"],
                "meter_start_wh": register_wh,
                "meter_stop_wh": None,
                "energy_wh": 0,
            }
        elif event["eventType"] == "Ended":
            register_wh, session = int(event["meterValue"][0]["sampledValue"][0]["value"]), sessions[transaction_id]
            session |= {"state": "ended", "meter_stop_wh": register_wh}
            session["energy_wh"] = register_wh - session["meter_start_wh"]
    return list(sessions.values())


@contextmanager
def platform_api(csms: FakeCsms, spoil: Any = None) -> Iterator[str]:
    """The list of sessions over HTTP, two to a page; `spoil` changes what it tells."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers["Authorization"] != "Bearer the-key":
                self.send_error(401)
                return
            sessions = platform_sessions(csms)
            if spoil is not None:
                sessions = spoil(sessions)
            first = int(parse_qs(urlsplit(self.path).query).get("cursor", ["0"])[0])
            more = str(first + 2) if first + 2 < len(sessions) else None
            body = json.dumps({"items": sessions[first : first + 2], "next_cursor": more}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


async def simulate(*arguments: str) -> tuple[int, str]:
    """Run the command in a process of its own; exit code and everything it prints."""
    command = "import typer; from voltway.station.simulator.cli import simulate; typer.run(simulate)"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        command,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={"COLUMNS": "200"},
    )
    async with asyncio.timeout(60):
        output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


def one_charge(csms: FakeCsms) -> list[str]:
    stations = ["--stations", "3", "--protocol", "ocpp2.0.1", "--seed", "1"]
    return ["--url", csms.url, *stations, "--scenario", "one-charge", "--speed", "2400"]


async def test_the_command_ends_well_when_the_books_agree(csms: FakeCsms) -> None:
    with platform_api(csms) as api:
        code, output = await simulate(*one_charge(csms), "--api", api, "--api-key", "the-key")
    assert (code, "Ledger and platform agree" in output) == (0, True), output
    assert platform_sessions(csms)  # on a busy machine a car at this speed may find that its stay is over


async def test_the_report_has_each_stations_own_ledger_and_what_the_platform_says(
    csms: FakeCsms, tmp_path: Path
) -> None:
    file = tmp_path / "report.json"
    with platform_api(csms, lambda sessions: [sessions[0] | {"energy_wh": 1}, *sessions[1:]]) as api:
        options = ["--api", api, "--api-key", "the-key", "--report", str(file)]
        code, output = await simulate(*one_charge(csms), *options)
    assert code == 1, output
    report = json.loads(file.read_text())
    told = {one["transaction_id"]: one for one in platform_sessions(csms)}
    assert [station["identity"] for station in report["stations"]] == ["SIM-00001", "SIM-00002", "SIM-00003"]
    sessions = [one for station in report["stations"] for one in station["sessions"]]
    assert report["totals"]["sessions"] == len(sessions) == len(told)
    for one in sessions:
        ours = told[one["transaction_id"]]
        assert {name: one[name] for name in ("meter_start_wh", "meter_stop_wh", "energy_wh", "evse_number")} == {
            name: ours[name] for name in ("meter_start_wh", "meter_stop_wh", "energy_wh", "evse_number")
        }
    assert report["totals"]["energy_wh"] == sum(one["energy_wh"] for one in sessions)
    assert (report["agrees"], len(report["differences"])) == (False, 1)
    assert report["run"]["seed"] == 1


async def test_a_report_of_a_run_that_was_not_compared_says_so(csms: FakeCsms, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    code, _ = await simulate(*one_charge(csms), "--duration", "0.5", "--report", str(file))
    report = json.loads(file.read_text())
    assert (code, report["agrees"], report["platform"]) == (0, None, None)


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda sessions: sessions[1:], "missing"),
        (lambda sessions: [sessions[0] | {"energy_wh": 1}, *sessions[1:]], "energy_wh"),
    ],
)
async def test_the_command_ends_with_1_when_the_books_differ(spoil: Any, word: str, csms: FakeCsms) -> None:
    with platform_api(csms, spoil) as api:
        code, output = await simulate(*one_charge(csms), "--api", api, "--api-key", "the-key")
    assert code == 1, output
    assert word in output
    assert "1 differences" in output


async def test_the_command_says_that_it_could_not_compare(csms: FakeCsms) -> None:
    code, output = await simulate(*one_charge(csms), "--duration", "0.5")
    assert code == 0, output
    assert "were not compared" in output
    with platform_api(csms) as api:
        code, output = await simulate(*one_charge(csms), "--duration", "0.5", "--api", api, "--api-key", "wrong")
    assert (code, "the API key is refused" in output) == (2, True), output


async def test_an_unreachable_server_is_one_clear_line_and_exit_code_2(csms: FakeCsms, unused_tcp_port: int) -> None:
    code, output = await simulate("--url", f"ws://127.0.0.1:{unused_tcp_port}/ocpp", "--stations", "2")
    assert code == 2
    assert output.splitlines()[-1].startswith("voltway simulate: cannot connect to ws://127.0.0.1")
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("status", "subprotocols", "said"),
    [
        (HTTPStatus.UNAUTHORIZED, ["ocpp1.6"], "(401)"),
        (HTTPStatus.NOT_FOUND, ["ocpp1.6"], "404"),
        (None, ["ocpp2.1"], "does not speak ocpp1.6"),
    ],
)
async def test_a_refusing_server_is_one_clear_line_and_exit_code_2(
    status: HTTPStatus | None, subprotocols: list[Subprotocol], said: str
) -> None:
    def refuse(link: ServerConnection, request: Request) -> Response | None:
        return link.respond(status, "no") if status is not None else None

    async def keep(link: ServerConnection) -> None:
        await link.wait_closed()

    def choose(link: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        return next((one for one in subprotocols if one in offered), None)

    async with serve(keep, "127.0.0.1", 0, process_request=refuse, select_subprotocol=choose) as server:
        url = f"ws://127.0.0.1:{port_of(server)}/ocpp"
        code, output = await simulate("--url", url, "--stations", "2", "--protocol", "ocpp1.6")
    assert (code, said in output.splitlines()[-1]) == (2, True), output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    "arguments",
    [
        ["--url", "http://localhost"],
        ["--url", "ws://localhost", "--protocol", "ocpp3"],
        ["--url", "ws://localhost", "--scenario", "chaos"],
        ["--url", "ws://localhost", "--id-template", "SAME"],
        ["--url", "ws://localhost", "--id-template", "{x}"],
        ["--url", "ws://localhost", "--api", "http://localhost"],
        ["--url", "ws://localhost", "--make", "no such"],
        ["--url", "ws://localhost", "--quirk", "no such"],
        ["--url", "ws://localhost", "--make", "lamp-post", "--protocol", "ocpp2.1"],
        ["--url", "ws://localhost", "--report", "/no/such/folder/report.json"],
    ],
)
async def test_wrong_options_are_one_clear_line_and_exit_code_2(arguments: list[str]) -> None:
    code, output = await simulate(*arguments)
    assert (code, len(output.splitlines())) == (2, 1), output
