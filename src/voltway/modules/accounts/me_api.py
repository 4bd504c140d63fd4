"""REST of one's own account: profile, password, address, consents, log-ins and devices, the copy of one's data, and the end."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from voltway.contracts.accounts import EmailChangeWanted
from voltway.kernel import audit, clock
from voltway.kernel.auth import Principal, accounts, browser_sessions, passwords, recently_proved
from voltway.kernel.auth.callers import Verified, session_cookie
from voltway.kernel.auth.throttle import LogInThrottle, MailThrottle
from voltway.kernel.errors import InvalidField, Unauthenticated
from voltway.kernel.http.logging_in import LoggedIn, show_session
from voltway.kernel.request import client_address
from voltway.kernel.runtime import Runtime
from voltway.modules.accounts import personal_data, rules, service, store
from voltway.modules.accounts.errors import DeviceNotFound, SessionNotFound
from voltway.modules.accounts.people import OpenTx, OurRuntime, Person, ProvedPerson, ReadTx
from voltway.modules.accounts.schemas import (
    Accepted,
    ConsentIn,
    ConsentKind,
    ConsentOut,
    ConsentsOut,
    DeviceOut,
    DevicesOut,
    EmailIn,
    LogInOut,
    LogInsOut,
    PasswordChange,
    PersonalDataOut,
    ProfileOut,
    ProfilePatch,
)

router = APIRouter(tags=["accounts"])


# ---- profile, password, address


@router.get("/me/profile")
async def get_profile(person: Person, tx: ReadTx) -> ProfileOut:
    """One's own account."""
    return await _profile(tx, person)


@router.patch("/me/profile")
async def change_profile(body: ProfilePatch, person: Person, tx: OpenTx, runtime: OurRuntime) -> ProfileOut:
    """Change what is given."""
    values = body.model_dump(include=body.model_fields_set)
    if values:
        await accounts.change(tx, person.id, **values)
        tx.after_commit(runtime.state(Verified).forget)
    return await _profile(tx, person)


async def _profile(tx: Any, person: Principal) -> ProfileOut:
    account = await accounts.get(tx, person.id)
    policy = await store.policy_of(tx, account.operator_id)
    return ProfileOut(
        **{
            name: getattr(account, name)
            for name in ("id", "email", "name", "locale", "time_zone", "role", "created_at")
        },
        second_factors=account.second_factors or [],
        has_password=bool(account.password_hash),
        mfa_due_at=None if policy is None else accounts.mfa_due_at(account, policy),
        must_set_up_mfa=person.must_set_up_mfa,
        must_prove_by_factor=accounts.must_prove_by_factor(account, policy),
    )


@router.post("/me/password")
async def change_password(
    body: PasswordChange, person: Person, request: Request, response: Response, runtime: OurRuntime
) -> LoggedIn:
    """Choose another password. All other log-ins end, and this one goes on under a new cookie and a new CSRF token."""
    cookie = session_cookie(request)
    if cookie is None:
        raise Unauthenticated("This log-in has ended. Log in again.")
    async with runtime.database.read() as tx:
        account = await accounts.get(tx, person.id)
    if account.password_hash:
        await _check_password(runtime, request, account, body)
    else:
        await recently_proved(request)
    password = body.password.get_secret_value()
    passwords.check_policy(password, account.email)
    password_hash = await passwords.hash_password(password)
    async with runtime.database.begin() as tx:
        await service.set_password(tx, runtime, account, password_hash, but=person.session_id)
        renewed = await browser_sessions.renew(tx, cookie, runtime.secret)
        audit.note(tx, person, "password.changed", ("account", person.id), operator_id=account.operator_id)
        return await show_session(tx, runtime, request, response, person, renewed)


async def _check_password(runtime: Runtime, request: Request, account: Any, body: PasswordChange) -> None:
    throttle, origin = runtime.state(LogInThrottle), client_address(request)
    throttle.check(account.email, origin)
    current = body.current_password.get_secret_value() if body.current_password is not None else ""
    if not await passwords.matches(current, account.password_hash):
        throttle.count_failure(account.email, origin)
        raise InvalidField.at("$.current_password", "this is not the current password")


@router.post("/me/email", status_code=202)
async def change_email(body: EmailIn, person: ProvedPerson, tx: OpenTx, runtime: OurRuntime) -> Accepted:
    """Ask for another address: a link comes there by mail. An address that has an account gets another mail, and the same answer."""
    throttle = runtime.state(MailThrottle)
    throttle.check(person.id, f"account {person.id}")
    throttle.count_failure(person.id, f"account {person.id}")
    account = await accounts.get(tx, person.id)
    tx.publish(
        EmailChangeWanted(
            operator_id=account.operator_id,
            at=clock.now(),
            account_id=account.id,
            email=accounts.check_email(body.email),
        )
    )
    return Accepted()


# ---- consents


@router.get("/me/consents")
async def list_consents(person: Person, tx: ReadTx) -> ConsentsOut:
    """One's consents: what holds, and all that was said."""
    rows = await store.consents_of(tx, person.id)
    return ConsentsOut(
        current=[ConsentOut.model_validate(row) for row in rules.newest_of_each_kind(rows).values()],
        history=[ConsentOut.model_validate(row) for row in rows],
    )


@router.put("/me/consents/{kind}")
async def set_consent(kind: ConsentKind, body: ConsentIn, person: Person, tx: OpenTx) -> ConsentOut:
    """Agree to something, in a version, or take it back. What was said before stays in the history."""
    account = await accounts.get(tx, person.id)
    current = rules.newest_of_each_kind(await store.consents_of(tx, person.id)).get(kind)
    if current is None or (current.version, current.is_given) != (body.version, body.is_given):
        await store.add_consents(tx, account, [(kind, body.version, body.is_given)])
        current = rules.newest_of_each_kind(await store.consents_of(tx, person.id))[kind]
    return ConsentOut.model_validate(current)


# ---- log-ins and devices


@router.get("/me/sessions")
async def list_log_ins(person: Person, tx: ReadTx) -> LogInsOut:
    """One's log-ins that have not ended, the newest first."""
    return LogInsOut(items=await _log_ins(tx, person))


@router.delete("/me/sessions", status_code=204)
async def end_other_log_ins(person: Person, tx: OpenTx, runtime: OurRuntime) -> None:
    """End all log-ins but this one."""
    ended = await browser_sessions.close_all(tx, person.id, but=person.session_id)
    tx.after_commit(runtime.state(Verified).forget)
    audit.note(tx, person, "log_ins.ended", ("account", person.id), after={"count": ended})


@router.delete("/me/sessions/{session_id}", status_code=204)
async def end_log_in(session_id: str, person: Person, tx: OpenTx, runtime: OurRuntime) -> None:
    """End one log-in, also this one."""
    if not await store.end_session(tx, person.id, session_id):
        raise SessionNotFound(f"There is no log-in {session_id}.")
    tx.after_commit(runtime.state(Verified).forget)
    audit.note(tx, person, "log_ins.ended", ("account", person.id), after={"count": 1})


@router.get("/me/devices")
async def list_devices(person: Person, tx: ReadTx) -> DevicesOut:
    """The browsers that one is known to use, the newest first."""
    return DevicesOut(items=[DeviceOut.model_validate(row) for row in await store.devices_of(tx, person.id)])


@router.delete("/me/devices/{device_id}", status_code=204)
async def forget_device(device_id: str, person: Person, tx: OpenTx, runtime: OurRuntime) -> None:
    """Forget a browser: its log-ins end, and the next one from it is news again."""
    if not await store.forget_device(tx, person.id, device_id):
        raise DeviceNotFound(f"There is no device {device_id}.")
    tx.after_commit(runtime.state(Verified).forget)
    audit.note(tx, person, "device.forgotten", ("account", person.id))


async def _log_ins(tx: Any, person: Principal) -> list[LogInOut]:
    names = [name for name in LogInOut.model_fields if name != "is_current"]
    return [
        LogInOut(**{name: getattr(row, name) for name in names}, is_current=row.id == person.session_id)
        for row in await store.sessions_of(tx, person.id)
    ]


# ---- the copy of one's data, and the end


@router.get("/me/personal-data")
async def export_personal_data(person: ProvedPerson, runtime: OurRuntime) -> PersonalDataOut:
    """All that is kept of oneself, as JSON (GDPR, articles 15 and 20)."""
    async with runtime.database.read() as tx:
        account = await accounts.get(tx, person.id)
        profile = await _profile(tx, person)
        consents = await store.consents_of(tx, person.id)
        log_ins = await _log_ins(tx, person)
        devices = await store.devices_of(tx, person.id)
    records = await personal_data.records_of(runtime, account)
    async with runtime.database.begin() as tx:
        audit.note(tx, person, "personal_data.exported", ("account", person.id), operator_id=account.operator_id)
    return PersonalDataOut(
        exported_at=clock.now(),
        account=profile,
        consents=[ConsentOut.model_validate(row) for row in consents],
        log_ins=log_ins,
        devices=[DeviceOut.model_validate(row) for row in devices],
        records=records,
    )


@router.post("/me/erasure", status_code=204)
async def erase_account(person: ProvedPerson, runtime: OurRuntime) -> None:
    """Erase oneself: the account is closed and says nobody's name, tokens open nothing, charging sessions stay without the person.
    This cannot be taken back."""
    async with runtime.database.read() as tx:
        account = await accounts.get(tx, person.id)
    await personal_data.erase(runtime, account, None)
