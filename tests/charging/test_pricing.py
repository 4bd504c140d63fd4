"""Prices: exact to the minor unit, explainable line by line."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltway.charging.pricing import Cost, Tariff, price
from voltway.kernel.json import to_json, to_struct
from voltway.kernel.money import Money, exponent


def a_tariff(**changes: str) -> Tariff:
    """EUR, 0.50 per kWh, nothing else, no VAT."""
    values = {"currency": "EUR", "start_fee": "0", "price_per_kwh": "0.50", "price_per_minute": "0", "vat_percent": "0"}
    values |= changes
    currency = values.pop("currency")
    prices = {name: Decimal(value) for name, value in values.items()}
    return Tariff(tariff_id="t", version=1, name="Day", currency=currency, **prices)


def test_session_is_priced_to_the_cent() -> None:
    tariff = a_tariff(start_fee="1.00", price_per_kwh="0.49", price_per_minute="0.05", vat_percent="19")
    cost = price(tariff, energy_wh=12_345, duration_s=3_661)
    # 1.00 + 12.345 x 0.49 = 6.04905 -> 6.05 + 61.01666... x 0.05 = 3.0508333 -> 3.05; VAT of 10.10 = 1.919 -> 1.92
    assert [(line.description, line.amount.minor) for line in cost.lines] == [
        ("Start fee", 100),
        ("Energy", 605),
        ("Time", 305),
    ]
    assert (cost.excl_vat, cost.vat, cost.incl_vat) == (Money(1010, "EUR"), Money(192, "EUR"), Money(1202, "EUR"))
    assert [(line.quantity, line.unit) for line in cost.lines] == [
        (Decimal(1), "session"),
        (Decimal("12.345"), "kWh"),
        (Decimal("61.016667"), "min"),
    ]


@pytest.mark.parametrize(
    ("currency", "energy_wh", "minor"),
    [
        pytest.param("EUR", 10_010, 501, id="5.005 rounds up to a cent"),
        pytest.param("JPY", 10_010, 5, id="the yen has no minor unit"),
        pytest.param("JPY", 11_000, 6, id="5.5 yen round up"),
        pytest.param("KWD", 10_010, 5_005, id="the dinar has three decimals"),
        pytest.param("KWD", 10_001, 5_001, id="5.0005 dinars round up"),
    ],
)
def test_line_is_rounded_half_up_to_the_minor_unit(currency: str, energy_wh: int, minor: int) -> None:
    assert price(a_tariff(currency=currency), energy_wh=energy_wh, duration_s=0).incl_vat == Money(minor, currency)


@pytest.mark.parametrize(
    ("price_per_minute", "duration_s", "minor"),
    [("0.015", 19, 0), ("0.015", 20, 1), ("0.015", 140, 4), ("0.74625", 79, 98), ("0.74625", 80, 100)],
)
def test_third_of_a_minute_on_a_tie_still_rounds_up(price_per_minute: str, duration_s: int, minor: int) -> None:
    # 80 s at 0.74625 a minute are exactly 0.995, but 1.333... x 0.74625 is a little less: multiply first, then divide.
    tariff = a_tariff(price_per_kwh="0", price_per_minute=price_per_minute)
    assert price(tariff, energy_wh=0, duration_s=duration_s).incl_vat.minor == minor


def test_vat_is_rounded_once_on_the_sum_of_the_lines() -> None:
    tariff = a_tariff(start_fee="0.03", price_per_kwh="0.03", price_per_minute="0.03", vat_percent="7")
    cost = price(tariff, energy_wh=1_000, duration_s=60)
    # 7 % of each line would be nothing three times; of the sum 0.09 it is 0.0063 -> 0.01.
    assert (cost.excl_vat.minor, cost.vat.minor, cost.incl_vat.minor) == (9, 1, 10)


def test_component_without_a_price_has_no_line() -> None:
    assert [line.description for line in price(a_tariff(), energy_wh=0, duration_s=600).lines] == ["Energy"]
    assert price(a_tariff(price_per_kwh="0"), energy_wh=5_000, duration_s=600) == Cost(
        lines=(), excl_vat=Money(0, "EUR"), vat=Money(0, "EUR"), incl_vat=Money(0, "EUR"), unrounded_incl_vat=Decimal(0)
    )


def test_negative_energy_and_time_cost_nothing() -> None:
    tariff = a_tariff(price_per_minute="1")
    assert price(tariff, energy_wh=-5_000, duration_s=-60).incl_vat.minor == 0


def test_round_quantity_is_written_without_an_exponent() -> None:
    cost = price(a_tariff(price_per_minute="1"), energy_wh=100_000, duration_s=6_000)
    assert [str(line.quantity) for line in cost.lines] == ["100", "100"]


def test_cost_survives_its_json() -> None:
    cost = price(a_tariff(price_per_minute="0.07", vat_percent="19.6"), energy_wh=1_234, duration_s=77)
    assert to_struct(to_json(cost), Cost) == cost


# ---- properties

amounts = st.decimals(0, 100, places=6, allow_nan=False)
tariffs = st.builds(
    Tariff,
    tariff_id=st.just("t"),
    version=st.just(1),
    name=st.just("Any"),
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
    start_fee=amounts,
    price_per_kwh=amounts,
    price_per_minute=amounts,
    vat_percent=st.decimals(0, 100, places=3, allow_nan=False),
)
energies_wh = st.integers(0, 10_000_000)
durations_s = st.integers(0, 10_000_000)


def half_up(exact: Fraction, currency: str) -> int:
    """Minor units of an exact amount: the arithmetic of the rule, without decimals."""
    return int(exact * 10 ** exponent(currency) + Fraction(1, 2))


@given(tariffs, energies_wh, durations_s)
def test_lines_and_vat_add_up_to_the_total(tariff: Tariff, energy_wh: int, duration_s: int) -> None:
    cost = price(tariff, energy_wh=energy_wh, duration_s=duration_s)
    assert sum(line.amount.minor for line in cost.lines) == cost.excl_vat.minor
    assert cost.excl_vat.minor + cost.vat.minor == cost.incl_vat.minor
    assert {line.amount.currency for line in cost.lines} <= {tariff.currency}


@given(tariffs, energies_wh, durations_s)
def test_every_line_is_the_exact_product_rounded_once(tariff: Tariff, energy_wh: int, duration_s: int) -> None:
    cost = price(tariff, energy_wh=energy_wh, duration_s=duration_s)
    exact = {
        "Start fee": Fraction(tariff.start_fee),
        "Energy": Fraction(energy_wh, 1000) * Fraction(tariff.price_per_kwh),
        "Time": Fraction(duration_s, 60) * Fraction(tariff.price_per_minute),
    }
    assert {line.description: line.amount.minor for line in cost.lines} == {
        name: half_up(amount, tariff.currency) for name, amount in exact.items() if amount or name in _charged(tariff)
    }
    net = Fraction(cost.excl_vat.to_decimal())
    assert cost.vat.minor == half_up(net * Fraction(tariff.vat_percent) / 100, tariff.currency)


def _charged(tariff: Tariff) -> set[str]:
    prices = {"Start fee": tariff.start_fee, "Energy": tariff.price_per_kwh, "Time": tariff.price_per_minute}
    return {name for name, value in prices.items() if value}


@given(tariffs, energies_wh, durations_s, st.integers(0, 100_000), st.integers(0, 100_000))
def test_more_energy_or_time_never_costs_less(
    tariff: Tariff, energy_wh: int, duration_s: int, more_wh: int, more_s: int
) -> None:
    less = price(tariff, energy_wh=energy_wh, duration_s=duration_s)
    more = price(tariff, energy_wh=energy_wh + more_wh, duration_s=duration_s + more_s)
    assert more.incl_vat.minor >= less.incl_vat.minor


@given(tariffs, energies_wh, durations_s)
def test_rounding_moves_the_total_by_less_than_a_minor_unit_for_each_line_and_the_vat(
    tariff: Tariff, energy_wh: int, duration_s: int
) -> None:
    cost = price(tariff, energy_wh=energy_wh, duration_s=duration_s)
    unit = Decimal(1).scaleb(-exponent(tariff.currency))
    assert abs(cost.incl_vat.to_decimal() - cost.unrounded_incl_vat) <= unit * (len(cost.lines) + 1)
