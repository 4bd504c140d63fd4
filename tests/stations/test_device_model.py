"""Monitors, events, display messages and vendors' messages: reports in, the API and the outbox out."""

from __future__ import annotations

from typing import Any

from builders import ClientOf, a_status
from voltway.contracts.device_model import (
    Monitor,
    ReportDataTransfer,
    ReportEvents,
    ReportMonitors,
    StationEvent,
    VariableName,
)
from voltway.contracts.station_link import Report
from voltway.contracts.stations import StationEventsRecorded

from .network import MakeNetwork, Network  # noqa: TID252  (tests are not installed)

POWER = VariableName(component="EVSE", evse_number=1, variable="Power")


def origin() -> dict[str, Any]:
    status = a_status()
    return {name: getattr(status, name) for name in Report.__struct_fields__}


def a_monitor(number: int = 1, value: float = 11.0) -> Monitor:
    return Monitor(number=number, on=POWER, kind="UpperThreshold", value=value, severity=4)


def an_event(**changes: Any) -> StationEvent:
    fields = {"number": 1, "on": POWER, "trigger": "Alerting", "kind": "CustomMonitor", "actual_value": "1"}
    return StationEvent(**{**fields, "occurred_at": a_status().received_at, **changes})


async def items(network: Network, station: dict[str, Any], what: str) -> list[dict[str, Any]]:
    return list((await network.client.get(f"/charging-stations/{station['id']}/{what}")).json()["items"])


async def test_of_a_batch_the_last_word_on_a_monitor_holds(network: Network) -> None:
    station = await network.station()
    await network.say(
        station,
        ReportMonitors(**origin(), monitors=(a_monitor(1), a_monitor(2))),
        ReportMonitors(**origin(), monitors=(a_monitor(1, value=7.0),), cleared=(2,)),
    )
    (monitor,) = await items(network, station, "monitors")
    assert (monitor["number"], monitor["value"]) == (1, 7.0)


async def test_an_event_that_is_told_twice_is_stored_once_and_published(network: Network) -> None:
    station = await network.station()
    for _ in range(2):
        await network.say(station, ReportEvents(**origin(), events=(an_event(), an_event(is_cleared=True))))
    assert len(await items(network, station, "events")) == 2
    published = await network.events(StationEventsRecorded)
    assert {event.station_id for event in published} == {station["id"]}


async def test_of_vendors_messages_the_newest_stay(make_network: MakeNetwork) -> None:
    network = await make_network(data_transfers_kept_max=2)
    station, other = await network.station(), await network.station("CS-2")

    def transfer(data: str) -> ReportDataTransfer:
        return ReportDataTransfer(
            **origin(), vendor_id="com.acme", vendor_message_id=None, data=data, status="UnknownVendorId"
        )

    await network.say(other, transfer("kept"))
    for data in ("1", "2", "3"):
        await network.say(station, transfer(data))
    assert [each["data"] for each in await items(network, station, "data-transfers")] == ["3", "2"]
    assert [each["data"] for each in await items(network, other, "data-transfers")] == ["kept"]


async def test_of_large_vendor_data_the_beginning_is_kept(network: Network) -> None:
    station = await network.station()
    for data in ("x" * 400_000, {"x": "y" * 400_000}):
        fields = {"vendor_id": "com.acme", "vendor_message_id": None, "data": data, "status": "UnknownVendorId"}
        await network.say(station, ReportDataTransfer(**origin(), **fields))
    kept = [each["data"] for each in await items(network, station, "data-transfers")]
    assert [len(data) for data in kept] == [20_000, 20_000]
    assert kept[0].startswith('{"x":"yyy')


async def test_lists_are_not_there_for_another_operator(
    network: Network, client_of: ClientOf, stranger_id: str
) -> None:
    station = await network.station()
    stranger = await client_of(network.runtime, operator_id=stranger_id)
    nobody = await client_of(network.runtime, None)
    for what in ("monitors", "events", "display-messages", "data-transfers"):
        url = f"/charging-stations/{station['id']}/{what}"
        assert (await stranger.get(url)).status_code == 404
        assert (await nobody.get(url)).status_code == 401
