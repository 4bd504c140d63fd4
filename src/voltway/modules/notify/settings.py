"""The settings of the notify module: VOLTWAY_NOTIFY__SMTP_URL and so on."""

from __future__ import annotations

from pydantic import Field

from voltway.kernel.module import Settings


class NotifySettings(Settings):
    """How mails and webhooks leave."""

    smtp_url: str = Field(default="", max_length=500)
    """smtp://HOST:PORT (STARTTLS; on this machine also without) or smtps://HOST:PORT; empty: mails are files in `mail_dir`."""
    smtp_user: str = Field(default="", max_length=200)
    smtp_password: str = Field(default="", max_length=500)
    smtp_password_file: str = ""
    """A file whose first line is the password."""
    smtp_authorities_file: str = ""
    """Who may certify the mail server (PEM), beside the public authorities."""
    smtp_timeout_s: float = Field(default=20.0, gt=0, le=300)
    """For each step of the conversation."""
    sender: str = Field(default="Voltway <voltway@localhost>", min_length=3, max_length=320)
    """From whom mails are."""
    mail_dir: str = ""
    """Where mails lie if there is no mail server; empty: `mail` in the data directory."""
    mail_hours: float = Field(default=24.0, gt=0, le=24 * 14)
    """How long a mail that is not taken is tried again."""
    mail_days: float = Field(default=90.0, gt=0, le=3650)
    """How long is kept to whom what was sent; the text of a mail is erased when it has left."""

    webhooks_max: int = Field(default=20, ge=0, le=1000)
    """Of one operator."""
    webhooks_over_http: bool = False
    """Whether a webhook may go without TLS. Its address must still be allowed, see the settings of outbound."""
    webhook_authorities_file: str = ""
    """Who may certify the receivers of webhooks (PEM), beside the public authorities."""
    webhook_timeout_s: float = Field(default=10.0, gt=0, le=60)
    webhook_concurrency: int = Field(default=32, ge=1, le=1000)
    """Requests to all receivers at once; to one receiver four."""
    webhook_hours: float = Field(default=24.0, gt=0, le=24 * 14)
    """How long a delivery that fails is tried again."""
    webhook_queue_max: int = Field(default=10_000, ge=10)
    """Deliveries that wait for a receiver which fails; those beyond are not made."""
    webhook_disable_days: float = Field(default=5.0, gt=0, le=365)
    """A receiver that has failed for so long is switched off, and the operator's administrators get a mail."""
    delivery_days: float = Field(default=30.0, gt=0, le=3650)
    """How long is kept how deliveries went."""

    push_contact: str = Field(default="", max_length=320, pattern=r"^((mailto:|https://).+)?$")
    """How a push service reaches whoever runs this (mailto:… or https://…); empty: by the sender of mails."""
    push_devices_max: int = Field(default=10, ge=1, le=100)
    """Of one account; the oldest makes room for a new one."""
    push_over_http: bool = False
    """Whether a push service may be reached without TLS, such as one of your own. Its address must still be allowed, see the
    settings of outbound."""
    push_timeout_s: float = Field(default=10.0, gt=0, le=60)
    push_concurrency: int = Field(default=16, ge=1, le=200)
    """Requests to push services at once."""
