"""GET /sessions, /sessions/{id}, /sessions/{id}/samples; POST /sessions/{id}/stop."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from voltway.contracts.station_link import Phase
from voltway.contracts.vocabulary import ChargingState, CommandState
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.clock import to_rfc3339
from voltway.modules.sessions.rules import awaits_review
from voltway.modules.sessions.tables import AWAITS_REVIEW, sessions

from .builders import STATION, TARIFF, a_charge, a_sample, a_start, a_stop, a_value, an_event, at  # noqa: TID252
from .conftest import Platform  # noqa: TID252  (tests are not installed)

STARTED, UPDATED, ENDED, METERED = Phase
ANOTHER_STATION = {"station_id": "another", "station_identity": "CS-2", "location_id": "location-2"}
ClientOf = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def client(platform: Platform, client_of: ClientOf) -> httpx.AsyncClient:
    return await client_of(platform.runtime)


async def ids(client: httpx.AsyncClient, **filters: Any) -> list[str]:
    response = await client.get("/sessions", params=filters)
    assert response.status_code == 200, response.text
    return [item["id"] for item in response.json()["items"]]


# ---- one session


async def test_ended_session_reads_as_the_contract_says(platform: Platform, client: httpx.AsyncClient) -> None:
    await platform.add_tariff()
    (receipt, *_) = await platform.batch(*a_charge())
    await platform.settled()
    response = await client.get(f"/sessions/{receipt.session_id}")
    assert response.status_code == 200
    body = response.json()
    visit_id = body.pop("visit_id")
    assert visit_id != receipt.session_id
    assert body == {
        "id": receipt.session_id,
        "transaction_id": "TX-1",
        "station_id": STATION,
        "station_identity": "CS-1",
        "location_id": "location-1",
        "protocol": "ocpp2.0.1",
        "evse_number": 1,
        "connector_number": 1,
        "id_token": "CARD-1",
        "state": "ended",
        "charging_state": None,
        "started_at": "2026-05-01T12:00:00.000Z",
        "ended_at": "2026-05-01T13:00:00.000Z",
        "charging_ended_at": "2026-05-01T13:00:00.000Z",
        "unplugged_at": None,
        "last_report_at": "2026-05-01T13:00:00.000Z",
        "stop_reason": "Local",
        "meter_start_wh": 1_000,
        "meter_stop_wh": 8_000,
        "energy_wh": 7_000,
        "power_w": 0.0,
        "soc_percent": None,
        "cost": {"minor": 684, "currency": "EUR"},
        "cost_excl_vat": {"minor": 570, "currency": "EUR"},
        "cost_lines": [
            _line("Start fee", "1", "session", "1", 100),
            _line("Energy", "7", "kWh", "0.50", 350),
            _line("Time", "60", "min", "0.02", 120),
        ],
        "prices_include_vat": False,
        "is_cost_final": True,
        "tariff_id": TARIFF.tariff_id,
        "review": [],
        "awaits_review": False,
    }


def _line(description: str, quantity: str, unit: str, unit_price: str, minor: int) -> dict[str, Any]:
    return {
        "description": description,
        "quantity": quantity,
        "unit": unit,
        "unit_price": unit_price,
        "vat_percent": "20",
        "amount": {"minor": minor, "currency": "EUR"},
    }


async def test_running_session_shows_what_it_does_and_costs_so_far(
    platform: Platform, client: httpx.AsyncClient
) -> None:
    await platform.add_tariff()
    sample = a_sample(1_800, 4_000, power_w=7_400.0, soc_percent=61.5)
    (receipt, _) = await platform.record(
        an_event(STARTED, 0, 0, 1_000, id_token="CARD-1"),
        an_event(UPDATED, 1, 1_800, samples=(sample,), charging_state=ChargingState.CHARGING),
    )
    body = (await client.get(f"/sessions/{receipt.session_id}")).json()
    assert (body["state"], body["charging_state"], body["power_w"], body["soc_percent"]) == (
        "active",
        "Charging",
        7_400.0,
        61.5,
    )
    # 1.00 + 3 kWh x 0.50 + 30 min x 0.02 = 3.10, with VAT 3.72
    assert (body["cost"], body["is_cost_final"]) == ({"minor": 372, "currency": "EUR"}, False)
    assert (body["ended_at"], body["meter_stop_wh"], body["energy_wh"]) == (None, None, 3_000)


async def test_session_without_a_tariff_costs_null(platform: Platform, client: httpx.AsyncClient) -> None:
    (receipt, *_) = await platform.batch(*a_charge())
    body = (await client.get(f"/sessions/{receipt.session_id}")).json()
    assert (body["cost"], body["cost_excl_vat"], body["cost_lines"], body["tariff_id"]) == (None, None, [], None)


async def test_session_to_look_at_says_why(platform: Platform, client: httpx.AsyncClient) -> None:
    (receipt, *_) = await platform.record(a_start(id_token="NOBODY"), a_stop(None, meter_wh=0))
    body = (await client.get(f"/sessions/{receipt.session_id}")).json()
    assert body["review"] == ["not_authorized", "register_decreased", "meter_implausible"]


STATES, COSTS, PRICED = ("active", "ended"), (None, "{}"), (False, True)
REASONS = (
    "",
    "held",
    "released",
    "not_billed",
    "end_lost",
    "message_id_reused",
    "endXlost",
    "withheld",
    "a held b",
    "clock_set end_lost",
)


async def test_what_awaits_a_review_is_found_as_it_is_shown(platform: Platform, client: httpx.AsyncClient) -> None:
    (receipt, *_) = await platform.record(a_start(), a_stop(None))
    for state, cost, is_priced, review in itertools.product(STATES, COSTS, PRICED, REASONS):
        async with platform.runtime.database.begin() as tx:
            values = {"state": state, "cost": cost, "is_priced": is_priced, "review": review}
            await tx.execute(sa.update(sessions).values(**values))
            found = (await tx.execute(sa.select(sessions.c.id).where(AWAITS_REVIEW))).all()
        assert bool(found) == awaits_review(state, cost, is_priced, review.split()), values
    async with platform.runtime.database.begin() as tx:
        await tx.execute(sa.update(sessions).values(state="ended", cost=None, is_priced=False, review="end_lost"))
    assert await ids(client, awaits_review=True) == [receipt.session_id]
    assert await ids(client, awaits_review=False) == []
    assert (await client.get(f"/sessions/{receipt.session_id}")).json()["awaits_review"] is True
    answer = await client.post(
        f"/sessions/{receipt.session_id}/review", json={"is_billed": False, "reason": "no meter"}
    )
    assert answer.json()["awaits_review"] is False
    assert await ids(client, awaits_review=True) == []


# ---- the list


async def test_list_is_newest_first_and_goes_on_page_by_page(platform: Platform, client: httpx.AsyncClient) -> None:
    receipts = await platform.batch(*(a_start(number, evse_number=number) for number in range(1, 6)))
    newest_first = [receipt.session_id for receipt in reversed(receipts)]
    found, cursor = [], None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/sessions", params=params)).json()
        assert len(page["items"]) <= 2
        found += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == newest_first


async def test_the_list_is_by_energy_where_something_narrows_it(platform: Platform, client: httpx.AsyncClient) -> None:
    more, *_ = await platform.batch(*a_charge())
    (less,) = await platform.record(a_start(7_200, id_token="CARD-2", **ANOTHER_STATION))
    narrowed = {"since": to_rfc3339(at(0))}
    by_energy = [more.session_id, less.session_id]
    assert await ids(client, sort="-energy", **narrowed) == by_energy
    assert await ids(client, sort="energy", **narrowed) == by_energy[::-1]
    page = (await client.get("/sessions", params={"sort": "-energy", "limit": 1, **narrowed})).json()
    rest = await ids(client, sort="-energy", cursor=page["next_cursor"], **narrowed)
    assert [page["items"][0]["id"], *rest] == by_energy
    assert await ids(client, sort="created") == by_energy
    assert (await client.get("/sessions", params={"sort": "-energy"})).status_code == 422


async def test_filters_find_what_they_name_and_nothing_else(platform: Platform, client: httpx.AsyncClient) -> None:
    here, *_ = await platform.batch(*a_charge())
    (there,) = await platform.record(a_start(7_200, id_token="CARD-2", **ANOTHER_STATION))
    matching = {
        "station_id": ("another", [there]),
        "station_identity": ("cs-2", [there]),
        "location_id": ("location-1", [here]),
        "id_token": ("card-1", [here]),
        "state": ("ended", [here]),
        "since": (to_rfc3339(at(7_200)), [there]),
        "until": (to_rfc3339(at(7_200)), [here]),
        "updated_since": (to_rfc3339(at(7_000)), [there]),
    }
    for name, (value, receipts) in matching.items():
        assert await ids(client, **{name: value}) == [receipt.session_id for receipt in receipts], name
    assert await ids(client) == [there.session_id, here.session_id]
    assert await ids(client, state="active", location_id="location-1") == []


async def test_updated_since_finds_a_session_that_goes_on(platform: Platform, client: httpx.AsyncClient) -> None:
    (receipt, _) = await platform.record(a_start(0), a_value(None, 900, 2_000))
    assert await ids(client, updated_since=to_rfc3339(at(901))) == [receipt.session_id]
    assert await ids(client, updated_since=to_rfc3339(at(902))) == []


async def test_updated_since_finds_a_session_that_was_priced_or_unplugged_later(
    platform: Platform, client: httpx.AsyncClient
) -> None:
    await platform.add_tariff()
    (receipt, *_) = await platform.batch(*a_charge())
    await platform.settled()  # the CDR is made now, by our clock
    assert await ids(client, updated_since=to_rfc3339(at(86_400))) == [receipt.session_id]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("state", "running"),
        ("since", "yesterday"),
        ("since", "2026-05-01T12:00:00"),  # whose noon?
        ("until", "2026-05-01T12:00:00"),
        ("updated_since", "2026-05-01"),
        ("limit", "0"),
        ("limit", "501"),
    ],
)
async def test_filter_that_says_nothing_is_refused(client: httpx.AsyncClient, name: str, value: str) -> None:
    response = await client.get("/sessions", params={name: value})
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["errors"][0]["path"] == f"query.{name}"


async def test_cursor_of_nobody_is_refused(client: httpx.AsyncClient) -> None:
    assert (await client.get("/sessions", params={"cursor": "nonsense"})).status_code == 400


# ---- samples


async def test_samples_are_newest_first_and_whole(platform: Platform, client: httpx.AsyncClient) -> None:
    samples = (
        a_sample(60, 1_100, power_w=7_000.0, phases={"Voltage": {"L1": 230.0}}, signed=["AAEC"]),
        a_sample(120, 1_200, context="Sample.Clock"),
    )
    (receipt, _) = await platform.record(a_start(), a_value(None, 120, 0, samples=samples))
    path = f"/sessions/{receipt.session_id}/samples"
    body = (await client.get(path)).json()
    assert [(item["at"], item["context"]) for item in body["items"]] == [
        ("2026-05-01T12:02:00.000Z", "Sample.Clock"),
        ("2026-05-01T12:01:00.000Z", "Sample.Periodic"),
    ]
    assert body["items"][1] == {
        "at": "2026-05-01T12:01:00.000Z",
        "received_at": "2026-05-01T12:02:01.000Z",
        "context": "Sample.Periodic",
        "location": "Outlet",
        "energy_wh": 1_100,
        "power_w": 7_000.0,
        "current_a": None,
        "voltage_v": None,
        "soc_percent": None,
        "phases": {"Voltage": {"L1": 230.0}},
        "extra": None,
        "signed": ["AAEC"],
    }
    first = (await client.get(path, params={"limit": 1})).json()
    rest = (await client.get(path, params={"limit": 1, "cursor": first["next_cursor"]})).json()
    assert first["items"] + rest["items"] == body["items"]
    assert rest["next_cursor"] is None


async def test_values_outside_of_transactions_are_the_stations(platform: Platform, client: httpx.AsyncClient) -> None:
    await platform.record(
        a_value(None, 60, 0, samples=(a_sample(60, 1_100, context="Sample.Clock"),)),
        a_value(None, 90, 0, evse_number=2, samples=(a_sample(90, 7_000),)),
        a_start(station_id="elsewhere"),
    )
    path = f"/charging-stations/{STATION}/meter-values"
    items = (await client.get(path)).json()["items"]
    assert [(item["evse_number"], item["energy_wh"], item["context"]) for item in items] == [
        (2, 7_000, "Sample.Periodic"),
        (1, 1_100, "Sample.Clock"),
    ]
    narrowed = (await client.get(path, params={"evse_number": 2})).json()["items"]
    assert [item["energy_wh"] for item in narrowed] == [7_000]
    assert (await client.get("/charging-stations/elsewhere/meter-values")).status_code == 404


# ---- stop


async def test_stop_is_a_command_to_the_station(platform: Platform, client: httpx.AsyncClient) -> None:
    (receipt,) = await platform.record(a_start())
    response = await client.post(f"/sessions/{receipt.session_id}/stop")
    assert response.status_code == 202
    assert response.json() == {
        "id": "command-1",
        "type": "stop_transaction",
        "state": "sent",
        "wire_status": None,
        "effect": None,
        "result": None,
    }
    (command,) = platform.stations.commands
    assert (command.operator_id, command.station_id, command.type, command.arguments) == (
        DEFAULT_OPERATOR_ID,
        STATION,
        "stop_transaction",
        {"session_id": receipt.session_id},
    )
    assert command.requested_by == "test operator_admin"


@pytest.mark.parametrize("outcome", [CommandState.ACCEPTED, CommandState.REJECTED, CommandState.OFFLINE])
async def test_stop_that_is_waited_for_answers_with_its_outcome(
    platform: Platform, client: httpx.AsyncClient, outcome: CommandState
) -> None:
    platform.stations.outcome = outcome
    (receipt,) = await platform.record(a_start())
    response = await client.post(f"/sessions/{receipt.session_id}/stop", params={"wait_s": 30})
    assert (response.status_code, response.json()["state"]) == (200, outcome.value)
    assert platform.stations.commands[0].wait_s == 30


async def test_session_that_has_ended_cannot_be_stopped(platform: Platform, client: httpx.AsyncClient) -> None:
    (receipt, *_) = await platform.batch(*a_charge())
    response = await client.post(f"/sessions/{receipt.session_id}/stop")
    assert (response.status_code, response.json()["type"]) == (409, "/problems/session-has-ended")
    assert platform.stations.commands == []


async def test_stop_waits_a_minute_at_most(platform: Platform, client: httpx.AsyncClient) -> None:
    (receipt,) = await platform.record(a_start())
    assert (await client.post(f"/sessions/{receipt.session_id}/stop", params={"wait_s": 61})).status_code == 422


# ---- who may


@pytest.mark.parametrize(
    ("method", "path"), [("GET", ""), ("GET", "/{id}"), ("GET", "/{id}/samples"), ("POST", "/{id}/stop")]
)
async def test_nobody_gets_401_and_a_stranger_sees_nothing(
    platform: Platform, client_of: ClientOf, stranger_id: str, method: str, path: str
) -> None:
    (receipt,) = await platform.record(a_start())
    url = f"/sessions{path}".format(id=receipt.session_id)
    nobody = await client_of(platform.runtime, None)
    assert (await nobody.request(method, url)).status_code == 401
    stranger = await client_of(platform.runtime, operator_id=stranger_id)
    response = await stranger.request(method, url)
    if path:
        assert (response.status_code, response.json()["type"]) == (404, "/problems/session-not-found")
    else:
        assert response.json()["items"] == []
    assert platform.stations.commands == []


async def test_caller_bound_to_locations_sees_those_alone(platform: Platform, client_of: ClientOf) -> None:
    (here,) = await platform.record(a_start())
    (there,) = await platform.record(a_start(**ANOTHER_STATION))
    host = await client_of(platform.runtime, "site_host", location_ids=["location-2"])
    assert await ids(host) == [there.session_id]
    assert (await host.get(f"/sessions/{there.session_id}")).status_code == 200
    assert (await host.get(f"/sessions/{here.session_id}")).status_code == 404
    assert (await host.get(f"/sessions/{here.session_id}/samples")).status_code == 404
    assert await ids(await client_of(platform.runtime, "site_host", location_ids=[])) == []


async def test_who_may_read_may_not_stop(platform: Platform, client_of: ClientOf) -> None:
    (receipt,) = await platform.record(a_start())
    auditor = await client_of(platform.runtime, "auditor")
    assert (await auditor.get(f"/sessions/{receipt.session_id}")).status_code == 200
    assert (await auditor.post(f"/sessions/{receipt.session_id}/stop")).status_code == 403


# ---- whose they are


async def test_sessions_are_found_by_their_driver_by_whoever_may_read_tokens(
    platform: Platform, client: httpx.AsyncClient, client_of: ClientOf
) -> None:
    await platform.change_token(user_id="driver-1")
    (receipt, *_) = await platform.batch(*a_charge())
    assert await ids(client, driver_id="driver-1") == [receipt.session_id]
    assert await ids(client, driver_id="driver-2") == []
    whose = f"/sessions/{receipt.session_id}/driver"
    assert (await client.get(whose)).json() == {"driver_id": "driver-1"}
    technician = await client_of(platform.runtime, "field_technician")
    assert (await technician.get("/sessions", params={"driver_id": "driver-1"})).status_code == 403
    assert (await technician.get(whose)).json() == {"driver_id": None}
    assert (await client.get("/sessions/none/driver")).status_code == 404
