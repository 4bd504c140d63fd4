"""Sessions with the modules they live by: users, billing, and an answer for what stations are asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa

from voltway.charging.pricing import Tariff
from voltway.contracts.station_link import ReportTransaction, TransactionReceipt
from voltway.contracts.stations import (
    CommandView,
    FindConnectorWords,
    FindStations,
    LocationExists,
    SendCommand,
    StationName,
)
from voltway.contracts.vocabulary import CommandState
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.module import Manifest
from voltway.kernel.runtime import Runtime
from voltway.modules.billing import store as tariffs
from voltway.modules.billing.module import MANIFEST as BILLING
from voltway.modules.sessions.model import PROGRESS
from voltway.modules.sessions.module import MANIFEST as SESSIONS
from voltway.modules.sessions.tables import inbox, progress, quarantine, samples, sessions, whole
from voltway.modules.users import store as tokens
from voltway.modules.users.module import MANIFEST as USERS

from .builders import STATION, TARIFF  # noqa: TID252  (tests are not installed)


@dataclass
class Stations:
    """What the stations module would say."""

    commands: list[SendCommand] = field(default_factory=list)
    outcome: CommandState = CommandState.SENT
    result: Any = None
    words: dict[int, str] = field(default_factory=dict)

    async def send_command(self, runtime: Runtime, request: SendCommand) -> CommandView:
        self.commands.append(request)
        return CommandView(
            command_id="command-1",
            station_id=request.station_id,
            type=request.type,
            state=self.outcome,
            result=self.result,
        )

    async def find_words(self, runtime: Runtime, request: FindConnectorWords) -> dict[int, str]:
        return self.words

    async def find(self, runtime: Runtime, request: FindStations) -> list[StationName]:
        known = StationName(station_id=STATION, operator_id=DEFAULT_OPERATOR_ID, identity="CS-1", location_id=None)
        return [known] if STATION in request.station_ids else []

    async def location_exists(self, runtime: Runtime, request: LocationExists) -> bool:
        return True

    def manifest(self) -> Manifest:
        return Manifest(
            "stations",
            answers={
                SendCommand: self.send_command,
                FindConnectorWords: self.find_words,
                FindStations: self.find,
                LocationExists: self.location_exists,
            },
        )


@dataclass
class Platform:
    """A running process, reports in and rows out."""

    runtime: Runtime
    stations: Stations
    token_id: str = ""
    """Of CARD-1."""

    async def record(self, *reports: ReportTransaction) -> list[TransactionReceipt]:
        """One commit for each report."""
        return [await self.runtime.commits.record(report) for report in reports]

    async def batch(self, *reports: ReportTransaction) -> list[TransactionReceipt]:
        """All reports in one commit."""
        before = self.runtime.commits.batches
        receipts = await asyncio.gather(*(self.runtime.commits.record(report) for report in reports))
        assert self.runtime.commits.batches == before + 1
        return receipts

    async def rows(self, table: sa.Table, *order: sa.ColumnElement[Any]) -> list[Any]:
        async with self.runtime.database.read() as tx:
            return list((await tx.execute(sa.select(table).order_by(*(order or table.primary_key)))).all())

    async def sessions(self) -> list[Any]:
        async with self.runtime.database.read() as tx:
            columns = [*sessions.c, *(progress.c[name] for name in PROGRESS)]
            return list((await tx.execute(sa.select(*columns).select_from(whole).order_by(sessions.c.id))).all())

    async def session(self) -> Any:
        """The only session."""
        (row,) = await self.sessions()
        return row

    async def inbox(self) -> list[Any]:
        return await self.rows(inbox, inbox.c.received_at, inbox.c.id)

    async def samples(self) -> list[Any]:
        return await self.rows(samples, samples.c.at, samples.c.id)

    async def quarantined(self) -> list[Any]:
        return await self.rows(quarantine)

    async def add_token(self, value: str, **changes: Any) -> str:
        values = {"kind": None, "status": "accepted", "expires_at": None, "group": None, "user_id": None}
        values |= {"value": value, "concurrent_max": None, **changes}
        async with self.runtime.database.begin() as tx:
            row = await tokens.add(tx, DEFAULT_OPERATOR_ID, values)
        return str(row.id)

    async def change_token(self, **changes: Any) -> None:
        """Change CARD-1."""
        async with self.runtime.database.begin() as tx:
            await tokens.change(tx, DEFAULT_OPERATOR_ID, self.token_id, changes)

    async def add_tariff(self, tariff: Tariff = TARIFF, *targets: tuple[str, str]) -> None:
        """Add a tariff for these targets; for the whole operator if none are given."""
        async with self.runtime.database.begin() as tx:
            await tariffs.add_tariff(tx, DEFAULT_OPERATOR_ID, tariff)
            await tariffs.assign(tx, DEFAULT_OPERATOR_ID, tariff.tariff_id, targets or [("operator", "")])

    async def publish(self, *events: Any) -> None:
        async with self.runtime.database.begin() as tx:
            tx.publish(*events)

    async def until(self, condition: Callable[[], Any]) -> Any:
        """What the condition gives once it gives something."""
        async with asyncio.timeout(30):
            while not (found := condition()):  # noqa: ASYNC110 - what is waited for tells nobody
                await asyncio.sleep(0.01)
        return found

    async def settled(self) -> None:
        """All events that were published are handled."""
        await self.until(lambda: not any(self.runtime.events.backlogs().values()))


@pytest.fixture
async def platform(make_runtime: Any) -> Platform:
    """Two cards may charge: CARD-1 and CARD-2. There is no tariff yet."""
    stations = Stations()
    platform = Platform(await make_runtime(SESSIONS, USERS, BILLING, stations.manifest()), stations)
    platform.token_id = await platform.add_token("CARD-1")
    await platform.add_token("CARD-2")
    return platform
