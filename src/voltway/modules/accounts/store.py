"""All SQL of the accounts module on its own tables."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from voltway.kernel import bulk, clock
from voltway.kernel.auth.tables import accounts, api_keys, browser_sessions, devices, log_in_policies
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.kernel.secrets import derive_key
from voltway.modules.accounts.errors import ClientNotFound
from voltway.modules.accounts.tables import consents, identities, oauth_clients, passkeys, recovery_codes, totp

# ---- second factors


async def passkeys_of(tx: Tx, account_id: str) -> Sequence[Any]:
    """An account's passkeys, the oldest first."""
    statement = sa.select(passkeys).where(passkeys.c.account_id == account_id).order_by(passkeys.c.id)
    return (await tx.execute(statement)).all()


async def find_passkey(tx: Tx, credential_id: str) -> Any | None:
    """The passkey with this id (base64url)."""
    statement = sa.select(passkeys).where(passkeys.c.credential_key == _credential_key(credential_id))
    return (await tx.execute(statement)).one_or_none()


async def add_passkey(tx: Tx, account_id: str, credential_id: str, values: Mapping[str, Any]) -> Any | None:
    """Add a passkey; its row, or None if somebody has it already."""
    row = {
        "id": new_id(),
        "account_id": account_id,
        "credential_key": _credential_key(credential_id),
        "credential_id": credential_id,
        "created_at": clock.now(),
        "last_used_at": None,
        **values,
    }
    await bulk.insert_if_absent(tx, passkeys, [row])
    return (await tx.execute(sa.select(passkeys).where(passkeys.c.id == row["id"]))).one_or_none()


async def use_passkey(tx: Tx, row: Any, sign_count: int) -> bool:
    """Note that a passkey was used; False if its counter has moved meanwhile."""
    statement = sa.update(passkeys).where(passkeys.c.id == row.id, passkeys.c.sign_count == row.sign_count)
    used = await tx.execute(statement.values(sign_count=sign_count, last_used_at=clock.now()))
    return used.rowcount == 1


async def remove_passkey(tx: Tx, account_id: str, passkey_id: str) -> bool:
    """Whether there was such a passkey."""
    statement = sa.delete(passkeys).where(passkeys.c.id == passkey_id, passkeys.c.account_id == account_id)
    return (await tx.execute(statement)).rowcount == 1


async def find_totp(tx: Tx, account_id: str) -> Any | None:
    """An account's authenticator app, confirmed or not."""
    return (await tx.execute(sa.select(totp).where(totp.c.account_id == account_id))).one_or_none()


async def put_totp(tx: Tx, account_id: str, secret: bytes) -> None:
    """Begin with a new authenticator app, in the place of one that was not confirmed."""
    await tx.execute(sa.delete(totp).where(totp.c.account_id == account_id))
    row = {"account_id": account_id, "secret": secret, "last_step": 0, "created_at": clock.now(), "confirmed_at": None}
    await bulk.insert(tx, totp, [row])


async def use_totp_step(tx: Tx, account_id: str, step: int) -> bool:
    """Take a half minute's code as used; False if it, or a later one, was used before. Of two at once, one gets it."""
    statement = sa.update(totp).where(totp.c.account_id == account_id, totp.c.last_step < step)
    return (await tx.execute(statement.values(last_step=step))).rowcount == 1


async def confirm_totp(tx: Tx, account_id: str) -> None:
    """The app works."""
    await tx.execute(sa.update(totp).where(totp.c.account_id == account_id).values(confirmed_at=clock.now()))


async def remove_totp(tx: Tx, account_id: str) -> bool:
    """Whether there was an authenticator app."""
    return (await tx.execute(sa.delete(totp).where(totp.c.account_id == account_id))).rowcount == 1


async def replace_recovery_codes(tx: Tx, account_id: str, codes: Sequence[str], secret: bytes) -> None:
    """These recovery codes hold, and no others."""
    await tx.execute(sa.delete(recovery_codes).where(recovery_codes.c.account_id == account_id))
    rows = [
        {"id": new_id(), "account_id": account_id, "code_hash": _code_hash(account_id, code, secret), "used_at": None}
        for code in codes
    ]
    await bulk.insert(tx, recovery_codes, rows)


async def use_recovery_code(tx: Tx, account_id: str, code: str, secret: bytes) -> bool:
    """Use a recovery code up; False if there is none such, or it was used."""
    statement = sa.update(recovery_codes).where(
        recovery_codes.c.account_id == account_id,
        recovery_codes.c.code_hash == _code_hash(account_id, code, secret),
        recovery_codes.c.used_at.is_(None),
    )
    return (await tx.execute(statement.values(used_at=clock.now()))).rowcount == 1


async def count_recovery_codes(tx: Tx, account_id: str) -> int:
    """How many are left."""
    statement = sa.select(sa.func.count()).where(
        recovery_codes.c.account_id == account_id, recovery_codes.c.used_at.is_(None)
    )
    return int((await tx.execute(statement)).scalar_one())


async def remove_factors(tx: Tx, account_id: str) -> None:
    """An account has no second factor any more."""
    for table in (passkeys, totp, recovery_codes):
        await tx.execute(sa.delete(table).where(table.c.account_id == account_id))


# ---- consents, sessions, devices


async def consents_of(tx: Tx, account_id: str) -> Sequence[Any]:
    """All that was said of consents, in the order in which it was."""
    statement = sa.select(consents).where(consents.c.account_id == account_id).order_by(consents.c.id)
    return (await tx.execute(statement)).all()


async def add_consents(tx: Tx, account: Any, said: Sequence[tuple[str, str, bool]]) -> None:
    """Note what a person has said: kind, version, whether they agree."""
    rows = [
        {
            "id": new_id(),
            "account_id": account.id,
            "operator_id": account.operator_id,
            "kind": kind,
            "version": version,
            "is_given": is_given,
            "at": clock.now(),
        }
        for kind, version, is_given in said
    ]
    await bulk.insert(tx, consents, rows)


async def sessions_of(tx: Tx, account_id: str) -> Sequence[Any]:
    """An account's log-ins, the newest first."""
    table = browser_sessions
    statement = sa.select(table).where(table.c.account_id == account_id, table.c.expires_at > clock.now())
    return (await tx.execute(statement.order_by(table.c.id.desc()).limit(500))).all()


async def end_session(tx: Tx, account_id: str, session_id: str) -> bool:
    """Whether there was such a log-in."""
    table = browser_sessions
    statement = sa.delete(table).where(table.c.account_id == account_id, table.c.id == session_id)
    return (await tx.execute(statement)).rowcount == 1


async def devices_of(tx: Tx, account_id: str) -> Sequence[Any]:
    """The browsers an account is known to use, the newest first."""
    statement = sa.select(devices).where(devices.c.account_id == account_id).order_by(devices.c.id.desc()).limit(500)
    return (await tx.execute(statement)).all()


async def forget_device(tx: Tx, account_id: str, device_id: str) -> bool:
    """Forget a browser and end its log-ins. Whether it was there."""
    statement = sa.delete(devices).where(devices.c.account_id == account_id, devices.c.id == device_id)
    if (await tx.execute(statement)).rowcount == 0:
        return False
    await tx.execute(
        sa.delete(browser_sessions).where(
            browser_sessions.c.account_id == account_id, browser_sessions.c.device_id == device_id
        )
    )
    return True


async def forget_person(tx: Tx, account_id: str) -> None:
    """Delete what says who an account is, or lets somebody in as it. That they agreed to something stays: it names nobody."""
    await remove_factors(tx, account_id)
    for table in (identities, devices, browser_sessions):
        await tx.execute(sa.delete(table).where(table.c.account_id == account_id))


# ---- the operator's side


async def policy_of(tx: Tx, operator_id: str) -> Any | None:
    """What an operator demands of log-ins."""
    statement = sa.select(log_in_policies).where(log_in_policies.c.operator_id == operator_id)
    return (await tx.execute(statement)).one_or_none()


async def put_policy(tx: Tx, operator_id: str, values: Mapping[str, Any]) -> None:
    """Say what an operator demands of log-ins."""
    row = {"operator_id": operator_id, **values}
    await bulk.upsert(tx, log_in_policies, [row], key=("operator_id",), update=tuple(values))


async def count_administrators(tx: Tx, operator_id: str, *, but: str) -> int:
    """How many others can administer an operator."""
    statement = sa.select(sa.func.count()).where(
        accounts.c.operator_id == operator_id,
        accounts.c.id != but,
        accounts.c.is_active.is_(True),
        accounts.c.role.in_(["operator_admin", "platform_admin"]),
    )
    return int((await tx.execute(statement)).scalar_one())


# ---- OAuth clients


async def get_client(tx: Tx, operator_id: str, client_id: str) -> Any:
    """A client that is not revoked. Raises ClientNotFound."""
    row = await find_client(tx, client_id)
    if row is None or row.operator_id != operator_id:
        raise ClientNotFound(f"There is no OAuth client {client_id}.")
    return row


async def find_client(tx: Tx, client_id: str) -> Any | None:
    """A client that is not revoked, whoever's it is."""
    statement = sa.select(oauth_clients).where(oauth_clients.c.id == client_id, oauth_clients.c.revoked_at.is_(None))
    return (await tx.execute(statement)).one_or_none()


async def add_client(tx: Tx, values: Mapping[str, Any]) -> Any:
    """Add a client; its row."""
    row = {
        "id": new_id(),
        "created_at": clock.now(),
        **dict.fromkeys(("old_secret_hash", "old_secret_until", "last_used_at", "revoked_at")),
        **values,
    }
    await bulk.insert(tx, oauth_clients, [row])
    return await find_client(tx, str(row["id"]))


async def change_client(tx: Tx, client_id: str, **values: Any) -> None:
    """Set some columns of a client."""
    await tx.execute(sa.update(oauth_clients).where(oauth_clients.c.id == client_id).values(**values))


async def clients_made_by(tx: Tx, account_id: str) -> Sequence[str]:
    """The clients that somebody made and that are not revoked."""
    made = (oauth_clients.c.created_by == account_id, oauth_clients.c.revoked_at.is_(None))
    return (await tx.execute(sa.select(oauth_clients.c.id).where(*made))).scalars().all()


async def end_tokens(tx: Tx, client_id: str) -> None:
    """End all tokens of a client."""
    statement = sa.update(api_keys).where(api_keys.c.client_id == client_id, api_keys.c.revoked_at.is_(None))
    await tx.execute(statement.values(revoked_at=clock.now()))


# ---- people of OpenID Connect providers


async def find_identity(tx: Tx, provider: str, subject: str) -> Any | None:
    """Whose account a provider's subject is."""
    statement = sa.select(identities).where(identities.c.provider == provider, identities.c.subject == subject)
    return (await tx.execute(statement)).one_or_none()


async def put_identity(tx: Tx, account_id: str, provider: str, subject: str) -> None:
    """Remember who an account is at a provider, or that it was used again."""
    now = clock.now()
    row = {
        "id": new_id(),
        "account_id": account_id,
        "provider": provider,
        "subject": subject,
        "created_at": now,
        "last_used_at": now,
    }
    await bulk.upsert(tx, identities, [row], key=("provider", "subject"), update=("last_used_at",))


def _credential_key(credential_id: str) -> str:
    return hashlib.sha256(credential_id.encode()).hexdigest()


def _code_hash(account_id: str, code: str, secret: bytes) -> str:
    return hmac.new(derive_key(secret, "recovery-codes"), f"{account_id} {code}".encode(), hashlib.sha256).hexdigest()
