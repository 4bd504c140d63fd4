"""The table of checks, and how they are gone through."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import NamedTuple

import structlog

from voltway.app import installation, schema
from voltway.app.doctor import certificates, database, files, machine, services
from voltway.app.doctor.findings import Finding, Grade, Look, Patient, error
from voltway.app.settings import Configuration
from voltway.kernel.errors import StartUpError

log = structlog.get_logger()

CHECKS: Mapping[str, Look] = {
    "database.reachable": database.is_reachable,
    "database.version": database.has_version,
    "database.schema": database.has_schema,
    "database.durability": database.is_durable,
    "database.integrity": database.is_whole,
    "database.clock": database.is_in_time,
    "database.row_security": database.is_walled,
    "database.connections": database.has_connections,
    "database.events": database.listeners_follow,
    "machine.disk": machine.has_room,
    "machine.fsync": machine.keeps_what_it_is_told,
    "machine.open_files": machine.has_files,
    "files.data_dir": files.data_dir_is_ours,
    "files.secret": files.secret_fits,
    "files.private": files.secrets_are_private,
    "ports": services.ports_are_free,
    "proxies": services.proxies_are_narrow,
    "public_url": services.people_can_reach_us,
    "certificates.station_port": certificates.station_port_certificates,
    "certificates.authorities": certificates.authorities,
    "mail": services.mail_leaves,
    "payments": services.payments_are_real,
    "mqtt": services.broker_answers,
    "log_in": services.log_in_providers,
    "administrators": services.administrators_are_safe,
    "pages": services.pages_are_built,
}
"""What is examined, in the order of the report. docs/operating/doctor.md says what each is for; a test compares."""


class Entry(NamedTuple):
    """A finding, and the check that made it."""

    check: str
    finding: Finding


async def examine(configuration: Configuration, *, is_running: bool = False) -> list[Entry]:
    """Go through all checks. One that breaks is an error of its own and stops no other."""
    async with patient_of(configuration, is_running=is_running) as patient:
        entries = []
        for name, look in CHECKS.items():
            try:
                entries += [Entry(name, finding) async for finding in look(patient)]
            except Exception as problem:
                log.warning("doctor.check_failed", check=name, error=repr(problem)[:300])
                entries.append(
                    Entry(name, error(f"This could not be examined: {schema.reason_of(problem)}.", "See the log."))
                )
        return entries


@asynccontextmanager
async def patient_of(configuration: Configuration, *, is_running: bool) -> AsyncIterator[Patient]:
    """The installation, its database open as far as that is possible. Makes nothing."""
    file = installation.sqlite_file(configuration)
    if file is not None and not file.exists():
        yield Patient(configuration, is_running=is_running)
        return
    opened = installation.connect(configuration)
    try:
        try:
            age, trouble = (await schema.look(opened)).age, ""
        except StartUpError as problem:
            age, trouble = schema.Age.FOREIGN, str(problem)
        yield Patient(configuration, None if trouble else opened, age, trouble, is_running)
    finally:
        await opened.close()


def worst(entries: list[Entry]) -> Grade:
    """The worst of what was found."""
    grades = tuple(Grade)
    return max((entry.finding.grade for entry in entries), key=grades.index, default=Grade.OK)
