"""REST of tokens (the outside contract: /id-tokens)."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request, Response

from voltway.contracts.vocabulary import IdToken
from voltway.kernel import audit, clock
from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.database import Tx
from voltway.kernel.http import Page, PageQuery, etag_of, open_tx, page_query, read_tx, require_match, runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.users import local_lists, rules, store
from voltway.modules.users.autocharge_rules import KIND, keys_of
from voltway.modules.users.judging import AccessSettings
from voltway.modules.users.schemas import (
    AccessSettingsIn,
    AccessSettingsOut,
    IdTokenIn,
    IdTokenOut,
    IdTokenPatch,
    LocalListIn,
    LocalListOut,
    TokenStatus,
    id_token_out,
    local_list_out,
)
from voltway.modules.users.tables import id_tokens

router = APIRouter(tags=["tokens"])

MayRead = Annotated[Principal, Depends(allowed(Permission.TOKENS_READ))]
MayWrite = Annotated[Principal, Depends(allowed(Permission.TOKENS_WRITE, everywhere=True))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
MayReadStations = Annotated[Principal, Depends(allowed(Permission.STATIONS_READ))]
MayWriteStations = Annotated[Principal, Depends(allowed(Permission.STATIONS_WRITE))]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]


@router.get("/id-tokens")
async def list_id_tokens(
    principal: MayRead,
    tx: ReadTx,
    page: Annotated[PageQuery, Depends(page_query)],
    value: str | None = None,
    user_id: Annotated[str | None, Query(max_length=36, description="an account")] = None,
    status: TokenStatus | None = None,
) -> Page[IdTokenOut]:
    """The operator's tokens, newest first."""
    statement = sa.select(id_tokens).where(visible(principal, id_tokens))
    if value is not None:
        statement = statement.where(id_tokens.c.value_key.in_(keys_of(IdToken(value, KIND))))
    if user_id is not None:
        statement = statement.where(id_tokens.c.user_id == user_id)
    if status is not None:
        statement = statement.where(id_tokens.c.status == status)
    rows, next_cursor = await page.fetch(tx, statement, id_tokens.c.id)
    return Page(items=[id_token_out(row, principal.shown) for row in rows], next_cursor=next_cursor)


@router.post("/id-tokens", status_code=201)
async def add_id_token(
    body: IdTokenIn, principal: MayWrite, tx: OpenTx, runtime: OurRuntime, response: Response
) -> IdTokenOut:
    """Add a token."""
    row = await store.add(tx, principal.operator_id, body.model_dump())
    told = body.model_dump(mode="json") | {"value": audit.last_four(body.value)}
    audit.note(tx, principal, "id_token.added", ("id_token", row.id), after=told)
    await local_lists.touch(tx, principal.operator_id, local_lists.debounce_s(runtime))
    etag_of(row.version, response)
    return id_token_out(row, principal.shown)


@router.get("/id-tokens/{token_id}")
async def get_id_token(token_id: str, principal: MayRead, runtime: OurRuntime, response: Response) -> IdTokenOut:
    """One token. That its value was shown whole is noted in the audit log."""
    async with runtime.database.read() as tx:
        row = await store.get(tx, principal.operator_id, token_id)
    if principal.may(Permission.TOKENS_REVEAL):
        async with runtime.database.begin() as tx:
            audit.note(tx, principal, "id_token.revealed", ("id_token", token_id))
    etag_of(row.version, response)
    return id_token_out(row, principal.shown)


@router.patch("/id-tokens/{token_id}")
async def change_id_token(
    token_id: str,
    body: IdTokenPatch,
    principal: MayWrite,
    tx: OpenTx,
    runtime: OurRuntime,
    request: Request,
    response: Response,
) -> IdTokenOut:
    """Change what is given; null empties a field."""
    row = await store.get(tx, principal.operator_id, token_id, is_locked=True)
    require_match(request, row.version)
    values = body.model_dump(include=body.model_fields_set)
    if "group" in values:
        values["group_value"] = values.pop("group")
    if "balance" in values:
        values |= store.balance_columns(values.pop("balance"))
    before = {name: getattr(row, name) for name in values}
    row = await store.change(tx, principal.operator_id, token_id, values)
    audit.note(tx, principal, "id_token.edited", ("id_token", token_id), **audit.changes(before, values))
    if rules.is_over(row, clock.now()):
        await store.note_deauthorized(tx, principal.operator_id, token_id)
    await local_lists.touch(tx, principal.operator_id, local_lists.debounce_s(runtime))
    etag_of(row.version, response)
    return id_token_out(row, principal.shown)


@router.delete("/id-tokens/{token_id}", status_code=204)
async def delete_id_token(token_id: str, principal: MayWrite, tx: OpenTx, runtime: OurRuntime) -> None:
    """Delete a token; it is unknown from then on."""
    row = await store.get(tx, principal.operator_id, token_id, is_locked=True)
    await store.remove(tx, principal.operator_id, token_id)
    told = {"value": audit.last_four(row.value), "kind": row.kind}
    audit.note(tx, principal, "id_token.removed", ("id_token", token_id), before=told)
    await store.note_deauthorized(tx, principal.operator_id, token_id)
    await local_lists.touch(tx, principal.operator_id, local_lists.debounce_s(runtime))


# ---- how tokens are judged


@router.get("/access-settings")
async def get_access_settings(principal: MayRead, tx: ReadTx) -> AccessSettingsOut:
    """How the operator's tokens are judged."""
    row = await store.access_settings_of(tx, principal.operator_id)
    return AccessSettingsOut() if row is None else _settings_out(row)


@router.put("/access-settings")
async def set_access_settings(
    body: AccessSettingsIn, principal: MayWrite, tx: OpenTx, runtime: OurRuntime
) -> AccessSettingsOut:
    """Say how the operator's tokens are judged; a new master group holds within a second."""
    row = await store.access_settings_of(tx, principal.operator_id)
    before = AccessSettingsOut() if row is None else _settings_out(row)
    await store.set_access_settings(tx, principal.operator_id, body.model_dump())
    changed = audit.changes(before.model_dump(), body.model_dump())
    audit.note(tx, principal, "access_settings.edited", ("operator", principal.operator_id), **changed)
    tx.after_commit(runtime.state(AccessSettings).forget)
    return _settings_out(await store.access_settings_of(tx, principal.operator_id))


def _settings_out(row: Any) -> AccessSettingsOut:
    return AccessSettingsOut(
        master_group=row.master_group,
        is_stopping_deauthorized=row.is_stopping_deauthorized,
        autocharge=row.autocharge,
    )


# ---- local lists


@router.get("/charging-stations/{station_id}/local-list")
async def get_local_list(station_id: str, principal: MayReadStations, runtime: OurRuntime) -> LocalListOut:
    """What is known of a station's local authorisation list."""
    await local_lists.station_of(runtime, principal.operator_id, principal.location_ids, station_id)
    async with runtime.database.read(principal.operator_id) as tx:
        return local_list_out(station_id, await local_lists.find(tx, station_id), principal.shown)


@router.put("/charging-stations/{station_id}/local-list")
async def set_local_list(
    station_id: str, body: LocalListIn, principal: MayWriteStations, runtime: OurRuntime
) -> LocalListOut:
    """Say which tokens belong into a station's local list; from then on it is kept in step. With `off` the station keeps the
    list that it has."""
    await local_lists.station_of(runtime, principal.operator_id, principal.location_ids, station_id)
    async with runtime.database.begin(principal.operator_id) as tx:
        row = await local_lists.set_mode(tx, principal.operator_id, station_id, body.mode, body.id_token_ids)
        told = body.model_dump(mode="json")
        audit.note(tx, principal, "local_list.set", ("station", station_id), after=told)
    return local_list_out(station_id, row, principal.shown)
