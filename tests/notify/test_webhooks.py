"""Webhooks from the event to a real receiver: signed, tried again, in order, never inside, and switched off in the end."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import sqlalchemy as sa

from builders import ClientOf, MakeRuntime, eventually, served
from voltway.charging.pricing import Tariff, price
from voltway.contracts.billing import SessionPriced
from voltway.contracts.bookings import BookingChanged
from voltway.contracts.detection import IncidentChanged, IncidentState, Severity
from voltway.contracts.holds import TerminalOrderMade
from voltway.contracts.security import CertificateExpiring
from voltway.contracts.sessions import SessionEnded, SessionStarted
from voltway.contracts.stations import CommandChanged, ConnectorStatusChanged
from voltway.contracts.vocabulary import CommandState, ConnectorStatus
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, create_account
from voltway.kernel.bus.event import Event
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.notify import delivering, outside
from voltway.modules.notify.module import MANIFEST
from voltway.modules.notify.tables import attempts, deliveries, mails, webhooks

from .receiver import (  # noqa: TID252  (tests are not installed)
    SETTINGS,
    Receiver,
    added,
    eventually_attempts,
    expected_signature,
    hurry,
    online,
    publish,
    rows,
    states,
)

# ---- what is delivered


async def test_an_event_arrives_signed_and_is_noted(
    runtime: Runtime, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    hook = await added(client, receiver.url)
    await publish(runtime, online())
    await eventually(lambda: len(receiver.got) == 1)
    ((headers, body),) = receiver.got
    assert f"v1={expected_signature(hook['secret'], headers, body)}" in headers["x-voltway-signature"].split(",")
    assert abs(int(headers["x-voltway-signature"][2:12]) - clock.now().timestamp()) < 60
    told = json.loads(body)
    assert told == {
        "id": headers["x-voltway-delivery"],
        "type": "station.online",
        "at": told["at"],
        "operator_id": DEFAULT_OPERATOR_ID,
        "data": {"station_id": "s1", "station_identity": "CS1"},
    }
    assert (headers["x-voltway-event"], headers["content-type"]) == ("station.online", "application/json")
    path = f"/webhooks/{hook['id']}/deliveries"

    async def is_noted() -> bool:
        return bool((await client.get(path, params={"state": "delivered"})).json()["items"])

    await eventually(is_noted)
    shown = (await client.get(f"{path}/{told['id']}")).json()
    assert (shown["body"], shown["attempts"], shown["last_status"]) == (told, 1, 204)
    (attempt,) = shown["log"]
    assert (attempt["status"], attempt["error"]) == (204, None)
    assert attempt["latency_ms"] >= 0


def session(**changes: Any) -> dict[str, Any]:
    return {"operator_id": DEFAULT_OPERATOR_ID, "at": clock.now(), "session_id": "x", "station_id": "s1", **changes}


def incident(what: str, *webhook_ids: str) -> Event:
    return IncidentChanged(
        operator_id=DEFAULT_OPERATOR_ID,
        at=clock.now(),
        incident_id="i1",
        rule_id="D01",
        title="Two live connections",
        subject="CS1",
        severity=Severity.CRITICAL,
        state=IncidentState.OPEN,
        what=what,
        webhook_ids=webhook_ids,
    )


def all_events(webhook_id: str) -> list[Event]:
    now = clock.now()
    zero = Decimal(0)
    tariff = Tariff(
        tariff_id="t",
        version=1,
        name="T",
        currency="EUR",
        start_fee=zero,
        price_per_kwh=Decimal(1),
        price_per_minute=zero,
        vat_percent=Decimal(19),
    )
    named = {"station_identity": "CS1", "evse_number": 1, "id_token": "CARD-1234"}
    station = {"operator_id": DEFAULT_OPERATOR_ID, "at": now, "station_id": "s1"}
    status = {"evse_number": 1, "connector_number": 1, "wire_status": "Faulted", "error_code": "E", "occurred_at": now}
    return [
        SessionStarted(**session(transaction_id="7", **named)),
        SessionEnded(**session(location_id=None, started_at=now, ended_at=now, energy_wh=5, tariff=None, **named)),
        SessionPriced(**session(cdr_id="c", cost=price(tariff, energy_wh=1000, duration_s=60))),
        online(),
        online(what="offline"),
        ConnectorStatusChanged(**station, station_identity="CS1", status=ConnectorStatus.FAULTED, **status),
        CommandChanged(**station, command_id="k", type="reset", state=CommandState.ACCEPTED),
        CertificateExpiring(
            **station,
            kind="csms",
            subject="CS1",
            serial_number="7f",
            not_after=now,
            threshold_days=7,
            station_identity="CS1",
        ),
        incident("raised"),
        incident("closed"),
        incident("due", webhook_id),
        BookingChanged(
            **station,
            booking_id="b",
            location_id="l",
            station_identity="CS1",
            evse_number=1,
            account_id="somebody",
            starts_at=now,
            ends_at=now,
            state="confirmed",
        ),
        TerminalOrderMade(
            operator_id=DEFAULT_OPERATOR_ID,
            at=now,
            order_id="o",
            payment_id="p",
            psp_reference="T-1",
            kind="capture",
            amount=Money(600, "EUR"),
        ),
    ]


def nothing_outside() -> list[Event]:
    now = clock.now()
    station = {"operator_id": DEFAULT_OPERATOR_ID, "at": now, "station_id": "s1"}
    status = {"evse_number": 1, "connector_number": 1, "wire_status": "x", "error_code": None, "occurred_at": now}
    return [
        online(what="edited"),
        incident("noted"),
        incident("due", "another webhook"),
        ConnectorStatusChanged(**station, station_identity="CS1", status=ConnectorStatus.OCCUPIED, **status),
        CommandChanged(**station, command_id="k", type="reset", state=CommandState.SENT),
    ]


async def test_every_public_event_is_told_under_its_name_and_no_card_with_it(
    runtime: Runtime, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    events = all_events((await added(client, receiver.url))["id"])
    await publish(runtime, *nothing_outside(), *events)
    await eventually(lambda: len(receiver.got) == len(events))
    assert {body["type"] for body in receiver.bodies} == set(outside.NAMES)
    assert "CARD-1234" not in json.dumps(receiver.bodies)
    (priced,) = (body["data"] for body in receiver.bodies if body["type"] == "session.priced")
    assert priced["cost"]["incl_vat"] == {"minor": 119, "currency": "EUR"}


async def test_a_webhook_gets_the_kinds_that_it_wants_of_its_own_operator(
    runtime: Runtime, client: httpx.AsyncClient, client_of: ClientOf, receiver: Receiver, stranger_id: str
) -> None:
    await added(client, receiver.url, kinds=["station.offline"])
    await added(client, receiver.url, is_active=False)
    await added(await client_of(runtime, operator_id=stranger_id), receiver.url)
    await publish(runtime, online(), online(what="offline"), online(2, operator_id="nobody's"))
    await eventually(lambda: len(receiver.got) == 1)
    assert [row.kind for row in await rows(runtime)] == ["station.offline"]


async def test_what_concerns_one_station_arrives_in_order(
    runtime: Runtime, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    await added(client, receiver.url)
    receiver.delay_s = 0.01
    whats = ["online", "offline"] * 8
    await publish(runtime, *(online(number, what) for what in whats for number in (1, 2, 3)))
    await eventually(lambda: len(receiver.got) == 48)
    for number in (1, 2, 3):
        told = [body["type"] for body in receiver.bodies if body["data"]["station_id"] == f"s{number}"]
        assert told == [f"station.{what}" for what in whats]
    assert 1 < receiver.most <= delivering.AT_ONCE


# ---- what fails


async def test_what_is_not_taken_is_tried_again_with_the_same_id_until_it_is(
    runtime: Runtime, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    hook = await added(client, receiver.url)
    receiver.statuses = [500, 404, 204]
    await publish(runtime, online())
    for count in (1, 2, 3):
        await eventually(lambda count=count: len(receiver.got) == count)  # type: ignore[misc]
        await eventually_attempts(runtime, count)
        await hurry(runtime)
    assert await states(runtime) == ["delivered"]
    assert len({headers["x-voltway-delivery"] for headers, _ in receiver.got}) == 1
    assert len({body for _, body in receiver.got}) == 1
    (delivery,) = await rows(runtime)
    log = (await client.get(f"/webhooks/{hook['id']}/deliveries/{delivery.id}")).json()["log"]
    assert [attempt["status"] for attempt in log] == [500, 404, 204]
    assert (await client.get(f"/webhooks/{hook['id']}")).json()["failing_since"] is None


async def test_a_redirect_is_a_failure_and_leads_nowhere(
    runtime: Runtime, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    await added(client, receiver.url)
    receiver.statuses, receiver.headers = [302], {"location": receiver.url}
    await publish(runtime, online())
    await eventually_attempts(runtime, 1)
    assert (len(receiver.got), (await rows(runtime))[0].last_status) == (1, 302)


async def test_a_receiver_that_hangs_is_given_its_seconds(
    make_runtime: MakeRuntime, client_of: ClientOf, receiver: Receiver
) -> None:
    settings = {**SETTINGS, "notify": {**SETTINGS["notify"], "webhook_timeout_s": 1.0}}
    runtime = await make_runtime(MANIFEST, settings=settings)
    await added(await client_of(runtime), receiver.url)
    receiver.delay_s = 3
    await publish(runtime, online())
    await eventually_attempts(runtime, 1)
    (row,) = await rows(runtime)
    assert (row.state, row.last_status, row.last_error) == ("queued", None, "no answer within 1 s")


async def test_a_receiver_that_is_away_is_asked_once_a_round(
    runtime: Runtime, client: httpx.AsyncClient, unused_tcp_port: int
) -> None:
    await added(client, f"http://127.0.0.1:{unused_tcp_port}/hook")
    await publish(runtime, *(online(1, what) for what in ("online", "offline") * 5))
    await eventually_attempts(runtime, 1)
    await eventually(lambda: not runtime.state(delivering.Workers).tasks)
    assert len(await rows(runtime, attempts)) == 1
    assert sorted(row.attempts for row in await rows(runtime)) == [0] * 9 + [1]


async def test_one_slow_receiver_holds_up_nobody_else(
    runtime: Runtime, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    slow = Receiver()
    slow.delay_s = 0.9
    async with served(slow.app()) as url:
        await added(client, f"{url}/hook")
        await added(client, receiver.url)
        await publish(runtime, *(online(1) for _ in range(10)))
        await eventually(lambda: len(receiver.got) == 10)
        assert len(slow.got) < 10
        await runtime.state(delivering.Workers).stop()


async def test_a_long_answer_is_not_read(runtime: Runtime, client: httpx.AsyncClient, receiver: Receiver) -> None:
    await added(client, receiver.url)
    receiver.statuses, receiver.content = [200], b"x" * 5_000_000
    await publish(runtime, online())
    await eventually_attempts(runtime, 1)
    assert await states(runtime) == ["delivered"]


async def test_it_is_given_up_after_a_day_and_delivered_again_by_hand(
    runtime: Runtime, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    hook = await added(client, receiver.url)
    receiver.statuses = [500]
    await publish(runtime, online())
    await eventually_attempts(runtime, 1)
    path = f"/webhooks/{hook['id']}/deliveries/{(await rows(runtime))[0].id}"
    assert (await client.post(f"{path}/retry")).status_code == 409  # it is tried by itself
    async with runtime.database.begin() as tx:
        await tx.execute(sa.update(deliveries).values(queued_at=clock.now() - timedelta(hours=24)))
    await hurry(runtime)

    async def has_failed() -> bool:
        return (await states(runtime)) == ["failed"]

    await eventually(has_failed)
    receiver.statuses = [204]
    assert (await client.post(f"{path}/retry")).json()["state"] == "queued"

    async def is_there() -> bool:
        return (await states(runtime)) == ["delivered"]

    await eventually(is_there)
    assert len({body for _, body in receiver.got}) == 1
    assert (await client.get(path)).json()["attempts"] == 1


async def test_after_days_of_failure_it_is_switched_off_and_administrators_get_a_mail(
    runtime: Runtime, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    async with runtime.database.begin() as tx:
        for role in ("operator_admin", "finance"):
            await create_account(tx, f"{role}@example.org", "a long pass phrase 7", role, role, DEFAULT_OPERATOR_ID)
    hook = await added(client, receiver.url, description="ERP")
    receiver.statuses = [500]
    await publish(runtime, online())
    await eventually_attempts(runtime, 1)
    async with runtime.database.begin() as tx:
        await tx.execute(sa.update(webhooks).values(failing_since=clock.now() - timedelta(days=6)))
    await hurry(runtime)

    async def has_mail() -> bool:
        return bool(await rows(runtime, mails))

    await eventually(has_mail)
    (mail,) = await rows(runtime, mails)
    assert (mail.recipient, mail.kind) == ("operator_admin@example.org", "webhook.disabled")
    shown = (await client.get(f"/webhooks/{hook['id']}")).json()
    assert (shown["is_active"], shown["disabled_reason"]) == (False, "it has failed for too long")
    count = len(receiver.got)
    await publish(runtime, online())
    await eventually(lambda: not any(runtime.events.backlogs().values()))
    await hurry(runtime)
    await delivering.deliver_due(runtime)
    await eventually(lambda: not runtime.state(delivering.Workers).tasks)
    assert (len(receiver.got), len(await rows(runtime))) == (count, 1)
    receiver.statuses = [204]
    again = (await client.patch(f"/webhooks/{hook['id']}", json={"is_active": True})).json()
    assert (again["failing_since"], again["disabled_reason"]) == (None, None)
    await eventually(lambda: len(receiver.got) == count + 1)


async def test_a_restart_delivers_nothing_twice_that_was_taken(
    make_runtime: MakeRuntime, client_of: ClientOf, receiver: Receiver
) -> None:
    first = await make_runtime(MANIFEST, settings=SETTINGS)
    await added(await client_of(first), receiver.url)
    receiver.statuses = [204, 500]
    await publish(first, online(1), online(1, "offline"))
    await eventually_attempts(first, 2)
    await first.stop()
    receiver.statuses = [204]
    second = await make_runtime(MANIFEST, settings=SETTINGS)
    await hurry(second)

    async def are_there() -> bool:
        return (await states(second)) == ["delivered"] * 2

    await eventually(are_there)
    assert sorted(body["type"] for body in receiver.bodies) == ["station.offline", "station.offline", "station.online"]


async def test_two_processes_deliver_each_once(
    make_runtime: MakeRuntime, client_of: ClientOf, receiver: Receiver
) -> None:
    one = await make_runtime(MANIFEST, settings=SETTINGS)
    await make_runtime(MANIFEST, settings=SETTINGS)
    await added(await client_of(one), receiver.url)
    await publish(one, *(online(number) for number in range(60)))

    async def are_there() -> bool:
        return (await states(one)) == ["delivered"] * 60

    await eventually(are_there)
    assert len(receiver.got) == 60


async def test_a_receiver_that_fails_does_not_fill_the_database(
    make_runtime: MakeRuntime, client_of: ClientOf, receiver: Receiver
) -> None:
    settings = {**SETTINGS, "notify": {**SETTINGS["notify"], "webhook_queue_max": 10}}
    runtime = await make_runtime(MANIFEST, settings=settings)
    await added(await client_of(runtime), receiver.url)
    receiver.statuses = [500]
    await publish(runtime, *(online(number) for number in range(12)))
    await eventually_attempts(runtime, 12)
    other = Receiver()
    async with served(other.app()) as url:
        await added(await client_of(runtime), f"{url}/hook")
        await publish(runtime, online(99))
        await eventually(lambda: len(other.got) == 1)
    assert len(await rows(runtime)) == 13


async def test_old_deliveries_are_forgotten_and_those_that_waited_too_long_have_failed(
    runtime: Runtime, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    hook = await added(client, receiver.url)
    receiver.statuses = [204, 500]
    await publish(runtime, online(1), online(1, "offline"))
    await eventually_attempts(runtime, 2)
    await client.patch(f"/webhooks/{hook['id']}", json={"is_active": False})
    done, waiting = await rows(runtime)
    async with runtime.database.begin() as tx:
        for row, column, days in ((done, "created_at", 31), (waiting, "queued_at", 2)):
            values = {column: clock.now() - timedelta(days=days)}
            await tx.execute(sa.update(deliveries).where(deliveries.c.id == row.id).values(**values))
    await delivering.forget_old(runtime)
    (left,) = await rows(runtime)
    assert (left.id, left.state, left.next_attempt_at) == (waiting.id, "failed", None)
