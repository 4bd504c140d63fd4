"""Routes for log-in and API keys."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field, SecretStr

from voltway.kernel import audit, clock
from voltway.kernel.auth import (
    DEFAULT_OPERATOR_ID,
    Permission,
    Principal,
    Role,
    accounts,
    allowed,
    anybody,
    api_keys,
    browser_sessions,
    create_api_key,
    devices,
    recently_proved,
    tickets,
    visible,
)
from voltway.kernel.auth.browser_sessions import Method
from voltway.kernel.auth.callers import Verified, caller_of, cookie_name, session_cookie
from voltway.kernel.auth.errors import SecondFactorRequired, WrongCredentials
from voltway.kernel.auth.granting import require_key_grantable
from voltway.kernel.auth.tables import api_keys as api_keys_table
from voltway.kernel.auth.throttle import LogInThrottle
from voltway.kernel.database import Tx
from voltway.kernel.errors import InvalidField
from voltway.kernel.http.dependencies import open_tx, read_tx, runtime_of
from voltway.kernel.http.logging_in import LoggedIn, begin_session, describe_caller, device_token
from voltway.kernel.http.paging import PageQuery, page_query
from voltway.kernel.http.schema import Instant, Page, Schema
from voltway.kernel.request import client_address
from voltway.kernel.runtime import Runtime

router = APIRouter(tags=["access"])

LOG_IN_TICKET = "log_in"
LOG_IN_TICKET_LIFETIME = timedelta(minutes=10)


class LogIn(Schema):
    """Who wants in."""

    email: str = Field(max_length=254)
    password: SecretStr = Field(max_length=1000)


ShortText = Annotated[str, Field(min_length=1, max_length=36)]


class ApiKeyIn(Schema):
    """A new API key."""

    name: str = Field(min_length=1, max_length=200)
    role: Role
    custom_role_id: str | None = Field(None, max_length=36, description="with the role `custom`")
    location_ids: list[ShortText] | None = Field(None, max_length=500, description="only these locations")
    location_group_ids: list[ShortText] | None = Field(
        None, max_length=50, description="and those of these groups; with both null: all locations"
    )
    scopes: list[Permission] | None = Field(
        None, min_length=1, max_length=100, description="of the role's permissions only these; null: all of them"
    )
    expires_at: Instant | None = None


class ApiKeyOut(Schema):
    """An API key without its secret."""

    id: str
    name: str
    role: Role
    prefix: str
    custom_role_id: str | None
    location_ids: list[str] | None
    location_group_ids: list[str] | None
    scopes: list[str] | None
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
    """Begin a browser session: sets the session cookie. An account with a second factor gets a 401 of the type
    `second-factor-required` with a ticket, and goes on at /login/second-factor."""
    throttle, origin = runtime.state(LogInThrottle), await _origin(runtime, request, body.email)
    throttle.check(body.email, origin)
    try:
        row = await accounts.check_credentials(runtime.database, body.email, body.password.get_secret_value())
    except WrongCredentials:
        throttle.count_failure(body.email, origin)
        await _note_failure(runtime, body.email)
        raise
    if row.second_factors:
        raise await _second_step(runtime, row)
    async with runtime.database.begin() as tx:
        return await begin_session(tx, runtime, request, response, row, Method.PASSWORD)


async def _origin(runtime: Runtime, request: Request, email: str) -> str:
    """Whose failures count against a log-in: the device's, if the account knows it, else those of the address."""
    token = device_token(request)
    if token is not None:
        async with runtime.database.read() as tx:
            if await devices.is_known(tx, email, token, runtime.secret):
                return f"device {devices.hash_token(token, runtime.secret)}"
    return client_address(request)


async def _note_failure(runtime: Runtime, email: str) -> None:
    """Tell the audit log, in the same steps for an address that nobody has. What was typed there may be a password: it is named
    by its hash, so that the same can be told from others."""
    digest = hashlib.blake2b(email.strip().casefold().encode(), digest_size=8).hexdigest()
    async with runtime.database.begin() as tx:
        row = await accounts.find_by_email(tx, email)
        audit.note(
            tx,
            None,
            "log_in.failed",
            ("account", f"e-mail {digest}" if row is None else row.id),
            operator_id=DEFAULT_OPERATOR_ID if row is None else row.operator_id,
            after={"method": Method.PASSWORD.value},
        )


async def _second_step(runtime: Runtime, row: Any) -> SecondFactorRequired:
    async with runtime.database.begin() as tx:
        ticket = await tickets.issue(tx, LOG_IN_TICKET, row.id, runtime.secret, LOG_IN_TICKET_LIFETIME)
    return SecondFactorRequired(
        "The password is right; this account asks for a second factor as well.",
        ticket=ticket,
        methods=[*row.second_factors, "recovery_code"],
        expires_in_s=int(LOG_IN_TICKET_LIFETIME.total_seconds()),
    )


@router.post("/logout", status_code=204)
async def log_out(
    request: Request,
    response: Response,
    principal: Annotated[Principal, Depends(caller_of)],
    runtime: Annotated[Runtime, Depends(runtime_of)],
) -> None:
    """End the browser session."""
    cookie = session_cookie(request)
    if cookie is not None:
        async with runtime.database.begin() as tx:
            await browser_sessions.close_session(tx, cookie, runtime.secret)
            audit.note(tx, principal, "log_out.done", ("account", principal.id))
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
    return LoggedIn(account=await describe_caller(tx, principal), csrf_token=csrf_token)


@router.get("/api-keys")
async def list_api_keys(
    principal: Annotated[Principal, Depends(allowed(Permission.ADMIN, everywhere=True))],
    tx: Annotated[Tx, Depends(read_tx, scope="function")],
    page: Annotated[PageQuery, Depends(page_query)],
) -> Page[ApiKeyOut]:
    """The operator's API keys that are not revoked."""
    table = api_keys_table
    statement = sa.select(table).where(
        visible(principal, table), table.c.revoked_at.is_(None), table.c.client_id.is_(None)
    )
    rows, next_cursor = await page.fetch(tx, statement, table.c.id)
    return Page(items=[ApiKeyOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.post("/api-keys", status_code=201, dependencies=[Depends(recently_proved)])
async def add_api_key(
    body: ApiKeyIn,
    principal: Annotated[Principal, Depends(allowed(Permission.ADMIN, everywhere=True))],
    runtime: Annotated[Runtime, Depends(runtime_of)],
    tx: Annotated[Tx, Depends(open_tx, scope="function")],
) -> ApiKeyCreated:
    """Make an API key. Nobody can hand out more than they have."""
    await require_key_grantable(
        tx,
        principal,
        body.role,
        custom_role_id=body.custom_role_id,
        location_ids=body.location_ids,
        location_group_ids=body.location_group_ids,
        scopes=body.scopes,
    )
    if body.expires_at is not None and body.expires_at <= clock.now():
        raise InvalidField.at("$.expires_at", "this is over already")
    key = await create_api_key(
        tx,
        body.role,
        body.name,
        principal.operator_id,
        runtime.secret,
        location_ids=body.location_ids,
        location_group_ids=body.location_group_ids,
        custom_role_id=body.custom_role_id if body.role is Role.CUSTOM else None,
        scopes=body.scopes,
        expires_at=body.expires_at,
        created_by=principal.id,
    )
    table = api_keys_table
    row = (await tx.execute(sa.select(table).where(table.c.prefix == api_keys.prefix_of(key)))).one()
    after = body.model_dump(mode="json")
    audit.note(tx, principal, "api_key.made", ("api_key", row.id), after=after)
    return ApiKeyCreated(**ApiKeyOut.model_validate(row).model_dump(), key=key)


@router.delete("/api-keys/{key_id}", status_code=204)
async def revoke_api_key(
    key_id: str,
    principal: Annotated[Principal, Depends(allowed(Permission.ADMIN, everywhere=True))],
    runtime: Annotated[Runtime, Depends(runtime_of)],
    tx: Annotated[Tx, Depends(open_tx, scope="function")],
) -> None:
    """End an API key, at once."""
    await api_keys.revoke(tx, principal.operator_id, key_id)
    audit.note(tx, principal, "api_key.revoked", ("api_key", key_id))
    tx.after_commit(runtime.state(Verified).forget)
