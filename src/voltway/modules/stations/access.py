"""What the gateway must know besides what was given, for orders of the access block."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from voltway.contracts.access import (
    ClaimReservation,
    FindConnectorTypes,
    FindEnergyOnInvalidId,
    FindEvsePhases,
    FindEvsePowers,
    FindReservation,
    FindStationSettings,
    LocalListPlan,
    PlanLocalList,
    ReservationNotTold,
    StationSettings,
)
from voltway.contracts.station_link import CheckCommand, ExecuteCommand
from voltway.contracts.stations import ReadVariables
from voltway.contracts.vocabulary import AuthorizationStatus, CommandState
from voltway.kernel import clock
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.stations import capabilities, rules
from voltway.modules.stations.store import stations
from voltway.modules.stations.tables import connectors, evses, variables
from voltway.modules.stations.tables import stations as table

SEND_LIST, RESERVE, CANCEL = "send_local_list", "reserve_now", "cancel_reservation"


async def resolve(runtime: Runtime, station: stations.Row, kind: str, given: dict[str, Any]) -> dict[str, Any]:
    """More arguments: a list's entries and version, a reservation's number. Raises CapabilityMissing."""
    if kind == SEND_LIST:
        return await _resolve_list(runtime, station, given)
    if kind == RESERVE:
        return await _resolve_reservation(runtime, station, given)
    if kind == CANCEL and (reservation_id := given.get("reservation_id")) is not None:
        wanted = FindReservation(operator_id=station.operator_id, station_id=station.id, reservation_id=reservation_id)
        return {"reservation_number": await runtime.ask(wanted)}
    return {}


async def find_connector_types(runtime: Runtime, request: FindConnectorTypes) -> dict[str, dict[int, list[str]]]:
    """The types of connectors of stations, as far as they are known."""
    statement = sa.select(connectors.c.station_id, connectors.c.evse_number, connectors.c.type).where(
        connectors.c.station_id.in_(request.station_ids), connectors.c.type.is_not(None), connectors.c.evse_number > 0
    )
    found: dict[str, dict[int, list[str]]] = {}
    async with runtime.database.read() as tx:
        for row in (await tx.execute(statement)).all():
            found.setdefault(row.station_id, {}).setdefault(row.evse_number, []).append(row.type)
    return found


async def find_evse_phases(runtime: Runtime, request: FindEvsePhases) -> dict[str, dict[int, int]]:
    """By how many phases EVSEs are fed, as their device models and the types of their connectors say."""
    types = await find_connector_types(runtime, FindConnectorTypes(station_ids=request.station_ids))
    statement = sa.select(variables.c.station_id, variables.c.evse_number, variables.c.value).where(
        variables.c.station_id.in_(request.station_ids),
        variables.c.variable == "SupplyPhases",
        variables.c.attribute == "Actual",
        variables.c.evse_number > 0,
    )
    told: dict[str, dict[int, list[str | None]]] = {}
    async with runtime.database.read() as tx:
        for row in (await tx.execute(statement)).all():
            told.setdefault(row.station_id, {}).setdefault(row.evse_number, []).append(row.value)
    return {
        station_id: rules.evse_phases(types.get(station_id, {}), told.get(station_id, {}))
        for station_id in {*types, *told}
    }


async def find_evse_powers(runtime: Runtime, request: FindEvsePowers) -> dict[str, dict[int, float]]:
    """What EVSEs can deliver at most, as their records say."""
    statement = sa.select(evses.c.station_id, evses.c.evse_number, evses.c.power_w_max).where(
        evses.c.station_id.in_(request.station_ids), evses.c.power_w_max.is_not(None)
    )
    found: dict[str, dict[int, float]] = {}
    async with runtime.database.read() as tx:
        for row in (await tx.execute(statement)).all():
            found.setdefault(row.station_id, {})[row.evse_number] = row.power_w_max
    return found


async def find_energy_on_invalid_id(runtime: Runtime, request: FindEnergyOnInvalidId) -> dict[str, int]:
    """What stations go on to deliver to a token that is not valid. OCPP 1.6: the key; 2.x: TxCtrlr (E05, C10)."""
    statement = sa.select(variables.c.station_id, variables.c.value).where(
        variables.c.station_id.in_(request.station_ids),
        variables.c.variable == "MaxEnergyOnInvalidId",
        variables.c.attribute == "Actual",
    )
    async with runtime.database.read() as tx:
        rows = (await tx.execute(statement)).all()
    return {row.station_id: wh for row in rows if (wh := rules.whole_number(row.value))}


async def _resolve_list(runtime: Runtime, station: stations.Row, given: dict[str, Any]) -> dict[str, Any]:
    entries = given.get("entries")
    plan: LocalListPlan = await runtime.ask(
        PlanLocalList(
            operator_id=station.operator_id,
            station_id=station.id,
            location_id=station.location_id,
            entries=None if entries is None else tuple(map(_entry_of, entries)),
        )
    )
    async with runtime.database.read() as tx:
        settings = await settings_of(tx, station.id)
    if given["mode"] != "differential" or entries is None:
        capabilities.check_list(settings, len(plan.full))
    return {
        "version": plan.version,
        "known_version": plan.known_version,
        "full": list(plan.full),
        "changes": None if plan.changes is None else list(plan.changes),
        "is_explicit": entries is not None,
        **capabilities.list_limits(settings),
    }


def _entry_of(given: dict[str, Any]) -> dict[str, Any]:
    """An entry as it was ordered, in the words of the plan."""
    entry = {name: given[name] for name in ("id_token", "kind", "expires_at", "group") if given.get(name) is not None}
    if not given.get("remove"):
        entry["status"] = AuthorizationStatus[given["status"].upper()].value
    return entry


async def _resolve_reservation(runtime: Runtime, station: stations.Row, given: dict[str, Any]) -> dict[str, Any]:
    """Nothing gets a number that the station could not be told."""
    async with runtime.database.read() as tx:
        capabilities.check_reserve(await settings_of(tx, station.id), given)
    if station.protocol is not None:
        trial = {"reservation_number": 1, **given}
        await runtime.ask(CheckCommand(protocol=station.protocol, type=RESERVE, arguments=trial))
    number = await runtime.ask(
        ClaimReservation(
            operator_id=station.operator_id,
            station_id=station.id,
            station_identity=station.identity,
            location_id=station.location_id,
            number=given.get("reservation_number"),
            evse_number=given.get("evse_number"),
            connector_type=given.get("connector_type"),
            id_token=given["id_token"],
            id_token_kind=given.get("id_token_kind"),
            group=given.get("group"),
            expires_at=datetime.fromisoformat(given["expires_at"]),
        )
    )
    return {"reservation_number": number}


def not_told(request: ExecuteCommand, operator_id: str, state: CommandState) -> list[ReservationNotTold]:
    """What to say of an order to reserve that has found its station offline."""
    number = request.arguments.get("reservation_number")
    if request.type != RESERVE or number is None or state is not CommandState.OFFLINE:
        return []
    told = {"station_id": request.station_id, "number": number}
    return [ReservationNotTold(operator_id=operator_id, at=clock.now(), **told)]


async def find_station_settings(runtime: Runtime, request: FindStationSettings) -> StationSettings | None:
    """Who a station is, for those who prepare orders."""
    if request.station_id is not None:
        condition = table.c.id == request.station_id
    else:
        condition = table.c.identity_key == rules.identity_key(request.identity or "")
    statement = sa.select(table).where(
        table.c.operator_id == request.operator_id, table.c.retired_at.is_(None), condition
    )
    async with runtime.database.read() as tx:
        row = (await tx.execute(statement)).one_or_none()
    if row is None:
        return None
    return StationSettings(
        station_id=row.id, identity=row.identity, location_id=row.location_id, is_online=row.is_online
    )


async def read_variables(runtime: Runtime, request: ReadVariables) -> list[dict[str, Any]]:
    """What a station has told of its variables."""
    columns = [variables.c[name] for name in _TOLD]
    statement = (
        sa.select(*columns)
        .join(table, table.c.id == variables.c.station_id)
        .where(
            table.c.operator_id == request.operator_id,
            variables.c.station_id == request.station_id,
            variables.c.attribute == "Actual",
        )
    )
    async with runtime.database.read() as tx:
        rows = (await tx.execute(statement)).all()
    return [dict(row._mapping) for row in rows]


_TOLD = ("component", "component_instance", "evse_number", "connector_number", "variable", "instance", "value")


async def settings_of(tx: Tx, station_id: str) -> dict[tuple[str | None, str], str | None]:
    """What a station has said of what it can do: see `capabilities`."""
    columns = (variables.c.component, variables.c.variable, variables.c.value)
    statement = sa.select(*columns).where(
        variables.c.station_id == station_id,
        variables.c.attribute == "Actual",
        variables.c.variable.in_(sorted({variable for _, variable in capabilities.WANTED})),
    )
    rows = (await tx.execute(statement)).all()
    return {(component, variable): value for component, variable, value in rows}
