"""REST of legal entities, who sell, and of customers, who get invoices."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter

from voltway.contracts.stations import KnownLocations
from voltway.kernel import audit, bulk, clock
from voltway.kernel.auth import Principal, visible
from voltway.kernel.database import Tx
from voltway.kernel.errors import InvalidField
from voltway.kernel.http import Page
from voltway.kernel.ids import new_id
from voltway.kernel.runtime import Runtime
from voltway.modules.documents import store
from voltway.modules.documents.dependencies import MayReadParties, MayWriteParties, OpenTx, OurRuntime, PagePart, ReadTx
from voltway.modules.documents.errors import PrefixInUse, PrefixTaken, TokenTaken
from voltway.modules.documents.schemas import CustomerIn, CustomerOut, EntityIn, EntityOut
from voltway.modules.documents.tables import customer_tokens, customers, entities

router = APIRouter(tags=["documents"])


# ---- legal entities


@router.get("/legal-entities")
async def list_legal_entities(principal: MayReadParties, tx: ReadTx, page: PagePart) -> Page[EntityOut]:
    """Who sells, newest first. The first receipt makes one with the operator's name, if there is none."""
    statement = sa.select(entities).where(visible(principal, entities))
    rows, next_cursor = await page.fetch(tx, statement, entities.c.id)
    return Page(items=[_entity_out(row) for row in rows], next_cursor=next_cursor)


@router.post("/legal-entities", status_code=201)
async def add_legal_entity(body: EntityIn, principal: MayWriteParties, runtime: OurRuntime) -> EntityOut:
    """Add a legal entity. Documents that are there keep the one that they name, as it was."""
    await _require_places(runtime, principal, body)
    async with runtime.database.begin(principal.operator_id) as tx:
        await _require_free(tx, principal.operator_id, body.number_prefix, None)
        now = clock.now()
        is_first = not await store.all_entities(tx, principal.operator_id)
        values = body.model_dump(mode="json") | ({"is_default": True} if is_first else {})
        row = {"id": new_id(), "operator_id": principal.operator_id, **values, "created_at": now, "changed_at": now}
        await bulk.insert(tx, entities, [row])
        if row["is_default"]:
            await store.only_default(tx, principal.operator_id, row["id"])
        audit.note(tx, principal, "legal_entity.added", ("legal_entity", row["id"]), after=values)
        return _entity_out(await store.get_entity(tx, principal.operator_id, row["id"]))


@router.get("/legal-entities/{entity_id}")
async def get_legal_entity(entity_id: str, principal: MayReadParties, tx: ReadTx) -> EntityOut:
    """One legal entity."""
    return _entity_out(await store.get_entity(tx, principal.operator_id, entity_id))


@router.put("/legal-entities/{entity_id}")
async def change_legal_entity(
    entity_id: str, body: EntityIn, principal: MayWriteParties, runtime: OurRuntime
) -> EntityOut:
    """Change a legal entity, from the next document on. The default stays the default until another one is."""
    await _require_places(runtime, principal, body)
    async with runtime.database.begin(principal.operator_id) as tx:
        before = await store.get_entity(tx, principal.operator_id, entity_id)
        if body.number_prefix != before.number_prefix:
            if await store.has_documents(tx, entity_id):
                raise PrefixInUse(f"Documents are numbered {before.number_prefix}-…: make another legal entity.")
            await _require_free(tx, principal.operator_id, body.number_prefix, entity_id)
        values = body.model_dump(mode="json") | {"is_default": body.is_default or before.is_default}
        statement = sa.update(entities).where(entities.c.id == entity_id)
        await tx.execute(statement.values(**values, changed_at=clock.now()))
        if values["is_default"]:
            await store.only_default(tx, principal.operator_id, entity_id)
        after = await store.get_entity(tx, principal.operator_id, entity_id)
        audit.note(tx, principal, "legal_entity.changed", ("legal_entity", entity_id), **audit.changes(before, after))
        return _entity_out(after)


def _entity_out(row: Any) -> EntityOut:
    return EntityOut(**{name: getattr(row, name) for name in EntityOut.model_fields})


async def _require_places(runtime: Runtime, principal: Principal, body: EntityIn) -> None:
    if body.place_ids:
        known = KnownLocations(operator_id=principal.operator_id, location_ids=tuple(dict.fromkeys(body.place_ids)))
        found: list[str] = await runtime.ask(known)
        unknown = set(body.place_ids) - set(found)
        if unknown:
            raise InvalidField.at("$.place_ids", f"there is no location {min(unknown)}")


async def _require_free(tx: Tx, operator_id: str, prefix: str, but: str | None) -> None:
    taken = [row for row in await store.all_entities(tx, operator_id) if row.number_prefix == prefix and row.id != but]
    if taken:
        raise PrefixTaken(f"{taken[0].name} has the prefix {prefix}.")


# ---- customers


@router.get("/customers")
async def list_customers(principal: MayReadParties, tx: ReadTx, page: PagePart) -> Page[CustomerOut]:
    """Who gets invoices, newest first."""
    statement = sa.select(customers).where(visible(principal, customers))
    rows, next_cursor = await page.fetch(tx, statement, customers.c.id)
    tokens = await store.tokens_of(tx, [row.id for row in rows])
    return Page(items=[_customer_out(row, tokens[row.id]) for row in rows], next_cursor=next_cursor)


@router.post("/customers", status_code=201)
async def add_customer(body: CustomerIn, principal: MayWriteParties, tx: OpenTx) -> CustomerOut:
    """Add a customer: from now on there are invoices for the sessions of their account and their cards, and no receipts."""
    now = clock.now()
    values = body.model_dump(mode="json", exclude={"id_token_ids"})
    row = {"id": new_id(), "operator_id": principal.operator_id, **values, "created_at": now, "changed_at": now}
    await _require_account(tx, principal, body.account_id)
    await bulk.insert(tx, customers, [row])
    await _set_tokens(tx, principal, row["id"], body.id_token_ids)
    audit.note(tx, principal, "customer.added", ("customer", row["id"]), after=values)
    return await _shown(tx, principal, row["id"])


@router.get("/customers/{customer_id}")
async def get_customer(customer_id: str, principal: MayReadParties, tx: ReadTx) -> CustomerOut:
    """One customer."""
    return await _shown(tx, principal, customer_id)


@router.put("/customers/{customer_id}")
async def change_customer(customer_id: str, body: CustomerIn, principal: MayWriteParties, tx: OpenTx) -> CustomerOut:
    """Change a customer, from the next document on."""
    before = await store.get_customer(tx, principal.operator_id, customer_id)
    await _require_account(tx, principal, body.account_id)
    values = body.model_dump(mode="json", exclude={"id_token_ids"})
    statement = sa.update(customers).where(customers.c.id == customer_id)
    await tx.execute(statement.values(**values, changed_at=clock.now()))
    await _set_tokens(tx, principal, customer_id, body.id_token_ids)
    after = await store.get_customer(tx, principal.operator_id, customer_id)
    audit.note(tx, principal, "customer.changed", ("customer", customer_id), **audit.changes(before, after))
    return await _shown(tx, principal, customer_id)


async def _require_account(tx: Tx, principal: Principal, account_id: str | None) -> None:
    if account_id is not None and await store.find_account(tx, principal.operator_id, account_id) is None:
        raise InvalidField.at("$.account_id", "there is no such account")


async def _set_tokens(tx: Tx, principal: Principal, customer_id: str, id_token_ids: list[str]) -> None:
    table, wanted = customer_tokens, list(dict.fromkeys(id_token_ids))
    await tx.execute(sa.delete(table).where(table.c.customer_id == customer_id))
    taken = (await tx.execute(sa.select(table.c.id_token_id).where(table.c.id_token_id.in_(wanted)))).scalars().all()
    if taken:
        raise TokenTaken(f"The token {min(taken)} belongs to another customer.")
    same = {"operator_id": principal.operator_id, "customer_id": customer_id}
    await bulk.insert(tx, table, [{"id_token_id": one, **same} for one in wanted])


async def _shown(tx: Tx, principal: Principal, customer_id: str) -> CustomerOut:
    row = await store.get_customer(tx, principal.operator_id, customer_id)
    return _customer_out(row, (await store.tokens_of(tx, [customer_id]))[customer_id])


def _customer_out(row: Any, tokens: list[str]) -> CustomerOut:
    same = {name: getattr(row, name) for name in CustomerOut.model_fields if name != "id_token_ids"}
    return CustomerOut(**same, id_token_ids=tokens)
