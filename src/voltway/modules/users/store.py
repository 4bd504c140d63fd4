"""All SQL of the users module's own pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from voltway.kernel import bulk, clock
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.modules.users import autocharge_rules
from voltway.modules.users.errors import IdTokenExists, IdTokenNotFound
from voltway.modules.users.tables import access_settings, id_tokens, stops

CHUNK = 500


async def get(tx: Tx, operator_id: str, token_id: str, *, is_locked: bool = False) -> Any:
    """The row of a token; locked until the commit for who goes on to change it. Raises IdTokenNotFound."""
    statement = sa.select(id_tokens).where(id_tokens.c.operator_id == operator_id, id_tokens.c.id == token_id)
    row = (await tx.execute(bulk.locked(statement, tx) if is_locked else statement)).one_or_none()
    if row is None:
        raise IdTokenNotFound(f"There is no token {token_id}.")
    return row


async def add(tx: Tx, operator_id: str, values: Mapping[str, Any]) -> Any:
    """Add a token; the row. Raises IdTokenExists."""
    [token_id] = await add_all(tx, operator_id, [values])
    if token_id is None:
        raise IdTokenExists("Another token has this value and kind; values compare without case.")
    return await get(tx, operator_id, token_id)


def value_key(value: str, kind: str | None) -> str:
    """Equal for values of a kind that are the same token."""
    mac = autocharge_rules.mac_of(value) if kind == autocharge_rules.KIND else None
    return mac or value.casefold()


async def add_all(tx: Tx, operator_id: str, wanted: Sequence[Mapping[str, Any]]) -> list[str | None]:
    """Add tokens; the id of each, None where another has its value and kind."""
    rows = [_row(operator_id, values) for values in wanted]
    added: set[str] = set()
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        await bulk.insert_if_absent(tx, id_tokens, chunk)
        # Whose insert fell on a key that was there has no row: no driver counts them reliably.
        found = sa.select(id_tokens.c.id).where(id_tokens.c.id.in_([row["id"] for row in chunk]))
        added.update((await tx.execute(found)).scalars())
    return [row["id"] if row["id"] in added else None for row in rows]


def _row(operator_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
    now = clock.now()
    return {
        "id": new_id(),
        "operator_id": operator_id,
        "value": values["value"],
        "value_key": value_key(values["value"], values["kind"]),
        "kind": values["kind"],
        "kind_key": (values["kind"] or "").casefold(),
        "status": values["status"],
        "expires_at": values["expires_at"],
        "group_value": values["group"],
        "user_id": values["user_id"],
        "concurrent_max": values["concurrent_max"],
        "location_ids": values.get("location_ids"),
        "language": values.get("language"),
        "message": values.get("message"),
        "energy_transfer_modes": values.get("energy_transfer_modes"),
        **balance_columns(values.get("balance")),
        "session_limit": values.get("session_limit"),
        "valid_hours": values.get("valid_hours"),
        "connector_types": values.get("connector_types"),
        "quota": values.get("quota"),
        "name": values.get("name"),
        "lost_at": None,
        "created_at": now,
        "updated_at": now,
        "version": 1,
    }


def balance_columns(balance: Mapping[str, Any] | None) -> dict[str, Any]:
    """A credit as its columns."""
    minor, currency = (None, None) if balance is None else (balance["minor"], balance["currency"])
    return {"balance_minor": minor, "balance_currency": currency}


async def change(tx: Tx, operator_id: str, token_id: str, values: Mapping[str, Any]) -> Any:
    """Change some columns of a token; the row as it is then."""
    statement = (
        sa.update(id_tokens)
        .where(id_tokens.c.operator_id == operator_id, id_tokens.c.id == token_id)
        .values(**values, updated_at=clock.now(), version=id_tokens.c.version + 1)
    )
    await tx.execute(statement)
    return await get(tx, operator_id, token_id)


async def remove(tx: Tx, operator_id: str, token_id: str) -> None:
    """Delete a token. Sessions keep its value."""
    await get(tx, operator_id, token_id)
    await tx.execute(sa.delete(id_tokens).where(id_tokens.c.operator_id == operator_id, id_tokens.c.id == token_id))


async def access_settings_of(tx: Tx, operator_id: str) -> Any | None:
    """How an operator's tokens are judged; None where nothing was said."""
    return (
        await tx.execute(sa.select(access_settings).where(access_settings.c.operator_id == operator_id))
    ).one_or_none()


async def set_access_settings(tx: Tx, operator_id: str, values: Mapping[str, Any]) -> None:
    """Say how an operator's tokens are judged."""
    row = {"operator_id": operator_id, "updated_at": clock.now(), **values}
    await bulk.upsert(
        tx,
        access_settings,
        [row],
        key=("operator_id",),
        update=("master_group", "is_stopping_deauthorized", "autocharge", "updated_at"),
    )


async def note_deauthorized(tx: Tx, operator_id: str, token_id: str) -> None:
    """A token may not charge any more: its sessions are stopped, where the operator wants that."""
    settings = await access_settings_of(tx, operator_id)
    if settings is not None and settings.is_stopping_deauthorized:
        row = {"id_token_id": token_id, "operator_id": operator_id, "asked_at": clock.now(), "attempts": 0}
        await bulk.insert_if_absent(tx, stops, [row])
