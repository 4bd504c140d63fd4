"""The settings of this program: the kernel's sections and one for each module, from flags, environment and file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from pydantic import Field

from voltway.app.catalog import MODULES, manifest
from voltway.kernel.errors import StartUpError
from voltway.kernel.http.settings import HttpSettings
from voltway.kernel.module import Settings
from voltway.kernel.outbound import OutboundSettings
from voltway.kernel.processes.settings import BusSettings
from voltway.kernel.settings import (
    FILE_NAME,
    PREFIX,
    DatabaseSettings,
    Given,
    LogSettings,
    Path_,
    S,
    Section,
    compose,
    from_environment,
    from_file,
    strongest,
)
from voltway.kernel.tracing import TracingSettings

DATABASE_FILE = "voltway.db"
SECRET_FILE = "secret"
DATA_DIR = Path("data")
DEMO_DATA_DIR = Path("data/demo")


class HttpPortSettings(HttpSettings):
    """The port of the console and the API."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65_535)
    """0: any free port."""
    reuse_port: bool = False
    """Whether other processes listen on the same port (SO_REUSEPORT): the system hands each connection to one."""
    also_serves: tuple[str, ...] = ()
    """Modules whose part of the API is served here though they run in other processes; it asks them over the bus."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses of reverse proxies that are believed when they say for whom they ask (X-Forwarded-For, -Proto)."""
    console_dir: str = ""
    """The built console; empty: the one that came with the program, or that `make web` has built."""


KERNEL_SECTIONS: Mapping[str, type[Settings]] = {
    "bus": BusSettings,
    "database": DatabaseSettings,
    "http": HttpPortSettings,
    "log": LogSettings,
    "outbound": OutboundSettings,
    "tracing": TracingSettings,
}


@dataclass(frozen=True)
class Flags:
    """What the command line says. `values` are settings given by flags, by their paths."""

    data_dir: Path | None = None
    config: Path | None = None
    values: Mapping[Path_, Given] = field(default_factory=dict)
    data_dir_default: Path = DATA_DIR


@dataclass(frozen=True)
class Configuration:
    """Everything that was set, checked."""

    data_dir: Path
    secret_file: Path
    file: Path | None
    """The settings file, if there is one."""
    sections: Mapping[str, Settings]
    given: Mapping[Path_, Given]
    """What somebody has set; everything else is as it comes."""

    def section(self, kind: type[S]) -> S:
        """A section by its class."""
        return next((each for each in self.sections.values() if isinstance(each, kind)), kind())

    @property
    def http(self) -> HttpPortSettings:
        return self.section(HttpPortSettings)

    @property
    def bus(self) -> BusSettings:
        return self.section(BusSettings)

    @property
    def log(self) -> LogSettings:
        return self.section(LogSettings)

    @property
    def database(self) -> DatabaseSettings:
        return self.section(DatabaseSettings)

    @property
    def database_url(self) -> str:
        """The URL that was set, or that of the file in the data directory."""
        return self.database.url or f"sqlite:///{(self.data_dir / DATABASE_FILE).absolute()}"


def read(flags: Flags, modules: Sequence[str] = MODULES, environment: Mapping[str, str] = os.environ) -> Configuration:
    """The configuration of a process with these modules. Raises StartUpError for what is unknown or wrong."""
    data_dir = flags.data_dir or Path(environment.get(f"{PREFIX}DATA_DIR") or flags.data_dir_default)
    file = _find_file(flags, data_dir, environment)
    sections: dict[str, Section] = {name: partial(KERNEL_SECTIONS.__getitem__, name) for name in KERNEL_SECTIONS}
    sections |= {name: partial(_section_of, name) for name in MODULES}
    given = strongest(from_file(file) if file else {}, from_environment(environment), flags.values)
    composed = compose(sections, frozenset({*KERNEL_SECTIONS, *modules}), given)
    secret_file = Path(environment.get(f"{PREFIX}SECRET_FILE") or data_dir / SECRET_FILE)
    return Configuration(data_dir, secret_file, file, composed, given)


def _section_of(module: str) -> type[Settings]:
    return manifest(module).settings


def _find_file(flags: Flags, data_dir: Path, environment: Mapping[str, str]) -> Path | None:
    """The file that was named, else the one in the working directory, else the one in the data directory."""
    named = flags.config or environment.get(f"{PREFIX}CONFIG")
    if named:
        return Path(named)
    return next((file for file in (Path(FILE_NAME), data_dir / FILE_NAME) if file.is_file()), None)


_PORTS = {"http": 8080, "gateway": 9000, "gateway.tls": 9443}


def address_flag(flag: str, section: str, text: str | None) -> dict[Path_, Given]:
    """`HOST:PORT`, `:PORT` or `PORT` as the settings `host` and `port` of a section (`gateway.tls`). Raises StartUpError."""
    path = tuple(section.split("."))
    if text is None:
        return {}
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65_535 or (host.count(":") > 0 and not host.startswith("[")):
        raise StartUpError(
            f"{flag} {text} is not an address. Write HOST:PORT, for example {flag} 0.0.0.0:{_PORTS[section]}."
        )
    found: dict[Path_, Given] = {(*path, "port"): Given(port, f"{flag} {text}", "the command line")}
    if host:
        found[(*path, "host")] = Given(host.strip("[]"), f"{flag} {text}", "the command line")
    return found
