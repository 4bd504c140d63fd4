"""What can go wrong here, in a form that the caller can understand."""

from __future__ import annotations

from voltway.kernel.errors import NotFound


class StationNotFound(NotFound):
    """No such charging station, or somebody else's."""

    title = "Charging station not found"
