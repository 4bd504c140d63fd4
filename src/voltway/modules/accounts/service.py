"""What proves who somebody is, and what changes when that changes. Works in the transaction that it is given."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any

import pyotp
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from voltway.contracts.accounts import AccountErased
from voltway.kernel import audit, clock
from voltway.kernel.auth import Principal, Role, accounts, browser_sessions, tickets
from voltway.kernel.auth.callers import Verified
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.kernel.secrets import derive_key, new_password
from voltway.modules.accounts import rules, store
from voltway.modules.accounts.errors import LastAdministrator
from voltway.modules.accounts.mailing import mail_account, public_url

_NONCE_BYTES = 12
_ADMINISTRATORS = (Role.OPERATOR_ADMIN, Role.PLATFORM_ADMIN)


# ---- authenticator apps


def new_totp_secret() -> str:
    """A secret of 160 bits (RFC 4226, R6), in base32."""
    return pyotp.random_base32()


def totp_uri(account: Any, secret: str) -> str:
    """What the QR code of a secret holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=account.email, issuer_name="Voltway")


def seal(account_id: str, secret: str, key: bytes) -> bytes:
    """A secret as the database keeps it: nobody who has only the database can make codes."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(derive_key(key, "totp")).encrypt(nonce, secret.encode(), account_id.encode())


def unseal(account_id: str, sealed: bytes, key: bytes) -> str:
    """The secret again."""
    plain = AESGCM(derive_key(key, "totp")).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], account_id.encode())
    return plain.decode()


async def use_totp(tx: Tx, account_id: str, code: str, key: bytes, *, is_confirming: bool = False) -> bool:
    """Whether an authenticator app shows this code now; it is used up by this."""
    row = await store.find_totp(tx, account_id)
    if row is None or (row.confirmed_at is None) != is_confirming:
        return False
    app = pyotp.TOTP(unseal(account_id, row.secret, key))
    for step in rules.steps_around(int(clock.now().timestamp())):
        if pyotp.utils.strings_equal(app.generate_otp(step), code):
            return await store.use_totp_step(tx, account_id, step)
    return False


async def use_recovery_code(tx: Tx, account_id: str, typed: str, key: bytes) -> bool:
    """Whether this is one of the account's recovery codes that was not used; it is used up by this."""
    return await store.use_recovery_code(tx, account_id, rules.recovery_code_of(typed), key)


# ---- factors


async def refresh_factors(tx: Tx, account_id: str) -> list[str]:
    """Write down which second factors an account has, for the log-in to see; without one recovery codes are over."""
    app = await store.find_totp(tx, account_id)
    factors = ["passkey"] if await store.passkeys_of(tx, account_id) else []
    factors += ["totp"] if app is not None and app.confirmed_at is not None else []
    await accounts.change(tx, account_id, second_factors=factors or None)
    if not factors:
        await store.replace_recovery_codes(tx, account_id, (), b"")
    return factors


async def new_recovery_codes(tx: Tx, account_id: str, key: bytes) -> list[str]:
    """Ten new recovery codes in the place of those before."""
    codes = [new_password(rules.RECOVERY_CODE_LENGTH) for _ in range(rules.RECOVERY_CODES)]
    await store.replace_recovery_codes(tx, account_id, codes, key)
    return [rules.shown_recovery_code(code) for code in codes]


async def factors_changed(tx: Tx, runtime: Runtime, principal: Principal, action: str, **said: Any) -> list[str] | None:
    """A second factor came or went: other log-ins end, the owner and the audit log are told. With the first factor come recovery
    codes, which are returned to be shown once."""
    account = await accounts.get(tx, principal.id)
    had = account.second_factors or []
    factors = await refresh_factors(tx, account.id)
    await browser_sessions.close_all(tx, account.id, but=principal.session_id)
    tx.after_commit(runtime.state(Verified).forget)
    audit.note(
        tx,
        principal,
        action,
        ("account", account.id),
        operator_id=account.operator_id,
        before={"second_factors": had},
        after={"second_factors": factors, **said},
    )
    mail_account(tx, public_url(runtime), "factor_changed", account)
    if factors and not await store.count_recovery_codes(tx, account.id):
        return await new_recovery_codes(tx, account.id, runtime.secret)
    return None


async def reset_factors(tx: Tx, account: Any, url: str) -> None:
    """Take all second factors of somebody who has lost them; their log-ins end."""
    await store.remove_factors(tx, account.id)
    await accounts.change(tx, account.id, second_factors=None)
    await browser_sessions.close_all(tx, account.id)
    await tickets.drop(tx, account.id)
    audit.note(
        tx,
        None,
        "mfa.reset",
        ("account", account.id),
        operator_id=account.operator_id,
        before={"second_factors": account.second_factors or []},
        after={"second_factors": []},
    )
    mail_account(tx, url, "factor_changed", account)


# ---- passwords, addresses


async def set_password(tx: Tx, runtime: Runtime, account: Any, password_hash: str, *, but: str | None = None) -> None:
    """An account has a new password: its log-ins (but one) and its links end, its second factors stay."""
    await accounts.change(tx, account.id, password_hash=password_hash)
    await browser_sessions.close_all(tx, account.id, but=but)
    await tickets.drop(tx, account.id)
    tx.after_commit(runtime.state(Verified).forget)
    mail_account(tx, public_url(runtime), "password_changed", account)


async def set_email(tx: Tx, runtime: Runtime, account: Any, email: str) -> None:
    """An account has a new address, which was proved; the old one is told."""
    await accounts.change(tx, account.id, email=email, email_key=email.casefold())
    await tickets.drop(tx, account.id)
    mail_account(tx, public_url(runtime), "email_changed", account)


# ---- the end of an account


async def refuse_to_lose_the_last_administrator(tx: Tx, account: Any) -> None:
    """Raise LastAdministrator if nobody else could administer the operator."""
    is_one = Role(account.role) in _ADMINISTRATORS and account.is_active
    if is_one and not await store.count_administrators(tx, account.operator_id, but=account.id):
        raise LastAdministrator("Make another account an administrator first.")


def erased_address(account_id: str) -> str:
    """What stands in the place of the address of a person who has gone; no mail reaches it (RFC 2606)."""
    return f"erased-{account_id}@account.invalid"


async def erase(tx: Tx, runtime: Runtime, account: Any, id_tokens: tuple[str, ...]) -> None:
    """Forget a person. The row stays, without them, so that what points to it (who made a key, what was done) still says that
    it was one and the same."""
    mail_account(tx, public_url(runtime), "erased", account)
    nobody = erased_address(account.id)
    await accounts.change(
        tx,
        account.id,
        email=nobody,
        email_key=nobody,
        name="",
        password_hash="",
        locale="en",
        time_zone=None,
        second_factors=None,
        is_active=False,
    )
    await store.forget_person(tx, account.id)
    await tickets.drop(tx, account.id)
    tx.after_commit(runtime.state(Verified).forget)
    at: datetime = clock.now()
    tx.publish(AccountErased(operator_id=account.operator_id, at=at, account_id=account.id, id_tokens=id_tokens))
