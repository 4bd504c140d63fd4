"""REST of mails."""

from __future__ import annotations

import asyncio
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query

from voltway.kernel import audit, clock
from voltway.kernel.auth import Permission, Principal, allowed
from voltway.kernel.database import Tx
from voltway.kernel.http import Page, PageQuery, open_tx, page_query, read_tx, runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.notify import mailing
from voltway.modules.notify.errors import MailNotRetryable
from voltway.modules.notify.rules import MailState
from voltway.modules.notify.schemas.mails import MailOut, MailWithText, mail_fields
from voltway.modules.notify.store import mails as store
from voltway.modules.notify.tables import mails

router = APIRouter(tags=["mails"])

MayRead = Annotated[Principal, Depends(allowed(Permission.MAILS_READ, everywhere=True))]
MayAdminister = Annotated[Principal, Depends(allowed(Permission.ADMIN, everywhere=True))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]


@router.get("/mails")
async def list_mails(
    principal: MayRead,
    tx: ReadTx,
    page: Annotated[PageQuery, Depends(page_query)],
    state: MailState | None = None,
    kind: Annotated[str | None, Query(max_length=64)] = None,
) -> Page[MailOut]:
    """Mails, newest first."""
    statement = sa.select(mails).where(store.visible_to(principal))
    if state is not None:
        statement = statement.where(mails.c.state == state.value)
    if kind is not None:
        statement = statement.where(mails.c.kind == kind)
    rows, next_cursor = await page.fetch(tx, statement, mails.c.id)
    is_masked = not principal.may(Permission.ADMIN)
    return Page(items=[MailOut(**mail_fields(row, is_masked=is_masked)) for row in rows], next_cursor=next_cursor)


@router.get("/mails/{mail_id}")
async def get_mail(mail_id: str, principal: MayRead, tx: ReadTx, runtime: OurRuntime) -> MailWithText:
    """One mail."""
    row = await store.get(tx, mail_id, store.visible_to(principal))
    is_admin = principal.may(Permission.ADMIN)
    text = await asyncio.to_thread(mailing.sender_of(runtime).text_of, row.id) if is_admin else None
    return MailWithText(**mail_fields(row, is_masked=not is_admin), text=text)


@router.post("/mails/{mail_id}/retry")
async def retry_mail(mail_id: str, principal: MayAdminister, tx: OpenTx) -> MailOut:
    """Send a mail again that nobody took, while its text is kept."""
    row = await store.get(tx, mail_id, store.visible_to(principal))
    now = clock.now()
    if row.state != MailState.FAILED or row.text is None or (row.expires_at is not None and row.expires_at <= now):
        raise MailNotRetryable("Only a mail that has failed, is of use still and has its text can be sent again.")
    values = {"state": MailState.QUEUED.value, "attempts": 0, "next_attempt_at": now, "queued_at": now}
    await store.change(tx, row.id, {**values, "finished_at": None})
    audit.note(tx, principal, "mail.sent_again", ("mail", row.id))
    return MailOut(**mail_fields(await store.get(tx, row.id), is_masked=False))
