"""Messages that are shown: which take the place of which."""

from __future__ import annotations

from voltway.station.ocpp.display import MESSAGES_MAX, Display, Message


def a_message(number: int, priority: str = "NormalCycle") -> Message:
    return Message(number=number, priority=priority, content="Hello")


def test_the_newest_message_that_is_always_in_front_takes_the_place_of_the_other() -> None:
    """OCPP 2.0.1 O01.FR.07."""
    display = Display()
    for message in (a_message(1, "AlwaysFront"), a_message(2), a_message(3, "AlwaysFront")):
        assert display.set(message, []) == "Accepted"
    assert sorted(display.messages) == [2, 3]


def test_a_display_has_its_bound_but_a_message_can_always_be_replaced() -> None:
    display = Display()
    for number in range(MESSAGES_MAX):
        assert display.set(a_message(number), []) == "Accepted"
    assert display.set(a_message(MESSAGES_MAX), []) == "Rejected"
    assert display.set(a_message(0), []) == "Accepted"
