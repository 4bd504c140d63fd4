"""What can go wrong here."""

from voltway.kernel.errors import NotFound, Problem


class StationNotFound(NotFound):
    """No such charging station, or somebody else's."""

    title = "Charging station not found"


class PlaceNotFound(Problem):
    """No such place is published."""

    status = 404
    title = "There is no such place"


class PriceWithoutCurrency(Problem):
    """A price that does not say in which currency."""

    status = 422
    title = "This price has no currency"


class BadBox(Problem):
    """A part of the map that is none."""

    status = 422
    title = "This is no part of a map"
