"""What tokens have taken, and what that leaves of their quotas: all SQL of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from voltway.contracts.billing import SessionPriced
from voltway.contracts.sessions import SessionEnded
from voltway.kernel import bulk, clock
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.users import quota_rules
from voltway.modules.users.quota_rules import Meter, Scope
from voltway.modules.users.tables import id_tokens, quotas, usage

# ---- quotas that tokens share


async def find(tx: Tx, operator_id: str, kind: str, key: str) -> Any | None:
    """The quota of a group or a driver."""
    return (await tx.execute(sa.select(quotas).where(_is(operator_id, kind, key)))).one_or_none()


async def put(tx: Tx, operator_id: str, kind: str, name: str, quota: Mapping[str, Any]) -> None:
    """Say what all tokens of a group or a driver may take together."""
    row = {
        "operator_id": operator_id,
        "kind": kind,
        "key": key_of(kind, name),
        "name": name,
        "quota": dict(quota),
        "updated_at": clock.now(),
    }
    await bulk.upsert(tx, quotas, [row], key=("operator_id", "kind", "key"), update=("name", "quota", "updated_at"))


async def remove(tx: Tx, operator_id: str, kind: str, key: str) -> bool:
    """Limit them no more; whether they were."""
    return (await tx.execute(sa.delete(quotas).where(_is(operator_id, kind, key)))).rowcount > 0


def key_of(kind: str, name: str) -> str:
    """Groups compare without case."""
    return name.casefold() if kind == "group" else name


def _is(operator_id: str, kind: str, key: str) -> sa.ColumnElement[bool]:
    return sa.and_(quotas.c.operator_id == operator_id, quotas.c.kind == kind, quotas.c.key == key)


async def keys_with_quota(tx: Tx, operator_id: str) -> set[tuple[str, str]]:
    """Which groups and drivers of an operator have a quota."""
    statement = sa.select(quotas.c.kind, quotas.c.key).where(quotas.c.operator_id == operator_id)
    return {(row.kind, row.key) for row in (await tx.execute(statement)).all()}


# ---- what is left


async def scopes_of(tx: Tx, token: Any) -> list[Scope]:
    """The quotas that a token falls under."""
    keys = quota_rules.keys_of(token.group_value, token.user_id)
    shared = {}
    if keys:
        statement = sa.select(quotas).where(sa.or_(*(_is(token.operator_id, kind, key) for kind, key in keys)))
        shared = {(row.kind, row.key): row.quota for row in (await tx.execute(statement)).all()}
    return quota_rules.scopes_of(token.id, token.quota, token.group_value, token.user_id, shared)


async def left(tx: Tx, operator_id: str, scopes: Sequence[Scope], at: datetime) -> list[tuple[Meter, int]]:
    """Each figure of these quotas, and how much of it is left."""
    return [
        (meter, meter.limit - await _taken(tx, operator_id, scope, meter))
        for scope in scopes
        for meter in quota_rules.meters_of(scope.quota, at)
    ]


async def _taken(tx: Tx, operator_id: str, scope: Scope, meter: Meter) -> int:
    what = usage.c.energy_wh if meter.currency is None else usage.c.amount_minor
    statement = sa.select(sa.func.coalesce(sa.func.sum(what), 0)).where(
        usage.c.operator_id == operator_id, usage.c[scope.by] == scope.key, usage.c.ended_at >= meter.since
    )
    if meter.currency is not None:
        statement = statement.where(usage.c.currency == meter.currency)
    return int((await tx.execute(statement)).scalar_one())


# ---- what sessions took


async def on_session_ended(runtime: Runtime, tx: Tx, events: Sequence[SessionEnded]) -> None:
    """Note the energy of a token's session, once."""
    for event in events:
        if event.id_token_id is None:
            continue
        is_ours = sa.and_(id_tokens.c.operator_id == event.operator_id, id_tokens.c.id == event.id_token_id)
        token = (await tx.execute(sa.select(id_tokens.c.group_value, id_tokens.c.user_id).where(is_ours))).one_or_none()
        if token is None:
            continue
        row = {
            "session_id": event.session_id,
            "operator_id": event.operator_id,
            "id_token_id": event.id_token_id,
            "group_key": token.group_value and token.group_value.casefold(),
            "user_id": token.user_id,
            "ended_at": event.ended_at,
            "energy_wh": event.energy_wh,
            "amount_minor": None,
            "currency": None,
        }
        await bulk.insert_if_absent(tx, usage, [row])


async def note_price(tx: Tx, event: SessionPriced) -> None:
    """Note what a session has cost."""
    cost = event.cost.incl_vat
    is_it = sa.and_(usage.c.session_id == event.session_id, usage.c.operator_id == event.operator_id)
    await tx.execute(sa.update(usage).where(is_it).values(amount_minor=cost.minor, currency=cost.currency))
