"""REST of invitations."""

from __future__ import annotations

from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends

from voltway.kernel import audit
from voltway.kernel.auth import Principal, anybody, create_account, visible
from voltway.kernel.auth.accounts import check_email
from voltway.kernel.auth.callers import caller_of
from voltway.kernel.auth.passwords import check_policy
from voltway.kernel.http import Page
from voltway.modules.organisations import service, store
from voltway.modules.organisations.api.dependencies import (
    MayReadMembers,
    MayWriteMembers,
    OpenTx,
    OurRuntime,
    PagePart,
    ReadTx,
)
from voltway.modules.organisations.errors import InvitationNotFound
from voltway.modules.organisations.schemas import AcceptedOut, AcceptIn, Code, InvitationIn, InvitationOut
from voltway.modules.organisations.tables import invitations

router = APIRouter(tags=["invitations"])


@router.get("/invitations")
async def list_invitations(principal: MayReadMembers, tx: ReadTx, page: PagePart) -> Page[InvitationOut]:
    """Who is invited and has not come yet, newest first."""
    statement = sa.select(invitations).where(visible(principal, invitations))
    rows, next_cursor = await page.fetch(tx, statement, invitations.c.id)
    return Page(items=[InvitationOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.post("/invitations", status_code=201)
async def add_invitation(body: InvitationIn, principal: MayWriteMembers, runtime: OurRuntime) -> InvitationOut:
    """Invite somebody by e-mail. The mail holds a code for one use."""
    email = check_email(body.email)
    path = "$.grant.location_ids"
    await service.require_locations(runtime, principal.operator_id, body.grant.location_ids, path)
    async with runtime.database.begin(principal.operator_id) as tx:
        grant = body.grant.model_dump(mode="json")
        await service.require_granted(tx, principal, grant)
        row = await service.invite(tx, runtime, principal, principal.operator_id, email, body.locale, grant)
        return InvitationOut.model_validate(row)


@router.post("/invitations/{invitation_id}/sending")
async def send_invitation_again(
    invitation_id: str, principal: MayWriteMembers, tx: OpenTx, runtime: OurRuntime
) -> InvitationOut:
    """Send an invitation again, with another code; the earlier one is over."""
    row = await store.get_invitation(tx, principal, invitation_id)
    return InvitationOut.model_validate(await service.invite_again(tx, runtime, principal, row))


@router.delete("/invitations/{invitation_id}", status_code=204)
async def withdraw_invitation(invitation_id: str, principal: MayWriteMembers, tx: OpenTx) -> None:
    """Withdraw an invitation; its code opens nothing any more."""
    row = await store.get_invitation(tx, principal, invitation_id)
    await store.remove_invitation(tx, row.id)
    audit.note(tx, principal, "invitation.withdrawn", ("invitation", row.id), before=service.grant_of(row))


# ---- by those who are invited


@router.post("/invitation-acceptances", status_code=201, dependencies=[Depends(anybody)])
async def accept_invitation(body: AcceptIn, runtime: OurRuntime) -> AcceptedOut:
    """Accept an invitation with a new account, which can log in then. A code that is unknown, used or expired gets the same
    404; whoever has an account already logs in and attaches it (409)."""
    password = body.password.get_secret_value()
    async with runtime.database.begin() as tx:
        row = await service.take(tx, body.code.get_secret_value(), runtime.secret)
        check_policy(password, row.email)
        account_id = await create_account(
            tx,
            row.email,
            password,
            body.name,
            row.role,
            row.operator_id,
            locale=body.locale,
            custom_role_id=row.custom_role_id,
            location_ids=row.location_ids,
            location_group_ids=row.location_group_ids,
        )
        target = ("account", account_id)
        after = service.grant_of(row)
        audit.note(tx, None, "invitation.accepted", target, operator_id=row.operator_id, after=after)
        slug = (await store.get_operator(tx, row.operator_id)).slug
    return AcceptedOut(account_id=account_id, email=row.email, operator=slug)


@router.post("/invitation-attachments", status_code=201)
async def attach_invitation(
    body: Code, principal: Annotated[Principal, Depends(caller_of)], runtime: OurRuntime
) -> AcceptedOut:
    """Accept an invitation with the account that is logged in, whose address must be the invited one. An account works for one
    operator: it leaves the one that it worked for."""
    async with runtime.database.begin() as tx:  # of two operators: not confined to one
        if principal.kind != "account":
            raise InvitationNotFound("Log in as the person who is invited.")
        account = await store.get_account(tx, principal.id)
        row = await service.take(tx, body.code.get_secret_value(), runtime.secret, account.email_key)
        await service.attach(tx, account, row)
        after = service.grant_of(row)
        audit.note(
            tx, principal, "invitation.accepted", ("account", account.id), operator_id=row.operator_id, after=after
        )
        service.take_effect(tx, runtime)
        slug = (await store.get_operator(tx, row.operator_id)).slug
    return AcceptedOut(account_id=account.id, email=account.email, operator=slug)
