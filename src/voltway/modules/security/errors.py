"""What can go wrong here, in a form that the caller can understand."""

from __future__ import annotations

from voltway.kernel.errors import InvalidField, NotFound, Problem


class CertificateNotFound(NotFound):
    """No such certificate, or somebody else's."""

    title = "Certificate not found"


class SecurityEventNotFound(NotFound):
    """No such security event, or somebody else's."""

    title = "Security event not found"


class RegistrationTokenNotFound(NotFound):
    """No such registration token, or somebody else's."""

    title = "Registration token not found"


class AuthorityNotFound(Problem):
    """We have no authority of that kind: the certificate must be given."""

    status = 409
    title = "No authority of that kind"


class CertificateNotIssued(Problem):
    """There is nothing to revoke."""

    status = 409
    title = "Certificate was not issued"


class LocationUnknown(InvalidField):
    """The location of a template is not there."""

    title = "Location is unknown"


class SigningRequestRefused(Exception):
    """A station's request is not one that we certify; the text says why."""
