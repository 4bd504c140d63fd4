"""From an event to an incident, and what people do with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from builders import ClientOf, MakeRuntime, eventually
from voltway.app import catalog
from voltway.contracts.detection import IncidentChanged
from voltway.contracts.stations import StationChanged
from voltway.kernel import clock
from voltway.kernel.audit import ActDone
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.auth.accounts import create_account
from voltway.kernel.bus.event import Event
from voltway.kernel.runtime import Runtime
from voltway.modules.detection.sampling import come_round
from voltway.modules.detection.watching import Watch

from .conftest import NOW, STATION, noticed, publish  # noqa: TID252  (tests are not installed)


async def incidents(client: httpx.AsyncClient, **wanted: Any) -> list[dict[str, Any]]:
    answer = await client.get("/incidents", params=wanted)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def an_incident(runtime: Runtime, client: httpx.AsyncClient) -> dict[str, Any]:
    """D01 at CS-1."""
    await publish(runtime, noticed("link.duplicate", **STATION))
    (incident,) = await incidents(client, rule_id="D01", is_open=True)
    return incident


async def patch(client: httpx.AsyncClient, incident_id: str, **body: Any) -> httpx.Response:
    return await client.patch(f"/incidents/{incident_id}", json=body)


def lines(answer: httpx.Response) -> list[tuple[str, str | None]]:
    assert answer.status_code in (200, 201), answer.text
    return [(each["what"], each["text"]) for each in answer.json()["timeline"]]


# ---- found


async def test_incident_says_what_where_and_what_to_do(runtime: Runtime, client_of: ClientOf) -> None:
    client = await client_of(runtime)
    with clock.frozen(NOW):
        incident = await an_incident(runtime, client)
    assert incident == {
        "id": incident["id"],
        "rule_id": "D01",
        "title": "Two live connections of one identity",
        "subject": "CS-1",
        "severity": "warning",
        "action": "quarantine",
        "state": "open",
        **STATION,
        "location_id": None,
        "facts": {},
        "count": 1,
        "first_at": "2026-03-01T12:00:00.000Z",
        "last_at": "2026-03-01T12:00:00.000Z",
        "raised_at": "2026-03-01T12:00:00.000Z",
        **dict.fromkeys(
            (
                "assignee_id",
                "assignee",
                "acknowledged_at",
                "acknowledged_by",
                "closed_at",
                "closed_by",
                "closed_reason",
            )
        ),
    }


async def test_the_same_again_is_one_incident_that_counts(runtime: Runtime, client_of: ClientOf) -> None:
    client = await client_of(runtime)
    for _ in range(5):
        await publish(runtime, noticed("link.duplicate", **STATION))
    await publish(runtime, noticed("link.duplicate", station_id="other", station_identity="CS-2"))
    found = await incidents(client, rule_id="D01")
    assert [(each["subject"], each["count"]) for each in found] == [("CS-2", 1), ("CS-1", 5)]
    shown = await client.get(f"/incidents/{found[1]['id']}")
    assert lines(shown) == [("raised", None), ("repeated", "2 times"), ("repeated", "4 times")]


async def test_many_at_once_are_each_what_they_are(runtime: Runtime, client_of: ClientOf) -> None:
    def at(number: int) -> dict[str, str]:
        return {"station_id": f"station-{number}", "station_identity": f"CS-{number}"}

    client = await client_of(runtime)
    with clock.frozen(NOW) as move:
        await publish(runtime, *(noticed("link.duplicate", **at(number)) for number in (1, 2, 3)))
        ids = {each["subject"]: each["id"] for each in await incidents(client, rule_id="D01")}
        await patch(client, ids["CS-1"], state="closed", reason="looked at")
        move(NOW + timedelta(days=30))
        await patch(client, ids["CS-2"], state="closed", reason="looked at")
        move(NOW + timedelta(days=30, minutes=1))
        # CS-1: new, as it was closed long ago; CS-2: taken up again; CS-3: one more; the others: new, CS-4 three times.
        await publish(runtime, *(noticed("link.duplicate", **at(number)) for number in (4, 1, 2, 3, 4, 5, 4)))
    found = [(each["subject"], each["state"], each["count"]) for each in await incidents(client, rule_id="D01")]
    open_now = [("CS-1", "open", 1), ("CS-2", "open", 2), ("CS-3", "open", 2), ("CS-4", "open", 3), ("CS-5", "open", 1)]
    assert sorted(found) == [("CS-1", "closed", 1), *open_now]
    told = {
        each["subject"]: lines(await client.get(f"/incidents/{each['id']}"))
        for each in await incidents(client, rule_id="D01", is_open=True)
    }
    assert told["CS-1"] == told["CS-5"] == [("raised", None)]
    assert told["CS-2"][-1] == ("reopened", "It was found again.")
    assert told["CS-4"] == [("raised", None), ("repeated", "2 times")]


async def test_repeats_in_one_batch_are_all_counted(runtime: Runtime, client_of: ClientOf) -> None:
    client = await client_of(runtime)
    with clock.frozen(NOW) as move:
        await publish(runtime, *(noticed("link.duplicate", **STATION) for _ in range(70)))
        (incident,) = await incidents(client, rule_id="D01")
        assert incident["count"] == 70
        await publish(runtime, *(noticed("link.duplicate", **STATION) for _ in range(10)))  # not written yet
        move(NOW + timedelta(seconds=6))
        await publish(runtime, noticed("link.duplicate", **STATION))
    (incident,) = await incidents(client, rule_id="D01")
    assert incident["count"] == 81
    told = lines(await client.get(f"/incidents/{incident['id']}"))
    assert [text for what, text in told if what == "repeated"] == [f"{2**n} times" for n in range(1, 7)]


async def test_offline_station_raises_after_its_time_and_recovers_by_itself(
    runtime: Runtime, client_of: ClientOf
) -> None:
    client = await client_of(runtime)

    def changed(what: str) -> StationChanged:
        return StationChanged(operator_id=DEFAULT_OPERATOR_ID, at=clock.now(), what=what, **STATION)

    with clock.frozen(NOW) as move:
        await publish(runtime, changed("offline"))
        move(NOW + timedelta(minutes=30))
        await come_round(runtime)
        assert await incidents(client, rule_id="O01") == []
        move(NOW + timedelta(minutes=31))
        await come_round(runtime)
        await come_round(runtime)
        (incident,) = await incidents(client, rule_id="O01")
        assert (incident["state"], incident["count"]) == ("open", 1)
        move(NOW + timedelta(minutes=40))
        await publish(runtime, changed("online"))
        (incident,) = await incidents(client, rule_id="O01")
        assert (incident["state"], incident["closed_by"], incident["closed_reason"]) == ("closed", None, "recovered")
        # Within the hour it is the same incident again.
        await publish(runtime, changed("offline"))
        move(NOW + timedelta(minutes=71))
        await come_round(runtime)
        (incident,) = await incidents(client, rule_id="O01")
        assert (incident["state"], incident["count"]) == ("open", 2)
        shown = await client.get(f"/incidents/{incident['id']}")
        assert [what for what, _ in lines(shown)] == ["raised", "recovered", "reopened"]


async def test_state_that_a_person_closed_is_not_raised_again_while_it_lasts(
    runtime: Runtime, client_of: ClientOf, make_runtime: MakeRuntime
) -> None:
    client = await client_of(runtime)
    with clock.frozen(NOW) as move:
        event = StationChanged(operator_id=DEFAULT_OPERATOR_ID, at=NOW, what="offline", **STATION)
        await publish(runtime, event)
        move(NOW + timedelta(minutes=31))
        await come_round(runtime)
        (incident,) = await incidents(client, rule_id="O01")
        move(NOW + timedelta(minutes=32))
        assert (await patch(client, incident["id"], state="closed", reason="a building site")).status_code == 200
        move(NOW + timedelta(minutes=33))
        runtime.state(Watch)._is_ready = False  # as after a restart: the engine begins anew
        await come_round(runtime)
        assert [each["state"] for each in await incidents(client, rule_id="O01")] == ["closed"]


async def test_clock_that_goes_further_off_makes_the_incident_worse(runtime: Runtime, client_of: ClientOf) -> None:
    client = await client_of(runtime)
    for offset_s in (100, 400, 200):
        await publish(runtime, noticed("clock.offset", offset_s=offset_s, **STATION))
    (incident,) = await incidents(client, rule_id="D17")
    assert (incident["severity"], incident["state"]) == ("critical", "open")
    shown = await client.get(f"/incidents/{incident['id']}")
    assert lines(shown) == [("raised", None), ("worsened", "warning → critical")]
    await publish(runtime, noticed("clock.offset", offset_s=3, **STATION))
    assert [each["state"] for each in await incidents(client, rule_id="D17")] == ["closed"]


# ---- restarts and failures


async def test_window_outlives_a_restart(make_runtime: MakeRuntime, client_of: ClientOf) -> None:
    """Three takeovers, a restart, and the fourth makes four."""
    modules = catalog.load([name for name in catalog.MODULES if name != "gateway"])
    first = await make_runtime(*modules)
    for _ in range(3):
        await publish(first, noticed("link.takeover", **STATION))
    await first.stop()
    second = await make_runtime(*modules)
    client = await client_of(second)
    assert await incidents(client, rule_id="D02") == []
    await publish(second, noticed("link.takeover", **STATION))
    assert [each["severity"] for each in await incidents(client, rule_id="D02")] == ["critical"]


async def test_events_that_are_handled_again_count_once(
    runtime: Runtime, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The transaction that had fed three takeovers to the engine fails at its commit, once."""
    client, database = await client_of(runtime), runtime.database
    store, failures = database.before_commit, 1

    async def failing(tx: Any) -> None:
        nonlocal failures
        if failures and any(isinstance(event, IncidentChanged) for event in tx.events):
            failures -= 1
            raise ConnectionError("gone")
        assert store is not None
        await store(tx)

    monkeypatch.setattr(database, "before_commit", failing)
    await publish(
        runtime, *(noticed("link.takeover", **STATION) for _ in range(3)), noticed("link.duplicate", **STATION)
    )
    await publish(runtime, noticed("link.duplicate", **STATION))
    assert failures == 0
    assert await incidents(client, rule_id="D02") == []
    (incident,) = await incidents(client, rule_id="D01")
    assert incident["count"] == 2


# ---- what people do


async def test_incident_is_noted_assigned_acknowledged_closed_and_taken_up_again(
    runtime: Runtime, client_of: ClientOf
) -> None:
    client = await client_of(runtime)
    async with runtime.database.begin() as tx:
        ann = await create_account(
            tx, "ann@example.org", "a long password of Ann", "Ann", "operations", DEFAULT_OPERATOR_ID
        )
    incident = await an_incident(runtime, client)
    path = f"/incidents/{incident['id']}"
    assert (await client.post(f"{path}/notes", json={"text": "The cabinet was moved."})).status_code == 201
    assert (await patch(client, incident["id"], assignee_id=ann)).json()["assignee"] == "Ann"
    assert (await patch(client, incident["id"], state="acknowledged")).json()[
        "acknowledged_by"
    ] == "test operator_admin"
    refused = await patch(client, incident["id"], state="closed")
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (422, "$.reason")
    closed = await patch(client, incident["id"], state="closed", reason="two cabinets had one name")
    assert (closed.json()["state"], closed.json()["closed_reason"]) == ("closed", "two cabinets had one name")
    assert (await patch(client, incident["id"], state="acknowledged")).status_code == 409
    again = await patch(client, incident["id"], state="open", reason="it is not over")
    assert (again.json()["state"], again.json()["closed_reason"]) == ("open", None)
    assert lines(again) == [
        ("raised", None),
        ("noted", "The cabinet was moved."),
        ("assigned", "Ann"),
        ("acknowledged", None),
        ("closed", "two cabinets had one name"),
        ("reopened", "it is not over"),
    ]
    assert [each["id"] for each in await incidents(client, assignee_id=ann)] == [incident["id"]]


async def test_acts_of_people_are_told_to_the_audit_log(runtime: Runtime, client_of: ClientOf) -> None:
    client, heard = await client_of(runtime), list[Event]()
    runtime.events.hear(heard.append, (ActDone,))
    incident = await an_incident(runtime, client)
    await patch(client, incident["id"], state="closed", reason="nothing")
    await client.patch("/detection-rules/D02", json={"parameters": {"more_than": 5}})
    await eventually(lambda: len(heard) == 2)
    acts = [
        (each.action, each.target_id, each.before, each.after, each.reason)
        for each in heard
        if isinstance(each, ActDone)
    ]
    assert acts == [
        ("incident.closed", incident["id"], {"state": "open"}, {"state": "closed"}, "nothing"),
        (
            "detection_rule.edited",
            "D02",
            None,
            {"is_enabled": True, "severity": None, "parameters": {"more_than": 5}},
            None,
        ),
    ]


async def test_closed_incident_is_not_taken_up_while_a_newer_one_is_open(
    make_runtime: MakeRuntime, client_of: ClientOf
) -> None:
    modules = catalog.load([name for name in catalog.MODULES if name != "gateway"])
    runtime = await make_runtime(*modules, settings={"detection": {"reopen_within_s": 0}})
    client = await client_of(runtime)
    old = await an_incident(runtime, client)
    await patch(client, old["id"], state="closed", reason="over")
    new = await an_incident(runtime, client)
    assert new["id"] != old["id"]
    refused = await patch(client, old["id"], state="open", reason="again")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/subject-open-again")


async def test_incidents_are_found_by_what_is_known_of_them(runtime: Runtime, client_of: ClientOf) -> None:
    client = await client_of(runtime)
    first = await an_incident(runtime, client)
    await publish(runtime, noticed("credential.foreign", identity="CS-1", common_name="CS_2"))
    (second,) = await incidents(client, severity="critical")
    assert second["rule_id"] == "D06"
    assert [each["id"] for each in await incidents(client)] == [second["id"], first["id"]]
    assert [each["id"] for each in await incidents(client, station_id=STATION["station_id"])] == [first["id"]]
    assert [each["id"] for each in await incidents(client, text="cs_2")] == [second["id"]]
    assert await incidents(client, text="%") == []
    assert await incidents(client, state="closed") == []
    page = (await client.get("/incidents", params={"limit": 1})).json()
    rest = (await client.get("/incidents", params={"limit": 1, "cursor": page["next_cursor"]})).json()
    assert [each["id"] for each in page["items"] + rest["items"]] == [second["id"], first["id"]]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "$"),
        ({"state": "gone"}, "$.state"),
        ({"state": "closed", "reason": ""}, "$.reason"),
        ({"state": "closed", "reason": "x" * 501}, "$.reason"),
        ({"assignee_id": "nobody"}, "$.assignee_id"),
        ({"assignee_id": "x" * 37}, "$.assignee_id"),
        ({"state": "open", "severity": "info"}, "$.severity"),
    ],
)
async def test_wrong_change_is_named(runtime: Runtime, client_of: ClientOf, body: dict[str, Any], path: str) -> None:
    client = await client_of(runtime)
    incident = await an_incident(runtime, client)
    answer = await patch(client, incident["id"], **body)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, path)


@pytest.mark.parametrize("text", ["", "x" * 2001, None, 7])
async def test_wrong_note_is_named(runtime: Runtime, client_of: ClientOf, text: Any) -> None:
    client = await client_of(runtime)
    incident = await an_incident(runtime, client)
    answer = await client.post(f"/incidents/{incident['id']}/notes", json={"text": text})
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "$.text")


# ---- who may


async def test_incidents_of_others_are_not_there(runtime: Runtime, client_of: ClientOf, stranger_id: str) -> None:
    incident = await an_incident(runtime, await client_of(runtime))
    path = f"/incidents/{incident['id']}"
    for caller in (
        await client_of(runtime, operator_id=stranger_id),
        await client_of(runtime, "operations", location_ids=["00000000-0000-7000-8000-00000000000f"]),
    ):
        assert await incidents(caller) == []
        assert (await caller.get(path)).status_code == 404
        assert (await caller.post(f"{path}/notes", json={"text": "x"})).status_code == 404
        assert (await caller.patch(path, json={"state": "acknowledged"})).status_code == 404


@pytest.mark.parametrize(
    ("role", "reads", "writes", "tunes"),
    [
        (None, 401, 401, 401),
        ("driver", 403, 403, 403),
        ("fleet_manager", 403, 403, 403),
        ("finance", 403, 403, 403),
        ("auditor", 200, 403, 403),
        ("field_technician", 200, 201, 403),
        ("operations", 200, 201, 403),
        ("support", 200, 201, 403),
        ("operator_admin", 200, 201, 200),
    ],
)
async def test_what_roles_may(
    runtime: Runtime, client_of: ClientOf, role: str | None, reads: int, writes: int, tunes: int
) -> None:
    incident = await an_incident(runtime, await client_of(runtime))
    caller, path = await client_of(runtime, role), f"/incidents/{incident['id']}"
    for reading in ("/incidents", path, "/detection-rules"):
        assert (await caller.get(reading)).status_code == reads, reading
    assert (await caller.post(f"{path}/notes", json={"text": "x"})).status_code == writes
    state = await caller.patch(path, json={"state": "acknowledged"})
    assert state.status_code == (200 if writes == 201 else writes)
    assert (await caller.patch("/detection-rules/D02", json={"is_enabled": False})).status_code == tunes
    assert (await caller.get("/notification-policies")).status_code == tunes


async def test_another_operators_signals_stay_theirs(runtime: Runtime, client_of: ClientOf, stranger_id: str) -> None:
    """Two takeovers each at one station id are no four."""
    for operator_id in (DEFAULT_OPERATOR_ID, stranger_id) * 2:
        await publish(runtime, noticed("link.takeover", operator_id=operator_id, **STATION))
    assert await incidents(await client_of(runtime)) == []
    assert await incidents(await client_of(runtime, operator_id=stranger_id)) == []


# ---- rules


async def test_threshold_that_was_moved_holds_for_its_operator(
    runtime: Runtime, client_of: ClientOf, stranger_id: str
) -> None:
    client, stranger = await client_of(runtime), await client_of(runtime, operator_id=stranger_id)
    changed = await client.patch("/detection-rules/D02", json={"parameters": {"more_than": 0}, "severity": "info"})
    assert changed.status_code == 200, changed.text
    assert changed.json()["parameters"][0] == {
        "name": "more_than",
        "value": 0,
        "default": 3,
        "low": 0,
        "high": 10_000,
        "unit": "",
    }
    await eventually(lambda: len(runtime.state(Watch).engine._tuned) == 1)
    for operator_id in (DEFAULT_OPERATOR_ID, stranger_id):
        await publish(runtime, noticed("link.takeover", operator_id=operator_id, **STATION))
    assert [(each["rule_id"], each["severity"]) for each in await incidents(client)] == [("D02", "info")]
    assert await incidents(stranger) == []
    back = await client.patch("/detection-rules/D02", json={"parameters": {"more_than": None}, "severity": None})
    assert (back.json()["parameters"][0]["value"], back.json()["severity"]) == (3, "critical")


async def test_rule_that_is_off_keeps_quiet(runtime: Runtime, client_of: ClientOf) -> None:
    client = await client_of(runtime)
    assert (await client.patch("/detection-rules/D01", json={"is_enabled": False})).json()["is_enabled"] is False
    await eventually(lambda: len(runtime.state(Watch).engine._tuned) == 1)
    await publish(runtime, noticed("link.duplicate", **STATION))
    assert await incidents(client) == []


@pytest.mark.parametrize(
    ("rule_id", "body", "status", "path"),
    [
        ("D99", {"is_enabled": False}, 404, None),
        ("D02", {"parameters": {"more_than": -1}}, 422, "$.parameters.more_than"),
        ("D02", {"parameters": {"window_s": 86_401}}, 422, "$.parameters.window_s"),
        ("D02", {"parameters": {"speed": 1}}, 422, "$.parameters.speed"),
        ("D02", {"parameters": {"more_than": "many"}}, 422, "$.parameters.more_than"),
        ("D02", {"severity": "fatal"}, 422, "$.severity"),
        ("D02", {"title": "mine"}, 422, "$.title"),
    ],
)
async def test_wrong_tuning_is_named(
    runtime: Runtime, client_of: ClientOf, rule_id: str, body: dict[str, Any], status: int, path: str | None
) -> None:
    client = await client_of(runtime)
    answer = await client.patch(f"/detection-rules/{rule_id}", json=body)
    assert answer.status_code == status, answer.text
    if path is not None:
        assert answer.json()["errors"][0]["path"] == path


async def test_rules_say_what_they_wait_for(runtime: Runtime, client_of: ClientOf) -> None:
    shown = {each["id"]: each for each in (await (await client_of(runtime)).get("/detection-rules")).json()["items"]}
    assert [rule_id for rule_id, each in shown.items() if each["is_waiting"]] == []
    assert {"D23", "D33"} <= {
        rule_id for rule_id, each in shown.items() if each["waits_for"]
    }  # they count less than they could
