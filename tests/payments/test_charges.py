"""What a driver is told of a charge, where it is a rule and no query."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from voltway.charging import tariffs
from voltway.charging.pricing import Tariff
from voltway.charging.tariff_text import describe, lines
from voltway.charging.tariffs import Component, Dimension, Element, Restrictions
from voltway.contracts.sessions import SessionStanding
from voltway.contracts.vocabulary import SessionState
from voltway.kernel import clock
from voltway.modules.payments.charges import estimate, idle_fee

NOW = clock.now()


def a_tariff(*elements: Element) -> Tariff:
    full = tariffs.Tariff(currency="EUR", elements=elements) if elements else None
    nothing = Decimal(0)
    return Tariff(
        tariff_id="t",
        version=1,
        name="t",
        currency="EUR",
        start_fee=nothing,
        price_per_kwh=nothing if full else Decimal("0.50"),
        price_per_minute=nothing if full else Decimal("0.10"),
        vat_percent=Decimal(20),
        full=full,
    )


def an_element(dimension: Dimension, price: str, min_duration: int | None = None) -> Element:
    component = Component(dimension=dimension, price=Decimal(price), vat_percent=Decimal(20))
    return Element(components=(component,), restrictions=Restrictions(min_duration=min_duration))


def a_session(minutes_ago: int, full_minutes_ago: int | None = None) -> SessionStanding:
    return SessionStanding(
        session_id="s",
        state=SessionState.ACTIVE,
        charging_state=None,
        started_at=NOW - timedelta(minutes=minutes_ago),
        ended_at=None,
        charging_ended_at=None if full_minutes_ago is None else NOW - timedelta(minutes=full_minutes_ago),
        unplugged_at=None,
        told_at=NOW,
        stop_reason=None,
        energy_wh=1,
        power_w=None,
        soc_percent=None,
        cost=None,
        is_cost_final=False,
    )


IDLE = an_element(Dimension.PARKING_TIME, "6")
AFTER_AN_HOUR = an_element(Dimension.PARKING_TIME, "6", min_duration=3600)


def test_price_for_staying_is_told_per_minute_with_taxes_before_it_counts() -> None:
    fee = idle_fee(a_tariff(an_element(Dimension.ENERGY, "0.5"), IDLE), None)
    assert fee is not None
    assert (fee.price_per_minute, fee.begins_at) == (Decimal("0.12"), None)
    charging = idle_fee(a_tariff(IDLE), a_session(30))
    assert charging is not None
    assert charging.begins_at is None


def test_price_for_staying_counts_from_when_the_car_is_full_and_the_grace_is_over() -> None:
    at_once = idle_fee(a_tariff(IDLE), a_session(30, 5))
    assert at_once is not None
    assert at_once.begins_at == NOW - timedelta(minutes=5)
    later = idle_fee(a_tariff(AFTER_AN_HOUR), a_session(30, 5))
    assert later is not None
    assert later.begins_at == NOW + timedelta(minutes=30)


def test_price_that_is_the_same_while_the_car_charges_is_none_for_staying() -> None:
    assert idle_fee(a_tariff(), a_session(30, 5)) is None
    assert idle_fee(a_tariff(an_element(Dimension.PARKING_TIME, "0")), None) is None


def test_estimate_adds_energy_and_time_up_with_taxes() -> None:
    cost = estimate(a_tariff(), 10_000, 1800, ZoneInfo("UTC"))
    assert cost.incl_vat.minor == 960  # (10 x 0.50 + 30 x 0.10) x 1.2
    assert [line.unit for line in cost.lines] == ["kWh", "h"]


def test_prices_stand_in_the_order_of_the_law_each_in_a_line() -> None:
    tariff = tariffs.Tariff(
        currency="EUR",
        elements=(
            an_element(Dimension.FLAT, "1"),
            an_element(Dimension.PARKING_TIME, "6"),
            an_element(Dimension.ENERGY, "0.5"),
        ),
    )
    assert [line.split(" per ")[1].split()[0] for line in lines(tariff)] == ["kWh", "minute", "session"]
    assert all(line in describe(tariff) for line in lines(tariff))
    assert lines(tariffs.Tariff(currency="EUR", elements=()), "de") == [
        describe(tariffs.Tariff(currency="EUR", elements=()), "de")
    ]
