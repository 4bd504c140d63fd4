"""What can go wrong here, in a form that the caller can understand."""

from __future__ import annotations

from voltway.kernel.errors import NotFound, Problem


class CampaignNotFound(NotFound):
    """No such firmware campaign, or somebody else's."""

    title = "Firmware campaign not found"


class CampaignOver(Problem):
    """What is over cannot be begun, paused or stopped."""

    status = 409
    title = "Firmware campaign is over"
