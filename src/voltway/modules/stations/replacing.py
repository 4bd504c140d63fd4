"""New hardware in the place of old: the record keeps its id, and with it the history, the tariff, the token list and the limits."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.contracts.station_link import STATION_PASSWORD_PURPOSE, CredentialChanged
from voltway.contracts.stations import StationChanged
from voltway.kernel import audit, clock
from voltway.kernel.auth import Principal
from voltway.kernel.database import Tx
from voltway.kernel.secrets import derive_key, hash_secret, new_password
from voltway.modules.stations import rules
from voltway.modules.stations.errors import BadIdentity, IdentityTaken, StationRetired, StationStillConnected
from voltway.modules.stations.service import Saved
from voltway.modules.stations.store import stations
from voltway.modules.stations.tables import connectors, display_messages, monitors, variables

TOLD = (
    *("vendor", "model", "serial_number", "firmware_version", "iccid", "imsi", "meter_type", "meter_serial_number"),
    *("boot_reason", "booted_at", "protocol", "status"),
)
"""What the old hardware said of itself."""
BY_PASSWORD = 2
"""The highest security profile that a station can have before it has a certificate."""


async def replace_hardware(
    tx: Tx, principal: Principal, station: stations.Row, identity: str | None, reason: str, secret: bytes
) -> Saved:
    """Forget what the old hardware was, and let new hardware in with a password of its own; what was, stands in the audit log.

    A station of profile 3 begins with profile 2: its certificate was the old hardware's. Raises StationRetired,
    StationStillConnected, BadIdentity, IdentityTaken.
    """
    if station.retired_at is not None:
        raise StationRetired(f"Charging station {station.identity} is retired.")
    if station.is_online:
        raise StationStillConnected(f"{station.identity} is connected: take the old hardware off the network first.")
    wanted = identity or station.identity
    if not rules.is_identity(wanted):
        raise BadIdentity.at("$.identity", "1 to 48 of A-Z a-z 0-9 * - _ = + | @ . (and not dots alone)")
    other = await stations.find_in_use(tx, station.operator_id, rules.identity_key(wanted))
    if other is not None and other.id != station.id:
        raise IdentityTaken(f"There is a charging station {wanted} already; identities compare without case.")
    profile = min(station.security_profile, BY_PASSWORD)
    password = new_password() if profile > 0 else None
    values = dict.fromkeys(TOLD) | {
        "identity": wanted,
        "identity_key": rules.identity_key(wanted),
        "security_profile": profile,
        "security_profile_target": None,
        "secret_hash": password and hash_secret(password, derive_key(secret, STATION_PASSWORD_PURPOSE)),
        "candidate_hashes": None,
        "is_password_weak": False,
        "has_factory_password": False,
    }
    before = {name: getattr(station, name) for name in ("identity", "security_profile", *TOLD[:4])}
    await stations.change(tx, station.id, values)
    await _forget_told(tx, station.id)
    after = {"identity": wanted, "security_profile": profile}
    audit.note(tx, principal, "station.replaced", ("station", station.id), before=before, after=after, reason=reason)
    names = {"operator_id": station.operator_id, "at": clock.now(), "station_id": station.id}
    tx.publish(StationChanged(**names, station_identity=wanted, what="edited"))
    tx.publish(CredentialChanged(**names, identity=wanted))
    return Saved(await stations.get(tx, station.id), password)


async def _forget_told(tx: Tx, station_id: str) -> None:
    """The settings, monitors and messages of the old hardware are not those of the new, nor are its connectors' states."""
    for table in (variables, monitors, display_messages):
        await tx.execute(sa.delete(table).where(table.c.station_id == station_id))
    told = ("status", "wire_status", "error_code", "vendor_error_code", "info", "status_at")
    await tx.execute(sa.update(connectors).where(connectors.c.station_id == station_id).values(dict.fromkeys(told)))
