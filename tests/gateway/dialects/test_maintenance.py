"""Firmware and logs: what is said to a station in each version, and what becomes of its answers."""

from __future__ import annotations

from typing import Any

import pytest

from voltway.contracts.vocabulary import CommandState
from voltway.kernel.errors import InvalidField

from .builders import DIALECTS, ScriptedLink  # noqa: TID252  (tests are not installed)

V16 = "ocpp1.6"
both = pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp2.1"])
AT, AT_SAID = "2026-03-01T12:00:00+01:00", "2026-03-01T11:00:00.000Z"
URL = "https://files.example/firmware.bin"
SIGNED = {"signing_certificate": "PEM", "signature": "c2lnbg=="}


async def test_unsigned_firmware_is_ordered_by_1_6_as_it_always_was() -> None:
    link = ScriptedLink(V16, {})
    outcome = await link.run(
        "update_firmware", request_number=7, location=URL, retrieve_at=AT, retries=3, retry_interval_s=60
    )
    assert link.calls == [
        ("UpdateFirmware", {"location": URL, "retrieveDate": AT_SAID, "retries": 3, "retryInterval": 60})
    ]
    assert (outcome.state, outcome.wire_status) == (CommandState.ACCEPTED, None)


async def test_signed_firmware_is_ordered_by_the_white_papers_message() -> None:
    link = ScriptedLink(V16, {"status": "InvalidCertificate"})
    outcome = await link.run("update_firmware", request_number=7, location=URL, retrieve_at=AT, install_at=AT, **SIGNED)
    ((action, said),) = link.calls
    assert action == "SignedUpdateFirmware"
    assert said["firmware"] == {
        "location": URL,
        "retrieveDateTime": AT_SAID,
        "installDateTime": AT_SAID,
        "signingCertificate": "PEM",
        "signature": "c2lnbg==",
    }
    assert (outcome.state, outcome.wire_status) == (CommandState.REJECTED, "InvalidCertificate")
    assert outcome.result == {"request_id": said["requestId"]}


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({"signature": "x"}, "$.signature"),
        ({"signing_certificate": "x"}, "$.signature"),
        ({"install_at": AT}, "$.install_at"),
    ],
)
def test_1_6_refuses_what_it_cannot_say(arguments: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidField) as refused:
        DIALECTS[V16].commands["update_firmware"].check({"location": URL, **arguments})
    assert refused.value.detail.startswith(path)


@both
@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("Accepted", CommandState.ACCEPTED),
        ("AcceptedCanceled", CommandState.ACCEPTED),
        ("Rejected", CommandState.REJECTED),
        ("RevokedCertificate", CommandState.REJECTED),
    ],
)
async def test_firmware_is_ordered_in_2_x(protocol: str, word: str, state: CommandState) -> None:
    link = ScriptedLink(protocol, {"status": word})
    outcome = await link.run("update_firmware", request_number=7, location=URL, retrieve_at=AT, retries=1)
    ((action, said),) = link.calls
    assert (action, said["firmware"], said["retries"]) == (
        "UpdateFirmware",
        {"location": URL, "retrieveDateTime": AT_SAID},
        1,
    )
    assert (outcome.state, outcome.wire_status) == (state, word)


async def test_diagnostics_of_1_6_are_brought_by_its_own_message() -> None:
    link = ScriptedLink(V16, {"fileName": "diag.zip"})
    outcome = await link.run(
        "get_log", request_number=7, kind="diagnostics", location="ftp://files.example/in", since=AT
    )
    assert link.calls == [("GetDiagnostics", {"location": "ftp://files.example/in", "startTime": AT_SAID})]
    assert outcome.result == {"file_name": "diag.zip"}


async def test_the_security_log_of_1_6_is_brought_by_the_white_papers_message() -> None:
    link = ScriptedLink(V16, {"status": "Accepted", "filename": "sec.log"})
    outcome = await link.run("get_log", request_number=7, kind="security", location=URL)
    ((action, said),) = link.calls
    assert (action, said["logType"], said["log"]) == ("GetLog", "SecurityLog", {"remoteLocation": URL})
    assert outcome.result == {"request_id": said["requestId"], "file_name": "sec.log"}


@both
@pytest.mark.parametrize(("kind", "word"), [("diagnostics", "DiagnosticsLog"), ("security", "SecurityLog")])
async def test_logs_of_2_x_are_brought(protocol: str, kind: str, word: str) -> None:
    link = ScriptedLink(protocol, {"status": "AcceptedCanceled", "filename": "log.zip"})
    outcome = await link.run("get_log", request_number=7, kind=kind, location=URL, since=AT, until=AT)
    ((action, said),) = link.calls
    assert (action, said["logType"]) == ("GetLog", word)
    assert said["log"] == {"remoteLocation": URL, "oldestTimestamp": AT_SAID, "latestTimestamp": AT_SAID}
    assert (outcome.state, outcome.result["file_name"]) == (CommandState.ACCEPTED, "log.zip")
