"""Photos of strangers: known by their content, rid of all but the picture."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltway.modules.desk.photos import NotAPhoto, cleaned


def segment(kind: int, body: bytes) -> bytes:
    return bytes((0xFF, kind)) + struct.pack(">H", len(body) + 2) + body


TABLES = segment(0xDB, bytes(65)) + segment(0xC4, bytes(20))
SCAN = segment(0xDA, bytes(10)) + b"\x12\xff\x00\x34\xff\xd0\x56"
ADOBE = segment(0xEE, b"Adobe" + bytes(7))
END = b"\xff\xd9"


def frame(height: int = 30, width: int = 40, kind: int = 0xC0) -> bytes:
    return segment(kind, struct.pack(">BHHB", 8, height, width, 1) + bytes(3))


def a_photo(*between: bytes) -> bytes:
    return b"\xff\xd8" + b"".join(between) + ADOBE + TABLES + frame() + SCAN + END


def test_where_and_with_what_it_was_taken_is_left_behind() -> None:
    told = segment(0xE1, b"Exif\0\0 latitude 53.54") + segment(0xE2, b"MPF") + segment(0xFE, b"by Dana")
    thumbnail = segment(0xE0, b"JFIF\0" + bytes(300))
    assert cleaned(a_photo(thumbnail, told) + b"a film behind its end") == a_photo()


def test_progressive_photo_with_several_scans_stays_whole() -> None:
    photo = b"\xff\xd8" + TABLES + frame(kind=0xC2) + SCAN + TABLES + SCAN + END
    assert cleaned(photo.replace(b"\xff\xdb", b"\xff\xff\xdb")) == photo  # filled up between the segments


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n" + bytes(50),
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"\xff\xd8" + END,
        b"\xff\xd8" + TABLES + frame() + END,
        a_photo()[:-2],
        a_photo()[:40],
        a_photo(b"<script>"),
        b"\xff\xd8" + TABLES + frame(height=0) + SCAN + END,
        b"\xff\xd8" + TABLES + frame(width=8001) + SCAN + END,
        b"\xff\xd8" + TABLES + frame() + frame() + SCAN + END,
        b"\xff\xd8" + TABLES + frame(kind=0xC9) + SCAN + END,
    ],
)
def test_what_is_no_photo_is_refused(content: bytes) -> None:
    with pytest.raises(NotAPhoto):
        cleaned(content)


@given(st.binary(max_size=200), st.integers(0, 300), st.integers(0, 300))
def test_whatever_comes_is_refused_or_is_clean_for_good(noise: bytes, start: int, length: int) -> None:
    photo = a_photo(segment(0xE1, b"Exif\0\0"))
    try:
        once = cleaned(photo[:start] + noise + photo[start + length :])
    except NotAPhoto:
        return
    assert cleaned(once) == once
    assert len(once) <= len(photo) + len(noise)
