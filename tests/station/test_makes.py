"""Makes, scenarios and deviations: tables that must hold together, and what each deviation does to a frame."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest

from voltway.modules.gateway.dialects.quirks import CORRECTIONS, mend
from voltway.station.ocpp.vocabulary import IdToken
from voltway.station.simulator.car import CAR_MODELS, fits
from voltway.station.simulator.fleet import Fleet
from voltway.station.simulator.makes import ALL_PROTOCOLS, MAKES, build_specs
from voltway.station.simulator.quirks import LEGAL, QUIRKS, spoiler
from voltway.station.simulator.scenarios import SCENARIOS, Scenario
from voltway.wire.ocpp.faults import ProtocolError
from voltway.wire.ocpp.rpc import codec_for

from .fake_csms import FakeCsms  # noqa: TID252  (tests are not installed)

TOKENS = [IdToken("TOKEN-1")]
SPOILT = tuple(name for name in QUIRKS if name not in LEGAL)
FRAMES: dict[str, dict[str, Any]] = {
    "BootNotification": {"chargePointVendor": "V", "chargePointModel": "M"},
    "StatusNotification": {
        "connectorId": 1,
        "errorCode": "NoError",
        "status": "Available",
        "timestamp": "2026-05-01T12:00:00.000Z",
    },
    "StartTransaction": {"connectorId": 1, "idTag": "T", "meterStart": 1234, "timestamp": "2026-05-01T12:00:00.000Z"},
    "MeterValues": {
        "connectorId": 1,
        "transactionId": 7,
        "meterValue": [
            {
                "timestamp": "2026-05-01T12:10:00.000Z",
                "sampledValue": [{"value": "1500", "measurand": "Energy.Active.Import.Register", "unit": "Wh"}],
            }
        ],
    },
    "StopTransaction": {"transactionId": 7, "meterStop": 2345, "timestamp": "2026-05-01T13:00:00.000Z"},
}


def frames() -> list[bytes]:
    return [
        json.dumps([2, f"m{number}", *one], separators=(",", ":")).encode() for number, one in enumerate(FRAMES.items())
    ]


def is_refused(frame: bytes) -> bool:
    try:
        codec_for("ocpp1.6").decode(frame)
    except ProtocolError:
        return True
    return False


@pytest.mark.parametrize("make", MAKES.values(), ids=list(MAKES))
def test_a_make_has_evses_that_a_car_fits_and_known_deviations(make: Any) -> None:
    assert make.evses
    assert set(make.protocols) <= set(ALL_PROTOCOLS)
    assert set(make.quirks) <= set(LEGAL), "what is refused is on demand only"
    for evse in make.evses:
        assert any(fits(model, evse.is_dc) for model in CAR_MODELS.values())


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=list(SCENARIOS))
def test_a_scenario_has_cars_for_each_of_its_evses(scenario: Scenario) -> None:
    assert set(scenario.makes) <= set(MAKES)
    assert len(scenario.by_hour) in (0, 24)
    for spec in build_specs(40, None, "S{n}", None, random.Random(1), scenario.makes):
        for evse in spec.evses:
            assert any(fits(CAR_MODELS[name], evse.is_dc) for name in scenario.cars)


def test_stations_speak_what_their_make_can() -> None:
    specs = build_specs(60, None, "S{n}", None, random.Random(1), list(MAKES), ["nulls"])
    makes = {(make.vendor, make.model): make for make in MAKES.values()}
    assert len({spec.model for spec in specs}) > 8
    for spec in specs:
        assert spec.protocol in makes[spec.vendor, spec.model].protocols
        assert spec.quirks[-1] == "nulls"
    with pytest.raises(ValueError, match=r"speaks ocpp2\.1"):
        build_specs(1, "ocpp2.1", "S", None, random.Random(1), ["lamp-post"])


@pytest.mark.parametrize("name", SPOILT)
def test_what_breaks_the_protocol_is_refused_and_put_right_by_the_correction_of_its_name(name: str) -> None:
    spoil, refused = spoiler([name]), 0
    for frame in frames():
        (spoilt,) = spoil(frame)
        if spoilt == frame:
            continue
        if is_refused(spoilt):
            refused += 1
            mended, used = mend((CORRECTIONS[name],), spoilt)
            assert used == [name]
            assert not is_refused(mended)
    assert refused


@pytest.mark.parametrize("name", LEGAL)
def test_what_is_legal_is_read_without_a_correction(name: str) -> None:
    spoil = spoiler([name])
    out = [spoilt for frame in frames() for spoilt in spoil(frame)]
    assert out != frames()
    assert not any(is_refused(frame) for frame in out)


def test_kilowatt_hours_and_local_time_say_the_same_otherwise() -> None:
    (out,) = spoiler(["kilowatt_hours", "local_time"])(frames()[3])
    (value,) = json.loads(out)[3]["meterValue"]
    assert value["timestamp"] == "2026-05-01T14:10:00.000+02:00"
    assert value["sampledValue"][0] | {"measurand": ""} == {"value": "1.500", "measurand": "", "unit": "kWh"}


def test_a_value_follows_the_end_under_an_id_of_its_own() -> None:
    spoil = spoiler(["values_after_the_stop"])
    out = [spoilt for frame in frames() for spoilt in spoil(frame)]
    heads = [(json.loads(frame)[1], json.loads(frame)[2]) for frame in out]
    assert heads[-2:] == [("m4", "StopTransaction"), ("m3-late", "MeterValues")]


@pytest.mark.parametrize("name", ["storm", "flaky-network"])
async def test_no_charge_is_lost_in_bad_weather(name: str, csms: FakeCsms) -> None:
    rng = random.Random(5)
    specs = build_specs(6, None, "S{n}", None, rng, SCENARIOS[name].makes)
    fleet = Fleet(specs, csms.url, SCENARIOS[name], rng, tokens=TOKENS, speed=900, visits_max=2)
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(4.0, stop.set)
    async with asyncio.timeout(60):
        await fleet.run(stop)
    assert fleet.counters.links_lost
    assert fleet.ledger.entries
    assert fleet.snapshot().undelivered == 0
    starts = [
        one for one in csms.heard if one.action == "StartTransaction" or one.payload.get("eventType") == "Started"
    ]
    assert len(starts) >= len(fleet.ledger.entries)


@pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp2.1"])
@pytest.mark.parametrize("make", ["wall-22", "high-power-150"])
async def test_a_car_with_15118_says_what_it_needs_once_the_transaction_is_known(
    make: str, protocol: str, csms: FakeCsms
) -> None:
    connected = Scenario(
        "connected", "one", first_arrival_s=(0, 1), stay_s=(600, 700), cars=("connected saloon",), visits_max=1
    )
    rng = random.Random(1)
    specs = build_specs(1, protocol, "S1", None, rng, [make])
    async with asyncio.timeout(30):
        await Fleet(specs, csms.url, connected, rng, tokens=TOKENS, speed=200).run(asyncio.Event())
    (needs,) = csms.payloads("NotifyEVChargingNeeds")
    assert csms.actions().index("TransactionEvent") < csms.actions().index("NotifyEVChargingNeeds")
    said = needs["chargingNeeds"]
    if make == "wall-22":
        assert said["requestedEnergyTransfer"] == "AC_three_phase"
        assert said["acChargingParameters"]["evMaxCurrent"] == 16
    else:
        assert said["requestedEnergyTransfer"] == "DC"
        assert 0 < said["dcChargingParameters"]["stateOfCharge"] < 100
    assert said["departureTime"] > csms.payloads("TransactionEvent")[0]["timestamp"]
