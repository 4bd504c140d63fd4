"""What can go wrong here, in a form that the caller can understand."""

from __future__ import annotations

from voltway.kernel.errors import Forbidden, NotFound, Problem


class PeopleOnly(Forbidden):
    """Views are somebody's own, and an API key has no account."""

    title = "Only people have an account"


class ViewNotFound(NotFound):
    """No such saved view, or somebody else's."""

    title = "Saved view not found"


class TooManyViews(Problem):
    """An account keeps so many and no more."""

    status = 409
    title = "Too many saved views"


class BulkOrderNotFound(NotFound):
    """No such bulk order, or none of its stations is the caller's to see."""

    title = "Bulk order not found"
