"""REST of members: who works for the operator."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from voltway.kernel.auth.tables import accounts
from voltway.kernel.http import Page
from voltway.modules.organisations import service, store
from voltway.modules.organisations.api.dependencies import (
    MayReadMembers,
    MayWriteMembers,
    OpenTx,
    OurRuntime,
    PagePart,
    Proved,
    ReadTx,
)
from voltway.modules.organisations.schemas import MemberOut, MemberPatch

router = APIRouter(tags=["members"])


@router.get("/members")
async def list_members(principal: MayReadMembers, tx: ReadTx, page: PagePart) -> Page[MemberOut]:
    """Who works for the operator, newest first; disabled ones too."""
    rows, next_cursor = await page.fetch(tx, store.members_of(principal), accounts.c.id)
    return Page(items=[MemberOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.get("/members/{account_id}")
async def get_member(account_id: str, principal: MayReadMembers, tx: ReadTx) -> MemberOut:
    """One member."""
    return MemberOut.model_validate(await store.get_member(tx, principal, account_id))


@router.patch("/members/{account_id}")
async def change_member(
    account_id: str, body: MemberPatch, principal: MayWriteMembers, runtime: OurRuntime
) -> MemberOut:
    """Give a member another role or other locations, or do not let them in any more. It holds at once."""
    if body.grant is not None:
        path = "$.grant.location_ids"
        await service.require_locations(runtime, principal.operator_id, body.grant.location_ids, path)
    async with runtime.database.begin(principal.operator_id) as tx:
        values: dict[str, Any] = {} if body.is_active is None else {"is_active": body.is_active}
        if body.grant is not None:
            await store.get_member(tx, principal, account_id)
            grant = body.grant.model_dump(mode="json")
            await service.require_granted(tx, principal, grant)
            values |= grant
        await service.change_member(tx, principal, account_id, values)
        service.take_effect(tx, runtime)
        return MemberOut.model_validate(await store.get_member(tx, principal, account_id))


@router.delete("/members/{account_id}", status_code=204)
async def remove_member(
    account_id: str, principal: MayWriteMembers, _proved: Proved, tx: OpenTx, runtime: OurRuntime
) -> None:
    """Delete a member's account: their log-ins, the API keys and the OAuth clients that they made end with it."""
    await service.remove_member(tx, principal, account_id)
    service.take_effect(tx, runtime)
