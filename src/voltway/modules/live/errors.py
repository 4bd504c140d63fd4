"""What can go wrong with live updates, in words for the caller."""

from voltway.kernel.errors import Unavailable


class TooManyWatchers(Unavailable):
    """The process holds as many open pages as it may."""

    title = "Too many pages are open"
