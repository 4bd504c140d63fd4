"""REST of one driver, for the operator's people."""

from __future__ import annotations

from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path

from voltway.kernel.auth import Permission, Principal, Role, allowed, visible
from voltway.kernel.auth.errors import AccountNotFound
from voltway.kernel.auth.tables import accounts
from voltway.modules.accounts import service
from voltway.modules.accounts.people import ReadTx
from voltway.modules.accounts.schemas import DriverOut
from voltway.modules.accounts.searching import masked_address

router = APIRouter(tags=["accounts"])

MayReadTokens = Annotated[Principal, Depends(allowed(Permission.TOKENS_READ))]
AccountId = Annotated[str, Path(max_length=36)]


@router.get("/drivers/{account_id}")
async def get_driver(account_id: AccountId, principal: MayReadTokens, tx: ReadTx) -> DriverOut:
    """Whoever has tokens. The address is whole to administrators, who may change and erase accounts; others see how it begins, to
    compare it with what a caller says."""
    mine = (visible(principal, accounts), accounts.c.role == Role.DRIVER.value)
    row = (await tx.execute(sa.select(accounts).where(accounts.c.id == account_id, *mine))).one_or_none()
    if row is None or row.email == service.erased_address(account_id):
        raise AccountNotFound(f"There is no driver {account_id}.")
    return DriverOut(
        id=row.id,
        name=row.name,
        email=row.email if principal.may(Permission.ADMIN) else masked_address(row.email),
        locale=row.locale,
        is_active=row.is_active,
        created_at=row.created_at,
    )
