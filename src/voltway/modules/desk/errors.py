"""What can go wrong here, in a form that the caller can understand."""

from __future__ import annotations

from voltway.kernel.errors import NotFound, Problem, TooMany


class TicketNotFound(NotFound):
    """No such ticket, or somebody else's."""

    title = "Ticket not found"


class PhotoNotFound(NotFound):
    """Nobody has added a photo, or it has been forgotten."""

    title = "Photo not found"


class PhotoRefused(Problem):
    """It is too large, or no picture."""

    status = 422
    title = "Photo cannot be kept"


class PhotoTooLate(Problem):
    """The ticket is solved."""

    status = 409
    title = "Report is settled"


class TooManyReports(TooMany):
    """Too many reports from one address."""

    title = "Too many reports"
