"""What can go wrong with tariffs, in words for the caller."""

from voltway.kernel.errors import NotFound, Problem


class TariffNotFound(NotFound):
    """No such tariff, or not the caller's."""

    title = "Tariff not found"


class TargetNotFound(Problem):
    """A tariff cannot be assigned to what is not there."""

    status = 422
    title = "The tariff cannot be assigned to this"


class SettlementNotFound(NotFound):
    """No such settlement, or not the caller's."""

    title = "Settlement not found"


class WebPaymentRefused(Problem):
    """The address of a QR code that does not hold, or not any more."""

    status = 403
    title = "The code is not valid"
