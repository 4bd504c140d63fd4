"""Orders of the security block: certificates, passwords, security profiles, the way to us."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from voltway.modules.stations.rules import IDENTITY_PATTERN, PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN
from voltway.modules.stations.schemas.order import Order

PEM_LENGTH_MAX = 10_000

RootKind = Literal["csms_root", "manufacturer_root", "v2g_root", "mo_root", "oem_root"]
InstalledKind = Literal["csms_root", "manufacturer_root", "v2g_root", "mo_root", "oem_root", "v2g_chain"]
SigningKind = Literal["charging_station", "v2g", "v2g20", "combined"]
Pem = Annotated[str, Field(min_length=1, max_length=PEM_LENGTH_MAX, pattern=r"^\s*-----BEGIN CERTIFICATE-----")]
Hex = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[0-9A-Fa-f]+$")]
Url = Annotated[str, Field(min_length=6, max_length=512, pattern=r"^wss?://[^\s/]+")]


class InstallCertificate(Order):
    """Have the station trust an authority. Without a certificate: that of our own authority."""

    type: Literal["install_certificate"]
    kind: RootKind
    certificate: Pem | None = Field(default=None, description="PEM")


class DeleteCertificate(Order):
    """Have the station trust an authority no longer, named as it has named it itself (get_installed_certificate_ids)."""

    type: Literal["delete_certificate"]
    hash_algorithm: Literal["SHA256", "SHA384", "SHA512"]
    issuer_name_hash: Hex
    issuer_key_hash: Hex
    serial_number: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[0-9A-Fa-f]+$")]


class GetInstalledCertificateIds(Order):
    """Ask which authorities the station trusts; the answer is the command's result."""

    type: Literal["get_installed_certificate_ids"]
    kinds: list[InstalledKind] = Field(default=[], max_length=6, description="none: all")


class SendCertificate(Order):
    """Give the station a signed certificate, with its chain; after a SignCertificate this happens by itself."""

    type: Literal["send_certificate"]
    certificate_chain: Pem
    kind: SigningKind = "charging_station"
    request_number: int | None = Field(default=None, ge=0, le=2**31 - 1, description="2.1: of the station's request")


class SignCertificateNow(Order):
    """Have the station make a new key and ask for its certificate."""

    type: Literal["sign_certificate_now"]
    kind: SigningKind = "charging_station"


class RotatePassword(Order):
    """Give the station a new password, which nobody sees. The old one ends when the station has connected with the new one."""

    type: Literal["rotate_password"]


class NetworkProfile(Order):
    """How a 2.x station reaches us."""

    type: str
    configuration_slot: int = Field(default=1, ge=0, le=2**31 - 1)
    url: Url | None = Field(default=None, description="without the identity; none: the gateway's setting tls.url")
    interface: Literal[
        "Wired0", "Wired1", "Wired2", "Wired3", "Wireless0", "Wireless1", "Wireless2", "Wireless3", "Any"
    ] = "Wired0"
    message_timeout_s: int = Field(default=30, ge=1, le=3600)


class SetSecurityProfile(NetworkProfile):
    """Raise the station's security profile; from 3 to 2 only where the station allows it."""

    type: Literal["set_security_profile"]
    security_profile: int = Field(ge=1, le=3)


class SetNetworkProfile(NetworkProfile):
    """Write a slot of a 2.x station's network profiles."""

    type: Literal["set_network_profile"]
    security_profile: int = Field(ge=0, le=3)
    identity: Annotated[str, Field(min_length=1, max_length=48, pattern=IDENTITY_PATTERN)] | None = Field(
        default=None, description="OCPP 2.1: what the station is called there"
    )
    password: Annotated[str, Field(min_length=PASSWORD_LENGTH_MIN, max_length=PASSWORD_LENGTH_MAX)] | None = Field(
        default=None,
        description="OCPP 2.1: its password there, which no answer shows. Here (without a url) the station may come with "
        "it from now on, and with the old one until it has",
    )
