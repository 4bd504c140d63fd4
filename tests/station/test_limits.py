"""Which of the CSMS's limits holds, and what it does to the meter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from voltway.station.ocpp.limits import Limit, Purpose, allowed, installed, is_acceptable, limit_w
from voltway.station.ocpp.vocabulary import Context, EvseSpec, IdToken, Transaction
from voltway.station.simulator.car import CAR_MODELS
from voltway.station.simulator.evse import PluggedCar, SimulatedEvse

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
TWO_EVSES = (EvseSpec(22_080, 3), EvseSpec(50_000, 0))
TRANSACTION = Transaction(1, 1, IdToken("T"), AT, 0, "t1")
DEFAULT = Limit(1, Purpose.TX_DEFAULT, 0, 0, is_ampere=False, periods=((0, 7_000.0),))


def holds(*limits: Limit, evse_number: int = 1, after_s: float = 0) -> float | None:
    return limit_w(limits, evse_number, TWO_EVSES, TRANSACTION, AT + timedelta(seconds=after_s))


def test_without_limits_there_is_none() -> None:
    assert holds() is None


def test_the_highest_stack_level_of_a_purpose_counts() -> None:
    assert holds(DEFAULT, replace(DEFAULT, profile_id=2, stack_level=3, periods=((0, 9_000.0),))) == 9_000


def test_a_limit_of_the_transaction_overrules_the_default_even_upwards() -> None:
    own = Limit(2, Purpose.TX, 0, 1, is_ampere=False, periods=((0, 11_000.0),), transaction_id="t1")
    assert holds(DEFAULT, own) == 11_000
    assert holds(DEFAULT, own, evse_number=2) == 7_000


def test_the_stations_limit_is_shared_out_and_the_lowest_holds() -> None:
    begin = AT + timedelta(seconds=60)
    station = Limit(3, Purpose.STATION_MAX, 0, 0, is_ampere=False, periods=((0, 10_000.0),), starts_at=begin)
    assert [holds(DEFAULT, station, after_s=second) for second in (59, 60)] == [7_000, 5_000]


def test_periods_follow_each_other_until_the_schedule_is_over() -> None:
    limit = replace(DEFAULT, periods=((0, 7_000.0), (60, 3_000.0)), duration_s=120)
    assert [holds(limit, after_s=second) for second in (0, 59, 60, 119, 120)] == [7_000, 7_000, 3_000, 3_000, None]


def test_validity_includes_its_beginning_and_not_its_end() -> None:
    limit = replace(DEFAULT, valid_from=AT, valid_to=AT + timedelta(seconds=10))
    assert [holds(limit, after_s=second) for second in (-1, 0, 9, 10)] == [None, 7_000, 7_000, None]


def test_amperes_are_per_phase() -> None:
    limit = replace(DEFAULT, is_ampere=True, periods=((0, 10.0),))
    assert holds(limit) == 10 * 3 * 230
    assert holds(limit, evse_number=2) == 10 * 400


def test_a_new_limit_replaces_that_of_its_id_and_that_of_its_place() -> None:
    same_id = replace(DEFAULT, stack_level=5)
    same_place = replace(DEFAULT, profile_id=9)
    other = replace(DEFAULT, profile_id=8, stack_level=1)
    assert installed((DEFAULT, other), same_id) == (other, same_id)
    assert installed((DEFAULT, other), same_place) == (other, same_place)


@pytest.mark.parametrize(
    "wrong",
    [
        {"periods": ()},
        {"periods": ((5, 1.0),)},
        {"periods": ((0, 1.0), (0, 2.0))},
        {"periods": ((0, -1.0),)},
        {"evse_number": 3},
        {"purpose": Purpose.STATION_MAX},  # must not be relative
        {"purpose": Purpose.TX, "evse_number": 1, "transaction_id": "t9"},
        {"purpose": Purpose.TX, "evse_number": 0},
    ],
)
def test_a_limit_that_makes_no_sense_is_not_acceptable(wrong: dict[str, object]) -> None:
    assert is_acceptable(DEFAULT, TWO_EVSES, TRANSACTION)
    assert not is_acceptable(replace(DEFAULT, **wrong), TWO_EVSES, TRANSACTION)  # type: ignore[arg-type]  # by purpose


def test_the_meter_follows_a_limit_that_changes_while_nobody_looks() -> None:
    limit = replace(DEFAULT, periods=((0, 6_900.0), (600, 0.0), (1200, 6_900.0)))
    evse = SimulatedEvse(TWO_EVSES[0], AT, 1_000.0, lambda at: allowed((limit,), 1, TWO_EVSES, TRANSACTION, at))
    evse.plug(PluggedCar(CAR_MODELS["saloon"], 20.0), 1, AT)
    evse.permit_power(True, AT)
    sample = evse.sample(AT + timedelta(seconds=1800), Context.PERIODIC, ())
    assert sample.energy_wh == pytest.approx(1_000 + 6_900 * 1200 / 3600, abs=1)
    assert sample.power_w == 6_900
