"""What an ask costs between processes: `python bench/bus.py [--count N]`; one line of JSON for each carrier.

Two runtimes on one SQLite file stand for two processes: both ends' CPU is inside. Compare ratios, not figures of other machines.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
import uuid
from pathlib import Path

import sqlalchemy as sa

from voltway.kernel.bus import outbox
from voltway.kernel.bus.asks import Ask
from voltway.kernel.database import Database, metadata
from voltway.kernel.module import Manifest
from voltway.kernel.processes.carriers.direct import DirectCarrier
from voltway.kernel.processes.carriers.nats import NatsCarrier
from voltway.kernel.processes.carriers.port import Carrier
from voltway.kernel.processes.carriers.rabbitmq import RabbitCarrier
from voltway.kernel.processes.settings import BusSettings
from voltway.kernel.runtime import Runtime

AT_ONCE = 50


class Echo(Ask[str], frozen=True, kw_only=True):
    """Give a text back."""

    text: str


async def echo(_: Runtime, question: Echo) -> str:
    return question.text


async def measure(name: str, make: object, file: Path, count: int) -> dict[str, object]:
    """Ask one after the other, then many at once."""
    carrier = make if callable(make) else None
    runtimes = [
        Runtime(
            (Manifest(name="echo", answers={Echo: echo}),) if is_answering else (Manifest(name="asking"),),
            Database(f"sqlite:///{file}"),
            secret=b"x" * 32,
            carrier=carrier() if carrier else None,
            bus=BusSettings(),
        )
        for is_answering in ((True, False) if carrier else (True,))
    ]
    for runtime in runtimes:
        await runtime.start()
    asking, question = runtimes[-1], Echo(text="x" * 300)
    taken = []
    for _ in range(count // 10):
        began = time.perf_counter()
        await asking.ask(question)
        taken.append(time.perf_counter() - began)
    began, cpu = time.perf_counter(), time.process_time()
    for _ in range(count // AT_ONCE):
        await asyncio.gather(*(asking.ask(question) for _ in range(AT_ONCE)))
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    for runtime in reversed(runtimes):
        await runtime.stop()
    taken.sort()
    return {
        "carrier": name,
        "alone_p50_us": round(taken[len(taken) // 2] * 1e6),
        "alone_p99_us": round(taken[int(len(taken) * 0.99)] * 1e6),
        "cpu_us_per_ask": round(cpu / count * 1e6, 1),
        "asks_per_s": round(count / wall),
    }


def carriers(prefix: str) -> dict[str, object]:
    def direct() -> Carrier:
        return DirectCarrier(b"key")

    def nats() -> Carrier:
        return NatsCarrier("nats://127.0.0.1:4222", prefix)

    def rabbitmq() -> Carrier:
        return RabbitCarrier("amqp://guest:guest@127.0.0.1/", prefix)

    return {"in process": None, "direct": direct, "nats": nats, "rabbitmq": rabbitmq}


async def main(count: int) -> None:
    for name, make in carriers(f"bench.{uuid.uuid4().hex}").items():
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "bench.db"
            engine = sa.create_engine(f"sqlite:///{file}")
            with engine.begin() as connection:
                metadata.create_all(connection)
                connection.execute(sa.insert(outbox.head).values(id=1, position=0))
            engine.dispose()
            print(json.dumps(await measure(name, make, file, count)), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000)
    asyncio.run(main(parser.parse_args().count))
