"""Uptime by every definition, from one ledger of statuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from voltway.charging import uptime
from voltway.charging.uptime import Change, ExcludedSpan, Exclusion, Span, State, StateSpan, Uptime
from voltway.kernel import clock
from voltway.kernel.auth import Principal, visible
from voltway.kernel.database import Tx
from voltway.modules.reports import rules
from voltway.modules.reports.asking import Table
from voltway.modules.reports.errors import ReportTooLarge
from voltway.modules.reports.settings import ReportsSettings
from voltway.modules.reports.tables import changes, evses, excluded_times, places

IDS_AT_ONCE = 500
COLUMNS = (
    "location_id",
    "station_identity",
    "station_id",
    "evse_number",
    "definition",
    "counted_s",
    "outage_s",
    "excluded_s",
    "uptime_percent",
    "required_percent",
    "is_met",
)


class Evse(NamedTuple):
    """The history of one EVSE in a time, with what may be excluded of it."""

    row: Any
    history: list[StateSpan]
    exclusions: list[ExcludedSpan]
    closed: list[Span]

    def by(self, definition: uptime.Definition) -> Uptime:
        """What a definition makes of it."""
        return uptime.measure(definition, self.history, self.exclusions, self.closed)


async def histories(
    tx: Tx,
    principal: Principal,
    since: date,
    until: date,
    zones: Mapping[str, ZoneInfo],
    settings: ReportsSettings,
    *,
    location_ids: Sequence[str] = (),
    station_ids: Sequence[str] = (),
    evse_number: int | None = None,
) -> list[Evse]:
    """The EVSEs that a caller sees, from the beginning of a local day to that of another, but not beyond now.

    Raises ReportTooLarge.
    """
    where = [visible(principal, evses), evses.c.evse_number > 0]
    where += [evses.c.location_id.in_(location_ids)] if location_ids else []
    where += [evses.c.station_id.in_(station_ids)] if station_ids else []
    where += [evses.c.evse_number == evse_number] if evse_number is not None else []
    order = (evses.c.station_identity, evses.c.station_id, evses.c.evse_number)
    found = (await tx.execute(sa.select(evses).where(*where).order_by(*order))).all()
    told = await _changes(tx, principal, {row.station_id for row in found}, since, until, settings)
    excluded = (await tx.execute(sa.select(excluded_times).where(_visible_exclusions(principal)))).all()
    statement = sa.select(places.c.location_id, places.c.opening_hours).where(visible(principal, places))
    hours = {row.location_id: row.opening_hours for row in await tx.execute(statement)}
    now = int(clock.now().timestamp())
    result = []
    for row in found:
        zone = zones.get(row.location_id, ZoneInfo(settings.time_zone))
        begins, ends = (int(rules.begins_at(day, zone).timestamp()) for day in (since, until))
        ends = max(begins, min(ends, now))
        mine = (Change(*each[1:]) for each in told.get(row.station_id, ()) if each[0] in (0, row.evse_number))
        result.append(
            Evse(
                row,
                uptime.timeline(mine, begins, ends),
                [_span(record) for record in excluded if _is_of(record, row)],
                rules.closed_spans(hours.get(row.location_id), zone, begins, ends),
            )
        )
    return result


def _visible_exclusions(principal: Principal) -> sa.ColumnElement[bool]:
    # Records of a station are kept with its location, so that whoever is bound to it sees them.
    return visible(principal, excluded_times)


def _span(record: Any) -> ExcludedSpan:
    return ExcludedSpan(int(record.since.timestamp()), int(record.until.timestamp()), Exclusion(record.kind))


def _is_of(record: Any, evse: Any) -> bool:
    if record.station_id is None:
        return bool(record.location_id == evse.location_id)
    return record.station_id == evse.station_id and record.evse_number in (None, evse.evse_number)


async def _changes(
    tx: Tx, principal: Principal, station_ids: set[str], since: date, until: date, settings: ReportsSettings
) -> dict[str, list[tuple[int, int, int, State]]]:
    """station -> (EVSE, instant, connector, state), with what held when the time began. Zones differ from UTC by at most a day."""
    first = datetime(since.year, since.month, since.day, tzinfo=UTC).timestamp() - 86_400
    last = datetime(until.year, until.month, until.day, tzinfo=UTC).timestamp() + 86_400
    begins, ends = datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(last, UTC)
    columns = (changes.c.station_id, changes.c.evse_number, changes.c.at, changes.c.connector_number, changes.c.state)
    by = columns[0], columns[1], columns[3]
    found: dict[str, list[tuple[int, int, int, State]]] = {}
    in_order = sorted(station_ids)
    read = 0
    for at in range(0, len(in_order), IDS_AT_ONCE):
        among = (changes.c.station_id.in_(in_order[at : at + IDS_AT_ONCE]), visible(principal, changes))
        before = sa.select(*by, sa.func.max(changes.c.at).label("at")).where(*among, changes.c.at < begins)
        latest = before.group_by(*by).subquery()
        same = [latest.c[column.name] == column for column in (*by, changes.c.at)]
        held = sa.select(*columns).join(latest, sa.and_(*same)).where(*among)
        within = sa.select(*columns).where(*among, changes.c.at >= begins, changes.c.at < ends)
        for statement in (held, within):
            ordered = statement.order_by(changes.c.at, changes.c.state).limit(settings.changes_max - read + 1)
            for row in await tx.execute(ordered):
                read += 1
                told = (row.evse_number, int(row.at.timestamp()), row.connector_number, State(row.state))
                found.setdefault(row.station_id, []).append(told)
            if read > settings.changes_max:
                raise ReportTooLarge(
                    f"More than {settings.changes_max} changes of status: ask for fewer places or days."
                )
    return found


def as_table(found: Sequence[Evse], since: date, until: date) -> Table:
    """Lines of each EVSE by each definition, then those of all together (without a station)."""
    rows: list[dict[str, Any]] = []
    for definition in uptime.DEFINITIONS:
        total = uptime.NOTHING
        for evse in found:
            measured = evse.by(definition)
            total += measured
            named = {name: getattr(evse.row, name) for name in COLUMNS[:4]}
            rows.append(named | _line(definition, measured))
        rows.append(dict.fromkeys(COLUMNS[:4]) | _line(definition, total))
    return Table(f"Uptime {since} - {until} (exclusive)", COLUMNS, rows)


def _line(definition: uptime.Definition, measured: Uptime) -> dict[str, Any]:
    percent = measured.percent
    return {
        "definition": definition.name,
        "counted_s": measured.counted_s,
        "outage_s": measured.outage_s,
        "excluded_s": measured.excluded_s,
        "uptime_percent": None if percent is None else round(percent, 4),
        "required_percent": definition.required_percent,
        "is_met": None if percent is None else int(percent >= definition.required_percent),
    }
