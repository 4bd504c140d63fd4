"""A real SMTP server on loopback, which does as the test tells it."""

from __future__ import annotations

import asyncio
import ssl
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

OK, CUT = "250 OK", "the line is cut"


class MailServer:
    """`await start()`; `taken` are the mails that it has said 250 to."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None) -> None:
        self.taken: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.connections = 0
        self.log_ins: list[tuple[str, str]] = []
        self.to_recipient: list[str] = []
        """What is answered to the next RCPT commands; then 250."""
        self.to_content: list[str] = []
        """The same for the mails' contents; CUT: the line is cut instead."""
        self.port = 0
        self._tls, self._starttls = tls, starttls
        self._server: asyncio.Server | None = None
        self._open: set[SMTP] = set()

    async def start(self) -> MailServer:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._conversation, "127.0.0.1", self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def kill(self) -> None:
        """Gone, with every connection."""
        assert self._server is not None
        for conversation in tuple(self._open):
            if conversation.transport is not None:
                conversation.transport.abort()
        self._server.close()
        await self._server.wait_closed()

    def _conversation(self) -> SMTP:
        self.connections += 1
        conversation = SMTP(
            self,
            hostname="mail.example",
            tls_context=self._starttls,
            require_starttls=self._starttls is not None,
            authenticator=self._authenticate,
            auth_required=False,
            auth_require_tls=False,
            enable_SMTPUTF8=False,
        )
        self._open.add(conversation)
        return conversation

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.log_ins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password == b"right", handled=False)

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.to_recipient.pop(0) if self.to_recipient else OK
        if answer == OK:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.to_content.pop(0) if self.to_content else OK
        if answer == CUT:
            server.transport.abort()
            return OK
        if answer == OK:
            assert isinstance(envelope.content, bytes)
            message = BytesParser(policy=default).parsebytes(envelope.content)
            assert isinstance(message, EmailMessage)
            self.taken.append(message)
            self.recipients.extend(envelope.rcpt_tos)
        return answer
