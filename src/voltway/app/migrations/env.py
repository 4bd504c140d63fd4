"""Alembic's entry. The connection comes from `voltway.app.schema` or `write`, with its transaction open."""

from __future__ import annotations

from alembic import context

from voltway.app.migrations.rendering import render_type

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    target_metadata=attributes.get("metadata"),
    render_as_batch=True,
    render_item=render_type,
)
with context.begin_transaction():
    context.run_migrations()
