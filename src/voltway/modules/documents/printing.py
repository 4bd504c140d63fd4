"""Documents as PDF: set by Typst in a thread, one at a time, and kept while they are asked for. Nothing is fetched: the fonts come
with the packages.

PDF/A-3b, so that a copy reads the same in ten years. A text with a character that no font has cannot be PDF/A: such a document
is a plain PDF.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import structlog
import typst
from pylopdf_fonts_zh_cn import sans_path

from voltway.kernel.runtime import Runtime
from voltway.modules.documents import einvoice
from voltway.modules.documents.presenting import View
from voltway.modules.documents.settings import DocumentsSettings
from voltway.modules.documents.snapshot import Snapshot

log = structlog.get_logger()

TEMPLATE = Path(__file__).with_name("templates") / "document.typ"
Key = tuple[Any, ...]


class Printer:
    """The printer of this process (Runtime.state): its compiler knows the fonts, and what it printed last is at hand."""

    def __init__(self) -> None:
        self._compiler: typst.Compiler | None = None
        self._turn = asyncio.Lock()
        self._kept: OrderedDict[Key, bytes] = OrderedDict()

    async def print(self, key: Key, view: View, said: Snapshot, kept_max: int) -> bytes:
        """The PDF of a view; `key` is all that it depends on."""
        async with self._turn:
            found = self._kept.get(key)
            if found is None:
                found = await asyncio.to_thread(self._draw, view, said)
                self._kept[key] = found
            self._kept.move_to_end(key)
            while len(self._kept) > kept_max:
                self._kept.popitem(last=False)
        return found

    def _draw(self, view: View, said: Snapshot) -> bytes:
        if self._compiler is None:
            self._compiler = typst.Compiler(
                TEMPLATE, font_paths=[sans_path().parent], ignore_system_fonts=True, root=TEMPLATE.parent
            )
        pdf = draw(self._compiler, view, said.issued_at)
        return einvoice.embed(pdf, said) if einvoice.lacking(said) is None else pdf


def draw(compiler: typst.Compiler, view: View, at: datetime) -> bytes:
    """A view as PDF."""
    options: dict[str, Any] = {"format": "pdf", "sys_inputs": {"view": msgspec.json.encode(view).decode()}}
    options["timestamp"] = at.replace(microsecond=0)
    try:
        made = compiler.compile(pdf_standards="a-3b", **options)
    except typst.TypstError as error:
        log.info("document.not_archival", number=view.number, error=error.message)
        made = compiler.compile(**options)
    if not isinstance(made, bytes):
        raise TypeError("Typst gave pages in place of a document.")
    return made


async def pdf_of(runtime: Runtime, row: Any, said: Snapshot, view: View) -> bytes:
    """A document's row as PDF in the language of its view."""
    key = (row.id, view.language, view.link, view.payments)
    return await runtime.state(Printer).print(key, view, said, runtime.settings(DocumentsSettings).pdfs_kept)
