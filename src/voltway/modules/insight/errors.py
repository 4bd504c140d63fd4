"""What can go wrong with figures, in words for the caller."""

from voltway.kernel.errors import Forbidden


class WholeNetworkOnly(Forbidden):
    """These figures are of all locations; the caller may see some."""

    title = "The overview is of the whole network"
