"""Checks of the certificates that the station port shows, and of those that it believes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

from cryptography import x509

from voltway.app.doctor.findings import Finding, Patient, error, note, ok, warning
from voltway.kernel import clock
from voltway.kernel.errors import StartUpError
from voltway.modules.gateway import tls
from voltway.modules.gateway.settings import GatewaySettings
from voltway.modules.notify.settings import NotifySettings
from voltway.modules.security.settings import SecuritySettings

SOON = timedelta(days=30)


async def station_port_certificates(patient: Patient) -> AsyncIterator[Finding]:
    """Whether the station port's certificates can be used, fit their keys and hold for a while."""
    settings = patient.configuration.section(GatewaySettings).tls
    if settings.port is None:
        return
    try:
        pairs = tls.given_pairs(settings)
        tls.check(settings)
    except StartUpError as problem:
        yield error(str(problem), "Name a certificate with its chain and the key that belongs to it, both PEM.")
        return
    if not pairs:
        yield note(
            "Our own authority certifies the station port; stations must have its root.",
            "See Security in the console, or set gateway.tls.ecdsa_certificate_file.",
        )
    for pair in pairs:
        for finding in judge_file(Path(pair.certificate)):
            yield finding


async def authorities(patient: Patient) -> AsyncIterator[Finding]:
    """Whether the files of those who may certify others can be read, and hold for a while; so too our own authorities."""
    gateway, notify = (patient.configuration.section(kind) for kind in (GatewaySettings, NotifySettings))
    assert isinstance(gateway, GatewaySettings)
    assert isinstance(notify, NotifySettings)
    security = patient.configuration.section(SecuritySettings)
    own = Path(security.pki_dir) if security.pki_dir else patient.configuration.data_dir / "pki"
    named = (
        gateway.tls.client_authorities_file,
        gateway.mqtt.authorities_file,
        notify.smtp_authorities_file,
        notify.webhook_authorities_file,
        *security.contract_roots,
    )
    for file in (*(Path(name) for name in named if name), *sorted(own.glob("*.pem"))):
        for finding in judge_file(file, is_own=file.parent == own):
            yield finding


def judge_file(file: Path, *, is_own: bool = False) -> list[Finding]:
    """What is to be said of a file's certificates. Our own files may hold only a key."""
    renew = "Get a new certificate; the server takes it up by itself when the file changes."
    try:
        content = file.read_bytes()
        if is_own and b"BEGIN CERTIFICATE" not in content:
            return []
        found = x509.load_pem_x509_certificates(content)
    except OSError as problem:
        return [error(f"{file} cannot be read: {problem.strerror}.", "Mend the name of the file, or who may read it.")]
    except ValueError:
        return [error(f"{file} holds no certificate.", "It must be PEM: -----BEGIN CERTIFICATE-----")]
    first = min(found, key=lambda certificate: certificate.not_valid_after_utc)
    left = first.not_valid_after_utc - clock.now()
    until = f"{first.not_valid_after_utc:%Y-%m-%d}"
    if left < timedelta(0):
        return [error(f"A certificate in {file} has ended on {until}.", renew)]
    if first.not_valid_before_utc > clock.now():
        return [error(f"A certificate in {file} does not hold yet.", "Look at this machine's clock, or wait.")]
    if left < SOON and not is_own:  # our own are renewed by the server
        return [warning(f"A certificate in {file} ends on {until}.", renew)]
    return [ok(f"{file} holds until {until}")]
