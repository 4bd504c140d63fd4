"""What can go wrong here, in a form that the caller can understand."""

from __future__ import annotations

from voltway.kernel.errors import NotFound, Problem


class TemplateNotFound(NotFound):
    """No such template, or somebody else's."""

    title = "Provisioning template not found"


class StationNotFound(NotFound):
    """No such charging station, or somebody else's."""

    title = "Charging station not found"


class NameTaken(Problem):
    """Another template has this name."""

    status = 409
    title = "Name is taken"


class NoTemplateFits(Problem):
    """No template is for a station like this one."""

    status = 409
    title = "No template fits"
