"""How our column types are written in a revision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from voltway.kernel.database import JsonDocument, UtcDateTime

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


def render_type(kind: str, item: Any, context: AutogenContext) -> str | Literal[False]:
    """The source text of a column type of ours; False for what Alembic writes by itself."""
    if kind == "type" and isinstance(item, (JsonDocument, UtcDateTime)):
        name = type(item).__name__
        context.imports.add(f"from voltway.kernel.database import {name}")
        return f"{name}()"
    return False
