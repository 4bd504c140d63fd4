"""Settings of the telemetry module."""

from pydantic import Field

from voltway.kernel.module import Settings


class TelemetrySettings(Settings):
    """`telemetry.…`: live values for third parties, over an MQTT 5 broker."""

    url: str = ""
    """mqtts://HOST:PORT or mqtt://HOST:PORT. Empty: nothing is published."""
    username: str = ""
    password: str = ""
    authorities_file: str = ""
    """Who may certify the broker (PEM); empty: the system's authorities."""
    prefix: str = Field(default="voltway/telemetry", pattern=r"^[\w-]+(/[\w-]+)*$")
    """What all topics begin with."""
    fold_s: float = Field(default=1.0, ge=0.05, le=60)
    """Of one topic at most one message is sent in so many seconds: the newest."""
    topics_max: int = Field(default=100_000, ge=100)
    """So many topics wait at most while the broker is away; of more, those that waited longest are dropped."""
    keepalive_s: int = Field(default=30, ge=5, le=3600)
    retry_s_max: float = Field(default=60.0, gt=0)
    """The longest pause between two attempts to reach the broker."""
