"""Which carrier the bus's URL means."""

from __future__ import annotations

from urllib.parse import urlsplit

from voltway.kernel.errors import StartUpError
from voltway.kernel.processes.carriers.direct import DirectCarrier
from voltway.kernel.processes.carriers.nats import NatsCarrier
from voltway.kernel.processes.carriers.port import Carrier
from voltway.kernel.processes.carriers.rabbitmq import RabbitCarrier
from voltway.kernel.processes.settings import BusSettings
from voltway.kernel.secrets import derive_key

DIRECT = ("", "kafka")
SCHEMES = ("nats", "tls", "amqp", "amqps", "kafka")


def scheme_of(url: str) -> str:
    """Raises StartUpError for an URL that names no broker we know."""
    scheme = urlsplit(url).scheme
    if url and scheme not in SCHEMES:
        raise StartUpError(
            "The setting bus.url (VOLTWAY_BUS__URL) names no broker that is spoken here. Examples: nats://localhost:4222, "
            "amqp://user:password@localhost/, kafka://localhost:9092; empty: processes speak to each other directly."
        )
    return scheme


def prefix_of(secret: bytes) -> str:
    """What every name of this installation at a broker begins with: several may share one."""
    return f"voltway.{derive_key(secret, 'bus-prefix')[:6].hex()}"


def choose_carrier(settings: BusSettings, secret: bytes) -> Carrier:
    """The carrier of questions between processes; nothing is connected yet. Raises StartUpError."""
    scheme = scheme_of(settings.url)
    if scheme in ("nats", "tls"):
        return NatsCarrier(settings.url, prefix_of(secret))
    if scheme in ("amqp", "amqps"):
        return RabbitCarrier(settings.url, prefix_of(secret))
    key = derive_key(secret, "bus-direct")
    return DirectCarrier(key, host=settings.host, port=settings.port, told_host=settings.told_host)
