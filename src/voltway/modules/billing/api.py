"""REST of tariffs (the outside contract: /tariffs)."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends

from voltway.charging.pricing import Tariff
from voltway.charging.tariff_lint import lint
from voltway.contracts.stations import FindStations, LocationExists
from voltway.kernel import audit, clock
from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.database import Tx
from voltway.kernel.http import Page, PageQuery, open_tx, page_query, read_tx, runtime_of
from voltway.kernel.ids import new_id
from voltway.kernel.runtime import Runtime
from voltway.modules.billing import store
from voltway.modules.billing.errors import TargetNotFound, TariffRefused
from voltway.modules.billing.rules import GROUP, LOCATION, OPERATOR, Target, station_of
from voltway.modules.billing.schemas import AssignmentsBody, TariffIn, TariffOut, TariffVersionIn, tariff_out
from voltway.modules.billing.tables import assignments, tariffs

router = APIRouter(tags=["tariffs"])

MayRead = Annotated[Principal, Depends(allowed(Permission.TARIFFS_READ))]
MayWrite = Annotated[Principal, Depends(allowed(Permission.TARIFFS_WRITE, everywhere=True))]


async def seen_by(principal: MayRead, runtime: Annotated[Runtime, Depends(runtime_of)]) -> store.Sight:
    """A dependency: what the caller sees of the tariffs."""
    places = tuple(sorted(principal.location_ids or ()))
    found = await runtime.ask(FindStations(operator_id=principal.operator_id, location_ids=places)) if places else []
    return store.sight(principal, [station.station_id for station in found])


Seen = Annotated[store.Sight, Depends(seen_by)]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]


@router.get("/tariffs")
async def list_tariffs(seen: Seen, tx: ReadTx, page: Annotated[PageQuery, Depends(page_query)]) -> Page[TariffOut]:
    """The operator's tariffs, newest first."""
    statement = sa.select(tariffs).where(seen.tariffs)
    rows, next_cursor = await page.fetch(tx, statement, tariffs.c.id)
    targets = await store.targets_of(tx, [row.id for row in rows], seen.assignments)
    items = [tariff_out(row, targets[row.id]) for row in rows]
    return Page(items=items, next_cursor=next_cursor)


@router.post("/tariffs", status_code=201)
async def add_tariff(body: TariffIn, principal: MayWrite, tx: OpenTx) -> TariffOut:
    """Add a tariff. It is never edited: another price is another version (PUT), or another tariff. One that cannot be meant is
    refused, with the element named."""
    tariff = body.tariff(new_id(), 1)
    _require_sense(tariff)
    await store.add_tariff(tx, principal.operator_id, tariff, ocpi=_given(body))
    audit.note(tx, principal, "tariff.added", ("tariff", tariff.tariff_id), after=body.model_dump(mode="json"))
    return tariff_out(await store.get_row(tx, tariff.tariff_id, sa.true()), [])


@router.put("/tariffs/{tariff_id}")
async def change_tariff(tariff_id: str, body: TariffVersionIn, principal: MayWrite, tx: OpenTx) -> TariffOut:
    """Make a new version. Sessions that go on keep the one that they began with; it takes over what the versions before it are
    assigned to, at once or from `takes_over_at` on."""
    before = await store.get_row(tx, tariff_id, visible(principal, tariffs))
    family_id = before.family_id or before.id
    latest = await store.latest_of_family(tx, principal.operator_id, family_id)
    tariff = body.tariff(new_id(), latest.version + 1)
    _require_sense(tariff)
    is_later = body.takes_over_at is not None and body.takes_over_at > clock.now()
    await store.add_tariff(
        tx,
        principal.operator_id,
        tariff,
        ocpi=_given(body),
        family_id=family_id,
        takes_over_at=body.takes_over_at if is_later else None,
    )
    if not is_later:
        await store.take_over(tx, principal.operator_id, family_id, tariff.tariff_id)
    was, now = {"tariff": latest.document}, body.model_dump(mode="json") | {"version": tariff.version}
    audit.note(tx, principal, "tariff.changed", ("tariff", family_id), before=was, after=now)
    targets = await store.targets_of(tx, [tariff.tariff_id], visible(principal, assignments))
    return tariff_out(await store.get_row(tx, tariff.tariff_id, sa.true()), targets[tariff.tariff_id])


def _given(body: TariffIn) -> dict[str, Any] | None:
    return None if body.ocpi is None else body.ocpi.model_dump(mode="json", exclude_none=True)


def _require_sense(tariff: Tariff) -> None:
    """Raise TariffRefused for what cannot be meant."""
    errors = (
        [finding for finding in lint(tariff.full) if finding.severity == "error"] if tariff.full is not None else []
    )
    if errors:
        first = errors[0]
        where = "" if first.element is None else f"Element {first.element}: "
        found = [{"code": each.code, "element": each.element, "text": each.text} for each in errors]
        raise TariffRefused(f"{where}{first.text}", findings=found)


async def take_over_due(runtime: Runtime) -> None:
    """A job: versions whose time has come take over."""
    async with runtime.database.read() as tx:
        is_any = await store.due_versions(tx, clock.now())
    if not is_any:
        return
    async with runtime.database.begin() as tx:
        for row in await store.due_versions(tx, clock.now()):
            await store.take_over(tx, row.operator_id, row.family_id or row.id, row.id)
            subject = ("tariff", row.family_id or row.id)
            audit.note(
                tx,
                None,
                "tariff.took_over",
                subject,
                operator_id=row.operator_id,
                by="billing",
                after={"version": row.version},
            )


@router.get("/tariffs/{tariff_id}")
async def get_tariff(tariff_id: str, seen: Seen, tx: ReadTx) -> TariffOut:
    """One tariff."""
    row = await store.get_row(tx, tariff_id, seen.tariffs)
    targets = await store.targets_of(tx, [tariff_id], seen.assignments)
    return tariff_out(row, targets[tariff_id])


@router.put("/tariffs/{tariff_id}/assignments")
async def assign_tariff(
    tariff_id: str,
    body: AssignmentsBody,
    principal: MayWrite,
    runtime: Annotated[Runtime, Depends(runtime_of)],
) -> TariffOut:
    """Let the tariff hold for exactly these targets, from the next session on. The nearest assignment wins."""
    targets = [target.target() for target in body.targets]
    await _require_targets(runtime, principal.operator_id, targets)
    async with runtime.database.begin(principal.operator_id) as tx:
        row = await store.get_row(tx, tariff_id, visible(principal, tariffs))
        before = await store.targets_of(tx, [tariff_id], visible(principal, assignments))
        await store.assign(tx, principal.operator_id, tariff_id, targets)
        assigned = await store.targets_of(tx, [tariff_id], visible(principal, assignments))
        was, now = {"targets": before[tariff_id]}, {"targets": assigned[tariff_id]}
        audit.note(tx, principal, "tariff.assigned", ("tariff", tariff_id), before=was, after=now)
    return tariff_out(row, assigned[tariff_id])


async def _require_targets(runtime: Runtime, operator_id: str, targets: list[Target]) -> None:
    """Raise TargetNotFound for a target that is not the operator's."""
    station_ids = {station_id for target in targets if (station_id := station_of(target)) is not None}
    known = set()
    if station_ids:
        found = await runtime.ask(FindStations(operator_id=operator_id, station_ids=tuple(station_ids)))
        known = {station.station_id for station in found}
    for kind, target_id in targets:
        if kind == OPERATOR or (kind == GROUP and target_id):
            continue
        if kind == LOCATION:
            is_there = await runtime.ask(LocationExists(operator_id=operator_id, location_id=target_id))
        else:
            is_there = station_of((kind, target_id)) in known
        if not is_there:
            raise TargetNotFound(f"There is no {kind} {target_id!r}.", kind=kind, id=target_id)
