"""What can go wrong with reservations, in words for the caller."""

from voltway.kernel.errors import NotFound, Problem


class ReservationNotFound(NotFound):
    """No such reservation, or not the caller's."""

    title = "Reservation not found"


class StationNotFound(NotFound):
    """No such charging station, or not the caller's."""

    title = "Charging station not found"


class ReservationOver(Problem):
    """It has been used, has expired, was rejected or cancelled."""

    status = 409
    title = "Reservation is over"


class ReservationNotCancelled(Problem):
    """The charging station has not given it up."""

    status = 409
    title = "Reservation is not cancelled"


class LocationNotFound(NotFound):
    """No such location, or not the caller's."""

    title = "Location not found"


class NotBookable(Problem):
    """Nothing can be booked at this location."""

    status = 409
    title = "Location cannot be booked"


class SlotTaken(Problem):
    """No EVSE that suits is free for the whole slot."""

    status = 409
    title = "Slot is taken"


class TooManyBookings(Problem):
    """A driver has as many open bookings as the rules let one have."""

    status = 409
    title = "Too many open bookings"


class RulesChanged(Problem):
    """The rules are not those any more that the driver has seen. Show the new ones first."""

    status = 409
    title = "Rules have changed"


class TokenNeeded(Problem):
    """The driver has no token that a station could be told."""

    status = 409
    title = "A token is needed"


class BookingNotFound(NotFound):
    """No such booking, or not the caller's."""

    title = "Booking not found"


class BookingNotInState(Problem):
    """This cannot be done with the booking any more, or not yet."""

    status = 409
    title = "Not possible with this booking"


class NoQueue(Problem):
    """Nobody queues at this location."""

    status = 409
    title = "Location has no queue"


class QueueFull(Problem):
    """As many people wait as the rules let wait."""

    status = 409
    title = "Queue is full"


class AlreadyQueued(Problem):
    """One person has one place, wherever it is."""

    status = 409
    title = "Already in a queue"


class QueuePlaceNotFound(NotFound):
    """No such place in a queue, or not the caller's."""

    title = "Place in the queue not found"


class QueuePlaceNotInState(Problem):
    """This cannot be done with the place any more."""

    status = 409
    title = "Not possible with this place in the queue"
