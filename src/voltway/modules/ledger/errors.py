"""What can go wrong with the ledger and the settlement with hosts, in words for the caller."""

from voltway.kernel.errors import NotFound, Problem, TooMany


class LedgerVerificationRuns(TooMany):
    """This process verifies a ledger already; that reads all of it, so one at a time."""

    title = "Another verification is running"


class DifferenceNotFound(NotFound):
    """No such difference, or not the caller's."""

    title = "Difference not found"


class DifferenceClosed(Problem):
    """A difference that is resolved or gone stays so."""

    status = 409
    title = "The difference is closed"


class HostNotFound(NotFound):
    """No such site host, or not the caller's."""

    title = "Host not found"


class AgreementTaken(Problem):
    """A location has one agreement from a day on; another one needs another day."""

    status = 409
    title = "There is an agreement from this day on"


class AgreementTooLate(Problem):
    """An agreement cannot hold in a month that is closed."""

    status = 409
    title = "The month is closed"


class StatementNotFound(NotFound):
    """No such statement, or not the caller's."""

    title = "Statement not found"


class StatementClosed(Problem):
    """A month is closed once."""

    status = 409
    title = "The statement is closed already"


class MonthNotOver(Problem):
    """A month is closed when it is over."""

    status = 409
    title = "The month is not over"


class BatchNotFound(NotFound):
    """No such payout batch, or not the caller's."""

    title = "Payout batch not found"


class NothingToPay(Problem):
    """Statements that are in another batch, owe nothing, or are in another currency."""

    status = 409
    title = "A statement cannot be paid in this batch"


class BatchNotInState(Problem):
    """The batch is approved, rejected or paid already, or not approved yet."""

    status = 409
    title = "The batch is in another state"


class SamePerson(Problem):
    """Four eyes: who made a batch does not approve it."""

    status = 409
    title = "Somebody else must approve it"


class DebtorMissing(Problem):
    """The settings do not say from which account hosts are paid."""

    status = 409
    title = "No account to pay from"
