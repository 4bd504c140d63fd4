"""Which tariffs a station can be told that computes the cost of a charge by itself (OCPP 2.1, block I), and of which it would
compute another cost than we do. Pure.

OCPP 2.1 says prices of energy, charging time, idle time and a fixed fee, each with conditions; the first that holds is taken, as
here. It has no steps, its prices are without taxes, the taxes of a price are those of its kind, and a fixed fee is decided at the
start. A tariff that needs more than that is told to no station.
Source: OCPP 2.1 part 2, block I §1.2, TariffType and TariffConditionsType.
"""

from __future__ import annotations

from collections.abc import Sequence

from voltway.charging.tariffs import ALWAYS, Component, Dimension, Element, Restrictions, Tariff, Taxes


def elements_of_a_charge(tariff: Tariff) -> Sequence[Element]:
    """What prices a charge; the rest prices reservations, which no station is told."""
    return [element for element in tariff.elements if element.restrictions.reservation is None]


def prices_of(tariff: Tariff, dimension: Dimension) -> list[tuple[Component, Restrictions]]:
    """The prices of a dimension in their order, up to the first that always holds: what stands behind it never does."""
    found: list[tuple[Component, Restrictions]] = []
    for element in elements_of_a_charge(tariff):
        component = element.component(dimension)
        if component is not None:
            found.append((component, element.restrictions))
            if element.restrictions == ALWAYS:
                break
    return found


def why_not(tariff: Tariff, *, conditions: bool = True, elements_max: int | None = None) -> str | None:
    """Why a station cannot be told a tariff, None if it can. `conditions`: whether it takes prices with conditions;
    `elements_max`: how many prices it takes."""
    prices = {dimension: prices_of(tariff, dimension) for dimension in Dimension}
    told = [price for found in prices.values() for price in found]
    if tariff.taxes is Taxes.INCLUDED and any(component.vat_percent for component, _ in told):
        return "its prices include VAT"
    if any(component.step_size > 1 for component, _ in told):
        return "it bills in steps"
    if any(len({component.vat_percent or 0 for component, _ in found}) > 1 for found in prices.values()):
        return "prices of one kind have different VAT"
    if any(restrictions != ALWAYS for _, restrictions in prices[Dimension.FLAT]):
        return "its flat price is not the same at every start"
    if tariff.valid_until is not None:
        return "it ends on a day"
    if not conditions and any(restrictions != ALWAYS for _, restrictions in told):
        return "the station takes no conditions"
    if elements_max is not None and len(told) > elements_max:
        return f"the station takes at most {elements_max} prices"
    return None
