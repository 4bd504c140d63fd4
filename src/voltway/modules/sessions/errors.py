"""What can go wrong with a session, in words for the caller."""

from voltway.kernel.errors import NotFound, Problem


class SessionNotFound(NotFound):
    """No such session, or not the caller's."""

    title = "Session not found"


class SessionHasEnded(Problem):
    """It is over already."""

    status = 409
    title = "Session has ended"
