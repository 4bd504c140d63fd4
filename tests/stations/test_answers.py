from __future__ import annotations

import asyncio

import pytest

from builders import MakeRuntime, a_boot, a_status
from voltway.contracts.station_link import (
    AdmitStation,
    CredentialChanged,
    FindCredential,
    ListCredentials,
)
from voltway.contracts.stations import FindStations, StationChanged, SummarizeStations
from voltway.contracts.vocabulary import ConnectorStatus, Registration
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.auth.errors import OperatorNotFound
from voltway.modules.stations.errors import BadIdentity
from voltway.modules.stations.module import MANIFEST

from .network import Network, a_link  # noqa: TID252


async def test_credentials_hold_what_a_handshake_must_know(network: Network) -> None:
    location = await network.location()
    station = await network.station(
        "Cs-1",
        location_id=location["id"],
        registration="pending",
        connector_map={"1": {"evse_number": 1}, "2": {"evse_number": 1, "connector_number": 2}},
    )
    await network.station("CS-2")
    gone = await network.station("CS-3")
    await network.client.delete(f"/charging-stations/{gone['id']}")
    (credential,) = await network.runtime.ask(FindCredential(identity="cS-1"))
    assert (credential.station_id, credential.operator_id, credential.operator_slug, credential.identity) == (
        station["id"],
        DEFAULT_OPERATOR_ID,
        "default",
        "Cs-1",
    )
    assert (credential.location_id, credential.security_profile) == (location["id"], 1)
    assert credential.registration is Registration.PENDING
    assert credential.connector_map == {1: (1, 1), 2: (1, 2)}
    assert credential.has_booted is False
    await network.say(station, a_boot())
    (credential,) = await network.runtime.ask(FindCredential(identity="cS-1"))
    assert credential.has_booted is True
    every = await network.runtime.ask(ListCredentials())
    assert {one.identity for one in every} == {"Cs-1", "CS-2"}


async def test_an_unknown_station_is_admitted_without_a_password(network: Network) -> None:
    admission = AdmitStation(operator_slug="default", identity="New-1", registration=Registration.PENDING)
    credential = await network.runtime.ask(admission)
    assert (credential.identity, credential.security_profile, credential.secret_hash) == ("New-1", 0, None)
    assert credential.registration is Registration.PENDING
    (station,) = (await network.client.get("/charging-stations")).json()["items"]
    assert (station["identity"], station["registration"]) == ("New-1", "pending")
    assert len(await network.events(StationChanged, CredentialChanged)) == 2
    again = AdmitStation(operator_slug="default", identity="NEW-1", registration=Registration.ACCEPTED)
    assert (await network.runtime.ask(again)).station_id == credential.station_id
    assert len(await network.events(StationChanged, CredentialChanged)) == 2


async def test_a_station_that_somebody_has_registered_meanwhile_keeps_its_password(network: Network) -> None:
    station = await network.station("CS-1")
    admission = AdmitStation(operator_slug="default", identity="cs-1", registration=Registration.ACCEPTED)
    credential = await network.runtime.ask(admission)
    assert (credential.station_id, credential.security_profile) == (station["id"], 1)
    assert credential.secret_hash is not None


async def test_links_that_race_make_one_record(network: Network, make_runtime: MakeRuntime) -> None:
    other = await make_runtime(MANIFEST)
    admission = AdmitStation(operator_slug="default", identity="New-1", registration=Registration.PENDING)
    admitted = await asyncio.gather(*(runtime.ask(admission) for runtime in (network.runtime, other) * 3))
    assert len({credential.station_id for credential in admitted}) == 1
    assert len((await network.client.get("/charging-stations")).json()["items"]) == 1


async def test_nobody_is_admitted_to_nowhere_or_without_a_name(network: Network) -> None:
    with pytest.raises(OperatorNotFound):
        await network.runtime.ask(AdmitStation(operator_slug="nobody", identity="x", registration=Registration.PENDING))
    with pytest.raises(BadIdentity):
        await network.runtime.ask(
            AdmitStation(operator_slug="default", identity="a b", registration=Registration.PENDING)
        )


async def test_stations_are_found_by_id_identity_and_location(network: Network, stranger_id: str) -> None:
    location = await network.location()
    by_id, by_identity, by_location = (
        await network.station("a"),
        await network.station("b"),
        await network.station("c", location_id=location["id"]),
    )
    await network.station("d")
    question = {
        "station_ids": (by_id["id"], "nobody"),
        "identities": ("B", "nobody"),
        "location_ids": (location["id"],),
    }
    found = await network.runtime.ask(FindStations(operator_id=DEFAULT_OPERATOR_ID, **question))
    assert {(name.station_id, name.identity, name.location_id) for name in found} == {
        (by_id["id"], "a", None),
        (by_identity["id"], "b", None),
        (by_location["id"], "c", location["id"]),
    }
    assert await network.runtime.ask(FindStations(operator_id=stranger_id, **question)) == []


async def test_a_retired_station_is_found_by_its_id_only(network: Network) -> None:
    station = await network.station("a")
    await network.client.delete(f"/charging-stations/{station['id']}")
    by_id = FindStations(operator_id=DEFAULT_OPERATOR_ID, station_ids=(station["id"],))
    by_identity = FindStations(operator_id=DEFAULT_OPERATOR_ID, identities=("a",))
    assert len(await network.runtime.ask(by_id)) == 1
    assert await network.runtime.ask(by_identity) == []


async def test_the_summary_counts_stations_and_connectors(network: Network, stranger_id: str) -> None:
    one, two, _ = [await network.station(f"CS-{number}") for number in range(3)]
    gone = await network.station("gone")
    occupied = a_status(ConnectorStatus.OCCUPIED)
    await network.say(one, a_link(), occupied, a_status(evse_number=2), a_status(evse_number=0, connector_number=0))
    await network.say(two, a_status())
    await network.say(gone, a_link(), occupied)
    await network.client.delete(f"/charging-stations/{gone['id']}")
    summary = await network.runtime.ask(SummarizeStations(operator_id=DEFAULT_OPERATOR_ID))
    assert (summary.total, summary.online) == (3, 1)
    assert summary.by_status == {"Occupied": 1, "Available": 1}
    assert summary.connectors_by_status == {"Occupied": 1, "Available": 2}
    assert (await network.runtime.ask(SummarizeStations(operator_id=stranger_id))).total == 0
