"""Orders of maintenance: firmware and logs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from voltway.kernel.http import Instant
from voltway.modules.stations.schemas.order import Order

REPEATS_MAX = 100

Place = Annotated[
    str,
    Field(
        pattern=r"^(https?|ftps?|sftp)://\S+$",
        max_length=512,
        description="an http(s), ftp(s) or sftp URL that the station can reach",
    ),
]


class UpdateFirmware(Order):
    """Have the station fetch firmware from a place and install it. How it goes on, its status notifications tell."""

    type: Literal["update_firmware"]
    location: Place
    retrieve_at: Instant | None = Field(default=None, description="now, if not given")
    install_at: Instant | None = None
    signing_certificate: str | None = Field(default=None, min_length=1, max_length=5500, description="PEM")
    signature: str | None = Field(default=None, min_length=1, max_length=800, description="base64")
    retries: int | None = Field(default=None, ge=0, le=REPEATS_MAX)
    retry_interval_s: int | None = Field(default=None, ge=0, le=86_400)


class GetLog(Order):
    """Have the station bring its diagnostics or its security log to a place."""

    type: Literal["get_log"]
    kind: Literal["diagnostics", "security"] = "diagnostics"
    location: Place
    since: Instant | None = None
    until: Instant | None = None
    retries: int | None = Field(default=None, ge=0, le=REPEATS_MAX)
    retry_interval_s: int | None = Field(default=None, ge=0, le=86_400)


MaintenanceOrder = Annotated[UpdateFirmware | GetLog, Field(discriminator="type")]
