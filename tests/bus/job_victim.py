"""A process that begins a round of the job m.job and waits in it for a line: `python job_victim.py DATABASE_URL`."""

from __future__ import annotations

import asyncio
import sys

import sqlalchemy as sa

from voltway.kernel.auth import operators
from voltway.kernel.database import Database
from voltway.kernel.module import Job, Manifest
from voltway.kernel.processes.carriers.direct import DirectCarrier
from voltway.kernel.processes.settings import BusSettings
from voltway.kernel.runtime import Runtime


async def work(runtime: Runtime) -> None:
    print("round", flush=True)
    try:
        await asyncio.to_thread(sys.stdin.readline)
        async with runtime.database.begin() as tx:
            await tx.execute(sa.update(operators).values(name="written by the victim"))
    except BaseException:
        print("lost", flush=True)
        raise
    print("written", flush=True)


async def main(database_url: str) -> None:
    manifest = Manifest(name="m", jobs=(Job("job", 0.01, work),))
    carrier = DirectCarrier(b"the key of a test")
    runtime = Runtime(
        (manifest,), Database(database_url), secret=b"s" * 32, carrier=carrier, bus=BusSettings(lease_s=2.0)
    )
    await runtime.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
