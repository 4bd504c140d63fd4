"""What can go wrong in the documents module."""

from voltway.kernel.errors import NotFound, Problem


class DocumentNotFound(NotFound):
    """There is no such document, or not for the caller."""

    title = "Document not found"


class EntityNotFound(NotFound):
    """There is no such legal entity."""

    title = "Legal entity not found"


class CustomerNotFound(NotFound):
    """There is no such customer."""

    title = "Customer not found"


class PrefixTaken(Problem):
    """Another legal entity of the operator has numbers that begin like this."""

    status = 409
    title = "Number prefix is taken"


class PrefixInUse(Problem):
    """Documents were numbered with this prefix: it stays."""

    status = 409
    title = "Number prefix is in use"


class NoAddress(Problem):
    """Nobody is known to whom the document could be sent."""

    status = 409
    title = "No e-mail address is known"


class NoInvoiceFile(NotFound):
    """There is no electronic invoice of this document: it is not for a business, or lacks what the standard asks for."""

    title = "No electronic invoice"


class TokenTaken(Problem):
    """Another customer pays what this token charges."""

    status = 409
    title = "Token belongs to another customer"
