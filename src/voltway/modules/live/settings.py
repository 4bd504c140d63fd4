"""Settings of the live module."""

from voltway.kernel.module import Settings


class LiveSettings(Settings):
    """`live.…`"""

    watchers_max: int = 1000
    """How many pages may be open at once in one process."""
    verified_every_s: float = 5.0
    """So often it is looked whether an open page may still see what it sees."""
