"""What can go wrong when somebody says who they are."""

from __future__ import annotations

from voltway.kernel.errors import Forbidden, InvalidField, NotFound, Problem, TooMany, Unauthenticated


class WrongCredentials(Unauthenticated):
    """No account has this e-mail address and this password. Which of the two is wrong is not said."""

    title = "E-mail address or password is wrong"


class PermissionMissing(Forbidden):
    """The caller's role does not include this."""

    title = "The role does not include this"


class OperatorSuspended(Unauthenticated):
    """The caller's operator is suspended: nobody of theirs is let in."""

    title = "Operator is suspended"


class BoundToLocations(Forbidden):
    """The caller is bound to some locations, and this is of all of the operator's."""

    title = "Only for who sees the whole network"


class SecondFactorRequired(Unauthenticated):
    """The password is right, and this account has a second factor. Send `context.ticket` with a code, a recovery code or a
    passkey to `POST /api/v1/login/second-factor`; `context.methods` says what the account has."""

    title = "Second factor needed"


class StepUpRequired(Forbidden):
    """This needs a proof of who one is that is not older than ten minutes: `POST /api/v1/me/step-up`, then repeat it."""

    title = "Prove again who you are"


class MfaSetupRequired(Forbidden):
    """The operator demands a second factor of this role, and the time to set one up is over."""

    title = "Second factor must be set up"


class CsrfTokenMissing(Forbidden):
    """A write with the session cookie needs the header X-CSRF-Token; `GET /api/v1/me` tells its value."""

    title = "CSRF token is missing or wrong"


class TooManyFailures(TooMany):
    """Too many failed log-ins of this account from this address; another address is not held up."""

    title = "Too many failed log-ins"


class TooManyLogIns(TooMany):
    """More log-ins are waiting to be checked than the machine can check in a few seconds."""

    title = "Too many log-ins at once"


class OperatorNotFound(NotFound):
    """No operator has this slug."""

    title = "Operator not found"


class BadSlug(InvalidField):
    """This cannot be the short name of an operator."""

    title = "Slug is wrong"


class SlugTaken(Problem):
    """There is an operator with this slug."""

    status = 409
    title = "Slug is taken"


class AccountNotFound(NotFound):
    """No such account, or it is another operator's."""

    title = "Account not found"


class ApiKeyNotFound(NotFound):
    """No such API key, or it is another operator's."""

    title = "API key not found"


class EmailTaken(Problem):
    """There is an account with this e-mail address."""

    status = 409
    title = "E-mail address has an account already"


class BadEmail(InvalidField):
    """This is not an e-mail address."""

    title = "E-mail address is wrong"


class WeakPassword(InvalidField):
    """The password is too short or among those that are tried first."""

    title = "Password is too weak"
