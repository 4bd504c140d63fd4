"""Mails of the module: what `notify` is asked to send."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from voltway.contracts.notify import MailWanted
from voltway.kernel import clock
from voltway.kernel.clock import to_rfc3339
from voltway.kernel.database import Tx
from voltway.kernel.http.settings import HttpSettings
from voltway.kernel.ids import new_id
from voltway.kernel.runtime import Runtime
from voltway.modules.accounts import texts


def public_url(runtime: Runtime) -> str:
    """Where people reach this server; no slash at the end."""
    return (runtime.settings(HttpSettings).public_url or runtime.own_url or "http://localhost").rstrip("/")


def mail(
    tx: Tx,
    url: str,
    kind: str,
    to: str,
    *,
    operator_id: str,
    locale: str,
    name: str,
    expires_at: datetime | None = None,
    **places: str,
) -> None:
    """Have a mail sent, if this transaction commits."""
    text = texts.compose(kind, locale, url=url, name=name, **places)
    tx.publish(
        MailWanted(
            operator_id=operator_id,
            at=clock.now(),
            mail_id=new_id(),
            kind=f"account.{kind}",
            to=to,
            subject=text.subject,
            text=text.body,
            expires_at=None if expires_at is None else to_rfc3339(expires_at),
        )
    )


def mail_account(
    tx: Tx, url: str, kind: str, account: Any, *, expires_at: datetime | None = None, **places: str
) -> None:
    """Have a mail sent to the owner of an account's row."""
    mail(
        tx,
        url,
        kind,
        account.email,
        operator_id=account.operator_id,
        locale=account.locale,
        name=account.name,
        expires_at=expires_at,
        **places,
    )
