"""Files as the API shows them."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from voltway.contracts.files import JobKind
from voltway.kernel.http import Instant, Schema

Word = Annotated[str, Field(min_length=1, max_length=50)]


class FirmwareImageIn(Schema):
    """A firmware image, described; its content follows. Without a signature of the vendor's we sign it with our own."""

    vendor: Word
    model: Word
    version: Word
    file_name: str = Field(default="firmware.bin", min_length=1, max_length=255)
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-fA-F]{64}$", description="what the content must have")
    signature: str | None = Field(default=None, min_length=1, max_length=800, pattern=r"^[0-9A-Za-z+/=\s]+$")
    signing_certificate: str | None = Field(
        default=None, min_length=1, max_length=5500, pattern=r"^\s*-----BEGIN CERTIFICATE-----", description="PEM"
    )

    @model_validator(mode="after")
    def _has_both_or_none(self) -> Self:
        if (self.signature is None) != (self.signing_certificate is None):
            raise ValueError("a signature and its signing_certificate come together")
        return self


class FirmwareImageOut(Schema):
    """A firmware image. Checksums are hexadecimal, the signature is base64; `complete_at` is null until its content came."""

    id: str
    vendor: str
    model: str
    version: str
    file_name: str
    size_bytes: int | None
    sha256: str | None
    md5: str | None
    signature: str | None
    signing_certificate: str | None
    is_own_signature: bool
    created_by: str
    created_at: Instant
    complete_at: Instant | None


class JobStatusOut(Schema):
    """A status as it came. `is_expected`: it may follow what was said before. `locations`: where firmware is published."""

    status: str
    is_expected: bool
    reason: str | None
    locations: list[str] | None
    received_at: Instant


class FileJobOut(Schema):
    """An order about a file. `answer` and `status` are the station's words, `outcome` is done, failed (it may try again),
    canceled, rejected, offline, timed_out, or null while it goes on. `is_here`: the address is one of ours, and holds until `expires_at`."""

    id: str
    station_id: str
    kind: JobKind
    log_kind: str | None
    image_id: str | None
    is_signed: bool
    is_here: bool
    request_number: int
    answer: str | None
    status: str | None
    outcome: str | None
    file_name: str | None
    file_id: str | None
    requested_at: Instant
    expires_at: Instant
    changed_at: Instant


class FileJobWithHistory(FileJobOut):
    """An order about a file, with all that the station has said of it, in the order in which it came."""

    statuses: list[JobStatusOut]


class StationFileOut(Schema):
    """A file that a station has brought. The name is the station's."""

    id: str
    station_id: str
    job_id: str
    log_kind: str
    name: str
    size_bytes: int
    sha256: str
    received_at: Instant


def job_fields(row: Any) -> dict[str, Any]:
    """A row of files_jobs as the API shows it."""
    names = [name for name in FileJobOut.model_fields if name != "is_here"]
    return {name: getattr(row, name) for name in names} | {"is_here": row.token_hash is not None}
