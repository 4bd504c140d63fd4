"""Pages for everybody, in plain HTML without script: for search engines, slow phones and old browsers.

`/places?text=…&free=1&begin=…&lang=…` and `/places/{location_id}`.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import HTMLResponse

from voltway.kernel.auth import anybody
from voltway.kernel.http import runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.directory import html, rules, showing
from voltway.modules.directory.index import Index
from voltway.modules.directory.words import language_of

router = APIRouter(include_in_schema=False, dependencies=[Depends(anybody)])

OurRuntime = Annotated[Runtime, Depends(runtime_of)]
AT_ONCE, TEXT_MAX, BEGIN_MAX = 50, 100, 1_000_000
CACHED = {"cache-control": "public, max-age=30", "vary": "accept-language"}


def language(lang: str | None = None, accept_language: Annotated[str, Header()] = "") -> str:
    """The language of a page."""
    return language_of(lang, accept_language)


Language = Annotated[str, Depends(language)]


@router.get("/places", response_class=HTMLResponse)
async def show_places(
    runtime: OurRuntime, chosen: Language, text: str = "", free: str = "", begin: Annotated[str, Query()] = "0"
) -> HTMLResponse:
    """The search. Nonsense in the address is left out: there is no form that could say it again."""
    text, start = text[:TEXT_MAX].strip(), min(int(begin), BEGIN_MAX) if begin.isdecimal() and len(begin) < 8 else 0
    search = rules.Search(text=text, is_free=bool(free))
    found = await showing.found(runtime, search)
    shown = await showing.shown(runtime, found[start : start + AT_ONCE], chosen)
    asked = {name: value for name, value in (("text", text), ("free", "1" if free else "")) if value}
    following = start + AT_ONCE if start + AT_ONCE < len(found) else None
    return HTMLResponse(html.list_page(shown, len(found), asked, chosen, following), headers=CACHED)


@router.get("/places/{location_id}", response_class=HTMLResponse)
async def show_place(location_id: str, runtime: OurRuntime, chosen: Language) -> HTMLResponse:
    """One place."""
    place = runtime.state(Index).places.get(location_id)
    if place is None:
        return HTMLResponse(html.not_found_page(chosen), status_code=404)
    (shown,) = await showing.shown(runtime, [place], chosen)
    return HTMLResponse(html.place_page(shown, chosen), headers=CACHED)
