"""What can go wrong with payments, in words for the caller."""

from voltway.kernel.errors import InvalidField, NotFound, Problem, TooMany


class PaymentNotFound(NotFound):
    """No such payment, or not the caller's."""

    title = "Payment not found"


class MethodNotOffered(InvalidField):
    """No provider of this installation takes this way to pay."""

    title = "This way to pay is not offered"


class PlaceUnknown(NotFound):
    """No such station or EVSE to pay for."""

    title = "There is no such charging point"


class EvseBusy(Problem):
    """Somebody else charges or pays at this EVSE."""

    status = 409
    title = "This charging point is in use"


class NothingToPay(Problem):
    """No tariff holds at this EVSE, or it is in another currency."""

    status = 409
    title = "There is nothing to pay for here"


class PaymentNotInState(Problem):
    """The payment cannot do this now."""

    status = 409
    title = "The payment is not in a state for this"


class SignatureRefused(Problem):
    """A message of a payment provider that is not signed as agreed."""

    status = 403
    title = "The signature is not good"


class TooManyPayments(TooMany):
    """Too many payments are begun from this address."""

    title = "Too many payments from here"


class WalletNotFound(NotFound):
    """No such wallet, or not the caller's."""

    title = "Wallet not found"


class TopUpRefused(Problem):
    """A top-up beyond what is allowed."""

    status = 409
    title = "This top-up is not possible"


class AccountOfInvoicesNotFound(NotFound):
    """No such account that pays by invoice."""

    title = "Invoice account not found"


class VoucherNotFound(NotFound):
    """No such voucher."""

    title = "Voucher not found"


class CardNotFound(NotFound):
    """No such card that is kept, or not the caller's."""

    title = "Card not found"


class TooManyCards(Problem):
    """The account keeps as many cards as it may."""

    status = 409
    title = "No more cards can be kept"


class CardsUnavailable(Problem):
    """The provider that keeps cards gives no answer."""

    status = 503
    title = "Cards cannot be added at the moment"
