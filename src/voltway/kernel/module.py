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
    from voltway.kernel.restoring import Restored
    from voltway.kernel.runtime import Runtime


class Settings(BaseModel):
    """Base of a module's settings. Immutable; an unknown name is an error that names the nearest known one."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Job:
    """Work that comes round. `run` is called every `every_s` seconds, never twice at once.

    Where several processes have the module, one of them runs it (processes/job_leases.py), unless it is `everywhere`: what has
    to do with the memory, the links or the disk of its process, and what shares its work out by rows that are claimed.
    """

    name: str
    every_s: float
    run: Callable[[Runtime], Awaitable[None]]
    everywhere: bool = False


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
    page_sources: Callable[[Any], Sequence[str]] = lambda settings: ()
    """Other servers from which pages may fetch data and pictures, by the module's settings: origins, for the content policy."""
    jobs: Sequence[Job] = ()
    start: Callable[[Runtime], Awaitable[None]] | None = None
    stop: Callable[[Runtime], Awaitable[None]] | None = None
    restored: Callable[[Tx, Restored], Awaitable[None]] | None = None
    """What must follow a restore, in the transaction that settles it (kernel/restoring.py)."""
