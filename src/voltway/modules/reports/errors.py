"""What can go wrong here, in a form that the caller can understand."""

from __future__ import annotations

from voltway.kernel.errors import NotFound, Problem


class ReportNotFound(NotFound):
    """There is no report of this kind."""

    title = "There is no such report"


class GroupNotKnown(Problem):
    """The report cannot be grouped by this, or covers too long a time for it."""

    status = 422
    title = "Report cannot be made like this"


class ReportTooLarge(Problem):
    """The report would have more lines than one answer may."""

    status = 422
    title = "Report is too large"


class ScheduleNotFound(NotFound):
    """No such schedule, or somebody else's."""

    title = "Schedule not found"


class ExcludedTimeNotFound(NotFound):
    """No such excluded time, or somebody else's."""

    title = "Excluded time not found"


class PlaceNotFound(NotFound):
    """No such location, station or EVSE, or somebody else's."""

    title = "Place not found"
