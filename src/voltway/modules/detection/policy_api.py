"""REST of notification policies (the outside contract: /notification-policies)."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends

from voltway.contracts.stations import LocationExists
from voltway.kernel import audit, clock
from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.database import Tx
from voltway.kernel.http import Page, PageQuery, open_tx, page_query, read_tx, runtime_of
from voltway.kernel.ids import new_id
from voltway.kernel.runtime import Runtime
from voltway.modules.detection import store
from voltway.modules.detection.errors import BadField, TooManyPolicies
from voltway.modules.detection.schemas import PolicyIn, PolicyOut
from voltway.modules.detection.settings import DetectionSettings
from voltway.modules.detection.tables import policies

router = APIRouter(tags=["incidents"])

MayTune = Annotated[Principal, Depends(allowed(Permission.ADMIN, everywhere=True))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]


@router.get("/notification-policies")
async def list_notification_policies(
    principal: MayTune, tx: ReadTx, page: Annotated[PageQuery, Depends(page_query)]
) -> Page[PolicyOut]:
    """Who hears of which incidents, newest first."""
    statement = sa.select(policies).where(visible(principal, policies))
    rows, next_cursor = await page.fetch(tx, statement, policies.c.id)
    return Page(items=[_shown(row) for row in rows], next_cursor=next_cursor)


@router.post("/notification-policies", status_code=201)
async def add_notification_policy(body: PolicyIn, principal: MayTune, runtime: OurRuntime) -> PolicyOut:
    """Add a policy."""
    await _check_locations(runtime, principal, body)
    now, mine = clock.now(), visible(principal, policies)
    async with runtime.database.begin() as tx:
        count = (await tx.execute(sa.select(sa.func.count()).select_from(policies).where(mine))).scalar_one()
        if count >= runtime.settings(DetectionSettings).policies_max:
            raise TooManyPolicies(f"There are {count}.")
        row = _values(body) | {"id": new_id(), "operator_id": principal.operator_id, "created_at": now}
        await tx.execute(sa.insert(policies).values(row | {"updated_at": now}))
        audit.note(tx, principal, "notification_policy.made", ("notification_policy", row["id"]), after=_values(body))
        return _shown(await store.get_policy(tx, principal.operator_id, row["id"]))


@router.get("/notification-policies/{policy_id}")
async def get_notification_policy(policy_id: str, principal: MayTune, tx: ReadTx) -> PolicyOut:
    """One policy."""
    return _shown(await store.get_policy(tx, principal.operator_id, policy_id))


@router.put("/notification-policies/{policy_id}")
async def replace_notification_policy(
    policy_id: str, body: PolicyIn, principal: MayTune, runtime: OurRuntime
) -> PolicyOut:
    """Make a policy this."""
    await _check_locations(runtime, principal, body)
    async with runtime.database.begin() as tx:
        before = await store.get_policy(tx, principal.operator_id, policy_id)
        values = _values(body) | {"updated_at": clock.now()}
        await tx.execute(sa.update(policies).where(policies.c.id == before.id).values(**values))
        was = PolicyIn(**{name: getattr(before, name) for name in PolicyIn.model_fields})
        audit.note(
            tx,
            principal,
            "notification_policy.edited",
            ("notification_policy", before.id),
            before=_values(was),
            after=_values(body),
        )
        return _shown(await store.get_policy(tx, principal.operator_id, policy_id))


@router.delete("/notification-policies/{policy_id}", status_code=204)
async def remove_notification_policy(policy_id: str, principal: MayTune, tx: OpenTx) -> None:
    """Remove a policy; what it was still to tell is not told."""
    row = await store.get_policy(tx, principal.operator_id, policy_id)
    await tx.execute(sa.delete(policies).where(policies.c.id == row.id))
    audit.note(tx, principal, "notification_policy.removed", ("notification_policy", row.id), before={"name": row.name})


def _values(body: PolicyIn) -> dict[str, Any]:
    """The columns of a policy."""
    return body.model_dump(mode="json")


def _shown(row: Any) -> PolicyOut:
    return PolicyOut.model_validate(row)


async def _check_locations(runtime: Runtime, principal: Principal, body: PolicyIn) -> None:
    """Raise BadField for a location that is not the operator's."""
    for index, location_id in enumerate(body.location_ids or ()):
        is_ours = await runtime.ask(LocationExists(operator_id=principal.operator_id, location_id=location_id))
        if not is_ours:
            raise BadField.at(f"$.location_ids[{index}]", "name one of your locations")
