"""Pages of documents by their address alone: /r/{code}. Whoever has the address may read; nobody can guess one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from voltway.kernel.auth import anybody
from voltway.kernel.http import runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.documents import einvoice, links, page, printing, reading, rules, store
from voltway.modules.documents.errors import DocumentNotFound
from voltway.modules.documents.reading import Read

router = APIRouter(include_in_schema=False, dependencies=[Depends(anybody)])
OurRuntime = Annotated[Runtime, Depends(runtime_of)]
Language = Annotated[str | None, Query(alias="lang", max_length=35)]
METHODS = ["GET", "HEAD"]


@router.api_route("/r/{code}", methods=METHODS)
async def show_document(code: str, request: Request, runtime: OurRuntime, language: Language = None) -> Response:
    """A document's page, in the language asked for, else the document's own."""
    found = await _find(runtime, code)
    if found is None:
        return _nothing(request, language)
    view = reading.shown(runtime, found, language)
    has_xml = einvoice.lacking(found.said) is None
    return HTMLResponse(page.page_of(view, path=f"/r/{code}", has_xml=has_xml), headers=page.HEADERS)


@router.api_route("/r/{code}/pdf", methods=METHODS)
async def show_pdf(code: str, request: Request, runtime: OurRuntime, language: Language = None) -> Response:
    """The same as PDF."""
    found = await _find(runtime, code)
    if found is None:
        return _nothing(request, language)
    view = reading.shown(runtime, found, language)
    return pdf_answer(await printing.pdf_of(runtime, found.row, found.said, view), found)


@router.api_route("/r/{code}/xml", methods=METHODS)
async def show_xml(code: str, request: Request, runtime: OurRuntime) -> Response:
    """The electronic invoice of an invoice."""
    found = await _find(runtime, code)
    if found is None or einvoice.lacking(found.said) is not None:
        return _nothing(request, None)
    return xml_answer(found)


@router.api_route("/r/{code}/signed/{charge}/{value}", methods=METHODS)
async def show_signed(code: str, charge: int, value: int, request: Request, runtime: OurRuntime) -> Response:
    """A signed meter value as the meter wrote it, for whatever software checks it."""
    found = await _find(runtime, code)
    charges = () if found is None else found.said.charges
    if found is None or not 0 <= charge < len(charges) or not 0 <= value < len(charges[charge].signed):
        return _nothing(request, None)
    name = f"{found.row.number}-{charge + 1}-{value + 1}.ocmf"
    return PlainTextResponse(charges[charge].signed[value].text, headers={**page.HEADERS, **_as_file(name)})


def pdf_answer(pdf: bytes, found: Read) -> Response:
    """A PDF under the document's number; a browser shows it."""
    headers = {**page.HEADERS, "content-disposition": f'inline; filename="{found.row.number}.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=headers)


def xml_answer(found: Read) -> Response:
    """An electronic invoice as a file."""
    headers = {**page.HEADERS, **_as_file(f"{found.row.number}.xml")}
    return Response(einvoice.xml_of(found.said), media_type="application/xml", headers=headers)


def _as_file(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"'}


async def _find(runtime: Runtime, code: str) -> Read | None:
    document_id = links.document_of(runtime.secret, code)
    if document_id is None:
        return None
    async with runtime.database.read() as tx:
        try:
            row = await store.get_document(tx, document_id)
        except DocumentNotFound:
            return None
        return await reading.read(tx, row)


def _nothing(request: Request, language: str | None) -> Response:
    wanted = rules.language_of(language or request.headers.get("accept-language", "").partition(",")[0])
    return HTMLResponse(page.nothing_here(wanted), status_code=404, headers=page.HEADERS)
