"""Settings of the live module."""

from voltway.kernel.module import Settings


class LiveSettings(Settings):
    """`live.…`"""

    watchers_max: int = 1000
    """How many pages may be open at once in one process."""
