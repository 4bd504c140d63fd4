"""Drivers that a text may mean."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.contracts.desk import Found, SearchDrivers
from voltway.kernel.auth import Role
from voltway.kernel.auth.tables import accounts
from voltway.kernel.runtime import Runtime


async def search_drivers(runtime: Runtime, request: SearchDrivers) -> list[Found]:
    """Accounts of drivers, by how the address begins or a part of the name."""
    table = accounts.c
    statement = sa.select(table.id, table.name, table.email, table.is_active).where(
        table.operator_id == request.operator_id,
        table.role == Role.DRIVER.value,
        sa.or_(
            table.email_key.startswith(request.text.casefold(), autoescape=True),
            table.name.icontains(request.text, autoescape=True),
        ),
    )
    async with runtime.database.read(request.operator_id) as tx:
        rows = (await tx.execute(statement.order_by(table.name, table.id).limit(request.limit))).all()
    return [
        Found(
            id=row.id,
            title=row.name or masked_address(row.email),
            hint=masked_address(row.email),
            state="active" if row.is_active else "inactive",
        )
        for row in rows
    ]


def masked_address(address: str) -> str:
    """An address by which its owner knows it again: `a***@example.org`."""
    name, _, domain = address.partition("@")
    return f"{name[:1]}***@{domain}"
