"""The first file of a form, however it is cut into pieces."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

import pytest

from voltway.modules.files.multipart import BadMultipart, FirstFile, boundary_in

CONTENT = b"line\r\n--not the mark\r\n" + bytes(range(256))
FIELD = b'--b1\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
FILE = b'--b1\r\nContent-Disposition: form-data; name="f"; filename="a.log"\r\nContent-Type: text/plain\r\n\r\n%s\r\n'
END = b"--b1--\r\n\r\n"


async def pieces(parts: Iterable[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def read(body: bytes, size: int) -> tuple[str, bytes]:
    part = FirstFile(pieces(body[start : start + size] for start in range(0, len(body), size)), "b1")
    await part.open()
    return part.name, b"".join([piece async for piece in part])


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 10_000])
@pytest.mark.parametrize("content", [CONTENT, b""])
@pytest.mark.parametrize("before", [b"", b"preamble\r\n", FIELD])
async def test_a_file_is_read_however_it_is_cut(size: int, content: bytes, before: bytes) -> None:
    assert await read(before + FILE % content + FILE % b"another" + END, size) == ("a.log", content)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (FIELD + END, "no file"),
        (FILE % CONTENT, "too early"),
        (b"", "too early"),
        (b"x" * 40_000, "no file"),
        (b"--b1\r\nX: " + b"y" * 40_000, "too long"),
    ],
)
async def test_a_form_that_is_none_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(BadMultipart, match=why):
        await read(body, 1000)


@pytest.mark.parametrize(
    ("header", "boundary"),
    [
        ("multipart/form-data; boundary=b1", "b1"),
        ('Multipart/Form-Data; charset=utf-8; boundary="b 1"', "b 1"),
        ("text/plain", None),
        ("multipart/form-data", None),
    ],
)
def test_the_boundary_stands_in_the_header(header: str, boundary: str | None) -> None:
    assert boundary_in(header) == boundary
