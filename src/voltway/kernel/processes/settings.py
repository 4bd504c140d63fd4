"""The settings of the bus between processes: VOLTWAY_BUS__URL and so on."""

from __future__ import annotations

from pydantic import Field

from voltway.kernel.module import Settings


class BusSettings(Settings):
    """How several processes on one database speak to each other. One process on SQLite needs nothing of it."""

    url: str = ""
    """nats://host:4222, amqp://user:password@host/ or kafka://host:9092; empty: directly, and events through the database.
    Kafka carries events only; questions go directly then."""
    node: str = Field(default="", max_length=80)
    """This process's name, unique in the installation; empty: a new one at each start."""
    host: str = "127.0.0.1"
    """Where the others ask this process directly; between machines an address of a private network."""
    port: int = Field(default=0, ge=0, le=65_535)
    """0: any free port; the others find it in the database."""
    told_host: str = Field(default="", max_length=240)
    """The host that the others are told, where it is not `host` (which may be 0.0.0.0)."""
    lease_s: float = Field(default=10.0, gt=0, le=300)
    """A process that has not been heard of for this long is asked no more."""
    asked_max: int = Field(default=200, ge=1)
    """Questions of other processes that are answered at once."""
    waiting_max: int = Field(default=2000, ge=1)
    """Questions that wait for their turn here, and answers that are waited for; more are refused at once."""
    clock_off_by_s_max: float = Field(default=5.0, gt=0)
    """How far this machine's clock and the database's may be apart at the start."""
    relays_events: bool = True
    """Whether the events are handed on to the broker of the URL (JetStream, streams, a topic) for others to read."""
    kafka: dict[str, str] = Field(default_factory=dict)
    """More options of librdkafka: security.protocol, sasl.username and so on."""
    partitions: int = Field(default=4, ge=1, le=256)
    """Of events at a broker: those of one key go through one, in order. Not to be changed while consumers have cursors."""
