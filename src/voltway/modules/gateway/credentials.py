"""Every station's credential record, in memory: a handshake is decided without asking anybody.

Loaded at the start and kept in step by CredentialChanged; what is not found or does not match here is read again from the
database before it is refused (admission.py).
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec
import structlog

from voltway.contracts.station_link import CredentialChanged, FindCredential, ListCredentials, StationCredential
from voltway.kernel import clock
from voltway.kernel.runtime import Runtime
from voltway.kernel.secrets import matches_secret
from voltway.modules.gateway.handshake import Credentials, Target
from voltway.modules.gateway.peer import PLAIN, Peer, Trust

log = structlog.get_logger()

RETRY_S = 1.0
NOBODY_TRUSTED = Trust()
OnChange = Callable[[Sequence[StationCredential], Sequence[str]], None]


class CredentialTable:
    """Identity (without case) to the records that have it: one for each operator that uses it."""

    def __init__(self, runtime: Runtime, on_change: OnChange) -> None:
        self._runtime = runtime
        self._on_change = on_change
        self._by_identity: dict[str, tuple[StationCredential, ...]] = {}
        self._identity_of: dict[str, str] = {}
        self._changed: dict[str, CredentialChanged] = {}
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._identity_of)

    def find(self, target: Target) -> tuple[StationCredential, ...]:
        """The records that a URL may mean."""
        found = self._by_identity.get(target.identity.casefold(), ())
        if target.operator_slug is None:
            return found
        return tuple(credential for credential in found if credential.operator_slug == target.operator_slug)

    def put(self, identity: str, credentials: Iterable[StationCredential]) -> None:
        """These, and no others, have this identity."""
        key = identity.casefold()
        for known in self._by_identity.pop(key, ()):
            self._identity_of.pop(known.station_id, None)
        kept = tuple(_intern(credential) for credential in credentials)
        for credential in kept:
            self._identity_of[credential.station_id] = key
        if kept:
            self._by_identity[key] = kept

    def learn(self, credential: StationCredential) -> None:
        """A record has changed as its link has seen; the others with this identity stay."""
        others = [
            known for known in self.find(Target(None, credential.identity)) if known.station_id != credential.station_id
        ]
        self.put(credential.identity, (*others, credential))

    async def start(self) -> None:
        """Load all records, and begin to follow their changes."""
        by_identity: dict[str, list[StationCredential]] = {}
        for credential in await self._runtime.ask(ListCredentials(), timeout_s=120):
            by_identity.setdefault(credential.identity.casefold(), []).append(credential)
        for identity, credentials in by_identity.items():
            self.put(identity, credentials)
        self._task = asyncio.create_task(self._follow(), name="gateway:credentials")

    async def stop(self) -> None:
        """Follow no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def hear(self, event: CredentialChanged) -> None:
        """A record was changed, here or on another node."""
        self._changed[event.station_id] = event
        self._woken.set()

    async def reread(self, identity: str) -> None:
        """Read the records of an identity from the database."""
        found = await self._runtime.ask(FindCredential(identity=identity))
        self.put(identity, found)

    async def _follow(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            while self._changed:
                station_id, event = next(iter(self._changed.items()))
                del self._changed[station_id]
                try:
                    await self._update(event)
                except Exception as error:
                    log.warning("credentials.not_reread", station_id=station_id, error=repr(error)[:300])
                    self._changed.setdefault(station_id, event)
                    await asyncio.sleep(RETRY_S)

    async def _update(self, event: CredentialChanged) -> None:
        before = self._identity_of.get(event.station_id)
        await self.reread(event.identity)
        if before is not None and before != event.identity.casefold():
            await self.reread(before)
        found = [
            credential
            for credential in self._by_identity.get(event.identity.casefold(), ())
            if credential.station_id == event.station_id
        ]
        self._on_change(found, () if found else (event.station_id,))


class Fit(NamedTuple):
    """How what a station presents fits its record: the candidate that it used, the security profile that it has now."""

    candidate_hash: bytes | None
    security_profile: int

    def is_news(self, credential: StationCredential) -> bool:
        """Whether the record does not know it yet: a new password, or a profile that was the target."""
        return self.candidate_hash is not None or self.security_profile != credential.security_profile


def fits(
    credential: StationCredential,
    identity: str,
    offered: Credentials | None,
    key: bytes,
    peer: Peer = PLAIN,
    trust: Trust = NOBODY_TRUSTED,
) -> Fit | None:
    """Whether what a station presents is what its record asks for; None if it is not.

    Profile 0 asks for nothing, 1 for the password, 2 for the password over TLS, 3 for a certificate. A station that was told
    to take another profile is let in with either, until it has come with the new one. So it is with a new password, since
    nobody knows whether the station has heard of it when the answer was lost.
    """
    # Every refusal costs the same number of hashes, whatever its cause: the time says nothing either.
    username, password = offered or Credentials("", b"")
    spellings = spellings_of(password)
    is_named = offered is not None and username.casefold() == identity.casefold()
    is_current = _is_one_of(spellings, credential.secret_hash, key)
    candidates = [hashed for hashed in credential.candidate_hashes if _is_one_of(spellings, hashed, key)]
    has_password = peer.is_vouched or (is_named and (is_current or bool(candidates)))
    is_certified = peer.is_tls and trust.certifies(peer.certificate, credential)
    # What a broker vouches for says nothing of whether the station can take the profile that it is to have with us.
    target = None if peer.is_vouched else credential.security_profile_target
    for profile in (target, credential.security_profile):
        if profile == 0 and not is_open(credential):
            continue
        if profile is not None and _proves(profile, peer, has_password=has_password, is_certified=is_certified):
            return Fit(candidates[0] if is_named and candidates and not is_current else None, profile)
    return None


def is_open(credential: StationCredential) -> bool:
    """Whether profile 0 lets the station in now: that was allowed for a time."""
    return credential.open_until is None or clock.now() < credential.open_until


def _is_one_of(spellings: Sequence[bytes], hashed: bytes | None, key: bytes) -> bool:
    """Whether a password, however it is spelled, is the one that was hashed; all spellings are tried in any case."""
    found = [matches_secret(spelling, hashed, key) for spelling in spellings]
    return any(found)


def _proves(profile: int, peer: Peer, *, has_password: bool, is_certified: bool) -> bool:
    """Whether a connection is what a security profile asks for; a better transport than it asks for does no harm."""
    match profile:
        case 0:
            return True
        case 1:
            return has_password
        case 2:
            return has_password and peer.is_tls
        case _:
            return is_certified


def spellings_of(password: bytes) -> tuple[bytes, bytes, bytes]:
    """How the same password may stand in a record. OCPP 1.6 gives an AuthorizationKey in hexadecimal digits (white paper,
    section on AuthorizationKey) and stations send either the digits or the bytes that they mean."""
    return password, password.hex().encode(), password.hex().upper().encode()


def _intern(credential: StationCredential) -> StationCredential:
    """The same record with the names of the operator and of the make shared by all that have them."""
    make = credential.vendor, credential.model, credential.firmware_version
    vendor, model, firmware_version = [None if name is None else sys.intern(name) for name in make]
    return msgspec.structs.replace(
        credential,
        vendor=vendor,
        model=model,
        firmware_version=firmware_version,
        operator_id=sys.intern(credential.operator_id),
        operator_slug=sys.intern(credential.operator_slug),
    )
