"""REST of the reconciliation: the queue of differences."""

from __future__ import annotations

from typing import Annotated, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query

from voltway.kernel import audit, bulk, clock
from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.database import Tx
from voltway.kernel.http import Page, PageQuery, open_tx, page_query, read_tx, runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.ledger import reconciling
from voltway.modules.ledger.errors import DifferenceClosed, DifferenceNotFound
from voltway.modules.ledger.reconciliation_rules import Kind
from voltway.modules.ledger.schemas import DifferenceChange, LedgerDifferenceOut, ReconciliationOut, difference_out
from voltway.modules.ledger.tables import differences

router = APIRouter(tags=["ledger"])

MayRead = Annotated[Principal, Depends(allowed(Permission.LEDGER_READ, everywhere=True))]
MayWrite = Annotated[Principal, Depends(allowed(Permission.LEDGER_WRITE, everywhere=True))]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]


@router.get("/ledger/differences")
async def list_differences(
    principal: MayRead,
    tx: Annotated[Tx, Depends(read_tx, scope="function")],
    page: Annotated[PageQuery, Depends(page_query)],
    state: Annotated[Literal["open", "resolved", "gone"] | None, Query()] = None,
    kind: Annotated[Kind | None, Query()] = None,
) -> Page[LedgerDifferenceOut]:
    """What session, ledger and provider say differently, newest first."""
    statement = sa.select(differences).where(visible(principal, differences))
    if state is not None:
        statement = statement.where(differences.c.state == state)
    if kind is not None:
        statement = statement.where(differences.c.kind == kind.value)
    rows, next_cursor = await page.fetch(tx, statement, differences.c.id)
    return Page(items=[difference_out(row) for row in rows], next_cursor=next_cursor)


@router.patch("/ledger/differences/{difference_id}")
async def change_difference(
    difference_id: str,
    body: DifferenceChange,
    principal: MayWrite,
    tx: Annotated[Tx, Depends(open_tx, scope="function")],
) -> LedgerDifferenceOut:
    """Say who looks after a difference and what is known of it; with a reason it is resolved, and stays so while its figures do."""
    statement = sa.select(differences).where(visible(principal, differences), differences.c.id == difference_id)
    before = (await tx.execute(bulk.locked(statement, tx))).one_or_none()
    if before is None:
        raise DifferenceNotFound(f"There is no difference {difference_id}.")
    if before.state != "open":
        raise DifferenceClosed(f"The difference is {before.state}.")
    values = body.model_dump(exclude_unset=True) | {"changed_at": clock.now()}
    if body.reason is not None:
        values["state"] = "resolved"
    await tx.execute(sa.update(differences).where(differences.c.id == difference_id).values(**values))
    row = (await tx.execute(statement)).one()
    action = "difference.resolved" if body.reason is not None else "difference.edited"
    told = audit.changes(before, row)
    audit.note(tx, principal, action, ("difference", difference_id), **told, reason=body.reason)
    return difference_out(row)


@router.post("/ledger/reconciliations", status_code=201)
async def reconcile_ledger(principal: MayWrite, runtime: OurRuntime) -> ReconciliationOut:
    """Reconcile now; it happens once a day by itself."""
    found = await reconciling.reconcile(runtime, principal.operator_id)
    async with runtime.database.begin(principal.operator_id) as tx:
        target = ("ledger", principal.operator_id)
        audit.note(tx, principal, "ledger.reconciled", target, after={"differences": len(found)})
    return ReconciliationOut(differences=len(found))
