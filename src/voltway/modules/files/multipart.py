"""The first file of a multipart/form-data body, piece by piece: a log does not fit into memory.

Source: RFC 7578, RFC 2046 §5.1.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

HEAD_BYTES_MAX = 16 * 1024
_BOUNDARY = re.compile(r'multipart/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_FILE_NAME = re.compile(rb'^content-disposition:.*?;\s*filename="([^"]*)"', re.IGNORECASE | re.MULTILINE)


class BadMultipart(Exception):
    """The body is not what its header says."""


def boundary_in(content_type: str) -> str | None:
    """The boundary of a multipart body; None for another type."""
    found = _BOUNDARY.match(content_type.strip())
    return (found.group(1) or found.group(2)) if found is not None else None


class FirstFile:
    """`await part.open()` finds it, then its content is iterated. Raises BadMultipart."""

    def __init__(self, chunks: AsyncIterator[bytes], boundary: str) -> None:
        self._chunks = chunks
        self._mark = b"\r\n--" + boundary.encode()
        self._buffer = b"\r\n"  # the first mark may stand at the very beginning
        self.name = ""

    async def open(self) -> None:
        """Pass over what stands before the first part that is a file."""
        while True:
            await self._skip_to(self._mark)
            head = await self._head()
            found = _FILE_NAME.search(head)
            if found is not None:
                self.name = found.group(1).decode(errors="replace")
                return

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            end = self._buffer.find(self._mark)
            if end >= 0:
                yield self._buffer[:end]
                break
            kept = len(self._mark) - 1  # the mark may have begun
            if len(self._buffer) > kept:
                yield self._buffer[:-kept]
                self._buffer = self._buffer[-kept:]
            await self._more()
        async for _ in self._chunks:  # what follows is read and let go, so that the sender hears an answer
            pass

    async def _head(self) -> bytes:
        """The headers of a part."""
        while len(self._buffer) < 2:
            await self._more()
        if self._buffer.startswith(b"--"):
            raise BadMultipart("there is no file in it")
        while b"\r\n\r\n" not in self._buffer:
            if len(self._buffer) > HEAD_BYTES_MAX:
                raise BadMultipart("the headers of a part are too long")
            await self._more()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        return head.lstrip(b"\r\n")

    async def _skip_to(self, mark: bytes) -> None:
        skipped = 0
        while (start := self._buffer.find(mark)) < 0:
            skipped += max(len(self._buffer) - len(mark), 0)
            if skipped > HEAD_BYTES_MAX:
                raise BadMultipart("there is no file at its beginning")
            self._buffer = self._buffer[-len(mark) :]
            await self._more()
        self._buffer = self._buffer[start + len(mark) :]

    async def _more(self) -> None:
        async for chunk in self._chunks:
            self._buffer += chunk
            return
        raise BadMultipart("it ends too early")
