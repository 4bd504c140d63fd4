"""REST of the audit log."""

from __future__ import annotations

import asyncio
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import StreamingResponse

from voltway.kernel import audit
from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.database import Tx
from voltway.kernel.http import Instant, Page, PageQuery, page_query, read_tx, runtime_of
from voltway.kernel.runtime import Runtime
from voltway.kernel.secrets import derive_key
from voltway.modules.audit import exporting, rules, store, verifying
from voltway.modules.audit.errors import EntryNotFound, VerificationRuns
from voltway.modules.audit.exporting import MEDIA_TYPES, Form
from voltway.modules.audit.schemas import AuditEntryOut, BrokenOut, VerificationOut, entry_out
from voltway.modules.audit.tables import entries

router = APIRouter(tags=["audit"])

NUMBER_MAX = 2**63 - 1


async def _conditions(
    actor: Annotated[str | None, Query(max_length=200, description="the id of an actor, or part of a name")] = None,
    action: Annotated[str | None, Query(max_length=80, description="`station.edited`, or `station.` for all")] = None,
    target_kind: Annotated[str | None, Query(max_length=40)] = None,
    target_id: Annotated[str | None, Query(max_length=100)] = None,
    since: Instant | None = None,
    until: Instant | None = None,
    text: Annotated[
        str | None, Query(max_length=200, description="part of what was changed, of a reason, a target")
    ] = None,
) -> list[sa.ColumnElement[bool]]:
    """A dependency: which entries are wanted."""
    wanted: list[sa.ColumnElement[bool]] = []
    if actor is not None:
        wanted.append(sa.or_(entries.c.actor_id == actor, entries.c.actor_name.icontains(actor, autoescape=True)))
    if action is not None:
        is_group = action.endswith(".")
        wanted.append(entries.c.action.startswith(action, autoescape=True) if is_group else entries.c.action == action)
    if target_kind is not None:
        wanted.append(entries.c.target_kind == target_kind)
    if target_id is not None:
        wanted.append(entries.c.target_id == target_id)
    if since is not None:
        wanted.append(entries.c.at >= since)
    if until is not None:
        wanted.append(entries.c.at < until)
    if text:
        columns = (entries.c.target_id, entries.c.reason, entries.c.was, entries.c.became, entries.c.action)
        wanted.append(sa.or_(*(sa.type_coerce(each, sa.Text).icontains(text, autoescape=True) for each in columns)))
    return wanted


MayRead = Annotated[Principal, Depends(allowed(Permission.AUDIT_READ, everywhere=True))]
Wanted = Annotated[list[sa.ColumnElement[bool]], Depends(_conditions)]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]


class Verifying:
    """Whether this process is verifying (Runtime.state)."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()


@router.get("/audit-entries")
async def list_audit_entries(
    principal: MayRead, tx: ReadTx, wanted: Wanted, page: Annotated[PageQuery, Depends(page_query)]
) -> Page[AuditEntryOut]:
    """Who did what, newest first. An act is here within a second or two."""
    statement = sa.select(entries).where(visible(principal, entries), *wanted)
    rows, next_cursor = await page.fetch(tx, statement, entries.c.number)
    return Page(items=[entry_out(row) for row in rows], next_cursor=next_cursor)


@router.get("/audit-entries/verification")
async def verify_audit_entries(principal: MayRead, runtime: OurRuntime) -> VerificationOut:
    """Read the whole audit log and say whether anybody has changed, removed, put in or cut off an entry."""
    turn = runtime.state(Verifying).turn
    if turn.locked():
        raise VerificationRuns(retry_after_s=10)
    async with turn:
        key = derive_key(runtime.secret, rules.SEAL_PURPOSE)
        verdict = await verifying.verify(runtime.database, runtime.data_dir, principal.operator_id, key)
    broken = verdict.broken
    return VerificationOut(
        is_whole=broken is None,
        entries=verdict.end.number,
        hash=verdict.end.hash,
        is_anchored=verdict.is_anchored,
        broken=None if broken is None else BrokenOut(number=broken.number, says=broken.says),
    )


@router.get(
    "/audit-entries/export",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"application/jsonl": {}, "text/csv": {}}, "description": "The entries, the oldest first"}
    },
)
async def export_audit_entries(
    principal: MayRead, runtime: OurRuntime, wanted: Wanted, form: Annotated[Form, Query()] = Form.JSONL
) -> StreamingResponse:
    """The entries that fit, as JSON lines or as a table. That somebody took them is an act as well."""
    async with runtime.database.begin() as tx:
        head = await store.head_of(tx, principal.operator_id)
        target = ("audit_log", principal.operator_id)
        taken = await exporting.count(tx, principal.operator_id, *wanted, until=head.number)
        audit.note(tx, principal, "audit_log.exported", target, after={"form": form, "rows": taken})
    pieces = exporting.export(runtime.database, principal.operator_id, form, *wanted, until=head.number)
    headers = {"content-disposition": f'attachment; filename="audit.{form}"'}
    return StreamingResponse(pieces, media_type=MEDIA_TYPES[form], headers=headers)


@router.get("/audit-entries/{number}")
async def get_audit_entry(
    number: Annotated[int, Path(ge=1, le=NUMBER_MAX)], principal: MayRead, tx: ReadTx
) -> AuditEntryOut:
    """One entry."""
    statement = sa.select(entries).where(visible(principal, entries), entries.c.number == number)
    row = (await tx.execute(statement)).one_or_none()
    if row is None:
        raise EntryNotFound(f"There is no audit entry {number}.")
    return entry_out(row)
