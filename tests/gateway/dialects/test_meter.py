"""Numbers of meters: what a text or a float with a unit is worth, to the watt-hour."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltway.contracts.vocabulary import MeterSample
from voltway.modules.gateway.dialects.meter import samples_2, samples_16, scaled
from voltway.wire.ocpp import v16, v21, v201

from .builders import NOON  # noqa: TID252  (tests are not installed)

REGISTERS = st.decimals(min_value=0, max_value=99_999_999, allow_nan=False, places=6)
TIME = "2026-03-01T12:00:00Z"


def sampled_16(value: str, **fields: object) -> MeterSample:
    meter_value = v16.MeterValue(timestamp=TIME, sampled_value=[v16.SampledValue(value=value, **fields)])  # type: ignore[arg-type]
    flags: list[str] = []
    (sample,) = samples_16([meter_value], NOON, flags)
    assert flags == []
    return sample


@given(REGISTERS)
def test_kilowatt_hours_in_a_text_are_exact_and_rounded_half_even_once(kwh: Decimal) -> None:
    expected = int((kwh * 1000).quantize(Decimal(1), ROUND_HALF_EVEN))
    assert sampled_16(str(kwh), unit=v16.UnitOfMeasure.kWh).energy_wh == expected
    assert sampled_16(f"{kwh:E}", unit=v16.UnitOfMeasure.kWh).energy_wh == expected


@given(REGISTERS)
def test_kilowatt_hours_in_a_number_are_worth_its_shortest_text(kwh: Decimal) -> None:
    number = float(kwh)
    value = v201.SampledValue(value=number, unit_of_measure=v201.UnitOfMeasure(unit="kWh"))
    (sample,) = samples_2([v201.MeterValue(timestamp=TIME, sampled_value=[value])], NOON, [])
    assert sample.energy_wh == int((Decimal(repr(number)) * 1000).quantize(Decimal(1), ROUND_HALF_EVEN))


@pytest.mark.parametrize(
    ("text", "exponent", "number"),
    [
        ("7.36", 3, 7360.0),
        ("0.07", 3, 70.0),
        (" 12 ", 0, 12.0),
        ("-3.5", 0, -3.5),
        ("1.5E3", 3, 1_500_000.0),
        ("1234", -1, 123.4),
        ("", 0, None),
        ("kaputt", 3, None),
        ("1_000", 0, None),
        ("1_000", 3, None),
        ("nan", 0, None),
        ("-inf", 0, None),
        ("Infinity", 3, None),
        ("1e400", 0, None),
        ("12,5", 0, None),
        ("1", 10**18, None),
        ("1E5", 10**18, None),
        ("9007199254740993", 0, None),
    ],
)
def test_a_text_is_a_number_or_nothing(text: str, exponent: int, number: float | None) -> None:
    assert scaled(text, exponent) == number


@pytest.mark.parametrize("measurand", v16.Measurand)
def test_every_measurand_in_every_unit_is_kept_somewhere(measurand: v16.Measurand) -> None:
    for unit in (None, *v16.UnitOfMeasure):
        value = v16.SampledValue(value="20", measurand=measurand, unit=unit)
        (sample,) = samples_16([v16.MeterValue(timestamp=TIME, sampled_value=[value])], NOON, [])
        numbers = [sample.energy_wh, sample.power_w, sample.current_a, sample.voltage_v, sample.soc_percent]
        assert len([number for number in numbers if number is not None]) + len(sample.extra or {}) == 1


@pytest.mark.parametrize("messages", [v201, v21], ids=["2.0.1", "2.1"])
def test_every_word_of_2_is_understood(messages: object) -> None:
    words = messages.MeasurandEnum, messages.PhaseEnum, messages.LocationEnum, messages.ReadingContextEnum  # type: ignore[attr-defined]
    for measurand in words[0]:
        for phase in (None, *words[1]):
            for location in (None, *words[2]):
                for context in (None, *words[3]):
                    value = messages.SampledValue(  # type: ignore[attr-defined]
                        value=20.0, measurand=measurand, phase=phase, location=location, context=context
                    )
                    (sample,) = samples_2([v201.MeterValue(timestamp=TIME, sampled_value=[value])], NOON, [])
                    assert sample.context == (context or "Sample.Periodic")
                    assert sample.location == ("Outlet" if measurand == "SoC" else location or "Outlet")


def test_neutral_and_line_to_line_count_neither_as_power_nor_as_voltage() -> None:
    value = [
        v16.SampledValue(value="10", measurand=v16.Measurand.Current_Import, phase=v16.Phase.N),
        v16.SampledValue(value="400", measurand=v16.Measurand.Voltage, phase=v16.Phase.L1_L2),
    ]
    (sample,) = samples_16([v16.MeterValue(timestamp=TIME, sampled_value=value)], NOON, [])
    assert (sample.current_a, sample.voltage_v) == (None, None)
    assert sample.phases == {"Current.Import": {"N": 10.0}, "Voltage": {"L1-L2": 400.0}}


def test_words_leave_as_plain_texts() -> None:
    sample = sampled_16(
        "1",
        context=v16.ReadingContext.Transaction_End,
        location=v16.Location.Inlet,
        measurand=v16.Measurand.Frequency,
    )
    assert type(sample.context) is str
    assert type(sample.location) is str
    assert [type(name) for name in sample.extra or {}] == [str]
