"""Log-in of staff by an OpenID Connect provider: the browser is sent there, and comes back with a code."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from voltway.kernel import audit
from voltway.kernel.auth import Role, accounts, anybody, find_operator, tickets
from voltway.kernel.auth.browser_sessions import Method
from voltway.kernel.auth.throttle import ChallengeThrottle
from voltway.kernel.database import Tx
from voltway.kernel.errors import InvalidField
from voltway.kernel.http.logging_in import begin_session
from voltway.kernel.request import client_address
from voltway.kernel.runtime import Runtime
from voltway.modules.accounts import oidc, rules, store
from voltway.modules.accounts.errors import ProofNotGood, ProviderNotFound
from voltway.modules.accounts.mailing import public_url
from voltway.modules.accounts.oidc import Person, Providers
from voltway.modules.accounts.people import OurRuntime
from voltway.modules.accounts.schemas import ProviderOut, ProvidersOut
from voltway.modules.accounts.settings import AccountsSettings, OidcProvider

router = APIRouter(tags=["access"], dependencies=[Depends(anybody)])

TICKET = "oidc"
LIFETIME = timedelta(minutes=10)
COOKIE = "voltway_oidc"
"""Binds the state to the browser that began: an answer that somebody else fetched logs nobody in (RFC 6749 §10.12)."""


@router.get("/oidc")
async def list_providers(runtime: OurRuntime) -> ProvidersOut:
    """The providers that staff may log in with."""
    found = runtime.settings(AccountsSettings).oidc
    return ProvidersOut(items=[ProviderOut(name=name, title=each.title or name) for name, each in found.items()])


@router.get("/oidc/{provider}/start", status_code=303, response_class=RedirectResponse)
async def start_provider_log_in(
    provider: str,
    request: Request,
    runtime: OurRuntime,
    return_to: Annotated[str, Query(max_length=300, description="the page to come back to")] = "/",
) -> Response:
    """Send the browser to the provider."""
    settings = _settings(runtime, provider)
    if not rules.is_local_path(return_to):
        raise InvalidField.at("query.return_to", "a path of this site, such as /stations")
    runtime.state(ChallengeThrottle).count(client_address(request))
    known = await oidc.metadata_of(runtime.state(Providers), provider, settings)
    browser, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    content = {"nonce": nonce, "verifier": verifier, "browser": _digest(browser), "return_to": return_to}
    async with runtime.database.begin() as tx:
        state = await tickets.issue(tx, TICKET, provider, runtime.secret, LIFETIME, content=content)
    redirect = _redirect(runtime, provider)
    address = oidc.start_address(known, settings, redirect=redirect, state=state, nonce=nonce, verifier=verifier)
    response = RedirectResponse(address, 303)
    response.set_cookie(
        COOKIE,
        browser,
        max_age=int(LIFETIME.total_seconds()),
        path="/api/v1/oidc",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return response


@router.get("/oidc/{provider}/callback", status_code=303, response_class=RedirectResponse)
async def finish_provider_log_in(
    provider: str,
    request: Request,
    runtime: OurRuntime,
    state: Annotated[str, Query(min_length=1, max_length=tickets.TEXT_LENGTH_MAX)],
    code: Annotated[str | None, Query(min_length=1, max_length=2000)] = None,
    error: Annotated[str | None, Query(max_length=200)] = None,
    iss: Annotated[str | None, Query(max_length=300)] = None,
) -> Response:
    """Where the provider sends the browser back to: begins a session and goes on to the page that was wanted."""
    settings = _settings(runtime, provider)
    async with runtime.database.begin() as tx:
        ticket = await tickets.redeem(tx, TICKET, state, runtime.secret)
    if ticket is None or ticket.about != provider:
        raise ProofNotGood("This log-in took too long, or has been used. Begin again.")
    if not hmac.compare_digest(_digest(request.cookies.get(COOKIE, "")), ticket.content["browser"]):
        raise ProofNotGood("This log-in was begun in another browser. Begin again.")
    if code is None or error is not None or iss not in (None, settings.issuer):
        raise ProofNotGood("The log-in provider has not let you in.")
    person = await _person(runtime, provider, settings, code, ticket.content)
    response = RedirectResponse(ticket.content["return_to"], 303)
    async with runtime.database.begin() as tx:
        account = await _account_of(tx, provider, settings, person)
        if account is not None:
            await store.put_identity(tx, account.id, provider, person.subject)
            await begin_session(tx, runtime, request, response, account, Method.PROVIDER)
            response.delete_cookie(COOKIE, path="/api/v1/oidc")
            return response
        target = ("account", "unknown")
        operator_id = await find_operator(tx, settings.operator)
        audit.note(tx, None, "log_in.failed", target, operator_id=operator_id, after={"method": Method.PROVIDER.value})
    raise ProofNotGood("Nobody here has this address. Ask an administrator for an account.")


async def _person(runtime: Runtime, provider: str, settings: OidcProvider, code: str, begun: dict[str, Any]) -> Person:
    """Whom the provider vouches for. A key that is new to us has us read its keys anew, once."""
    providers, redirect = runtime.state(Providers), _redirect(runtime, provider)
    known = await oidc.metadata_of(providers, provider, settings)
    token = await oidc.redeem_code(known, settings, redirect=redirect, code=code, verifier=begun["verifier"])
    try:
        return oidc.read_id_token(token, known, settings, begun["nonce"])
    except ProofNotGood as refusal:
        if not oidc.is_unknown_key(refusal):
            raise
    known = await oidc.metadata_of(providers, provider, settings, is_fresh=True)
    return oidc.read_id_token(token, known, settings, begun["nonce"])


async def _account_of(tx: Tx, provider: str, settings: OidcProvider, person: Person) -> Any | None:
    """Whose account it is: the one that was used with this subject; else the one with the verified address; else a new one, if the
    provider says a role. Only staff of the provider's operator."""
    operator_id = await find_operator(tx, settings.operator)
    identity = await store.find_identity(tx, provider, person.subject)
    account: Any | None
    if identity is not None:
        account = await accounts.get(tx, identity.account_id)
    elif person.email is None:
        return None
    else:
        account = await accounts.find_by_email(tx, person.email)
        if account is None:
            account = await _new_account(tx, settings, person, operator_id)
    is_ours = account is not None and account.operator_id == operator_id and account.role != Role.DRIVER
    return account if account is not None and is_ours and account.is_active else None


async def _new_account(tx: Tx, settings: OidcProvider, person: Person, operator_id: str) -> Any | None:
    role = rules.mapped_role(person.claims.get(settings.role_claim), settings.roles) if settings.role_claim else None
    if role is None or person.email is None:
        return None
    email = accounts.check_email(person.email)
    account_id = await accounts.add_account(tx, email, "", person.name or email, role, operator_id)
    audit.note(
        tx, None, "account.made", ("account", account_id), operator_id=operator_id, after={"role": Role(role).value}
    )
    return await accounts.get(tx, account_id)


def _settings(runtime: Runtime, provider: str) -> OidcProvider:
    found = runtime.settings(AccountsSettings).oidc.get(provider)
    if found is None:
        raise ProviderNotFound(f"There is no log-in provider {provider[:40]!r}.")
    return found


def _redirect(runtime: Runtime, provider: str) -> str:
    return f"{public_url(runtime)}/api/v1/oidc/{provider}/callback"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
