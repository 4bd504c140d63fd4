"""What the documents module has to do with a person: the copy of their documents, and letting go of them.

Receipts and statements name nobody: they hold the last characters of a card. Invoices name the customer for as long as tax law wants
them kept; whose account it was is forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from voltway.contracts.accounts import PERSONAL_DATA_MAX, AccountErased, FindPersonalDocuments
from voltway.kernel import clock
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.documents.tables import charges, customers, documents, payments


async def find_personal_documents(runtime: Runtime, request: FindPersonalDocuments) -> list[dict[str, Any]]:
    """A person's documents, as they say."""
    mine = (documents.c.operator_id == request.operator_id, documents.c.payer_id == request.account_id)
    statement = sa.select(documents.c.snapshot).where(*mine).order_by(documents.c.id.desc())
    async with runtime.database.read() as tx:
        found = (await tx.execute(statement.limit(PERSONAL_DATA_MAX))).scalars().all()
    return [msgspec.json.decode(text) for text in found]


async def on_account_erased(runtime: Runtime, tx: Tx, events: Sequence[AccountErased]) -> None:
    """A person has gone: their documents stay, for the books, and are nobody's."""
    for event in events:
        for table in (documents, charges, payments):
            mine = (table.c.operator_id == event.operator_id, table.c.payer_id == event.account_id)
            await tx.execute(sa.update(table).where(*mine).values(payer_id=None))
        mine = (customers.c.operator_id == event.operator_id, customers.c.account_id == event.account_id)
        forgotten = {"account_id": None, "email": None, "changed_at": clock.now()}
        await tx.execute(sa.update(customers).where(*mine).values(**forgotten))
