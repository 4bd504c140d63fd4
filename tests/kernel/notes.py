"""A small module with every kind of route and report, so that the kernel is tested by what modules do with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from voltway.kernel import bulk, clock
from voltway.kernel.auth import Permission, Principal, allowed
from voltway.kernel.bus.asks import Ask
from voltway.kernel.bus.event import Event
from voltway.kernel.database import Tx, UtcDateTime
from voltway.kernel.errors import NotFound, Problem, Unavailable
from voltway.kernel.http import (
    Instant,
    Page,
    PageQuery,
    Schema,
    etag_of,
    keep_answer,
    open_tx,
    page_query,
    read_tx,
    require_match,
    runtime_of,
)
from voltway.kernel.ids import new_id
from voltway.kernel.module import Manifest
from voltway.kernel.runtime import Runtime

notes_metadata = sa.MetaData()
notes = sa.Table(
    "notes",
    notes_metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("text", sa.String(100), nullable=False),
    sa.Column("stars", sa.Integer, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    mysql_charset="utf8mb4",
)


class NoteAdded(Event, frozen=True, kw_only=True, gc=False):
    note_id: str
    text: str


class CountStars(Ask[int], frozen=True, kw_only=True):
    text: str


class ReportNote(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    operator_id: str
    text: str


class NoteIn(Schema):
    text: str = Field(max_length=100)
    stars: int = Field(3, ge=0, le=5)
    tags: list[dict[str, int]] = Field(default_factory=list)


class NoteOut(Schema):
    id: str
    text: str
    stars: int
    at: Instant


class NoteLocked(Problem):
    """The note is locked."""

    status = 409
    title = "Note is locked"


router = APIRouter(tags=["notes"])
MayRead = Annotated[Principal, Depends(allowed(Permission.SESSIONS_READ))]
MayWrite = Annotated[Principal, Depends(allowed(Permission.SESSIONS_WRITE))]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]


@router.get("/notes")
async def list_notes(
    principal: MayRead, tx: ReadTx, page: Annotated[PageQuery, Depends(page_query)], by: str = "id"
) -> Page[NoteOut]:
    keys = {"id": [notes.c.id], "stars": [notes.c.stars, notes.c.id], "at": [notes.c.at, notes.c.id]}[by]
    statement = sa.select(notes).where(notes.c.operator_id == principal.operator_id)
    rows, next_cursor = await page.fetch(tx, statement, *keys)
    return Page(items=[NoteOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.post("/notes", status_code=201)
async def add_note(body: NoteIn, principal: MayWrite, tx: OpenTx, response: Response) -> NoteOut:
    note = await store_note(tx, principal.operator_id, body.text, body.stars)
    if body.text == "locked":
        raise NoteLocked("Locked.", note_id=note["id"])
    if body.text == "bug":
        raise RuntimeError("SELECT secret FROM somewhere")
    response.headers["location"] = f"/api/v1/notes/{note['id']}"
    return NoteOut(**{name: note[name] for name in ("id", "text", "stars", "at")})


@router.patch("/notes/{note_id}")
async def change_note(
    note_id: str, body: NoteIn, request: Request, response: Response, tx: OpenTx, principal: MayWrite
) -> NoteOut:
    row = (
        await tx.execute(sa.select(notes).where(notes.c.id == note_id, notes.c.operator_id == principal.operator_id))
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no note {note_id}.")
    require_match(request, row.stars)
    await tx.execute(sa.update(notes).where(notes.c.id == note_id).values(stars=body.stars, text=body.text))
    etag_of(body.stars, response)
    return NoteOut(id=note_id, text=body.text, stars=body.stars, at=row.at)


@router.post("/notes/send", status_code=202)
async def send_note(
    body: NoteIn, principal: MayWrite, request: Request, runtime: Annotated[Runtime, Depends(runtime_of)]
) -> NoteOut:
    """Works without a transaction of its own: stores, commits, then goes on."""
    async with runtime.database.begin() as tx:
        note = await store_note(tx, principal.operator_id, body.text, body.stars)
        out = NoteOut(**{name: note[name] for name in ("id", "text", "stars", "at")})
        if body.text == "kept before it died":
            await keep_answer(tx, request, 202, out.model_copy(update={"text": "pending"}))
    if body.text in ("died", "kept before it died"):
        raise RuntimeError("killed")
    if body.text == "refused":
        raise NoteLocked("Not now.")
    if body.text == "unavailable":
        raise Unavailable("Not now.")
    return out


@router.get("/unmarked")
async def unmarked() -> str:
    """Forgot to say who may."""
    return "secret"


async def store_note(tx: Tx, operator_id: str, text: str, stars: int = 3) -> dict[str, Any]:
    note = {"id": new_id(), "operator_id": operator_id, "text": text, "stars": stars, "at": clock.now()}
    await bulk.insert(tx, notes, [note])
    tx.publish(NoteAdded(operator_id=operator_id, at=note["at"], note_id=note["id"], text=text))
    return note


async def texts(database: Any) -> list[str]:
    """The texts of all notes, in the order in which they were made."""
    async with database.read() as tx:
        return list((await tx.execute(sa.select(notes.c.text).order_by(notes.c.id))).scalars())


class NoteHandler:
    """Records notes; cannot record `poison`, and quarantines it under another name."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    async def prepare(self, reports: Sequence[ReportNote]) -> int:
        return len(reports)

    async def record(self, tx: Tx, reports: Sequence[ReportNote], prepared: int) -> Sequence[str]:
        assert prepared == len(reports)
        self.sizes.append(len(reports))
        for report in reports:
            if report.text == "poison":
                raise ValueError(report.text)
        rows = [
            {"id": new_id(), "operator_id": one.operator_id, "text": one.text, "stars": 0, "at": clock.now()}
            for one in reports
        ]
        await bulk.insert(tx, notes, rows)
        return [f"recorded {one.text}" for one in reports]

    async def quarantine(self, tx: Tx, report: ReportNote, error: Exception) -> str:
        await store_note(tx, report.operator_id, f"quarantined {report.text}")
        return f"quarantined {report.text}"


NOTES = Manifest(name="notes", routes=lambda: [router], publishes=(NoteAdded,))
