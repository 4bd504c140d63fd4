"""Bookings and queues over the API, without stations at the other end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from builders import ClientOf, MakeRuntime, eventually
from reservations.people import (
    CCS,
    TYPE_2,
    a_driver,
    a_location,
    a_slot,
    evses,
    got,
    made,
    mails_to,
    shift,
)
from voltway.app import catalog
from voltway.contracts.bookings import FindPublicQueues, PublicQueue
from voltway.kernel.runtime import Runtime
from voltway.modules.reservations.tables import queue_places

MODULES = ["stations", "users", "sessions", "reservations", "billing", "accounts", "notify", "directory"]


@pytest.fixture
async def runtime(make_runtime: MakeRuntime) -> Runtime:
    return await make_runtime(*catalog.load(MODULES))


@pytest.fixture
async def admin(runtime: Runtime, client_of: ClientOf) -> httpx.AsyncClient:
    return await client_of(runtime)


@pytest.fixture
async def driver(runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    async with aclosing(await a_driver(runtime, "Ada")) as client:
        yield client


@pytest.fixture
async def location(admin: httpx.AsyncClient) -> dict[str, Any]:
    location = await a_location(admin)
    station = {"identity": "CS1", "location_id": location["id"], "evses": evses(CCS, TYPE_2)}
    await made(admin, "/charging-stations", station)
    return location


def wish(location: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**a_slot(), "location_id": location["id"], **changes}


async def test_the_rules_are_read_before_anything_is_booked(
    driver: httpx.AsyncClient, location: dict[str, Any]
) -> None:
    offer = await got(driver, f"/me/bookable-locations/{location['id']}")
    assert (offer["rules_version"], offer["time_zone"], offer["evse_count"]) == (1, "Europe/Berlin", 2)
    assert offer["no_show_fee"] == {"minor": 595, "currency": "EUR"}
    assert offer["late_cancel_fee"] == {"minor": 238, "currency": "EUR"}
    assert offer["connector_types"] == [CCS, TYPE_2]
    assert offer["queue_length"] == 0
    assert (await driver.get("/me/bookable-locations/none")).status_code == 404


async def test_a_booking_is_made_shown_in_the_calendar_and_told(
    runtime: Runtime, driver: httpx.AsyncClient, admin: httpx.AsyncClient, location: dict[str, Any]
) -> None:
    body = wish(location, connector_type=CCS)
    booked = await made(driver, "/me/bookings", body)
    assert (booked["state"], booked["evse_number"], booked["station_identity"]) == ("confirmed", 1, "CS1")
    assert booked["can_cancel"]
    assert booked["can_change"]
    assert not booked["can_check_in"]
    assert await got(driver, f"/me/bookings/{booked['id']}") == booked
    assert (await got(driver, "/me/bookings", is_open=True))["items"] == [booked]
    assert (await got(driver, "/me/bookings", is_open=False))["items"] == []
    span = {"since": body["starts_at"], "until": body["ends_at"]}
    path = f"/me/bookable-locations/{location['id']}/calendar"
    free = [one["free"] for one in (await got(driver, path, **span))["slots"]]
    assert free == [1, 1, 1, 1]
    ccs = (await got(driver, path, connector_type=CCS, **span))["slots"]
    assert {one["free"] for one in ccs} == {0}
    assert ccs[0]["local"].endswith(("+01:00", "+02:00"))
    staff = (await got(admin, "/bookings", location_id=location["id"], state="confirmed"))["items"]
    assert [one["id"] for one in staff] == [booked["id"]]
    assert (await got(admin, f"/locations/{location['id']}/booking-calendar", **span))["slots"][0]["free"] == 1

    async def is_told() -> bool:
        return ("booking.confirmed", "Your booking at Depot is confirmed") in await mails_to(runtime, "Ada")

    await eventually(is_told)


async def test_the_same_request_again_books_once(driver: httpx.AsyncClient, location: dict[str, Any]) -> None:
    body, headers = wish(location), {"Idempotency-Key": "a-key-of-this-test"}
    first = await made(driver, "/me/bookings", body, headers=headers)
    assert (await made(driver, "/me/bookings", body, headers=headers))["id"] == first["id"]
    assert len((await got(driver, "/me/bookings"))["items"]) == 1


@pytest.mark.parametrize(
    ("changes", "status", "kind"),
    [
        ({"rules_version": 2}, 409, "rules-changed"),
        ({"location_id": "none"}, 404, "location-not-found"),
        ({"id_token_id": "none"}, 409, "token-needed"),
        ({"connector_type": "cNone"}, 409, "slot-taken"),
        (a_slot(24 * 30), 422, "invalid-field"),
        (a_slot(-2), 422, "invalid-field"),
        (a_slot(24, 5), 422, "invalid-field"),
        (a_slot(24, 300), 422, "invalid-field"),
        ({"starts_at": "2026-01-01T10:00:00Z", "ends_at": "2026-01-01T09:00:00Z"}, 422, "invalid-request"),
        ({"price": 0}, 422, "invalid-request"),
    ],
)
async def test_what_cannot_be_booked_is_refused(
    driver: httpx.AsyncClient, location: dict[str, Any], changes: dict[str, Any], status: int, kind: str
) -> None:
    answer = await driver.post("/me/bookings", json=wish(location, **changes))
    assert answer.status_code == status, answer.text
    if kind != "invalid-request":
        assert answer.json()["type"] == f"/problems/{kind}"
    assert (await got(driver, "/me/bookings"))["items"] == []


async def test_nothing_is_booked_where_the_operator_has_said_nothing(
    driver: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    plain = await made(admin, "/locations", {"name": "Plain"})
    answer = await driver.post("/me/bookings", json=wish(plain, rules_version=0))
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-bookable")
    answer = await driver.post("/me/queue-places", json={"location_id": plain["id"]})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/no-queue")


async def test_a_driver_has_no_more_open_bookings_than_the_rules_let_them(
    driver: httpx.AsyncClient, location: dict[str, Any]
) -> None:
    for hours in (24, 30):
        await made(driver, "/me/bookings", wish(location, **a_slot(hours)))
    answer = await driver.post("/me/bookings", json=wish(location, **a_slot(36)))
    assert answer.json()["type"] == "/problems/too-many-bookings"


async def test_some_evses_are_left_to_whoever_comes_by(
    driver: httpx.AsyncClient, admin: httpx.AsyncClient, location: dict[str, Any]
) -> None:
    rules = await got(admin, f"/locations/{location['id']}/booking-rules")
    changed = {name: value for name, value in rules.items() if name not in ("location_id", "version", "updated_at")}
    answer = await admin.put(f"/locations/{location['id']}/booking-rules", json={**changed, "walk_in_evses": 1})
    assert answer.json()["version"] == 2
    body = wish(location, rules_version=2)
    await made(driver, "/me/bookings", body)
    assert (await driver.post("/me/bookings", json=body)).json()["type"] == "/problems/slot-taken"


async def test_a_booking_is_changed_while_it_is_free_to_and_cancelled_with_the_fee_that_was_shown(
    runtime: Runtime, driver: httpx.AsyncClient, location: dict[str, Any]
) -> None:
    booked = await made(driver, "/me/bookings", wish(location))
    answer = await driver.patch(f"/me/bookings/{booked['id']}", json=a_slot(48, 90))
    assert answer.status_code == 200, answer.text
    assert answer.json()["starts_at"] == a_slot(48, 90)["starts_at"]
    await shift(runtime, booked["id"], timedelta(minutes=20))
    answer = await driver.patch(f"/me/bookings/{booked['id']}", json=a_slot(48))
    assert answer.json()["type"] == "/problems/booking-not-in-state"
    cancelled = await made(driver, f"/me/bookings/{booked['id']}/cancellation", None, 200)
    assert cancelled["state"] == "cancelled"
    assert cancelled["fee"] == {
        "amount": {"minor": 238, "currency": "EUR"},
        "reason": "late_cancel",
        "is_waived": False,
    }
    assert (await driver.post(f"/me/bookings/{booked['id']}/cancellation")).status_code == 409


async def test_cancelling_in_time_is_free_and_the_place_is_anothers(
    runtime: Runtime, driver: httpx.AsyncClient, location: dict[str, Any]
) -> None:
    body = wish(location, connector_type=CCS)
    booked = await made(driver, "/me/bookings", body)
    async with aclosing(await a_driver(runtime, "Bo")) as other:
        assert (await other.post("/me/bookings", json=body)).json()["type"] == "/problems/slot-taken"
        assert (await other.get(f"/me/bookings/{booked['id']}")).status_code == 404
        assert (await other.post(f"/me/bookings/{booked['id']}/cancellation")).status_code == 404
        cancelled = await made(driver, f"/me/bookings/{booked['id']}/cancellation", None, 200)
        assert (cancelled["state"], cancelled["fee"]) == ("cancelled", None)
        await made(other, "/me/bookings", body)


async def test_the_operator_cancels_with_a_reason_and_takes_fees_back(
    runtime: Runtime, driver: httpx.AsyncClient, admin: httpx.AsyncClient, location: dict[str, Any]
) -> None:
    first = await made(driver, "/me/bookings", wish(location))
    path = f"/bookings/{first['id']}"
    taken = await made(admin, f"{path}/cancellation", {"reason": "The street is closed"}, 200)
    assert (taken["state"], taken["reason"], taken["fee"]) == ("cancelled", "The street is closed", None)
    assert (await admin.post(f"{path}/fee-waiver", json={"reason": "x"})).status_code == 409
    second = await made(driver, "/me/bookings", wish(location))
    await shift(runtime, second["id"], timedelta(minutes=20))
    await made(driver, f"/me/bookings/{second['id']}/cancellation", None, 200)
    waived = await made(admin, f"/bookings/{second['id']}/fee-waiver", {"reason": "goodwill"}, 200)
    assert waived["fee"]["is_waived"]
    assert (await admin.post(f"/bookings/{second['id']}/fee-waiver", json={"reason": "x"})).status_code == 409


async def test_where_the_operator_confirms_a_booking_waits_for_it_and_lapses(
    runtime: Runtime, driver: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    location = await a_location(admin, confirms_by_hand=True)
    station = {"identity": "CS1", "location_id": location["id"], "evses": evses(CCS, CCS)}
    await made(admin, "/charging-stations", station)
    first, second = [await made(driver, "/me/bookings", wish(location)) for _ in range(2)]
    assert (first["state"], second["state"]) == ("requested", "requested")
    confirmed = await made(admin, f"/bookings/{first['id']}/confirmation", None, 200)
    assert confirmed["state"] == "confirmed"
    assert (await admin.post(f"/bookings/{first['id']}/confirmation")).status_code == 409
    await shift(runtime, second["id"], timedelta(minutes=5))

    async def has_lapsed() -> bool:
        now = await got(driver, f"/me/bookings/{second['id']}")
        return (now["state"], now["reason"], now["fee"]) == ("cancelled", "not_confirmed", None)

    await eventually(has_lapsed)


async def test_a_booking_whose_station_never_came_online_fails_and_costs_nothing(
    runtime: Runtime, driver: httpx.AsyncClient, location: dict[str, Any]
) -> None:
    booked = await made(driver, "/me/bookings", wish(location))
    await shift(runtime, booked["id"], timedelta(minutes=-20))

    async def has_failed() -> bool:
        now = await got(driver, f"/me/bookings/{booked['id']}")
        return (now["state"], now["reason"], now["fee"]) == ("failed", "no_evse_left", None)

    await eventually(has_failed)


# ---- two at once


async def test_of_many_who_want_the_last_slot_from_two_processes_one_gets_it(
    make_runtime: MakeRuntime, runtime: Runtime, admin: httpx.AsyncClient
) -> None:
    location = await a_location(admin)
    station = {"identity": "CS1", "location_id": location["id"], "evses": evses(CCS)}
    await made(admin, "/charging-stations", station)
    another = await make_runtime(*catalog.load(MODULES))
    drivers = [await a_driver(node, f"D{number}") for number, node in enumerate([runtime, another] * 3)]
    body = wish(location)
    answers = await asyncio.gather(*(driver.post("/me/bookings", json=body) for driver in drivers))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
    assert {answer.json()["type"] for answer in answers if answer.status_code == 409} == {"/problems/slot-taken"}
    assert len((await got(admin, "/bookings"))["items"]) == 1
    for driver in drivers:
        await driver.aclose()


async def test_one_person_takes_one_place_also_at_two_locations_at_once(
    make_runtime: MakeRuntime, runtime: Runtime, admin: httpx.AsyncClient, driver: httpx.AsyncClient
) -> None:
    places = [await a_location(admin) for _ in range(2)]
    bodies = [{"location_id": one["id"]} for one in places * 2]
    answers = await asyncio.gather(*(driver.post("/me/queue-places", json=body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len((await got(driver, "/me/queue-places"))["items"]) == 1


# ---- queues


async def test_a_queue_has_an_order_and_its_length_is_public(
    runtime: Runtime, driver: httpx.AsyncClient, admin: httpx.AsyncClient, location: dict[str, Any]
) -> None:
    body = {"location_id": location["id"]}
    first = await made(driver, "/me/queue-places", body)
    async with aclosing(await a_driver(runtime, "Bo")) as other:
        second = await made(other, "/me/queue-places", body)
        assert (first["ahead"], second["ahead"], second["state"]) == (0, 1, "waiting")
        told = await runtime.ask(FindPublicQueues(location_ids=(location["id"], "none")))
        assert told == {location["id"]: PublicQueue(is_bookable=True, queue_length=2)}
        snoozed = await made(driver, f"/me/queue-places/{first['id']}/snooze", None, 200)
        assert (snoozed["state"], snoozed["snoozes"]) == ("snoozed", 1)
        assert (await got(other, f"/me/queue-places/{second['id']}"))["ahead"] == 1
        assert (await other.get(f"/me/queue-places/{first['id']}")).status_code == 404
        assert (await other.delete(f"/me/queue-places/{first['id']}")).status_code == 404
        assert (await driver.post(f"/me/queue-places/{first['id']}/snooze")).status_code == 409
        assert (await driver.delete(f"/me/queue-places/{first['id']}")).status_code == 204
        assert (await driver.delete(f"/me/queue-places/{first['id']}")).status_code == 409
        assert (await got(other, f"/me/queue-places/{second['id']}"))["ahead"] == 0
        again = await made(driver, "/me/queue-places", body)
        assert again["ahead"] == 1
        removed = await made(admin, f"/queue-places/{second['id']}/removal", {"reason": "Closed"}, 200)
        assert (removed["state"], removed["reason"]) == ("left", "Closed")
    states = {one["state"] for one in (await got(admin, "/queue-places", location_id=location["id"]))["items"]}
    assert states == {"left", "waiting"}


async def test_after_a_snooze_somebody_is_before_those_who_came_later(
    runtime: Runtime, driver: httpx.AsyncClient, location: dict[str, Any]
) -> None:
    mine = await made(driver, "/me/queue-places", {"location_id": location["id"]})
    await made(driver, f"/me/queue-places/{mine['id']}/snooze", None, 200)
    async with runtime.database.begin() as tx:
        past = sa.update(queue_places).where(queue_places.c.id == mine["id"])
        await tx.execute(past.values(until=queue_places.c.joined_at))

    async def is_awake() -> bool:
        return bool((await got(driver, f"/me/queue-places/{mine['id']}"))["state"] == "waiting")

    await eventually(is_awake)


async def test_a_full_queue_takes_nobody(runtime: Runtime, admin: httpx.AsyncClient, driver: httpx.AsyncClient) -> None:
    location = await a_location(admin, queue_max=1)
    await made(driver, "/me/queue-places", {"location_id": location["id"]})
    async with aclosing(await a_driver(runtime, "Bo")) as other:
        answer = await other.post("/me/queue-places", json={"location_id": location["id"]})
        assert answer.json()["type"] == "/problems/queue-full"


# ---- whose data


async def test_a_person_gets_a_copy_of_their_bookings_and_when_they_go_nobody_is_left_in_them(
    runtime: Runtime, driver: httpx.AsyncClient, admin: httpx.AsyncClient, location: dict[str, Any]
) -> None:
    booked = await made(driver, "/me/bookings", wish(location))
    queued = await made(driver, "/me/queue-places", {"location_id": location["id"]})
    copy = (await got(driver, "/me/personal-data"))["records"]["bookings"]
    assert [(one["kind"], one["id"]) for one in copy] == [("booking", booked["id"]), ("queue_place", queued["id"])]
    answer = await driver.post("/me/erasure")
    assert answer.status_code == 204, answer.text

    async def is_nobodys() -> bool:
        (one,) = (await got(admin, "/bookings"))["items"]
        (place,) = (await got(admin, "/queue-places"))["items"]
        is_over = (one["state"], place["state"]) == ("cancelled", "left")
        return is_over and one["account_id"] is None and place["account_id"] is None

    await eventually(is_nobodys)
    (one,) = (await got(admin, "/bookings"))["items"]
    assert (one["id_token"], one["fee"]) == ("erased", None)


# ---- whom it belongs to


async def test_bookings_and_places_are_found_by_their_driver(
    runtime: Runtime, driver: httpx.AsyncClient, admin: httpx.AsyncClient, location: dict[str, Any]
) -> None:
    me = (await got(driver, "/me/profile"))["id"]
    booked = await made(driver, "/me/bookings", wish(location))
    async with aclosing(await a_driver(runtime, "Bob")) as other:
        await made(other, "/me/queue-places", {"location_id": location["id"]})
        place = await made(driver, "/me/queue-places", {"location_id": location["id"]})
        found = (await got(admin, "/queue-places", account_id=me))["items"]
        assert [(one["id"], one["account_id"]) for one in found] == [(place["id"], me)]
    assert [one["id"] for one in (await got(admin, "/bookings", account_id=me))["items"]] == [booked["id"]]
    assert (await got(admin, "/queue-places", account_id="nobody"))["items"] == []
