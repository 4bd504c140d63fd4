"""Passkeys: what a browser is asked, and whether what it answers holds (W3C WebAuthn Level 3).

The challenge is the text of a ticket: stored hashed, bound to what it was made for, and used up by the first answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import webauthn
from fastapi import Request
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from voltway.kernel.auth import tickets
from voltway.kernel.database import Tx
from voltway.kernel.request import host_named
from voltway.kernel.runtime import Runtime
from voltway.modules.accounts.credential import PasskeyCredential
from voltway.modules.accounts.errors import PasskeyRefused

ADDING, LOGGING_IN, STEPPING_UP = "passkey_add", "passkey_log_in", "passkey_step_up"
"""Kinds of tickets: a challenge that was made for one of them is good for nothing else."""
LIFETIME = timedelta(minutes=5)
PASSKEYS_MAX = 20
ANYBODY = ""
_NAME = "Voltway"


class Site(NamedTuple):
    """To which site passkeys are bound."""

    rp_id: str
    origin: str


def site_of(request: Request, public_url: str) -> Site:
    """The site that was set, or the one that the browser names."""
    if public_url:
        where = urlsplit(public_url.lower())
        return Site(where.hostname or "", f"{where.scheme}://{where.netloc}")
    return Site(host_named(request), f"{request.url.scheme}://{request.headers.get('host', '').lower()}")


async def ask_new(tx: Tx, runtime: Runtime, site: Site, account: Any, known: Iterable[Any]) -> dict[str, Any]:
    """What to ask for a new passkey: one that the account has not got, found without a name, unlocked by its owner."""
    challenge = await _challenge(tx, runtime, ADDING, account.id)
    options = webauthn.generate_registration_options(
        rp_id=site.rp_id,
        rp_name=_NAME,
        user_id=account.id.encode(),
        user_name=account.email,
        user_display_name=account.name,
        challenge=challenge,
        exclude_credentials=_described(known),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )
    shown: dict[str, Any] = json.loads(options_to_json(options))
    return shown


async def ask_known(
    tx: Tx, runtime: Runtime, site: Site, kind: str, about: str, known: Iterable[Any] = ()
) -> dict[str, Any]:
    """What to ask for a passkey that we know: one of these, or any."""
    options = webauthn.generate_authentication_options(
        rp_id=site.rp_id,
        challenge=await _challenge(tx, runtime, kind, about),
        allow_credentials=_described(known),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    shown: dict[str, Any] = json.loads(options_to_json(options))
    return shown


async def redeem_challenge(
    tx: Tx, runtime: Runtime, kind: str, about: str, credential: PasskeyCredential
) -> bytes | None:
    """The challenge that an answer names, used up by this; None if we did not make it for this, or it was used."""
    try:
        challenge = parse_client_data_json(base64url_to_bytes(credential.response.clientDataJSON)).challenge
    except (WebAuthnException, ValueError, TypeError):
        return None
    ticket = await tickets.redeem(tx, kind, bytes_to_base64url(challenge), runtime.secret)
    return challenge if ticket is not None and ticket.about == about else None


class NewPasskey(NamedTuple):
    """A passkey that was made for us."""

    credential_id: str
    values: dict[str, Any]


def verify_new(site: Site, credential: PasskeyCredential, challenge: bytes) -> NewPasskey:
    """A new passkey. Raises PasskeyRefused."""
    try:
        made = webauthn.verify_registration_response(
            credential=_plain(credential),
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise PasskeyRefused(_refusal(error)) from error
    return NewPasskey(
        bytes_to_base64url(made.credential_id),
        {
            "public_key": made.credential_public_key,
            "sign_count": made.sign_count,
            "is_synced": made.credential_backed_up,
            "transports": credential.response.transports or [],
        },
    )


def verify_known(site: Site, credential: PasskeyCredential, challenge: bytes, passkey: Any) -> int:
    """The counter of a passkey that has signed our challenge. Raises PasskeyRefused; also for a counter that did not grow, which
    says that there are two of it."""
    try:
        proved = webauthn.verify_authentication_response(
            credential=_plain(credential),
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise PasskeyRefused(_refusal(error)) from error
    return proved.new_sign_count


def names_owner(credential: PasskeyCredential, account_id: str) -> bool:
    """Whether an answer that says whose passkey it is (discoverable ones do) says what we know."""
    handle = credential.response.userHandle
    return not handle or handle == bytes_to_base64url(account_id.encode())


async def _challenge(tx: Tx, runtime: Runtime, kind: str, about: str) -> bytes:
    return base64url_to_bytes(await tickets.issue(tx, kind, about, runtime.secret, LIFETIME))


def _described(known: Iterable[Any]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(row.credential_id)) for row in known]


def _plain(credential: PasskeyCredential) -> dict[str, Any]:
    return credential.model_dump(exclude_none=True)


def _refusal(error: Exception) -> str:
    return str(error)[:200] if isinstance(error, WebAuthnException) else "The passkey's answer cannot be read."
