"""A running process: the modules that it was told to load on one database, one event loop, and the REST port."""

from __future__ import annotations

import asyncio
import errno
import gc
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
import uvicorn

from voltway.app import catalog
from voltway.app.errors import Unusable
from voltway.app.http_port import http_config
from voltway.app.installation import Installation, open_installation
from voltway.app.settings import Configuration, HttpPortSettings
from voltway.app.version import VERSION
from voltway.kernel import housekeeping, outbound, tracing
from voltway.kernel.http import create_app
from voltway.kernel.processes.carriers.choice import choose_carrier, scheme_of
from voltway.kernel.processes.carriers.port import Carrier
from voltway.kernel.processes.relays.choice import choose_broker
from voltway.kernel.runtime import Runtime

log = structlog.get_logger()

BACKLOG = 2048
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
SHUTDOWN_S = 2
GC_THRESHOLDS = (50_000, 20, 50)
SWITCH_INTERVAL_S = 0.0005
"""A thread that has come back from the disk waits this long for the interpreter; 5 ms, Python's own, is longer than most commits."""
ASSETS = Path(__file__).resolve().parent / "assets"
CONSOLE_DIRS = (ASSETS / "console", ASSETS.parents[3] / "web" / "apps" / "console" / "dist")
"""Where the built console lies: in a package, in a checkout."""
DRIVER_APP_DIRS = (ASSETS / "driver", ASSETS.parents[3] / "web" / "apps" / "driver" / "dist")
"""Where the built driver app lies."""
NOT_BUILT = ASSETS / "not-built"
"""A page that says so."""


@dataclass(frozen=True)
class Process:
    """A process that runs."""

    configuration: Configuration
    installation: Installation
    runtime: Runtime
    http_address: tuple[str, int]
    station_address: tuple[str, int] | None
    """Where stations connect; None if this process has no gateway."""
    console_dir: Path
    tls_address: tuple[str, int] | None = None
    """Where stations connect over TLS."""


@asynccontextmanager
async def running(configuration: Configuration, modules: Sequence[str], *, is_demo: bool) -> AsyncIterator[Process]:
    """Start everything, in the block everything runs, then stop everything. Raises StartUpError before anything is changed."""
    scheme_of(configuration.bus.url)
    manifests = (housekeeping.MANIFEST, outbound.MANIFEST, tracing.MANIFEST, *catalog.load(modules))
    with listen(configuration.http) as port:
        if "gateway" in modules:
            check_station_port(configuration)
        installation = await open_installation(configuration, is_demo=is_demo)
        try:
            runtime = Runtime(
                manifests,
                installation.database,
                settings=configuration.sections,
                data_dir=configuration.data_dir,
                secret=installation.secret,
                stalled_after_s=configuration.database.stalled_after_s,
                own_url=own_url(port),
                carrier=carrier_of(configuration, installation),
                bus=configuration.bus,
                event_broker=choose_broker(configuration.bus, installation.secret),
            )
            await runtime.start()
            console_dir = find_console(configuration.http)
            async with _serving(runtime, configuration.http, port, console_dir):
                _settle()
                log.info("process.started", version=VERSION, modules=list(modules), is_demo=installation.is_demo)
                http_address = port.getsockname()[:2]
                station_address = _station_address(configuration, runtime) if "gateway" in modules else None
                tls_address = _tls_address(configuration, runtime) if "gateway" in modules else None
                yield Process(
                    configuration, installation, runtime, http_address, station_address, console_dir, tls_address
                )
        finally:
            await installation.database.close()


def carrier_of(configuration: Configuration, installation: Installation) -> Carrier | None:
    """How this process speaks to the others. None on SQLite without a broker: there, one process has the file."""
    if installation.database.dialect == "sqlite" and not configuration.bus.url:
        return None
    return choose_carrier(configuration.bus, installation.secret)


def check_station_port(configuration: Configuration) -> None:
    """Raise Unusable if the station port cannot be had: the gateway opens it as the last thing of its start."""
    from voltway.modules.gateway.settings import GatewaySettings

    settings = configuration.section(GatewaySettings)
    bind(settings.host, settings.port, flag="--ocpp", reuse_port=settings.reuse_port).close()
    if settings.tls.port is not None:
        from voltway.modules.gateway import tls

        tls.check(settings.tls)
        bind(settings.tls.host, settings.tls.port, flag="--ocpps", reuse_port=settings.reuse_port).close()


def _station_address(configuration: Configuration, runtime: Runtime) -> tuple[str, int]:
    from voltway.modules.gateway.gateway import gateway_of
    from voltway.modules.gateway.settings import GatewaySettings

    return configuration.section(GatewaySettings).host, gateway_of(runtime).port.port


def _tls_address(configuration: Configuration, runtime: Runtime) -> tuple[str, int] | None:
    from voltway.modules.gateway.gateway import gateway_of
    from voltway.modules.gateway.settings import GatewaySettings

    port = gateway_of(runtime).port.tls_port
    return (configuration.section(GatewaySettings).tls.host, port) if port else None


def _settle() -> None:
    """What the start leaves behind stays for good: take it out of the collector's sight, and let that come round seldom,
    since nearly all that is made for a message dies by reference counting."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    sys.setswitchinterval(SWITCH_INTERVAL_S)


@asynccontextmanager
async def _serving(
    runtime: Runtime, settings: HttpPortSettings, port: socket.socket, console_dir: Path
) -> AsyncIterator[None]:
    """Answer REST requests while the block runs; then stop the runtime."""
    guests = catalog.load([name for name in settings.also_serves if name not in {m.name for m in runtime.manifests}])
    routers = [router for manifest in (*runtime.manifests, *guests) for router in manifest.routes()]
    app = create_app(runtime, routers, version=VERSION, static={"/": console_dir, "/app": find_driver_app()})
    server = HttpServer(http_config(app, settings.trusted_proxies, SHUTDOWN_S))
    task = asyncio.create_task(server.serve(sockets=[port]), name="http")
    try:
        yield
    finally:
        server.should_exit = True
        await asyncio.gather(task, runtime.stop())  # together: only the runtime can end the streams of open pages


class HttpServer(uvicorn.Server):
    """uvicorn without its signal handlers: the process has its own."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def own_url(port: socket.socket) -> str:
    """How this machine calls its HTTP port."""
    host, number = port.getsockname()[:2]
    named = {"0.0.0.0": "localhost", "::": "localhost", "::1": "[::1]"}.get(host, host)
    return f"http://{named}:{number}"


def listen(settings: HttpPortSettings) -> socket.socket:
    """The REST port's socket. Raises Unusable with what to do if somebody else has it."""
    return bind(settings.host, settings.port, flag="--http", reuse_port=settings.reuse_port)


def bind(host: str, port: int, *, flag: str, reuse_port: bool = False) -> socket.socket:
    """A listening socket. Raises Unusable."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if reuse_port:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            listener.bind(address)
            listener.listen(BACKLOG)
            listener.setblocking(False)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise Unusable(why_not_bound(host, port, error, flag=flag)) from error
    return listener


def why_not_bound(host: str, port: int, error: OSError, *, flag: str) -> str:
    """One line about a port that we did not get, with what to do."""
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use already. End what uses it, or choose another one: {flag} {host}:{port + 1}."
    if error.errno == errno.EACCES:
        return f"Port {port} needs more rights than this user has. Choose one above 1023: {flag} {host}:{port + 8000}."
    return f"{host}:{port} cannot be listened on ({error.strerror or error}). Choose another address: {flag} HOST:PORT."


def find_console(settings: HttpPortSettings) -> Path:
    """The folder of the built console: the one set, the one in the package, the one in the checkout; else NOT_BUILT."""
    folders = (Path(settings.console_dir),) if settings.console_dir else CONSOLE_DIRS
    return next((folder for folder in folders if (folder / "index.html").is_file()), NOT_BUILT)


def find_driver_app() -> Path:
    """The folder of the built driver app: the one in the package, the one in the checkout; else NOT_BUILT."""
    return next((folder for folder in DRIVER_APP_DIRS if (folder / "index.html").is_file()), NOT_BUILT)


async def until_signalled() -> None:
    """Until SIGINT or SIGTERM. A second signal ends the process at once, as the system does by default."""
    loop, signalled = asyncio.get_running_loop(), asyncio.Event()

    def stop() -> None:
        for number in STOP_SIGNALS:
            loop.remove_signal_handler(number)
        signalled.set()

    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop)
    await signalled.wait()
