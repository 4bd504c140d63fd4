"""What can go wrong with fleets, in words for the caller."""

from voltway.kernel.errors import InvalidField, NotFound, Problem


class FleetNotFound(NotFound):
    """No such fleet, or not the caller's."""

    title = "Fleet not found"


class FleetPartNotFound(NotFound):
    """The fleet has no such vehicle, cost centre or member."""

    title = "Not in this fleet"


class FleetInUse(Problem):
    """There is something in the fleet, or something of it must be kept."""

    status = 409
    title = "The fleet is in use"


class FleetPartInUse(Problem):
    """Vehicles or members of the fleet name it."""

    status = 409
    title = "In use in this fleet"


class ManagerNotFound(NotFound):
    """No such account and no such API key, or not the operator's."""

    title = "No such account"


class FleetPartExists(Problem):
    """Another vehicle of the fleet has this plate, or another cost centre this code."""

    status = 409
    title = "The fleet has this already"


class TokenInFleet(Problem):
    """A token is in one fleet only."""

    status = 409
    title = "The token is in another fleet"


class WrongFleetField(InvalidField):
    """A field names what the fleet does not have."""

    title = "The fleet does not have this"
