"""What the station port tells of what looks wrong: nothing here is done for a message or a handshake that is as it should be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from msgspec.structs import replace

from voltway.contracts.station_link import StationCredential
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.noticing import Fact, Notices
from voltway.modules.gateway.credentials import fits
from voltway.modules.gateway.handshake import Credentials
from voltway.modules.gateway.peer import Peer, Trust

UNKNOWN, CREDENTIALS, PROFILE, CERTIFICATE = "unknown", "credentials", "profile", "certificate"


def note_of(notices: Notices, credential: StationCredential, kind: str, **facts: Fact) -> None:
    """Note something about a station."""
    notices.note(
        kind,
        credential.operator_id,
        station_id=credential.station_id,
        station_identity=credential.identity,
        location_id=credential.location_id,
        **facts,
    )


# ---- handshakes


class Shown(NamedTuple):
    """What somebody has shown who was refused, and from which network."""

    identity: str
    credentials: Credentials | None
    peer: Peer
    prefix: str


def note_refusal(notices: Notices, shown: Shown, known: Iterable[StationCredential], key: bytes, trust: Trust) -> None:
    """Note a handshake that was refused, and why. To be called when the answer has left: the time that this takes would say
    which identities there are. Whom nobody knows is the matter of who runs the installation: the default operator."""
    credential = next(iter(known), None)
    operator_id = credential.operator_id if credential is not None else DEFAULT_OPERATOR_ID
    identity, cause = shown.identity, cause_of(shown, credential, key, trust)
    notices.note("handshake.refused", operator_id, identity=identity, prefix=shown.prefix, cause=cause)
    certificate = shown.peer.certificate
    if cause == CERTIFICATE and certificate is not None:
        name = certificate.common_name
        notices.note("credential.foreign", operator_id, identity=identity, common_name=name, prefix=shown.prefix)


def cause_of(shown: Shown, credential: StationCredential | None, key: bytes, trust: Trust) -> str:
    """Why a handshake was refused: the identity is unknown; the certificate is another station's; the password is right, but
    the connection is less than the station's profile; or the credentials are wrong."""
    identity, peer = shown.identity, shown.peer
    if peer.certificate is not None and peer.certificate.common_name.casefold() != identity.casefold():
        return CERTIFICATE
    if credential is None:
        return UNKNOWN
    if credential.security_profile >= 2 and not peer.is_tls:
        as_if_lower = replace(credential, security_profile=1, security_profile_target=None)
        if fits(as_if_lower, identity, shown.credentials, key, peer, trust) is not None:
            return PROFILE
    return CREDENTIALS
