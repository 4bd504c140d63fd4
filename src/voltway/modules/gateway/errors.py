"""What can go wrong here, in a form that the caller can understand."""

from __future__ import annotations

from voltway.kernel.errors import NotFound, Problem, TooMany


class StationNotFound(NotFound):
    """No such charging station, or somebody else's."""

    title = "Charging station not found"


class CommandNotSupported(Problem):
    """The station's protocol, or the station itself, cannot do what was ordered."""

    status = 409
    title = "The station cannot do this"


class StationRejected(Problem):
    """Nothing may be sent to a station whose registration is rejected (OCPP 2.0.1, B03.FR.03)."""

    status = 409
    title = "The station's registration is rejected"


class CallQueueFull(TooMany):
    """A station answers one call at a time, and too many wait for their turn already."""

    title = "Too many calls wait for this station"
