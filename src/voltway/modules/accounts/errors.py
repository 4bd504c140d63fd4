"""What can go wrong with accounts, in words for the caller."""

from voltway.kernel.errors import Forbidden, InvalidField, NotFound, Problem, Unauthenticated


class LinkNotGood(InvalidField):
    """The link's token has been used, has ended, or was never given out. Which of them is not said."""

    title = "Link is not good any more"


class ProofNotGood(Unauthenticated):
    """The code, the passkey or the password does not prove who somebody is; or it was used before, or came too late."""

    title = "Proof is not good"


class PasswordNotEnough(Forbidden):
    """The operator's policy wants a second factor of this role, and the account has one."""

    title = "A password is not enough"


class PeopleOnly(Forbidden):
    """This is about one's own account, and an API key has none."""

    title = "Only people have an account"


class WrongCode(InvalidField):
    """The authenticator app shows another code, or this one was used already."""

    title = "Code is wrong"


class PasskeyRefused(InvalidField):
    """The passkey's answer does not fit what was asked: the challenge, the site, or its signature."""

    title = "Passkey is refused"


class PasskeyNotFound(NotFound):
    """No such passkey, or it is somebody else's."""

    title = "Passkey not found"


class SessionNotFound(NotFound):
    """No such log-in, or it is somebody else's."""

    title = "Log-in not found"


class DeviceNotFound(NotFound):
    """No such device, or it is somebody else's."""

    title = "Device not found"


class NothingToConfirm(Problem):
    """No authenticator app waits to be confirmed."""

    status = 409
    title = "No authenticator app waits to be confirmed"


class FactorNeeded(Problem):
    """Recovery codes stand in for a second factor, and there is none."""

    status = 409
    title = "There is no second factor"


class TooManyPasskeys(Problem):
    """An account has at most as many passkeys as this."""

    status = 409
    title = "Account has enough passkeys"


class LastAdministrator(Problem):
    """The operator would be left without an administrator. Make another one first."""

    status = 409
    title = "Last administrator"


class ClientNotFound(NotFound):
    """No such OAuth client, or it is another operator's."""

    title = "OAuth client not found"


class ProviderNotFound(NotFound):
    """No such log-in provider is set up."""

    title = "Log-in provider not found"


class RegistrationClosed(NotFound):
    """Drivers cannot register themselves on this installation."""

    title = "Registration is closed"
