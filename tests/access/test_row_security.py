"""The second wall between operators, on PostgreSQL: what a query sees that has forgotten whose rows it may show."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from access.world import a_row, add_one_of_each, owned_tables
from voltway.kernel import row_security
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, create_operator
from voltway.kernel.database import Database


@pytest.fixture
async def other_id(database: Database) -> str:
    """Another operator; both have a row in every table."""
    if database.dialect != "postgresql":
        pytest.skip("is about PostgreSQL")
    async with database.begin() as tx:
        other_id = await create_operator(tx, "other", "Other")
        await add_one_of_each(tx, DEFAULT_OPERATOR_ID, "ours")
        await add_one_of_each(tx, other_id, "theirs")
    return other_id


async def test_every_table_that_says_whose_its_rows_are_is_behind_the_wall(database: Database, other_id: str) -> None:
    forced = sa.text("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
    async with database.read() as tx:
        assert await tx.connection.run_sync(row_security.unprotected) == []
        assert set((await tx.execute(forced)).scalars()) == {table.name for table in owned_tables()}


SEALED = ("audit_entries", "ledger_postings", "ledger_entries")


async def test_a_query_without_a_filter_sees_one_operator_only(database: Database, other_id: str) -> None:
    for operator_id in (DEFAULT_OPERATOR_ID, other_id):
        for writes in (False, True):
            async with database.begin(operator_id) if writes else database.read(operator_id) as tx:
                for table in owned_tables():
                    seen = set((await tx.execute(sa.select(table.c.operator_id))).scalars())
                    assert seen == {operator_id}, table.name


async def test_who_names_no_operator_is_the_system_and_sees_all(database: Database, other_id: str) -> None:
    async with database.read(other_id) as tx:  # its connection goes back to the pool: the next one must not inherit it
        await tx.execute(sa.text("SELECT 1"))
    async with database.read() as tx:
        for table in owned_tables():
            seen = set((await tx.execute(sa.select(table.c.operator_id))).scalars())
            assert seen == {DEFAULT_OPERATOR_ID, other_id}, table.name


async def test_a_write_without_a_filter_touches_no_other_operator(database: Database, other_id: str) -> None:
    tables = [table for table in owned_tables() if table.name not in ("kernel_outbox", *SEALED)]
    async with database.begin(other_id) as tx:
        for table in reversed(tables):
            await tx.execute(sa.delete(table))
    async with database.read() as tx:
        for table in tables:
            assert set((await tx.execute(sa.select(table.c.operator_id))).scalars()) == {DEFAULT_OPERATOR_ID}, (
                table.name
            )


async def test_nobody_writes_a_row_of_another_operator(database: Database, other_id: str) -> None:
    for table in owned_tables():
        with pytest.raises(DBAPIError, match="row-level security"):
            async with database.begin(other_id) as tx:
                await tx.execute(sa.insert(table).values(a_row(table, operator_id=DEFAULT_OPERATOR_ID)))
        # The audit log and the ledger are changed by nobody at all.
        with pytest.raises(DBAPIError, match="never changed" if table.name in SEALED else "row-level security"):
            async with database.begin(other_id) as tx:
                await tx.execute(sa.update(table).values(operator_id=DEFAULT_OPERATOR_ID))


async def test_a_request_is_confined_without_its_route_doing_anything(database: Database, other_id: str) -> None:
    async with database.begin(other_id) as tx:
        told = await tx.execute(sa.text("SELECT current_setting('voltway.operator_id', true)"))
        assert told.scalar_one() == other_id
