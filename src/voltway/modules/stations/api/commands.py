"""REST of commands (the outside contract: /charging-stations/{id}/commands, /commands/{id})."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response

from voltway.contracts.vocabulary import CommandState
from voltway.kernel.database import Tx
from voltway.kernel.http import Page, keep_answer
from voltway.modules.stations import abilities, execution, rules
from voltway.modules.stations.api.dependencies import MayReadStations, MaySendCommands, OurRuntime, PagePart, ReadTx
from voltway.modules.stations.schemas import (
    ORDER_TYPES,
    AnyOrder,
    CommandOut,
    CommandTypeOut,
    CommandTypesOut,
    command_out,
)
from voltway.modules.stations.store import commands as store
from voltway.modules.stations.store import stations
from voltway.modules.stations.tables import commands

router = APIRouter(tags=["commands"])


@router.post(
    "/charging-stations/{station_id}/commands",
    status_code=202,
    responses={200: {"description": "The command has ended", "model": CommandOut}},
)
async def send_command(
    station_id: str,
    body: Annotated[AnyOrder, Body()],
    principal: MaySendCommands,
    runtime: OurRuntime,
    request: Request,
    response: Response,
    wait_s: Annotated[float, Query(ge=0, le=60, description="how long to wait for the end")] = 0.0,
) -> CommandOut:
    """Send a command: 202 with its record, or 200 once it has ended. An offline station is a state, not an error; an order
    that the station cannot do is one (409)."""
    async with runtime.database.read(principal.operator_id) as tx:
        station = await stations.get(tx, station_id, stations.visible_to(principal))

    async def keep(tx: Tx, command_id: str) -> None:
        # A retry after a crash finds this command, and sends no second one (F05).
        await keep_answer(tx, request, 202, command_out(await store.get(tx, command_id), principal.shown))

    command_id = await execution.order(
        runtime, station, body.type, body.said_as, body.arguments(), principal.name, keep
    )
    await execution.wait(runtime, command_id, wait_s)
    async with runtime.database.read(principal.operator_id) as tx:
        row = await store.get(tx, command_id)
    if row.state not in rules.OPEN_STATES:
        response.status_code = 200
    return command_out(row, principal.shown)


@router.get("/charging-stations/{station_id}/command-types")
async def list_command_types(station_id: str, principal: MayReadStations, runtime: OurRuntime) -> CommandTypesOut:
    """Every type of command, and why the charging station cannot be given it. What is possible may still be refused, by its
    arguments or by the station."""
    async with runtime.database.read(principal.operator_id) as tx:
        station = await stations.get(tx, station_id, stations.visible_to(principal))
    reasons = await abilities.find_refusals(runtime, station, ORDER_TYPES)
    return CommandTypesOut(
        items=[
            CommandTypeOut(type=kind, is_possible=kind not in reasons, reason=reasons.get(kind)) for kind in ORDER_TYPES
        ]
    )


@router.get("/charging-stations/{station_id}/commands")
async def list_commands(
    station_id: str,
    principal: MayReadStations,
    tx: ReadTx,
    page: PagePart,
    type: str | None = None,
    state: CommandState | None = None,
) -> Page[CommandOut]:
    """The commands sent to a charging station, newest first."""
    await stations.get(tx, station_id, stations.visible_to(principal))
    statement = store.listed().where(commands.c.station_id == station_id)
    if type is not None:
        statement = statement.where(commands.c.type == type)
    if state is not None:
        statement = statement.where(commands.c.state == state.value)
    rows, next_cursor = await page.fetch(tx, statement, commands.c.id)
    return Page(items=[command_out(row, principal.shown) for row in rows], next_cursor=next_cursor)


@router.get("/commands/{command_id}")
async def get_command(command_id: str, principal: MayReadStations, tx: ReadTx) -> CommandOut:
    """One command."""
    return command_out(await store.get(tx, command_id, stations.visible_to(principal)), principal.shown)
