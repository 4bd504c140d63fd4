"""What drivers do with their own tokens: take a card by its code, have one for the app, name, lose and give back."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from voltway.kernel import audit, bulk, clock
from voltway.kernel.auth import Principal, visible
from voltway.kernel.database import Tx
from voltway.kernel.secrets import derive_key
from voltway.modules.users import autocharge_rules, code_rules, local_lists, store
from voltway.modules.users.errors import AutoChargeOff, IdTokenNotFound, TokenHasOwner, WrongCode
from voltway.modules.users.tables import activation_codes, drivers, id_tokens

APP_KIND = "Central"
NOT_ACTIVATED = "invalid"
_APP_LENGTH = 20
"""What a 1.6 station takes for a token."""

# ---- reading


def of(principal: Principal) -> sa.ColumnElement[bool]:
    """The caller's own tokens. The one place where this is decided."""
    return sa.and_(visible(principal, id_tokens), id_tokens.c.user_id == principal.id)


async def get(tx: Tx, principal: Principal, token_id: str, *, is_locked: bool = False) -> Any:
    """A token of the caller. Raises IdTokenNotFound."""
    statement = sa.select(id_tokens).where(of(principal), id_tokens.c.id == token_id)
    row = (await tx.execute(bulk.locked(statement, tx) if is_locked else statement)).one_or_none()
    if row is None:
        raise IdTokenNotFound(f"There is no token {token_id}.")
    return row


async def choices_of(tx: Tx, principal: Principal) -> Any | None:
    """What the driver has chosen; None if nothing yet."""
    statement = sa.select(drivers).where(drivers.c.account_id == principal.id, visible(principal, drivers))
    return (await tx.execute(statement)).one_or_none()


# ---- choosing


async def choose(tx: Tx, principal: Principal, values: Mapping[str, Any]) -> Any:
    """Set some of a driver's choices; all of them as they are then. The driver's row is locked until the commit."""
    blank = {
        "account_id": principal.id,
        "operator_id": principal.operator_id,
        "app_token_id": None,
        "default_token_id": None,
        "is_autocharge_allowed": False,
        "updated_at": clock.now(),
    }
    # Not insert_if_absent: on MariaDB two that meet the same row would both read-lock it, and wait for each other to write it.
    await bulk.upsert(tx, drivers, [blank], key=("account_id",), update=("updated_at",))
    mine = drivers.c.account_id == principal.id
    await tx.execute(sa.update(drivers).where(mine).values(updated_at=clock.now(), **values))
    return (await tx.execute(sa.select(drivers).where(mine))).one()


async def app_token(tx: Tx, principal: Principal) -> Any:
    """The driver's virtual card, by which the app starts sessions; made where there is none."""
    choices = await choose(tx, principal, {})
    if choices.app_token_id is not None:
        return await get(tx, principal, choices.app_token_id)
    value = f"APP{secrets.token_hex(16).upper()}"[:_APP_LENGTH]
    row = await store.add(tx, principal.operator_id, _own(principal, value, APP_KIND, "App"))
    await choose(tx, principal, {"app_token_id": row.id})
    audit.note(tx, principal, "id_token.made", ("id_token", row.id), after={"kind": APP_KIND})
    return row


async def add_car(tx: Tx, principal: Principal, mac: str, name: str) -> Any:
    """A car that is known by its address. Raises AutoChargeOff, IdTokenExists."""
    settings, choices = await store.access_settings_of(tx, principal.operator_id), await choices_of(tx, principal)
    if settings is None or settings.autocharge is None:
        raise AutoChargeOff("This network does not know cars by their address.")
    if choices is None or not choices.is_autocharge_allowed:
        raise AutoChargeOff("Allow AutoCharge first.")
    row = await store.add(tx, principal.operator_id, _own(principal, mac.upper(), autocharge_rules.KIND, name))
    audit.note(tx, principal, "id_token.made", ("id_token", row.id), after={"kind": autocharge_rules.KIND})
    return row


def _own(principal: Principal, value: str, kind: str, name: str) -> dict[str, Any]:
    blank = dict.fromkeys(("expires_at", "group", "concurrent_max"))
    return {**blank, "value": value, "kind": kind, "status": "accepted", "user_id": principal.id, "name": name}


async def lose(tx: Tx, principal: Principal, row: Any) -> Any:
    """Block a token that was lost; at once, also in the lists that stations have."""
    if row.lost_at is None:
        values = {"status": "blocked", "lost_at": clock.now()}
        row = await store.change(tx, principal.operator_id, row.id, values)
        audit.note(tx, principal, "id_token.lost", ("id_token", row.id))
        await _hold_at_once(tx, row)
    return row


async def give_back(tx: Tx, principal: Principal, row: Any) -> None:
    """The token is the driver's no more. A card may be activated again; what was made for the driver is deleted."""
    choices = await choose(tx, principal, {})
    gone = {
        name: None
        for name in ("app_token_id", "default_token_id")
        if choices is not None and getattr(choices, name) == row.id
    }
    if gone:
        await choose(tx, principal, gone)
    if row.kind == autocharge_rules.KIND or (choices is not None and choices.app_token_id == row.id):
        await store.remove(tx, principal.operator_id, row.id)
    else:
        status = NOT_ACTIVATED if row.lost_at is None else row.status  # what was lost stays blocked
        values = {"user_id": None, "name": None, "status": status}
        await store.change(tx, principal.operator_id, row.id, values)
    audit.note(tx, principal, "id_token.given_back", ("id_token", row.id))
    await _hold_at_once(tx, row)


async def _hold_at_once(tx: Tx, row: Any) -> None:
    await store.note_deauthorized(tx, row.operator_id, row.id)
    await local_lists.touch(tx, row.operator_id, 0.0)


# ---- activation codes


def digest(code: str, secret: bytes) -> str:
    """What the database knows of a code."""
    return hmac.new(derive_key(secret, "activation-codes"), code.encode(), hashlib.sha256).hexdigest()


async def make_codes(
    tx: Tx, principal: Principal, token_ids: Sequence[str], expires_at: datetime, secret: bytes
) -> list[tuple[Any, str]]:
    """A new code for each card: its row, and the code, which is shown this once. Until somebody uses it the card is not good.

    Raises IdTokenNotFound, TokenHasOwner.
    """
    now, made = clock.now(), []
    for token_id in sorted(set(token_ids)):
        row = await store.get(tx, principal.operator_id, token_id, is_locked=True)
        if row.user_id is not None or row.lost_at is not None:
            raise TokenHasOwner(f"Token {token_id} is somebody's, or was lost.")
        if row.status != NOT_ACTIVATED:
            row = await store.change(tx, principal.operator_id, token_id, {"status": NOT_ACTIVATED})
        made.append((row, "".join(secrets.choice(code_rules.ALPHABET) for _ in range(code_rules.LENGTH))))
    rows = [
        {
            "id_token_id": row.id,
            "operator_id": row.operator_id,
            "digest": digest(code, secret),
            "created_at": now,
            "expires_at": expires_at,
            "used_at": None,
        }
        for row, code in made
    ]
    update = ("digest", "created_at", "expires_at", "used_at")
    await bulk.upsert(tx, activation_codes, rows, key=("id_token_id",), update=update)
    audit.note(tx, principal, "activation_codes.made", ("id_tokens", f"{len(made)}"), after={"count": len(made)})
    return made


async def activate(tx: Tx, principal: Principal, code: str, name: str | None, secret: bytes) -> Any:
    """Take the card of a code as the driver's own. Raises WrongCode."""
    now = clock.now()
    is_good = sa.and_(
        visible(principal, activation_codes),
        activation_codes.c.digest == digest(code, secret),
        activation_codes.c.used_at.is_(None),
        activation_codes.c.expires_at > now,
    )
    found = (await tx.execute(sa.select(activation_codes.c.id_token_id).where(is_good))).scalar_one_or_none()
    # Of two who send one code at once, one gets it.
    taken = await tx.execute(sa.update(activation_codes).where(is_good).values(used_at=now)) if found else None
    if found is None or taken is None or taken.rowcount != 1:
        raise wrong_code()
    token = sa.select(id_tokens).where(id_tokens.c.id == found, visible(principal, id_tokens))
    row = (await tx.execute(bulk.locked(token, tx))).one_or_none()
    if row is None or row.user_id is not None or row.status != NOT_ACTIVATED:
        raise wrong_code()
    values = {"user_id": principal.id, "name": name or row.name, "status": "accepted"}
    row = await store.change(tx, principal.operator_id, row.id, values)
    audit.note(tx, principal, "id_token.activated", ("id_token", row.id))
    return row


def wrong_code() -> WrongCode:
    """The same for every cause."""
    return WrongCode.at("$.code", "no card waits for this code: it is not known, was used, or has expired")
