"""From a request to its principal: `Authorization: Bearer KEY`, or the session cookie with the CSRF token.

What was verified is remembered for a few seconds, so that a hundred requests a second do not ask the database a hundred
times who asks. A key or session that ends in this process is forgotten at once; in another one, after those seconds.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import sqlalchemy as sa
import structlog
from starlette.requests import Request

from voltway.kernel import clock
from voltway.kernel.auth import api_keys, browser_sessions, devices
from voltway.kernel.auth.errors import (
    BoundToLocations,
    CsrfTokenMissing,
    MfaSetupRequired,
    OperatorNotFound,
    PermissionMissing,
    StepUpRequired,
)
from voltway.kernel.auth.operators import find_operator
from voltway.kernel.auth.principal import Principal
from voltway.kernel.auth.resolving import principal_of, session_principal_of
from voltway.kernel.auth.roles import Permission
from voltway.kernel.auth.tables import api_keys as api_keys_table
from voltway.kernel.auth.tables import browser_sessions as browser_sessions_table
from voltway.kernel.errors import Unauthenticated
from voltway.kernel.request import runtime_serving
from voltway.kernel.runtime import Runtime

REMEMBERED_S = 5.0
REMEMBERED_MAX = 10_000
TOUCH_EVERY = timedelta(minutes=10)
PROOF_KEPT = timedelta(minutes=10)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Verified:
    """The callers verified in the last seconds, by a digest of what they showed: a process's memory (Runtime.state)."""

    def __init__(self) -> None:
        self._found: dict[bytes, tuple[Principal, float]] = {}
        self.age = 0
        """Counts the revocations: what was read from the database before the last one is not remembered."""

    def get(self, shown: str) -> Principal | None:
        """Whose credential this is, if it was verified a moment ago."""
        principal, until = self._found.get(_digest(shown), (None, 0.0))
        return principal if clock.monotonic() < until else None

    def put(self, shown: str, principal: Principal, age: int) -> None:
        """Remember a caller who was verified at this `age`."""
        if age != self.age:
            return
        if len(self._found) >= REMEMBERED_MAX:
            self._found.clear()
        self._found[_digest(shown)] = (principal, clock.monotonic() + REMEMBERED_S)

    def forget(self) -> None:
        """Verify everybody anew: something was revoked."""
        self._found.clear()
        self.age += 1


async def identify(request: Request) -> Principal | None:
    """Who sends this request; None if nobody says. Raises Unauthenticated for a credential that is not good (any more),
    CsrfTokenMissing, PermissionMissing for another operator."""
    runtime = runtime_serving(request)
    authorization = request.headers.get("authorization")
    if authorization is not None:
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated("Use `Authorization: Bearer KEY`.")
        principal = await _by_key(runtime, key.strip())
    elif (cookie := session_cookie(request)) is not None:
        principal = await _by_cookie(runtime, cookie)
        if request.method not in SAFE_METHODS:
            _check_csrf(request, cookie, runtime.secret)
    else:
        return None
    principal = await _acting_for(request, runtime, principal)
    request.state.principal = principal
    structlog.contextvars.bind_contextvars(principal_id=principal.id)
    return principal


def session_cookie(request: Request) -> str | None:
    """The session cookie, from whichever of its two names the scheme allows."""
    return request.cookies.get(cookie_name(request))


def cookie_name(request: Request) -> str:
    """`__Host-` binds the cookie to this host and to TLS; browsers refuse the prefix without TLS."""
    return browser_sessions.SECURE_COOKIE if request.url.scheme == "https" else browser_sessions.COOKIE


def device_cookie_name(request: Request) -> str:
    """The cookie by which a browser is known again."""
    return devices.SECURE_COOKIE if request.url.scheme == "https" else devices.COOKIE


@dataclass(frozen=True)
class Access:
    """Who a route lets in, as it says of itself; in the API's description it stands as `x-access`."""

    permission: Permission | None = None
    """None: everybody whom we know."""
    everywhere: bool = False
    """What it does holds at every location of the operator: nobody may who is bound to some."""
    is_open: bool = False
    """Nobody is asked who they are."""
    is_people: bool = False
    """Only people with an account and a session; keys have none."""


def allowed(permission: Permission, *, everywhere: bool = False) -> Callable[[Request], Awaitable[Principal]]:
    """A dependency: the caller, who must have this permission; `everywhere`: and not be bound to locations."""

    async def caller(request: Request) -> Principal:
        principal = await caller_of(request)
        if principal.must_set_up_mfa:
            raise MfaSetupRequired(
                "Set up a passkey or an authenticator app (/api/v1/me/passkeys, /api/v1/me/totp) first."
            )
        if not principal.may(permission):
            raise PermissionMissing(f"The role {principal.role} does not include {permission}.")
        if everywhere and principal.location_ids is not None:
            raise BoundToLocations("You may see some locations; this concerns all of them.")
        return principal

    _declared[caller] = Access(permission, everywhere)
    return caller


async def recently_proved(request: Request) -> Principal:
    """A dependency for dangerous acts: the caller, who has proved within PROOF_KEPT who they are. Keys are machines, which are
    not asked."""
    principal = await caller_of(request)
    if principal.proved_at is not None and principal.proved_at <= clock.now() - PROOF_KEPT:
        raise StepUpRequired("Prove again who you are (POST /api/v1/me/step-up), then repeat this.")
    return principal


async def caller_of(request: Request) -> Principal:
    """A dependency: the caller, whatever the role."""
    principal = getattr(request.state, "principal", None)
    if principal is None:
        raise Unauthenticated("Log in, or send `Authorization: Bearer KEY`.")
    return cast(Principal, principal)


async def anybody() -> None:
    """A dependency that says: this route is open to everybody. Without it a route asks for a caller."""


_declared: dict[object, Access] = {caller_of: Access(), anybody: Access(is_open=True)}


def declare(call: object, access: Access) -> None:
    """Say who is let in by routes that depend on this."""
    _declared[call] = access


def access_declared(dependencies: Iterable[object]) -> Access | None:
    """Who is let in by a route that depends on these; None: it does not say."""
    return next((_declared[call] for call in dependencies if call in _declared), None)


async def _by_key(runtime: Runtime, key: str) -> Principal:
    verified = runtime.state(Verified)
    principal = verified.get(key)
    if principal is not None:
        return principal
    age = verified.age
    async with runtime.database.read() as tx:
        row = await api_keys.find_by_key(tx, key, runtime.secret)
        if row is None:
            raise Unauthenticated("This API key is not known, or not valid any more.")
        principal = await principal_of(tx, row, "api_key")
    if row.last_used_at is None or row.last_used_at < clock.now() - TOUCH_EVERY:
        table = api_keys_table
        await _touch(runtime, sa.update(table).where(table.c.id == row.id))
    verified.put(key, principal, age)
    return principal


async def _by_cookie(runtime: Runtime, cookie: str) -> Principal:
    verified = runtime.state(Verified)
    principal = verified.get(cookie)
    if principal is not None:
        return principal
    age = verified.age
    async with runtime.database.read() as tx:
        row = await browser_sessions.find_by_cookie(tx, cookie, runtime.secret)
        if row is None:
            raise Unauthenticated("This log-in has ended. Log in again.")
        principal = await session_principal_of(tx, row)
    if row.last_used_at < clock.now() - TOUCH_EVERY:
        table = browser_sessions_table
        id_hash = browser_sessions.hash_cookie(cookie, runtime.secret)
        await _touch(runtime, sa.update(table).where(table.c.id_hash == id_hash))
    verified.put(cookie, principal, age)
    return principal


async def _touch(runtime: Runtime, update: sa.Update) -> None:
    async with runtime.database.begin() as tx:
        await tx.execute(update.values(last_used_at=clock.now()))


async def _acting_for(request: Request, runtime: Runtime, principal: Principal) -> Principal:
    """A platform administrator may act for any operator, named by the header X-Operator or, where no header can be
    set (server-sent events), by the query parameter `operator`."""
    slug = request.headers.get("x-operator") or request.query_params.get("operator")
    if slug is None:
        return principal
    async with runtime.database.read() as tx:
        operator_id = await find_operator(tx, slug)
    if operator_id != principal.operator_id and not principal.may(Permission.PLATFORM):
        raise OperatorNotFound(f"There is no operator {slug!r}.")  # the same as for one that is not there
    return dataclasses.replace(principal, operator_id=operator_id)


def _check_csrf(request: Request, cookie: str, secret: bytes) -> None:
    expected = browser_sessions.csrf_token(cookie, secret)
    if not hmac.compare_digest(request.headers.get("x-csrf-token", "").encode(), expected.encode()):
        raise CsrfTokenMissing("Send the header X-CSRF-Token with the value that the log-in answered.")


def _digest(shown: str) -> bytes:
    return hashlib.sha256(shown.encode()).digest()
