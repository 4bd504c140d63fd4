"""What an EVSE is, by what its connectors say."""

from __future__ import annotations

import pytest

from voltway.modules.stations.handlers.evses import _views
from voltway.modules.stations.store.stations import ConnectorRow, EvseRow, Layout


def layout(*statuses: str | None) -> Layout:
    """An EVSE with connectors that say this."""
    connectors = [
        ConnectorRow("s", 1, number, f"c{number}", status, status, None, None, None, None)
        for number, status in enumerate(statuses, start=1)
    ]
    return Layout([EvseRow("s", 1, None, None)], connectors)


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        (("Available",), "Available"),
        (("Available", "Occupied"), "Occupied"),  # one car at a time
        (("Available", "Reserved"), "Reserved"),
        (("Faulted", "Available"), "Available"),  # the other one is good
        (("Faulted", "Unavailable"), "Unavailable"),
        ((None, "Faulted"), "Faulted"),
        ((None,), None),
        ((), None),
    ],
)
def test_an_evse_is_what_the_connector_that_says_most_is(statuses: tuple[str | None, ...], status: str | None) -> None:
    (view,) = _views("s", "CS1", layout(*statuses), is_online=True, settings={})
    assert view.status == status
    assert view.can_reserve
    assert view.connector_types == tuple(f"c{number}" for number in range(1, len(statuses) + 1))


def test_a_station_that_says_it_reserves_nothing_is_believed() -> None:
    said = {(None, "SupportedFeatureProfiles"): "Core,SmartCharging"}
    (view,) = _views("s", "CS1", layout("Available"), is_online=True, settings=said)
    assert not view.can_reserve
