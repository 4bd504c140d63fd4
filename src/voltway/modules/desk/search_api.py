"""REST: GET /search, one box for everything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import APIRouter, Depends, Query

from voltway.contracts.desk import SearchDrivers, SearchFor, SearchSessions, SearchStations, SearchTokens
from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.http import runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.desk import store
from voltway.modules.desk.schemas import FoundOut, FoundThings
from voltway.modules.desk.tables import tickets

router = APIRouter(tags=["support desk"])

PER_KIND = 6


class Finder(NamedTuple):
    """Who finds things of a kind, and what one must be allowed to see them."""

    ask: type[SearchFor]
    permission: Permission


FINDERS: Mapping[Literal["station", "session", "id_token", "driver"], Finder] = {
    "station": Finder(SearchStations, Permission.STATIONS_READ),
    "session": Finder(SearchSessions, Permission.SESSIONS_READ),
    "id_token": Finder(SearchTokens, Permission.TOKENS_READ),
    "driver": Finder(SearchDrivers, Permission.TOKENS_READ),
}


@router.get("/search")
async def search_everything(
    principal: Annotated[Principal, Depends(allowed(Permission.STATIONS_READ))],
    runtime: Annotated[Runtime, Depends(runtime_of)],
    text: Annotated[str, Query(max_length=100, description="nothing is found by nothing")] = "",
) -> FoundThings:
    """Stations, sessions, tokens, drivers and tickets that a text may mean, of what the caller may see; a few of each."""
    wanted = text.strip()
    found: list[FoundOut] = []
    if not wanted:
        return FoundThings(items=found)
    for kind, finder in FINDERS.items():
        if not principal.may(finder.permission):
            continue
        things = await runtime.ask_or(finder.ask(**_question(principal, finder.ask, wanted)), [])
        found += [
            FoundOut(kind=kind, id=each.id, title=each.title, hint=each.hint, state=each.state) for each in things
        ]
    return FoundThings(items=[*found, *await _tickets(runtime, principal, wanted)])


def _question(principal: Principal, ask: type[SearchFor], text: str) -> dict[str, Any]:
    places = principal.location_ids
    question: dict[str, Any] = {
        "operator_id": principal.operator_id,
        "text": text,
        "limit": PER_KIND,
        "location_ids": None if places is None else tuple(sorted(places)),
    }
    if ask is SearchTokens:
        question["shows_values"] = principal.may(Permission.TOKENS_REVEAL)
    return question


async def _tickets(runtime: Runtime, principal: Principal, text: str) -> list[FoundOut]:
    if not principal.may(Permission.TICKETS_READ):
        return []
    async with runtime.database.read(principal.operator_id) as tx:
        rows = await store.search(tx, visible(principal, tickets), text, PER_KIND)
    return [
        FoundOut(kind="ticket", id=row.id, title=row.subject, hint=row.station_identity, state=row.state)
        for row in rows
    ]
