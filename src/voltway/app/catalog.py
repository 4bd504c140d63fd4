"""The list of modules: the only place that knows them all. A process imports only those that it is told to load."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from voltway.app.errors import nearest
from voltway.kernel.errors import StartUpError
from voltway.kernel.module import Manifest

MODULES = (
    "audit",
    "accounts",
    "stations",
    "organisations",
    "security",
    "users",
    "fleets",
    "billing",
    "payments",
    "documents",
    "sessions",
    "ledger",
    "reservations",
    "grid",
    "energy",
    "allocation",
    "files",
    "provisioning",
    "campaigns",
    "detection",
    "notify",
    "directory",
    "reports",
    "insight",
    "timeline",
    "desk",
    "workbench",
    "live",
    "telemetry",
    "gateway",
)
"""In the order in which they start: the gateway lets stations in when all the others are ready, and closes first."""


def load(names: Sequence[str] = MODULES) -> tuple[Manifest, ...]:
    """The manifests of these modules, in the order of the catalog. Raises StartUpError for a name that is not in it."""
    for name in names:
        if name not in MODULES:
            raise StartUpError(
                f"There is no module {name}; did you mean {nearest(name, MODULES)}? There are: {', '.join(MODULES)}."
            )
    return tuple(manifest(name) for name in MODULES if name in names)


def manifest(name: str) -> Manifest:
    """The manifest of one module."""
    found: Manifest = import_module(f"voltway.modules.{name}.module").MANIFEST
    return found
