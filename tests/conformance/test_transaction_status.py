"""Certification cases E_29 to E_34: what a station says of a transaction, and of messages that wait to be sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from conformance.device_model_stations import Platform
from e2e.server_process import ServerProcess

both = pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp2.1"])
TIME = "2026-03-01T12:00:00Z"


@pytest.fixture
async def platform(whole_platform: ServerProcess, key: str) -> AsyncIterator[Platform]:
    async with httpx.AsyncClient(
        base_url=whole_platform.api, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=30
    ) as api:
        yield Platform(whole_platform, api)


def event(kind: str, number: int, **fields: Any) -> dict[str, Any]:
    """A TransactionEvent of transaction t-1."""
    return {
        "eventType": kind,
        "timestamp": TIME,
        "triggerReason": "CablePluggedIn",
        "seqNo": number,
        "transactionInfo": {"transactionId": "t-1"},
        "evse": {"id": 1, "connectorId": 1},
        **fields,
    }


async def status(
    platform: Platform, protocol: str, answer: dict[str, bool], events: tuple[str, ...] = (), **asked: str
) -> dict[str, bool | None]:
    """What the order tells after these events of t-1, where the station answers so and has its queue sent afterwards."""
    async with platform.station(protocol) as station:
        for number, kind in enumerate(events):
            await station.call("TransactionEvent", event(kind, number))
        station.answers["GetTransactionStatus"] = answer
        waiting = event("Updated", len(events), offline=True)
        station.then["GetTransactionStatus"] = lambda request: (
            [("TransactionEvent", waiting)] if answer["messagesInQueue"] and events else []
        )
        command = await platform.order("get_transaction_status", **asked)
        assert (command["state"], command["effect"]) == ("accepted", "done")
        assert station.requests("GetTransactionStatus") == [
            {"transactionId": asked["transaction_id"]} if asked else {},
        ]
        return dict(command["result"])


@both
async def test_tc_e_29_a_transaction_that_goes_on_with_messages_in_the_queue(platform: Platform, protocol: str) -> None:
    answer = {"ongoingIndicator": True, "messagesInQueue": True}
    told = await status(platform, protocol, answer, ("Started",), transaction_id="t-1")
    assert told == {"is_ongoing": True, "has_queued_messages": True}


@both
async def test_tc_e_30_a_transaction_that_goes_on_without_messages_in_the_queue(
    platform: Platform, protocol: str
) -> None:
    answer = {"ongoingIndicator": True, "messagesInQueue": False}
    told = await status(platform, protocol, answer, ("Started",), transaction_id="t-1")
    assert told == {"is_ongoing": True, "has_queued_messages": False}


@both
async def test_tc_e_31_a_transaction_that_has_ended_with_messages_in_the_queue(
    platform: Platform, protocol: str
) -> None:
    answer = {"ongoingIndicator": False, "messagesInQueue": True}
    told = await status(platform, protocol, answer, ("Started", "Ended"), transaction_id="t-1")
    assert told == {"is_ongoing": False, "has_queued_messages": True}


@both
async def test_tc_e_33_without_a_transaction_with_messages_in_the_queue(platform: Platform, protocol: str) -> None:
    told = await status(platform, protocol, {"messagesInQueue": True})
    assert told == {"is_ongoing": None, "has_queued_messages": True}


@both
async def test_tc_e_34_without_a_transaction_without_messages_in_the_queue(platform: Platform, protocol: str) -> None:
    told = await status(platform, protocol, {"messagesInQueue": False})
    assert told == {"is_ongoing": None, "has_queued_messages": False}
