"""What the fleets module has to do with a person: the copy of their places in fleets, and letting go of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from voltway.contracts.accounts import PERSONAL_DATA_MAX, AccountErased, FindPersonalFleets, MemberRemoved
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.fleets.tables import fleets, managers, members, vehicles


async def find_personal_fleets(runtime: Runtime, request: FindPersonalFleets) -> list[dict[str, Any]]:
    """The fleets that a person manages, and those in which a token of theirs is, with its vehicle."""
    managed = (
        sa.select(fleets.c.id, fleets.c.name)
        .join(managers, managers.c.fleet_id == fleets.c.id)
        .where(managers.c.operator_id == request.operator_id, managers.c.account_id == request.account_id)
        .order_by(fleets.c.id.desc())
    )
    joined = (
        sa.select(fleets.c.id, fleets.c.name, members.c.id_token_id, vehicles.c.plate)
        .select_from(members)
        .join(fleets, fleets.c.id == members.c.fleet_id)
        .outerjoin(vehicles, vehicles.c.id == members.c.vehicle_id)
        .where(members.c.operator_id == request.operator_id, members.c.id_token_id.in_(request.id_token_ids))
        .order_by(members.c.id_token_id.desc())
    )
    async with runtime.database.read() as tx:
        of_manager = (await tx.execute(managed.limit(PERSONAL_DATA_MAX))).all()
        of_member = (await tx.execute(joined.limit(PERSONAL_DATA_MAX))).all()
    found = [{"kind": "manager", "fleet_id": row.id, "fleet": row.name} for row in of_manager]
    found += [
        {"kind": "member", "fleet_id": row.id, "fleet": row.name, "id_token_id": row.id_token_id, "plate": row.plate}
        for row in of_member
    ]
    return found[:PERSONAL_DATA_MAX]


async def on_gone(runtime: Runtime, tx: Tx, events: Sequence[AccountErased | MemberRemoved]) -> None:
    """A person has gone and manages nothing any more. Their tokens are nobody's by themselves (users)."""
    gone = sa.or_(
        *(
            sa.and_(managers.c.operator_id == event.operator_id, managers.c.account_id == event.account_id)
            for event in events
        )
    )
    await tx.execute(sa.delete(managers).where(gone))
