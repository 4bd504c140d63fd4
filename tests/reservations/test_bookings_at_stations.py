"""Bookings and queues with stations at the other end: held, used, missed, moved, failed; called, passed on, lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from builders import ClientOf, MakeRuntime, eventually
from conformance.access_network import V16, V201, Platform, Station, id_token, just_now
from reservations.people import CCS, a_driver, a_location, a_slot, evses, got, made, mails_to, shift, token_of
from voltway.app import catalog
from voltway.contracts.bookings import PassHold
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.modules.reservations.tables import queue_places

PROTOCOLS = pytest.mark.parametrize("protocol", [V16, V201])


class Site:
    """A location with one station of two EVSEs, both free."""

    def __init__(self, network: Platform, location: dict[str, Any], record: dict[str, Any], station: Station) -> None:
        self.network, self.location, self.record, self.station = network, location, record, station

    async def says(self, evse_number: int, status: str) -> None:
        """The station tells of an EVSE."""
        if self.station.is_16:
            word = {"Occupied": "Charging"}.get(status, status)
            body: dict[str, Any] = {"connectorId": evse_number, "status": word, "errorCode": "NoError"}
        else:
            body = {"evseId": evse_number, "connectorId": 1, "connectorStatus": status}
        await self.station.call("StatusNotification", {**body, "timestamp": just_now()})

    def held(self) -> list[tuple[int, str]]:
        """The EVSEs that the station was told to hold, and for whom."""
        told = self.station.told("ReserveNow")
        if self.station.is_16:
            return [(one["connectorId"], one["idTag"]) for one in told]
        return [(one["evseId"], one["idToken"]["idToken"]) for one in told]

    def released(self) -> int:
        return len(self.station.told("CancelReservation"))

    async def begins(self, token: str, evse_number: int = 1) -> dict[str, Any]:
        """A car begins to charge with a token."""
        if self.station.is_16:
            start = {"connectorId": evse_number, "idTag": token, "meterStart": 100, "timestamp": just_now()}
            return await self.station.call("StartTransaction", start)
        return await self.station.call(
            "TransactionEvent",
            self._event(
                "Started",
                "Authorized",
                0,
                evse={"id": evse_number, "connectorId": 1},
                idToken=id_token(token),
                meterValue=[register("Transaction.Begin", 100)],
            ),
        )

    async def ends(self, started: dict[str, Any]) -> None:
        if self.station.is_16:
            stop = {"transactionId": started["transactionId"], "meterStop": 5_000, "timestamp": just_now()}
            await self.station.call("StopTransaction", stop)
        else:
            await self.station.call(
                "TransactionEvent",
                self._event("Ended", "StopAuthorized", 1, meterValue=[register("Transaction.End", 5_000)]),
            )

    @staticmethod
    def _event(kind: str, trigger: str, number: int, **fields: Any) -> dict[str, Any]:
        info = {"transactionId": "tx-1"}
        base = {"eventType": kind, "timestamp": just_now(), "triggerReason": trigger, "seqNo": number}
        return {**base, "transactionInfo": info, **fields}


def register(context: str, wh: int) -> dict[str, Any]:
    """What the meter says: a session is over for others when it can be priced."""
    sample = {"value": wh, "measurand": "Energy.Active.Import.Register", "context": context}
    return {"timestamp": just_now(), "sampledValue": [sample]}


@pytest.fixture
async def network(make_runtime: MakeRuntime, client_of: ClientOf) -> AsyncIterator[Platform]:
    runtime = await make_runtime(*catalog.load(), settings={"gateway": {"port": 0, "unknown_stations": "reject"}})
    platform = Platform(runtime, await client_of(runtime))
    yield platform
    await platform.close()


@pytest.fixture
async def driver(network: Platform) -> AsyncIterator[httpx.AsyncClient]:
    async with aclosing(await a_driver(network.runtime, "Ada")) as client:
        yield client


async def a_site(network: Platform, protocol: str = V16, **rules: Any) -> Site:
    location = await a_location(network.client, **rules)
    record = await network.register(location_id=location["id"], evses=evses(CCS, CCS))
    site = Site(network, location, record, await network.connect(protocol))
    for number in (1, 2):
        await site.says(number, "Available")
    return site


async def booked(site: Site, driver: httpx.AsyncClient, starts_in: float = 5) -> dict[str, Any]:
    """A booking whose slot begins in so many minutes."""
    booking = await made(driver, "/me/bookings", {**a_slot(), "location_id": site.location["id"]})
    await shift(site.network.runtime, booking["id"], timedelta(minutes=starts_in))
    return booking


async def becomes(driver: httpx.AsyncClient, booking: dict[str, Any], state: str, **fields: Any) -> dict[str, Any]:
    """The booking, when it has this state."""
    path, wanted = f"/me/bookings/{booking['id']}", {"state": state, **fields}

    async def is_so() -> bool:
        now = await got(driver, path)
        return {name: now[name] for name in wanted} == wanted

    await eventually(is_so, 60)
    return await got(driver, path)


async def told(site: Site, *wanted: tuple[int, str]) -> None:
    """The station has been told to hold exactly these."""
    await eventually(lambda: site.held() == list(wanted), 60)


@PROTOCOLS
async def test_the_evse_is_held_before_the_slot_and_charging_with_the_token_says_that_the_driver_is_there(
    network: Platform, driver: httpx.AsyncClient, protocol: str
) -> None:
    site, token = await a_site(network, protocol), await token_of(network.runtime, driver)
    booking = await booked(site, driver)
    await told(site, (1, token))
    started = await site.begins(token)
    charging = await becomes(driver, booking, "charging")
    assert charging["session_id"] is not None
    await site.ends(started)
    assert (await becomes(driver, booking, "completed"))["fee"] is None


async def test_nothing_is_held_long_before_the_slot(network: Platform, driver: httpx.AsyncClient) -> None:
    site = await a_site(network)
    later = await booked(site, driver, starts_in=60)
    soon = await booked(site, driver, starts_in=5)
    await eventually(lambda: len(site.held()) == 1, 60)
    assert (await got(driver, f"/me/bookings/{later['id']}"))["state"] == "confirmed"
    assert site.held()[0][0] == soon["evse_number"]


async def test_a_driver_who_checks_in_keeps_the_evse_to_the_end(network: Platform, driver: httpx.AsyncClient) -> None:
    site, token = await a_site(network), await token_of(network.runtime, driver)
    booking = await booked(site, driver)
    await told(site, (1, token))
    await made(driver, f"/me/bookings/{booking['id']}/check-in", None, 200)
    await told(site, (1, token), (1, token))  # the same number, for longer
    first, second = site.station.told("ReserveNow")
    assert first["reservationId"] == second["reservationId"]
    assert first["expiryDate"] < second["expiryDate"]
    await shift(network.runtime, booking["id"], timedelta(minutes=-61))
    assert (await becomes(driver, booking, "completed"))["fee"] is None
    assert (await driver.post(f"/me/bookings/{booking['id']}/check-in")).status_code == 409


async def test_who_does_not_come_pays_the_fee_that_was_shown_and_the_books_have_it(
    network: Platform, driver: httpx.AsyncClient
) -> None:
    site, token = await a_site(network), await token_of(network.runtime, driver)
    booking = await booked(site, driver)
    await told(site, (1, token))
    await becomes_held(site, network)
    await shift(network.runtime, booking["id"], timedelta(minutes=-16))
    missed = await becomes(driver, booking, "no_show")
    assert missed["fee"] == {"amount": {"minor": 595, "currency": "EUR"}, "reason": "no_show", "is_waived": False}
    await eventually(lambda: site.released() == 1, 60)
    await in_the_books(network, {"receivable": 595, "revenue:DE:19": 500, "vat:DE:19": 95})
    assert ("booking.no_show", "You did not come to Depot") in await mails_to(network.runtime, "Ada")
    await made(network.client, f"/bookings/{booking['id']}/fee-waiver", {"reason": "traffic"}, 200)
    await in_the_books(network, {"receivable": 0, "revenue:DE:19": 0, "vat:DE:19": 0})


async def becomes_held(site: Site, network: Platform) -> None:
    async def is_held() -> bool:
        return bool((await network.reservation())["state"] in ("accepted", "active"))

    await eventually(is_held, 60)


async def in_the_books(network: Platform, wanted: dict[str, int]) -> None:
    """The balances of these accounts, when they have come so far."""

    async def is_so() -> bool:
        accounts = (await network.client.get("/ledger/accounts")).json()
        found = {one["account"]: one["balance"]["minor"] for one in accounts}
        return {name: found.get(name) for name in wanted} == wanted

    await eventually(is_so, 60)


async def test_a_wallet_pays_the_fee_and_gets_it_back_when_it_is_waived(
    network: Platform, driver: httpx.AsyncClient
) -> None:
    site, token = await a_site(network, no_show_fee_minor=200), await token_of(network.runtime, driver)
    failed = await booked(site, driver, starts_in=-16)  # nothing was held for it: a credit of 3 euros
    await becomes(driver, failed, "failed")
    await has_balance(driver, 300)
    await in_the_books(network, {"vouchers": 300, "wallets": 300, "receivable": 0})
    missed = await booked(site, driver)
    await told(site, (1, token))
    await becomes_held(site, network)
    await shift(network.runtime, missed["id"], timedelta(minutes=-16))
    await becomes(driver, missed, "no_show")
    await has_balance(driver, 100)
    await in_the_books(network, {"receivable": 0, "wallets": 100, "revenue:DE:19": 168, "vat:DE:19": 32})
    await made(network.client, f"/bookings/{missed['id']}/fee-waiver", {"reason": "traffic"}, 200)
    await has_balance(driver, 300)
    await in_the_books(network, {"receivable": 0, "wallets": 300, "revenue:DE:19": 0, "vat:DE:19": 0})


async def has_balance(driver: httpx.AsyncClient, minor: int) -> None:
    """What is in the driver's wallet, when it has come so far."""

    async def is_so() -> bool:
        wallets = (await got(driver, "/me/wallets"))["items"]
        return [one["balance"]["minor"] for one in wallets] == [minor]

    await eventually(is_so, 60)


@PROTOCOLS
async def test_when_the_evse_fails_the_booking_moves_to_another_and_is_held_there(
    network: Platform, driver: httpx.AsyncClient, protocol: str
) -> None:
    site, token = await a_site(network, protocol), await token_of(network.runtime, driver)
    booking = await booked(site, driver)
    await told(site, (1, token))
    await becomes_held(site, network)
    await site.says(1, "Faulted")
    await becomes(driver, booking, "moved", evse_number=2)
    await told(site, (1, token), (2, token))
    kinds = [kind for kind, _ in await mails_to(network.runtime, "Ada")]
    assert kinds == ["booking.confirmed", "booking.moved"]


async def test_a_station_that_will_not_hold_the_evse_is_asked_for_another(
    network: Platform, driver: httpx.AsyncClient
) -> None:
    site, token = await a_site(network), await token_of(network.runtime, driver)
    site.station.answers["ReserveNow"] = lambda told: {"status": "Occupied" if told["connectorId"] == 1 else "Accepted"}
    booking = await booked(site, driver)
    await becomes(driver, booking, "moved", evse_number=2)
    await told(site, (1, token), (2, token))


async def test_when_no_evse_is_left_the_booking_fails_with_a_credit_and_without_a_fee(
    network: Platform, driver: httpx.AsyncClient
) -> None:
    site, token = await a_site(network), await token_of(network.runtime, driver)
    booking = await booked(site, driver)
    await told(site, (1, token))
    await site.says(1, "Faulted")
    await site.says(2, "Faulted")
    await shift(network.runtime, booking["id"], timedelta(minutes=-16))
    failed = await becomes(driver, booking, "failed")
    assert (failed["reason"], failed["fee"]) == ("no_evse_left", None)
    assert failed["failure_credit"] == {"minor": 300, "currency": "EUR"}

    async def is_told() -> bool:
        return ("booking.failed", "We could not keep your booking at Depot") in await mails_to(network.runtime, "Ada")

    await eventually(is_told, 60)


async def test_an_evse_that_fails_while_the_car_charges_leads_to_another_one(
    network: Platform, driver: httpx.AsyncClient
) -> None:
    site, token = await a_site(network), await token_of(network.runtime, driver)
    booking = await booked(site, driver)
    await told(site, (1, token))
    await site.begins(token)
    await becomes(driver, booking, "charging")
    await site.says(1, "Faulted")
    await becomes(driver, booking, "checked_in", evse_number=2)
    await told(site, (1, token), (2, token))


async def test_a_booking_that_is_cancelled_is_let_go_by_the_station(
    network: Platform, driver: httpx.AsyncClient
) -> None:
    site, token = await a_site(network), await token_of(network.runtime, driver)
    booking = await booked(site, driver)
    await told(site, (1, token))
    await becomes_held(site, network)
    await made(network.client, f"/bookings/{booking['id']}/cancellation", {"reason": "works"}, 200)
    await eventually(lambda: site.released() == 1, 60)


async def test_a_station_that_says_it_reserves_nothing_cannot_be_booked(
    network: Platform, driver: httpx.AsyncClient
) -> None:
    location = await a_location(network.client)
    await network.register(location_id=location["id"], evses=evses(CCS))
    raw = await network.connect(V16, boots=False)
    raw.answers["GetConfiguration"] = {
        "configurationKey": [{"key": "SupportedFeatureProfiles", "readonly": True, "value": "Core"}]
    }
    await raw.call("BootNotification", {"chargePointVendor": "Acme", "chargePointModel": "One"})

    async def is_known() -> bool:
        return bool((await got(driver, f"/me/bookable-locations/{location['id']}"))["evse_count"] == 0)

    await eventually(is_known, 60)
    answer = await driver.post("/me/bookings", json={**a_slot(), "location_id": location["id"]})
    assert answer.json()["type"] == "/problems/slot-taken"


# ---- queues


async def place(driver: httpx.AsyncClient, queued: dict[str, Any], state: str) -> dict[str, Any]:
    """The place, when it has this state."""
    path = f"/me/queue-places/{queued['id']}"

    async def is_so() -> bool:
        return bool((await got(driver, path))["state"] == state)

    await eventually(is_so, 60)
    return await got(driver, path)


async def test_whoever_came_first_is_called_and_who_lets_others_pass_frees_the_evse(
    network: Platform, driver: httpx.AsyncClient
) -> None:
    site, token = await a_site(network), await token_of(network.runtime, driver)
    for number in (1, 2):
        await site.says(number, "Occupied")
    body = {"location_id": site.location["id"]}
    first = await made(driver, "/me/queue-places", body)
    async with aclosing(await a_driver(network.runtime, "Bo")) as other:
        second = await made(other, "/me/queue-places", body)
        other_token = await token_of(network.runtime, other)
        assert site.held() == []
        await site.says(2, "Available")
        called = await place(driver, first, "called")
        assert (called["evse_number"], called["station_identity"]) == (2, "CS1")
        assert called["until"] is not None
        assert site.held() == [(2, token)]
        assert (await got(other, f"/me/queue-places/{second['id']}"))["state"] == "waiting"
        await made(driver, f"/me/queue-places/{first['id']}/snooze", None, 200)
        await eventually(lambda: site.released() == 1, 60)
        assert (await place(other, second, "called"))["evse_number"] == 2
        assert site.held() == [(2, token), (2, other_token)]
        await site.begins(other_token, 2)
        assert (await place(other, second, "served"))["session_id"] is not None
        assert (await got(driver, f"/me/queue-places/{first['id']}"))["ahead"] == 0
    assert ("queue.called", "It is your turn at Depot") in await mails_to(network.runtime, "Ada")


async def test_who_does_not_come_loses_the_place_and_the_next_is_called(
    network: Platform, driver: httpx.AsyncClient
) -> None:
    site = await a_site(network, queue_hold_minutes=1)
    await site.says(2, "Occupied")
    first = await made(driver, "/me/queue-places", {"location_id": site.location["id"]})
    await place(driver, first, "called")
    await run_out(network, first["id"])
    await place(driver, first, "expired")
    await eventually(lambda: site.released() == 1, 60)
    assert ("queue.expired", "Your place in the queue at Depot is gone") in await mails_to(network.runtime, "Ada")


async def run_out(network: Platform, place_id: str) -> None:
    async with network.runtime.database.begin() as tx:
        mine = sa.update(queue_places).where(queue_places.c.id == place_id)
        await tx.execute(mine.values(until=clock.now()))


async def test_nobody_is_told_that_it_is_their_turn_before_the_station_holds_the_evse(
    network: Platform, driver: httpx.AsyncClient
) -> None:
    site = await a_site(network)
    await site.says(2, "Faulted")
    site.station.answers["ReserveNow"] = {"status": "Rejected"}
    queued = await made(driver, "/me/queue-places", {"location_id": site.location["id"]})
    await eventually(lambda: len(site.held()) == 1, 60)
    assert (await place(driver, queued, "waiting"))["evse_number"] is None
    assert "queue.called" not in [kind for kind, _ in await mails_to(network.runtime, "Ada")]


async def test_who_is_called_to_an_evse_that_fails_is_the_first_in_line_again(
    network: Platform, driver: httpx.AsyncClient
) -> None:
    site = await a_site(network)
    await site.says(2, "Occupied")
    queued = await made(driver, "/me/queue-places", {"location_id": site.location["id"]})
    await place(driver, queued, "called")
    await site.says(1, "Faulted")
    waiting = await place(driver, queued, "waiting")
    assert (waiting["ahead"], waiting["evse_number"]) == (0, None)
    await site.says(2, "Available")
    assert (await place(driver, queued, "called"))["evse_number"] == 2


async def test_an_evse_that_is_booked_soon_is_nobodys_turn(network: Platform, driver: httpx.AsyncClient) -> None:
    site = await a_site(network)
    await site.says(2, "Occupied")
    booking = await booked(site, driver)
    await eventually(lambda: len(site.held()) == 1, 60)
    async with aclosing(await a_driver(network.runtime, "Bo")) as other:
        queued = await made(other, "/me/queue-places", {"location_id": site.location["id"]})
        await made(driver, f"/me/bookings/{booking['id']}/cancellation", None, 200)
        assert (await place(other, queued, "called"))["evse_number"] == 1
    assert len(set(site.held())) == 2  # a station that is slow to answer is asked again, for the same person


# ---- paying in the app


async def pays(site: Site, driver: httpx.AsyncClient, evse_number: int, id_token: str) -> None:
    """The driver is about to charge with the token of a payment."""
    request = PassHold(
        operator_id=DEFAULT_OPERATOR_ID,
        account_id=(await got(driver, "/me"))["account"]["id"],
        location_id=site.location["id"],
        station_id=site.record["id"],
        evse_number=evse_number,
        id_token=id_token,
        id_token_kind="Central",
    )
    await site.network.runtime.ask(request, timeout_s=60)


@PROTOCOLS
async def test_what_is_booked_with_a_card_is_held_for_the_payment_of_the_same_driver(
    network: Platform, driver: httpx.AsyncClient, protocol: str
) -> None:
    site, token = await a_site(network, protocol), await token_of(network.runtime, driver)
    booking = await booked(site, driver)
    await told(site, (1, token))
    await becomes_held(site, network)
    async with aclosing(await a_driver(network.runtime, "Bo")) as other:
        await pays(site, other, 1, "PAYSOTHER")
    assert site.held() == [(1, token)]
    await pays(site, driver, 1, "PAYSADA")
    await told(site, (1, token), (1, "PAYSADA"))
    number = "reservationId" if site.station.is_16 else "id"
    first, second = site.station.told("ReserveNow")
    assert first[number] == second[number]
    await site.begins("PAYSADA")
    await becomes(driver, booking, "charging")


async def test_who_is_called_and_pays_elsewhere_at_the_location_is_served(
    network: Platform, driver: httpx.AsyncClient
) -> None:
    site, token = await a_site(network), await token_of(network.runtime, driver)
    queued = await made(driver, "/me/queue-places", {"location_id": site.location["id"]})
    called = await place(driver, queued, "called")
    elsewhere = 3 - called["evse_number"]
    await pays(site, driver, elsewhere, "PAYSADA")
    assert site.held() == [(called["evse_number"], token)]
    await site.begins("PAYSADA", elsewhere)
    await place(driver, queued, "served")
    await eventually(lambda: site.released() == 1, 60)
