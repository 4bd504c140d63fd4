"""What any tariff makes of any session: the worked examples of OCPI, the cases that are easily got wrong, and a recount."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from voltway.charging.costing import Bill, bill
from voltway.charging.tariffs import (
    Component,
    Dimension,
    Element,
    Limit,
    ReservationRule,
    Restrictions,
    Tariff,
    Taxes,
)
from voltway.charging.usage import Period, Reservation, Usage

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = "2026-03-02"


def energy(price: str, vat: str | None = "10", step: int = 1) -> Component:
    return _component(Dimension.ENERGY, price, vat, step)


def charging(price: str, vat: str | None = "10", step: int = 1) -> Component:
    return _component(Dimension.TIME, price, vat, step)


def parking(price: str, vat: str | None = "20", step: int = 1) -> Component:
    return _component(Dimension.PARKING_TIME, price, vat, step)


def flat(price: str, vat: str | None = "20") -> Component:
    return _component(Dimension.FLAT, price, vat, 1)


def _component(dimension: Dimension, price: str, vat: str | None, step: int) -> Component:
    percent = None if vat is None else Decimal(vat)
    return Component(dimension=dimension, price=Decimal(price), vat_percent=percent, step_size=step)


def element(*components: Component, **restrictions: Any) -> Element:
    return Element(components=components, restrictions=Restrictions(**restrictions))


def tariff(*elements: Element | Component, currency: str = "EUR", **more: Any) -> Tariff:
    """Components that stand alone make one element that always holds."""
    loose = tuple(one for one in elements if isinstance(one, Component))
    listed = tuple(one for one in elements if isinstance(one, Element))
    return Tariff(currency=currency, elements=(*listed, Element(components=loose)) if loose else listed, **more)


def limit(excl: str | None, incl: str | None) -> Limit:
    return Limit(excl_vat=None if excl is None else Decimal(excl), incl_vat=None if incl is None else Decimal(incl))


def use(*parts: tuple[str, Any, Any], at: str = f"{MONDAY} 12:00", **more: Any) -> Usage:
    """A session that begins at a local time: ("charge" | "park", minutes, kWh), one after the other."""
    start = datetime.fromisoformat(at).replace(tzinfo=BERLIN)
    now, periods = start.astimezone(UTC), []
    for kind, minutes, kwh, *rest in parts:
        end = now + timedelta(minutes=float(minutes))
        hours = Fraction(str(minutes)) / 60
        periods.append(
            Period(
                start=now,
                end=end,
                energy_kwh=Fraction(str(kwh)),
                time_h=hours if kind == "charge" else Fraction(0),
                parking_h=hours if kind == "park" else Fraction(0),
                **(rest[0] if rest else {}),
            )
        )
        now = end
    return Usage(start=start.astimezone(UTC), periods=tuple(periods), zone=BERLIN, **more)


def reserved(minutes: int, *, at: str = f"{MONDAY} 12:00", is_expired: bool = False) -> Reservation:
    """A reservation that ends at a local time."""
    end = datetime.fromisoformat(at).replace(tzinfo=BERLIN).astimezone(UTC)
    return Reservation(start=end - timedelta(minutes=minutes), end=end, is_expired=is_expired)


def owed(made: Bill) -> tuple[str, str]:
    return str(made.total.excl_vat), str(made.total.incl_vat)


def exactly(made: Bill) -> tuple[str, str]:
    return format(made.unrounded.excl_vat, "f"), format(made.unrounded.incl_vat, "f")


WEEKEND, WEEKDAYS = frozenset({5, 6}), frozenset(range(5))
T1 = tariff(energy("0.25"))
T2 = tariff(energy("0.25"), flat("0.50"))
T3 = tariff(energy("0.25"), min_price=limit("0.50", "0.55"))
T4 = tariff(energy("0.25"), flat("0.50"), parking("2.00", step=900))
T5 = tariff(energy("0.25"), flat("0.50"), max_price=limit("10", "11"))
T7 = tariff(charging("3.00", step=60), parking("5.00", step=300))
T10 = tariff(
    element(flat("2.50", "15")),
    element(charging("1.00", "20", 900), max_current=Decimal(32)),
    element(charging("2.00", "20", 600), min_current=Decimal(32), weekdays=WEEKDAYS),
    element(charging("1.25", "20", 600), min_current=Decimal(32), weekdays=WEEKEND),
    element(parking("5.00", "10", 300), start_time=time(9), end_time=time(18), weekdays=WEEKDAYS),
    element(parking("6.00", "10", 300), start_time=time(10), end_time=time(17), weekdays=frozenset({5})),
)
T13 = tariff(
    element(charging("5.00", "20", 60), reservation=ReservationRule.USED),
    element(flat("0.50"), energy("0.25")),
)
T14 = tariff(
    element(flat("2.00"), charging("5.00", "20", 300), reservation=ReservationRule.USED),
    element(flat("0.50"), energy("0.25")),
)
T17 = tariff(
    element(charging("1.20", None, 1800), end_time=time(17)),
    element(charging("2.40", None, 900), start_time=time(17)),
    element(parking("1.00", None, 900), end_time=time(20)),
    taxes=Taxes.NONE,
)
T20 = tariff(
    element(energy("0.20", None, 500), end_time=time(17)),
    element(energy("0.27", None, 500), start_time=time(17)),
    taxes=Taxes.NONE,
)
T23 = tariff(
    element(energy("0.20", None), max_power=Decimal(16)),
    element(energy("0.35", None), max_power=Decimal(32)),
    element(energy("0.50", None)),
    taxes=Taxes.NONE,
)
T27 = tariff(
    element(parking("0.0", "0"), max_duration=1800),
    element(parking("3.0", "0"), min_duration=1800),
    element(energy("0.25")),
)


def at_16_a(minutes: int) -> tuple[str, int, int, dict[str, Any]]:
    return ("charge", minutes, 0, {"current_a": Fraction(16)})


@pytest.mark.parametrize(
    ("case", "prices", "usage", "excl", "incl"),
    [
        ("T1", T1, use(("charge", 60, 20)), "5", "5.5"),
        ("T2", T2, use(("charge", 60, 20)), "5.5", "6.1"),
        ("T3 below", T3, use(("charge", 6, "1.2")), "0.5", "0.55"),
        ("T3 above", T3, use(("charge", 60, 20)), "5", "5.5"),
        ("T4", T4, use(("charge", 60, 20), ("park", 40, 0)), "7", "7.9"),
        ("T5 above", T5, use(("charge", 60, 50)), "10", "11"),
        ("T5 below", T5, use(("charge", 60, 30)), "8", "8.85"),
        ("T6", tariff(charging("2.00", step=60)), use(("charge", 150, 9), ("park", 60, 0)), "5", "5.5"),
        ("T7", T7, use(("charge", 150, 9), ("park", 42, 0)), "11.25", "12.75"),
        ("T8", tariff(charging("1.90", "5.2", 300)), use(("charge", 150, 9)), "4.75", "4.997"),
        ("T9", tariff(flat("0.50"), energy("0.25", "10", 100)), use(("charge", 60, "20.45")), "5.625", "6.2375"),
        ("T10", T10, use(at_16_a(165), ("park", 42, 0), at=f"{MONDAY} 09:30"), "9", "10.3"),
        ("T12", tariff(flat("0.00")), use(("charge", 60, 20)), "0", "0"),
        ("T13", T13, use(("charge", 60, 20), reservation=reserved(15)), "6.75", "7.6"),
        ("T14", T14, use(("charge", 60, 20), reservation=reserved(13)), "8.75", "10"),
        ("T17", T17, use(("charge", 10, 1), ("park", 2, 0), at=f"{MONDAY} 16:55"), "0.55", "0.55"),
        ("T18", T17, use(("charge", 35, 1), at=f"{MONDAY} 16:35"), "1.3", "1.3"),
        ("T20", T20, use(("charge", 60, "4.3"), ("charge", 30, "1.1"), at=f"{MONDAY} 16:00"), "1.184", "1.184"),
        ("T23", T23, use(("charge", 10, 1), ("charge", 50, 40), ("charge", "7.5", "0.5")), "20.3", "20.3"),
        ("T25 step 1", tariff(energy("0.25", "0")), use(("charge", 1, "0.1152")), "0.029", "0.029"),
        ("T25 step 25", tariff(energy("0.25", "0", 25)), use(("charge", 1, "0.1152")), "0.03125", "0.03125"),
        ("T25 step 500", tariff(energy("0.25", "0", 500)), use(("charge", 1, "0.1152")), "0.125", "0.125"),
        ("T26 without", tariff(charging("2.00", None), currency="CAD"), use(("charge", 150, 9)), "5", "5"),
        (
            "T26 with",
            tariff(charging("2.10", None), currency="CAD", taxes=Taxes.INCLUDED),
            use(("charge", 150, 9)),
            "5.25",
            "5.25",
        ),
        ("T27", T27, use(("park", 30, 0), ("park", 15, 0), ("charge", 60, 10)), "3.25", "3.5"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith("T") else "",
)
def test_worked_example_is_exact(case: str, prices: Tariff, usage: Usage, excl: str, incl: str) -> None:
    made = bill(prices, usage)
    assert exactly(made) == (excl, incl), case
    places = Decimal("0.01")
    assert abs(made.total.excl_vat - Decimal(excl)) <= places / 2
    assert abs(made.total.incl_vat - Decimal(incl)) <= places


# ---- what is easily got wrong


NIGHT = tariff(element(charging("6.00", "0"), start_time=time(2), end_time=time(3)), element(charging("1.00", "0")))
"""6.00 an hour from two to three at night, else 1.00."""


@pytest.mark.parametrize(
    ("at", "minutes", "excl"),
    [
        pytest.param("2026-03-28 01:00", 180, "8", id="an ordinary night: one hour"),
        pytest.param("2026-03-29 01:00", 120, "2", id="spring: there is no two o'clock"),
        pytest.param("2026-10-25 01:00", 240, "14", id="autumn: the hour comes twice"),
        pytest.param("2026-10-25 01:30", 150, "12.5", id="autumn: to the end of the second one"),
    ],
)
def test_time_of_day_is_that_of_the_wall_clock(at: str, minutes: int, excl: str) -> None:
    assert exactly(bill(NIGHT, use(("charge", minutes, 0), at=at)))[0] == excl


@pytest.mark.parametrize(
    ("start", "end", "at", "excl"),
    [
        pytest.param(time(2, 30), time(4), "2026-03-29 01:00", "5", id="a start that the clock skips: from three on"),
        pytest.param(time(1), time(2, 30), "2026-03-29 01:00", "5", id="an end that the clock skips: up to two"),
    ],
)
def test_bound_that_the_clock_skips_is_when_it_is_set(start: time, end: time, at: str, excl: str) -> None:
    prices = tariff(element(charging("5.00", "0"), start_time=start, end_time=end))
    assert exactly(bill(prices, use(("charge", 120, 0), at=at)))[0] == excl


def test_window_past_midnight_holds_on_both_sides_of_it() -> None:
    prices = tariff(element(charging("2.00", "0"), start_time=time(22), end_time=time(6)), charging("1.00", "0"))
    assert exactly(bill(prices, use(("charge", 600, 0), at=f"{MONDAY} 21:00")))[0] == "18"


def test_window_past_midnight_ends_with_its_date() -> None:
    until = date(2026, 3, 3)
    prices = tariff(element(charging("2.00", "0"), start_time=time(22), end_time=time(6), end_date=until))
    # From 22:00 to 24:00 of the second: the third does not belong to it any more.
    assert exactly(bill(prices, use(("charge", 600, 0), at=f"{MONDAY} 21:00")))[0] == "4"


def test_midnight_as_an_end_is_the_end_of_the_day() -> None:
    prices = tariff(element(charging("2.00", "0"), start_time=time(20), end_time=time(0)))
    assert exactly(bill(prices, use(("charge", 360, 0), at=f"{MONDAY} 19:00")))[0] == "8"


@pytest.mark.parametrize(
    ("restrictions", "excl"),
    [
        pytest.param({"start_date": date(2026, 3, 3)}, "1", id="a start date is inclusive"),
        pytest.param({"end_date": date(2026, 3, 3)}, "1", id="an end date is exclusive, at local midnight"),
        pytest.param({"start_date": date(2026, 3, 3), "end_date": date(2026, 3, 3)}, "0", id="never"),
        pytest.param({"weekdays": frozenset({0})}, "1", id="Monday ends at local midnight"),
        pytest.param({"weekdays": frozenset({0, 1})}, "2", id="both days"),
    ],
)
def test_dates_and_weekdays_change_at_local_midnight(restrictions: dict[str, Any], excl: str) -> None:
    prices = tariff(element(charging("1.00", "0"), **restrictions))
    assert exactly(bill(prices, use(("charge", 120, 0), at=f"{MONDAY} 23:00")))[0] == excl


def test_energy_at_a_boundary_of_time_is_interpolated() -> None:
    prices = tariff(element(energy("0.20", "0"), end_time=time(17)), element(energy("0.40", "0")))
    made = bill(prices, use(("charge", 60, 10), at=f"{MONDAY} 16:45"))
    assert [(line.quantity, line.unit_price) for line in made.lines] == [
        (Decimal("2.5"), Decimal("0.20")),
        (Decimal("7.5"), Decimal("0.40")),
    ]


def test_boundary_of_energy_inside_one_interval_is_interpolated() -> None:
    prices = tariff(element(energy("0.10", "0"), max_kwh=Decimal(4)), element(energy("0.50", "0"), min_kwh=Decimal(4)))
    assert exactly(bill(prices, use(("charge", 60, 10))))[0] == "3.4"


def test_time_after_a_boundary_of_energy_is_interpolated() -> None:
    prices = tariff(element(charging("0.00", "0"), max_kwh=Decimal(5)), element(charging("6.00", "0")))
    # 5 of 20 kWh have flowed after a quarter of the hour.
    assert exactly(bill(prices, use(("charge", 60, 20))))[0] == "4.5"


def test_boundary_of_a_third_is_exact() -> None:
    prices = tariff(element(charging("0.00", "0"), max_kwh=Decimal(1)), element(charging("3.00", "0")))
    assert exactly(bill(prices, use(("charge", 60, 3))))[0] == "2"


def test_length_counts_from_the_start_of_the_session() -> None:
    prices = tariff(element(parking("0", "0"), max_duration=3600), element(parking("6.00", "0"), min_duration=3600))
    # 50 min of charging, 10 of parking free, 20 priced.
    assert exactly(bill(prices, use(("charge", 50, 10), ("park", 30, 0))))[0] == "2"


@pytest.mark.parametrize(
    ("amperes", "excl"), [(Fraction(47), "1"), (Fraction(48), "2"), (Fraction(3 * 16), "2"), (None, "0")]
)
def test_current_is_the_sum_of_the_phases(amperes: Fraction | None, excl: str) -> None:
    prices = tariff(
        element(charging("1.00", "0"), max_current=Decimal(48)), element(charging("2.00", "0"), min_current=Decimal(48))
    )
    made = bill(prices, use(("charge", 60, 10, {"current_a": amperes})))
    assert exactly(made)[0] == excl
    assert ("current_unknown" in {warning.code for warning in made.warnings}) is (amperes is None)


@pytest.mark.parametrize(("kwh", "excl"), [("10.999", "1.0999"), ("11", "2.2"), ("22", "4.4")])
def test_power_is_the_mean_of_an_interval_where_none_is_told(kwh: str, excl: str) -> None:
    prices = tariff(
        element(energy("0.10", "0"), max_power=Decimal(11)), element(energy("0.20", "0"), min_power=Decimal(11))
    )
    assert exactly(bill(prices, use(("charge", 60, kwh))))[0] == excl


def test_dimensions_may_come_from_different_elements() -> None:
    prices = tariff(element(energy("0.30", "0")), element(energy("9.99", "0"), charging("1.20", "0")))
    assert exactly(bill(prices, use(("charge", 60, 10))))[0] == "4.2"


def test_of_two_flat_fees_the_first_alone_is_owed() -> None:
    assert exactly(bill(tariff(element(flat("1", "0")), element(flat("2", "0"))), use(("charge", 5, 1))))[0] == "1"


def test_flat_fee_of_the_evening_is_not_owed_twice() -> None:
    prices = tariff(element(flat("1", "0"), end_time=time(17)), element(flat("2", "0")))
    assert exactly(bill(prices, use(("charge", 60, 1), at=f"{MONDAY} 16:30")))[0] == "1"


def test_flat_fee_is_owed_when_its_element_begins_to_hold() -> None:
    prices = tariff(element(flat("1", "0"), min_kwh=Decimal(10)))
    assert exactly(bill(prices, use(("charge", 30, 9))))[0] == "0"
    assert exactly(bill(prices, use(("charge", 60, 11))))[0] == "1"


def test_step_of_energy_is_that_of_its_last_price_where_the_end_is_free() -> None:
    prices = tariff(element(energy("1.00", "0", 1000), max_kwh=Decimal(2)))
    made = bill(prices, use(("charge", 60, "1.5"), ("charge", 60, 5)))
    assert exactly(made)[0] == "2"
    made = bill(prices, use(("charge", 60, "1.5")))
    assert exactly(made)[0] == "2"


def test_step_is_applied_once_to_the_whole_session() -> None:
    prices = tariff(energy("1.00", "0", 1000))
    assert exactly(bill(prices, use(("charge", 30, "1.5"), ("charge", 30, "1.5"))))[0] == "3"


def test_step_of_charging_holds_where_it_comes_after_parking() -> None:
    prices = tariff(charging("6.00", "0", 600), parking("6.00", "0", 600))
    # 5 min parked as they are, 5 min charged are ten.
    assert exactly(bill(prices, use(("park", 5, 0), ("charge", 5, 1))))[0] == "1.5"


@pytest.mark.parametrize(
    ("kwh", "owed_is"),
    [
        pytest.param(30, ("9.50", "10.50"), id="the limit with tax binds first"),
        pytest.param(20, ("7.00", "8.00"), id="neither binds"),
        pytest.param(80, ("10.00", "10.50"), id="both bind"),
    ],
)
def test_greatest_price_holds_with_and_without_tax(kwh: int, owed_is: tuple[str, str]) -> None:
    prices = tariff(energy("0.25", "10"), flat("2.00", "25"), max_price=limit("10", "10.5"))
    assert owed(bill(prices, use(("charge", 60, kwh)))) == owed_is


@pytest.mark.parametrize(
    ("greatest", "owed_is"),
    [
        pytest.param(limit("5", None), ("5.00", "5.50"), id="the sum with tax follows"),
        pytest.param(limit(None, "5.5"), ("5.00", "5.50"), id="the sum without tax follows"),
    ],
)
def test_limit_of_one_sum_moves_the_other(greatest: Limit, owed_is: tuple[str, str]) -> None:
    assert owed(bill(tariff(energy("0.25"), max_price=greatest), use(("charge", 60, 80)))) == owed_is


def test_least_price_of_a_reservation_alone() -> None:
    prices = tariff(
        element(charging("1.00", "20"), reservation=ReservationRule.EXPIRED),
        element(energy("0.30", "20"), flat("1.00", "20")),
        min_price=limit("2.00", "2.40"),
    )
    start = datetime(2026, 3, 2, 11, tzinfo=UTC)
    made = bill(prices, Usage(start=start, periods=(), zone=BERLIN, reservation=reserved(30, is_expired=True)))
    assert owed(made) == ("2.00", "2.40")
    assert [(line.description, line.amount) for line in made.lines] == [
        ("Reservation time", Decimal("0.50")),
        ("Minimum price", Decimal("1.50")),
    ]


def test_least_price_where_nothing_was_used_has_the_tax_of_the_tariff() -> None:
    prices = tariff(energy("0.30", "19"), min_price=limit("1.00", None))
    assert owed(bill(prices, use(("charge", 1, 0)))) == ("1.00", "1.19")


@pytest.mark.parametrize(
    ("is_expired", "excl"), [pytest.param(False, "2.5", id="used"), pytest.param(True, "3", id="nobody came")]
)
def test_expired_reservation_has_prices_of_its_own(is_expired: bool, excl: str) -> None:
    prices = tariff(
        element(charging("5.00", "0"), flat("0", "0"), reservation=ReservationRule.USED),
        element(charging("6.00", "0"), reservation=ReservationRule.EXPIRED),
    )
    reservation = reserved(30, is_expired=is_expired)
    made = bill(prices, Usage(start=reservation.end, periods=(), zone=BERLIN, reservation=reservation))
    assert exactly(made)[0] == excl


def test_prices_of_sessions_do_not_hold_for_reservations_nor_the_reverse() -> None:
    made = bill(tariff(charging("9.00", "0")), use(("charge", 60, 1), reservation=reserved(60)))
    assert exactly(made)[0] == "9"
    made = bill(T13, use(("charge", 60, 0)))
    assert [line.description for line in made.lines] == ["Start fee"]


def test_energy_that_the_car_gives_back_is_no_negative_price() -> None:
    made = bill(tariff(energy("1.00", "0", 1000)), use(("charge", 30, "2.5"), ("charge", 30, "-4")))
    assert exactly(made)[0] == "3"
    assert "export_unpriced" in {warning.code for warning in made.warnings}


@pytest.mark.parametrize(
    ("currency", "kwh", "owed_is"),
    [
        ("JPY", "10", ("345", "380")),  # tax of 34.5 is 35 yen
        ("KWD", "1.2345", ("42.608", "46.869")),  # 1,235 Wh: a step is one
        ("EUR", "0.0001", ("0.03", "0.03")),
    ],
)
def test_amounts_are_rounded_to_the_currency(currency: str, kwh: str, owed_is: tuple[str, str]) -> None:
    assert owed(bill(tariff(energy("34.5"), currency=currency), use(("charge", 60, kwh)))) == owed_is


def test_tariff_without_a_price_for_it_is_free_and_says_so() -> None:
    made = bill(tariff(element(energy("0.30", "0"), weekdays=WEEKEND)), use(("charge", 60, 10)))
    assert owed(made) == ("0.00", "0.00")
    assert made.lines == ()
    assert "no_price" in {warning.code for warning in made.warnings}


def test_session_that_begins_outside_the_validity_is_priced_and_says_so() -> None:
    prices = tariff(energy("0.30", "0"), valid_from=datetime(2026, 3, 3, tzinfo=UTC))
    made = bill(prices, use(("charge", 24 * 60, 10)))
    assert (owed(made)[0], {warning.code for warning in made.warnings}) == ("3.00", {"not_valid_then"} | _NO_TIME)


_NO_TIME = {"no_price"}
"""Time without a price."""


def test_prices_with_tax_are_taken_as_they_are() -> None:
    made = bill(tariff(energy("0.49", "19"), taxes=Taxes.INCLUDED), use(("charge", 60, 10)))
    assert owed(made) == ("4.12", "4.90")


def test_tax_is_rounded_once_per_rate() -> None:
    prices = tariff(energy("0.03", "7"), charging("0.03", "7"), flat("0.03", "7"))
    # 7 % of each line would be nothing three times; of 0.09 it is 0.0063, a cent.
    assert owed(bill(prices, use(("charge", 60, 1)))) == ("0.09", "0.10")


def test_price_that_does_not_say_its_tax_has_none_and_says_so() -> None:
    made = bill(tariff(energy("1", None)), use(("charge", 60, 1)))
    assert owed(made) == ("1.00", "1.00")
    assert "vat_missing" in {warning.code for warning in made.warnings}
    assert "vat_missing" not in {
        warning.code for warning in bill(tariff(energy("1", None), taxes=Taxes.NONE), use(("charge", 60, 1))).warnings
    }


def test_lines_add_up_to_what_is_owed() -> None:
    made = bill(T5, use(("charge", 60, 50)))
    assert [(line.description, line.amount) for line in made.lines] == [
        ("Energy", Decimal("12.50")),
        ("Start fee", Decimal("0.50")),
        ("Maximum price", Decimal("-3.00")),
    ]


def test_interval_without_a_length_is_priced_by_its_volumes() -> None:
    start = datetime(2026, 3, 2, 11, tzinfo=UTC)
    period = Period(start=start, end=start, energy_kwh=Fraction(10), time_h=Fraction(1))
    prices = tariff(element(energy("0.10", "0"), max_kwh=Decimal(5)), element(energy("0.20", "0"), charging("1", "0")))
    assert exactly(bill(prices, Usage(start=start, periods=(period,), zone=BERLIN)))[0] == "2.5"
