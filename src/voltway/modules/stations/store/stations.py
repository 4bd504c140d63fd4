"""Records of stations with their EVSEs and connectors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from voltway.contracts.station_link import LinkPlace, StationCredential
from voltway.contracts.stations import StationName, StationSummary
from voltway.contracts.vocabulary import Registration
from voltway.kernel import bulk, clock
from voltway.kernel.auth import Principal, operators, visible
from voltway.kernel.database import Tx, UtcDateTime
from voltway.kernel.listing import Listing
from voltway.modules.stations import rules
from voltway.modules.stations.errors import StationNotFound
from voltway.modules.stations.tables import connectors, evses, stations

Row = sa.Row[Any]

CHUNK = 500
"""So many ids go into one IN list."""


class EvseRow(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What is kept of an EVSE."""

    station_id: str
    evse_number: int
    power_w_max: float | None
    charging_state: str | None


class ConnectorRow(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What is kept of a connector."""

    station_id: str
    evse_number: int
    connector_number: int
    type: str | None
    status: str | None
    wire_status: str | None
    error_code: str | None
    vendor_error_code: str | None
    info: str | None
    status_at: datetime | None


class Layout(NamedTuple):
    """The EVSEs and connectors of a station, ordered by number."""

    evses: Sequence[EvseRow]
    connectors: Sequence[ConnectorRow]


# ---- reading


def visible_to(principal: Principal) -> sa.ColumnElement[bool]:
    """The stations that a caller may see."""
    return visible(principal, stations)


_SLUG = operators.c.slug.label("operator")
_WITH_OPERATOR = sa.join(stations, operators, operators.c.id == stations.c.operator_id)
_LISTED = sa.select(stations, _SLUG).select_from(_WITH_OPERATOR)
_SECRETS = (stations.c.secret_hash, stations.c.candidate_hashes)
LISTING = Listing(
    [
        *(column for column in stations.c if not any(column is secret for secret in _SECRETS)),
        stations.c.candidate_hashes.is_not(None).label(
            "candidate_hashes"
        ),  # whether there are any is all that is shown
        _SLUG,
    ],
    key=[stations.c.id],
    source=_WITH_OPERATOR,
)
"""The rows of the list of stations."""


_NEVER = sa.literal(datetime(1970, 1, 1, tzinfo=UTC), UtcDateTime())
SORT_KEYS: Mapping[str, sa.ColumnElement[Any]] = {
    "identity": stations.c.identity_key,
    "vendor": sa.type_coerce(sa.func.lower(sa.func.coalesce(stations.c.vendor, "")), sa.String(255)),
    "status": sa.func.coalesce(stations.c.status, ""),
    "last_seen": sa.cast(sa.func.coalesce(stations.c.last_seen_at, _NEVER), UtcDateTime()),
    "created": stations.c.id,
}
"""By what the list of stations can be ordered; what nobody knows comes first."""


def listed() -> sa.Select[Any]:
    """Stations with the slug of their operator."""
    return _LISTED


async def get(tx: Tx, station_id: str, *conditions: sa.ColumnElement[bool]) -> Row:
    """A station's record with its operator's slug. Raises StationNotFound unless the conditions hold."""
    row = (await tx.execute(listed().where(stations.c.id == station_id, *conditions))).one_or_none()
    if row is None:
        raise StationNotFound(f"There is no charging station {station_id}.")
    return row


async def get_locked(tx: Tx, station_id: str, *conditions: sa.ColumnElement[bool]) -> Row:
    """The bare record, locked until the commit. Raises StationNotFound."""
    statement = sa.select(stations).where(stations.c.id == station_id, *conditions)
    row = (await tx.execute(bulk.locked(statement, tx))).one_or_none()
    if row is None:
        raise StationNotFound(f"There is no charging station {station_id}.")
    return row


def mentions(text: str) -> sa.ColumnElement[bool]:
    """The station's names have this text in them, in whatever case."""
    columns = (
        stations.c.identity,
        stations.c.name,
        stations.c.vendor,
        stations.c.model,
        stations.c.serial_number,
    )
    return sa.or_(*(column.icontains(text, autoescape=True) for column in columns))


async def find_in_use(tx: Tx, operator_id: str, identity_key: str) -> Row | None:
    """The station that has this identity now."""
    statement = listed().where(
        stations.c.operator_id == operator_id, stations.c.identity_key == identity_key, stations.c.retired_key == ""
    )
    return (await tx.execute(statement)).one_or_none()


_EVSES = bulk.HotSelect(
    [evses.c.station_id, evses.c.evse_number, evses.c.power_w_max, evses.c.charging_state],
    EvseRow,
    {"station_ids": evses.c.station_id},
    evses.c.evse_number > 0,
)
_CONNECTORS = bulk.HotSelect(
    [connectors.c[name] for name in ConnectorRow.__struct_fields__],
    ConnectorRow,
    {"station_ids": connectors.c.station_id},
    connectors.c.evse_number > 0,
    connectors.c.connector_number > 0,
)


async def layouts(tx: Tx, station_ids: Sequence[str]) -> Mapping[str, Layout]:
    """The EVSEs and connectors of some stations, those that stand for the station or a whole EVSE left out."""
    evse_rows: dict[str, list[EvseRow]] = defaultdict(list)
    connector_rows: dict[str, list[ConnectorRow]] = defaultdict(list)
    wanted = {"station_ids": station_ids}
    for evse in sorted(await _EVSES.fetch(tx, wanted), key=attrgetter("evse_number")):
        evse_rows[evse.station_id].append(evse)
    for connector in sorted(await _CONNECTORS.fetch(tx, wanted), key=attrgetter("evse_number", "connector_number")):
        connector_rows[connector.station_id].append(connector)
    return {station_id: Layout(evse_rows[station_id], connector_rows[station_id]) for station_id in station_ids}


async def credentials(tx: Tx, *conditions: sa.ColumnElement[bool]) -> list[StationCredential]:
    """What the gateway must know of every station that is not retired and meets the conditions."""
    statement = (
        sa.select(
            stations.c.id,
            stations.c.operator_id,
            operators.c.slug,
            stations.c.identity,
            stations.c.location_id,
            stations.c.security_profile,
            stations.c.secret_hash,
            stations.c.registration,
            stations.c.connector_map,
            stations.c.candidate_hashes,
            stations.c.open_until,
            stations.c.security_profile_target,
            stations.c.booted_at.is_not(None).label("has_booted"),
            stations.c.vendor,
            stations.c.model,
            stations.c.firmware_version,
        )
        .join(operators, operators.c.id == stations.c.operator_id)
        .where(stations.c.retired_key == "", *conditions)
    )
    now = clock.now()
    return [
        StationCredential(
            station_id=row.id,
            operator_id=row.operator_id,
            operator_slug=row.slug,
            identity=row.identity,
            location_id=row.location_id,
            security_profile=row.security_profile,
            secret_hash=row.secret_hash,
            registration=Registration(row.registration),
            connector_map=connector_map_of(row.connector_map),
            has_booted=bool(row.has_booted),
            candidate_hashes=rules.alive_candidates(row.candidate_hashes, now),
            open_until=row.open_until,
            security_profile_target=row.security_profile_target,
            vendor=row.vendor,
            model=row.model,
            firmware_version=row.firmware_version,
        )
        for row in (await tx.execute(statement)).all()
    ]


def connector_map_of(document: Mapping[str, Sequence[int]] | None) -> dict[int, tuple[int, int]] | None:
    """The map as it is stored ({"2": [1, 2]}), with numbers."""
    if document is None:
        return None
    return {int(wire): (evse_number, connector_number) for wire, (evse_number, connector_number) in document.items()}


async def find_names(
    tx: Tx, operator_id: str, ids: Sequence[str], identity_keys: Sequence[str], location_ids: Sequence[str]
) -> list[StationName]:
    """Who is meant by these ids, identities or locations; a retired station only by its id."""
    is_in_use = stations.c.retired_key == ""
    found: dict[str, StationName] = {}
    for column, values, condition in (
        (stations.c.id, ids, sa.true()),
        (stations.c.identity_key, identity_keys, is_in_use),
        (stations.c.location_id, location_ids, is_in_use),
    ):
        for chunk in _chunks(values):
            statement = sa.select(
                stations.c.id, stations.c.operator_id, stations.c.identity, stations.c.location_id
            ).where(stations.c.operator_id == operator_id, column.in_(chunk), condition)
            for row in (await tx.execute(statement)).all():
                found[row.id] = StationName(
                    station_id=row.id,
                    operator_id=row.operator_id,
                    identity=row.identity,
                    location_id=row.location_id,
                )
    return list(found.values())


async def summarize(tx: Tx, operator_id: str) -> StationSummary:
    """Counts over an operator's stations that are not retired."""
    is_ours = sa.and_(stations.c.operator_id == operator_id, stations.c.retired_key == "")
    by_station = (
        sa.select(stations.c.status, stations.c.is_online, sa.func.count().label("count"))
        .where(is_ours)
        .group_by(stations.c.status, stations.c.is_online)
    )
    by_connector = (
        sa.select(connectors.c.status, sa.func.count().label("count"))
        .join(stations, stations.c.id == connectors.c.station_id)
        .where(
            is_ours, connectors.c.evse_number > 0, connectors.c.connector_number > 0, connectors.c.status.is_not(None)
        )
        .group_by(connectors.c.status)
    )
    counted = [(status, is_online, int(count)) for status, is_online, count in (await tx.execute(by_station)).all()]
    by_status: dict[str, int] = defaultdict(int)
    for status, _, count in counted:
        if status is not None:
            by_status[status] += count
    return StationSummary(
        total=sum(count for _, _, count in counted),
        online=sum(count for _, is_online, count in counted if is_online),
        by_status=dict(by_status),
        connectors_by_status={status: int(count) for status, count in (await tx.execute(by_connector)).all()},
    )


# ---- writing


async def add(tx: Tx, row: Mapping[str, Any]) -> bool:
    """Add a station; False if its identity is taken."""
    await bulk.insert_if_absent(tx, stations, [row])
    added = sa.select(stations.c.id).where(stations.c.id == row["id"])
    return (await tx.execute(added)).one_or_none() is not None


async def change(tx: Tx, station_id: str, values: Mapping[str, Any]) -> None:
    """Set some columns of a station's record; a new version."""
    statement = sa.update(stations).where(stations.c.id == station_id)
    await tx.execute(statement.values(**values, version=stations.c.version + 1))


async def change_silently(tx: Tx, station_id: str, values: Mapping[str, Any]) -> None:
    """Set columns that no person edits: the version stays."""
    await tx.execute(sa.update(stations).where(stations.c.id == station_id).values(**values))


async def configure_layout(tx: Tx, evse_rows: bulk.Rows, connector_rows: bulk.Rows) -> None:
    """Say what the EVSEs and connectors are; what they report is kept."""
    await bulk.upsert(tx, evses, evse_rows, key=("station_id", "evse_number"), update=("power_w_max",))
    await bulk.upsert(
        tx, connectors, connector_rows, key=("station_id", "evse_number", "connector_number"), update=("type",)
    )


async def remove_from_layout(
    tx: Tx, station_id: str, evse_numbers: Iterable[int], places: Iterable[tuple[int, int]]
) -> None:
    """Remove EVSEs with all they have, and single connectors."""
    gone = list(evse_numbers)
    if gone:
        for table in (connectors, evses):
            await tx.execute(sa.delete(table).where(table.c.station_id == station_id, table.c.evse_number.in_(gone)))
    for evse_number, connector_number in places:
        await tx.execute(
            sa.delete(connectors).where(
                connectors.c.station_id == station_id,
                connectors.c.evse_number == evse_number,
                connectors.c.connector_number == connector_number,
            )
        )


async def find_with_candidates(tx: Tx) -> Sequence[Row]:
    """The stations that were sent a new password and have not connected with it; locked."""
    statement = sa.select(stations).where(stations.c.candidate_hashes.is_not(None)).order_by(stations.c.id)
    return (await tx.execute(bulk.locked(statement, tx))).all()


async def find_with_factory_password(tx: Tx, station_ids: Iterable[str]) -> Sequence[Row]:
    """Which of these have the password of their maker still, and were sent no other."""
    ids = sorted(station_ids)
    if not ids:
        return []
    statement = sa.select(stations).where(
        stations.c.id.in_(ids), stations.c.has_factory_password.is_(True), stations.c.candidate_hashes.is_(None)
    )
    return (await tx.execute(statement)).all()


async def count_quarantined(tx: Tx) -> int:
    """How many stations came by themselves and wait for somebody's word."""
    waiting = sa.select(sa.func.count()).where(stations.c.quarantined_at.is_not(None), stations.c.retired_key == "")
    return int((await tx.execute(waiting)).scalar_one())


async def find_forgotten(tx: Tx, before: datetime) -> Sequence[Row]:
    """Quarantined stations that are offline and of which nobody has said anything since; locked."""
    statement = (
        sa.select(stations)
        .where(
            stations.c.quarantined_at <= before,
            stations.c.retired_key == "",
            stations.c.is_online.is_(False),
            sa.or_(stations.c.last_seen_at.is_(None), stations.c.last_seen_at <= before),
        )
        .order_by(stations.c.id)
        .limit(CHUNK)
    )
    return (await tx.execute(bulk.locked(statement, tx))).all()


async def find_shut(tx: Tx, now: datetime) -> Sequence[Row]:
    """Stations that are online with profile 0 though their time for that is over."""
    statement = sa.select(stations).where(
        stations.c.open_until <= now,
        stations.c.security_profile == 0,
        stations.c.retired_key == "",
        stations.c.is_online.is_(True),
    )
    return (await tx.execute(statement)).all()


async def set_seen(tx: Tx, seen: Mapping[str, datetime]) -> None:
    """Note when stations were last heard of."""
    await _SEEN.run(tx, sorted((at, station_id) for station_id, at in seen.items()))


_SEEN = bulk.HotStatement.update(stations, ["last_seen_at"], key="id")


async def find_link(tx: Tx, station_id: str) -> LinkPlace | None:
    """Which process holds a station's link, if it is online."""
    statement = sa.select(stations.c.link_node_id, stations.c.link_epoch).where(
        stations.c.id == station_id, stations.c.is_online.is_(True)
    )
    row = (await tx.execute(statement)).one_or_none()
    if row is None or row.link_node_id is None:
        return None
    return LinkPlace(node_id=row.link_node_id, epoch=row.link_epoch)


async def find_orphans(tx: Tx, alive_node_ids: Sequence[str]) -> Sequence[Row]:
    """Stations that count as online though their link's process is gone; locked."""
    statement = (
        sa.select(stations.c.id, stations.c.operator_id, stations.c.identity, stations.c.link_epoch)
        .where(
            stations.c.is_online.is_(True),
            sa.or_(stations.c.link_node_id.is_(None), stations.c.link_node_id.not_in(alive_node_ids)),
        )
        .order_by(stations.c.id)
    )
    return (await tx.execute(bulk.locked(statement, tx))).all()


def _chunks(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))
