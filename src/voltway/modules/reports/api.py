"""REST of reports."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Response

from voltway.kernel.auth import Permission, Principal, allowed
from voltway.kernel.http import json_answer, runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.reports import queries, regulators, rolling, rules, uptime_queries
from voltway.modules.reports.asking import DAYS_MAX, Table, Wanted
from voltway.modules.reports.errors import GroupNotKnown, PlaceNotFound
from voltway.modules.reports.scheduling import places_of
from voltway.modules.reports.schemas import ReportOut, StatusSpanOut
from voltway.modules.reports.settings import ReportsSettings
from voltway.modules.reports.writing import MEDIA_TYPES, Form, write

router = APIRouter(tags=["reports"])

MayRead = Annotated[Principal, Depends(allowed(Permission.REPORTS_READ))]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]
Ids = Annotated[list[Annotated[str, Query(max_length=255)]] | None, Query(max_length=200)]
InForm = Annotated[Form, Query(alias="format", description="json, csv, xlsx or pdf")]
_FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "the report, as asked for",
        "content": {media: {} for form, media in MEDIA_TYPES.items() if form is not Form.JSON},
    }
}


async def _answer(table: Table, form: Form, name: str) -> Response:
    """The report as a file, made beside the loop: a workbook or a PDF takes its time."""
    if form is Form.JSON:
        return json_answer({"title": table.title, "columns": table.columns, "rows": table.rows})
    headers = {"content-disposition": f'attachment; filename="{name}.{form}"'}
    return Response(await asyncio.to_thread(write, table, form), media_type=MEDIA_TYPES[form], headers=headers)


def _check_days(since: date, until: date) -> None:
    if not 0 < (until - since).days <= DAYS_MAX:
        raise GroupNotKnown(f"`until` lies after `since`, by at most {DAYS_MAX} days.")


@router.get("/reports/uptime", response_model=ReportOut, responses=_FILES)
async def get_uptime(
    principal: MayRead,
    runtime: OurRuntime,
    since: Annotated[date, Query(description="the first local day")],
    until: Annotated[date, Query(description="the first local day that is not in it")],
    location_id: Ids = None,
    station_id: Ids = None,
    evse_number: Annotated[int | None, Query(ge=1, le=1000)] = None,
    form: InForm = Form.JSON,
) -> Response:
    """Uptime of each EVSE, and of all together, as NEVI, the UK and the CEC count it, from one ledger of statuses."""
    _check_days(since, until)
    found = await _histories(runtime, principal, since, until, location_id, station_id, evse_number)
    table = await asyncio.to_thread(uptime_queries.as_table, found, since, until)
    return await _answer(table, form, f"uptime-{since}-{until}")


async def _histories(
    runtime: Runtime,
    principal: Principal,
    since: date,
    until: date,
    location_ids: list[str] | None = None,
    station_ids: list[str] | None = None,
    evse_number: int | None = None,
) -> list[uptime_queries.Evse]:
    await rolling.roll_up(runtime)
    named = await places_of(runtime, principal.operator_id)
    zones = {location_id: ZoneInfo(place.time_zone) for location_id, place in named.items()}
    settings = runtime.settings(ReportsSettings)
    async with runtime.database.read(principal.operator_id) as tx:
        return await uptime_queries.histories(
            tx,
            principal,
            since,
            until,
            zones,
            settings,
            location_ids=location_ids or (),
            station_ids=station_ids or (),
            evse_number=evse_number,
        )


@router.get("/reports/status-ledger")
async def get_status_ledger(
    principal: MayRead,
    runtime: OurRuntime,
    station_id: str,
    evse_number: Annotated[int, Query(ge=1, le=1000)],
    since: date,
    until: date,
) -> list[StatusSpanOut]:
    """What an EVSE was, without gaps. Raises PlaceNotFound."""
    _check_days(since, until)
    found = await _histories(runtime, principal, since, until, None, [station_id], evse_number)
    if not found:
        raise PlaceNotFound(f"There is no EVSE {evse_number} at station {station_id}.")
    return [
        StatusSpanOut(
            since=datetime.fromtimestamp(span.begins, UTC),
            until=datetime.fromtimestamp(span.ends, UTC),
            state=span.state,
        )
        for span in found[0].history
    ]


@router.get("/reports/nevi", response_model=ReportOut, responses=_FILES)
async def get_nevi_quarter(
    principal: MayRead,
    runtime: OurRuntime,
    year: Annotated[int, Query(ge=2000, le=2200)],
    quarter: Annotated[int, Query(ge=1, le=4)],
    part: Annotated[str, Query(pattern="^(sessions|uptime|outages)$")] = "sessions",
    form: InForm = Form.CSV,
) -> Response:
    """A part of what NEVI wants each quarter: sessions, uptime over twelve months at the end of each month, outages."""
    since = date(year, quarter * 3 - 2, 1)
    months = [since]
    while len(months) < 4:
        months.append(rules.next_period(months[-1], "month"))
    until = months[-1]
    if part == "sessions":
        await rolling.roll_up(runtime)
        rows_max = runtime.settings(ReportsSettings).rows_max
        async with runtime.database.read(principal.operator_id) as tx:
            table = await regulators.nevi_sessions(tx, principal, since, until, rows_max)
        table = await regulators.add_peak_powers(runtime, table)
    elif part == "outages":
        table = regulators.nevi_outages(await _histories(runtime, principal, since, until))
    else:
        by_month = {}
        for begins, ends in itertools.pairwise(months):
            year_before = date(ends.year - 1, ends.month, 1)
            by_month[begins.isoformat()[:7]] = await _histories(runtime, principal, year_before, ends)
        table = regulators.nevi_uptime(by_month)
    return await _answer(table, form, f"nevi-{year}-q{quarter}-{part}")


@router.get("/reports/uk", response_model=ReportOut, responses=_FILES)
async def get_uk_year(
    principal: MayRead,
    runtime: OurRuntime,
    year: Annotated[int, Query(ge=2000, le=2200)],
    location_id: Ids = None,
    station_id: Ids = None,
    form: InForm = Form.CSV,
) -> Response:
    """Reliability of a calendar year as the UK's regulations count it. Name the stations of 50 kW and more."""
    found = await _histories(runtime, principal, date(year, 1, 1), date(year + 1, 1, 1), location_id, station_id)
    return await _answer(regulators.uk_year(found), form, f"uk-{year}")


@router.get("/reports/{kind}", response_model=ReportOut, responses=_FILES)
async def get_report(
    kind: str,
    principal: MayRead,
    runtime: OurRuntime,
    since: Annotated[date, Query(description="the first local day")],
    until: Annotated[date, Query(description="the first local day that is not in it")],
    group_by: Annotated[list[str] | None, Query(max_length=6)] = None,
    zone: Annotated[
        str, Query(pattern="^(location|operator)$", description="whose days those of sessions are")
    ] = "location",
    location_id: Ids = None,
    station_id: Ids = None,
    evse_number: Annotated[int | None, Query(ge=0, le=1000)] = None,
    id_token_id: Ids = None,
    token_group: Ids = None,
    driver_id: Ids = None,
    provider: Ids = None,
    form: InForm = Form.JSON,
) -> Response:
    """A report: sessions, energy, revenue, tax, utilisation, success, payments, refunds, disputes, wallets.

    Raises ReportNotFound, GroupNotKnown, ReportTooLarge.
    """
    wanted = Wanted(
        kind,
        since,
        until,
        tuple(group_by or ()),
        zone == "operator",
        tuple(location_id or ()),
        tuple(station_id or ()),
        evse_number,
        tuple(id_token_id or ()),
        tuple(token_group or ()),
        tuple(driver_id or ()),
        tuple(provider or ()),
    )
    wanted.check()
    await rolling.roll_up(runtime)
    named = await places_of(runtime, principal.operator_id)
    settings = runtime.settings(ReportsSettings)
    async with runtime.database.read(principal.operator_id) as tx:
        table = await queries.make(tx, principal, wanted, named, settings)
    return await _answer(table, form, f"{kind}-{since}-{until}")
