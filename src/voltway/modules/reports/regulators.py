"""What regulators are sent: the quarter of NEVI (23 CFR 680.112(a)), the year of the UK's regulations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from voltway.charging import uptime
from voltway.contracts.sessions import FindPeakPowers
from voltway.kernel.auth import Principal, visible
from voltway.kernel.clock import to_rfc3339
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.reports.asking import Table
from voltway.modules.reports.errors import ReportTooLarge
from voltway.modules.reports.tables import changes, money, sessions
from voltway.modules.reports.uptime_queries import Evse

SESSIONS_AT_ONCE = 200
"""Of so many sessions the samples are looked at in one question."""
SESSIONS = (
    "station_id",
    "port_id",
    "session_id",
    "session_start",
    "session_end",
    "energy_kwh",
    "peak_power_kw",
    "payment_method",
    "error_code",
)
UPTIME = ("station_id", "port_id", "month", "uptime_percent", "outage_minutes", "excluded_minutes")
OUTAGES = ("station_id", "port_id", "outage_start", "outage_end", "duration_minutes", "state")
UK = (
    "station_id",
    "evse_number",
    "location_id",
    "open_minutes",
    "reliable_minutes",
    "not_reliable_minutes",
    "not_known_minutes",
    "reliability_percent",
)


async def nevi_sessions(tx: Tx, principal: Principal, since: date, until: date, rows_max: int) -> Table:
    """The sessions that ended in a quarter; `peak_power_kw` is empty until `add_peak_powers` has asked for it."""
    where = (
        visible(principal, sessions),
        sessions.c.day_on >= since.isoformat(),
        sessions.c.day_on < until.isoformat(),
    )
    order = (sessions.c.ended_at, sessions.c.session_id)
    found = (await tx.execute(sa.select(sessions).where(*where).order_by(*order).limit(rows_max + 1))).all()
    if len(found) > rows_max:
        raise ReportTooLarge(f"More than {rows_max} sessions: bind the request to fewer locations.")
    methods = await _methods(tx, principal, since, until)
    codes = await _error_codes(tx, found)
    rows = [
        {
            "station_id": row.station_identity,
            "port_id": row.evse_number,
            "session_id": row.session_id,
            "session_start": to_rfc3339(row.started_at),
            "session_end": to_rfc3339(row.ended_at),
            "energy_kwh": f"{row.energy_wh // 1000}.{row.energy_wh % 1000:03d}",
            "peak_power_kw": None,
            "payment_method": methods.get(row.session_id),
            "error_code": codes.get(row.session_id) or row.cause,
        }
        for row in found
    ]
    return Table(f"NEVI sessions {since} - {until}", SESSIONS, rows)


async def add_peak_powers(runtime: Runtime, table: Table) -> Table:
    """The table with the highest power of each session, where the sessions' samples are known."""
    nothing: dict[str, float] = {}
    peaks: dict[str, float] = {}
    ids = tuple(row["session_id"] for row in table.rows)
    for begin in range(0, len(ids), SESSIONS_AT_ONCE):
        question = FindPeakPowers(session_ids=ids[begin : begin + SESSIONS_AT_ONCE])
        found = await runtime.ask_or(question, nothing)
        peaks |= found
    rows = [
        {**row, "peak_power_kw": None if (peak_w := peaks.get(row["session_id"])) is None else f"{peak_w / 1000:.3f}"}
        for row in table.rows
    ]
    return table._replace(rows=rows)


async def _methods(tx: Tx, principal: Principal, since: date, until: date) -> Mapping[str, str]:
    mine = sessions.c.session_id == money.c.session_id
    statement = sa.select(money.c.session_id, money.c.method).join_from(money, sessions, mine)
    statement = statement.where(
        visible(principal, sessions),
        money.c.kind == "captured",
        sessions.c.day_on >= since.isoformat(),
        sessions.c.day_on < until.isoformat(),
    )
    return {row.session_id: row.method for row in await tx.execute(statement.order_by(money.c.at))}


async def _error_codes(tx: Tx, found: Sequence[Any]) -> Mapping[str, str]:
    """The code of the first fault that an EVSE told while a session ran."""
    if not found:
        return {}
    statement = sa.select(changes).where(
        changes.c.station_id.in_(sorted({row.station_id for row in found if row.cause == "fault_while_charging"})),
        changes.c.error_code.is_not(None),
        changes.c.at >= min(row.started_at for row in found),
    )
    told = (await tx.execute(statement.order_by(changes.c.at))).all()
    codes: dict[str, str] = {}
    for row in found:
        if row.cause == "fault_while_charging":
            hits = (each for each in told if each.station_id == row.station_id and each.at >= row.started_at)
            first = next((each for each in hits if each.evse_number in (0, row.evse_number)), None)
            if first is not None:
                codes[row.session_id] = first.error_code
    return codes


def nevi_uptime(by_month: Mapping[str, Sequence[Evse]]) -> Table:
    """The uptime of each port at the end of each month of a quarter, over the twelve months up to it.

    A port that was known all the time has the 525 600 minutes of the rule; a younger one the time since it was first heard of.
    """
    rows = []
    for month, found in by_month.items():
        for evse in found:
            measured = evse.by(uptime.NEVI)
            percent = measured.percent
            rows.append(
                {
                    "station_id": evse.row.station_identity,
                    "port_id": evse.row.evse_number,
                    "month": month,
                    "uptime_percent": None if percent is None else f"{percent:.3f}",
                    "outage_minutes": measured.outage_s // 60,
                    "excluded_minutes": measured.excluded_s // 60,
                }
            )
    return Table("NEVI uptime", UPTIME, rows)


def nevi_outages(found: Sequence[Evse]) -> Table:
    """Each outage of each port, with what it was."""
    rows = [
        {
            "station_id": evse.row.station_identity,
            "port_id": evse.row.evse_number,
            "outage_start": to_rfc3339(datetime.fromtimestamp(span.begins, UTC)),
            "outage_end": to_rfc3339(datetime.fromtimestamp(span.ends, UTC)),
            "duration_minutes": (span.ends - span.begins) // 60,
            "state": str(span.state),
        }
        for evse in found
        for span in evse.history
        if span.state in uptime.NEVI.down
    ]
    return Table("NEVI outages", OUTAGES, rows)


def uk_year(found: Sequence[Evse]) -> Table:
    """Reliability of a calendar year, EVSE by EVSE, then of the network. An EVSE that is offline is not known, and reliable."""
    rows, network, unknown = [], uptime.NOTHING, 0
    for evse in found:
        measured = evse.by(uptime.UK)
        offline = uptime.union((span.begins, span.ends) for span in evse.history if span.state is uptime.State.OFFLINE)
        not_known = uptime.length(uptime.without(offline, evse.closed))
        network, unknown = network + measured, unknown + not_known
        named = {"station_id": evse.row.station_identity, "evse_number": evse.row.evse_number}
        rows.append(named | {"location_id": evse.row.location_id} | _reliability(measured, not_known))
    rows.append({"station_id": "network", "evse_number": None, "location_id": None} | _reliability(network, unknown))
    return Table("UK reliability", UK, rows)


def _reliability(measured: uptime.Uptime, not_known_s: int) -> dict[str, Any]:
    not_reliable = measured.outage_s - measured.excluded_s
    percent = measured.percent
    return {
        "open_minutes": measured.counted_s // 60,
        "reliable_minutes": (measured.counted_s - not_reliable) // 60,
        "not_reliable_minutes": not_reliable // 60,
        "not_known_minutes": not_known_s // 60,
        "reliability_percent": None if percent is None else f"{percent:.3f}",
    }
