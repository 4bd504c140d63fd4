"""Live: tells open pages what changes, by server-sent events.

Owns nothing. Hears the events of stations, sessions, billing and gateway while a page is open; asks `FindStations` for callers
who may see some locations only. What it tells may be late, folded or lost: pages read the resource again.
"""

from voltway.kernel.module import Manifest
from voltway.kernel.runtime import Runtime
from voltway.modules.live import api
from voltway.modules.live.hub import TELLING, Hub
from voltway.modules.live.settings import LiveSettings


async def stop(runtime: Runtime) -> None:
    """End the streams, so that the HTTP server can stop."""
    runtime.state(Hub).close()


MANIFEST = Manifest(
    name="live",
    settings=LiveSettings,
    publishes=tuple(TELLING),
    routes=lambda: (api.router,),
    stop=stop,
)
