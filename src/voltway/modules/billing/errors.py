"""What can go wrong with tariffs, in words for the caller."""

from voltway.kernel.errors import NotFound, Problem


class TariffNotFound(NotFound):
    """No such tariff, or not the caller's."""

    title = "Tariff not found"


class TariffRefused(Problem):
    """A tariff that cannot be meant: the findings say which element, and why."""

    status = 422
    title = "The tariff cannot be meant like this"


class CdrNotFound(NotFound):
    """No such CDR, or not the caller's."""

    title = "CDR not found"


class NotMetered(Problem):
    """A session cannot be counted again."""

    status = 409
    title = "What was metered is not there"


class CdrCredited(Problem):
    """A CDR that was taken back before."""

    status = 409
    title = "The CDR was taken back already"


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


class WebPaymentNotFound(NotFound):
    """No such payment on the web."""

    title = "Payment not found"


class WebPaymentTaken(Problem):
    """A payment that was made before, and with another reference."""

    status = 409
    title = "The payment is made already"
