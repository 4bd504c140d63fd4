"""The page over a real socket, with a station behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from station.test_program import until
from voltway.station.config import read_config
from voltway.station.faults import Fault
from voltway.station.hardware.simulated import SimulatedBoard
from voltway.station.ocpp.vocabulary import EvseState
from voltway.station.pilot import Pilot
from voltway.station.program import StationProgram

WITHIN_S = 60.0


@asynccontextmanager
async def running(
    folder: Path, *, pin: str = 'pin = "4711"'
) -> AsyncIterator[tuple[StationProgram, httpx.AsyncClient]]:
    config = folder / "station.toml"
    config.write_text(
        f'[station]\ndata_dir = "{folder}/data"\naccess = "free"\n'
        f'[local]\nhttp = "127.0.0.1:0"\n{pin}\n[[evse]]\ncurrent_a_max = 16\n'
    )
    program = StationProgram(read_config(config))
    task = asyncio.create_task(program.run())
    try:
        await until(lambda: program.page_port, WITHIN_S)
        await until(lambda: program.evses[0].hardware.is_settled, WITHIN_S)  # type: ignore[union-attr]
        url = f"http://127.0.0.1:{program.page_port}"
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=WITHIN_S) as client:
            yield program, client
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def board_of(program: StationProgram) -> SimulatedBoard:
    board = program.evses[0].board
    assert isinstance(board, SimulatedBoard)
    return board


async def evse(client: httpx.AsyncClient) -> dict[str, Any]:
    [found] = (await client.get("/status.json")).json()["evses"]
    return dict(found)


async def test_it_shows_state_power_limit_faults_and_what_is_left_to_do(tmp_path: Path) -> None:
    async with running(tmp_path) as (program, client):
        page = await client.get("/")
        assert page.status_code == 200
        assert "Examine the connection" in page.text
        assert "https://" not in page.text, "nothing comes from elsewhere"
        assert (await evse(client))["state"] == "available"
        checks = (await client.get("/status.json")).json()["checklist"]
        assert all(check["is_right"] for check in checks), checks
        board_of(program).connect(Pilot.B)
        await until(lambda: board_of(program).output.is_pwm, WITHIN_S)
        board_of(program).connect(Pilot.C)
        await until(lambda: program.station.evses[0].state is EvseState.CHARGING, WITHIN_S)
        await asyncio.sleep(1.5)
        seen = await evse(client)
        assert (seen["state"], seen["limit_a"], seen["faults"]) == ("charging", 16.0, [])
        assert seen["power_w"] == pytest.approx(3 * 16 * 230, rel=0.02)
        board_of(program).inject(Fault.VENDOR_ERROR)
        await until(lambda: program.station.evses[0].state is EvseState.FAULTED, WITHIN_S)
        assert (await evse(client))["faults"] == ["vendor_error"]
        checks = (await client.get("/status.json")).json()["checklist"]
        assert [check["name"] for check in checks if not check["is_right"]] == ["EVSE 1: faults"]


async def test_a_limit_needs_the_pin_and_then_the_car_is_told(tmp_path: Path) -> None:
    async with running(tmp_path) as (program, client):
        wish = {"evse_number": 1, "current_a": 10}
        assert (await client.post("/limit", json=wish)).status_code == 401
        right = {"X-Station-Pin": "4711"}
        for wrong in (
            {"evse_number": 1, "current_a": -1},
            {"evse_number": 1, "current_a": "10"},
            {"current_a": 10},
            [],
        ):
            assert (await client.post("/limit", json=wrong, headers=right)).status_code == 400
        assert (await client.post("/limit", json=wish, headers=right)).status_code == 200
        board_of(program).connect(Pilot.B)
        await until(lambda: board_of(program).output.is_pwm, WITHIN_S)
        board_of(program).connect(Pilot.C)
        await until(lambda: board_of(program).current_a == pytest.approx(10, abs=0.1), WITHIN_S)
        answer = await client.post("/reset-faults", json={"evse_number": 1}, headers=right)
        assert answer.json() == {"outcome": "done"}


async def test_guessing_the_pin_ends_after_ten_tries(tmp_path: Path) -> None:
    async with running(tmp_path) as (_, client):
        for _ in range(10):
            assert (await client.post("/unlock", json={}, headers={"X-Station-Pin": "0000"})).status_code == 401
        assert (await client.post("/unlock", json={}, headers={"X-Station-Pin": "4711"})).status_code == 429


async def test_without_a_pin_it_only_shows(tmp_path: Path) -> None:
    async with running(tmp_path, pin="") as (_, client):
        assert (await client.post("/limit", json={"evse_number": 1, "current_a": 6})).status_code == 403
        assert (await client.get("/status.json")).status_code == 200


@pytest.mark.parametrize(
    "octets",
    [b"\r\n\r\n", b"GET\r\n\r\n", b"POST /limit HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", b"\xff" * 20_000, b""],
)
async def test_nonsense_is_answered_and_the_next_is_served(tmp_path: Path, octets: bytes) -> None:
    async with running(tmp_path) as (program, client):
        reader, writer = await asyncio.open_connection("127.0.0.1", program.page_port)
        writer.write(octets)
        writer.write_eof()
        answer = await reader.read()
        assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 413"))
        writer.close()
        assert (await client.get("/nowhere")).status_code == 404
        assert (await client.get("/status.json")).status_code == 200
