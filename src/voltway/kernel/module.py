"""What a module is: a manifest. A process is a list of manifests (architecture.md).

`modules/<name>/module.py` holds `MANIFEST`; its docstring is the module's manual: what it owns, answers, listens to and
publishes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from fastapi import APIRouter

    from voltway.kernel.batching import BatchHandler
    from voltway.kernel.bus.asks import Ask
    from voltway.kernel.bus.event import Event
    from voltway.kernel.database import Tx
    from voltway.kernel.runtime import Runtime


class Settings(BaseModel):
    """Base of a module's settings. Immutable; an unknown name is an error that names the nearest known one."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Job:
    """Work that comes round. `run` is called every `every_s` seconds, never twice at once in this process."""

    name: str
    every_s: float
    run: Callable[[Runtime], Awaitable[None]]


@dataclass(frozen=True)
class Manifest:
    """All that the kernel must know of a module."""

    name: str
    settings: type[Settings] = Settings
    answers: Mapping[type[Ask[Any]], Callable[[Runtime, Any], Awaitable[Any]]] = field(default_factory=dict)
    batches: Mapping[type[Any], Callable[[Runtime], BatchHandler]] = field(default_factory=dict)
    listens: Mapping[type[Event], Callable[[Runtime, Tx, Sequence[Any]], Awaitable[None]]] = field(default_factory=dict)
    publishes: Sequence[type[Event]] = ()
    routes: Callable[[], Sequence[APIRouter]] = tuple
    device_routes: Callable[[], Sequence[APIRouter]] = tuple
    """Routes for stations: from the root of the port, not under /api/v1, and not in the API's description."""
    jobs: Sequence[Job] = ()
    start: Callable[[Runtime], Awaitable[None]] | None = None
    stop: Callable[[Runtime], Awaitable[None]] | None = None
