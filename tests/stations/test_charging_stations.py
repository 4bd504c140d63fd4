from __future__ import annotations

from typing import Any

import pytest

from builders import NOON, ClientOf, a_boot, a_status
from voltway.contracts.station_link import STATION_PASSWORD_PURPOSE, CredentialChanged, FindCredential, VariableValue
from voltway.contracts.stations import StationChanged, StationsSeen
from voltway.contracts.vocabulary import ConnectorStatus
from voltway.kernel.secrets import derive_key, matches_secret

from .network import Network, a_link, some_variables  # noqa: TID252

FIELDS_OF_THE_CONTRACT = {
    "id",
    "identity",
    "operator",
    "location_id",
    "vendor",
    "model",
    "serial_number",
    "firmware_version",
    "protocol",
    "security_profile",
    "registration",
    "is_online",
    "last_seen_at",
    "status",
    "evses",
}
CONNECTOR_FIELDS_OF_THE_CONTRACT = {
    "connector_number",
    "type",
    "status",
    "wire_status",
    "error_code",
    "vendor_error_code",
    "info",
    "status_at",
}
TWO_EVSES = [
    {"evse_number": 1, "power_w_max": 22_000, "connectors": [{"connector_number": 1, "type": "sType2"}]},
    {"evse_number": 2, "power_w_max": 150_000.5, "connectors": [{"connector_number": 1}, {"connector_number": 2}]},
]


async def password_fits(network: Network, identity: str, password: str) -> bool:
    (credential,) = await network.runtime.ask(FindCredential(identity=identity))
    key = derive_key(network.runtime.secret, STATION_PASSWORD_PURPOSE)
    return matches_secret(password, credential.secret_hash, key)


# ---- making and reading


async def test_a_new_station_reads_as_the_contract_says(network: Network) -> None:
    location = await network.location()
    made = await network.station("Bus-Depot_1", location_id=location["id"], evses=TWO_EVSES)
    read = await network.read(made)
    assert read.keys() >= FIELDS_OF_THE_CONTRACT
    assert "password" not in read
    assert {name: value for name, value in made.items() if name != "password"} == read
    assert read["identity"] == "Bus-Depot_1"
    assert read["operator"] == "default"
    assert read["location_id"] == location["id"]
    assert read["security_profile"] == 1
    assert read["registration"] == "accepted"
    assert read["is_online"] is False
    assert read["status"] is None
    assert [evse["evse_number"] for evse in read["evses"]] == [1, 2]
    assert read["evses"][1]["power_w_max"] == 150_000.5
    assert read["evses"][0]["charging_state"] is None
    connector = read["evses"][0]["connectors"][0]
    assert connector.keys() == CONNECTOR_FIELDS_OF_THE_CONTRACT
    assert connector["type"] == "sType2"
    assert connector["status"] is None


async def test_a_password_not_given_is_made_up_and_shown_once(network: Network) -> None:
    made = await network.station()
    assert 16 <= len(made["password"]) <= 40
    assert await password_fits(network, "CS-1", made["password"])
    assert not await password_fits(network, "CS-1", "another password")


async def test_a_given_password_holds_and_is_not_shown(network: Network) -> None:
    made = await network.station(password="sixteen letters!")
    assert made["password"] is None
    assert await password_fits(network, "CS-1", "sixteen letters!")


async def test_profile_0_has_no_password(network: Network) -> None:
    made = await network.station(security_profile=0)
    assert made["password"] is None
    (credential,) = await network.runtime.ask(FindCredential(identity="CS-1"))
    assert (credential.security_profile, credential.secret_hash) == (0, None)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"identity": "a:b"}, "$.identity"),
        ({"identity": "a/b"}, "$.identity"),
        ({"identity": ".."}, "$.identity"),
        ({"identity": "x" * 49}, "$.identity"),
        ({"password": "x" * 15}, "$.password"),
        ({"password": "x" * 41}, "$.password"),
        ({"security_profile": 4}, "$.security_profile"),
        ({"location_id": "nowhere"}, "$.location_id"),
        ({"registration": "maybe"}, "$.registration"),
        ({"evses": [{"evse_number": 0}]}, "$.evses[0].evse_number"),
        ({"evses": [{"evse_number": 1}, {"evse_number": 1}]}, "$.evses"),
        ({"connector_map": {"1": {"evse_number": 1}, "2": {"evse_number": 1}}}, "$.connector_map"),
        ({"colour": "red"}, "$.colour"),
    ],
)
async def test_a_wrong_field_is_named(network: Network, body: dict[str, Any], path: str) -> None:
    answer = await network.client.post("/charging-stations", json={"identity": "CS-1", **body})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == path


async def test_a_password_where_none_is_wanted_is_refused(network: Network) -> None:
    body = {"identity": "CS-1", "security_profile": 0, "password": "x" * 20}
    answer = await network.client.post("/charging-stations", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/password-not-wanted")


async def test_an_identity_is_taken_whatever_its_case(network: Network) -> None:
    await network.station("cs-1")
    answer = await network.client.post("/charging-stations", json={"identity": "CS-1"})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/identity-taken")


async def test_two_operators_may_use_one_identity(network: Network, client_of: ClientOf, stranger_id: str) -> None:
    ours = await network.station()
    stranger = await client_of(network.runtime, operator_id=stranger_id)
    assert (await stranger.post("/charging-stations", json={"identity": "cs-1"})).status_code == 201
    credentials = await network.runtime.ask(FindCredential(identity="Cs-1"))
    assert {credential.operator_slug for credential in credentials} == {"default", "stranger"}
    assert (await stranger.get(f"/charging-stations/{ours['id']}")).status_code == 404


async def test_lists_are_newest_first_and_in_pages(network: Network) -> None:
    for number in range(3):
        await network.station(f"CS-{number}")
    first = (await network.client.get("/charging-stations", params={"limit": 2})).json()
    assert [item["identity"] for item in first["items"]] == ["CS-2", "CS-1"]
    second = (await network.client.get("/charging-stations", params={"cursor": first["next_cursor"]})).json()
    assert [item["identity"] for item in second["items"]] == ["CS-0"]
    assert second["next_cursor"] is None


async def pages(network: Network, **params: Any) -> list[str]:
    """The identities of a whole list, read two by two."""
    found, cursor = [], None
    while True:
        query = {"limit": 2, **params, **({"cursor": cursor} if cursor else {})}
        page = (await network.client.get("/charging-stations", params=query)).json()
        found += [item["identity"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


async def test_the_list_is_in_the_order_that_is_asked_for_on_every_page(network: Network) -> None:
    second, silent, first = [await network.station(identity) for identity in ("cs-B", "CS-c", "CS-A")]
    await network.say(second, a_link(), a_boot(vendor="acme"), a_status(ConnectorStatus.OCCUPIED))
    await network.say(first, a_link(), a_boot(vendor="Zeta"), a_status(ConnectorStatus.AVAILABLE))
    for sort, found in (
        ("identity", "ABc"),
        ("-identity", "cBA"),
        ("created", "BcA"),
        ("-created", "AcB"),
        ("vendor", "cBA"),
        ("-vendor", "ABc"),
        ("status", "cAB"),
    ):
        identities = await pages(network, sort=sort)
        assert [identity[-1] for identity in identities] == list(found), sort
    assert (await pages(network, sort="last_seen"))[0] == silent["identity"]
    assert (await pages(network, sort="-last_seen"))[-1] == silent["identity"]
    assert (await network.client.get("/charging-stations", params={"sort": "password"})).status_code == 422


async def test_filters(network: Network) -> None:
    location = await network.location()
    near = await network.station("CS-near", location_id=location["id"], evses=TWO_EVSES)
    far = await network.station("CS-far", name="100%_Sure")
    await network.say(near, a_link(), a_boot(vendor="Acme", model="One"), a_status(ConnectorStatus.OCCUPIED))
    for query, found in (
        ({"identity": "cs-NEAR"}, [near]),
        ({"location_id": location["id"]}, [near]),
        ({"is_online": True}, [near]),
        ({"is_online": False}, [far]),
        ({"status": "Occupied"}, [near]),
        ({"status": "Faulted"}, []),
        ({"text": "acME"}, [near]),
        ({"text": "cs-"}, [far, near]),
        ({"text": "%_"}, [far]),
    ):
        items = (await network.client.get("/charging-stations", params=query)).json()["items"]
        assert [item["identity"] for item in items] == [station["identity"] for station in found], query


async def test_who_is_bound_to_locations_sees_only_their_stations(network: Network, client_of: ClientOf) -> None:
    location = await network.location()
    near, far = await network.station("near", location_id=location["id"]), await network.station("far")
    host = await client_of(network.runtime, "site_host", location_ids=[location["id"]])
    items = (await host.get("/charging-stations")).json()["items"]
    assert [item["identity"] for item in items] == ["near"]
    assert (await host.get(f"/charging-stations/{far['id']}")).status_code == 404
    assert (await host.get(f"/charging-stations/{far['id']}/variables")).status_code == 404
    assert (await host.post("/charging-stations", json={"identity": "x"})).status_code == 403
    bound = await client_of(network.runtime, "operations", location_ids=[location["id"]])
    assert (await bound.post("/charging-stations", json={"identity": "x"})).status_code == 422
    assert (await bound.patch(f"/charging-stations/{near['id']}", json={"location_id": None})).status_code == 422
    assert (await bound.post("/locations", json={"name": "x"})).status_code == 403


# ---- changing


async def test_changes_are_kept_and_the_rest_stays(network: Network) -> None:
    station = await network.station(connector_map={"2": {"evse_number": 1, "connector_number": 2}})
    url = f"/charging-stations/{station['id']}"
    changed = (await network.client.patch(url, json={"name": "Left", "registration": "pending"})).json()
    assert (changed["name"], changed["registration"], changed["password"]) == ("Left", "pending", None)
    assert changed["connector_map"] == {"2": {"evse_number": 1, "connector_number": 2}}
    changed = (await network.client.patch(url, json={"name": None, "connector_map": None})).json()
    assert (changed["name"], changed["connector_map"], changed["registration"]) == (None, None, "pending")
    assert await password_fits(network, "CS-1", station["password"])


async def test_a_password_is_rotated_and_the_old_one_is_dead(network: Network) -> None:
    station = await network.station()
    answer = await network.client.patch(f"/charging-stations/{station['id']}", json={"password": None})
    assert await password_fits(network, "CS-1", answer.json()["password"])
    assert not await password_fits(network, "CS-1", station["password"])


async def test_a_station_that_gets_a_profile_with_a_password_gets_a_password(network: Network) -> None:
    station = await network.station(security_profile=0)
    url = f"/charging-stations/{station['id']}"
    raised = (await network.client.patch(url, json={"security_profile": 1})).json()
    assert await password_fits(network, "CS-1", raised["password"])
    lowered = {"security_profile": 0, "override_reason": "the board was swapped"}
    assert (await network.client.patch(url, json=lowered)).status_code == 200
    assert not await password_fits(network, "CS-1", raised["password"])


async def test_evses_are_replaced_and_keep_their_status(network: Network) -> None:
    station = await network.station(evses=TWO_EVSES)
    await network.say(station, a_status(ConnectorStatus.OCCUPIED))
    wanted = [{"evse_number": 1, "connectors": [{"connector_number": 1, "type": "cCCS2"}]}]
    changed = (await network.client.patch(f"/charging-stations/{station['id']}", json={"evses": wanted})).json()
    (evse,) = changed["evses"]
    (connector,) = evse["connectors"]
    assert (connector["type"], connector["status"]) == ("cCCS2", "Occupied")


async def test_an_update_of_another_version_is_refused(network: Network) -> None:
    station = await network.station()
    url = f"/charging-stations/{station['id']}"
    etag = (await network.client.get(url)).headers["etag"]
    assert (await network.client.patch(url, json={"name": "a"}, headers={"if-match": etag})).status_code == 200
    assert (await network.client.patch(url, json={"name": "b"}, headers={"if-match": etag})).status_code == 412
    assert (await network.client.delete(url, headers={"if-match": etag})).status_code == 412
    await network.say(station, a_boot())
    etag = (await network.client.get(url)).headers["etag"]
    await network.say(station, a_status())
    assert (await network.client.patch(url, json={"name": "c"}, headers={"if-match": etag})).status_code == 200


async def test_a_retired_station_is_history_and_its_identity_is_free(network: Network) -> None:
    station = await network.station()
    url = f"/charging-stations/{station['id']}"
    assert (await network.client.delete(url)).status_code == 204
    assert (await network.client.delete(url)).status_code == 204
    assert (await network.client.get("/charging-stations")).json()["items"] == []
    listed = (await network.client.get("/charging-stations", params={"include_retired": True})).json()["items"]
    assert listed[0]["retired_at"] is not None
    assert (await network.client.get(url)).status_code == 200
    assert (await network.client.patch(url, json={"name": "x"})).status_code == 409
    assert await network.runtime.ask(FindCredential(identity="CS-1")) == []
    again = await network.station()
    assert again["id"] != station["id"]
    assert (await network.client.delete(f"/charging-stations/{again['id']}")).status_code == 204


async def test_what_the_gateway_must_know_is_published(network: Network) -> None:
    station = await network.station()
    url = f"/charging-stations/{station['id']}"
    await network.client.patch(url, json={"name": "only a name"})
    await network.client.patch(url, json={"registration": "rejected"})
    await network.client.delete(url)
    events = await network.events(StationChanged, CredentialChanged)
    said = [getattr(event, "what", None) or f"credential {event.is_retired}" for event in events]
    assert said == [
        *["added", "credential False"],
        *["edited"],
        *["edited", "credential False"],
        *["retired", "credential True"],
    ]
    assert {event.station_id for event in events} == {station["id"]}


# ---- variables


async def test_variables_of_both_kinds_have_one_shape(network: Network) -> None:
    station = await network.station()
    key = VariableValue(variable="HeartbeatInterval", value="300", is_readonly=False)
    named = VariableValue(
        component="EVSE",
        evse_number=1,
        variable="Power",
        attribute="MaxSet",
        value="22000",
        unit="W",
        data_type="decimal",
        values="0,22000",
        is_readonly=True,
        value_max=22_000.0,
        can_be_monitored=True,
    )
    secret = VariableValue(component="SecurityCtrlr", variable="BasicAuthPassword", value="s3cret")
    await network.say(station, some_variables(key, named, secret))
    url = f"/charging-stations/{station['id']}/variables"
    items = (await network.client.get(url)).json()["items"]
    assert len(items) == 3
    by_name = {item["variable"]: item for item in items}
    assert by_name["HeartbeatInterval"]["key"] == "HeartbeatInterval"
    assert by_name["HeartbeatInterval"]["component"] is None
    assert by_name["Power"] | {"updated_at": ""} == {
        "key": None,
        "value_min": None,
        "value_max": 22_000.0,
        "can_be_monitored": True,
        "component": "EVSE",
        "component_instance": None,
        "evse_number": 1,
        "connector_number": None,
        "variable": "Power",
        "instance": None,
        "attribute": "MaxSet",
        "value": "22000",
        "is_readonly": True,
        "data_type": "decimal",
        "unit": "W",
        "values": "0,22000",
        "updated_at": "",
    }
    assert by_name["BasicAuthPassword"]["value"] is None
    for query, found in (
        ({"component": "evse"}, ["Power"]),
        ({"variable": "heartbeatinterval"}, ["HeartbeatInterval"]),
        ({"text": "220"}, ["Power"]),
        ({"limit": 1}, ["HeartbeatInterval"]),
    ):
        items = (await network.client.get(url, params=query)).json()["items"]
        assert [item["variable"] for item in items] == found, query


async def test_seen_stations_are_noted_in_bulk(network: Network) -> None:
    stations = [await network.station(f"CS-{number}") for number in range(3)]
    await network.runtime.ask(StationsSeen(seen={station["id"]: NOON for station in stations[:2]}))
    seen = [(await network.read(station))["last_seen_at"] for station in stations]
    assert seen == ["2026-03-01T12:00:00.000Z"] * 2 + [None]
