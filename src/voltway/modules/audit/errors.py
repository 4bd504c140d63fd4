"""What can go wrong with the audit log, in words for the caller."""

from voltway.kernel.errors import NotFound, TooMany


class EntryNotFound(NotFound):
    """No such entry in the operator's audit log."""

    title = "Audit entry not found"


class VerificationRuns(TooMany):
    """This process verifies an audit log already; that reads all of it, so one at a time."""

    title = "Another verification is running"
