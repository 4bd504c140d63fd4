"""Routes for log-in and API keys."""

from __future__ import annotations

from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field, SecretStr

from voltway.kernel.auth import (
    Permission,
    Principal,
    Role,
    accounts,
    allowed,
    anybody,
    api_keys,
    browser_sessions,
    create_api_key,
)
from voltway.kernel.auth.callers import Verified, caller_of, cookie_name, session_cookie
from voltway.kernel.auth.errors import PermissionMissing, WrongCredentials
from voltway.kernel.auth.tables import accounts as accounts_table
from voltway.kernel.auth.tables import api_keys as api_keys_table
from voltway.kernel.auth.tables import operators
from voltway.kernel.auth.throttle import LogInThrottle
from voltway.kernel.database import Tx
from voltway.kernel.http.dependencies import open_tx, read_tx, runtime_of
from voltway.kernel.http.paging import PageQuery, page_query
from voltway.kernel.http.schema import Instant, Page, Schema
from voltway.kernel.request import client_address
from voltway.kernel.runtime import Runtime

router = APIRouter(tags=["access"])


class LogIn(Schema):
    """Who wants in."""

    email: str = Field(max_length=254)
    password: SecretStr = Field(max_length=1000)


class AccountOut(Schema):
    """Somebody who is logged in, or the API key that asks (`email` is null)."""

    id: str
    email: str | None
    name: str
    role: Role
    operator: str = Field(description="the operator's slug")
    permissions: list[Permission]


class LoggedIn(Schema):
    """The caller, and the token that writes with the session cookie send as X-CSRF-Token (null for an API key)."""

    account: AccountOut
    csrf_token: str | None


class ApiKeyIn(Schema):
    """A new API key."""

    name: str = Field(min_length=1, max_length=200)
    role: Role
    location_ids: list[str] | None = Field(None, max_length=500, description="only these locations; null: all")
    expires_at: Instant | None = None


class ApiKeyOut(Schema):
    """An API key without its secret."""

    id: str
    name: str
    role: Role
    prefix: str
    location_ids: list[str] | None
    created_at: Instant
    expires_at: Instant | None
    last_used_at: Instant | None


class ApiKeyCreated(ApiKeyOut):
    """A new API key; `key` is shown this once."""

    key: str


@router.post("/login", dependencies=[Depends(anybody)])
async def log_in(
    body: LogIn, request: Request, response: Response, runtime: Annotated[Runtime, Depends(runtime_of)]
) -> LoggedIn:
    """Begin a browser session: sets the session cookie."""
    throttle, address = runtime.state(LogInThrottle), client_address(request)
    throttle.check(body.email, address)
    try:
        row = await accounts.check_credentials(runtime.database, body.email, body.password.get_secret_value())
    except WrongCredentials:
        throttle.count_failure(body.email, address)
        raise
    old_cookie = session_cookie(request)
    async with runtime.database.begin() as tx:
        if old_cookie is not None:
            await browser_sessions.close_session(tx, old_cookie, runtime.secret)
        cookie = await browser_sessions.open_session(tx, row.id, runtime.secret)
        out = await _describe(tx, accounts.to_principal(row))
    runtime.state(Verified).forget()
    response.set_cookie(
        cookie_name(request),
        cookie,
        max_age=int(browser_sessions.ABSOLUTE.total_seconds()),
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return LoggedIn(account=out, csrf_token=browser_sessions.csrf_token(cookie, runtime.secret))


@router.post("/logout", status_code=204, dependencies=[Depends(caller_of)])
async def log_out(request: Request, response: Response, runtime: Annotated[Runtime, Depends(runtime_of)]) -> None:
    """End the browser session."""
    cookie = session_cookie(request)
    if cookie is not None:
        async with runtime.database.begin() as tx:
            await browser_sessions.close_session(tx, cookie, runtime.secret)
    runtime.state(Verified).forget()
    response.delete_cookie(cookie_name(request), secure=request.url.scheme == "https", httponly=True, samesite="lax")


@router.get("/me")
async def show_me(
    request: Request,
    principal: Annotated[Principal, Depends(caller_of)],
    runtime: Annotated[Runtime, Depends(runtime_of)],
    tx: Annotated[Tx, Depends(read_tx, scope="function")],
) -> LoggedIn:
    """The caller."""
    cookie = session_cookie(request) if principal.kind == "account" else None
    csrf_token = browser_sessions.csrf_token(cookie, runtime.secret) if cookie is not None else None
    return LoggedIn(account=await _describe(tx, principal), csrf_token=csrf_token)


@router.get("/api-keys")
async def list_api_keys(
    principal: Annotated[Principal, Depends(allowed(Permission.ADMIN))],
    tx: Annotated[Tx, Depends(read_tx, scope="function")],
    page: Annotated[PageQuery, Depends(page_query)],
) -> Page[ApiKeyOut]:
    """The operator's API keys that are not revoked."""
    table = api_keys_table
    statement = sa.select(table).where(table.c.operator_id == principal.operator_id, table.c.revoked_at.is_(None))
    rows, next_cursor = await page.fetch(tx, statement, table.c.id)
    return Page(items=[ApiKeyOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.post("/api-keys", status_code=201)
async def add_api_key(
    body: ApiKeyIn,
    principal: Annotated[Principal, Depends(allowed(Permission.ADMIN))],
    runtime: Annotated[Runtime, Depends(runtime_of)],
    tx: Annotated[Tx, Depends(open_tx, scope="function")],
) -> ApiKeyCreated:
    """Make an API key. Nobody can hand out more than they have."""
    if body.role is Role.PLATFORM_ADMIN and principal.role is not Role.PLATFORM_ADMIN:
        raise PermissionMissing("Only a platform administrator makes keys of that role.")
    key = await create_api_key(
        tx,
        body.role,
        body.name,
        principal.operator_id,
        runtime.secret,
        location_ids=body.location_ids,
        expires_at=body.expires_at,
        created_by=principal.id,
    )
    table = api_keys_table
    row = (await tx.execute(sa.select(table).where(table.c.prefix == api_keys.prefix_of(key)))).one()
    return ApiKeyCreated(**ApiKeyOut.model_validate(row).model_dump(), key=key)


@router.delete("/api-keys/{key_id}", status_code=204)
async def revoke_api_key(
    key_id: str,
    principal: Annotated[Principal, Depends(allowed(Permission.ADMIN))],
    runtime: Annotated[Runtime, Depends(runtime_of)],
    tx: Annotated[Tx, Depends(open_tx, scope="function")],
) -> None:
    """End an API key, at once."""
    await api_keys.revoke(tx, principal.operator_id, key_id)
    tx.after_commit(runtime.state(Verified).forget)


async def _describe(tx: Tx, principal: Principal) -> AccountOut:
    slug = sa.select(operators.c.slug).where(operators.c.id == principal.operator_id)
    email = sa.select(accounts_table.c.email).where(accounts_table.c.id == principal.id)
    return AccountOut(
        id=principal.id,
        email=(await tx.execute(email)).scalar_one_or_none() if principal.kind == "account" else None,
        name=principal.name,
        role=principal.role,
        operator=(await tx.execute(slug)).scalar_one(),
        permissions=[permission for permission in Permission if principal.may(permission)],
    )
