"""Frames of a log that may be cut at any octet: length, check, number, content. Pure.

The number counts frames and is part of the check, so that remains of an older tail never pass for a frame of now. The file is
zeros beyond its tail: a length of 0 is the end.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from zlib import crc32

_HEAD = struct.Struct("<IIQ")
HEAD_BYTES = _HEAD.size
CONTENT_BYTES_MAX = 1 << 24


def framed(number: int, content: bytes) -> bytes:
    """One frame; content is not empty."""
    return _HEAD.pack(len(content), _check(number, content), number) + content


def frames(octets: bytes, first: int = 0) -> Iterator[tuple[int, bytes]]:
    """The whole frames from the beginning on, each with where it ends; the first that is broken or out of order ends it."""
    at, number = 0, first
    while at + HEAD_BYTES <= len(octets):
        length, check, told = _HEAD.unpack_from(octets, at)
        content = octets[at + HEAD_BYTES : at + HEAD_BYTES + length]
        is_whole = 0 < length <= CONTENT_BYTES_MAX and len(content) == length
        if not is_whole or told != number or check != _check(number, content):
            return
        at, number = at + HEAD_BYTES + length, number + 1
        yield at, content


def _check(number: int, content: bytes) -> int:
    return crc32(content, crc32(number.to_bytes(8, "little")))
