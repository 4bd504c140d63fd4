"""REST of saved views: filters of a list that somebody keeps under a name."""

from __future__ import annotations

from fastapi import APIRouter

from voltway.modules.workbench import store
from voltway.modules.workbench.dependencies import OpenTx, Person, ReadTx
from voltway.modules.workbench.schemas import ListName, ViewIn, ViewOut, Views

router = APIRouter(tags=["saved views"])

VIEWS_MAX = 100


@router.get("/me/saved-views")
async def list_saved_views(person: Person, tx: ReadTx, list_name: ListName | None = None) -> Views:
    """One's own, by their names."""
    rows = await store.list_views(tx, person, list_name)
    return Views(items=[ViewOut.model_validate(row) for row in rows])


@router.put("/me/saved-views")
async def save_view(body: ViewIn, person: Person, tx: OpenTx) -> ViewOut:
    """Keep a list's filters under a name; what had that name before is replaced."""
    return ViewOut.model_validate(await store.put_view(tx, person, body.model_dump(), VIEWS_MAX))


@router.delete("/me/saved-views/{view_id}", status_code=204)
async def remove_saved_view(view_id: str, person: Person, tx: OpenTx) -> None:
    """Forget one."""
    await store.remove_view(tx, person, view_id)
