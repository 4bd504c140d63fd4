"""REST of those who are not logged in: an account, a forgotten password, links of mails.

What is asked here is answered before it is known who has the address: the request becomes an event, and a listener looks. So
neither the answer nor its time says whether there is such an account.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import SecretStr

from voltway.contracts.accounts import AccountWanted, PasswordForgotten
from voltway.kernel import audit, clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, Role, accounts, anybody, find_operator, passwords, tickets
from voltway.kernel.auth.browser_sessions import Method
from voltway.kernel.auth.resolving import principal_of
from voltway.kernel.auth.throttle import MailThrottle
from voltway.kernel.errors import InvalidField
from voltway.kernel.http.logging_in import LoggedIn, begin_session
from voltway.kernel.request import client_address
from voltway.kernel.runtime import Runtime
from voltway.modules.accounts import handlers, rules, service, store
from voltway.modules.accounts.errors import LinkNotGood, RegistrationClosed
from voltway.modules.accounts.people import OurRuntime
from voltway.modules.accounts.schemas import (
    Accepted,
    ChosenPassword,
    EmailIn,
    RegistrationIn,
    RegistrationTerms,
    TokenIn,
)
from voltway.modules.accounts.settings import AccountsSettings

router = APIRouter(tags=["accounts"], dependencies=[Depends(anybody)])


@router.get("/registrations")
async def get_registration_terms(runtime: OurRuntime) -> RegistrationTerms:
    """Whether drivers may register, and what they must agree to."""
    return RegistrationTerms(
        is_open=runtime.settings(AccountsSettings).is_registration_open, consents=_needed_consents(runtime)
    )


@router.post("/registrations", status_code=202)
async def register(body: RegistrationIn, request: Request, runtime: OurRuntime) -> Accepted:
    """Ask for an account, as a driver: a link comes by mail. An address that has an account gets another mail, and the same
    answer."""
    if not runtime.settings(AccountsSettings).is_registration_open:
        raise RegistrationClosed("Ask the operator for an account.")
    email = accounts.check_email(body.email)
    consents: dict[str, str] = {str(kind): version for kind, version in body.consents.items()}
    missing = rules.missing_consents(consents, _needed_consents(runtime))
    if missing:
        kind, version = next(iter(missing.items()))
        raise InvalidField.at(f"$.consents.{kind}", f"version {version} must be agreed to")
    _count(runtime, request, email)
    async with runtime.database.begin() as tx:
        operator_id = await find_operator(tx, body.operator)
        tx.publish(
            AccountWanted(
                operator_id=operator_id,
                at=clock.now(),
                email=email,
                name=body.name,
                locale=body.locale,
                time_zone=body.time_zone,
                consents=consents,
            )
        )
    return Accepted()


@router.post("/registrations/confirmation", status_code=201)
async def confirm_registration(
    body: ChosenPassword, request: Request, response: Response, runtime: OurRuntime
) -> LoggedIn:
    """Open the account with the link of the mail, choose its password, and log in."""
    ticket = await _look(runtime, handlers.REGISTRATION, body.token)
    wanted: dict[str, Any] = ticket.content
    password_hash = await _hash(body.password, wanted["email"])
    async with runtime.database.begin() as tx:
        await _redeem(tx, runtime, handlers.REGISTRATION, body.token)
        account_id = await accounts.add_account(
            tx,
            wanted["email"],
            password_hash,
            wanted["name"],
            Role.DRIVER,
            wanted["operator_id"],
            locale=wanted["locale"],
            time_zone=wanted["time_zone"],
        )
        account = await accounts.get(tx, account_id)
        await store.add_consents(tx, account, [(kind, version, True) for kind, version in wanted["consents"].items()])
        await tickets.drop(tx, ticket.about)
        principal = await principal_of(tx, account, "account")
        audit.note(tx, principal, "account.registered", ("account", account_id), after={"role": Role.DRIVER.value})
        return await begin_session(tx, runtime, request, response, account, Method.PASSWORD)


@router.post("/password-resets", status_code=202)
async def forget_password(body: EmailIn, request: Request, runtime: OurRuntime) -> Accepted:
    """Ask for a link by which to set a new password. The answer is the same for an address that nobody has."""
    email = accounts.check_email(body.email)
    _count(runtime, request, email)
    async with runtime.database.begin() as tx:
        tx.publish(PasswordForgotten(operator_id=DEFAULT_OPERATOR_ID, at=clock.now(), email=email))
    return Accepted()


@router.post("/password-resets/confirmation", status_code=204)
async def reset_password(body: ChosenPassword, runtime: OurRuntime) -> None:
    """Set a new password with the link of the mail. All log-ins end; second factors stay and are asked for."""
    ticket = await _look(runtime, handlers.RESET, body.token)
    async with runtime.database.read() as tx:
        account = await accounts.get(tx, ticket.about)
    password_hash = await _hash(body.password, account.email)
    async with runtime.database.begin() as tx:
        await _redeem(tx, runtime, handlers.RESET, body.token)
        account = await accounts.get(tx, ticket.about)
        await service.set_password(tx, runtime, account, password_hash)
        audit.note(tx, None, "password.reset", ("account", account.id), operator_id=account.operator_id)


@router.post("/email-changes/confirmation", status_code=204)
async def confirm_email_change(body: TokenIn, runtime: OurRuntime) -> None:
    """Take the new address, with the link that was sent there. The old one is told."""
    async with runtime.database.begin() as tx:
        ticket = await _redeem(tx, runtime, handlers.EMAIL_CHANGE, body.token)
        account, email = await accounts.get(tx, ticket.about), ticket.content["email"]
        if await accounts.find_by_email(tx, email) not in (None, account):
            raise _not_good()
        await service.set_email(tx, runtime, account, email)
        audit.note(tx, None, "email.changed", ("account", account.id), operator_id=account.operator_id)


def _needed_consents(runtime: Runtime) -> dict[str, str]:
    settings = runtime.settings(AccountsSettings)
    return {"terms": settings.terms_version, "privacy": settings.privacy_version}


def _count(runtime: Runtime, request: Request, email: str) -> None:
    """Each request counts, right or wrong: it makes us send a mail. Raises TooManyFailures."""
    throttle, address = runtime.state(MailThrottle), client_address(request)
    throttle.check(email, address)
    throttle.count_failure(email, address)


async def _look(runtime: Runtime, kind: str, token: SecretStr) -> Any:
    """A link's ticket, not used up yet: nobody has us hash a password for nothing. Raises LinkNotGood."""
    async with runtime.database.read() as tx:
        ticket = await tickets.look(tx, kind, token.get_secret_value(), runtime.secret)
    if ticket is None:
        raise _not_good()
    return ticket


async def _redeem(tx: Any, runtime: Runtime, kind: str, token: SecretStr) -> Any:
    ticket = await tickets.redeem(tx, kind, token.get_secret_value(), runtime.secret)
    if ticket is None:
        raise _not_good()
    return ticket


async def _hash(password: SecretStr, email: str) -> str:
    """Raises WeakPassword. Before the transaction: it takes a while."""
    passwords.check_policy(password.get_secret_value(), email)
    return await passwords.hash_password(password.get_secret_value())


def _not_good() -> LinkNotGood:
    return LinkNotGood.at("$.token", "this link has been used or has ended; ask for a new one")
