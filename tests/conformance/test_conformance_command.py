"""`voltway conformance` on ourselves: each scripted case is one test. And on a CSMS that is wrong: it must not pass."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from conformance.broken_csms import Answer, csms, right_answer
from e2e.server_process import VOLTWAY, ServerProcess, clean_environment
from voltway.station.conformance.case import Case
from voltway.station.conformance.operators import Nobody, VoltwayDriver
from voltway.station.conformance.running import FAIL, NOT_APPLICABLE, PASS, choose, play_case

CHOSEN = choose()
EACH_CASE = pytest.mark.parametrize(
    ("case", "protocol"), CHOSEN, ids=[f"{case.case_id}-{protocol}" for case, protocol in CHOSEN]
)


@EACH_CASE
async def test_case_passes_on_ourselves(whole_platform: ServerProcess, key: str, case: Case, protocol: str) -> None:
    verdict = await play_case(case, protocol, whole_platform.stations_url, VoltwayDriver(whole_platform.api, key))
    assert verdict.outcome == PASS, "\n".join([verdict.why, *verdict.wire])


# ---- a CSMS that is wrong


def wrong(action: str, answer: Any) -> Answer:
    return lambda asked, payload: answer if asked == action else right_answer(asked, payload)


async def verdict_on(answer: Answer, case_id: str, unasked: Any = None) -> tuple[str, str]:
    ((case, protocol),) = choose(case_ids=[case_id])
    nobody = Nobody("CS1", None, {"accepted": "TAG", "blocked": "BAD", "expired": "OLD"}, patience_s=0.5)
    async with csms(answer, unasked=unasked) as url:
        verdict = await play_case(case, protocol, url, nobody)
    assert verdict.wire
    return verdict.outcome, verdict.why


@pytest.mark.parametrize("case_id", ["TC_001", "TC_003", "TC_037_1", "TC_064"])
async def test_right_csms_of_somebody_else_passes(case_id: str) -> None:
    assert await verdict_on(right_answer, case_id) == (PASS, "")


@pytest.mark.parametrize(
    ("case_id", "answer", "why"),
    [
        ("TC_001", wrong("BootNotification", {"status": "Accepted"}), "breaks its schema"),
        ("TC_001", wrong("BootNotification", {"status": "Rejected", "currentTime": "x", "interval": 1}), "status is"),
        ("TC_001", wrong("Heartbeat", None), "no answer within"),
        ("TC_003", wrong("StartTransaction", {"idTagInfo": {"status": "Accepted"}}), "breaks its schema"),
        ("TC_003", wrong("StatusNotification", {"surplus": 1}), "breaks its schema"),
        ("TC_023_1", right_answer, "idTagInfo.status is 'Accepted', expected 'Invalid'"),
        ("TC_023_3", right_answer, "expected 'Blocked'"),
        ("TC_037_3", right_answer, "expected 'Invalid'"),
    ],
)
async def test_wrong_csms_fails(case_id: str, answer: Answer, why: str) -> None:
    outcome, said = await verdict_on(answer, case_id)
    assert outcome == FAIL
    assert why in said


@pytest.mark.parametrize(
    "unasked",
    [[2, "x", "Reset", {"type": "Sometime"}], [2, "x", "NoSuchAction", {}], [3, "nobody-asked", {}]],
    ids=["wrong word", "unknown action", "answer to nothing"],
)
async def test_csms_that_breaks_the_protocol_by_itself_fails(unasked: Any) -> None:
    outcome, said = await verdict_on(right_answer, "TC_001", unasked)
    assert outcome == FAIL
    assert "broke the protocol" in said


async def test_case_that_needs_an_operator_is_not_applicable_without_one() -> None:
    outcome, said = await verdict_on(right_answer, "TC_012")
    assert outcome == NOT_APPLICABLE
    assert "--api" in said


# ---- the command


async def run(*arguments: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        VOLTWAY,
        "conformance",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=clean_environment() | {"COLUMNS": "200"},
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


async def test_command_says_pass_and_not_applicable_and_ends_with_0(tmp_path: Path) -> None:
    file = tmp_path / "verdicts.json"
    async with csms(right_answer) as url:
        code, output = await run("--url", url, "--protocol", "ocpp1.6", "--case", "TC_001", "--case", "TC_013", "--json", str(file))  # fmt: skip
    assert code == 0, output
    assert "1 pass, 0 fail, 1 not applicable" in output
    told = {one["case"]: one for one in json.loads(file.read_text())}
    assert told["TC_001"]["verdict"] == PASS
    assert any("BootNotification" in line for line in told["TC_001"]["wire"])
    assert told["TC_013"]["verdict"] == NOT_APPLICABLE


async def test_command_ends_with_1_when_a_case_fails() -> None:
    async with csms(wrong("BootNotification", {})) as url:
        code, output = await run("--url", url, "--case", "TC_001", "--wire")
    assert code == 1, output
    assert "breaks its schema" in output
    assert '[2,"CONFORMANCE-1","BootNotification"' in output


@pytest.mark.parametrize(
    "arguments",
    [
        ["--url", "http://here"],
        ["--url", "ws://here", "--protocol", "ocpp3"],
        ["--url", "ws://here", "--case", "TC_NOWHERE"],
        ["--url", "ws://here", "--api", "http://here"],
    ],
)
async def test_wrong_use_ends_with_2(arguments: list[str]) -> None:
    code, output = await run(*arguments)
    assert code == 2
    assert output.startswith("voltway conformance: ")


def test_case_ids_are_unique_in_each_protocol() -> None:
    keys = [(case.case_id, protocol) for case, protocol in CHOSEN]
    assert len(keys) == len(set(keys))
