"""A location's limit on real links: the sum of what stations have accepted never exceeds it, less comes before more, and who
cannot be told keeps his share."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest

from conformance.device_model_stations import PASSWORD, ScriptedStation, linked
from e2e.server_process import ServerProcess

V16, V201, V21 = "ocpp1.6", "ocpp2.0.1", "ocpp2.1"
AT = "2026-03-01T12:00:00Z"
PATIENCE_S = 20.0
UNLIMITED_A = 32.0


class Meter:
    """What the stations of a location may draw together by the profiles that they have accepted, at every moment."""

    def __init__(self) -> None:
        self.stations: list[Car] = []
        self.most_a = 0.0
        self.said: list[tuple[Car, str, float]] = []

    def look(self) -> None:
        self.most_a = max(self.most_a, sum(car.allowed_a for car in self.stations))


class Car:
    """A station with one EVSE, its car, and its own record of what it has accepted."""

    def __init__(self, meter: Meter, station: ScriptedStation, protocol: str, station_id: str) -> None:
        self.meter, self.protocol, self.station_id = meter, protocol, station_id
        self.limits: dict[str, float] = {}
        self.refuses: Callable[[str, float], bool] = lambda purpose, limit: False
        self.is_charging = False
        self.session_id = ""
        self.attach(station)
        meter.stations.append(self)

    def attach(self, station: ScriptedStation) -> None:
        """Go on over this link: what has been accepted still holds."""
        self.station = station
        station.answers["SetChargingProfile"] = self._set
        station.answers["ClearChargingProfile"] = self._clear
        station.answers["GetBaseReport"] = {"status": "NotSupported"}
        station.answers["GetConfiguration"] = {"configurationKey": []}

    async def boot(self) -> None:
        boot: dict[str, Any] = {"chargePointVendor": "Acme", "chargePointModel": "One"}
        if self.protocol != V16:
            boot = {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "One"}}
        assert (await self.station.call("BootNotification", boot))["status"] == "Accepted"

    @property
    def allowed_a(self) -> float:
        if not self.is_charging:
            return 0.0
        own = self.limits.get("TxProfile", self.limits.get("TxDefaultProfile", UNLIMITED_A))
        return min(own, *(self.limits[name] for name in self.limits if name.endswith("MaxProfile")), UNLIMITED_A)

    @property
    def share(self) -> float | None:
        return self.limits.get("TxProfile")

    def _set(self, payload: dict[str, Any]) -> dict[str, Any]:
        profile = payload.get("csChargingProfiles") or payload["chargingProfile"]
        schedule = profile["chargingSchedule"]
        schedule = schedule[0] if isinstance(schedule, list) else schedule
        assert schedule["chargingRateUnit"] == "A"
        limit, purpose = schedule["chargingSchedulePeriod"][0]["limit"], profile["chargingProfilePurpose"]
        if self.refuses(purpose, limit):
            return {"status": "Rejected"}
        self.limits[purpose] = limit
        self.meter.said.append((self, purpose, limit))
        self.meter.look()
        return {"status": "Accepted"}

    def _clear(self, payload: dict[str, Any]) -> dict[str, Any]:
        self.limits.clear()
        return {"status": "Accepted"}

    async def plug(self) -> None:
        self.is_charging = True
        self.meter.look()
        if self.protocol == V16:
            begin = {"connectorId": 1, "idTag": "FREE", "meterStart": 0, "timestamp": AT}
            self.session_id = str((await self.station.call("StartTransaction", begin))["transactionId"])
            return
        self.session_id = uuid.uuid4().hex
        await self._event("Started", "CablePluggedIn", 0, "Charging")

    async def unplug(self) -> None:
        self.is_charging = False
        self.limits.pop("TxProfile", None)
        if self.protocol == V16:
            end = {"transactionId": int(self.session_id), "meterStop": 10, "timestamp": "2026-03-01T13:00:00Z"}
            await self.station.call("StopTransaction", end)
            return
        await self._event("Ended", "EVDeparted", 9, "Idle", "2026-03-01T13:00:00Z")

    async def say(self, state: str) -> None:
        if self.protocol == V16:
            status = {"connectorId": 1, "errorCode": "NoError", "status": state}
            await self.station.call("StatusNotification", status)
        else:
            await self._event("Updated", "ChargingStateChanged", 1, state)

    async def _event(self, kind: str, trigger: str, number: int, state: str, at: str = AT) -> None:
        event: dict[str, Any] = {"eventType": kind, "timestamp": at, "triggerReason": trigger, "seqNo": number}
        event["transactionInfo"] = {"transactionId": self.session_id, "chargingState": state}
        event["evse"] = {"id": 1, "connectorId": 1}
        await self.station.call("TransactionEvent", event)


class Site:
    """A location with stations."""

    def __init__(self, server: ServerProcess, api: httpx.AsyncClient, location_id: str) -> None:
        self.server, self.api, self.location_id = server, api, location_id
        self.meter = Meter()

    async def limit(self, limit: float) -> None:
        answer = await self.api.put(f"/locations/{self.location_id}/limit", json={"unit": "A", "limit": limit})
        assert answer.status_code == 200, answer.text

    async def shown(self) -> dict[str, Any]:
        return dict((await self.api.get(f"/locations/{self.location_id}/limit")).json())

    @asynccontextmanager
    async def car(self, protocol: str) -> AsyncIterator[Car]:
        """A station of the location that has booted."""
        identity = f"LIM-{uuid.uuid4().hex[:12]}"
        body = {"identity": identity, "password": PASSWORD, "location_id": self.location_id}
        made = await self.api.post("/charging-stations", json=body)
        assert made.status_code == 201, made.text
        async with linked(self.server.stations_url, identity, protocol, PASSWORD) as station:
            car = Car(self.meter, station, protocol, made.json()["id"])
            await car.boot()
            yield car


@pytest.fixture
async def site(whole_platform: ServerProcess, key: str) -> AsyncIterator[Site]:
    async with httpx.AsyncClient(
        base_url=whole_platform.api, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=60
    ) as api:
        made = await api.post("/locations", json={"name": f"Yard {uuid.uuid4().hex[:6]}", "time_zone": "UTC"})
        assert made.status_code == 201, made.text
        yield Site(whole_platform, api, made.json()["id"])


async def until(is_so: Callable[[], bool], what: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.02)
    assert is_so(), what


def are_default(*cars: Car) -> bool:
    return all(len(car.limits) >= 2 for car in cars)


async def test_a_station_that_boots_is_given_its_maximum_and_a_default_of_nothing(site: Site) -> None:
    await site.limit(40)
    async with site.car(V16) as old, site.car(V201) as new:
        await until(lambda: are_default(old, new), "both have their defaults")
        assert old.limits == {"TxDefaultProfile": 0, "ChargePointMaxProfile": 40}
        assert new.limits == {"TxDefaultProfile": 0, "ChargingStationMaxProfile": 40}
        await asyncio.sleep(1.2)
        assert (await site.shown())["controlled_station_ids"] == sorted([old.station_id, new.station_id])


async def test_the_sum_never_exceeds_the_limit_and_less_comes_before_more(site: Site) -> None:
    await site.limit(40)
    async with AsyncExitStack() as stack:
        cars = [await stack.enter_async_context(site.car(protocol)) for protocol in (V16, V201, V21)]
        first, second, third = cars
        await until(lambda: are_default(*cars), "all have their defaults")
        await first.plug()
        await until(lambda: first.share == 40, "the first has all")
        await second.plug()
        await until(lambda: (first.share, second.share) == (20, 20), "two have half each")
        order = [(car, limit) for car, purpose, limit in site.meter.said if purpose == "TxProfile"]
        assert order == [(first, 40), (first, 20), (second, 20)]
        await third.plug()
        await until(lambda: [car.share for car in cars] == [13.3, 13.3, 13.3], "three have a third each")
        assert [car for car, purpose, _ in site.meter.said if purpose == "TxProfile"][-1] is third
        await second.say("SuspendedEV")
        await until(lambda: [car.share for car in cars] == [17, 6, 17], "a full car keeps the least")
        await site.limit(15)
        await until(lambda: [car.share for car in cars] == [9, 6, 0], "the latest pauses")
        await first.unplug()
        await until(lambda: (second.share, third.share) == (6, 9), "who paused goes on")
        assert site.meter.most_a <= 40


async def test_a_station_that_does_not_accept_keeps_its_share_reserved(site: Site) -> None:
    await site.limit(32)
    async with site.car(V201) as stubborn, site.car(V16) as other:
        await until(lambda: are_default(stubborn, other), "both have their defaults")
        await stubborn.plug()
        await until(lambda: stubborn.share == 32, "it has all")
        stubborn.refuses = lambda purpose, limit: purpose == "TxProfile"
        await other.plug()
        await until(lambda: len(stubborn.station.requests("SetChargingProfile")) >= 4, "it was asked for some back")
        await asyncio.sleep(2.5)
        assert (stubborn.share, other.share) == (32, None)
        assert site.meter.most_a <= 32


async def test_the_share_of_a_station_that_is_offline_stays_reserved_until_it_is_back(site: Site) -> None:
    await site.limit(32)
    async with site.car(V16) as here:
        async with site.car(V201) as gone:
            await until(lambda: are_default(gone, here), "both have their defaults")
            await gone.plug()
            await until(lambda: gone.share == 32, "it has all")
            await site.limit(26)
            await until(lambda: gone.share == 26, "it has all of less")
        # Its car goes on charging with 26 A, whoever else comes.
        await site.limit(40)
        await here.plug()
        await until(lambda: here.share == 14, "what is left besides the share of the one that is offline")
        assert sum(car.allowed_a for car in site.meter.stations) == 40
        shown = {share["station_id"]: share["reserved"] for share in (await site.shown())["shares"]}
        assert shown == {gone.station_id: 26, here.station_id: 14}


async def test_a_limit_that_is_taken_away_takes_its_profiles_with_it(site: Site) -> None:
    await site.limit(32)
    async with site.car(V201) as car:
        await until(lambda: are_default(car), "it has its defaults")
        await asyncio.sleep(1.2)
        assert (await site.api.delete(f"/locations/{site.location_id}/limit")).status_code == 204
        await until(lambda: len(car.station.requests("ClearChargingProfile")) == 2, "both are cleared")
        answer = await site.api.get(f"/locations/{site.location_id}/limit")
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/limit-not-found")


async def test_a_template_is_applied_to_all_stations_of_a_location(site: Site) -> None:
    schedule = {"id": 1, "charging_rate_unit": "A", "charging_schedule_period": [{"start_period": 0, "limit": 16}]}
    body: dict[str, Any] = {
        "name": f"Night {uuid.uuid4().hex[:6]}",
        "purpose": "TxDefaultProfile",
        "charging_profile": {
            "id": 5,
            "stack_level": 1,
            "charging_profile_kind": "Relative",
            "charging_schedule": [schedule],
        },
    }
    made = await site.api.post("/charging-profiles", json=body)
    assert made.status_code == 201, made.text
    path = f"/charging-profiles/{made.json()['id']}"
    assert (await site.api.post("/charging-profiles", json=body)).status_code == 409
    assert (await site.api.get(path)).json()["name"] == body["name"]
    assert made.json() in (await site.api.get("/charging-profiles")).json()["items"]
    async with site.car(V16) as old, site.car(V201) as new:
        new.refuses = lambda purpose, limit: True
        answer = await site.api.post(f"{path}/apply", json={"location_id": site.location_id})
        assert answer.status_code == 200, answer.text
        states = {one["station_id"]: (one["state"], one["wire_status"]) for one in answer.json()}
        assert states == {old.station_id: ("accepted", "Accepted"), new.station_id: ("rejected", "Rejected")}
        assert old.limits == {"TxDefaultProfile": 16}
        (said,) = old.station.requests("SetChargingProfile")
        assert (said["connectorId"], said["csChargingProfiles"]["stackLevel"]) == (0, 1)
        one = await site.api.post(f"{path}/apply", json={"station_id": old.station_id, "evse_number": 1})
        assert [(each["station_id"], each["state"]) for each in one.json()] == [(old.station_id, "accepted")]
        assert old.station.requests("SetChargingProfile")[-1]["connectorId"] == 1
    nowhere = await site.api.post(f"{path}/apply", json={"location_id": "elsewhere"})
    assert nowhere.status_code == 404
    assert (await site.api.delete(path)).status_code == 204
    assert (await site.api.get(path)).status_code == 404


async def test_a_limit_that_comes_while_cars_charge_holds_for_them_too(site: Site) -> None:
    async with site.car(V201) as first, site.car(V16) as second:
        await first.plug()
        await second.plug()
        assert (first.share, second.share) == (None, None)
        await site.limit(40)
        await until(lambda: (first.share, second.share) == (20, 20), "both have their half")
        assert are_default(first, second)
        assert sum(car.allowed_a for car in site.meter.stations) == 40
