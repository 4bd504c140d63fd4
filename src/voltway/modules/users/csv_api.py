"""REST of tokens as tables: import and export."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import Field, ValidationError

from voltway.kernel import audit
from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.clock import to_rfc3339
from voltway.kernel.http import Schema, runtime_of, streams_body
from voltway.kernel.runtime import Runtime
from voltway.modules.users import csv_rules, local_lists, store
from voltway.modules.users.csv_rules import Line, NotATable
from voltway.modules.users.errors import BadCsv, CsvTooLarge
from voltway.modules.users.schemas import IdTokenIn
from voltway.modules.users.tables import id_tokens

router = APIRouter(tags=["tokens"])

MayRead = Annotated[Principal, Depends(allowed(Permission.TOKENS_READ))]
MayWrite = Annotated[Principal, Depends(allowed(Permission.TOKENS_WRITE, everywhere=True))]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]
PAGE = 1000


class ImportedRow(Schema):
    """What became of a row. `line` counts from 1, the header included; `errors` say why it was not added."""

    line: int
    outcome: Literal["added", "exists", "repeated", "wrong"]
    id: str | None = None
    errors: list[dict[str, str]] = Field(default=[])


class Imported(Schema):
    """What became of a table. Nothing is saved where `is_saved` is false: a dry run, or one row of an all-or-nothing import
    could not be added."""

    is_saved: bool
    added: int
    not_added: int
    rows: list[ImportedRow]


class _NothingSaved(Exception):
    """Rolls the transaction back."""


@router.post(
    "/id-tokens/import",
    dependencies=[Depends(streams_body)],
    openapi_extra={"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def import_id_tokens(
    request: Request,
    principal: MayWrite,
    runtime: OurRuntime,
    is_dry_run: Annotated[bool, Query(description="say what would happen, and save nothing")] = False,
    is_all_or_nothing: Annotated[bool, Query(description="save nothing if a row cannot be added")] = False,
) -> Imported:
    """Add tokens from a CSV file (UTF-8, commas, a header; up to 10,000 rows, 4 MiB). Columns: value, kind, status, expires_at,
    group, user_id, concurrent_max, language, message, location_ids. Rows that are wrong are explained by their line."""
    try:
        lines = list(csv_rules.read(await _text(request)))
    except NotATable as error:
        raise BadCsv.at("$", str(error)) from error
    read = [_read(line) for line in lines]
    keys = [(line.number, _key(token)) for line, token in zip(lines, read, strict=True) if isinstance(token, IdTokenIn)]
    repeated = csv_rules.repeated(keys)
    rows: list[ImportedRow] = []
    try:
        async with runtime.database.begin() as tx:
            good = [
                token
                for line, token in zip(lines, read, strict=True)
                if isinstance(token, IdTokenIn) and line.number not in repeated
            ]
            added = await store.add_all(tx, principal.operator_id, [token.model_dump() for token in good])
            rows = list(_outcomes(lines, read, repeated, added))
            is_incomplete = any(row.outcome != "added" for row in rows)
            if is_dry_run or (is_all_or_nothing and is_incomplete):
                raise _NothingSaved
            added_count = sum(row.outcome == "added" for row in rows)
            audit.note(
                tx, principal, "id_tokens.imported", ("id_tokens", str(added_count)), after={"added": added_count}
            )
            await local_lists.touch(tx, principal.operator_id, local_lists.debounce_s(runtime))
        is_saved = True
    except _NothingSaved:
        is_saved = False
        rows = [row.model_copy(update={"id": None}) for row in rows]
    added_count = sum(row.outcome == "added" for row in rows)
    return Imported(is_saved=is_saved, added=added_count, not_added=len(rows) - added_count, rows=rows)


def _outcomes(
    lines: Sequence[Line],
    read: Sequence[IdTokenIn | list[dict[str, str]]],
    repeated: Mapping[int, int],
    added: Iterable[str | None],
) -> Iterator[ImportedRow]:
    """What became of each row; `added`: the ids of those that were tried, in their order."""
    ids = iter(added)
    for line, token in zip(lines, read, strict=True):
        if not isinstance(token, IdTokenIn):
            yield ImportedRow(line=line.number, outcome="wrong", errors=token)
        elif line.number in repeated:
            why = f"the token stands on line {repeated[line.number]} already; values compare without case"
            yield _not_added(line, "repeated", why)
        elif (token_id := next(ids)) is None:
            yield _not_added(line, "exists", "there is a token with this value and kind")
        else:
            yield ImportedRow(line=line.number, outcome="added", id=token_id)


@router.get("/id-tokens/export", response_class=StreamingResponse, responses={200: {"content": {"text/csv": {}}}})
async def export_id_tokens(principal: MayRead, runtime: OurRuntime) -> StreamingResponse:
    """All tokens as CSV, oldest first. Values are whole for callers with `tokens:reveal`. Cells that a spreadsheet would take
    for a formula begin with an apostrophe, which an import takes off again."""
    async with runtime.database.begin() as tx:
        is_whole = principal.may(Permission.TOKENS_REVEAL)
        count = sa.select(sa.func.count()).select_from(id_tokens).where(visible(principal, id_tokens))
        rows = (await tx.execute(count)).scalar_one()
        after = {"is_whole": is_whole, "rows": rows}
        audit.note(tx, principal, "id_tokens.exported", ("id_tokens", "all"), after=after)
    headers = {"Content-Disposition": 'attachment; filename="id-tokens.csv"', "Cache-Control": "no-store"}
    return StreamingResponse(_pages(runtime, principal), media_type="text/csv; charset=utf-8", headers=headers)


async def _text(request: Request) -> str:
    """The body. Raises CsvTooLarge, BadCsv."""
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > csv_rules.BYTES_MAX:
            raise CsvTooLarge(f"A file has at most {csv_rules.BYTES_MAX} bytes.")
    try:
        return received.decode()
    except UnicodeDecodeError as error:
        raise BadCsv.at("$", "the file is not UTF-8") from error


def _read(line: Line) -> IdTokenIn | list[dict[str, str]]:
    """The token of a row, or what is wrong with it."""
    if line.error is not None:
        return [{"path": "$", "message": line.error}]
    try:
        return IdTokenIn.model_validate(line.fields)
    except ValidationError as error:
        return [
            {"path": ".".join(("$", *map(str, one["loc"]))), "message": one["msg"]}
            for one in error.errors(include_url=False, include_input=False, include_context=False)
        ]


def _key(token: IdTokenIn) -> tuple[str, str]:
    return store.value_key(token.value, token.kind), (token.kind or "").casefold()


def _not_added(line: Line, outcome: Literal["exists", "repeated"], why: str) -> ImportedRow:
    return ImportedRow(line=line.number, outcome=outcome, errors=[{"path": "$.value", "message": why}])


async def _pages(runtime: Runtime, principal: Principal) -> AsyncIterator[str]:
    """The file, piece by piece; no connection is held while the caller reads."""
    after, has_header = "", True
    while True:
        statement = (
            sa.select(id_tokens)
            .where(visible(principal, id_tokens), id_tokens.c.id > after)
            .order_by(id_tokens.c.id)
            .limit(PAGE)
        )
        async with runtime.database.read() as tx:
            rows = (await tx.execute(statement)).all()
        yield csv_rules.write([_exported(row, principal) for row in rows], has_header=has_header)
        if len(rows) < PAGE:
            return
        after, has_header = rows[-1].id, False


def _exported(row: Any, principal: Principal) -> dict[str, Any]:
    instants = {
        name: None if getattr(row, name) is None else to_rfc3339(getattr(row, name))
        for name in ("expires_at", "lost_at", "created_at")
    }
    return {**row._mapping, "value": principal.shown(row.value), "group": row.group_value, **instants}
