"""Who hears of an incident, when and how often."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from builders import NOON, ClientOf, eventually
from voltway.contracts.detection import IncidentChanged, Severity
from voltway.contracts.notify import MailWanted
from voltway.kernel import clock
from voltway.kernel.bus.event import Event
from voltway.kernel.runtime import Runtime
from voltway.modules.detection import rules
from voltway.modules.detection.notifying import tell_due
from voltway.modules.detection.rules import Policy

from .conftest import STATION, noticed, publish  # noqa: TID252  (tests are not installed)

PATH = "/notification-policies"
BODY: dict[str, Any] = {"name": "On call", "emails": ["ann@example.org"]}


class Post:
    """What was to be sent."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime, self.events = runtime, list[Any]()
        runtime.events.hear(self._hear, (MailWanted, IncidentChanged))

    def _hear(self, event: Event) -> None:
        self.events.append(event)

    async def mails(self) -> list[tuple[str, str]]:
        """(to, subject) of all mails, after what is due has been told."""
        await tell_due(self.runtime)
        await eventually(lambda: all(each == 0 for each in self.runtime.events.backlogs().values()))
        async with self.runtime.database.begin() as tx:  # what is heard comes in order: this is heard after all else
            tx.publish(noticed("nothing"))
        await publish(self.runtime, noticed("nothing"))
        return [(event.to, event.subject) for event in self.events if isinstance(event, MailWanted)]

    def webhooks(self) -> list[tuple[str, ...]]:
        return [event.webhook_ids for event in self.events if getattr(event, "what", "") == "due"]


async def a_policy(client: httpx.AsyncClient, **given: Any) -> str:
    answer = await client.post(PATH, json={**BODY, **given})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


DUPLICATE = "[warning] Two live connections of one identity: CS-1"
FOREIGN = "[critical] Credential of another station: CS-1 · CS-2"


def foreign() -> Event:
    return noticed("credential.foreign", identity="CS-1", common_name="CS-2")


def duplicate(name: str = "CS-1") -> Event:
    return noticed("link.duplicate", station_id=name, station_identity=name)


async def test_mail_says_what_and_where_and_webhooks_are_named(runtime: Runtime, client_of: ClientOf) -> None:
    client, post = await client_of(runtime), Post(runtime)
    await a_policy(client, emails=["ann@example.org", "bob@example.org"], webhook_ids=["hook-1"])
    await publish(runtime, duplicate())
    assert await post.mails() == [("ann@example.org", DUPLICATE), ("bob@example.org", DUPLICATE)]
    assert post.webhooks() == [("hook-1",)]
    mail = next(event for event in post.events if isinstance(event, MailWanted))
    assert "Charging station: CS-1" in mail.text
    assert mail.kind == "incident.raised"
    assert len({event.mail_id for event in post.events if isinstance(event, MailWanted)}) == 2
    (incident,) = (await client.get("/incidents")).json()["items"]
    timeline = (await client.get(f"/incidents/{incident['id']}")).json()["timeline"]
    assert [(each["what"], each["text"]) for each in timeline] == [
        ("raised", None),
        ("notified", "On call: 2 mails, 1 webhooks"),
    ]
    assert await post.mails() == await post.mails()  # once


async def test_policy_hears_only_of_what_it_is_about(runtime: Runtime, client_of: ClientOf, stranger_id: str) -> None:
    client, post = await client_of(runtime), Post(runtime)
    await a_policy(client, name="1", emails=["critical@example.org"], severities=["critical"])
    await a_policy(client, name="2", emails=["d01@example.org"], rule_ids=["D01"])
    await a_policy(client, name="3", emails=["off@example.org"], is_enabled=False)
    await a_policy(await client_of(runtime, operator_id=stranger_id), emails=["stranger@example.org"])
    await publish(runtime, duplicate(), foreign())
    assert sorted(await post.mails()) == [("critical@example.org", FOREIGN), ("d01@example.org", DUPLICATE)]


async def test_quiet_hours_hold_back_all_but_what_is_critical(runtime: Runtime, client_of: ClientOf) -> None:
    client, post = await client_of(runtime), Post(runtime)
    await a_policy(client, quiet_from="11:00", quiet_until="14:00", time_zone="UTC")
    with clock.frozen(NOON) as move:
        await publish(runtime, duplicate(), foreign())
        assert await post.mails() == [("ann@example.org", FOREIGN)]
        move(NOON + timedelta(hours=2))
        assert await post.mails() == [("ann@example.org", FOREIGN), ("ann@example.org", DUPLICATE)]


async def test_what_was_closed_in_the_quiet_hours_is_not_told_after_them(runtime: Runtime, client_of: ClientOf) -> None:
    client, post = await client_of(runtime), Post(runtime)
    await a_policy(client, quiet_from="11:00", quiet_until="14:00")
    with clock.frozen(NOON) as move:
        await publish(runtime, duplicate())
        (incident,) = (await client.get("/incidents")).json()["items"]
        closed = await client.patch(f"/incidents/{incident['id']}", json={"state": "closed", "reason": "ours"})
        assert closed.status_code == 200
        move(NOON + timedelta(hours=3))
        assert await post.mails() == []


async def test_the_same_is_not_told_again_within_the_interval(runtime: Runtime, client_of: ClientOf) -> None:
    client, post = await client_of(runtime), Post(runtime)
    await a_policy(client, dedupe_s=600)
    told = 0
    with clock.frozen(NOON) as move:
        for minute, expected in ((0, 1), (5, 1), (11, 2)):
            move(NOON + timedelta(minutes=minute))
            await publish(runtime, duplicate())
            told = len(await post.mails())
            assert told == expected, minute
            (incident,) = (await client.get("/incidents", params={"is_open": True})).json()["items"]
            await client.patch(f"/incidents/{incident['id']}", json={"state": "closed", "reason": "again"})
        await publish(runtime, duplicate("CS-9"))
        assert len(await post.mails()) == told + 1


async def test_what_becomes_worse_is_told_within_the_interval_too(runtime: Runtime, client_of: ClientOf) -> None:
    client, post = await client_of(runtime), Post(runtime)
    await a_policy(client, dedupe_s=86_400)
    await publish(runtime, noticed("clock.offset", offset_s=90, **STATION))
    await publish(runtime, noticed("clock.offset", offset_s=900, **STATION))
    assert [subject for _, subject in await post.mails()][-1] == "[critical] Clock is wrong: CS-1"


@pytest.mark.parametrize(("is_acknowledged", "told"), [(False, 2), (True, 1)])
async def test_what_nobody_acknowledges_goes_to_the_second_list(
    runtime: Runtime, client_of: ClientOf, is_acknowledged: bool, told: int
) -> None:
    client, post = await client_of(runtime), Post(runtime)
    await a_policy(client, escalate_after_s=900, escalate_emails=["boss@example.org"])
    with clock.frozen(NOON) as move:
        await publish(runtime, foreign())
        assert await post.mails() == [("ann@example.org", FOREIGN)]
        if is_acknowledged:
            (incident,) = (await client.get("/incidents")).json()["items"]
            await client.patch(f"/incidents/{incident['id']}", json={"state": "acknowledged"})
        move(NOON + timedelta(seconds=899))
        assert len(await post.mails()) == 1
        move(NOON + timedelta(seconds=900))
        mails = await post.mails()
    assert len(mails) == told
    if told == 2:
        subject = "[critical] Nobody has acknowledged: Credential of another station: CS-1 · CS-2"
        assert mails[1] == ("boss@example.org", subject)


# ---- pure


@pytest.mark.parametrize(
    ("severity", "at", "due"),
    [
        (Severity.WARNING, "2026-03-01T21:59:00+01:00", "2026-03-01T21:59:00+01:00"),
        (Severity.WARNING, "2026-03-01T22:00:00+01:00", "2026-03-02T06:30:00+01:00"),
        (Severity.WARNING, "2026-03-02T06:29:00+01:00", "2026-03-02T06:30:00+01:00"),
        (Severity.WARNING, "2026-03-02T06:30:00+01:00", "2026-03-02T06:30:00+01:00"),
        (Severity.CRITICAL, "2026-03-01T23:00:00+01:00", "2026-03-01T23:00:00+01:00"),
        # The night in which summer time begins: the clock on the wall counts.
        (Severity.INFO, "2026-03-28T23:00:00+01:00", "2026-03-29T06:30:00+02:00"),
    ],
)
def test_quiet_hours_are_those_of_the_wall_clock(severity: Severity, at: str, due: str) -> None:
    policy = Policy(
        id="p", operator_id="o", name="n", quiet_from="22:00", quiet_until="06:30", time_zone="Europe/Berlin"
    )
    assert rules.due_at(policy, severity, datetime.fromisoformat(at)) == datetime.fromisoformat(due)


# ---- the API


async def test_policy_is_made_shown_replaced_and_removed(
    runtime: Runtime, client_of: ClientOf, stranger_id: str
) -> None:
    client, stranger = await client_of(runtime), await client_of(runtime, operator_id=stranger_id)
    policy_id = await a_policy(client)
    path = f"{PATH}/{policy_id}"
    assert (await client.get(PATH)).json()["items"] == [(await client.get(path)).json()]
    changed = await client.put(path, json={**BODY, "name": "Nights", "quiet_from": "22:00", "quiet_until": "06:00"})
    assert (changed.status_code, changed.json()["name"], changed.json()["quiet_from"]) == (200, "Nights", "22:00")
    assert (await stranger.get(PATH)).json()["items"] == []
    assert (await stranger.get(path)).status_code == 404
    assert (await stranger.put(path, json=BODY)).status_code == 404
    assert (await stranger.delete(path)).status_code == 404
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"name": ""}, "$.name"),
        ({"emails": ["nobody"]}, "$.emails[0]"),
        ({"emails": ["ann@example.org\r\nBcc: x@example.org"]}, "$.emails[0]"),
        ({"emails": ["ann@example.org"] * 21}, "$.emails"),
        ({"emails": []}, "$"),
        ({"severities": ["fatal"]}, "$.severities[0]"),
        ({"rule_ids": ["D99"]}, "$.rule_ids[0]"),
        ({"location_ids": ["00000000-0000-7000-8000-00000000000f"]}, "$.location_ids[0]"),
        ({"quiet_from": "25:00", "quiet_until": "06:00"}, "$.quiet_from"),
        ({"quiet_from": "22:00"}, "$"),
        ({"time_zone": "Mars/Olympus"}, "$.time_zone"),
        ({"time_zone": "../../etc/passwd"}, "$.time_zone"),
        ({"dedupe_s": -1}, "$.dedupe_s"),
        ({"escalate_after_s": 59, "escalate_emails": ["b@example.org"]}, "$.escalate_after_s"),
        ({"escalate_after_s": 900}, "$"),
        ({"operator_id": "mine"}, "$.operator_id"),
    ],
)
async def test_wrong_policy_is_named(runtime: Runtime, client_of: ClientOf, given: dict[str, Any], path: str) -> None:
    answer = await (await client_of(runtime)).post(PATH, json={**BODY, **given})
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, path), answer.text
