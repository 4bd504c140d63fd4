"""The message log: what is kept, what is never kept, and how it is read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from voltway.contracts.station_link import CallStation, MessagesLogged
from voltway.kernel import clock
from voltway.modules.gateway import masking, messages
from voltway.modules.gateway.schemas import payload_in
from voltway.modules.gateway.store import Message, MessageFilter, read_page

from .conftest import Network, StartNetwork  # noqa: TID252  (tests are not installed)
from .neighbours import until  # noqa: TID252
from .test_commands import answer, id_of  # noqa: TID252

ClientOf = Callable[..., Any]
PATH = "/charging-stations/{}/messages"


async def kept(network: Network) -> list[Message]:
    """All messages of the log, oldest first."""
    found: list[Message] = []
    async with network.runtime.database.read() as tx:
        for record in network.neighbours.records.values():
            page = await read_page(tx, record.operator_id, record.station_id, MessageFilter(), 10_000, None)
            found.extend(page[0])
    return sorted(found, key=lambda message: message.id)


async def written(network: Network, count: int) -> list[Message]:
    """The messages of the log, once there are so many."""
    assert network.gateway.log is not None
    await network.gateway.log._write_all()
    found = await kept(network)
    assert len(found) == count
    return found


async def test_every_frame_is_kept_both_ways(network: Network) -> None:
    station = await network.connect("CS1")
    await station.exchange("h", "Heartbeat", {})
    station.say("nonsense")
    await station.heard()
    seen = [(row.direction, row.kind, row.message_id, row.action) for row in await written(network, 4)]
    assert seen == [
        ("in", "call", "h", "Heartbeat"),
        ("out", "result", "h", "Heartbeat"),
        ("in", "call", "", None),
        ("out", "error", "-1", None),
    ]


async def test_log_is_announced_to_those_who_watch(network: Network) -> None:
    heard: list[Any] = []
    network.runtime.events.hear(heard.append)
    station = await network.connect("CS1")
    await station.exchange("h", "Heartbeat", {})
    await until(lambda: [e for e in heard if isinstance(e, MessagesLogged)], "the log has news")


async def test_password_is_never_kept(network: Network) -> None:
    station = await network.connect("CS1")
    secret = "c0ffee" * 6
    request = CallStation(
        station_id=id_of(network),
        action="ChangeConfiguration",
        payload={"key": "AuthorizationKey", "value": secret},
    )
    called = asyncio.ensure_future(network.runtime.ask(request))
    _, sent = await answer(station, {"status": "Accepted"})
    assert sent["value"] == secret
    await called
    station.say(f'[2,"m1","DataTransfer",{{"vendorId":"x","data":"AuthorizationKey={secret}"')  # and broken
    await station.heard()
    assert not [row for row in await written(network, 4) if secret in row.frame]


@pytest.mark.parametrize(
    "payload",
    [
        {"key": "authorizationkey", "value": "S3CRET"},
        {"configurationKey": [{"key": "AuthorizationKey", "readonly": False, "value": "S3CRET"}]},
        {
            "setVariableData": [
                {
                    "attributeValue": "S3CRET",
                    "component": {"name": "SecurityCtrlr"},
                    "variable": {"name": "BasicAuthPassword"},
                }
            ]
        },
        {
            "reportData": [
                {
                    "component": {"name": "SecurityCtrlr"},
                    "variable": {"name": "BasicAuthPassword"},
                    "variableAttribute": [{"type": "Actual", "value": "S3CRET"}],
                }
            ]
        },
        {"connectionData": {"basicAuthPassword": "S3CRET", "apn": {"apnPassword": "S3CRET"}}},
        {"connectionData": {"vpn": {"user": "u", "password": "S3CRET", "key": "k"}}},
    ],
)
def test_passwords_are_found_wherever_they_stand(payload: dict[str, Any]) -> None:
    masked = masking.mask_secrets(json.dumps([2, "m1", "X", payload]))
    assert "S3CRET" not in masked
    assert masking.MASK in masked
    json.loads(masked)


def test_other_values_are_kept() -> None:
    frame = json.dumps([2, "m1", "ChangeConfiguration", {"key": "HeartbeatInterval", "value": "300"}])
    assert masking.mask_secrets(frame) == frame
    mixed = {"configurationKey": [{"key": "AuthorizationKey", "value": "S"}, {"key": "Other", "value": "kept"}]}
    assert "kept" in masking.mask_secrets(json.dumps([3, "m1", mixed]))


def test_tokens_are_cut() -> None:
    payload = {"idTag": "0123456789AB", "idToken": {"idToken": "DEADBEEF0042", "type": "ISO14443"}, "meterStart": 5}
    assert masking.mask_tokens([payload]) == [
        {"idTag": "***89AB", "idToken": {"idToken": "***0042", "type": "ISO14443"}, "meterStart": 5}
    ]
    assert masking.mask_tokens({"idTag": "1234"}) == {"idTag": "***"}


@pytest.mark.parametrize(
    ("location", "kept_of_it"),
    [
        ("https://a.example/files/up/s3cr-et_T0ken", "https://a.example/files/up/***"),
        ("https://a.example/files/down/s3cr-et_T0ken/fw.bin", "https://a.example/files/down/***/fw.bin"),
        ("ftp://user:pass@b.example/logs", "ftp://***@b.example/logs"),
        ("https://CS%401:p%3A@a.example/files/up/t", "https://***@a.example/files/up/***"),
        ("https://a.example/mail@home", "https://a.example/mail@home"),
    ],
)
def test_what_opens_an_address_is_hidden(location: str, kept_of_it: str) -> None:
    frame = [2, "m1", "GetDiagnostics", {"location": location}]
    assert json.loads(masking.mask_secrets(json.dumps(frame))) == [*frame[:3], {"location": kept_of_it}]


def test_payload_of_each_kind() -> None:
    assert payload_in('[2,"1","A",{"x":1}]', "call") == {"x": 1}
    assert payload_in('[3,"1",{"x":1}]', "result") == {"x": 1}
    assert payload_in('[4,"1","GenericError","why",{}]', "error") == {
        "code": "GenericError",
        "description": "why",
        "details": {},
    }
    assert payload_in('[4,"1","GenericError"]', "error")["description"] == ""
    for broken in ("[2,", '"x"', "[2]", "null"):
        assert payload_in(broken, "call") == broken


@pytest.mark.parametrize("limits", [{"log_waiting_max": 100}, {"log_frames_burst": 100, "log_frames_per_s": 0.01}])
async def test_overload_drops_rows_and_counts_them(start_network: StartNetwork, limits: dict[str, float]) -> None:
    network = await start_network(**limits, messages_burst=10_000)
    station = await network.connect("CS1")
    for index in range(400):
        station.call(str(index), "Heartbeat", {})
    for _ in range(400):
        await station.heard()
    dropped = network.gateway.counts.log_frames_dropped
    assert dropped > 0
    assert network.gateway.log is not None
    await network.gateway.log.stop()
    assert len(await kept(network)) == 800 - dropped


async def test_old_rows_are_forgotten(network: Network) -> None:
    station = await network.connect("CS1")
    await station.exchange("h", "Heartbeat", {})
    await written(network, 2)
    await messages.purge(network.runtime.database, 1)
    assert len(await kept(network)) == 2
    with clock.frozen(clock.now() + timedelta(days=2)):
        await messages.purge(network.runtime.database, 1)
    assert await kept(network) == []


async def test_nul_and_length_fit_every_database(network: Network) -> None:
    station = await network.connect("CS1")
    station.say('[2,"m1","Heartbeat",{"a":"\0"}]')
    await station.heard()
    station.say(f'[2,"m2","DataTransfer",{{"vendorId":"x","data":"{"ä" * 100_000}"}}]')
    await station.heard()
    found = await written(network, 4)
    assert len(found[2].frame) == messages.FRAME_LENGTH_MAX


# ---- the API


@pytest.fixture
async def talked(network: Network) -> Network:
    """CS1 has said three things."""
    station = await network.connect("CS1")
    await station.exchange("a", "Authorize", {"idTag": "TAG-0123456789"})
    await station.exchange("h", "Heartbeat", {})
    await station.exchange("s", "StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})
    await written(network, 6)
    return network


async def listed(client: httpx.AsyncClient, path: str, **query: Any) -> list[dict[str, Any]]:
    response = await client.get(path, params=query)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["items"]
    return found


async def test_messages_are_listed_newest_first(talked: Network, client_of: ClientOf) -> None:
    client, path = await client_of(talked.runtime), PATH.format(id_of(talked))
    items = await listed(client, path)
    assert [item["action"] for item in items[::2]] == ["StatusNotification", "Heartbeat", "Authorize"]
    assert items[-1]["payload"] == {"idTag": "TAG-0123456789"}
    assert (items[-1]["direction"], items[-1]["kind"], items[-1]["message_id"]) == ("in", "call", "a")
    response = await client.get(path, params={"limit": 4})
    rest = await listed(client, path, limit=4, cursor=response.json()["next_cursor"])
    assert [item["id"] for item in response.json()["items"] + rest] == [item["id"] for item in items]


async def test_pages_meet_without_gap_or_overlap(network: Network) -> None:
    station = await network.connect("CS1")
    for index in range(50):
        await station.exchange(str(index), "Heartbeat", {})
    everything = [message.id for message in reversed(await written(network, 100))]
    record = network.neighbours.records[id_of(network)]
    paged: list[str] = []
    cursor: str | None = None
    async with network.runtime.database.read() as tx:
        while True:
            wanted = MessageFilter(action="Heartbeat")
            page, cursor = await read_page(tx, record.operator_id, record.station_id, wanted, 7, cursor)
            paged += [message.id for message in page]
            if cursor is None:
                break
            assert len(page) == 7
    assert paged == everything
    assert len({row_id.partition(".")[0] for row_id in everything}) > 5


async def test_cursor_of_another_list_is_refused(talked: Network, client_of: ClientOf) -> None:
    client = await client_of(talked.runtime)
    for cursor in ("x", "!!!", "eHg"):
        response = await client.get(PATH.format(id_of(talked)), params={"cursor": cursor})
        assert response.status_code == 400


async def test_messages_are_filtered(talked: Network, client_of: ClientOf) -> None:
    client, path = await client_of(talked.runtime), PATH.format(id_of(talked))
    assert {item["action"] for item in await listed(client, path, action="Heartbeat")} == {"Heartbeat"}
    assert len(await listed(client, path, text="tag-0123")) == 1
    assert await listed(client, path, text="%") == []
    middle = (await listed(client, path))[3]["at"]
    assert len(await listed(client, path, since=middle)) + len(await listed(client, path, until=middle)) == 6
    assert len(await listed(client, path, since="2999-01-01T00:00:00Z")) == 0
    assert [item["kind"] for item in await listed(client, path, direction="in")] == ["call"] * 3
    assert [item["kind"] for item in await listed(client, path, direction="out")] == ["result"] * 3
    assert [item["action"] for item in await listed(client, path, kind="call", direction="in", action="Heartbeat")] == [
        "Heartbeat"
    ]
    assert await listed(client, path, kind="error") == []
    assert (await client.get(path, params={"direction": "up"})).status_code == 422


async def test_errors_are_found_behind_many_pages_of_other_messages(network: Network, client_of: ClientOf) -> None:
    station = await network.connect("CS1")
    station.say("nonsense")
    await station.heard()
    for index in range(30):
        await station.exchange(str(index), "Heartbeat", {})
    await written(network, 62)
    client, path = await client_of(network.runtime), PATH.format(id_of(network))
    (error,) = await listed(client, path, kind="error", limit=5)
    assert (error["direction"], error["payload"]["code"]) == ("out", "FormationViolation")
    assert await listed(client, path, kind="error", direction="in", limit=5) == []


async def test_tokens_are_shown_only_to_those_who_may_read_them(talked: Network, client_of: ClientOf) -> None:
    client = await client_of(talked.runtime, "field_technician")
    items = await listed(client, PATH.format(id_of(talked)), action="Authorize")
    assert items[-1]["payload"] == {"idTag": "***6789"}


async def test_somebody_elses_station_is_not_there(talked: Network, client_of: ClientOf, stranger_id: str) -> None:
    stranger = await client_of(talked.runtime, operator_id=stranger_id)
    station_id = id_of(talked)
    assert (await stranger.get(PATH.format(station_id))).status_code == 404
    call = {"action": "ClearCache", "payload": {}}
    assert (await stranger.post(f"/charging-stations/{station_id}/calls", json=call)).status_code == 404
    nobody = await client_of(talked.runtime, None)
    assert (await nobody.get(PATH.format(station_id))).status_code == 401


async def test_raw_call_by_rest(network: Network, client_of: ClientOf) -> None:
    client, path = await client_of(network.runtime), f"/charging-stations/{id_of(network)}/calls"
    assert (await client.post(path, json={"action": "ClearCache"})).json()["outcome"] == "offline"
    station = await network.connect("CS1")
    calling = asyncio.ensure_future(client.post(path, json={"action": "ClearCache", "payload": {}}))
    await answer(station, {"status": "Accepted"})
    response = await calling
    assert (response.status_code, response.json()["payload"]) == (200, {"status": "Accepted"})
    refused = await client.post(path, json={"action": "Reset", "payload": {"type": "Sideways"}})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["path"] == "$.payload.type"
    calling = asyncio.ensure_future(client.post(path, json={"action": "ClearCache"}))
    _, message_id, _, _ = await station.heard()
    station.say(json.dumps([4, message_id, "GenericError", "no", {}]))
    body = (await calling).json()
    assert (body["outcome"], body["error"]["code"]) == ("error", "GenericError")
    slow = await client.post(path, json={"action": "ClearCache", "timeout_s": 0.05})
    assert slow.json()["outcome"] == "timed_out"
