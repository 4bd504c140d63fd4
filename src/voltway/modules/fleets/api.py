"""REST of fleets. An operator's staff makes fleets and says whose they are; who manages one keeps the rest of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Query, Response

from voltway.charging import periods
from voltway.contracts.users import DescribeTokens, FindTokenHolders, TokenDescription
from voltway.kernel import audit
from voltway.kernel.auth import Permission, Principal, allowed
from voltway.kernel.database import Tx
from voltway.kernel.http import Page, PageQuery, Schema, open_tx, page_query, read_tx, runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.fleets import counting, rules, store
from voltway.modules.fleets.errors import FleetPartNotFound
from voltway.modules.fleets.rules import ENERGY
from voltway.modules.fleets.schemas import (
    AssignmentIn,
    CostCentreIn,
    CostCentreOut,
    FleetDetails,
    FleetIn,
    FleetLimitsOut,
    FleetManagerOut,
    FleetMemberDetails,
    FleetMemberOut,
    FleetOut,
    FleetStatementOut,
    FleetSummary,
    LimitIn,
    LimitsIn,
    LimitUseOut,
    StatementLine,
    VehicleIn,
    VehicleOut,
)
from voltway.modules.fleets.tables import cost_centres, fleets, limits, members, vehicles

router = APIRouter(tags=["fleets"])

MayRead = Annotated[Principal, Depends(allowed(Permission.FLEETS_READ, everywhere=True))]
MayManage = Annotated[Principal, Depends(allowed(Permission.FLEETS_MANAGE, everywhere=True))]
MayWrite = Annotated[Principal, Depends(allowed(Permission.FLEETS_WRITE, everywhere=True))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]
Month = Annotated[str, Query(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-11"])]
AccountId = Annotated[str, Path(min_length=1, max_length=36, description="of an account, or of an API key")]


@router.get("/fleets")
async def list_fleets(
    principal: MayRead, tx: ReadTx, page: Annotated[PageQuery, Depends(page_query)]
) -> Page[FleetSummary]:
    """The fleets that the caller sees, the newest first, with what is used of the limits of each as a whole."""
    statement = sa.select(fleets).where(store.seen(principal))
    rows, next_cursor = await page.fetch(tx, statement, fleets.c.id)
    ids = [row.id for row in rows]
    sizes = [await store.sizes(tx, table, ids) for table in (members, vehicles)]
    uses: dict[str, list[LimitUseOut]] = {fleet_id: [] for fleet_id in ids}
    zones = {row.id: row.time_zone for row in rows}
    for limit, since, taken in await counting.find_uses(tx, zones, await store.limits_of_whole(tx, ids)):
        uses[limit.fleet_id].append(_use(limit, since, taken))
    items = [
        FleetSummary(
            **_fleet(row).model_dump(),
            members=sizes[0].get(row.id, 0),
            vehicles=sizes[1].get(row.id, 0),
            limits=uses[row.id],
        )
        for row in rows
    ]
    return Page(items=items, next_cursor=next_cursor)


@router.post("/fleets", status_code=201)
async def add_fleet(body: FleetIn, principal: MayWrite, tx: OpenTx) -> FleetOut:
    """Add a fleet."""
    row = await store.add(tx, principal, body.model_dump())
    audit.note(tx, principal, "fleet.added", ("fleet", row.id), after=body.model_dump())
    return _fleet(row)


@router.get("/fleets/{fleet_id}")
async def get_fleet(fleet_id: str, principal: MayRead, runtime: OurRuntime) -> FleetDetails:
    """A fleet with its managers, vehicles, cost centres, members and limits."""
    async with runtime.database.read(principal.operator_id) as tx:
        fleet = await store.get(tx, principal, fleet_id)
        of_kind = {table: await store.parts(tx, table, fleet.id) for table in (cost_centres, vehicles, members, limits)}
        managing = await store.named_managers(tx, fleet)
    token_ids = tuple(row.id_token_id for row in of_kind[members])
    nothing: list[TokenDescription] = []
    asked = DescribeTokens(operator_id=principal.operator_id, id_token_ids=token_ids)
    tokens = {token.id_token_id: token for token in (await runtime.ask_or(asked, nothing) if token_ids else nothing)}
    return FleetDetails(
        **_fleet(fleet).model_dump(),
        manager_ids=[account_id for account_id, _ in managing],
        managers=[FleetManagerOut(id=account_id, name=name) for account_id, name in managing],
        cost_centres=[_cost_centre(row) for row in of_kind[cost_centres]],
        vehicles=[_vehicle(row) for row in of_kind[vehicles]],
        members=[_described(row, tokens.get(row.id_token_id), principal) for row in of_kind[members]],
        limits=[_limit(row) for row in of_kind[limits]],
    )


@router.put("/fleets/{fleet_id}")
async def change_fleet(fleet_id: str, body: FleetIn, principal: MayWrite, tx: OpenTx) -> FleetOut:
    """Give a fleet another name or time zone. Limits and statements follow the time zone at once, those of the past as well."""
    before = await store.hold(tx, principal, fleet_id)
    row = await store.change(tx, before, body.model_dump())
    audit.note(tx, principal, "fleet.changed", ("fleet", row.id), **audit.changes(before, row))
    return _fleet(row)


@router.delete("/fleets/{fleet_id}", status_code=204)
async def delete_fleet(fleet_id: str, principal: MayWrite, tx: OpenTx) -> None:
    """Delete a fleet that has neither members nor vehicles, and never charged: its statements are kept."""
    fleet = await store.hold(tx, principal, fleet_id)
    await store.remove(tx, fleet)
    audit.note(tx, principal, "fleet.removed", ("fleet", fleet.id), before=_told(FleetIn, fleet))


@router.put("/fleets/{fleet_id}/managers/{account_id}", status_code=204)
async def add_fleet_manager(fleet_id: str, account_id: AccountId, principal: MayWrite, tx: OpenTx) -> None:
    """Let somebody manage a fleet: it shows to whoever has the role of a fleet manager."""
    fleet = await store.hold(tx, principal, fleet_id)
    await store.add_manager(tx, fleet, account_id)
    audit.note(tx, principal, "fleet_manager.added", ("fleet", fleet.id), after={"account_id": account_id})


@router.delete("/fleets/{fleet_id}/managers/{account_id}", status_code=204)
async def remove_fleet_manager(fleet_id: str, account_id: AccountId, principal: MayWrite, tx: OpenTx) -> None:
    """Let them manage it no more."""
    fleet = await store.hold(tx, principal, fleet_id)
    await store.remove_manager(tx, fleet, account_id)
    audit.note(tx, principal, "fleet_manager.removed", ("fleet", fleet.id), before={"account_id": account_id})


@router.post("/fleets/{fleet_id}/cost-centres", status_code=201)
async def add_cost_centre(fleet_id: str, body: CostCentreIn, principal: MayManage, tx: OpenTx) -> CostCentreOut:
    """Add a cost centre."""
    fleet = await store.hold(tx, principal, fleet_id)
    row = await store.add_part(tx, cost_centres, fleet, body.model_dump())
    audit.note(tx, principal, "cost_centre.added", ("fleet", fleet.id), after=body.model_dump())
    return _cost_centre(row)


@router.put("/fleets/{fleet_id}/cost-centres/{cost_centre_id}")
async def change_cost_centre(
    fleet_id: str, cost_centre_id: str, body: CostCentreIn, principal: MayManage, tx: OpenTx
) -> CostCentreOut:
    """Give a cost centre another code or name; statements of the past call it by these as well."""
    fleet = await store.hold(tx, principal, fleet_id)
    before = await store.part(tx, cost_centres, fleet, cost_centre_id)
    row = await store.change_part(tx, cost_centres, fleet, cost_centre_id, body.model_dump())
    audit.note(tx, principal, "cost_centre.changed", ("fleet", fleet.id), **audit.changes(before, row))
    return _cost_centre(row)


@router.delete("/fleets/{fleet_id}/cost-centres/{cost_centre_id}", status_code=204)
async def delete_cost_centre(fleet_id: str, cost_centre_id: str, principal: MayManage, tx: OpenTx) -> None:
    """Delete a cost centre that no vehicle and no member has. Statements name it still."""
    fleet = await store.hold(tx, principal, fleet_id)
    row = await store.remove_part(tx, cost_centres, fleet, cost_centre_id)
    audit.note(tx, principal, "cost_centre.removed", ("fleet", fleet.id), before=_told(CostCentreIn, row))


@router.post("/fleets/{fleet_id}/vehicles", status_code=201)
async def add_vehicle(fleet_id: str, body: VehicleIn, principal: MayManage, tx: OpenTx) -> VehicleOut:
    """Add a vehicle."""
    fleet = await store.hold(tx, principal, fleet_id)
    row = await store.add_part(tx, vehicles, fleet, body.model_dump())
    audit.note(tx, principal, "vehicle.added", ("vehicle", row.id), after=body.model_dump())
    return _vehicle(row)


@router.put("/fleets/{fleet_id}/vehicles/{vehicle_id}")
async def change_vehicle(
    fleet_id: str, vehicle_id: str, body: VehicleIn, principal: MayManage, tx: OpenTx
) -> VehicleOut:
    """Change a vehicle; sessions that have ended stay where they are."""
    fleet = await store.hold(tx, principal, fleet_id)
    before = await store.part(tx, vehicles, fleet, vehicle_id)
    row = await store.change_part(tx, vehicles, fleet, vehicle_id, body.model_dump())
    audit.note(tx, principal, "vehicle.changed", ("vehicle", row.id), **audit.changes(before, row))
    return _vehicle(row)


@router.delete("/fleets/{fleet_id}/vehicles/{vehicle_id}", status_code=204)
async def delete_vehicle(fleet_id: str, vehicle_id: str, principal: MayManage, tx: OpenTx) -> None:
    """Take a vehicle that no member has out of a fleet, and its limits with it. Statements name it still."""
    fleet = await store.hold(tx, principal, fleet_id)
    row = await store.remove_part(tx, vehicles, fleet, vehicle_id)
    audit.note(tx, principal, "vehicle.removed", ("vehicle", row.id), before=_told(VehicleIn, row))


@router.put("/fleets/{fleet_id}/members/{id_token_id}")
async def add_fleet_member(fleet_id: str, id_token_id: str, principal: MayWrite, runtime: OurRuntime) -> FleetMemberOut:
    """Add a token of the operator to a fleet: its sessions from now on are the fleet's."""
    question = FindTokenHolders(operator_id=principal.operator_id, id_token_ids=(id_token_id,))
    if not await runtime.ask(question):
        raise FleetPartNotFound(f"There is no token {id_token_id[:100]}.")
    async with runtime.database.begin(principal.operator_id) as tx:
        fleet = await store.hold(tx, principal, fleet_id)
        row = await store.add_member(tx, fleet, id_token_id)
        audit.note(tx, principal, "fleet_member.added", ("fleet", fleet.id), after={"id_token_id": id_token_id})
    return _member(row)


@router.put("/fleets/{fleet_id}/members/{id_token_id}/assignment")
async def assign_fleet_member(
    fleet_id: str, id_token_id: str, body: AssignmentIn, principal: MayManage, tx: OpenTx
) -> FleetMemberOut:
    """Say to which vehicle and cost centre a member's sessions belong."""
    fleet = await store.hold(tx, principal, fleet_id)
    before = await store.part(tx, members, fleet, id_token_id)
    row = await store.assign(tx, fleet, id_token_id, body.model_dump())
    audit.note(tx, principal, "fleet_member.assigned", ("fleet", fleet.id), **audit.changes(before, row))
    return _member(row)


@router.delete("/fleets/{fleet_id}/members/{id_token_id}", status_code=204)
async def remove_fleet_member(fleet_id: str, id_token_id: str, principal: MayWrite, tx: OpenTx) -> None:
    """Take a token out of a fleet; what it charged stays in the fleet's statements."""
    fleet = await store.hold(tx, principal, fleet_id)
    await store.remove_member(tx, fleet, id_token_id)
    audit.note(tx, principal, "fleet_member.removed", ("fleet", fleet.id), before={"id_token_id": id_token_id})


@router.get("/fleets/{fleet_id}/limits")
async def get_fleet_limits(fleet_id: str, principal: MayRead, tx: ReadTx) -> FleetLimitsOut:
    """The limits of a fleet, of its vehicles and of its members, and what is used of each since its time began."""
    fleet = await store.get(tx, principal, fleet_id)
    wanted = await store.parts(tx, limits, fleet.id)
    uses = await counting.find_uses(tx, {fleet.id: fleet.time_zone}, wanted)
    return FleetLimitsOut(items=[_use(limit, since, taken) for limit, since, taken in uses])


@router.put("/fleets/{fleet_id}/limits")
async def set_fleet_limits(fleet_id: str, body: LimitsIn, principal: MayManage, tx: OpenTx) -> LimitsIn:
    """Put these limits in the place of all that the fleet has."""
    fleet = await store.hold(tx, principal, fleet_id)
    await store.set_limits(tx, fleet, [item.model_dump() for item in body.items], ENERGY)
    audit.note(tx, principal, "fleet_limits.set", ("fleet", fleet.id), after=body.model_dump(exclude_none=True))
    return LimitsIn(items=[_limit(row) for row in await store.parts(tx, limits, fleet.id)])


@router.get("/fleets/{fleet_id}/statement")
async def get_fleet_statement(fleet_id: str, month: Month, principal: MayRead, tx: ReadTx) -> FleetStatementOut:
    """What a fleet charged in a month, by cost centre and vehicle; sessions count in the month in which they ended."""
    fleet = await store.get(tx, principal, fleet_id)
    since, until = periods.month_of(month, fleet.time_zone)
    rows = await store.statement(tx, fleet, since, until)
    lines = [StatementLine(**{name: getattr(row, name) for name in StatementLine.model_fields}) for row in rows]
    return FleetStatementOut(month=month, since=since, until=until, lines=lines)


@router.get("/fleets/{fleet_id}/statement.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
async def get_fleet_statement_csv(fleet_id: str, month: Month, principal: MayRead, tx: ReadTx) -> Response:
    """The same as a table for a spreadsheet: energy in kWh, amounts in major units."""
    fleet = await store.get(tx, principal, fleet_id)
    rows = await store.statement(tx, fleet, *periods.month_of(month, fleet.time_zone))
    headers = {"Content-Disposition": f'attachment; filename="fleet-{month}.csv"', "Cache-Control": "no-store"}
    return Response(rules.as_csv(month, rows), media_type="text/csv; charset=utf-8", headers=headers)


def _fleet(row: Any) -> FleetOut:
    return FleetOut(id=row.id, name=row.name, time_zone=row.time_zone, created_at=row.created_at)


def _cost_centre(row: Any) -> CostCentreOut:
    return CostCentreOut(id=row.id, code=row.code, name=row.name)


def _vehicle(row: Any) -> VehicleOut:
    return VehicleOut(**{name: getattr(row, name) for name in VehicleOut.model_fields})


def _member(row: Any) -> FleetMemberOut:
    return FleetMemberOut(id_token_id=row.id_token_id, vehicle_id=row.vehicle_id, cost_centre_id=row.cost_centre_id)


def _described(row: Any, token: TokenDescription | None, principal: Principal) -> FleetMemberDetails:
    value, kind = (None, None) if token is None else (principal.shown(token.value), token.kind)
    return FleetMemberDetails(**_member(row).model_dump(), token=value, token_kind=kind)


def _told(schema: type[Schema], row: Any) -> dict[str, Any]:
    """What the audit log is told of what is gone."""
    return {name: getattr(row, name) for name in schema.model_fields}


def _use(row: Any, since: datetime, taken: int) -> LimitUseOut:
    used_wh, used_minor = (taken, None) if row.unit == ENERGY else (None, taken)
    return LimitUseOut(**_limit(row).model_dump(), since=since, used_wh=used_wh, used_minor=used_minor)


def _limit(row: Any) -> LimitIn:
    is_energy = row.unit == ENERGY
    return LimitIn(
        kind=row.kind,
        target_id=None if row.kind == "fleet" else row.target_id,
        span=row.span,
        energy_wh=row.amount if is_energy else None,
        amount_minor=None if is_energy else row.amount,
        currency=None if is_energy else row.unit,
    )
