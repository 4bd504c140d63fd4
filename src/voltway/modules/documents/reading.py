"""A document's row with what belongs to it, ready to be shown."""

from __future__ import annotations

from typing import Any, NamedTuple

from voltway.contracts.documents import ChargeDocument, FindChargeDocument
from voltway.kernel.database import Tx
from voltway.kernel.json import to_struct
from voltway.kernel.runtime import Runtime
from voltway.modules.documents import mailing, presenting, rules, store
from voltway.modules.documents.presenting import View
from voltway.modules.documents.snapshot import Kind, Snapshot


class Read(NamedTuple):
    """A document: its row, what it says, what was paid for it since."""

    row: Any
    said: Snapshot
    payments: tuple[Any, ...]


async def read(tx: Tx, row: Any) -> Read:
    """All that is shown of a document. Payments stand on receipts: an invoice says what is owed."""
    said = to_struct(row.snapshot, Snapshot)
    sessions = [charge.session_id for charge in said.charges] if said.kind is Kind.RECEIPT else []
    return Read(row, said, tuple(await store.payments_of(tx, row.operator_id, sessions)))


def shown(runtime: Runtime, document: Read, language: str | None) -> View:
    """A document in a language; in its own if none is named."""
    return presenting.view_of(
        document.said,
        rules.language_of(language or document.said.locale),
        sha256=document.row.sha256,
        link=mailing.link_to(runtime, document.row.id),
        payments=document.payments,
    )


async def find_charge_document(runtime: Runtime, request: FindChargeDocument) -> ChargeDocument | None:
    """The paper of a session, with the address that opens it."""
    async with runtime.database.read() as tx:
        row = await store.find_charge_document(tx, request.operator_id, request.session_id)
    if row is None:
        return None
    return ChargeDocument(kind=row.kind, number=row.number, url=mailing.link_to(runtime, row.id))
