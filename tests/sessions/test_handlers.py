"""What sessions hear from connectors and from billing, and what they answer."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from voltway.contracts.sessions import FindSession, SessionEnded, SessionUnplugged, SummarizeSessions
from voltway.contracts.station_link import Phase
from voltway.contracts.stations import ConnectorStatusChanged
from voltway.contracts.vocabulary import ConnectorStatus, SessionState
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.modules.billing.tables import cdrs
from voltway.modules.sessions import handlers

from .builders import STATION, TARIFF, a_charge, a_sample, a_start, a_stop, a_value, an_event, at  # noqa: TID252
from .conftest import Platform  # noqa: TID252  (tests are not installed)

STARTED, UPDATED, ENDED, METERED = Phase
AVAILABLE, OCCUPIED = ConnectorStatus.AVAILABLE, ConnectorStatus.OCCUPIED


def a_status(
    at_s: float, status: ConnectorStatus, wire_status: str | None = None, **changes: Any
) -> ConnectorStatusChanged:
    values: dict[str, Any] = {"evse_number": 1, "connector_number": 1, "station_id": STATION, **changes}
    return ConnectorStatusChanged(
        operator_id=DEFAULT_OPERATOR_ID,
        at=at(at_s),
        station_identity="CS-1",
        status=status,
        wire_status=wire_status or status.value,
        error_code=None,
        occurred_at=at(at_s),
        **values,
    )


async def heard(platform: Platform, *events: ConnectorStatusChanged) -> Any:
    await platform.publish(*events)
    await platform.settled()
    return (await platform.sessions())[0]


# ---- the car goes (visit)


async def test_free_connector_ends_the_visit_of_an_ended_session(platform: Platform) -> None:
    gone: list[Any] = []
    platform.runtime.events.hear(lambda event: gone.append(event) if isinstance(event, SessionUnplugged) else None)
    await platform.record(a_start(), a_stop(None))
    session = await heard(platform, a_status(3_700, AVAILABLE))
    assert (session.unplugged_at, session.is_open) == (at(3_700), False)
    await platform.until(lambda: gone)
    assert [(event.session_id, event.unplugged_at) for event in gone] == [(session.id, at(3_700))]
    await platform.record(a_start(4_000, meter_wh=8_000))
    assert len({row.visit_id for row in await platform.sessions()}) == 2


@pytest.mark.parametrize(
    "status",
    [
        a_status(3_700, OCCUPIED, "Finishing"),
        a_status(3_700, AVAILABLE, evse_number=2),
        a_status(3_700, AVAILABLE, connector_number=2),
        a_status(3_700, AVAILABLE, station_id="another"),
        a_status(3_500, AVAILABLE),  # was free before the session had ended
    ],
    ids=["still occupied", "another EVSE", "another connector", "another station", "earlier"],
)
async def test_car_stays_where_no_free_connector_says_otherwise(
    platform: Platform, status: ConnectorStatusChanged
) -> None:
    await platform.record(a_start(), a_stop(None))
    session = await heard(platform, status)
    assert (session.unplugged_at, session.is_open) == (None, True)


async def test_free_evse_as_a_whole_is_a_free_connector(platform: Platform) -> None:
    await platform.record(a_start(), a_stop(None))
    assert (await heard(platform, a_status(3_700, AVAILABLE, connector_number=0))).unplugged_at == at(3_700)


async def test_free_connector_does_not_end_an_active_session(platform: Platform) -> None:
    await platform.record(a_start())
    session = await heard(platform, a_status(60, AVAILABLE))
    assert (session.state, session.unplugged_at) == ("active", None)


async def test_change_of_a_connector_is_seen_by_who_asks_for_changes(platform: Platform) -> None:
    await platform.record(a_start(), a_stop(None))
    before = clock.now()
    assert (await heard(platform, a_status(3_700, AVAILABLE))).updated_at >= before.replace(microsecond=0)


# ---- what a 1.6 transaction does


async def test_1_6_status_says_what_the_transaction_does_and_when_charging_ended(platform: Platform) -> None:
    await platform.record(a_start())
    assert (await heard(platform, a_status(10, OCCUPIED, "Charging"))).charging_state == "Charging"
    paused = await heard(platform, a_status(600, OCCUPIED, "SuspendedEV"))
    assert (paused.charging_state, paused.charging_ended_at) == ("SuspendedEV", at(600))
    again = await heard(platform, a_status(700, OCCUPIED, "Charging"))
    assert (again.charging_state, again.charging_ended_at) == ("Charging", None)
    await heard(platform, a_status(1_800, OCCUPIED, "SuspendedEV"), a_status(1_900, OCCUPIED, "SuspendedEVSE"))
    await platform.record(a_stop(None))
    session = await platform.session()
    assert (session.charging_ended_at, session.ended_at) == (at(1_800), at(3_600))


async def test_2x_status_says_nothing_of_the_transaction(platform: Platform) -> None:
    await platform.record(an_event(STARTED, 0, 0, 1_000))
    assert (await heard(platform, a_status(10, OCCUPIED))).charging_state is None


# ---- the price


async def test_ended_session_is_priced_once_also_when_its_end_is_heard_twice(platform: Platform) -> None:
    await platform.add_tariff()
    heard_events: list[SessionEnded] = []
    platform.runtime.events.hear(lambda event: heard_events.append(event) if isinstance(event, SessionEnded) else None)
    await platform.batch(*a_charge())
    (ended,) = await platform.until(lambda: heard_events)
    await platform.settled()
    priced = await platform.session()
    assert '"incl_vat":{"minor":684,"currency":"EUR"}' in priced.cost
    await platform.publish(ended)
    await platform.publish(ended, ended)
    await platform.settled()
    (cdr,) = await platform.rows(cdrs)
    assert (cdr.session_id, cdr.incl_vat_minor, cdr.excl_vat_minor, cdr.energy_wh) == (priced.id, 684, 570, 7_000)
    assert await platform.session() == priced


async def test_tariff_is_that_of_the_start_whatever_is_assigned_meanwhile(platform: Platform) -> None:
    await platform.add_tariff()
    started, *others = a_charge()
    await platform.record(started)
    dearer = replace(TARIFF, tariff_id="44444444-0000-7000-8000-000000000001", price_per_kwh=99)
    await platform.add_tariff(dearer)
    await platform.record(*others)
    await platform.settled()
    assert '"minor":684' in (await platform.session()).cost
    await platform.record(a_start(10_000), a_stop(None, 13_600))
    await platform.settled()
    assert '"minor":684' not in (await platform.sessions())[1].cost


async def test_nearest_assignment_gives_the_tariff(platform: Platform) -> None:
    def named(name: str) -> Any:
        return replace(TARIFF, tariff_id=f"{name:>08}-0000-7000-8000-000000000001", name=name)

    await platform.add_tariff(named("operator"), ("operator", ""))
    await platform.add_tariff(named("location"), ("location", "location-1"))
    await platform.add_tariff(named("station"), ("station", STATION))
    await platform.add_tariff(named("evse"), ("evse", f"{STATION}:1"))
    another = {"station_id": "another", "station_identity": "CS-2"}
    await platform.batch(
        a_start(evse_number=1),
        a_start(evse_number=2),
        a_start(evse_number=1, **another),
        a_start(evse_number=2, location_id="elsewhere", **another),
    )
    names = [msgspec.json.decode(row.tariff)["name"] for row in await platform.sessions()]
    assert names == ["evse", "station", "location", "operator"]


async def test_session_without_a_tariff_has_no_cost(platform: Platform) -> None:
    await platform.batch(*a_charge())
    await platform.settled()
    session = await platform.session()
    assert (session.is_priced, session.tariff, session.cost) == (True, None, None)
    assert await platform.rows(cdrs) == []


# ---- what others ask


async def test_session_is_found_by_its_operator_alone(platform: Platform, stranger_id: str) -> None:
    (receipt,) = await platform.record(a_start())
    assert receipt.session_id is not None
    find = FindSession(operator_id=DEFAULT_OPERATOR_ID, session_id=receipt.session_id)
    found = await platform.runtime.ask(find)
    assert found is not None
    assert (found.transaction_id, found.station_id, found.evse_number) == (receipt.transaction_id, STATION, 1)
    assert found.state is SessionState.ACTIVE
    assert await platform.runtime.ask(FindSession(operator_id=stranger_id, session_id=receipt.session_id)) is None


async def test_summary_counts_what_runs_and_what_began_since(platform: Platform, stranger_id: str) -> None:
    await platform.record(*a_charge("TX-0", operator_id=stranger_id, station_id="strange"))
    await platform.record(a_start(-86_400), a_stop(None, -80_000), a_start())
    await platform.record(a_value(None, 60, 3_000, samples=(a_sample(60, 3_000, power_w=7_400.0),)))
    with clock.frozen(at(120)):
        await handlers.note_power(platform.runtime)
        await handlers.note_power(platform.runtime)  # two processes note the same second once
    ask = SummarizeSessions(operator_id=DEFAULT_OPERATOR_ID, since=at(-3_600), history_since=at(0))
    summary = await platform.runtime.ask(ask)
    assert (summary.active, summary.since_count, summary.energy_wh, summary.power_w) == (1, 1, 2_000, 7_400.0)
    assert summary.power_history == [(at(120), 7_400.0)]


async def test_power_curve_falls_to_zero_when_the_last_session_has_ended(platform: Platform) -> None:
    await platform.record(a_start(), a_value(None, 60, 1_100, samples=(a_sample(60, 1_100, power_w=7_400.0),)))
    with clock.frozen(at(120)):
        await handlers.note_power(platform.runtime)
    await platform.record(a_stop(None, 130))
    for seconds in (150, 180):
        with clock.frozen(at(seconds)):
            await handlers.note_power(platform.runtime)
    ask = SummarizeSessions(operator_id=DEFAULT_OPERATOR_ID, since=at(0), history_since=at(0))
    assert (await platform.runtime.ask(ask)).power_history == [
        (at(120), 7_400.0),
        (at(150), 0.0),
        (at(180), 0.0),
    ]


async def test_power_of_long_ago_is_forgotten(platform: Platform) -> None:
    await platform.record(a_start())
    for seconds in (0, 8 * 86_400 + 60):
        with clock.frozen(at(seconds)):
            await handlers.note_power(platform.runtime)
    ask = SummarizeSessions(operator_id=DEFAULT_OPERATOR_ID, since=at(0), history_since=at(-60))
    assert [at_ for at_, _ in (await platform.runtime.ask(ask)).power_history] == [at(8 * 86_400 + 60)]
