"""Cases of certification: messages on the displays of stations (block O)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from conformance.device_model_stations import TIME, V21, V201, Platform, both, variable
from e2e.server_process import ServerProcess


@pytest.fixture
async def platform(whole_platform: ServerProcess, key: str) -> AsyncIterator[Platform]:
    async with httpx.AsyncClient(
        base_url=whole_platform.api, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=30
    ) as api:
        yield Platform(whole_platform, api)


LATER = "2026-03-01T13:00:00Z"
TRANSACTION = "tx-1"


def of(number: int, **fields: Any) -> dict[str, Any]:
    """A message as a station lists it."""
    return {
        "id": number,
        "priority": "NormalCycle",
        "message": {"format": "ASCII", "content": f"Message {number}"},
        **fields,
    }


def listing(*parts: list[dict[str, Any]]) -> Any:
    """What a station sends after it was asked."""

    def messages(request: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        return [
            (
                "NotifyDisplayMessages",
                {"requestId": request["requestId"], "messageInfo": each, "tbc": index < len(parts) - 1},
            )
            for index, each in enumerate(parts)
        ]

    return messages


async def shown(platform: Platform) -> dict[int, dict[str, Any]]:
    return {message["number"]: message for message in await platform.items("display-messages")}


async def set_message(platform: Platform, number: int, **fields: Any) -> dict[str, Any]:
    command = await platform.order("set_display_message", number=number, content=f"Message {number}", **fields)
    assert (command["state"], command["effect"]) == ("accepted", "done"), command
    return command


# ---- setting


@both
async def test_tc_o_01_a_message_that_is_set_is_listed(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        station.answers["SetDisplayMessage"] = {"status": "Accepted"}
        await set_message(platform, 3, priority="InFront", language="de")
        assert station.requests("SetDisplayMessage") == [
            {
                "message": {
                    "id": 3,
                    "priority": "InFront",
                    "message": {"format": "UTF8", "content": "Message 3", "language": "de"},
                }
            }
        ]
        listed = (await shown(platform))[3]
        assert (listed["content"], listed["priority"], listed["language"]) == ("Message 3", "InFront", "de")


@both
async def test_tc_o_06_a_message_for_a_transaction_names_it(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        station.answers["SetDisplayMessage"] = {"status": "Accepted"}
        await set_message(platform, 3, transaction_id=TRANSACTION)
        assert station.requests("SetDisplayMessage")[0]["message"]["transactionId"] == TRANSACTION
        assert (await shown(platform))[3]["transaction_id"] == TRANSACTION


@both
async def test_tc_o_12_a_message_with_the_number_of_another_replaces_it(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        station.answers["SetDisplayMessage"] = {"status": "Accepted"}
        await set_message(platform, 3, priority="InFront", state="Idle")
        await platform.order("set_display_message", number=3, content="Neu", priority="AlwaysFront")
        assert [request["message"]["id"] for request in station.requests("SetDisplayMessage")] == [3, 3]
        listed = await shown(platform)
        assert list(listed) == [3]
        assert (listed[3]["content"], listed[3]["priority"], listed[3]["state"]) == ("Neu", "AlwaysFront", None)


@pytest.mark.parametrize(
    ("fields", "on_the_wire"),
    [
        pytest.param({"starts_at": LATER}, {"startDateTime": "2026-03-01T13:00:00.000Z"}, id="tc_o_13"),
        pytest.param({"ends_at": LATER}, {"endDateTime": "2026-03-01T13:00:00.000Z"}, id="tc_o_14"),
        pytest.param(
            {"starts_at": LATER, "transaction_id": TRANSACTION},
            {"startDateTime": "2026-03-01T13:00:00.000Z", "transactionId": TRANSACTION},
            id="tc_o_27",
        ),
        pytest.param(
            {"starts_at": TIME, "ends_at": LATER, "transaction_id": TRANSACTION},
            {
                "startDateTime": "2026-03-01T12:00:00.000Z",
                "endDateTime": "2026-03-01T13:00:00.000Z",
                "transactionId": TRANSACTION,
            },
            id="tc_o_28",
        ),
    ],
)
@both
async def test_a_message_has_its_time(
    platform: Platform, protocol: str, fields: dict[str, Any], on_the_wire: dict[str, Any]
) -> None:
    async with platform.station(protocol) as station:
        station.answers["SetDisplayMessage"] = {"status": "Accepted"}
        await set_message(platform, 3, **fields)
        message = station.requests("SetDisplayMessage")[0]["message"]
        assert {name: message[name] for name in message if name not in ("id", "priority", "message")} == on_the_wire
        listed = (await shown(platform))[3]
        assert [listed["starts_at"], listed["ends_at"], listed["transaction_id"]] == [
            on_the_wire.get("startDateTime"),
            on_the_wire.get("endDateTime"),
            on_the_wire.get("transactionId"),
        ]


@pytest.mark.parametrize("state", ["Charging", "Faulted", "Idle", "Unavailable"])
@both
async def test_tc_o_25_a_message_for_a_state_of_the_station(platform: Platform, protocol: str, state: str) -> None:
    async with platform.station(protocol) as station:
        station.answers["SetDisplayMessage"] = {"status": "Accepted"}
        await set_message(platform, 3, state=state)
        assert station.requests("SetDisplayMessage")[0]["message"]["state"] == state
        assert (await shown(platform))[3]["state"] == state


@pytest.mark.parametrize(
    ("protocol", "word", "fields"),
    [
        pytest.param(V201, "UnknownTransaction", {"transaction_id": "t"}, id="tc_o_10"),
        pytest.param(V201, "NotSupportedPriority", {"priority": "AlwaysFront"}, id="tc_o_17"),
        pytest.param(V201, "NotSupportedState", {"state": "Faulted"}, id="tc_o_18"),
        pytest.param(V201, "NotSupportedMessageFormat", {"format": "URI"}, id="tc_o_19"),
        pytest.param(V21, "Rejected", {}, id="tc_o_26"),
        pytest.param(V21, "LanguageNotSupported", {"language": "xx"}, id="tc_o_100"),
    ],
)
async def test_a_message_that_the_station_refuses_is_not_listed_and_says_why(
    platform: Platform, protocol: str, word: str, fields: dict[str, Any]
) -> None:
    async with platform.station(protocol) as station:
        station.answers["SetDisplayMessage"] = {"status": word}
        command = await platform.order("set_display_message", number=1, content="x", **fields)
        assert (command["state"], command["wire_status"]) == ("rejected", word)
        assert len(station.requests("SetDisplayMessage")) == 1
        assert await shown(platform) == {}


@pytest.mark.parametrize(
    ("declared", "fields", "why"),
    [
        (("SupportedFormats", "ASCII,UTF8"), {"format": "HTML"}, "ASCII, UTF8"),
        (("SupportedPriorities", "NormalCycle"), {"priority": "InFront"}, "NormalCycle"),
        (("SupportedStates", "Idle,Charging"), {"state": "Faulted"}, "Idle, Charging"),
    ],
)
async def test_what_a_station_does_not_offer_is_a_conflict_that_says_why(
    platform: Platform, declared: tuple[str, str], fields: dict[str, Any], why: str
) -> None:
    async with platform.station() as station:
        report_data = [variable(*declared, "DisplayMessageCtrlr")]
        report = {"requestId": 1, "generatedAt": TIME, "seqNo": 0, "reportData": report_data}
        await station.call("NotifyReport", report)
        refusal = await platform.order("set_display_message", number=1, content="x", status=409, **fields)
        assert why in refusal["detail"]
        assert station.requests("SetDisplayMessage") == []


async def test_tc_o_101_a_message_comes_in_the_languages_of_drivers(platform: Platform) -> None:
    """The station knows from the verdict which language its driver reads, and has the message in that one."""
    token = {"value": "LANG-DE", "kind": "ISO14443", "language": "de"}
    made = await platform.api.post("/id-tokens", json=token)
    assert made.status_code == 201, made.text
    async with platform.station(V21) as station:
        answer = await station.call("Authorize", {"idToken": {"idToken": "LANG-DE", "type": "ISO14443"}})
        assert answer["idTokenInfo"]["language1"] == "de"
        station.answers["SetDisplayMessage"] = {"status": "Accepted"}
        translations = [{"content": "Willkommen", "language": "de"}, {"content": "Bienvenue", "language": "fr"}]
        await platform.order(
            "set_display_message", number=3, content="Welcome", language="en", translations=translations
        )
        message = station.requests("SetDisplayMessage")[0]["message"]
        assert message["message"] == {"format": "UTF8", "content": "Welcome", "language": "en"}
        assert message["messageExtra"] == [{"format": "UTF8", **each} for each in translations]
        assert (await shown(platform))[3]["content"] == "Welcome"
    async with platform.station(V201) as station:
        refusal = await platform.order(
            "set_display_message", number=3, content="Welcome", translations=translations, status=409
        )
        assert "one language" in refusal["detail"]
        assert station.requests("SetDisplayMessage") == []


# ---- clearing


@both
async def test_tc_o_04_a_message_that_is_cleared_is_listed_no_more(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        station.answers["SetDisplayMessage"] = {"status": "Accepted"}
        await set_message(platform, 3)
        await set_message(platform, 4)
        station.answers["ClearDisplayMessage"] = {"status": "Accepted"}
        assert (await platform.order("clear_display_message", number=3))["effect"] == "done"
        assert station.requests("ClearDisplayMessage") == [{"id": 3}]
        assert list(await shown(platform)) == [4]


async def test_tc_o_05_a_message_that_the_station_does_not_know_is_gone(platform: Platform) -> None:
    async with platform.station() as station:
        station.answers["SetDisplayMessage"] = {"status": "Accepted"}
        await platform.order("set_display_message", number=3, content="x")
        station.answers["ClearDisplayMessage"] = {"status": "Unknown"}
        command = await platform.order("clear_display_message", number=3)
        assert (command["state"], command["wire_status"]) == ("rejected", "Unknown")
        assert await shown(platform) == {}


# ---- asking what there is


@both
async def test_tc_o_02_all_messages_come_in_parts_and_replace_what_we_believed(
    platform: Platform, protocol: str
) -> None:
    async with platform.station(protocol) as station:
        station.answers["SetDisplayMessage"] = {"status": "Accepted"}
        await set_message(platform, 9)
        station.answers["GetDisplayMessages"] = {"status": "Accepted"}
        station.then["GetDisplayMessages"] = listing([of(1)], [of(2)])
        command = await platform.order("get_display_messages")
        assert set(station.requests("GetDisplayMessages")[0]) == {"requestId"}
        assert (command["effect"], command["result"]["numbers"]) == ("done", [1, 2])
        listed = await shown(platform)
        assert {number: message["content"] for number, message in listed.items()} == {1: "Message 1", 2: "Message 2"}


@both
async def test_tc_o_03_a_station_without_messages_has_none_here_either(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        station.answers["SetDisplayMessage"] = {"status": "Accepted"}
        await set_message(platform, 9)
        station.answers["GetDisplayMessages"] = {"status": "Unknown"}
        command = await platform.order("get_display_messages")
        assert (command["state"], command["wire_status"], command["result"]["numbers"]) == ("accepted", "Unknown", [])
        assert await shown(platform) == {}


@pytest.mark.parametrize(
    ("asked", "on_the_wire", "left"),
    [
        pytest.param({"numbers": [1, 2]}, {"id": [1, 2]}, [1, 3, 4], id="tc_o_07"),
        pytest.param({"priority": "InFront"}, {"priority": "InFront"}, [1, 2, 4], id="tc_o_08"),
        pytest.param({"state": "Charging"}, {"state": "Charging"}, [1, 2, 3], id="tc_o_09"),
    ],
)
@both
async def test_some_messages_are_asked_for_and_what_is_gone_of_them_is_forgotten(
    platform: Platform, protocol: str, asked: dict[str, Any], on_the_wire: dict[str, Any], left: list[int]
) -> None:
    async with platform.station(protocol) as station:
        station.answers["SetDisplayMessage"] = {"status": "Accepted"}
        await set_message(platform, 1, priority="InFront", state="Charging")
        await set_message(platform, 2)
        await set_message(platform, 3, priority="InFront")
        await set_message(platform, 4, state="Charging")
        station.answers["GetDisplayMessages"] = {"status": "Accepted"}
        station.then["GetDisplayMessages"] = listing([of(1, priority="InFront", state="Charging")])
        command = await platform.order("get_display_messages", **asked)
        (request,) = station.requests("GetDisplayMessages")
        assert {name: value for name, value in request.items() if name != "requestId"} == on_the_wire
        assert command["result"]["numbers"] == [1]
        assert sorted(await shown(platform)) == left


async def test_tc_o_11_messages_that_the_station_does_not_know(platform: Platform) -> None:
    async with platform.station(V21) as station:
        station.answers["SetDisplayMessage"] = {"status": "Accepted"}
        await set_message(platform, 1)
        await set_message(platform, 2)
        station.answers["GetDisplayMessages"] = {"status": "Unknown"}
        command = await platform.order("get_display_messages", numbers=[2, 77])
        (request,) = station.requests("GetDisplayMessages")
        assert request["id"] == [2, 77]
        assert (command["state"], command["wire_status"], command["result"]["numbers"]) == ("accepted", "Unknown", [])
        assert list(await shown(platform)) == [1]
        await platform.order("get_display_messages", priority="Sideways", status=422)
