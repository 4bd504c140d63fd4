"""What an authenticator answers, in the names of WebAuthn Level 3."""

# ruff: noqa: N815 - the names are WebAuthn's

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from voltway.kernel.http import Schema


class PasskeyAnswer(Schema):
    """An authenticator's answer: base64url throughout."""

    clientDataJSON: str = Field(min_length=1, max_length=4000)
    attestationObject: str | None = Field(None, max_length=16_000)
    authenticatorData: str | None = Field(None, max_length=4000)
    signature: str | None = Field(None, max_length=4000)
    userHandle: str | None = Field(None, max_length=200)
    transports: list[Annotated[str, Field(max_length=40)]] | None = Field(None, max_length=10)
    publicKey: str | None = Field(None, max_length=4000)
    publicKeyAlgorithm: int | None = None


class PasskeyCredential(Schema):
    """What `PublicKeyCredential.toJSON()` of a browser gives."""

    id: str = Field(min_length=1, max_length=1400)
    rawId: str = Field(min_length=1, max_length=1400)
    type: Literal["public-key"]
    response: PasskeyAnswer
    authenticatorAttachment: str | None = Field(None, max_length=40)
    clientExtensionResults: dict[str, Any] = Field({}, max_length=20)
