"""Settings of the files module."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from voltway.kernel.module import Settings

Transfer = Literal["http", "ftp", "sftp"]
PORTS = r"^(0-0|[1-9]\d{0,4}-[1-9]\d{0,4})$"


class FilesSettings(Settings):
    """Where stations find us, and what they may bring."""

    url: str = Field(default="", pattern=r"^(https?://[^\s/?#]+(/[^\s?#]*)?)?$", max_length=300)
    """How stations reach the HTTP port, such as https://csms.example.com; empty: as this machine calls it, which is enough
    for stations on it."""
    transfer: Transfer = "http"
    """By which way stations are told to fetch and bring, if the order does not say it."""
    ftp_url: str = Field(default="", pattern=r"^(ftps?://[^\s/?#@]+)?$", max_length=300)
    """How stations reach the FTP port, such as ftp://csms.example.com:2121, or ftps:// with a certificate (explicit TLS, RFC 4217).
    Empty: there is none."""
    ftp_host: str = ""
    """Where it listens; empty: at all addresses."""
    ftp_port: int = Field(default=2121, ge=0, le=65535)
    ftp_passive_ports: str = Field(default="0-0", pattern=PORTS)
    """For data connections, such as 30000-30099; 0-0: any. A firewall must let them in."""
    ftp_passive_address: str = Field(default="", pattern=r"^([0-9]{1,3}(\.[0-9]{1,3}){3})?$")
    """The IPv4 address for them where it is not the machine's own (NAT)."""
    ftp_tls_certificate: str = ""
    ftp_tls_key: str = ""
    """Files (PEM). With them nobody comes in without TLS."""
    sftp_url: str = Field(default="", pattern=r"^(sftp://[^\s/?#@]+)?$", max_length=300)
    """How stations reach the SFTP port, such as sftp://csms.example.com:2222. Empty: there is none. Its key is made at the first
    start, beside the files."""
    sftp_host: str = ""
    sftp_port: int = Field(default=2222, ge=0, le=65535)
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

    @model_validator(mode="after")
    def _ways_fit(self) -> Self:
        if self.ftp_url and self.ftp_url.startswith("ftps://") != bool(self.ftp_tls_certificate):
            raise ValueError("ftp_url is ftps:// with ftp_tls_certificate, and ftp:// without")
        if self.transfer != "http" and not self.url_of(self.transfer):
            raise ValueError(f"transfer is {self.transfer}, and {self.transfer}_url is empty")
        return self

    def url_of(self, transfer: Transfer) -> str:
        """Where stations reach us by this way, without a slash at the end; empty: not at all, or (HTTP) as the machine calls itself."""
        return {"http": self.url, "ftp": self.ftp_url, "sftp": self.sftp_url}[transfer].rstrip("/")
