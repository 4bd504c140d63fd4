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
