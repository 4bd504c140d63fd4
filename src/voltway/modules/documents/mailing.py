"""Mails that bring a document: a link to its page, where it can be read and fetched without logging in."""

from __future__ import annotations

from typing import Any

from voltway.contracts.notify import MailWanted
from voltway.kernel import clock
from voltway.kernel.database import Tx
from voltway.kernel.http.settings import HttpSettings
from voltway.kernel.ids import new_id
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.documents import formats, links, rules, store, texts
from voltway.modules.documents.errors import NoAddress
from voltway.modules.documents.settings import DocumentsSettings


def link_to(runtime: Runtime, document_id: str) -> str:
    """The address of a document's page."""
    base = runtime.settings(DocumentsSettings).link_url or runtime.settings(HttpSettings).public_url
    return (
        f"{(base or runtime.own_url or 'http://localhost').rstrip('/')}/r/{links.code_of(runtime.secret, document_id)}"
    )


async def send(tx: Tx, runtime: Runtime, row: Any, seller_name: str, *, is_again: bool = False) -> bool:
    """Have a document sent to whom it is for, if an address is known; whether one is."""
    to, locale, name = await _recipient(tx, row)
    if to is None:
        return False
    labels = texts.labels_in(locale)
    amount = formats.money(Money(row.incl_vat_minor, row.currency), locale)
    places = {"kind": labels[row.kind], "number": row.number, "amount": amount, "seller": seller_name, "name": name}
    tx.publish(
        MailWanted(
            operator_id=row.operator_id,
            at=clock.now(),
            mail_id=new_id() if is_again else f"document:{row.id}",
            kind=f"document.{row.kind}",
            to=to,
            subject=labels["mail_subject"].format(**places)[:200],
            text=labels["mail_text"].format(**places, link=f"{link_to(runtime, row.id)}?lang={locale}"),
        )
    )
    await store.mark_sent(tx, row.id)
    return True


async def send_again(tx: Tx, runtime: Runtime, row: Any, seller_name: str) -> None:
    """The same, asked for by somebody. Raises NoAddress."""
    if not await send(tx, runtime, row, seller_name, is_again=True):
        raise NoAddress("Neither the customer nor an account of the payer has an address.")


async def _recipient(tx: Tx, row: Any) -> tuple[str | None, str, str]:
    """The address, the language and the name of whom a document is for."""
    if row.customer_id is not None:
        customer = await store.get_customer(tx, row.operator_id, row.customer_id)
        if customer.email is not None:
            return customer.email, rules.language_of(customer.locale), customer.name
    account = await store.find_account(tx, row.operator_id, row.payer_id)
    if account is None:
        return None, row.locale, ""
    return account.email, rules.language_of(account.locale), account.name
