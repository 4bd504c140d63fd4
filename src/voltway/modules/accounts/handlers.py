"""What the accounts module listens to: its own requests that must look alike from outside, and log-ins from new browsers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from voltway.contracts.accounts import AccountWanted, EmailChangeWanted, MemberRemoved, PasswordForgotten
from voltway.kernel import clock
from voltway.kernel.auth import accounts, tickets
from voltway.kernel.auth.callers import Verified
from voltway.kernel.auth.devices import NewDeviceSeen
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.accounts import store
from voltway.modules.accounts.mailing import mail, mail_account, public_url

REGISTRATION, RESET, EMAIL_CHANGE = "registration", "password_reset", "email_change"
"""Kinds of tickets: links in mails."""
LIFETIMES = {REGISTRATION: timedelta(hours=24), RESET: timedelta(hours=1), EMAIL_CHANGE: timedelta(hours=24)}
MAILS_AN_HOUR_MAX = 3
"""To one address, of one kind: somebody who asks for more fills no mailbox."""


async def on_member_removed(runtime: Runtime, tx: Tx, events: Sequence[MemberRemoved]) -> None:
    """Somebody works here no longer: machines that they let in are out, with their tokens."""
    for event in events:
        for client_id in await store.clients_made_by(tx, event.account_id):
            await store.change_client(tx, client_id, revoked_at=clock.now())
            await store.end_tokens(tx, client_id)
    tx.after_commit(runtime.state(Verified).forget)


async def on_account_wanted(runtime: Runtime, tx: Tx, events: Sequence[AccountWanted]) -> None:
    """Mail the link that proves the address; or, where it has an account, mail its owner."""
    url = public_url(runtime)
    for event in events:
        about = tickets.hash_of(event.email, runtime.secret)
        if not await _may_mail(tx, REGISTRATION, about):
            continue
        wanted = {
            "email": event.email,
            "name": event.name,
            "locale": event.locale,
            "time_zone": event.time_zone,
            "operator_id": event.operator_id,
            "consents": event.consents,
        }
        lifetime = LIFETIMES[REGISTRATION]
        token = await tickets.issue(tx, REGISTRATION, about, runtime.secret, lifetime, content=wanted)
        known = {"operator_id": event.operator_id, "locale": event.locale, "name": event.name}
        await _mail_link(tx, url, "verify", event.email, **known, expires_at=clock.now() + lifetime, token=token)


async def on_password_forgotten(runtime: Runtime, tx: Tx, events: Sequence[PasswordForgotten]) -> None:
    """Mail the link to whoever has the account; if nobody does, nothing."""
    for event in events:
        account = await accounts.find_by_email(tx, event.email)
        if account is None or not account.is_active or not await _may_mail(tx, RESET, account.id):
            continue
        lifetime = LIFETIMES[RESET]
        token = await tickets.issue(tx, RESET, account.id, runtime.secret, lifetime)
        expires_at = clock.now() + lifetime
        mail_account(tx, public_url(runtime), "reset", account, expires_at=expires_at, token=token)


async def on_email_change_wanted(runtime: Runtime, tx: Tx, events: Sequence[EmailChangeWanted]) -> None:
    """Mail the link that proves the new address; or, where it has an account, mail its owner."""
    url, lifetime = public_url(runtime), LIFETIMES[EMAIL_CHANGE]
    for event in events:
        account = await accounts.get(tx, event.account_id)
        if not account.is_active or not await _may_mail(tx, EMAIL_CHANGE, account.id):
            continue
        content = {"email": event.email}
        token = await tickets.issue(tx, EMAIL_CHANGE, account.id, runtime.secret, lifetime, content=content)
        known = {"operator_id": account.operator_id, "locale": account.locale, "name": account.name}
        await _mail_link(tx, url, "email_confirm", event.email, **known, expires_at=clock.now() + lifetime, token=token)


async def on_new_device(runtime: Runtime, tx: Tx, events: Sequence[NewDeviceSeen]) -> None:
    """Tell the owner."""
    for event in events:
        account = await accounts.get(tx, event.account_id)
        if account.is_active:
            device = event.user_agent or "?"
            mail_account(tx, public_url(runtime), "new_device", account, device=device, address=event.address)


async def _mail_link(tx: Tx, url: str, kind: str, email: str, **said: Any) -> None:
    """Mail a link to an address; to one that has an account, that somebody tried: only its owner hears of it."""
    owner = await accounts.find_by_email(tx, email)
    if owner is not None:
        mail_account(tx, url, "exists", owner)
    else:
        mail(tx, url, kind, email, **said)


async def _may_mail(tx: Tx, kind: str, about: str) -> bool:
    return await tickets.count_since(tx, kind, about, timedelta(hours=1)) < MAILS_AN_HOUR_MAX
