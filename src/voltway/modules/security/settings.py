"""The settings of the security module: VOLTWAY_SECURITY__PKI_DIR and so on."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from voltway.kernel.module import Settings


class SecuritySettings(Settings):
    """Durations are in the unit of their name."""

    pki_dir: str = ""
    """Where our authorities keep their keys; empty: `pki` in the data directory. Processes of one installation share it."""
    organizations: dict[str, str] = Field(default={})
    """Operator's slug -> the organization in its stations' certificates, as gateway.tls.organizations; else its slug."""
    station_certificate_days: int = Field(default=365, ge=1, le=1500)
    server_certificate_days: int = Field(default=7, ge=1, le=398)
    """Of the certificates that we make for our own station port; short, since they renew themselves (A00.FR.701)."""
    firmware_certificate_days: int = Field(default=1000, ge=30, le=3650)
    """Of the certificate that signs firmware. Images are signed when they come in: it must outlive their use."""
    renew_before_days: int = Field(default=30, ge=1, le=365)
    """How long before its end a station is told to have its certificate renewed (A03.FR.02)."""
    signing_timeout_s: float = Field(default=30.0, gt=0)
    ocsp_hosts: tuple[str, ...] = ()
    """Hosts of other people's OCSP responders and revocation lists that may be asked; none: nobody is asked.
    One that is not at a public address needs its network in outbound.networks as well."""
    ocsp_timeout_s: float = Field(default=5.0, gt=0, le=30)
    ocsp_validity_h: int = Field(default=24, ge=1, le=168)
    """How long our own answers about a certificate hold."""
    contract_roots: tuple[str, ...] = ()
    """Files (PEM) with roots whose contract certificates are believed, beside our own (OCPP 2.0.1 C07)."""
    contract_provider: Literal["none", "local"] = "none"
    """Who gives cars their contract certificates; `local`: an authority of our own, for tests."""
