"""What a station's device model declares it cannot do is refused with the reason; what it does not tell is tried."""

from __future__ import annotations

import pytest

from voltway.modules.stations import controllers
from voltway.modules.stations.errors import NotOffered

MESSAGE = {"format": "UTF8", "priority": "InFront", "state": "Idle"}


@pytest.mark.parametrize("kind", sorted(controllers.CONTROLLERS))
def test_a_controller_that_is_not_available_refuses_and_one_that_is_untold_does_not(kind: str) -> None:
    controllers.check(kind, MESSAGE, {})
    controllers.check(kind, MESSAGE, {"Available": "true"})
    with pytest.raises(NotOffered, match=controllers.CONTROLLERS[kind]):
        controllers.check(kind, MESSAGE, {"Available": "False"})


@pytest.mark.parametrize(
    ("declared", "is_offered"),
    [
        ({"SupportedFormats": "ASCII, utf8"}, True),
        ({"SupportedFormats": "ASCII"}, False),
        ({"SupportedPriorities": "InFront,NormalCycle"}, True),
        ({"SupportedPriorities": "AlwaysFront"}, False),
        ({"SupportedStates": "Charging"}, False),
        ({"SupportedStates": None}, True),
    ],
)
def test_a_message_is_refused_by_what_the_display_supports(declared: dict[str, str | None], is_offered: bool) -> None:
    if is_offered:
        controllers.check("set_display_message", MESSAGE, declared)
        return
    with pytest.raises(NotOffered, match="offers"):
        controllers.check("set_display_message", MESSAGE, declared)
