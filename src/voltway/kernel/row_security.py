"""The second wall between operators, on PostgreSQL: row-level security on every table that says whose its rows are.

The first wall is `kernel/auth/scope.py`. Should a query forget it, this one stands: a transaction of a request names its
operator (`Database.begin(operator_id)`, `read(operator_id)`), and the database shows it and lets it write no other's rows.
Transactions that name none are the system's own - stations, jobs, events - and see everything; so they pay one comparison of
the setting for a statement and nothing else.

The policies hold for the owner of the tables too (FORCE), but never for a superuser: run the platform as a plain role.
"""

from __future__ import annotations

import sqlalchemy as sa

POLICY = "of_one_operator"
# In a subquery, so that it is evaluated once for a statement and not once for a row.
_IS_SEEN = (
    "(SELECT coalesce(current_setting('voltway.operator_id', true), '')) = '' "
    "OR operator_id = (SELECT current_setting('voltway.operator_id', true))"
)


def statements_for(table: str) -> tuple[str, ...]:
    """What puts a table behind the wall."""
    return (
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY {POLICY} ON {table} USING ({_IS_SEEN}) WITH CHECK ({_IS_SEEN})",
    )


def unprotected(connection: sa.Connection) -> list[str]:
    """The tables of this schema that say whose their rows are and are not behind the wall."""
    found = connection.execute(
        sa.text(
            "SELECT c.table_name FROM information_schema.columns c "
            "JOIN information_schema.tables t USING (table_schema, table_name) "
            "WHERE c.table_schema = current_schema() AND c.column_name = 'operator_id' AND t.table_type = 'BASE TABLE' "
            "AND NOT EXISTS (SELECT 1 FROM pg_policies p WHERE p.schemaname = c.table_schema "
            "AND p.tablename = c.table_name AND p.policyname = :policy) ORDER BY c.table_name"
        ),
        {"policy": POLICY},
    )
    return list(found.scalars())


def protect(connection: sa.Connection) -> None:
    """Put every table that says whose its rows are behind the wall, so that no revision can forget it. Elsewhere: nothing."""
    if connection.dialect.name == "postgresql":
        for table in unprotected(connection):
            for statement in statements_for(table):
                connection.execute(sa.text(statement))
