"""What others ask of the notify module: messages to people."""

from __future__ import annotations

import hashlib

from voltway.kernel.bus.event import Event


class MailWanted(Event, frozen=True, kw_only=True, gc=False):
    """A mail that somebody shall get. Publish it in the transaction that is the reason for it: it leaves after the commit, is
    tried again until the mail server takes it, and is lost with a transaction that is rolled back. Whoever composes it
    writes in the language of the reader."""

    mail_id: str
    """Unique, at most 200 characters: a mail that is asked for twice is sent once."""
    kind: str
    """What it is about, for filters and statistics: `account.verify`, `incident.raised` …"""
    to: str
    """One address, in ASCII before the @."""
    subject: str
    """One line of at most 200 characters."""
    text: str
    """Plain text, at most 16,000 characters; links stand on lines of their own."""
    expires_at: str | None = None
    """RFC 3339: after this the mail is of no use (a link in it has ended) and is dropped. Its text is erased when it has left."""

    def key(self) -> str:
        # An address is longer than a key, and a person's.
        return hashlib.sha256(self.to.casefold().encode()).hexdigest()


class PushWanted(Event, frozen=True, kw_only=True, gc=False):
    """A short message that all devices of an account shall show now, if it has any that may. As `MailWanted` it leaves after the
    commit; one that nobody fetches until it expires is lost: what must arrive is a mail."""

    account_id: str
    tag: str
    """What it is about (`booking:<id>`), at most 100 characters: a message replaces an earlier one of the same tag."""
    title: str
    text: str
    """At most 600 characters are shown, in the reader's language."""
    path: str
    """What opens when it is pressed, within the app: `#/bookings`."""
    expires_at: str
    """RFC 3339."""

    def key(self) -> str:
        return self.account_id
