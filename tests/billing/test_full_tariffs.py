"""Tariffs of the full form through the whole: added, assigned, frozen at the start, priced by what was metered, held, taken back."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from builders import ClientOf, MakeRuntime, a_sample, a_transaction_report, eventually
from voltway.app import catalog
from voltway.contracts.billing import SessionCredited, SessionPriced
from voltway.contracts.sessions import SessionEnded
from voltway.contracts.station_link import Phase
from voltway.contracts.vocabulary import ChargingState, IdToken
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.bus import outbox
from voltway.kernel.bus.event import Event
from voltway.kernel.runtime import Runtime
from voltway.modules.billing import api, pricing_due
from voltway.modules.reservations.tables import reservations

DAY_AND_NIGHT = {
    "currency": "EUR",
    "elements": [
        {
            "price_components": [{"type": "ENERGY", "price": 0.20, "vat": 19}],
            "restrictions": {"start_time": "22:00", "end_time": "06:00"},
        },
        {
            "price_components": [
                {"type": "ENERGY", "price": 0.40, "vat": 19},
                {"type": "PARKING_TIME", "price": 6.00, "vat": 19},
                {"type": "FLAT", "price": 0.50, "vat": 19},
            ]
        },
    ],
}
FULL = {"name": "Day and night", "currency": "EUR", "ocpi": DAY_AND_NIGHT}


class Shop:
    """A location with a station of 22 kW, and those who sell there."""

    def __init__(self, runtime: Runtime, staff: httpx.AsyncClient) -> None:
        self.runtime, self.staff = runtime, staff
        self.location_id = self.station_id = ""
        self._messages = 0

    async def made(self, path: str, body: dict[str, Any], status: int = 201) -> dict[str, Any]:
        answer = await self.staff.post(path, json=body)
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    async def read(self, path: str) -> dict[str, Any]:
        answer = await self.staff.get(path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def assign(self, tariff: dict[str, Any], *targets: dict[str, Any]) -> None:
        body = {"targets": list(targets) or [{"kind": "operator"}]}
        answer = await self.staff.put(f"/tariffs/{tariff['id']}/assignments", json=body)
        assert answer.status_code == 200, answer.text

    async def say(self, phase: Phase, at: datetime, **changes: Any) -> str:
        self._messages += 1
        about = {
            "station_id": self.station_id,
            "station_identity": "CS-1",
            "location_id": self.location_id,
            "message_id": f"m{self._messages}",
            "payload": f"{self._messages}".encode(),
        }
        report = a_transaction_report(phase, occurred_at=at, received_at=at, **{**about, **changes})
        return str((await self.runtime.commits.record(report)).transaction_id)

    async def charge(
        self,
        begin: datetime,
        *samples: tuple[int, int],
        wh: int,
        minutes: int,
        idle_at: int | None = None,
        token: str = "04A1B2C3",
        **start: Any,
    ) -> str:
        """A session of so many Wh in so many minutes, with readings (minute, Wh); its id once its end is known."""
        name = await self.say(Phase.STARTED, begin, meter_wh=1_000, id_token=IdToken(token), **start)
        for minute, used in samples:
            at = begin + timedelta(minutes=minute)
            charging = (
                ChargingState.SUSPENDED_EV if idle_at is not None and minute >= idle_at else ChargingState.CHARGING
            )
            sample = a_sample(1_000 + used, at=at)
            await self.say(
                Phase.METERED, at, transaction_id=name, samples=(sample,), charging_state=charging, id_token=None
            )
        end = begin + timedelta(minutes=minutes)
        await self.say(Phase.ENDED, end, transaction_id=name, meter_wh=1_000 + wh, id_token=None)
        (session,) = [each for each in (await self.read("/sessions"))["items"] if each["transaction_id"] == name]
        return str(session["id"])

    async def priced(self, session_id: str) -> dict[str, Any]:
        await eventually(lambda: not any(self.runtime.events.backlogs().values()))
        await pricing_due.price_due(self.runtime)
        await eventually(lambda: not any(self.runtime.events.backlogs().values()))
        return await self.read(f"/sessions/{session_id}")


@pytest.fixture
async def shop(make_runtime: MakeRuntime, client_of: ClientOf) -> Shop:
    runtime = await make_runtime(*catalog.load(("stations", "users", "billing", "sessions", "reservations", "audit")))
    shop = Shop(runtime, await client_of(runtime))
    location = await shop.made("/locations", {"name": "Here", "time_zone": "Europe/Berlin"})
    evse = {"evse_number": 1, "power_w_max": 22_000, "connectors": [{"connector_number": 1, "type": "sType2"}]}
    body = {"identity": "CS-1", "location_id": location["id"], "evses": [evse]}
    shop.location_id, shop.station_id = location["id"], (await shop.made("/charging-stations", body))["id"]
    await shop.made("/id-tokens", {"value": "04A1B2C3", "status": "accepted"})
    return shop


def a_noon(days_ago: int = 1) -> datetime:
    """10:00 UTC, which is daytime in Berlin all year."""
    return (clock.now() - timedelta(days=days_ago)).replace(hour=10, minute=0, second=0, microsecond=0)


async def test_session_is_priced_by_what_was_metered(shop: Shop) -> None:
    tariff = await shop.made("/tariffs", FULL)
    assert tariff["ocpi"]["elements"][0]["restrictions"]["start_time"] == "22:00"
    assert "per kWh" in tariff["sentences"]["en"]
    await shop.assign(tariff, {"kind": "location", "id": shop.location_id})
    session = await shop.priced(await shop.charge(a_noon(), (20, 6_000), (30, 10_000), wh=10_000, minutes=60))
    # 10 kWh x 0.40 + start 0.50 = 4.50 + 19 %; the car never paused.
    assert session["cost"] == {"minor": 536, "currency": "EUR"}
    assert session["cost_excl_vat"] == {"minor": 450, "currency": "EUR"}
    assert session["is_cost_final"] is True
    assert {(line["unit"], line["amount"]["minor"]) for line in session["cost_lines"]} == {
        ("kWh", 400),
        ("session", 50),
    }
    (cdr,) = (await shop.read(f"/cdrs?session_id={session['id']}"))["items"]
    assert (cdr["cost"], cdr["energy_wh"], cdr["credited_at"]) == (session["cost"], 10_000, None)


async def test_energy_before_and_after_22_oclock_has_its_own_price(shop: Shop) -> None:
    await shop.assign(await shop.made("/tariffs", FULL))
    zone_hour = a_noon().astimezone().tzinfo
    assert zone_hour is not None
    begin = a_noon().replace(hour=19 if a_noon().month in range(4, 10) else 20, minute=30)  # 21:30 in Berlin
    session = await shop.priced(await shop.charge(begin, (30, 2_000), wh=5_000, minutes=60))
    prices = {line["unit_price"]: line["amount"]["minor"] for line in session["cost_lines"] if line["unit"] == "kWh"}
    assert {float(price): minor for price, minor in prices.items()} == {0.4: 80, 0.2: 60}


async def test_running_session_shows_its_cost_so_far(shop: Shop) -> None:
    await shop.assign(await shop.made("/tariffs", FULL))
    begin = a_noon()
    name = await shop.say(Phase.STARTED, begin, meter_wh=1_000, id_token=IdToken("04A1B2C3"))
    at = begin + timedelta(minutes=30)
    await shop.say(Phase.METERED, at, transaction_id=name, samples=(a_sample(6_000, at=at),), id_token=None)
    (listed,) = (await shop.read("/sessions"))["items"]
    session = await shop.read(f"/sessions/{listed['id']}")
    assert session["cost"] == {"minor": 298, "currency": "EUR"}  # (5 x 0.40 + 0.50) x 1.19
    assert session["is_cost_final"] is False


async def test_session_keeps_the_version_that_it_began_with(shop: Shop) -> None:
    tariff = await shop.made("/tariffs", FULL)
    await shop.assign(tariff)
    begin = a_noon()
    name = await shop.say(Phase.STARTED, begin, meter_wh=0, id_token=IdToken("04A1B2C3"))
    dearer = {**FULL, "ocpi": {"currency": "EUR", "elements": [{"price_components": [{"type": "ENERGY", "price": 9}]}]}}
    answer = await shop.staff.put(f"/tariffs/{tariff['id']}", json=dearer)
    assert answer.status_code == 200, answer.text
    second = answer.json()
    assert (second["version"], second["family_id"]) == (2, tariff["id"])
    assert [target["kind"] for target in second["targets"]] == ["operator"]
    assert (await shop.read(f"/tariffs/{tariff['id']}"))["targets"] == []
    await shop.say(Phase.ENDED, begin + timedelta(minutes=60), transaction_id=name, meter_wh=10_000, id_token=None)
    (listed,) = (await shop.read("/sessions"))["items"]
    assert (await shop.priced(listed["id"]))["cost"]["minor"] == 536
    later = await shop.priced(await shop.charge(begin + timedelta(hours=2), wh=1_000, minutes=30))
    assert later["cost"]["minor"] == 900
    assert later["tariff_id"] == second["id"]


async def test_version_takes_over_when_its_time_has_come(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    tariff = await shop.made("/tariffs", FULL)
    await shop.assign(tariff)
    soon = clock.now() + timedelta(hours=1)
    body = {**FULL, "takes_over_at": clock.to_rfc3339(soon)}
    second = (await shop.staff.put(f"/tariffs/{tariff['id']}", json=body)).json()
    assert (second["takes_over_at"] is not None, second["targets"]) == (True, [])
    await api.take_over_due(shop.runtime)
    assert (await shop.read(f"/tariffs/{second['id']}"))["targets"] == []
    monkeypatch.setattr(clock, "now", lambda: soon + timedelta(seconds=1))
    await api.take_over_due(shop.runtime)
    read = await shop.read(f"/tariffs/{second['id']}")
    assert ([target["kind"] for target in read["targets"]], read["takes_over_at"]) == (["operator"], None)


async def test_what_a_group_has_agreed_on_goes_before_the_place(shop: Shop) -> None:
    await shop.assign(await shop.made("/tariffs", FULL), {"kind": "station", "id": shop.station_id})
    fleet = {"name": "Fleet", "currency": "EUR", "price_per_kwh": "0.10"}
    await shop.assign(await shop.made("/tariffs", fleet), {"kind": "group", "id": "Fleet North"})
    await shop.made("/id-tokens", {"value": "FLEET-1", "status": "accepted", "group": "FLEET NORTH"})
    ordinary = await shop.priced(await shop.charge(a_noon(2), wh=10_000, minutes=60))
    member = await shop.priced(await shop.charge(a_noon(), wh=10_000, minutes=60, token="FLEET-1"))
    assert (ordinary["cost"]["minor"], member["cost"]["minor"]) == (536, 100)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"price_per_kwh": "0.3"}, "say the prices in ocpi"),
        ({"currency": "SEK"}, "the currency is SEK"),
        ({"ocpi": {"currency": "EUR", "elements": []}}, "elements"),
        ({"ocpi": {"currency": "EUR", "elements": [{"price_components": [{"type": "ENERGY", "price": -1}]}]}}, "price"),
        ({"ocpi": {"currency": "EUR", "elements": [{"price_components": [{"type": "MAGIC", "price": 1}]}]}}, "type"),
        (
            {
                "ocpi": {
                    "currency": "EUR",
                    "elements": [
                        {
                            "price_components": [{"type": "ENERGY", "price": 1}],
                            "restrictions": {"min_kwh": 5, "max_kwh": 2},
                        }
                    ],
                }
            },
            "Element 0",
        ),
    ],
)
async def test_tariff_that_cannot_be_meant_is_refused(shop: Shop, changes: dict[str, Any], word: str) -> None:
    answer = await shop.staff.post("/tariffs", json=FULL | changes)
    assert answer.status_code == 422, answer.text
    assert word in answer.text


async def test_power_that_the_evse_cannot_give_is_held_until_a_person_has_looked(shop: Shop) -> None:
    await shop.assign(await shop.made("/tariffs", FULL))
    session_id = await shop.charge(a_noon(), (10, 20_000), wh=20_000, minutes=60)  # 120 kW at a plug of 22 kW
    session = await shop.priced(session_id)
    assert session["cost"] is None or not session["is_cost_final"]
    assert {"power_above_rating", "held"} <= set(session["review"])
    (held,) = (await shop.read("/held-sessions"))["items"]
    assert (held["session_id"], held["reasons"]) == (session_id, ["power_above_rating"])
    assert (await shop.read("/cdrs"))["items"] == []
    await shop.made(f"/sessions/{session_id}/review", {"is_billed": True, "reason": "it is a 150 kW plug"}, 200)
    session = await shop.priced(session_id)
    assert session["cost"]["minor"] == round((20 * 40 + 50) * 1.19 + 0.01)
    assert "released" in session["review"]
    assert (await shop.read("/held-sessions"))["items"] == []
    again = await shop.staff.post(f"/sessions/{session_id}/review", json={"is_billed": True, "reason": "twice"})
    assert again.status_code == 409


async def test_held_session_that_is_not_billed_costs_nothing(shop: Shop) -> None:
    await shop.assign(await shop.made("/tariffs", FULL))
    session_id = await shop.charge(a_noon(), (10, 20_000), wh=20_000, minutes=60)
    await shop.priced(session_id)
    await shop.made(f"/sessions/{session_id}/review", {"is_billed": False, "reason": "the meter is broken"}, 200)
    session = await shop.priced(session_id)
    assert "not_billed" in session["review"]
    assert not session["is_cost_final"]
    assert (await shop.read("/cdrs"))["items"] == []


async def test_session_that_sessions_holds_is_released_too(shop: Shop) -> None:
    simple = {"name": "Simple", "currency": "EUR", "price_per_kwh": "0.50"}
    await shop.assign(await shop.made("/tariffs", simple))
    begin = a_noon()
    name = await shop.say(Phase.STARTED, begin, meter_wh=50_000, id_token=IdToken("04A1B2C3"))
    await shop.say(Phase.ENDED, begin + timedelta(minutes=10), transaction_id=name, meter_wh=10_000, id_token=None)
    (session,) = (await shop.read("/sessions"))["items"]
    assert "register_decreased" in session["review"]
    await shop.made(f"/sessions/{session['id']}/review", {"is_billed": True, "reason": "as it stands"}, 200)
    assert (await shop.priced(session["id"]))["is_cost_final"] is True


async def test_who_got_no_energy_pays_nothing(shop: Shop) -> None:
    await shop.assign(await shop.made("/tariffs", FULL))
    session = await shop.priced(await shop.charge(a_noon(), wh=0, minutes=45))
    assert (session["cost"]["minor"], session["cost_lines"], session["is_cost_final"]) == (0, [], True)


async def test_session_that_two_jobs_price_at_once_has_one_cdr(shop: Shop) -> None:
    await shop.assign(await shop.made("/tariffs", FULL))
    sessions = [await shop.charge(a_noon(days_ago=days), wh=10_000, minutes=60) for days in (1, 2, 3)]
    await eventually(lambda: not any(shop.runtime.events.backlogs().values()))
    async with asyncio.TaskGroup() as jobs:
        for _ in range(4):
            jobs.create_task(pricing_due.price_due(shop.runtime))
    cdrs = {each["session_id"]: each["id"] for each in (await shop.read("/cdrs"))["items"]}
    assert cdrs.keys() == set(sessions)
    priced = [event for event in await told(shop.runtime) if isinstance(event, SessionPriced)]
    assert sorted((event.session_id, event.cdr_id) for event in priced) == sorted(cdrs.items())


async def test_cdr_is_taken_back_once_and_made_anew(shop: Shop) -> None:
    await shop.assign(await shop.made("/tariffs", FULL))
    cheaper = await shop.made("/tariffs", {"name": "Friend", "currency": "EUR", "price_per_kwh": "0.10"})
    session_id = await shop.charge(a_noon(), wh=10_000, minutes=60)
    await shop.priced(session_id)
    (cdr,) = (await shop.read("/cdrs"))["items"]
    body = {"reason": "promised otherwise", "reissue": True, "tariff_id": cheaper["id"]}
    made = await shop.made(f"/cdrs/{cdr['id']}/credit", body)
    twice = await shop.staff.post(f"/cdrs/{cdr['id']}/credit", json=body)
    assert twice.status_code == 409
    new, old = (await shop.read("/cdrs"))["items"]
    assert (new["id"], new["replaces_cdr_id"], new["cost"]["minor"]) == (made["reissued_cdr_id"], cdr["id"], 100)
    assert (old["cost"], old["credit_reason"]) == (cdr["cost"], "promised otherwise")
    session = await shop.priced(session_id)
    assert (session["cost"]["minor"], "credited" in session["review"]) == (100, True)
    events = await told(shop.runtime)
    assert [type(event).__name__ for event in events if not isinstance(event, SessionEnded)] == [
        "SessionPriced",
        "SessionCredited",
        "SessionPriced",
    ]


async def test_cdr_that_is_only_taken_back_leaves_no_cost(shop: Shop) -> None:
    await shop.assign(await shop.made("/tariffs", FULL))
    session_id = await shop.charge(a_noon(), wh=10_000, minutes=60)
    await shop.priced(session_id)
    (cdr,) = (await shop.read("/cdrs"))["items"]
    await shop.made(f"/cdrs/{cdr['id']}/credit", {"reason": "goodwill"})
    session = await shop.priced(session_id)
    assert (session["is_cost_final"], session["cost"]) == (False, None)
    assert (await shop.read(f"/cdrs/{cdr['id']}"))["credited_at"] is not None


async def told(runtime: Runtime) -> list[Any]:
    kinds: dict[str, type[Event]] = {kind.__name__: kind for kind in (SessionPriced, SessionCredited, SessionEnded)}
    found = await outbox.read_between(runtime.database, 0, 2**40, kinds, 1000)
    return [event for _, event in found if event is not None]


async def test_session_that_ends_twice_is_priced_once(shop: Shop) -> None:
    await shop.assign(await shop.made("/tariffs", FULL))
    session_id = await shop.charge(a_noon(), wh=10_000, minutes=60)
    await shop.priced(session_id)
    (ended,) = [event for event in await told(shop.runtime) if isinstance(event, SessionEnded)]
    for _ in range(2):
        async with shop.runtime.database.begin() as tx:
            tx.publish(ended)
        await shop.priced(session_id)
    assert len((await shop.read("/cdrs"))["items"]) == 1
    assert sum(isinstance(event, SessionPriced) for event in await told(shop.runtime)) == 1


HELD = {
    "price_components": [{"type": "TIME", "price": 6.00, "vat": 19}],
    "restrictions": {"reservation": "RESERVATION"},
}


async def test_an_evse_that_was_held_costs_what_the_tariff_says_of_it(shop: Shop) -> None:
    ocpi = {**DAY_AND_NIGHT, "elements": [HELD, *DAY_AND_NIGHT["elements"]]}
    await shop.assign(await shop.made("/tariffs", {**FULL, "ocpi": ocpi}))
    begin = a_noon()
    row = {
        "id": "r-1",
        "operator_id": DEFAULT_OPERATOR_ID,
        "station_id": shop.station_id,
        "station_identity": "CS-1",
        "location_id": shop.location_id,
        "number": 7,
        "evse_number": 1,
        "id_token": "04A1B2C3",
        "starts_at": begin - timedelta(minutes=20),
        "expires_at": begin + timedelta(minutes=10),
        "state": "accepted",
        "created_at": begin - timedelta(minutes=20),
        "updated_at": begin - timedelta(minutes=20),
    }
    async with shop.runtime.database.begin() as tx:
        await tx.execute(sa.insert(reservations).values(row))
    session = await shop.priced(await shop.charge(begin, wh=10_000, minutes=60, reservation_number=7))
    # 20 minutes x 6 an hour + 10 kWh x 0.40 + start 0.50
    assert session["cost_excl_vat"] == {"minor": 650, "currency": "EUR"}
    assert ("h", 200) in {(line["unit"], line["amount"]["minor"]) for line in session["cost_lines"]}
    (cdr,) = (await shop.read(f"/cdrs?session_id={session['id']}"))["items"]
    await shop.made(f"/cdrs/{cdr['id']}/credit", {"reason": "asked for", "reissue": True})
    again = (await shop.read(f"/cdrs?session_id={session['id']}"))["items"][0]
    assert (again["replaces_cdr_id"], again["cost"]) == (cdr["id"], session["cost"])
    without = await shop.priced(await shop.charge(begin + timedelta(hours=2), wh=10_000, minutes=60))
    assert without["cost_excl_vat"] == {"minor": 450, "currency": "EUR"}
