"""What reports of stations change: loaded for a whole batch in one query each, written in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from voltway.contracts.station_link import Report, ReportLink, ReportStatus, VariableValue
from voltway.kernel import bulk, clock
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.modules.stations import rules
from voltway.modules.stations.rules import Place, Shown, StationStatus
from voltway.modules.stations.tables import connectors, evses, quarantine, stations, status_history, variables

# ---- status


_SHOWN = ("status", "wire_status", "error_code", "vendor_error_code", "info")


class _StationRow(msgspec.Struct, array_like=True, gc=False):
    id: str
    status: str | None


class _EvseRow(msgspec.Struct, array_like=True, gc=False):
    station_id: str
    evse_number: int
    charging_state: str | None


class _ConnectorRow(msgspec.Struct, array_like=True, gc=False):
    station_id: str
    station_status: str | None
    charging_state: str | None
    evse_number: int
    connector_number: int
    status: str | None
    wire_status: str | None
    error_code: str | None
    vendor_error_code: str | None
    info: str | None


_CONNECTORS = bulk.HotSelect(
    [
        stations.c.id,
        stations.c.status,
        evses.c.charging_state,
        connectors.c.evse_number,
        connectors.c.connector_number,
        *(connectors.c[name] for name in _SHOWN),
    ],
    _ConnectorRow,
    {"ids": stations.c.id},
    connectors.c.station_id == stations.c.id,
    evses.c.station_id == connectors.c.station_id,
    evses.c.evse_number == connectors.c.evse_number,
)
_STATIONS = bulk.HotSelect([stations.c.id, stations.c.status], _StationRow, {"ids": stations.c.id})
_EVSES = bulk.HotSelect(
    [evses.c.station_id, evses.c.evse_number, evses.c.charging_state], _EvseRow, {"ids": evses.c.station_id}
)


async def statuses_of(tx: Tx, station_ids: Iterable[str], *, with_every_evse: bool) -> dict[str, StationStatus]:
    """The status of every station that there is a record of. The records are locked, so that two nodes take turns.

    One query for stations that have reported before. `with_every_evse`: also EVSEs without a connector are looked for.
    """
    ids = sorted(set(station_ids))
    found: dict[str, StationStatus] = {}
    for row in await _CONNECTORS.fetch(tx, {"ids": ids}):
        station = found.get(row.station_id)
        if station is None:
            station = found[row.station_id] = StationStatus(row.station_status)
        station.charging_states[row.evse_number] = row.charging_state
        station.connectors[row.evse_number, row.connector_number] = Shown(
            row.status, row.wire_status, row.error_code, row.vendor_error_code, row.info
        )
    new = ids if with_every_evse else [station_id for station_id in ids if station_id not in found]
    for known in await _STATIONS.fetch(tx, {"ids": new}):
        found.setdefault(known.id, StationStatus(known.status))
    for evse in await _EVSES.fetch(tx, {"ids": new}):
        found[evse.station_id].charging_states[evse.evse_number] = evse.charging_state
    return found


_EVSE_KEY = ("station_id", "evse_number")
_CONNECTOR_KEY = (*_EVSE_KEY, "connector_number")
_SET_STATUS = bulk.HotStatement.update(stations, ["status"], key="id")
_SAVE_EVSE = bulk.HotStatement.upsert(
    evses, (*_EVSE_KEY, "operator_id", "charging_state"), key=_EVSE_KEY, changes=("charging_state",)
)
_SAVE_CONNECTOR = bulk.HotStatement.upsert(
    connectors,
    (*_CONNECTOR_KEY, "operator_id", *_SHOWN, "status_at"),
    key=_CONNECTOR_KEY,
    changes=(*_SHOWN, "status_at"),
)
_ADD_HISTORY = bulk.HotStatement.insert(
    status_history,
    ("id", "operator_id", "station_id", "evse_number", "connector_number", *_SHOWN, "occurred_at", "received_at"),
)


async def save_statuses(
    tx: Tx,
    overall: Iterable[tuple[str, str | None]],
    doing: Iterable[tuple[Report, int, str | None]],
    shown: Iterable[ReportStatus],
    history: Iterable[ReportStatus],
) -> None:
    """Store what status reports changed: stations (id, status), EVSEs (a report of the station, EVSE number, charging state),
    connectors (one report for each), and the history, which gets every change. EVSEs and connectors not known are made."""
    evse_rows = [
        (report.station_id, evse_number, report.operator_id, charging_state)
        for report, evse_number, charging_state in doing
    ]
    await bulk.run_all(
        tx,
        [
            (_SET_STATUS, sorted(((status, station_id) for station_id, status in overall), key=lambda row: row[1])),
            (_SAVE_EVSE, sorted(evse_rows, key=lambda row: row[:2])),
            (_SAVE_CONNECTOR, sorted(map(_connector_row, shown), key=lambda row: row[:3])),
            (_ADD_HISTORY, [_history_row(report) for report in history]),
        ],
    )


def _connector_row(report: ReportStatus) -> tuple[Any, ...]:
    return (
        report.station_id,
        report.evse_number,
        report.connector_number,
        report.operator_id,
        *_shown_by(report),
        report.occurred_at or report.received_at,
    )


def _history_row(report: ReportStatus) -> tuple[Any, ...]:
    return (
        new_id(),
        report.operator_id,
        report.station_id,
        report.evse_number,
        report.connector_number,
        *_shown_by(report),
        report.occurred_at or report.received_at,
        report.received_at,
    )


def _shown_by(report: ReportStatus) -> tuple[Any, ...]:
    """The values of _SHOWN."""
    return report.status.value, report.wire_status, report.error_code, report.vendor_error_code, report.info


async def add_evses(tx: Tx, rows: Iterable[tuple[Report, int]]) -> None:
    """Make EVSEs that are not known: (a report of the station, EVSE number)."""
    made = [(report.station_id, evse_number, report.operator_id, None) for report, evse_number in rows]
    await _SAVE_EVSE.run(tx, sorted(made, key=lambda row: row[:2]))


async def set_charging_states(tx: Tx, states: Sequence[tuple[str, int, str | None]]) -> None:
    """Set what known EVSEs do: (station id, EVSE number, charging state)."""
    statement = (
        sa.update(evses)
        .where(evses.c.station_id == sa.bindparam("station"), evses.c.evse_number == sa.bindparam("evse"))
        .values(charging_state=sa.bindparam("state"))
    )
    if states:
        await tx.execute(
            statement,
            [{"station": station, "evse": evse, "state": state} for station, evse, state in sorted(states, key=_place)],
        )


def _place(row: tuple[str, int, str | None]) -> tuple[str, int]:
    return row[:2]


# ---- links and boots


class LinkRow(msgspec.Struct, array_like=True, gc=False):
    """What there is of a station's link."""

    id: str
    link_epoch: int
    is_online: bool


_LINKS = bulk.HotSelect([stations.c.id, stations.c.link_epoch, stations.c.is_online], LinkRow, {"ids": stations.c.id})
_OPENED = bulk.HotStatement.update(
    stations,
    [
        "is_online",
        "link_epoch",
        "link_node_id",
        "remote_address",
        "protocol",
        "connected_at",
        "last_seen_at",
        "close_reason",
    ],
    key="id",
)
_CLOSED = bulk.HotStatement.update(
    stations, ["is_online", "link_epoch", "disconnected_at", "last_seen_at", "close_reason"], key="id"
)


async def links_of(tx: Tx, station_ids: Iterable[str]) -> dict[str, LinkRow]:
    """The links of stations, locked."""
    return {row.id: row for row in await _LINKS.fetch(tx, {"ids": sorted(set(station_ids))})}


async def save_links(tx: Tx, reports: Iterable[ReportLink]) -> None:
    """Store how links stand; one report for each station."""
    ordered = sorted(reports, key=lambda report: report.station_id)
    opened = [
        (
            True,
            report.epoch,
            report.node_id,
            report.remote_address[:64],
            report.protocol,
            report.received_at,
            report.received_at,
            None,
            report.station_id,
        )
        for report in ordered
        if report.is_open
    ]
    closed = [
        (
            False,
            report.epoch,
            report.received_at,
            report.received_at,
            report.close_reason and report.close_reason[:200],
            report.station_id,
        )
        for report in ordered
        if not report.is_open
    ]
    await bulk.run_all(tx, [(_OPENED, opened), (_CLOSED, closed)])


async def close_links(tx: Tx, station_ids: Sequence[str], reason: str) -> None:
    """Mark stations offline whose links have gone with their process."""
    at = clock.now()
    statement = (
        sa.update(stations)
        .where(stations.c.id == sa.bindparam("station"))
        .values(is_online=False, disconnected_at=at, close_reason=reason)
    )
    if station_ids:
        await tx.execute(statement, [{"station": station_id} for station_id in station_ids])


MAKE = ("vendor", "model", "serial_number", "firmware_version")
"""What a station is, as it tells itself."""


async def boots_of(tx: Tx, station_ids: Iterable[str]) -> dict[str, sa.Row[Any]]:
    """What must be known to answer boots: registration, how often the stations have booted, and as what. Locked."""
    statement = (
        sa.select(
            stations.c.id,
            stations.c.registration,
            stations.c.boot_level,
            stations.c.booted_at,
            *(stations.c[name] for name in MAKE),
        )
        .where(stations.c.id.in_(sorted(set(station_ids))))
        .order_by(stations.c.id)
    )
    return {row.id: row for row in (await tx.execute(bulk.locked(statement, tx))).all()}


BOOT_COLUMNS = (
    "vendor",
    "model",
    "serial_number",
    "firmware_version",
    "iccid",
    "imsi",
    "meter_type",
    "meter_serial_number",
    "boot_reason",
    "booted_at",
    "boot_level",
    "protocol",
    "last_seen_at",
)
_BOOTED = bulk.HotStatement.update(stations, BOOT_COLUMNS, key="id")


async def save_boots(tx: Tx, rows: Sequence[tuple[Any, ...]]) -> None:
    """Store who stations say they are: the values of BOOT_COLUMNS and the station's id; one row for each."""
    await _BOOTED.run(tx, sorted(rows, key=lambda row: str(row[-1])))


# ---- variables


async def save_variables(tx: Tx, said: Iterable[tuple[Report, VariableValue]]) -> None:
    """Store settings as stations give them; of those named twice the last one holds."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for report, value in said:
        key = rules.variable_key(value)
        rows[report.station_id, key] = {
            "station_id": report.station_id,
            "key": key,
            "operator_id": report.operator_id,
            "id": new_id(),
            "component": value.component,
            "component_instance": value.component_instance,
            "evse_number": value.evse_number,
            "connector_number": value.connector_number,
            "variable": value.variable,
            "instance": value.instance,
            "attribute": value.attribute,
            "value": None if rules.is_secret(value.variable) else value.value,
            "is_readonly": value.is_readonly,
            "data_type": value.data_type,
            "unit": value.unit,
            "value_list": value.values,
            "value_min": value.value_min,
            "value_max": value.value_max,
            "can_be_monitored": value.can_be_monitored,
            "reported_at": report.received_at,
        }
    await _keep_characteristics(tx, rows)
    update = ("value", "reported_at", *_CHARACTERISTICS)
    await bulk.upsert(tx, variables, list(rows.values()), key=("station_id", "key"), update=update)


_CHARACTERISTICS = ("is_readonly", "data_type", "unit", "value_list", "value_min", "value_max", "can_be_monitored")


async def _keep_characteristics(tx: Tx, rows: dict[tuple[str, str], dict[str, Any]]) -> None:
    """Fill in what an earlier report told: an answer to a question tells the value alone."""
    columns = [variables.c[name] for name in ("station_id", "key", *_CHARACTERISTICS)]
    statement = sa.select(*columns).where(variables.c.station_id.in_({station_id for station_id, _ in rows}))
    for known in (await tx.execute(statement)).mappings():
        row = rows.get((known["station_id"], known["key"]))
        if row is not None:
            row.update({name: known[name] for name in _CHARACTERISTICS if row[name] is None})


async def save_seen_connectors(tx: Tx, rows: Iterable[tuple[Report, Place, str | None]]) -> None:
    """Make connectors that the device model tells of, and keep their type where it is told."""
    made = [
        {
            "station_id": report.station_id,
            "evse_number": evse_number,
            "connector_number": connector_number,
            "operator_id": report.operator_id,
            "type": kind,
            "status": None,
            "wire_status": None,
            "error_code": None,
            "vendor_error_code": None,
            "info": None,
            "status_at": None,
        }
        for report, (evse_number, connector_number), kind in rows
    ]
    key = ("station_id", "evse_number", "connector_number")
    await bulk.insert_if_absent(tx, connectors, [row for row in made if row["type"] is None])
    await bulk.upsert(tx, connectors, [row for row in made if row["type"] is not None], key=key, update=("type",))


# ---- what could not be recorded


async def put_aside(tx: Tx, report: Report, error: Exception) -> None:
    """Keep a report for a person to look at."""
    row = {
        "id": new_id(),
        "operator_id": report.operator_id,
        "station_id": report.station_id,
        "kind": type(report).__name__,
        "report": report,
        "error": repr(error)[:2000],
        "quarantined_at": clock.now(),
    }
    await bulk.insert(tx, quarantine, [row])
