"""Orders that change what a station must present: a new password, another security profile.

Before the order leaves, the record says that the station may come with the new thing; when the station has refused, it says so
no longer; once the station has connected with it, the old one is over (ProveCredential). So a lost answer locks nobody out;
a password of which the station has not said for a day that it took it is not let in any more.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from voltway.contracts.station_link import (
    STATION_PASSWORD_PURPOSE,
    CommandOutcome,
    CredentialChanged,
    ProveCredential,
)
from voltway.contracts.vocabulary import CommandState, Registration
from voltway.kernel import clock
from voltway.kernel.database import Tx
from voltway.kernel.secrets import derive_key, hash_secret, matches_secret, new_password
from voltway.modules.stations import rules
from voltway.modules.stations.errors import StationNotFound
from voltway.modules.stations.store import stations
from voltway.modules.stations.tables import variables

log = structlog.get_logger()

CANDIDATE_FOR = timedelta(hours=24)
"""How long a new password is let in of which the station has not said that it has taken it."""
DOWNGRADE_VARIABLE = "AllowSecurityProfileDowngrade"


async def resolve(tx: Tx, station: stations.Row, kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What the gateway must know: the password that was made up.

    Raises ProfileNotPossible. A 1.6 AuthorizationKey is written in hexadecimal digits (security white paper, section 5).
    """
    if kind == rules.SET_NETWORK:
        return {}
    if kind == rules.ROTATE:
        is_16 = station.protocol == "ocpp1.6"
        return {"password": secrets.token_hex(20).upper() if is_16 else new_password()}
    may_downgrade = sa.select(variables.c.value).where(
        variables.c.station_id == station.id, sa.func.lower(variables.c.variable) == DOWNGRADE_VARIABLE.lower()
    )
    rules.check_profile_change(
        station.security_profile,
        given["security_profile"],
        has_password=station.secret_hash is not None or bool(station.candidate_hashes),
        may_downgrade="true" in [str(value).lower() for value in (await tx.execute(may_downgrade)).scalars()],
    )
    return {}


async def begin(tx: Tx, station_id: str, kind: str, resolved: Mapping[str, Any], secret: bytes) -> None:
    """The order is about to leave: from now on the station may come with the new thing."""
    station = await stations.get_locked(tx, station_id)
    if kind != rules.SET_PROFILE:
        candidate = hash_secret(resolved["password"], derive_key(secret, STATION_PASSWORD_PURPOSE))
        now = clock.now()
        joined = rules.with_candidate(station.candidate_hashes, candidate, now + CANDIDATE_FOR, now)
        await _set(tx, station, {"candidate_hashes": joined})
    else:
        await _set(tx, station, {"security_profile_target": resolved["security_profile"]})


async def settle(
    tx: Tx, station_id: str, kind: str, resolved: Mapping[str, Any], outcome: CommandOutcome, secret: bytes
) -> None:
    """The order has ended: what the station has refused it will not come with.

    Where no password is asked for (profiles 0 and 3) nothing will ever prove the new one: there its word is enough.
    """
    is_refused = rules.is_refused(outcome)
    if not is_refused and (kind == rules.SET_PROFILE or outcome.state is not CommandState.ACCEPTED):
        return
    station = await stations.get_locked(tx, station_id)
    if kind == rules.SET_PROFILE:
        await _set(tx, station, {"security_profile_target": None})
        return
    key = derive_key(secret, STATION_PASSWORD_PURPOSE)
    for candidate, _ in rules.read_candidates(station.candidate_hashes):
        if not matches_secret(resolved["password"], candidate, key):
            continue
        if is_refused:
            rest = rules.without_candidate(station.candidate_hashes, candidate)
            await _set(tx, station, {"candidate_hashes": rest})
        elif station.security_profile not in rules.BY_PASSWORD:
            await _set(tx, station, {"secret_hash": candidate, "candidate_hashes": None, "is_password_weak": False})
        else:
            await _set(tx, station, {"candidate_hashes": rules.taken_candidate(station.candidate_hashes, candidate)})


async def prove(tx: Tx, proof: ProveCredential) -> None:
    """A station has come with the new thing: the old one is over. What the record does not wait for changes nothing."""
    try:
        station = await stations.get_locked(tx, proof.station_id)
    except StationNotFound:
        return
    values: dict[str, Any] = {}
    if proof.secret_hash is not None and proof.secret_hash in rules.alive_candidates(
        station.candidate_hashes, clock.now()
    ):
        values |= {"secret_hash": proof.secret_hash, "candidate_hashes": None, "is_password_weak": False}
        if station.has_factory_password:
            # A00.FR.806 (2.0.1 part 2): now it has credentials of its own, and may work.
            values |= {"has_factory_password": False}
            if station.registration == Registration.PENDING.value:
                values |= {"registration": Registration.ACCEPTED.value}
    if proof.security_profile is not None and proof.security_profile == station.security_profile_target:
        values |= {"security_profile": proof.security_profile, "security_profile_target": None}
    if values:
        await _set(tx, station, values)


async def forget_ended(tx: Tx) -> None:
    """What was sent a day ago and never answered is let in no more; the gateways hear of it."""
    now = clock.now()
    for station in await stations.find_with_candidates(tx):
        known = rules.read_candidates(station.candidate_hashes)
        if len(rules.alive_candidates(station.candidate_hashes, now)) < len(known):
            log.warning("station.candidate_ended", station_id=station.id)
            await _set(tx, station, {"candidate_hashes": rules.without_ended(station.candidate_hashes, now)})


async def _set(tx: Tx, station: stations.Row, values: Mapping[str, Any]) -> None:
    """Not a new version of the record: nobody has edited it."""
    await stations.change_silently(tx, station.id, values)
    tx.publish(
        CredentialChanged(
            operator_id=station.operator_id, at=clock.now(), station_id=station.id, identity=station.identity
        )
    )
