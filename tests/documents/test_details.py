"""What sessions and stations say for a document: from the reports of a station to its receipt, through the real modules."""

from __future__ import annotations

import json

import pytest

from builders import ClientOf, MakeRuntime, a_sample, a_transaction_report, eventually
from documents import samples
from voltway.app import catalog
from voltway.contracts.sessions import FindSessionDetails
from voltway.contracts.station_link import Phase
from voltway.contracts.stations import DescribeLocation
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.runtime import Runtime

TARIFF = {"name": "Day", "currency": "EUR", "price_per_kwh": "0.50", "start_fee": "1", "vat_percent": "19"}
PLACE = {"name": "Hof", "address": "Allee 1", "city": "Köln", "country": "DE", "time_zone": "Europe/Berlin"}


@pytest.fixture
async def runtime(make_runtime: MakeRuntime) -> Runtime:
    return await make_runtime(*catalog.load(["stations", "users", "billing", "documents", "sessions"]))


async def test_from_the_stations_reports_to_the_receipt(runtime: Runtime, client_of: ClientOf) -> None:
    admin = await client_of(runtime)
    location_id = (await admin.post("/locations", json=PLACE)).json()["id"]
    body = {"identity": "CS-1", "location_id": location_id}
    station_id = (await admin.post("/charging-stations", json=body)).json()["id"]
    await admin.post("/id-tokens", json={"value": "04A1B2C3D4"})
    tariff = (await admin.post("/tariffs", json=TARIFF)).json()["id"]
    await admin.put(f"/tariffs/{tariff}/assignments", json={"targets": [{"kind": "location", "id": location_id}]})

    begun = samples.STARTED
    said = {"station_id": station_id, "location_id": location_id}
    said |= {"occurred_at": begun, "received_at": begun, "meter_wh": 1_000}
    started = await runtime.commits.record(a_transaction_report(Phase.STARTED, **said))
    signed = {
        "value": json.dumps(
            {"signedMeterValue": samples.ocmf_text("B", begun, "1.000"), "publicKey": samples.PUBLIC_KEY}
        ),
        "format": "SignedData",
    }
    ended = begun.replace(hour=18)
    samples_said = (a_sample(8_000, at=ended, context="Transaction.End", signed=[signed]),)
    await runtime.commits.record(
        a_transaction_report(
            Phase.ENDED,
            **{**said, "occurred_at": ended, "received_at": ended, "meter_wh": 8_000},
            transaction_id=started.transaction_id,
            message_id="m-2",
            samples=samples_said,
        )
    )
    assert started.session_id is not None
    asked = FindSessionDetails(operator_id=DEFAULT_OPERATOR_ID, session_id=started.session_id)
    details = await runtime.ask(asked)
    assert details is not None
    assert (details.meter_start_wh, details.meter_stop_wh, details.energy_wh) == (1_000, 8_000, 7_000)
    assert [one.values for one in details.signed] == [(signed,)]
    place = await runtime.ask(DescribeLocation(operator_id=DEFAULT_OPERATOR_ID, location_id=location_id))
    assert place is not None
    assert (place.name, place.city, place.time_zone) == ("Hof", "Köln", "Europe/Berlin")
    assert await runtime.ask(FindSessionDetails(operator_id="another", session_id=started.session_id)) is None
    assert await runtime.ask(DescribeLocation(operator_id="another", location_id=location_id)) is None

    async def is_made() -> bool:
        return bool((await admin.get("/documents")).json()["items"])

    await eventually(is_made)
    (document,) = (await admin.get(f"/documents?session_id={started.session_id}")).json()["items"]
    assert document["incl_vat"] == {"minor": 536, "currency": "EUR"}  # (1 + 7 kWh x 0.50) + 19 %
    content = (await admin.get(f"/documents/{document['id']}/content")).json()
    (charge,) = content["charges"]
    assert charge["location_name"] == "Hof"
    assert charge["tariff_words"]["de"].startswith("0,595 EUR je kWh")
    assert charge["signed"][0]["text"].startswith("OCMF|")
    assert document["location_id"] == location_id
