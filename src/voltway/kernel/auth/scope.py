"""What a caller sees of a table: the one place where this is decided.

    sa.select(tariffs).where(visible(principal, tariffs))

Tables without a location are their operator's as a whole, or belong to a station that is looked up first. On PostgreSQL there
is a second wall behind this one: kernel/row_security.py.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from voltway.kernel.auth.principal import Principal


def visible(
    principal: Principal,
    table: sa.Table,
    *,
    location: sa.ColumnElement[Any] | None = None,
    is_unplaced_shared: bool = False,
) -> sa.ColumnElement[bool]:
    """The rows of a table that a caller may see: of the caller's operator, and at the caller's locations if there are any and
    the table knows of locations. `location`: the column that says where, if it is not `location_id`. `is_unplaced_shared`: rows without a location hold at every one."""
    is_ours = table.c.operator_id == principal.operator_id
    place = table.c.get("location_id") if location is None else location
    if principal.location_ids is None or place is None:
        return is_ours
    is_here = place.in_(sorted(principal.location_ids))
    return sa.and_(is_ours, sa.or_(is_here, place.is_(None)) if is_unplaced_shared else is_here)
