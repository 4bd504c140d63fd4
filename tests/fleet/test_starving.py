"""F19: something else takes the core. The server answers late; it does not take its stations for gone, and loses nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from builders import eventually
from e2e.server_process import VOLTWAY, ServerProcess
from fleet.beside_server import STATIONS, a_fleet, compare, driving, more_done
from fleet.conftest import PATIENCE_S
from fleet.furnishing import MODULES

HOGS = 3
ON_ONE_CORE = "import os, sys; os.sched_setaffinity(0, {int(sys.argv[1])}); os.nice(int(sys.argv[2])); "
RUN = ON_ONE_CORE + "os.execv(sys.argv[3], sys.argv[3:])"
BURN = ON_ONE_CORE + "\nwhile True: pass"
LESS = "5"
"""Niceness of the server beside the hogs: it is left a tenth of the core."""


@contextmanager
def hogs(core: str) -> Iterator[None]:
    """Processes that take all of one core that they can get."""
    burning = [subprocess.Popen([sys.executable, "-c", BURN, core, "0"]) for _ in range(HOGS)]
    try:
        yield
    finally:
        for one in burning:
            one.kill()
            one.wait()


async def test_f19_server_with_a_tenth_of_a_core_takes_no_station_for_gone_and_loses_nothing(
    server: ServerProcess,
) -> None:
    """The hogs leave little, and three times nothing at all for longer than a station may be silent: what the stations have said
    meanwhile lies unread, and must count before they are judged."""
    core = str(max(os.sched_getaffinity(0)))
    server.program = (sys.executable, "-c", RUN, core, LESS, VOLTWAY)
    server._settings |= {"VOLTWAY_GATEWAY__PING_INTERVAL_S": "2", "VOLTWAY_DATABASE__STALLED_AFTER_S": "60"}
    await asyncio.to_thread(server.start, *MODULES)
    fleet = a_fleet(server)
    for station in fleet.stations:
        station.settings.store("message_timeout_s", "120")
    async with driving(fleet):
        await more_done(fleet, 3)
        connects = fleet.counters.connects
        with hogs(core):
            for _ in range(3):
                os.kill(server.pid, signal.SIGSTOP)
                await asyncio.sleep(6)
                os.kill(server.pid, signal.SIGCONT)
                sent = fleet.counters.calls_sent
                await eventually(lambda: fleet.counters.calls_sent > sent + 3 * STATIONS, PATIENCE_S)  # noqa: B023
            await more_done(fleet)
        assert fleet.counters.connects == connects, "nobody had to come again"
        assert fleet.counters.timeouts == 0
        assert "link.went_silent" not in server.log
    assert fleet.snapshot().undelivered == 0
    assert await compare(server, fleet) == []
