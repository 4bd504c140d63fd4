"""REST of one's second factors: passkeys, an authenticator app, recovery codes. Whoever changes them has just proved who they
are."""

from __future__ import annotations

from fastapi import APIRouter, Request

from voltway.kernel import audit
from voltway.kernel.auth import accounts
from voltway.modules.accounts import passkeys, service, store
from voltway.modules.accounts.errors import (
    FactorNeeded,
    NothingToConfirm,
    PasskeyNotFound,
    PasskeyRefused,
    TooManyPasskeys,
    WrongCode,
)
from voltway.modules.accounts.log_in_api import site_of
from voltway.modules.accounts.mailing import mail_account, public_url
from voltway.modules.accounts.people import OpenTx, OurRuntime, Person, ProvedPerson, ReadTx
from voltway.modules.accounts.schemas import (
    CodeIn,
    FactorsOut,
    Options,
    PasskeyAdded,
    PasskeyIn,
    PasskeyOut,
    RecoveryCodesOut,
    TotpBegun,
    TotpConfirmed,
)

router = APIRouter(tags=["accounts"])


@router.get("/me/factors")
async def show_factors(person: Person, tx: ReadTx) -> FactorsOut:
    """One's second factors."""
    app = await store.find_totp(tx, person.id)
    return FactorsOut(
        passkeys=[PasskeyOut.model_validate(row) for row in await store.passkeys_of(tx, person.id)],
        has_totp=app is not None and app.confirmed_at is not None,
        recovery_codes_left=await store.count_recovery_codes(tx, person.id),
    )


@router.post("/me/passkeys/options")
async def start_passkey(person: ProvedPerson, request: Request, tx: OpenTx, runtime: OurRuntime) -> Options:
    """What to ask the browser for, to make a passkey."""
    account = await accounts.get(tx, person.id)
    known = await store.passkeys_of(tx, person.id)
    return Options(public_key=await passkeys.ask_new(tx, runtime, site_of(request, runtime), account, known))


@router.post("/me/passkeys", status_code=201)
async def add_passkey(
    body: PasskeyIn, person: ProvedPerson, request: Request, tx: OpenTx, runtime: OurRuntime
) -> PasskeyAdded:
    """Add a passkey: what the browser answered to the options."""
    if len(await store.passkeys_of(tx, person.id)) >= passkeys.PASSKEYS_MAX:
        raise TooManyPasskeys(f"An account has at most {passkeys.PASSKEYS_MAX} passkeys. Remove one first.")
    challenge = await passkeys.redeem_challenge(tx, runtime, passkeys.ADDING, person.id, body.credential)
    if challenge is None:
        raise PasskeyRefused.at("$.credential", "this does not answer a challenge of ours; ask for new options")
    made = passkeys.verify_new(site_of(request, runtime), body.credential, challenge)
    row = await store.add_passkey(tx, person.id, made.credential_id, {**made.values, "name": body.name})
    if row is None:
        raise PasskeyRefused.at("$.credential", "this passkey is known already")
    codes = await service.factors_changed(tx, runtime, person, "passkey.added", passkey=body.name)
    return PasskeyAdded(passkey=PasskeyOut.model_validate(row), recovery_codes=codes)


@router.delete("/me/passkeys/{passkey_id}", status_code=204)
async def remove_passkey(passkey_id: str, person: ProvedPerson, tx: OpenTx, runtime: OurRuntime) -> None:
    """Remove a passkey."""
    if not await store.remove_passkey(tx, person.id, passkey_id):
        raise PasskeyNotFound(f"There is no passkey {passkey_id}.")
    await service.factors_changed(tx, runtime, person, "passkey.removed")


@router.post("/me/totp")
async def start_totp(person: ProvedPerson, tx: OpenTx, runtime: OurRuntime) -> TotpBegun:
    """Begin with an authenticator app. The one before, if there is one, is over; the new one counts once it is confirmed."""
    had = await store.find_totp(tx, person.id)
    secret = service.new_totp_secret()
    await store.put_totp(tx, person.id, service.seal(person.id, secret, runtime.secret))
    if had is not None and had.confirmed_at is not None:
        await service.factors_changed(tx, runtime, person, "totp.removed")
    account = await accounts.get(tx, person.id)
    return TotpBegun(secret=secret, uri=service.totp_uri(account, secret))


@router.post("/me/totp/confirmation")
async def confirm_totp(body: CodeIn, person: ProvedPerson, tx: OpenTx, runtime: OurRuntime) -> TotpConfirmed:
    """Show that the authenticator app works; from then on log-ins by password ask for it."""
    app = await store.find_totp(tx, person.id)
    if app is None or app.confirmed_at is not None:
        raise NothingToConfirm("Begin with POST /api/v1/me/totp.")
    code = body.code.get_secret_value()
    if not await service.use_totp(tx, person.id, code, runtime.secret, is_confirming=True):
        raise WrongCode.at("$.code", "the app should show another code; is the clock of its device right?")
    await store.confirm_totp(tx, person.id)
    return TotpConfirmed(recovery_codes=await service.factors_changed(tx, runtime, person, "totp.added"))


@router.delete("/me/totp", status_code=204)
async def remove_totp(person: ProvedPerson, tx: OpenTx, runtime: OurRuntime) -> None:
    """Do without the authenticator app; one that is not there is none."""
    if await store.remove_totp(tx, person.id):
        await service.factors_changed(tx, runtime, person, "totp.removed")


@router.post("/me/recovery-codes")
async def renew_recovery_codes(person: ProvedPerson, tx: OpenTx, runtime: OurRuntime) -> RecoveryCodesOut:
    """Ten new recovery codes; those before are over."""
    account = await accounts.get(tx, person.id)
    if not account.second_factors:
        raise FactorNeeded("Add a passkey or an authenticator app first.")
    codes = await service.new_recovery_codes(tx, person.id, runtime.secret)
    audit.note(tx, person, "recovery_codes.renewed", ("account", person.id), operator_id=account.operator_id)
    mail_account(tx, public_url(runtime), "factor_changed", account)
    return RecoveryCodesOut(codes=codes)
