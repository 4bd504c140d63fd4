"""REST of an operator's administrators: what log-ins need, who may log in, and OAuth clients."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends

from voltway.kernel import audit, clock
from voltway.kernel.auth import Principal, Role, accounts, recently_proved, visible
from voltway.kernel.auth.callers import Verified
from voltway.kernel.auth.errors import AccountNotFound, PermissionMissing
from voltway.kernel.auth.granting import require_key_grantable
from voltway.kernel.database import Tx
from voltway.kernel.http import Page, PageQuery, page_query
from voltway.kernel.runtime import Runtime
from voltway.kernel.secrets import derive_key, hash_secret, new_password
from voltway.modules.accounts import personal_data, service, store
from voltway.modules.accounts.people import Administrator, OpenTx, OurRuntime, ReadTx
from voltway.modules.accounts.schemas import (
    ActivityIn,
    ActivityOut,
    OAuthClientIn,
    OAuthClientOut,
    OAuthClientSecret,
    PolicyIn,
    PolicyOut,
)
from voltway.modules.accounts.settings import AccountsSettings
from voltway.modules.accounts.tables import oauth_clients

router = APIRouter(tags=["accounts"])

Proved = Annotated[Principal, Depends(recently_proved)]
SECRET_MARK = "vwcs_"


# ---- what log-ins need


@router.get("/log-in-policy")
async def get_log_in_policy(principal: Administrator, tx: ReadTx) -> PolicyOut:
    """Which roles of the operator need a second factor."""
    return _policy(await store.policy_of(tx, principal.operator_id))


@router.put("/log-in-policy")
async def set_log_in_policy(
    body: PolicyIn, principal: Administrator, _proved: Proved, tx: OpenTx, runtime: OurRuntime
) -> PolicyOut:
    """Say which roles need a second factor. People have the grace from now on, or from when their account was made; then nothing
    but their own account is open to them until they have one."""
    before = await store.policy_of(tx, principal.operator_id)
    values = {
        "mfa_roles": sorted({role.value for role in body.mfa_roles}),
        "mfa_grace_days": body.mfa_grace_days,
        "mfa_since": clock.now(),
    }
    await store.put_policy(tx, principal.operator_id, values)
    tx.after_commit(runtime.state(Verified).forget)
    after = await store.policy_of(tx, principal.operator_id)
    target = ("operator", principal.operator_id)
    audit.note(tx, principal, "log_in_policy.set", target, before=_said(before), after=_said(after))
    return _policy(after)


def _policy(row: Any | None) -> PolicyOut:
    if row is None:
        return PolicyOut(mfa_roles=[], mfa_grace_days=14, mfa_since=None)
    return PolicyOut(mfa_roles=row.mfa_roles, mfa_grace_days=row.mfa_grace_days, mfa_since=row.mfa_since)


def _said(row: Any | None) -> dict[str, Any] | None:
    return None if row is None else {"mfa_roles": row.mfa_roles, "mfa_grace_days": row.mfa_grace_days}


# ---- who may log in


@router.put("/accounts/{account_id}/activity")
async def set_account_activity(
    account_id: str, body: ActivityIn, principal: Administrator, _proved: Proved, tx: OpenTx, runtime: OurRuntime
) -> ActivityOut:
    """Switch an account off, which ends its log-ins at once, or on again."""
    account = await _account(tx, principal, account_id)
    if not body.is_active:
        await service.refuse_to_lose_the_last_administrator(tx, account)
    if account.is_active != body.is_active:
        await accounts.set_active(tx, account_id, is_active=body.is_active)
        tx.after_commit(runtime.state(Verified).forget)
        before, after = {"is_active": account.is_active}, {"is_active": body.is_active}
        target, action = ("account", account_id), "account.enabled" if body.is_active else "account.disabled"
        audit.note(tx, principal, action, target, before=before, after=after, reason=body.reason)
    return ActivityOut(id=account_id, is_active=body.is_active)


@router.post("/accounts/{account_id}/erasure", status_code=204)
async def erase_other_account(account_id: str, principal: Administrator, _proved: Proved, runtime: OurRuntime) -> None:
    """Erase a person who has asked the operator for it, as they could themselves. This cannot be taken back."""
    async with runtime.database.read() as tx:
        account = await _account(tx, principal, account_id)
    await personal_data.erase(runtime, account, principal)


async def _account(tx: Tx, principal: Principal, account_id: str) -> Any:
    """An account that an administrator may end. Raises AccountNotFound, PermissionMissing."""
    account = await accounts.get(tx, account_id)
    if account.operator_id != principal.operator_id or account.email == service.erased_address(account_id):
        raise AccountNotFound(f"There is no account {account_id}.")
    if account.role == Role.PLATFORM_ADMIN and principal.role is not Role.PLATFORM_ADMIN:
        raise PermissionMissing("Only a platform administrator ends another one's account.")
    return account


# ---- OAuth clients


@router.get("/oauth-clients")
async def list_oauth_clients(
    principal: Administrator, tx: ReadTx, page: Annotated[PageQuery, Depends(page_query)]
) -> Page[OAuthClientOut]:
    """The operator's OAuth clients that are not revoked, newest first."""
    table = oauth_clients
    statement = sa.select(table).where(visible(principal, table), table.c.revoked_at.is_(None))
    rows, next_cursor = await page.fetch(tx, statement, table.c.id)
    return Page(items=[OAuthClientOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.post("/oauth-clients", status_code=201)
async def add_oauth_client(
    body: OAuthClientIn, principal: Administrator, _proved: Proved, tx: OpenTx, runtime: OurRuntime
) -> OAuthClientSecret:
    """Make an OAuth client. Nobody can hand out more than they have."""
    await require_key_grantable(tx, principal, body.role, location_ids=body.location_ids, scopes=body.scopes)
    secret = _new_secret()
    row = await store.add_client(
        tx,
        {
            "operator_id": principal.operator_id,
            "name": body.name,
            "role": body.role.value,
            "scopes": sorted({scope.value for scope in body.scopes}),
            "location_ids": body.location_ids,
            "secret_hash": hash_secret(secret, client_key(runtime)),
            "created_by": principal.id,
        },
    )
    after = {"name": row.name, "role": row.role, "scopes": row.scopes, "location_ids": row.location_ids}
    audit.note(tx, principal, "oauth_client.made", ("oauth_client", row.id), after=after)
    return OAuthClientSecret(**OAuthClientOut.model_validate(row).model_dump(), client_secret=secret)


@router.post("/oauth-clients/{client_id}/rotation")
async def rotate_oauth_client(
    client_id: str, principal: Administrator, _proved: Proved, tx: OpenTx, runtime: OurRuntime
) -> OAuthClientSecret:
    """A new secret; the old one is good for a while longer (`accounts.oauth_secret_overlap_h`)."""
    row, secret = await store.get_client(tx, principal.operator_id, client_id), _new_secret()
    overlap = timedelta(hours=runtime.settings(AccountsSettings).oauth_secret_overlap_h)
    await store.change_client(
        tx,
        client_id,
        secret_hash=hash_secret(secret, client_key(runtime)),
        old_secret_hash=row.secret_hash,
        old_secret_until=clock.now() + overlap,
    )
    audit.note(tx, principal, "oauth_client.rotated", ("oauth_client", client_id))
    row = await store.get_client(tx, principal.operator_id, client_id)
    return OAuthClientSecret(**OAuthClientOut.model_validate(row).model_dump(), client_secret=secret)


@router.delete("/oauth-clients/{client_id}", status_code=204)
async def revoke_oauth_client(client_id: str, principal: Administrator, tx: OpenTx, runtime: OurRuntime) -> None:
    """End an OAuth client and all of its tokens, at once."""
    await store.get_client(tx, principal.operator_id, client_id)
    await store.change_client(tx, client_id, revoked_at=clock.now())
    await store.end_tokens(tx, client_id)
    tx.after_commit(runtime.state(Verified).forget)
    audit.note(tx, principal, "oauth_client.revoked", ("oauth_client", client_id))


def client_key(runtime: Runtime) -> bytes:
    """With what secrets of clients are hashed."""
    return derive_key(runtime.secret, "oauth-clients")


def _new_secret() -> str:
    return f"{SECRET_MARK}{new_password(40)}"
