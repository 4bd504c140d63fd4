"""The port through which mails leave, and what a mail looks like on the way."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from enum import StrEnum
from typing import Protocol

ADDRESS_LENGTH_MAX = 254
SUBJECT_LENGTH_MAX = 200

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
"""The ASCII addresses without quotes of RFC 5321 §4.1.2: nothing that could end a header or a command."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True)
class Mail:
    """A mail that is on its way. `id` is unique; `at` is when it was asked for."""

    id: str
    sender: str
    """`noreply@example.com` or `Voltway <noreply@example.com>`."""
    to: str
    subject: str
    text: str
    at: datetime


class Fate(StrEnum):
    """What became of an attempt."""

    TAKEN = "taken"
    """Somebody else answers for it now."""
    LATER = "later"
    """Not now; the next attempt may do."""
    NEVER = "never"
    """Nobody will take this mail."""


@dataclass(frozen=True)
class Verdict:
    """How an attempt ended, and why."""

    fate: Fate
    reason: str = ""


TAKEN = Verdict(Fate.TAKEN)


class MailSender(Protocol):
    """Sends mails. For each one a verdict comes as soon as it is known: whoever asks writes it down before the next leaves."""

    def send(self, mails: Sequence[Mail]) -> AsyncIterator[tuple[Mail, Verdict]]:
        """Try each mail once. Raises nothing: what goes wrong is a verdict."""
        ...

    def text_of(self, mail_id: str) -> str | None:
        """The text of a mail that was taken, if it can still be read here."""
        ...

    def forget(self, mail_id: str) -> None:
        """Remove what is kept here of a mail."""
        ...


def address_of(text: str) -> str:
    """The address in ASCII, with the domain in its ASCII form. Raises ValueError for what no server could be told."""
    local, _, domain = text.strip().rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode() if not domain.isascii() else domain
    except UnicodeError:
        raise ValueError("this is no e-mail address") from None
    address = f"{local}@{ascii_domain}"
    if len(address) > ADDRESS_LENGTH_MAX or not _ADDRESS.fullmatch(address) or ".." in address:
        raise ValueError("this is no e-mail address")
    return address


def check_subject(subject: str) -> None:
    """Raise ValueError for a subject that is none, or would be more than one header."""
    if not subject or len(subject) > SUBJECT_LENGTH_MAX or _CONTROL.search(subject):
        raise ValueError("a subject is one line of at most 200 characters")


def to_message(mail: Mail) -> EmailMessage:
    """The mail as it is sent. Its Message-ID is the same at each attempt: whoever gets a mail twice can see that it is one.

    Raises ValueError for an address or a subject that cannot stand in a header.
    """
    name, sender = parseaddr(mail.sender)
    check_subject(mail.subject)
    if _CONTROL.search(mail.sender):
        raise ValueError("the sender is one line")
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(name, addr_spec=address_of(sender))
    message["To"] = Address(addr_spec=address_of(mail.to))
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.at)
    message["Message-ID"] = f"<{mail.id}@{address_of(sender).rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5: no answers of machines
    message.set_content(mail.text, cte="quoted-printable")
    return message
