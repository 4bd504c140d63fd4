"""Which broker gets the events."""

from __future__ import annotations

from voltway.kernel.processes.carriers.choice import prefix_of, scheme_of
from voltway.kernel.processes.relays.jetstream import JetStreamBroker
from voltway.kernel.processes.relays.kafka import KafkaBroker
from voltway.kernel.processes.relays.port import EventBroker
from voltway.kernel.processes.relays.rabbitmq import RabbitBroker
from voltway.kernel.processes.settings import BusSettings


def choose_broker(settings: BusSettings, secret: bytes) -> EventBroker | None:
    """The broker of the bus's URL; None: events stay in the database, where all our own listeners read them anyway."""
    scheme, prefix = scheme_of(settings.url), prefix_of(secret)
    if not settings.url or not settings.relays_events:
        return None
    if scheme == "kafka":
        return KafkaBroker(settings.url, prefix, settings.kafka)
    if scheme in ("amqp", "amqps"):
        return RabbitBroker(settings.url, prefix, settings.partitions)
    return JetStreamBroker(settings.url, prefix)
