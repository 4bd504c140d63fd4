from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from builders import NOON, MakeRuntime, a_boot, a_status, eventually
from voltway.contracts.sessions import ChargingStateTold
from voltway.contracts.station_link import BootReceipt, LinkClosed, LinkOpened, VariableValue
from voltway.contracts.stations import ConnectorStatusChanged, FindConnectorWords, NodesGone, StationChanged
from voltway.contracts.vocabulary import ChargingState, ConnectorStatus, Registration
from voltway.kernel import clock, retention
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.modules.stations import charging_states, tending
from voltway.modules.stations.module import MANIFEST
from voltway.modules.stations.store import reports as store
from voltway.modules.stations.tables import connectors, evses, quarantine, status_history

from .network import MakeNetwork, Network, a_link, ended, some_variables  # noqa: TID252

pytestmark = pytest.mark.mariadb

AVAILABLE, OCCUPIED, FAULTED = ConnectorStatus.AVAILABLE, ConnectorStatus.OCCUPIED, ConnectorStatus.FAULTED


def after(seconds: float) -> Any:
    return NOON + timedelta(seconds=seconds)


# ---- links


async def test_a_link_makes_a_station_online_and_its_end_offline(network: Network) -> None:
    station = await network.station()
    await network.say(station, a_link(protocol="ocpp2.0.1"))
    read = await network.read(station)
    assert (read["is_online"], read["protocol"], read["remote_address"]) == (True, "ocpp2.0.1", "192.0.2.7")
    assert read["connected_at"] == read["last_seen_at"] == "2026-03-01T12:00:00.000Z"
    await network.say(station, a_link(is_open=False, close_reason="gone", received_at=after(60)))
    read = await network.read(station)
    assert (read["is_online"], read["protocol"]) == (False, "ocpp2.0.1")
    assert read["disconnected_at"] == read["last_seen_at"] == "2026-03-01T12:01:00.000Z"
    events = await network.events(LinkOpened, LinkClosed, StationChanged)
    assert [getattr(event, "what", type(event).__name__) for event in events] == [
        *["added", "LinkOpened", "online"],
        *["LinkClosed", "offline"],
    ]
    assert (events[1].epoch, events[1].protocol, events[3].reason) == (1, "ocpp2.0.1", "gone")


async def test_the_end_of_an_older_link_does_not_count(network: Network) -> None:
    station = await network.station()
    await network.say(station, a_link(epoch=1), a_link(epoch=2), a_link(is_open=False, epoch=1))
    assert (await network.read(station))["is_online"] is True
    await network.say(station, a_link(is_open=False, epoch=1))
    await network.say(station, a_link(is_open=True, epoch=1))
    assert (await network.read(station))["is_online"] is True
    assert await network.events(LinkClosed) == []
    assert [event.epoch for event in await network.events(LinkOpened)] == [1, 2]
    assert [event.what for event in await network.events(StationChanged)] == ["added", "online"]


async def test_a_link_that_opens_and_closes_in_one_batch_ends_offline(network: Network) -> None:
    station = await network.station()
    await network.say(station, a_link(epoch=5), a_link(is_open=False, epoch=5))
    assert (await network.read(station))["is_online"] is False


async def test_a_report_told_twice_is_news_once(network: Network) -> None:
    station = await network.station()
    await network.say(station, a_link(), a_link(), a_link(is_open=False), a_link(is_open=False))
    assert len(await network.events(LinkOpened, LinkClosed)) == 2


async def test_stations_of_dead_processes_are_offline(network: Network) -> None:
    here, there = await network.station("here"), await network.station("there")
    await network.say(here, a_link(node_id="alive"))
    await network.say(there, a_link(node_id="dead", epoch=7))
    assert await network.runtime.ask(NodesGone(alive_node_ids=("alive",))) == 1
    assert (await network.read(here))["is_online"] is True
    assert (await network.read(there))["is_online"] is False
    (closed,) = await network.events(LinkClosed)
    assert (closed.station_id, closed.epoch) == (there["id"], 7)
    assert await network.runtime.ask(NodesGone(alive_node_ids=("alive",))) == 0


# ---- boots


async def test_a_boot_is_answered_and_kept(network: Network) -> None:
    station = await network.station()
    boot = a_boot(
        vendor="Acme",
        model="One",
        serial_number="S1",
        firmware_version="1.2",
        iccid="8949",
        imsi="262",
        meter_type="MT",
        meter_serial_number="M1",
        reason="PowerUp",
    )
    assert await network.say(station, boot) == [BootReceipt(Registration.ACCEPTED, 300)]
    read = await network.read(station)
    shown = {
        "vendor": "Acme",
        "model": "One",
        "serial_number": "S1",
        "firmware_version": "1.2",
        "iccid": "8949",
        "imsi": "262",
        "meter_type": "MT",
        "meter_serial_number": "M1",
        "boot_reason": "PowerUp",
        "booted_at": "2026-03-01T12:00:00.000Z",
        "protocol": "ocpp1.6",
    }
    assert read.items() >= shown.items()
    assert [event.what for event in await network.events(StationChanged)] == ["added", "booted"]


async def test_a_boot_is_told_the_registration_of_the_record(make_network: MakeNetwork) -> None:
    network = await make_network(heartbeat_interval_s=120, boot_retry_interval_s=30)
    for registration, interval_s in (("accepted", 120), ("pending", 30), ("rejected", 30)):
        station = await network.station(registration, registration=registration)
        assert await network.say(station, a_boot()) == [BootReceipt(Registration(registration), interval_s)]


async def test_a_boot_loop_is_slowed_down_also_within_a_batch(make_network: MakeNetwork) -> None:
    network = await make_network(boots_max=2)
    station, calm = await network.station(), await network.station("calm")
    boots = [a_boot(received_at=after(second)) for second in range(4)]
    receipts = await network.say(station, *boots) + await network.say(station, a_boot(received_at=after(5)))
    assert [receipt.interval_s for receipt in receipts] == [300, 300, 600, 1200, 2400]
    assert await network.say(calm, a_boot()) == [BootReceipt(Registration.ACCEPTED, 300)]


# ---- status


async def test_the_history_of_connectors_is_kept_as_long_as_is_set(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "SLICE_ROWS", 2)
    station = await network.station()
    for number in range(5):
        await network.say(station, a_status(OCCUPIED, evse_number=1, connector_number=number))
    for days, left in ((399, 5), (401, 0)):
        with clock.frozen(clock.now() + timedelta(days=days)):
            await tending.forget_history(network.runtime)
        async with network.runtime.database.read() as tx:
            assert len((await tx.execute(sa.select(status_history.c.id))).all()) == left
    assert (await network.read(station))["status"] == "Occupied"


async def test_the_words_of_an_evse_are_those_of_its_lowest_connector_that_has_said_one(network: Network) -> None:
    station = await network.station()
    question = FindConnectorWords(operator_id=DEFAULT_OPERATOR_ID, station_id=station["id"])
    assert await network.runtime.ask(question) == {}
    for evse_number, connector_number, word in ((1, 2, "Available"), (1, 1, "SuspendedEV"), (2, 3, "Preparing")):
        status = AVAILABLE if word == "Available" else OCCUPIED
        numbers = {"evse_number": evse_number, "connector_number": connector_number}
        await network.say(station, a_status(status, **numbers, wire_status=word))
    assert await network.runtime.ask(question) == {1: "SuspendedEV", 2: "Preparing"}


async def test_a_status_makes_what_it_is_about_and_shows_it(network: Network) -> None:
    station = await network.station()
    report = a_status(
        OCCUPIED,
        evse_number=2,
        connector_number=1,
        wire_status="SuspendedEV",
        charging_state=ChargingState.SUSPENDED_EV,
        error_code="HighTemperature",
        vendor_error_code="E7",
        info="warm",
        occurred_at=after(-5),
    )
    await network.say(station, report)
    read = await network.read(station)
    assert read["status"] == "Occupied"
    assert read["evses"] == [
        {
            "evse_number": 2,
            "power_w_max": None,
            "charging_state": "SuspendedEV",
            "connectors": [
                {
                    "connector_number": 1,
                    "type": None,
                    "status": "Occupied",
                    "wire_status": "SuspendedEV",
                    "error_code": "HighTemperature",
                    "vendor_error_code": "E7",
                    "info": "warm",
                    "status_at": "2026-03-01T11:59:55.000Z",
                }
            ],
        }
    ]
    (event,) = await network.events(ConnectorStatusChanged)
    assert (event.evse_number, event.connector_number, event.status) == (2, 1, OCCUPIED)
    assert (event.wire_status, event.error_code, event.occurred_at) == ("SuspendedEV", "HighTemperature", after(-5))


async def test_the_station_itself_is_no_evse(network: Network) -> None:
    station = await network.station()
    await network.say(station, a_status(FAULTED, evse_number=0, connector_number=0))
    read = await network.read(station)
    assert (read["status"], read["evses"]) == ("Faulted", [])


async def test_what_changes_nothing_is_neither_stored_nor_told_again(network: Network) -> None:
    station = await network.station()
    await network.say(station, a_status(occurred_at=after(1)))
    await network.say(station, a_status(occurred_at=after(2)), a_status(occurred_at=after(3)))
    assert len(await network.events(ConnectorStatusChanged)) == 1
    assert len(await network.rows(status_history)) == 1
    (row,) = await network.rows(connectors)
    assert row.status_at == after(1)


async def test_within_a_batch_the_last_report_of_a_connector_holds(network: Network) -> None:
    station, other = await network.station(), await network.station("CS-2")
    reports = [a_status(AVAILABLE), a_status(OCCUPIED), a_status(FAULTED, evse_number=2), a_status(AVAILABLE)]
    await network.say(station, *reports)
    await network.say(other, a_status(OCCUPIED))
    read = await network.read(station)
    assert [evse["connectors"][0]["status"] for evse in read["evses"]] == ["Available", "Faulted"]
    assert (read["status"], (await network.read(other))["status"]) == ("Faulted", "Occupied")
    history = [(row.evse_number, row.status) for row in await network.rows(status_history)]
    assert history == [(1, "Available"), (1, "Occupied"), (2, "Faulted"), (1, "Available"), (1, "Occupied")]


async def test_a_configured_connector_keeps_its_type_and_power(network: Network) -> None:
    evse = {"evse_number": 1, "power_w_max": 11_000, "connectors": [{"connector_number": 1, "type": "sType2"}]}
    station = await network.station(evses=[evse])
    await network.say(station, a_status(OCCUPIED, charging_state=ChargingState.CHARGING))
    (read,) = (await network.read(station))["evses"]
    assert (read["power_w_max"], read["charging_state"]) == (11_000, "Charging")
    assert (read["connectors"][0]["type"], read["connectors"][0]["status"]) == ("sType2", "Occupied")


async def test_an_evse_without_connectors_gets_the_one_that_reports(network: Network) -> None:
    station = await network.station(evses=[{"evse_number": 1, "power_w_max": 11_000}, {"evse_number": 2}])
    await network.say(station, a_status(evse_number=2))
    await network.say(station, a_status(OCCUPIED, evse_number=1))
    read = await network.read(station)
    assert read["status"] == "Occupied"
    assert [(evse["power_w_max"], len(evse["connectors"])) for evse in read["evses"]] == [(11_000, 1), (None, 1)]


async def test_a_report_of_nobody_does_not_hold_up_the_others(network: Network) -> None:
    station = await network.station()
    nobody = {"id": "00000000-0000-7000-8000-00000000dead", "identity": "nobody"}
    for report in (a_status(), a_boot(), a_link(), some_variables(VariableValue(variable="a"))):
        (receipt,) = await network.say(nobody, report)
        assert receipt in (None, BootReceipt(Registration.PENDING, 60))
    await network.say(station, a_status())
    assert len(await network.rows(connectors)) == 1


async def test_what_cannot_be_recorded_is_put_aside_and_answered(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    station, other = await network.station(), await network.station("CS-2")

    save = store.save_statuses

    async def choke(tx: Any, overall: Any, doing: Any, shown: Any, history: Any) -> None:
        if any(report.info == "poison" for report in history):
            raise ValueError("cannot be stored")
        await save(tx, overall, doing, shown, history)

    monkeypatch.setattr(store, "save_statuses", choke)
    await network.say(station, a_status(info="poison"))
    await network.say(other, a_status())
    (row,) = await network.rows(quarantine)
    assert (row.kind, row.station_id, row.report["info"]) == ("ReportStatus", station["id"], "poison")
    assert "cannot be stored" in row.error
    assert [one.station_id for one in await network.rows(connectors)] == [other["id"]]


async def test_a_boot_that_cannot_be_recorded_is_to_come_again(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    station = await network.station()

    async def choke(tx: Any, rows: Any) -> None:
        raise ValueError("cannot be stored")

    monkeypatch.setattr(store, "save_boots", choke)
    assert await network.say(station, a_boot()) == [BootReceipt(Registration.PENDING, 60)]


# ---- variables and the device model


async def test_a_variable_told_again_is_renewed_and_keeps_what_is_known_of_it(network: Network) -> None:
    station = await network.station()
    told = VariableValue(variable="HeartbeatInterval", value="300", is_readonly=False, unit="s", data_type="integer")
    answered = VariableValue(variable="heartbeatINTERVAL", value="60")
    await network.say(station, some_variables(told))
    await network.say(station, some_variables(answered, received_at=after(9)))
    (item,) = (await network.client.get(f"/charging-stations/{station['id']}/variables")).json()["items"]
    shown = {
        "value": "60",
        "is_readonly": False,
        "unit": "s",
        "data_type": "integer",
        "updated_at": "2026-03-01T12:00:09.000Z",
    }
    assert item.items() >= shown.items()


async def test_of_variables_named_twice_in_a_batch_the_last_holds(network: Network) -> None:
    station = await network.station()
    first, second = (VariableValue(variable="a", value=value) for value in "12")
    await network.say(station, some_variables(first, second), some_variables(VariableValue(variable="a", value="3")))
    (item,) = (await network.client.get(f"/charging-stations/{station['id']}/variables")).json()["items"]
    assert item["value"] == "3"


async def test_the_device_model_makes_evses_and_connectors(network: Network) -> None:
    station = await network.station()
    await network.say(station, a_status(OCCUPIED))
    await network.say(
        station, some_variables(evses_seen=((1, 1, "sType2"), (2, 0, None), (2, 1, None), (2, 1, "cCCS2")))
    )
    await network.say(station, some_variables(evses_seen=((2, 1, None), (1, 1, None), (3, 0, None))))
    await network.say(station, some_variables(evses_seen=((3, 0, None),)))
    read = await network.read(station)
    assert [
        (evse["evse_number"], [(each["type"], each["status"]) for each in evse["connectors"]]) for evse in read["evses"]
    ] == [(1, [("sType2", "Occupied")]), (2, [("cCCS2", None)]), (3, [])]
    assert [event.what for event in await network.events(StationChanged)] == ["added", "edited", "edited"]


# ---- charging states told in transactions


def told(station: dict[str, Any], state: ChargingState, session_id: str = "s-1") -> ChargingStateTold:
    return ChargingStateTold(
        operator_id=DEFAULT_OPERATOR_ID,
        at=clock.now(),
        session_id=session_id,
        station_id=station["id"],
        evse_number=1,
        charging_state=state.value,
    )


async def test_what_a_session_does_is_shown_at_its_evse(network: Network) -> None:
    station = await network.station()
    await network.say(station, a_status(OCCUPIED))

    async def shown() -> Any:
        await charging_states.write(network.runtime)
        (row,) = [row for row in await network.rows(evses) if row.evse_number == 1]
        return row.charging_state

    await network.publish(told(station, ChargingState.CHARGING))
    assert await shown() == "Charging"
    await network.publish(told(station, ChargingState.SUSPENDED_EV))
    assert await shown() == "SuspendedEV"
    await network.publish(ended(station, session_id="another"))
    await network.publish(ended(station))

    async def is_over() -> bool:
        return await shown() is None

    await eventually(is_over)


async def test_two_processes_make_one_record(network: Network, make_runtime: MakeRuntime) -> None:
    station = await network.station()
    other = Network(await make_runtime(MANIFEST), network.client)
    await network.say(station, a_status(OCCUPIED))
    await other.say(station, a_status(AVAILABLE))
    assert (await network.read(station))["status"] == "Available"
