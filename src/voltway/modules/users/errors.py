"""What can go wrong with tokens, in words for the caller."""

from voltway.kernel.errors import InvalidField, NotFound, Problem, TooMany


class IdTokenNotFound(NotFound):
    """No such token, or not the caller's."""

    title = "Token not found"


class IdTokenExists(Problem):
    """Another token has this value and kind."""

    status = 409
    title = "There is a token with this value already"


class WrongCode(InvalidField):
    """No card waits for this activation code: it is not known, was used, or has expired. Which of them is not said."""

    title = "The activation code is not good"


class TooManyCodes(TooMany):
    """Too many wrong activation codes."""

    title = "Too many wrong codes"


class AutoChargeOff(Problem):
    """The operator does not know cars by their address, or the driver has not allowed it."""

    status = 409
    title = "AutoCharge is off"


class TokenHasOwner(Problem):
    """A card that is somebody's gets no activation code."""

    status = 409
    title = "The token is somebody's"


class QuotaNotFound(NotFound):
    """The group or driver has no quota."""

    title = "Quota not found"


class CsvTooLarge(Problem):
    """More than an import takes."""

    status = 413
    title = "The file is too large"


class BadCsv(InvalidField):
    """The file is no table of tokens."""

    title = "The file cannot be read"


class StationNotFound(NotFound):
    """No such charging station, or not the caller's."""

    title = "Charging station not found"
