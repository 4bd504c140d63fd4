"""Settings of the detection module."""

from pydantic import Field

from voltway.kernel.module import Settings


class DetectionSettings(Settings):
    """`detection.…`"""

    reopen_within_s: int = Field(default=3600, ge=0, le=30 * 86_400)
    """What is found again so soon after its incident was closed takes that one up again."""
    rebuild_s: int = Field(default=86_400, ge=0, le=86_400)
    """How far back events are read at a start, so that no window is lost by it; the outbox keeps a day."""
    rebuild_events_max: int = Field(default=500_000, ge=0)
    """No more events than the last so many are read back."""
    sample_s: int = Field(default=30, ge=1, le=3600)
    """How often what changes without an event is looked at: listeners and their backlogs."""
    policies_max: int = Field(default=100, ge=1, le=1000)
    """Of one operator."""
