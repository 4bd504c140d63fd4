"""REST of tokens (the outside contract: /id-tokens)."""

from __future__ import annotations

from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response

from voltway.kernel.auth import Permission, Principal, allowed
from voltway.kernel.database import Tx
from voltway.kernel.http import Page, PageQuery, etag_of, open_tx, page_query, read_tx, require_match
from voltway.modules.users import store
from voltway.modules.users.schemas import IdTokenIn, IdTokenOut, IdTokenPatch, TokenStatus, id_token_out
from voltway.modules.users.tables import id_tokens

router = APIRouter(tags=["tokens"])

MayRead = Annotated[Principal, Depends(allowed(Permission.TOKENS_READ))]
MayWrite = Annotated[Principal, Depends(allowed(Permission.TOKENS_WRITE))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]


@router.get("/id-tokens")
async def list_id_tokens(
    principal: MayRead,
    tx: ReadTx,
    page: Annotated[PageQuery, Depends(page_query)],
    value: str | None = None,
    status: TokenStatus | None = None,
) -> Page[IdTokenOut]:
    """The operator's tokens, newest first."""
    statement = sa.select(id_tokens).where(id_tokens.c.operator_id == principal.operator_id)
    if value is not None:
        statement = statement.where(id_tokens.c.value_key == value.casefold())
    if status is not None:
        statement = statement.where(id_tokens.c.status == status)
    rows, next_cursor = await page.fetch(tx, statement, id_tokens.c.id)
    return Page(items=[id_token_out(row) for row in rows], next_cursor=next_cursor)


@router.post("/id-tokens", status_code=201)
async def add_id_token(body: IdTokenIn, principal: MayWrite, tx: OpenTx, response: Response) -> IdTokenOut:
    """Add a token."""
    row = await store.add(tx, principal.operator_id, body.model_dump())
    etag_of(row.version, response)
    return id_token_out(row)


@router.get("/id-tokens/{token_id}")
async def get_id_token(token_id: str, principal: MayRead, tx: ReadTx, response: Response) -> IdTokenOut:
    """One token."""
    row = await store.get(tx, principal.operator_id, token_id)
    etag_of(row.version, response)
    return id_token_out(row)


@router.patch("/id-tokens/{token_id}")
async def change_id_token(
    token_id: str,
    body: IdTokenPatch,
    principal: MayWrite,
    tx: OpenTx,
    request: Request,
    response: Response,
) -> IdTokenOut:
    """Change what is given; null empties a field."""
    row = await store.get(tx, principal.operator_id, token_id, is_locked=True)
    require_match(request, row.version)
    values = body.model_dump(exclude_unset=True)
    if "group" in values:
        values["group_value"] = values.pop("group")
    row = await store.change(tx, principal.operator_id, token_id, values)
    etag_of(row.version, response)
    return id_token_out(row)


@router.delete("/id-tokens/{token_id}", status_code=204)
async def delete_id_token(token_id: str, principal: MayWrite, tx: OpenTx) -> None:
    """Delete a token; it is unknown from then on."""
    await store.remove(tx, principal.operator_id, token_id)
