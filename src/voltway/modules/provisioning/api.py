"""REST of provisioning."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends

from voltway.contracts.stations import CheckOrder, LocationExists, ReadVariables
from voltway.kernel import audit, clock
from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.auth.errors import PermissionMissing
from voltway.kernel.database import Tx
from voltway.kernel.errors import InvalidField
from voltway.kernel.http import Page, PageQuery, open_tx, page_query, read_tx, runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.provisioning import applying, rules, store
from voltway.modules.provisioning.errors import NoTemplateFits, StationNotFound
from voltway.modules.provisioning.schemas import (
    DifferenceOut,
    DriftOut,
    ProvisionIn,
    ProvisionOut,
    RunOut,
    TemplateIn,
    TemplateOut,
)
from voltway.modules.provisioning.tables import runs, templates

router = APIRouter(tags=["provisioning"])

MayRead = Annotated[Principal, Depends(allowed(Permission.STATIONS_READ))]
MayWrite = Annotated[Principal, Depends(allowed(Permission.STATIONS_WRITE))]
MayOrder = Annotated[Principal, Depends(allowed(Permission.COMMANDS_SEND))]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]


@router.post("/provisioning-templates", status_code=201)
async def add_provisioning_template(body: TemplateIn, principal: MayWrite, runtime: OurRuntime) -> TemplateOut:
    """Keep what stations of a kind are to be told. It is applied at the next boot of each that it fits best."""
    await _check(runtime, principal, body)
    async with runtime.database.begin(principal.operator_id) as tx:
        row = await store.add(tx, principal.operator_id, body.model_dump(mode="json"))
        audit.note(tx, principal, "provisioning_template.added", ("provisioning_template", row.id), after=_told(row))
    return _template_out(row, principal)


@router.get("/provisioning-templates")
async def list_provisioning_templates(
    principal: MayRead, tx: ReadTx, page: Annotated[PageQuery, Depends(page_query)]
) -> Page[TemplateOut]:
    """The templates, newest first."""
    statement = sa.select(templates).where(store.visible_to(principal))
    rows, next_cursor = await page.fetch(tx, statement, templates.c.id)
    return Page(items=[_template_out(row, principal) for row in rows], next_cursor=next_cursor)


@router.get("/provisioning-templates/{template_id}")
async def get_provisioning_template(template_id: str, principal: MayRead, tx: ReadTx) -> TemplateOut:
    """One template. Passwords in its steps are shown to those only who may change it."""
    return _template_out(await store.get(tx, template_id, store.visible_to(principal)), principal)


@router.put("/provisioning-templates/{template_id}")
async def change_provisioning_template(
    template_id: str, body: TemplateIn, principal: MayWrite, runtime: OurRuntime
) -> TemplateOut:
    """Replace a template; as a new revision it is applied anew at the next boot of each station."""
    async with runtime.database.read(principal.operator_id) as tx:
        row = await store.get(tx, template_id, store.visible_to(principal))
    _require_reach(principal, row.location_id)
    await _check(runtime, principal, body)
    async with runtime.database.begin(principal.operator_id) as tx:
        row = await store.get(tx, template_id, store.visible_to(principal))
        changed = await store.change(tx, row, body.model_dump(mode="json"))
        difference = audit.changes(_told(row), _told(changed))
        audit.note(tx, principal, "provisioning_template.edited", ("provisioning_template", template_id), **difference)
    return _template_out(changed, principal)


@router.delete("/provisioning-templates/{template_id}", status_code=204)
async def remove_provisioning_template(template_id: str, principal: MayWrite, tx: OpenTx) -> None:
    """Delete a template. What stations have taken of it stays with them."""
    row = await store.get(tx, template_id, store.visible_to(principal))
    _require_reach(principal, row.location_id)
    await store.remove(tx, row.id)
    audit.note(tx, principal, "provisioning_template.removed", ("provisioning_template", row.id), before=_told(row))


@router.post("/charging-stations/{station_id}/provision", status_code=202)
async def provision_station(
    station_id: str, body: ProvisionIn, principal: MayOrder, runtime: OurRuntime
) -> ProvisionOut:
    """Apply a template to a station, whether it has taken it before or not. How it goes: the station's runs."""
    template = await _template_for(runtime, principal, station_id, body.template_id)
    if template is None:
        raise NoTemplateFits("Make a template for this vendor, model or location, or name one.")
    row = {
        "station_id": station_id,
        "operator_id": principal.operator_id,
        "template_id": template.id,
        "reason": "order",
        "due_at": clock.now(),
    }
    async with runtime.database.begin(principal.operator_id) as tx:
        await store.make_due(tx, [row])
        told = {"template_id": template.id, "template_name": template.name}
        audit.note(tx, principal, "station.provisioned", ("station", station_id), after=told)
    return ProvisionOut(template_id=template.id, template_name=template.name)


@router.get("/charging-stations/{station_id}/provisioning-runs")
async def list_provisioning_runs(
    station_id: str, principal: MayRead, runtime: OurRuntime, page: Annotated[PageQuery, Depends(page_query)]
) -> Page[RunOut]:
    """Each time that a template was applied to a station, newest first."""
    await _require_station(runtime, principal, station_id)
    statement = sa.select(runs).where(visible(principal, runs), runs.c.station_id == station_id)
    async with runtime.database.read(principal.operator_id) as tx:
        rows, next_cursor = await page.fetch(tx, statement, runs.c.id)
    return Page(
        items=[RunOut(**{name: getattr(row, name) for name in RunOut.model_fields}) for row in rows],
        next_cursor=next_cursor,
    )


@router.get("/charging-stations/{station_id}/drift")
async def read_drift(station_id: str, principal: MayRead, runtime: OurRuntime) -> DriftOut:
    """What of a station is not as the template says that fits it best."""
    template = await _template_for(runtime, principal, station_id, None)
    if template is None:
        return DriftOut(template_id=None, template_name=None, differences=[])
    told = await runtime.ask(ReadVariables(operator_id=principal.operator_id, station_id=station_id))
    actual = {rules.key_of(each): each["value"] for each in told}
    return DriftOut(
        template_id=template.id,
        template_name=template.name,
        differences=[DifferenceOut(**each._asdict()) for each in rules.differences(template.steps, actual)],
    )


async def _template_for(runtime: Runtime, principal: Principal, station_id: str, template_id: str | None) -> Any:
    """The template that is named, else the one that fits a station best; None where none does."""
    place = await _require_station(runtime, principal, station_id)
    async with runtime.database.read(principal.operator_id) as tx:
        if template_id is not None:
            return await store.get(tx, template_id, store.visible_to(principal))
        return rules.choose(await store.templates_of(tx, principal.operator_id), place)


async def _require_station(runtime: Runtime, principal: Principal, station_id: str) -> rules.Place:
    record = await applying.find_record(runtime, principal.operator_id, station_id)
    if record is None or not principal.reaches(record.location_id):
        raise StationNotFound(f"There is no charging station {station_id}.")
    return applying.place_of(record)


async def _check(runtime: Runtime, principal: Principal, body: TemplateIn) -> None:
    """Raise InvalidField for a step that is no order, or a location that is not there; PermissionMissing."""
    _require_reach(principal, body.location_id)
    for index, step in enumerate(body.steps):
        try:
            await runtime.ask(CheckOrder(type=step.type, arguments=step.arguments))
        except InvalidField as error:
            raise InvalidField.at(f"$.steps[{index}]", str(error)) from None
    if body.location_id is not None:
        question = LocationExists(operator_id=principal.operator_id, location_id=body.location_id)
        if not await runtime.ask(question):
            raise InvalidField.at("$.location_id", "there is no such location")


def _require_reach(principal: Principal, location_id: str | None) -> None:
    """Raise PermissionMissing for a template that would reach stations which the caller may not touch."""
    if not principal.reaches(location_id):
        raise PermissionMissing("Who is bound to locations has a hand in templates for those only: name one of them.")


def _template_out(row: Any, principal: Principal) -> TemplateOut:
    shown = {name: getattr(row, name) for name in TemplateOut.model_fields}
    if not principal.may(Permission.STATIONS_WRITE):
        shown["steps"] = [{**step, "arguments": rules.without_secrets(step["arguments"])} for step in row.steps]
    return TemplateOut(**shown)


def _told(row: Any) -> dict[str, Any]:
    """A template for the audit log: what its steps set, without passwords."""
    shown = {name: getattr(row, name) for name in ("name", "vendor", "model", "location_id", "is_accepting")}
    steps = [{**step, "arguments": rules.without_secrets(step["arguments"])} for step in row.steps]
    return {**shown, "steps": steps}
