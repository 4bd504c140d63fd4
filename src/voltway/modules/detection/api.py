"""REST of incidents and rules (the outside contract: /incidents, /detection-rules)."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query

from voltway.contracts.detection import IncidentState, Severity
from voltway.kernel import audit, clock
from voltway.kernel.auth import Permission, Principal, allowed
from voltway.kernel.database import Tx
from voltway.kernel.http import Instant, Page, PageQuery, open_tx, page_query, read_tx, runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.detection import schemas, service, store
from voltway.modules.detection.errors import BadField, RuleNotFound
from voltway.modules.detection.rules_table import BY_ID, RULES, Rule
from voltway.modules.detection.tables import incidents
from voltway.modules.detection.watching import Watch

router = APIRouter(tags=["incidents"])

MayRead = Annotated[Principal, Depends(allowed(Permission.INCIDENTS_READ))]
MayWrite = Annotated[Principal, Depends(allowed(Permission.INCIDENTS_WRITE))]
MayTune = Annotated[Principal, Depends(allowed(Permission.ADMIN, everywhere=True))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]

TIMELINE_MAX = 500


# ---- incidents


@router.get("/incidents")
async def list_incidents(
    principal: MayRead,
    tx: ReadTx,
    page: Annotated[PageQuery, Depends(page_query)],
    state: IncidentState | None = None,
    is_open: Annotated[bool | None, Query(description="true: open and acknowledged ones")] = None,
    severity: Severity | None = None,
    rule_id: Annotated[str | None, Query(max_length=8)] = None,
    station_id: Annotated[str | None, Query(max_length=36)] = None,
    location_id: Annotated[str | None, Query(max_length=36)] = None,
    assignee_id: Annotated[str | None, Query(max_length=36)] = None,
    text: Annotated[str | None, Query(min_length=1, max_length=100, description="in title or subject")] = None,
    since: Instant | None = None,
) -> Page[schemas.IncidentOut]:
    """Incidents, newest first."""
    statement = sa.select(incidents).where(store.visible_to(principal))
    for column, wanted in (
        (incidents.c.state, state),
        (incidents.c.severity, severity),
        (incidents.c.rule_id, rule_id),
        (incidents.c.station_id, station_id),
        (incidents.c.location_id, location_id),
        (incidents.c.assignee_id, assignee_id),
    ):
        if wanted is not None:
            statement = statement.where(column == str(wanted))
    if is_open is not None:
        is_closed = incidents.c.state == IncidentState.CLOSED.value
        statement = statement.where(~is_closed if is_open else is_closed)
    if since is not None:
        statement = statement.where(incidents.c.last_at >= since)
    if text is not None:
        found = [column.icontains(text, autoescape=True) for column in (incidents.c.title, incidents.c.subject)]
        statement = statement.where(sa.or_(*found))
    rows, next_cursor = await page.fetch(tx, statement, incidents.c.id)
    return Page(items=[schemas.IncidentOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.get("/incidents/{incident_id}")
async def get_incident(incident_id: str, principal: MayRead, tx: ReadTx) -> schemas.IncidentDetail:
    """One incident with its timeline."""
    return await _detail(tx, principal, incident_id)


@router.post("/incidents/{incident_id}/notes", status_code=201)
async def add_note(incident_id: str, body: schemas.NoteIn, principal: MayWrite, tx: OpenTx) -> schemas.IncidentDetail:
    """Write something into the timeline."""
    incident = await store.get_incident(tx, incident_id, store.visible_to(principal))
    await service.add_note(tx, principal, incident, body.text)
    return await _detail(tx, principal, incident_id)


@router.patch("/incidents/{incident_id}")
async def change_incident(
    incident_id: str, body: schemas.IncidentPatch, principal: MayWrite, tx: OpenTx
) -> schemas.IncidentDetail:
    """Give it to somebody, acknowledge it, close it, take it up again."""
    incident = await store.get_incident(tx, incident_id, store.visible_to(principal), is_locked=True)
    if "assignee_id" in body.model_fields_set:
        await service.assign(tx, principal, incident, body.assignee_id)
    if "state" in body.model_fields_set:
        await service.move(tx, principal, incident, body.state, body.reason)
    return await _detail(tx, principal, incident_id)


async def _detail(tx: Tx, principal: Principal, incident_id: str) -> schemas.IncidentDetail:
    row = await store.get_incident(tx, incident_id, store.visible_to(principal))
    entries = await store.timeline_of(tx, incident_id, TIMELINE_MAX)
    shown = schemas.IncidentOut.model_validate(row)
    return schemas.IncidentDetail(
        **shown.model_dump(), timeline=[schemas.EntryOut.model_validate(entry) for entry in entries]
    )


# ---- rules


@router.get("/detection-rules")
async def list_detection_rules(principal: MayRead, tx: ReadTx) -> schemas.Rules:
    """All rules, with the thresholds that hold for the operator."""
    tuned = {row.rule_id: row for row in await store.all_tunings(tx, principal.operator_id)}
    return schemas.Rules(items=[_shown(rule, tuned.get(rule.id)) for rule in RULES])


@router.patch("/detection-rules/{rule_id}")
async def change_detection_rule(
    rule_id: str, body: schemas.RulePatch, principal: MayTune, tx: OpenTx, runtime: OurRuntime
) -> schemas.RuleOut:
    """Move thresholds of a rule, or switch it on and off, for the whole operator."""
    rule = BY_ID.get(rule_id)
    if rule is None:
        raise RuleNotFound(f"There is no rule {rule_id[:20]}.")
    before = next((row for row in await store.all_tunings(tx, principal.operator_id) if row.rule_id == rule.id), None)
    parameters = dict(before.parameters) if before is not None else {}
    for name, value in body.parameters.items():
        parameters = _moved(rule, parameters, name, value)
    given = body.model_fields_set
    row = {
        "operator_id": principal.operator_id,
        "rule_id": rule.id,
        "is_enabled": body.is_enabled if "is_enabled" in given or before is None else before.is_enabled,
        "severity": body.severity if "severity" in given or before is None else before.severity,
        "parameters": parameters,
        "changed_at": clock.now(),
        "changed_by": principal.name,
    }
    await store.save_tuning(tx, row)
    fields = ("is_enabled", "severity", "parameters")
    audit.note(
        tx,
        principal,
        "detection_rule.edited",
        ("detection_rule", rule.id),
        before={name: getattr(before, name) for name in fields} if before is not None else None,
        after={name: row[name] for name in fields},
    )
    tx.after_commit(runtime.state(Watch).retune_soon(runtime.database))
    saved = next(row for row in await store.all_tunings(tx, principal.operator_id) if row.rule_id == rule.id)
    return _shown(rule, saved)


def _moved(rule: Rule, parameters: dict[str, float], name: str, value: float | None) -> dict[str, float]:
    """The parameters with one of them moved. Raises BadField for one that there is not, or that is out of its bounds."""
    path, known = f"$.parameters.{name[:40]}", rule.parameters.get(name)
    if known is None:
        raise BadField.at(path, f"the rule has {', '.join(rule.parameters) or 'no parameters'}")
    kept = {each: number for each, number in parameters.items() if each != name}
    if value is None:
        return kept
    if not known.low <= value <= known.high:
        raise BadField.at(path, f"from {known.low:g} to {known.high:g}")
    return {**kept, name: value}


def _shown(rule: Rule, tuning: Any | None) -> schemas.RuleOut:
    moved: dict[str, float] = tuning.parameters if tuning is not None else {}
    return schemas.RuleOut(
        id=rule.id,
        title=rule.title,
        signal=rule.signal,
        severity=tuning.severity if tuning is not None and tuning.severity else rule.severity,
        action=rule.action,
        is_enabled=tuning.is_enabled if tuning is not None else True,
        is_waiting=rule.is_waiting,
        source=rule.source,
        waits_for=rule.waits_for,
        parameters=[
            schemas.ParameterOut(
                name=name,
                value=moved.get(name, each.default),
                default=each.default,
                low=each.low,
                high=each.high,
                unit=each.unit,
            )
            for name, each in rule.parameters.items()
        ],
    )
