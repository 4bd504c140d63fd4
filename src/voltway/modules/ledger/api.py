"""REST of the books: accounts, entries, the trial balance, and whether somebody has touched them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.database import Tx
from voltway.kernel.http import Instant, MoneyOut, Page, PageQuery, page_query, read_tx, runtime_of
from voltway.kernel.runtime import Runtime
from voltway.kernel.secrets import derive_key
from voltway.modules.ledger import exporting, rules, store, verifying
from voltway.modules.ledger.errors import LedgerVerificationRuns
from voltway.modules.ledger.schemas import (
    LedgerAccountOut,
    LedgerBrokenOut,
    LedgerEntryOut,
    LedgerVerificationOut,
    TrialBalanceOut,
    account_out,
)
from voltway.modules.ledger.tables import entries, postings

router = APIRouter(tags=["ledger"])

MayRead = Annotated[Principal, Depends(allowed(Permission.LEDGER_READ, everywhere=True))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]
At = Annotated[Instant | None, Query(description="by what was posted until then; now if not given")]


async def _conditions(
    account: Annotated[
        str | None, Query(max_length=100, description="`bank`, or `revenue:` for all that begin so")
    ] = None,
    kind: Annotated[str | None, Query(max_length=40, description="the fact: SessionPriced, PaymentCaptured, …")] = None,
    session_id: Annotated[str | None, Query(max_length=36)] = None,
    payment_id: Annotated[str | None, Query(max_length=100)] = None,
    since: Instant | None = None,
    until: Instant | None = None,
) -> list[sa.ColumnElement[bool]]:
    """A dependency: which entries are wanted."""
    wanted: list[sa.ColumnElement[bool]] = []
    if account is not None:
        sides = (entries.c.debit, entries.c.credit)
        is_group = account.endswith(":")
        wanted.append(
            sa.or_(*(side.startswith(account, autoescape=True) if is_group else side == account for side in sides))
        )
    for column, value in ((postings.c.kind, kind), (postings.c.session_id, session_id)):
        if value is not None:
            wanted.append(column == value)
    if payment_id is not None:
        wanted.append(postings.c.payment_id == payment_id)
    if since is not None:
        wanted.append(entries.c.posted_at >= since)
    if until is not None:
        wanted.append(entries.c.posted_at < until)
    return wanted


Wanted = Annotated[list[sa.ColumnElement[bool]], Depends(_conditions)]


@router.get("/ledger/accounts")
async def list_ledger_accounts(principal: MayRead, tx: ReadTx, at: At = None) -> list[LedgerAccountOut]:
    """All accounts with what they hold, as of an instant."""
    found = await store.balances(tx, visible(principal, entries), at)
    return [account_out(one, rules.side_of(one.account)) for one in found]


@router.get("/ledger/trial-balance")
async def get_trial_balance(principal: MayRead, tx: ReadTx, at: At = None) -> list[TrialBalanceOut]:
    """Whether the books balance, for each currency."""
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for one in await store.balances(tx, visible(principal, entries), at):
        row, net = sums[one.currency], one.debits - one.credits
        row[0] += one.debits
        row[1] += one.credits
        row[2] += max(net, 0)
        row[3] += max(-net, 0)
    return [
        TrialBalanceOut(
            currency=currency,
            debits_minor=debits,
            credits_minor=credits,
            balances_debit_minor=left,
            balances_credit_minor=right,
            is_balanced=debits == credits and left == right,
        )
        for currency, (debits, credits, left, right) in sorted(sums.items())
    ]


@router.get("/ledger/entries")
async def list_ledger_entries(
    principal: MayRead, tx: ReadTx, wanted: Wanted, page: Annotated[PageQuery, Depends(page_query)]
) -> Page[LedgerEntryOut]:
    """Entries, newest first. What happens is here within a second or two."""
    statement = exporting.joined(visible(principal, entries), *wanted)
    rows, next_cursor = await page.fetch(tx, statement, entries.c.number, entries.c.line)
    items = [
        LedgerEntryOut(
            amount=MoneyOut(minor=row.amount_minor, currency=row.currency),
            **{name: getattr(row, name) for name in LedgerEntryOut.model_fields if name != "amount"},
        )
        for row in rows
    ]
    return Page(items=items, next_cursor=next_cursor)


@router.get(
    "/ledger/entries/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}}, "description": "The entries, the oldest first"}},
)
async def export_ledger_entries(principal: MayRead, runtime: OurRuntime, wanted: Wanted) -> StreamingResponse:
    """The entries that fit, as a table."""
    pieces = exporting.as_csv(runtime.database, visible(principal, entries), *wanted)
    headers = {"content-disposition": 'attachment; filename="ledger.csv"'}
    return StreamingResponse(pieces, media_type="text/csv; charset=utf-8", headers=headers)


class Verifying:
    """Whether this process is verifying (Runtime.state)."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()


@router.get("/ledger/verification")
async def verify_ledger(principal: MayRead, runtime: OurRuntime) -> LedgerVerificationOut:
    """Read the whole ledger and say whether anybody has changed, removed, put in or cut off a posting."""
    turn = runtime.state(Verifying).turn
    if turn.locked():
        raise LedgerVerificationRuns(retry_after_s=10)
    async with turn:
        key = derive_key(runtime.secret, rules.SEAL_PURPOSE)
        verdict = await verifying.verify(runtime.database, runtime.data_dir, principal.operator_id, key)
    broken = verdict.broken
    return LedgerVerificationOut(
        is_whole=broken is None,
        postings=verdict.end.number,
        hash=verdict.end.hash,
        is_anchored=verdict.is_anchored,
        broken=None if broken is None else LedgerBrokenOut(number=broken.number, says=broken.says),
    )
