"""Mails on their way: queued by an event, sent by a job, tried again until somebody takes them or nobody will."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from voltway.integrations.messaging.folder import FolderSender
from voltway.integrations.messaging.mail import Fate, Mail, MailSender, Verdict, to_message
from voltway.integrations.messaging.smtp import SmtpSender, server_at
from voltway.kernel import clock
from voltway.kernel.errors import StartUpError
from voltway.kernel.request import is_loopback
from voltway.kernel.runtime import Runtime
from voltway.modules.notify import rules
from voltway.modules.notify.rules import MailState
from voltway.modules.notify.settings import NotifySettings
from voltway.modules.notify.store import mails as store

log = structlog.get_logger()

BATCH = 20
LEASE = timedelta(minutes=5)
"""How long an attempt is a process's own; one that has died meanwhile is made up for by another."""
FAILED_TEXT_KEPT = timedelta(days=7)
"""How long a mail that nobody took can be sent again."""


class Sending:
    """Through what this process sends (Runtime.state)."""

    def __init__(self) -> None:
        self.sender: MailSender | None = None


def open_sender(runtime: Runtime) -> None:
    """Choose the adapter by the settings. Raises StartUpError for settings with which no mail could leave."""
    settings = runtime.settings(NotifySettings)
    probe = Mail("probe", settings.sender, "probe@localhost", "probe", "", clock.now())
    try:
        to_message(probe)
    except (ValueError, IndexError) as error:
        raise StartUpError(f"notify.sender must be an e-mail address: {error}.") from error
    runtime.state(Sending).sender = smtp_sender(settings) if settings.smtp_url else FolderSender(folder_of(runtime))


def folder_of(runtime: Runtime) -> Path:
    """Where mails lie if there is no mail server."""
    named = runtime.settings(NotifySettings).mail_dir
    return Path(named) if named else (runtime.data_dir or Path()) / "mail"


def sender_of(runtime: Runtime) -> MailSender:
    """Through what this process sends."""
    sending = runtime.state(Sending)
    if sending.sender is None:
        open_sender(runtime)
    return sending.sender or FolderSender(folder_of(runtime))


def smtp_sender(settings: NotifySettings) -> SmtpSender:
    """Who speaks to the mail server of the settings. Raises StartUpError for settings that cannot be meant."""
    password = settings.smtp_password
    if settings.smtp_password_file:
        try:
            password = Path(settings.smtp_password_file).read_text(encoding="utf-8").partition("\n")[0].strip()
        except (OSError, UnicodeDecodeError) as error:
            raise StartUpError(f"notify.smtp_password_file cannot be read: {error}.") from error
    try:
        server = server_at(settings.smtp_url, is_loopback, settings.smtp_user, password)
    except ValueError as error:
        raise StartUpError(f"notify.smtp_url is wrong: {error}.") from error
    if settings.smtp_authorities_file and not Path(settings.smtp_authorities_file).is_file():
        raise StartUpError("notify.smtp_authorities_file is not there.")
    return SmtpSender(
        replace(server, authorities_file=settings.smtp_authorities_file, timeout_s=settings.smtp_timeout_s)
    )


async def send_due(runtime: Runtime) -> None:
    """A job: one attempt at each mail that is due. What became of it is written down before the next one leaves."""
    now = clock.now()
    async with runtime.database.read() as tx:
        due = await store.find_due(tx, now, BATCH)
    if not due:
        return
    patience = timedelta(hours=runtime.settings(NotifySettings).mail_hours)
    claimed: dict[str, store.Row] = {}
    async with runtime.database.begin() as tx:
        for row in due:
            if row.expires_at is not None and row.expires_at <= now:
                await store.change(tx, row.id, _ended(MailState.DROPPED, "it is of no use any more"))
            elif await store.claim(tx, row, now + LEASE):
                claimed[row.id] = row
    sender = runtime.settings(NotifySettings).sender
    mails = [
        Mail(row.id, sender, row.recipient, row.subject, row.text or "", row.created_at) for row in claimed.values()
    ]
    async for mail, verdict in sender_of(runtime).send(mails):
        row = claimed[mail.id]
        async with runtime.database.begin() as tx:
            await store.change(tx, mail.id, _outcome(row, verdict, patience))
        log.info("mail.tried", mail_id=mail.id, kind=row.kind, fate=verdict.fate.value, reason=verdict.reason)


def _outcome(row: store.Row, verdict: Verdict, patience: timedelta) -> dict[str, Any]:
    if verdict.fate is Fate.TAKEN:
        return _ended(MailState.SENT, None)
    failed = {**_ended(MailState.FAILED, verdict.reason), "text": row.text}  # kept, so that it can be sent again
    if verdict.fate is Fate.NEVER:
        return failed
    at = rules.next_attempt(row.attempts + 1, row.queued_at, clock.now(), patience)
    return failed if at is None else {"next_attempt_at": at, "last_error": verdict.reason[:300]}


def _ended(state: MailState, reason: str | None) -> dict[str, Any]:
    return {
        "state": state.value,
        "text": None,
        "next_attempt_at": None,
        "last_error": reason and reason[:300],
        "finished_at": clock.now(),
    }


async def forget_old(runtime: Runtime) -> None:
    """A job: mails that are older than they are to be kept, with their files."""
    days = timedelta(days=runtime.settings(NotifySettings).mail_days)
    sender = sender_of(runtime)
    while True:
        async with runtime.database.begin() as tx:
            await store.erase_texts(tx, clock.now() - FAILED_TEXT_KEPT)
            gone = await store.forget(tx, clock.now() - days)
        _forget(sender, gone)
        if len(gone) < store.PURGE_ROWS:
            return


def _forget(sender: MailSender, ids: Sequence[str]) -> None:
    for mail_id in ids:
        sender.forget(mail_id)
