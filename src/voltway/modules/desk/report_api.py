"""REST of problems that drivers report: whoever stands before a charger needs no account for it.

A report is a ticket. What opens it to who made it is its key, which follows from the installation's secret, so that nobody need keep
it. They see how it stands, never what the operator's people write about it.
"""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from voltway.contracts.directory import FindPublicPoint, ListPublished, PublishedLocation
from voltway.contracts.stations import FindStations
from voltway.kernel.auth import anybody
from voltway.kernel.auth.throttle import AddressThrottle, Rate
from voltway.kernel.errors import InvalidField
from voltway.kernel.http import runtime_of
from voltway.kernel.request import client_address
from voltway.kernel.runtime import Runtime
from voltway.kernel.secrets import derive_key
from voltway.modules.desk import photos, rules, schemas, store
from voltway.modules.desk.errors import PhotoRefused, PhotoTooLate, TicketNotFound, TooManyReports

router = APIRouter(tags=["problem reports"], dependencies=[Depends(anybody)])

OurRuntime = Annotated[Runtime, Depends(runtime_of)]
TicketId = Annotated[str, Path(max_length=36)]
Key = Annotated[str, Path(max_length=64)]

REPORTER = "driver"
PHOTO_BYTES_MAX = 800_000


class ReportThrottle(AddressThrottle):
    """What one address may report: somebody with a broken charger has a handful, not hundreds."""

    rate = Rate(burst=6, refill_s=60.0)
    refusal = TooManyReports
    words = "Wait a little before you report more."


@router.post("/problem-reports", status_code=201)
async def report_problem(
    body: schemas.ProblemReportIn, request: Request, runtime: OurRuntime
) -> schemas.ProblemReportOut:
    """Report what is wrong at an EVSE (by its printed code) or at a location. The answer has the key that shows how it stands."""
    runtime.state(ReportThrottle).count(client_address(request))
    location, station_id, evse_number = await _where(runtime, body)
    identity = None
    if station_id is not None:
        found = await runtime.ask(FindStations(operator_id=location.operator_id, station_ids=(station_id,)))
        identity = found[0].identity if found else None
    values = {
        "operator_id": location.operator_id,
        "location_id": location.location_id,
        "station_id": station_id,
        "station_identity": identity,
        "evse_number": evse_number,
        "subject": rules.subject_of(body.text),
        "kind": body.kind.value,
        "state": rules.TicketState.OPEN.value,
        "priority": rules.TicketPriority.NORMAL.value,
        "contact": body.contact,
        "opened_by": REPORTER,
    }
    async with runtime.database.begin(location.operator_id) as tx:
        row = await store.add(tx, values)
        await store.add_note(tx, row, REPORTER, "opened", body.text)
        return _shown(runtime, row, has_photo=False)


@router.get("/problem-reports/{ticket_id}/{key}")
async def get_problem_report(ticket_id: TicketId, key: Key, runtime: OurRuntime) -> schemas.ProblemReportOut:
    """How a report stands."""
    _check_key(runtime, ticket_id, key)
    async with runtime.database.read() as tx:
        row = await store.get(tx, ticket_id)
        return _shown(runtime, row, has_photo=await store.find_photo(tx, ticket_id) is not None)


@router.put(
    "/problem-reports/{ticket_id}/{key}/photo",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def add_report_photo(
    ticket_id: TicketId, key: Key, request: Request, runtime: OurRuntime
) -> schemas.ProblemReportOut:
    """A photo to a report, in place of the one before: a JPEG of at most 800 kB. All but the picture is taken out of it."""
    _check_key(runtime, ticket_id, key)
    content = await request.body()
    if len(content) > PHOTO_BYTES_MAX:
        raise PhotoRefused(f"A photo has at most {PHOTO_BYTES_MAX} bytes.")
    try:
        picture = photos.cleaned(content)
    except photos.NotAPhoto as error:
        raise PhotoRefused(f"This is no photo that can be kept: {error}.") from None
    async with runtime.database.read() as tx:
        operator_id = (await store.get(tx, ticket_id)).operator_id
    async with runtime.database.begin(operator_id) as tx:
        row = await store.get(tx, ticket_id, is_locked=True)
        if row.state == rules.TicketState.SOLVED:
            raise PhotoTooLate("The report is settled. Make a new one.")
        await store.put_photo(tx, row, picture)
        return _shown(runtime, row, has_photo=True)


async def _where(runtime: Runtime, body: schemas.ProblemReportIn) -> tuple[PublishedLocation, str | None, int | None]:
    """The location, and the station and EVSE where they are named. Raises InvalidField: nothing such is published."""
    if body.code is not None:
        point = await runtime.ask(FindPublicPoint(code=body.code))
        if point is None:
            raise InvalidField.at("$.code", "there is no such charger")
        return point.location, point.station.station_id, point.evse_number
    places = await runtime.ask(ListPublished(location_ids=(body.location_id or "",)))
    if not places:
        raise InvalidField.at("$.location_id", "there is no such place")
    return places[0], None, None


def report_key(secret: bytes, ticket_id: str) -> str:
    """What opens a report to who made it."""
    return derive_key(secret, f"report:{ticket_id}").hex()[:32]


def _check_key(runtime: Runtime, ticket_id: str, key: str) -> None:
    if not hmac.compare_digest(report_key(runtime.secret, ticket_id).encode(), key.encode()):
        raise TicketNotFound(f"There is no report {ticket_id}.")


def _shown(runtime: Runtime, row: object, *, has_photo: bool) -> schemas.ProblemReportOut:
    fields = {name: getattr(row, name) for name in ("id", "kind", "state", "opened_at", "changed_at", "solved_at")}
    return schemas.ProblemReportOut(**fields, key=report_key(runtime.secret, fields["id"]), has_photo=has_photo)
