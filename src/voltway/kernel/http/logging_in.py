"""How a browser gets its session, whatever the person proved with: cookies, the device, what is noted of it."""

from __future__ import annotations

import secrets
from typing import Any

import sqlalchemy as sa
from fastapi import Request, Response
from pydantic import Field

from voltway.kernel import audit
from voltway.kernel.auth import Permission, Principal, Role, browser_sessions, devices
from voltway.kernel.auth.browser_sessions import ADDRESS_LENGTH_MAX, USER_AGENT_LENGTH_MAX, Method
from voltway.kernel.auth.callers import Verified, cookie_name, device_cookie_name, session_cookie
from voltway.kernel.auth.resolving import principal_of
from voltway.kernel.auth.tables import accounts as accounts_table
from voltway.kernel.auth.tables import operators
from voltway.kernel.database import Tx
from voltway.kernel.http.schema import Schema
from voltway.kernel.request import client_address
from voltway.kernel.runtime import Runtime


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


async def begin_session(
    tx: Tx, runtime: Runtime, request: Request, response: Response, account: Any, method: Method
) -> LoggedIn:
    """Log an account in: the session before it ends, and the answer sets the cookies."""
    old_cookie, address, user_agent = session_cookie(request), client_address(request), user_agent_of(request)
    if old_cookie is not None:
        await browser_sessions.close_session(tx, old_cookie, runtime.secret)
    device = device_token(request) or secrets.token_urlsafe(32)
    device_id = await devices.remember(tx, account, device, runtime.secret, address[:ADDRESS_LENGTH_MAX], user_agent)
    cookie = await browser_sessions.open_session(
        tx, account.id, runtime.secret, method=method, address=address, user_agent=user_agent, device_id=device_id
    )
    principal = await principal_of(tx, account, "account")
    audit.note(tx, principal, "log_in.done", ("account", account.id), after={"method": method.value})
    tx.after_commit(runtime.state(Verified).forget)
    out = await show_session(tx, runtime, request, response, principal, cookie)
    _set_cookie(request, response, device_cookie_name(request), device, int(devices.KEPT.total_seconds()))
    return out


async def show_session(
    tx: Tx, runtime: Runtime, request: Request, response: Response, principal: Principal, cookie: str
) -> LoggedIn:
    """Set the session's cookie and say what its writes must carry."""
    _set_cookie(request, response, cookie_name(request), cookie, int(browser_sessions.ABSOLUTE.total_seconds()))
    csrf_token = browser_sessions.csrf_token(cookie, runtime.secret)
    return LoggedIn(account=await describe_caller(tx, principal), csrf_token=csrf_token)


async def describe_caller(tx: Tx, principal: Principal) -> AccountOut:
    """A caller as the API shows them."""
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


def device_token(request: Request) -> str | None:
    """The cookie by which the browser is known again; None if it has none, or one that we did not make."""
    token = request.cookies.get(device_cookie_name(request), "")
    return token if 40 <= len(token) <= 64 else None


def user_agent_of(request: Request) -> str:
    """What the browser calls itself, as far as that is kept: printable, and not long."""
    text = request.headers.get("user-agent", "")[:USER_AGENT_LENGTH_MAX]
    return "".join(letter for letter in text if letter.isprintable())


def _set_cookie(request: Request, response: Response, name: str, value: str, max_age_s: int) -> None:
    response.set_cookie(
        name, value, max_age=max_age_s, secure=request.url.scheme == "https", httponly=True, samesite="lax"
    )
