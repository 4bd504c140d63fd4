"""Telemetry: how chargers stand, published live over an MQTT broker for third parties; off unless `telemetry.url` is set.

Owns nothing. Hears the events of stations and sessions in this process, which it must share with those two. What it publishes may be
late or folded, and is never lost silently: the newest value of a topic is retained by the broker. docs/telemetry.md has the topics.
"""

import sqlalchemy as sa

from voltway.kernel.auth import operators
from voltway.kernel.metrics import Metrics
from voltway.kernel.module import Job, Manifest
from voltway.kernel.runtime import Runtime
from voltway.modules.telemetry.publisher import Publisher, PublisherCollector
from voltway.modules.telemetry.settings import TelemetrySettings
from voltway.modules.telemetry.topics import TELLING


class Held:
    """The publisher of the process (Runtime.state); None: nothing is published."""

    publisher: Publisher | None = None


async def start(runtime: Runtime) -> None:
    """Connect, where there is a broker to connect to. Raises StartUpError for a URL that is none."""
    settings = runtime.settings(TelemetrySettings)
    if not settings.url:
        return
    publisher = runtime.state(Held).publisher = Publisher(settings, runtime.node_id)
    await learn_slugs(runtime)
    runtime.events.hear(publisher.hear, tuple(TELLING))
    runtime.state(Metrics).registry.register(PublisherCollector(publisher))
    publisher.start()


async def learn_slugs(runtime: Runtime) -> None:
    """A job: by which names the operators go."""
    publisher = runtime.state(Held).publisher
    if publisher is not None:
        async with runtime.database.read() as tx:
            rows = (await tx.execute(sa.select(operators.c.id, operators.c.slug))).all()
        publisher.slugs = {row.id: row.slug for row in rows}


async def stop(runtime: Runtime) -> None:
    """Leave the broker."""
    publisher = runtime.state(Held).publisher
    if publisher is not None:
        await publisher.stop()


MANIFEST = Manifest(
    name="telemetry",
    settings=TelemetrySettings,
    publishes=tuple(TELLING),
    jobs=(Job("learn_slugs", 10.0, learn_slugs, everywhere=True),),
    start=start,
    stop=stop,
)
