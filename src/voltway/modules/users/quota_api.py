"""REST of what the tokens of a group or a driver may take together."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path

from voltway.kernel import audit, clock
from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.database import Tx
from voltway.kernel.http import Instant, Page, PageQuery, Schema, open_tx, page_query, read_tx, runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.users import local_lists, quotas, store
from voltway.modules.users.errors import QuotaNotFound
from voltway.modules.users.judging import AccessSettings
from voltway.modules.users.quota_rules import Scope
from voltway.modules.users.schemas import MoneyIn, Quota
from voltway.modules.users.tables import quotas as table

router = APIRouter(tags=["tokens"])

Kind = Literal["group", "driver"]
Name = Annotated[str, Path(min_length=1, max_length=255, description="a group, or the id of a driver's account")]
MayRead = Annotated[Principal, Depends(allowed(Permission.TOKENS_READ))]
MayWrite = Annotated[Principal, Depends(allowed(Permission.TOKENS_WRITE, everywhere=True))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]


class QuotaOut(Schema):
    """A quota that tokens share."""

    kind: Kind
    name: str
    quota: Quota
    updated_at: Instant


class LeftOut(Schema):
    """One figure of a quota and what is left of it: Wh, or an amount."""

    since: Instant
    limit_wh: int | None = None
    left_wh: int | None = None
    limit: MoneyIn | None = None
    left_minor: int | None = None


class UseOut(Schema):
    """What is left of a token's quotas: its own, its group's and its driver's. Sessions that run count when they end."""

    items: list[LeftOut]


@router.get("/quotas")
async def list_quotas(
    principal: MayRead, tx: ReadTx, page: Annotated[PageQuery, Depends(page_query)], kind: Kind | None = None
) -> Page[QuotaOut]:
    """The quotas of groups and drivers, in the order of their names."""
    statement = sa.select(table).where(visible(principal, table))
    if kind is not None:
        statement = statement.where(table.c.kind == kind)
    rows, next_cursor = await page.fetch(tx, statement, table.c.kind, table.c.key, newest_first=False)
    return Page(items=[_out(row) for row in rows], next_cursor=next_cursor)


@router.put("/quotas/{kind}/{name}")
async def set_quota(
    kind: Kind, name: Name, body: Quota, principal: MayWrite, tx: OpenTx, runtime: OurRuntime
) -> QuotaOut:
    """Say what all tokens of a group, or of a driver, may take together."""
    await quotas.put(tx, principal.operator_id, kind, name, body.model_dump())
    audit.note(tx, principal, "quota.set", (f"{kind}_quota", name), after=body.model_dump(mode="json"))
    await _tell(tx, principal, runtime)
    return _out(await quotas.find(tx, principal.operator_id, kind, quotas.key_of(kind, name)))


@router.delete("/quotas/{kind}/{name}", status_code=204)
async def remove_quota(kind: Kind, name: Name, principal: MayWrite, tx: OpenTx, runtime: OurRuntime) -> None:
    """Limit them no more."""
    if not await quotas.remove(tx, principal.operator_id, kind, quotas.key_of(kind, name)):
        raise QuotaNotFound(f"There is no quota of the {kind} {name[:100]}.")
    audit.note(tx, principal, "quota.removed", (f"{kind}_quota", name))
    await _tell(tx, principal, runtime)


@router.get("/id-tokens/{token_id}/use")
async def get_use(token_id: str, principal: MayRead, tx: ReadTx) -> UseOut:
    """How much a token may still take."""
    row = await store.get(tx, principal.operator_id, token_id)
    scopes: list[Scope] = await quotas.scopes_of(tx, row)
    left = await quotas.left(tx, principal.operator_id, scopes, clock.now())
    items = [
        LeftOut(since=meter.since, limit_wh=meter.limit, left_wh=rest)
        if meter.currency is None
        else LeftOut(since=meter.since, limit=MoneyIn(minor=meter.limit, currency=meter.currency), left_minor=rest)
        for meter, rest in left
    ]
    return UseOut(items=items)


async def _tell(tx: Tx, principal: Principal, runtime: Runtime) -> None:
    """It holds for the next question, and in the stations' lists soon."""
    tx.after_commit(runtime.state(AccessSettings).forget)
    await local_lists.touch(tx, principal.operator_id, local_lists.debounce_s(runtime))


def _out(row: Any) -> QuotaOut:
    return QuotaOut(kind=row.kind, name=row.name, quota=Quota(**row.quota), updated_at=row.updated_at)
