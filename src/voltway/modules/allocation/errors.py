"""What can go wrong here, in a form that the caller can understand."""

from __future__ import annotations

from voltway.kernel.errors import NotFound, Problem


class LocationNotFound(NotFound):
    """No such location, or somebody else's."""

    title = "Location not found"


class StationNotFound(NotFound):
    """No such charging station, or somebody else's."""

    title = "Charging station not found"


class LimitNotFound(NotFound):
    """The location has no limit."""

    title = "Location has no limit"


class ProfileNotFound(NotFound):
    """No such template of a charging profile."""

    title = "Charging profile not found"


class NameTaken(Problem):
    """Another template has this name."""

    status = 409
    title = "Name is taken"
