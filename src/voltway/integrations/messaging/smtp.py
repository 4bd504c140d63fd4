"""Mails to an SMTP server, several over one connection.

A server that takes a mail answers for it. Between its word and our note of it lies a moment in which this process may die:
then the mail is sent again, with the same Message-ID. SMTP has no way to know better (RFC 5321 §4.2.5, §6.1).
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

import aiosmtplib

from voltway.integrations.messaging.mail import TAKEN, Fate, Mail, Verdict, address_of, to_message

PORTS = {"smtp": 587, "smtps": 465}
PERMANENT = range(500, 600)
"""RFC 5321 §4.2.1: 4yz may be tried again, 5yz must not be."""
REASON_LENGTH_MAX = 300


@dataclass(frozen=True)
class SmtpServer:
    """Where, and as whom. Where TLS is not spoken from the first byte on, STARTTLS is demanded unless `may_be_plain`."""

    host: str
    port: int
    uses_tls: bool
    may_be_plain: bool
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    authorities_file: str = ""
    timeout_s: float = 20.0


def server_at(url: str, is_here: Callable[[str], bool], user: str = "", password: str = "") -> SmtpServer:
    """The server of `smtp://HOST:PORT` (STARTTLS) or `smtps://HOST:PORT` (TLS); the log-in may stand in it. `is_here` says
    whether a host is this machine, where nobody listens on the line. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("write smtp://HOST:PORT or smtps://HOST:PORT")
    named, word = user or unquote(parts.username or ""), password or unquote(parts.password or "")
    return SmtpServer(
        host=parts.hostname,
        port=parts.port or PORTS[parts.scheme],
        uses_tls=parts.scheme == "smtps",
        may_be_plain=is_here(parts.hostname),
        user=named or None,
        password=word or None,
    )


class SmtpSender:
    """Speaks to one server."""

    def __init__(self, server: SmtpServer) -> None:
        self.server = server

    def text_of(self, mail_id: str) -> str | None:
        return None

    def forget(self, mail_id: str) -> None:
        pass

    async def try_out(self, timeout_s: float) -> str:
        """Connect and log in as for a mail, and leave again. Why that does not go, else nothing."""
        client = self._client()
        try:
            await client.connect(timeout=timeout_s)
        except (aiosmtplib.SMTPException, OSError) as error:
            return _reason(error)
        finally:
            await _leave(client)
        return ""

    async def send(self, mails: Sequence[Mail]) -> AsyncIterator[tuple[Mail, Verdict]]:
        waiting = list(mails)
        client = self._client()
        try:
            await client.connect()
            while waiting:
                verdict = await self._send_one(client, waiting[0])
                yield waiting.pop(0), verdict
        except (aiosmtplib.SMTPException, OSError) as error:  # the server is away, or wants nothing of us
            for mail in waiting:
                yield mail, Verdict(Fate.LATER, _reason(error))
        finally:
            await _leave(client)

    def _client(self) -> aiosmtplib.SMTP:
        server = self.server
        context = ssl.create_default_context()
        if server.authorities_file:
            context.load_verify_locations(server.authorities_file)
        # On this machine TLS is spoken where an authority was named for it.
        is_tls_started = not server.uses_tls and (not server.may_be_plain or bool(server.authorities_file))
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            timeout=server.timeout_s,
            use_tls=server.uses_tls,
            start_tls=is_tls_started,
            tls_context=context,
        )

    async def _send_one(self, client: aiosmtplib.SMTP, mail: Mail) -> Verdict:
        """Raises SMTPException or OSError if the connection is of no use any more."""
        try:
            content = to_message(mail).as_bytes()
            await client.sendmail(address_of(parseaddr(mail.sender)[1]), [address_of(mail.to)], content)
        except ValueError as error:
            return Verdict(Fate.NEVER, str(error))
        except aiosmtplib.SMTPRecipientsRefused as refused:
            return _verdict(refused.recipients[0].code, str(refused.recipients[0].message))
        except aiosmtplib.SMTPDataError as refused:
            return _verdict(refused.code, refused.message)
        except aiosmtplib.SMTPSenderRefused as refused:  # our setting is wrong: the mail is not to blame
            return Verdict(Fate.LATER, _reason(refused))
        return TAKEN


def _verdict(code: int, message: str) -> Verdict:
    fate = Fate.NEVER if code in PERMANENT else Fate.LATER
    return Verdict(fate, f"{code} {message}"[:REASON_LENGTH_MAX])


def _reason(error: BaseException) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {error.message}"[:REASON_LENGTH_MAX]
    return (str(error) or type(error).__name__)[:REASON_LENGTH_MAX]


async def _leave(client: aiosmtplib.SMTP) -> None:
    try:
        if client.is_connected:
            await client.quit()
    except (aiosmtplib.SMTPException, OSError):
        client.close()
