"""What can go wrong here, in a form that the caller can understand."""

from __future__ import annotations

from voltway.kernel.errors import InvalidField, NotFound, Problem


class IncidentNotFound(NotFound):
    """No such incident, or somebody else's."""

    title = "Incident not found"


class RuleNotFound(NotFound):
    """There is no such rule."""

    title = "Rule not found"


class PolicyNotFound(NotFound):
    """No such notification policy, or somebody else's."""

    title = "Notification policy not found"


class IncidentMoved(Problem):
    """The incident is not in a state from which it can be moved like this."""

    status = 409
    title = "Incident is in another state"


class SubjectOpenAgain(Problem):
    """What this incident is about was found again meanwhile, and has an open incident of its own."""

    status = 409
    title = "There is a newer open incident of the same"


class TooManyPolicies(Problem):
    """The operator has as many policies as it may."""

    status = 409
    title = "Too many notification policies"


class BadField(InvalidField):
    """A field holds something that it must not."""
