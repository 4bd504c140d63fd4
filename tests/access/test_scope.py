"""What a caller sees of a table is decided in one place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa

import voltway
from access.world import add_one_of_each, owned_tables
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, Permission, Principal, Role, create_operator, visible
from voltway.kernel.auth.roles import PERMISSIONS
from voltway.kernel.database import Database

MODULES = Path(voltway.__file__).parent / "modules"
BY_HAND = re.compile(r"operator_id\s*==\s*principal\.operator_id|location_ids?\.in_\(\s*(?:sorted\()?principal\.")
BOUND_BY_HAND = {"billing/store.py": "the places that a tariff is assigned to are texts, of several kinds"}


def a_principal(operator_id: str, *location_ids: str) -> Principal:
    return Principal("p", "P", "api_key", Role.OPERATIONS, operator_id, frozenset(location_ids) or None)


async def test_of_every_table_a_caller_sees_the_rows_of_their_operator_at_their_locations(database: Database) -> None:
    async with database.begin() as tx:
        other_id = await create_operator(tx, "other", "Other")
        await add_one_of_each(tx, DEFAULT_OPERATOR_ID, "here")
        await add_one_of_each(tx, other_id, "there")
    async with database.read() as tx:
        for table in owned_tables():
            of_operator = sa.select(table.c.operator_id).where(visible(a_principal(DEFAULT_OPERATOR_ID), table))
            assert set((await tx.execute(of_operator)).scalars()) == {DEFAULT_OPERATOR_ID}, table.name
            if "location_id" in table.c:
                for place, seen in (("here", 1), ("there", 0)):  # bound to a place that another operator calls so
                    bound = visible(a_principal(DEFAULT_OPERATOR_ID, place), table)
                    assert len((await tx.execute(sa.select(table.c.operator_id).where(bound))).all()) == seen, (
                        table.name
                    )


@pytest.mark.parametrize("file", sorted(MODULES.rglob("*.py")), ids=lambda file: str(file.relative_to(MODULES)))
def test_nobody_filters_by_hand(file: Path) -> None:
    if str(file.relative_to(MODULES)) not in BOUND_BY_HAND:
        assert not BY_HAND.search(file.read_text()), "say visible(principal, table)"


def test_hosts_and_drivers_have_what_their_table_says_and_no_more() -> None:
    """A merge once put a permission into the wrong role, which no route can notice: it does as the table says."""
    assert PERMISSIONS[Role.DRIVER] == {
        Permission.TOKENS_OWN,
        Permission.BOOKINGS_OWN,
        Permission.PAYMENTS_OWN,
        Permission.DOCUMENTS_OWN,
    }
    assert {each.value for each in PERMISSIONS[Role.SITE_HOST]} == {
        "stations:read",
        "sessions:read",
        "tariffs:read",
        "locations:read",
        "reservations:read",
        "settlements:read",
        "live:read",
        "reports:read",
    }
    assert Permission.MAILS_READ not in PERMISSIONS[Role.AUDITOR]
    assert Permission.PLATFORM not in PERMISSIONS[Role.OPERATOR_ADMIN]
