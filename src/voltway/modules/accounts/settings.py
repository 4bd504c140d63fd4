"""Settings of the accounts module: VOLTWAY_ACCOUNTS__..."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from voltway.kernel.auth import DEFAULT_OPERATOR_SLUG, Role
from voltway.kernel.module import Settings

Version = Annotated[str, Field(min_length=1, max_length=40)]


class OidcProvider(Settings):
    """An OpenID Connect provider whose people are staff here. `client_secret_file` keeps the secret out of this file."""

    issuer: str = Field(max_length=300)
    client_id: str = Field(min_length=1, max_length=300)
    client_secret: SecretStr | None = None
    client_secret_file: Path | None = None
    title: str = Field("", max_length=100)
    """What the log-in page calls it."""
    operator: str = Field(DEFAULT_OPERATOR_SLUG, max_length=40)
    """The slug of the operator whose staff it is."""
    scopes: str = Field("openid email profile", max_length=300)
    algorithms: tuple[Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"], ...] = (
        "RS256",
        "ES256",
    )
    """Signatures that an ID token may have; never a shared secret, never none."""
    role_claim: str = Field("", max_length=100)
    """The claim that says a person's role; with it somebody who has no account yet gets one. Empty: accounts are made by hand."""
    roles: dict[str, Role] = Field({}, max_length=100)
    """What the claim's values mean."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        where = urlsplit(self.issuer)
        if where.scheme != "https" and not (where.scheme == "http" and _is_this_machine(where.hostname or "")):
            raise ValueError("issuer must be an https address")
        if (self.client_secret is None) == (self.client_secret_file is None):
            raise ValueError("give client_secret or client_secret_file")
        if Role.DRIVER in self.roles.values():
            raise ValueError("roles are those of staff")
        return self

    def secret(self) -> str:
        """The client's secret."""
        if self.client_secret is not None:
            return self.client_secret.get_secret_value()
        assert self.client_secret_file is not None
        return self.client_secret_file.read_text(encoding="utf-8").strip()


class AccountsSettings(Settings):
    """How people get accounts and log in."""

    is_registration_open: bool = True
    """Whether drivers may register themselves."""
    terms_version: Version = "1"
    """Which terms a driver agrees to at registration."""
    privacy_version: Version = "1"
    """Which privacy notice a driver has read at registration."""
    oauth_token_lifetime_s: int = Field(900, ge=60, le=3600)
    oauth_secret_overlap_h: int = Field(24, ge=0, le=24 * 14)
    """How long the old secret of an OAuth client is good after a rotation."""
    oidc: dict[Annotated[str, Field(pattern="^[a-z0-9-]{1,40}$")], OidcProvider] = Field({}, max_length=20)
    """OpenID Connect providers for staff, by a short name that stands in their redirect address."""


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
