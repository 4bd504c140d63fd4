"""What can go wrong with a session, in words for the caller."""

from voltway.kernel.errors import NotFound, Problem


class SessionNotFound(NotFound):
    """No such session, or not the caller's."""

    title = "Session not found"


class StationNotFound(NotFound):
    """No such charging station, or somebody else's."""

    title = "Charging station not found"


class NotUnderReview(Problem):
    """Nobody waits for a person to look at it."""

    status = 409
    title = "Session is not held for review"


class SessionHasEnded(Problem):
    """It is over already."""

    status = 409
    title = "Session has ended"
