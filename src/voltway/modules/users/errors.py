"""What can go wrong with tokens, in words for the caller."""

from voltway.kernel.errors import NotFound, Problem


class IdTokenNotFound(NotFound):
    """No such token, or not the caller's."""

    title = "Token not found"


class IdTokenExists(Problem):
    """Another token has this value and kind."""

    status = 409
    title = "There is a token with this value already"


class StationNotFound(NotFound):
    """No such charging station, or not the caller's."""

    title = "Charging station not found"
