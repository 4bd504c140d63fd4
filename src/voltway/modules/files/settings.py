"""Settings of the files module."""

from __future__ import annotations

from pydantic import Field

from voltway.kernel.module import Settings


class FilesSettings(Settings):
    """Where stations find us, and what they may bring."""

    url: str = Field(default="", pattern=r"^(https?://[^\s/?#]+(/[^\s?#]*)?)?$", max_length=300)
    """How stations reach the HTTP port, such as https://csms.example.com; empty: as this machine calls it, which is enough
    for stations on it."""
    folder: str = ""
    """Where the files are; empty: `files` in the data directory. Processes of one installation share it."""
    upload_bytes_max: int = Field(default=200 * 1024 * 1024, ge=1024)
    """Of one log that a station brings."""
    image_bytes_max: int = Field(default=1024 * 1024 * 1024, ge=1024)
    """Of one firmware image."""
    address_hours: float = Field(default=48.0, gt=0, le=24 * 60)
    """How long an address holds after the time for which the order is; stations repeat what fails."""
    uploads_with_login: bool = False
    """Whether the address for an upload holds a name and a password that the station must show (HTTP Basic)."""
    upload_days: float = Field(default=90.0, gt=0, le=3650)
    """How long what stations have brought is kept."""
    job_days: float = Field(default=365.0, gt=0, le=3650)
    """How long is kept how it went."""
