"""The stations module with a gateway and sessions of a few lines, which tests bend to their will."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx
import sqlalchemy as sa

from builders import a_boot, a_status
from voltway.contracts.sessions import ChargingStateTold, FindSession, SessionEnded, SessionName, SessionStarted
from voltway.contracts.station_link import (
    CheckCommand,
    CommandOutcome,
    ExecuteCommand,
    FindUnsayable,
    Report,
    ReportLink,
    ReportVariables,
)
from voltway.contracts.vocabulary import CommandState
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.bus import outbox
from voltway.kernel.bus.event import Event
from voltway.kernel.json import to_struct
from voltway.kernel.module import Manifest
from voltway.kernel.runtime import Runtime

ACCEPTED = CommandOutcome(state=CommandState.ACCEPTED, wire_status="Accepted")


class Neighbours:
    """What the gateway and the sessions module answer."""

    def __init__(self) -> None:
        self.outcome: CommandOutcome | Exception = ACCEPTED
        self.refusal: Exception | None = None
        self.sent: list[ExecuteCommand] = []
        self.unsayable: tuple[str, ...] = ()
        self.checked: list[CheckCommand] = []
        self.sessions: dict[str, SessionName] = {}
        self.gate = asyncio.Event()
        """The station answers once it is set."""
        self.gate.set()


async def _execute(runtime: Runtime, request: ExecuteCommand) -> CommandOutcome:
    neighbours = runtime.state(Neighbours)
    neighbours.sent.append(request)
    await neighbours.gate.wait()
    if isinstance(neighbours.outcome, Exception):
        raise neighbours.outcome
    return neighbours.outcome


async def _check(runtime: Runtime, request: CheckCommand) -> None:
    neighbours = runtime.state(Neighbours)
    neighbours.checked.append(request)
    if neighbours.refusal is not None:
        raise neighbours.refusal


async def _find_unsayable(runtime: Runtime, request: FindUnsayable) -> dict[str, str]:
    neighbours = runtime.state(Neighbours)
    return {kind: f"{request.protocol} has no {kind}." for kind in request.types if kind in neighbours.unsayable}


async def _find_session(runtime: Runtime, request: FindSession) -> SessionName | None:
    found = runtime.state(Neighbours).sessions.get(request.session_id)
    return found if found is not None and found.operator_id == request.operator_id else None


NEIGHBOURS = Manifest(
    name="neighbours",
    answers={
        ExecuteCommand: _execute,
        CheckCommand: _check,
        FindUnsayable: _find_unsayable,
        FindSession: _find_session,
    },
    publishes=(SessionStarted, ChargingStateTold, SessionEnded),
)


class Network:
    """A running stations module, a client of an operator's administrator, and short words for what stations say."""

    def __init__(self, runtime: Runtime, client: httpx.AsyncClient) -> None:
        self.runtime = runtime
        self.client = client
        self.neighbours = runtime.state(Neighbours)

    async def station(self, identity: str = "CS-1", **fields: Any) -> dict[str, Any]:
        """A registered station."""
        answer = await self.client.post("/charging-stations", json={"identity": identity, **fields})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def location(self, name: str = "Depot", **fields: Any) -> dict[str, Any]:
        answer = await self.client.post("/locations", json={"name": name, "time_zone": "Europe/Berlin", **fields})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def read(self, station: dict[str, Any]) -> dict[str, Any]:
        """The station as the API shows it now."""
        return dict((await self.client.get(f"/charging-stations/{station['id']}")).json())

    async def say(self, station: dict[str, Any], *reports: Report) -> list[Any]:
        """Have the station say this, all in one batch; the receipts."""
        return list(
            await asyncio.gather(*(self.runtime.commits.record(self.of(station, report)) for report in reports))
        )

    def of(self, station: dict[str, Any], report: Report) -> Any:
        fields = {name: getattr(report, name) for name in report.__struct_fields__}
        return type(report)(**{**fields, "station_id": station["id"], "station_identity": station["identity"]})

    async def order(self, station: dict[str, Any], *, wait_s: float = 5, **order: Any) -> httpx.Response:
        return await self.client.post(
            f"/charging-stations/{station['id']}/commands", params={"wait_s": wait_s}, json=order
        )

    async def events(self, *kinds: type[Event]) -> list[Any]:
        """What was published, in order."""
        statement = sa.select(outbox.outbox.c.name, outbox.outbox.c.payload).order_by(outbox.outbox.c.position)
        by_name = {kind.__name__: kind for kind in kinds}
        async with self.runtime.database.read() as tx:
            rows = (await tx.execute(statement)).all()
        return [to_struct(row.payload, by_name[row.name]) for row in rows if row.name in by_name]

    async def rows(self, table: sa.Table) -> Sequence[sa.Row[Any]]:
        async with self.runtime.database.read() as tx:
            return (await tx.execute(sa.select(table).order_by(*table.primary_key.columns))).all()

    async def publish(self, *events: Event) -> None:
        async with self.runtime.database.begin() as tx:
            tx.publish(*events)


def a_link(is_open: bool = True, epoch: int = 1, **changes: Any) -> ReportLink:
    """A link opens, or closes."""
    boot = a_boot()
    fields = {name: getattr(boot, name) for name in Report.__struct_fields__}
    link = {"epoch": epoch, "node_id": "node-1", "remote_address": "192.0.2.7", "security_profile": 1}
    return ReportLink(**{**fields, "is_open": is_open, **link, **changes})


def some_variables(*variables: Any, **changes: Any) -> ReportVariables:
    """Settings as a station gives them."""
    status = a_status()
    fields = {name: getattr(status, name) for name in Report.__struct_fields__}
    return ReportVariables(**{**fields, "variables": variables, **changes})


def started(station: dict[str, Any], **changes: Any) -> SessionStarted:
    """A session has begun at EVSE 1."""
    return SessionStarted(
        **{
            "operator_id": DEFAULT_OPERATOR_ID,
            "at": clock.now(),
            "session_id": "s-1",
            "station_id": station["id"],
            "station_identity": station["identity"],
            "evse_number": 1,
            "id_token": "04A1B2C3",
            "transaction_id": "17",
            **changes,
        }
    )


def ended(station: dict[str, Any], **changes: Any) -> SessionEnded:
    """The session at EVSE 1 is over."""
    return SessionEnded(
        **{
            "operator_id": DEFAULT_OPERATOR_ID,
            "at": clock.now(),
            "session_id": "s-1",
            "station_id": station["id"],
            "station_identity": station["identity"],
            "location_id": None,
            "evse_number": 1,
            "id_token": None,
            "started_at": clock.now(),
            "ended_at": clock.now(),
            "energy_wh": 0,
            "tariff": None,
            **changes,
        }
    )


MakeNetwork = Callable[..., Awaitable[Network]]
