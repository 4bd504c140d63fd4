"""Orders of maintenance: firmware and logs.

Without a place of the caller's own the station gets an address of ours, see the files module.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from voltway.kernel.http import Instant
from voltway.modules.stations.schemas.order import Order

REPEATS_MAX = 100

Place = Annotated[
    str,
    Field(
        pattern=r"^(https?|ftps?|sftp)://\S+$",
        max_length=2000,
        description="an http(s), ftp(s) or sftp URL that the station can reach",
    ),
]


ImageId = Annotated[str, Field(min_length=1, max_length=36, description="a firmware image that was uploaded here")]
Md5 = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{32}$", description="MD5, hexadecimal")]
Transfer = Annotated[
    Literal["http", "ftp", "sftp"] | None,
    Field(
        description="of an address of ours: by which way; if not given, what files.transfer says. FTP and SFTP only where they are open"
    ),
]
Repeats = Annotated[int, Field(ge=0, le=REPEATS_MAX)]
IntervalS = Annotated[int, Field(ge=0, le=86_400)]


class UpdateFirmware(Order):
    """Have the station fetch firmware and install it: an image that was uploaded here, or one from a place. How it goes on,
    its file job tells."""

    type: Literal["update_firmware"]
    image_id: ImageId | None = None
    location: Place | None = None
    transfer: Transfer = None
    is_signed: bool | None = Field(
        default=None, description="of an image: let the station check its signature; if not given: where it can"
    )
    retrieve_at: Instant | None = Field(default=None, description="now, if not given")
    install_at: Instant | None = None
    signing_certificate: str | None = Field(default=None, min_length=1, max_length=5500, description="PEM")
    signature: str | None = Field(default=None, min_length=1, max_length=800, description="base64")
    retries: Repeats | None = None
    retry_interval_s: IntervalS | None = None
    force: bool | None = Field(default=None, description="also an image that is older than what the station has")
    reason: str | None = Field(default=None, min_length=3, max_length=200, description="why; with force")

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if self.force and self.reason is None:
            raise ValueError("force needs a reason")
        if (self.image_id is None) == (self.location is None):
            raise ValueError("give image_id or location")
        if self.image_id is not None and (self.signature is not None or self.signing_certificate is not None):
            raise ValueError("an image has its own signature")
        return self


class GetLog(Order):
    """Have the station bring its diagnostics, its security log or (OCPP 2.1) what its data collector has gathered."""

    type: Literal["get_log"]
    kind: Literal["diagnostics", "security", "data_collector"] = "diagnostics"
    location: Place | None = Field(default=None, description="none: here; the file is listed among the station's files")
    transfer: Transfer = None
    with_login: bool | None = Field(
        default=None, description="of an address of ours: with a name and a password that only this order has"
    )
    since: Instant | None = None
    until: Instant | None = None
    retries: Repeats | None = None
    retry_interval_s: IntervalS | None = None


class PublishFirmware(Order):
    """Have a local controller (OCPP 2.x) fetch firmware and offer it to the stations behind it."""

    type: Literal["publish_firmware"]
    image_id: ImageId | None = None
    location: Place | None = None
    transfer: Transfer = None
    checksum: Md5 | None = Field(default=None, description="MD5, hexadecimal; with a location")
    retries: Repeats | None = None
    retry_interval_s: IntervalS | None = None

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if (self.image_id is None) == (self.location is None) or (self.location is None) != (self.checksum is None):
            raise ValueError("give image_id, or location and checksum")
        return self


class UnpublishFirmware(Order):
    """Have a local controller (OCPP 2.x) offer a firmware no longer."""

    type: Literal["unpublish_firmware"]
    image_id: ImageId | None = None
    checksum: Md5 | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.image_id is None) == (self.checksum is None):
            raise ValueError("give image_id or checksum")
        return self


MaintenanceOrder = Annotated[UpdateFirmware | GetLog | PublishFirmware | UnpublishFirmware, Field(discriminator="type")]
