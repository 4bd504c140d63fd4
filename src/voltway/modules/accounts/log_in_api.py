"""REST of log-in beyond the password: the second step, passkeys, and proving again who one is."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from voltway.kernel import audit
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, Principal, accounts, anybody, browser_sessions, passwords, tickets
from voltway.kernel.auth.browser_sessions import Method
from voltway.kernel.auth.callers import Verified, session_cookie
from voltway.kernel.auth.resolving import principal_of
from voltway.kernel.auth.throttle import ChallengeThrottle, LogInThrottle, SecondFactorThrottle
from voltway.kernel.database import Tx
from voltway.kernel.errors import Unauthenticated
from voltway.kernel.http.access import LOG_IN_TICKET
from voltway.kernel.http.logging_in import LoggedIn, begin_session, show_session
from voltway.kernel.http.settings import HttpSettings
from voltway.kernel.request import client_address
from voltway.kernel.runtime import Runtime
from voltway.modules.accounts import passkeys, service, store
from voltway.modules.accounts.credential import PasskeyCredential
from voltway.modules.accounts.errors import PasskeyRefused, PasswordNotEnough, ProofNotGood
from voltway.modules.accounts.passkeys import Site
from voltway.modules.accounts.people import OpenTx, OurRuntime, Person
from voltway.modules.accounts.schemas import Options, PasskeyLogIn, PasskeyLogInStart, SecondFactorIn, StepUpIn

router = APIRouter(tags=["access"])

ATTEMPTS_MAX = 5
"""Wrong codes for one ticket; then the password is needed again."""
ANYWHERE = "anywhere"


def site_of(request: Request, runtime: Runtime) -> Site:
    """The site that passkeys are bound to."""
    return passkeys.site_of(request, runtime.settings(HttpSettings).public_url)


# ---- the second step


@router.post("/login/second-factor", dependencies=[Depends(anybody)])
async def log_in_with_second_factor(
    body: SecondFactorIn, request: Request, response: Response, runtime: OurRuntime
) -> LoggedIn:
    """Go on with a log-in whose password was right, by a code of the authenticator app or a recovery code."""
    ticket_text = body.ticket.get_secret_value()
    async with runtime.database.begin() as tx:
        ticket = await tickets.look(tx, LOG_IN_TICKET, ticket_text, runtime.secret)
        if ticket is None:
            raise ProofNotGood("This log-in took too long, or has been used. Begin again with the password.")
        account = await accounts.get(tx, ticket.about)
        if body.code is not None:
            runtime.state(SecondFactorThrottle).check(account.id, ANYWHERE)
        if account.is_active and await _is_right(tx, runtime, account, body):
            if await tickets.redeem(tx, LOG_IN_TICKET, ticket_text, runtime.secret) is None:
                raise ProofNotGood("This log-in has been used. Begin again with the password.")
            return await begin_session(tx, runtime, request, response, account, Method.SECOND_FACTOR)
        await tickets.count_attempt(tx, ticket, ATTEMPTS_MAX)
        _note_failure(tx, account, Method.SECOND_FACTOR)
    if body.code is not None:
        runtime.state(SecondFactorThrottle).count_failure(account.id, ANYWHERE)
    raise ProofNotGood("This code is not right, or was used before.")


async def _is_right(tx: Tx, runtime: Runtime, account: Any, body: SecondFactorIn) -> bool:
    if body.code is not None:
        return await service.use_totp(tx, account.id, body.code.get_secret_value(), runtime.secret)
    assert body.recovery_code is not None
    typed = body.recovery_code.get_secret_value()
    if not await service.use_recovery_code(tx, account.id, typed, runtime.secret):
        return False
    audit.note(tx, await principal_of(tx, account, "account"), "recovery_code.used", ("account", account.id))
    return True


# ---- passkeys


@router.post("/login/passkey/options", dependencies=[Depends(anybody)])
async def start_passkey_log_in(body: PasskeyLogInStart, request: Request, tx: OpenTx, runtime: OurRuntime) -> Options:
    """What to ask the browser for: any passkey of this site; with the ticket of a first step, one of that account."""
    runtime.state(ChallengeThrottle).count(client_address(request))
    known = []
    if body.ticket is not None:
        ticket = await tickets.look(tx, LOG_IN_TICKET, body.ticket.get_secret_value(), runtime.secret)
        if ticket is None:
            raise ProofNotGood("This log-in took too long, or has been used. Begin again with the password.")
        known = list(await store.passkeys_of(tx, ticket.about))
    site, kind = site_of(request, runtime), passkeys.LOGGING_IN
    return Options(public_key=await passkeys.ask_known(tx, runtime, site, kind, passkeys.ANYBODY, known))


@router.post("/login/passkey", dependencies=[Depends(anybody)])
async def log_in_with_passkey(
    body: PasskeyLogIn, request: Request, response: Response, runtime: OurRuntime
) -> LoggedIn:
    """Begin a browser session with a passkey, without a password. It is two factors by itself: the device, and what unlocks it."""
    throttle, address = runtime.state(LogInThrottle), client_address(request)
    throttle.check("passkey", address)
    async with runtime.database.begin() as tx:
        account = await _prove_passkey(tx, runtime, request, passkeys.LOGGING_IN, passkeys.ANYBODY, body.credential)
        if account is not None:
            return await begin_session(tx, runtime, request, response, account, Method.PASSKEY)
        _note_failure(tx, None, Method.PASSKEY)
    throttle.count_failure("passkey", address)
    raise ProofNotGood("This passkey is not known here, or its answer does not hold. Try again.")


async def _prove_passkey(
    tx: Tx, runtime: Runtime, request: Request, kind: str, about: str, credential: PasskeyCredential
) -> Any | None:
    """The account whose passkey has signed a challenge of ours, which is used up whatever comes of it; None: nobody's."""
    challenge = await passkeys.redeem_challenge(tx, runtime, kind, about, credential)
    passkey = await store.find_passkey(tx, credential.id)
    if challenge is None or passkey is None or credential.rawId != credential.id:
        return None
    account = await accounts.get(tx, passkey.account_id)
    if not account.is_active or not passkeys.names_owner(credential, account.id):
        return None
    try:
        sign_count = passkeys.verify_known(site_of(request, runtime), credential, challenge, passkey)
    except PasskeyRefused:
        return None
    return account if await store.use_passkey(tx, passkey, sign_count) else None


# ---- step-up


@router.post("/me/step-up/options")
async def start_step_up(person: Person, request: Request, tx: OpenTx, runtime: OurRuntime) -> Options:
    """What to ask the browser for, to prove by passkey who one is."""
    known = await store.passkeys_of(tx, person.id)
    site = site_of(request, runtime)
    return Options(public_key=await passkeys.ask_known(tx, runtime, site, passkeys.STEPPING_UP, person.id, known))


@router.post("/me/step-up")
async def step_up(
    body: StepUpIn, person: Person, request: Request, response: Response, runtime: OurRuntime
) -> LoggedIn:
    """Prove again who one is, before something dangerous. The session goes on under a new cookie and a new CSRF token."""
    cookie, throttle = session_cookie(request), runtime.state(LogInThrottle)
    if cookie is None:
        raise Unauthenticated("This log-in has ended. Log in again.")
    origin = f"session {person.session_id}"
    throttle.check(person.id, origin)
    if body.password is not None and await _needs_factor(runtime, person):
        raise PasswordNotEnough("Prove it with the authenticator app or a passkey.")
    is_right_password = body.password is not None and await _is_password(runtime, person, body)
    async with runtime.database.begin() as tx:
        if is_right_password or await _proves(tx, runtime, request, person, body):
            renewed = await browser_sessions.renew(tx, cookie, runtime.secret)
            tx.after_commit(runtime.state(Verified).forget)
            audit.note(tx, person, "step_up.done", ("account", person.id))
            return await show_session(tx, runtime, request, response, person, renewed)
        audit.note(tx, person, "step_up.failed", ("account", person.id))
    throttle.count_failure(person.id, origin)
    raise ProofNotGood("This does not prove who you are. Try again.")


async def _needs_factor(runtime: Runtime, person: Principal) -> bool:
    async with runtime.database.read() as tx:
        account = await accounts.get(tx, person.id)
        return accounts.must_prove_by_factor(account, await store.policy_of(tx, account.operator_id))


async def _is_password(runtime: Runtime, person: Principal, body: StepUpIn) -> bool:
    assert body.password is not None
    async with runtime.database.read() as tx:
        account = await accounts.get(tx, person.id)
    return await passwords.matches(body.password.get_secret_value(), account.password_hash or None)


async def _proves(tx: Tx, runtime: Runtime, request: Request, person: Principal, body: StepUpIn) -> bool:
    if body.code is not None:
        return await service.use_totp(tx, person.id, body.code.get_secret_value(), runtime.secret)
    if body.credential is not None:
        kind = passkeys.STEPPING_UP
        account = await _prove_passkey(tx, runtime, request, kind, person.id, body.credential)
        return account is not None and account.id == person.id
    return False


def _note_failure(tx: Tx, account: Any | None, method: Method) -> None:
    audit.note(
        tx,
        None,
        "log_in.failed",
        ("account", "unknown" if account is None else account.id),
        operator_id=DEFAULT_OPERATOR_ID if account is None else account.operator_id,
        after={"method": method.value},
    )
