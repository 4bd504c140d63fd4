"""Certificates that end soon: told of once for each and threshold; those of stations are renewed by themselves."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec

from builders import NOON
from conformance.conftest import StartPlatform
from conformance.conftest import platform as platform
from conformance.conftest import start_platform as start_platform
from conformance.security_network import Platform
from gateway.test_tls import Maker
from security.test_api import a_certificate
from voltway.contracts.security import CertificateExpiring
from voltway.kernel import clock
from voltway.kernel.bus.outbox import outbox
from voltway.kernel.json import to_struct
from voltway.kernel.runtime import Runtime
from voltway.modules.gateway.gateway import gateway_of
from voltway.modules.security import expiry, handlers, rules
from voltway.modules.security.authorities import Authorities
from voltway.modules.security.tables import certificates

DAY = timedelta(days=1)


async def told(runtime: Runtime) -> list[CertificateExpiring]:
    statement = sa.select(outbox.c.payload).where(outbox.c.name == "CertificateExpiring").order_by(outbox.c.position)
    async with runtime.database.read() as tx:
        return [to_struct(row.payload, CertificateExpiring) for row in (await tx.execute(statement)).all()]


async def set_end(runtime: Runtime, not_after: datetime) -> None:
    async with runtime.database.begin() as tx:
        await tx.execute(sa.update(certificates).values(state="accepted", not_after=not_after))


@pytest.mark.parametrize(
    ("left", "threshold"),
    [
        (31 * DAY, None),
        (30 * DAY, 30),
        (8 * DAY, 30),
        (7 * DAY, 7),
        (DAY, 1),
        (timedelta(0), 1),
        (-DAY, 1),
    ],
)
def test_the_nearest_threshold_counts(left: timedelta, threshold: int | None) -> None:
    assert rules.expiry_threshold(NOON + left, NOON) == threshold


async def test_a_stations_certificate_is_told_of_once_at_each_threshold(platform: Platform) -> None:
    certificate, _ = await a_certificate(platform)
    await set_end(platform.runtime, clock.now() + 40 * DAY)
    await expiry.tell(platform.runtime)
    assert await told(platform.runtime) == []
    for days, threshold in ((20, 30), (19, 30), (6, 7), (0.5, 1), (-1, 1)):
        await set_end(platform.runtime, clock.now() + days * DAY)
        await expiry.tell(platform.runtime)
        await expiry.tell(platform.runtime)
        assert (await told(platform.runtime))[-1].threshold_days == threshold
    events = await told(platform.runtime)
    assert [event.threshold_days for event in events] == [30, 7, 1]
    assert {(event.station_identity, event.serial_number) for event in events} == {
        ("CS1", certificate["serial_number"])
    }


async def test_a_certificate_that_was_replaced_or_revoked_is_not_told_of(platform: Platform) -> None:
    certificate, _ = await a_certificate(platform)
    await set_end(platform.runtime, clock.now() + 5 * DAY)
    await platform.client.post(f"/certificates/{certificate['id']}/revocation")
    await expiry.tell(platform.runtime)
    assert await told(platform.runtime) == []


async def test_the_station_is_told_to_renew_before_the_end_and_once_a_day(platform: Platform) -> None:
    await platform.register("CS1", password="sixteen-letters!")
    station = await platform.connect("CS1", protocol="ocpp2.0.1", password="sixteen-letters!")
    await platform.certified(station, "CS1", certificateType="ChargingStationCertificate")
    await set_end(platform.runtime, clock.now() + 31 * DAY)
    await handlers.renew(platform.runtime)
    assert [action for action, _ in station.orders if action == "TriggerMessage"] == []
    await set_end(platform.runtime, clock.now() + 29 * DAY)
    await handlers.renew(platform.runtime)
    await handlers.renew(platform.runtime)
    asked = await station.told("TriggerMessage")
    assert asked["requestedMessage"] == "SignChargingStationCertificate"
    assert len([action for action, _ in station.orders if action == "TriggerMessage"]) == 1


async def test_the_servers_own_certificate_is_told_of_if_somebody_has_given_it(
    start_platform: StartPlatform, tmp_path: Path
) -> None:
    maker = Maker(tmp_path)  # its certificates end in a day
    rsa_like = maker.server("other.pem", ec.generate_private_key(ec.SECP256R1()))
    platform = await start_platform(tls={"ecdsa_certificate_file": maker.server(), "rsa_certificate_file": rsa_like})
    await expiry.tell(platform.runtime)
    await expiry.tell(platform.runtime)
    events = await told(platform.runtime)
    assert [(event.kind, event.subject, event.threshold_days, event.station_id) for event in events] == [
        ("server", "localhost", 1, None)
    ] * 2
    assert len({event.serial_number for event in events}) == 2


async def test_what_we_make_and_renew_ourselves_is_not_told_of(platform: Platform) -> None:
    await expiry.tell(platform.runtime)
    assert await told(platform.runtime) == []


async def test_our_own_server_certificate_is_renewed_and_shown_without_a_restart(platform: Platform) -> None:
    material: Any = gateway_of(platform.runtime).tls
    assert material.is_self_made
    files = [Path(pair.certificate) for pair in material._pairs]
    before = [file.read_bytes() for file in files]
    with clock.frozen(clock.now() + 6 * DAY):
        await handlers.keep_server_files(platform.runtime)
    assert all(file.read_bytes() != content for file, content in zip(files, before, strict=True))
    stamps = material._stamps
    await gateway_of(platform.runtime).reload_certificates()
    assert material._stamps != stamps


async def test_an_authority_that_ends_is_told_of(platform: Platform) -> None:
    ends = {authority.issuing.not_valid_after_utc for _, authority in platform.runtime.state(Authorities)}
    with clock.frozen(min(ends) - 6 * DAY):
        await expiry.tell(platform.runtime)
    assert [(event.kind, event.threshold_days) for event in await told(platform.runtime)] == [("authority", 7)] * 2
