"""Photos that strangers send: known by their content, and rid of all that is not the picture. Pure.

A JPEG is a row of segments (ITU-T T.81, annex B). What a picture needs of them is copied; where and with what it was taken (EXIF, XMP,
comments, thumbnails, whatever hangs on behind its end) is left behind. Nothing is decoded here.
"""

from __future__ import annotations

import re
import struct

SIDE_MAX = 8000
"""Pixels; what is decoded later must not need gigabytes."""

_TABLES = frozenset({0xDB, 0xC4, 0xDD})
"""DQT, DHT, DRI."""
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
"""SOF of baseline, extended and progressive pictures: those that browsers show."""
_MARKER = re.compile(rb"(?<!\xff)\xff++[^\x00\xd0-\xd7\xff]")  # looked for once in a row of FFs: no photo takes long
_SCAN, _END, _ADOBE, _COMMENT = 0xDA, 0xD9, 0xEE, 0xFE


class NotAPhoto(Exception):
    """This is no JPEG as cameras and browsers make them."""


def cleaned(content: bytes) -> bytes:
    """The picture alone. Raises NotAPhoto."""
    if content[:2] != b"\xff\xd8":
        raise NotAPhoto("it does not begin as a JPEG")
    kept, at, frames, scans = [b"\xff\xd8"], 2, 0, 0
    while True:
        kind, at = _marker(content, at)
        if kind == _END:
            if frames != 1 or scans == 0:
                raise NotAPhoto("there is no picture in it")
            return b"".join([*kept, b"\xff\xd9"])
        body = _body(content, at)
        start, at = at, at + len(body)
        if kind in _FRAMES:
            frames += 1
            _check_size(body)
        elif kind == _SCAN:
            scans += 1
            at = _end_of_scan(content, at)
        elif kind == _ADOBE:  # which colours it has; the rest of such a segment is nobody's business
            body = body[:14] if body[2:7] == b"Adobe" and len(body) == 14 else b""
            if not body:
                continue
        elif 0xE0 <= kind <= 0xEF or kind == _COMMENT:
            continue
        elif kind not in _TABLES:
            raise NotAPhoto(f"segment {kind:02X}")
        kept.append(bytes((0xFF, kind)) + (content[start:at] if kind == _SCAN else body))


def _marker(content: bytes, at: int) -> tuple[int, int]:
    """The kind of the segment that begins here, and where its body is. It may be filled up with FF before."""
    begin = at
    while content[at : at + 1] == b"\xff":
        at += 1
    if at == begin or at >= len(content):
        raise NotAPhoto("it ends too early, or between its segments is something else")
    return content[at], at + 1


def _body(content: bytes, at: int) -> bytes:
    """A segment's body, which begins with its length."""
    if len(content) < at + 2:
        raise NotAPhoto("it ends too early")
    length = struct.unpack_from(">H", content, at)[0]
    if length < 2 or len(content) < at + length:
        raise NotAPhoto("it ends too early")
    return content[at : at + length]


def _check_size(frame: bytes) -> None:
    if len(frame) < 8:
        raise NotAPhoto("its size is missing")
    height, width = struct.unpack_from(">HH", frame, 3)
    if not (0 < height <= SIDE_MAX and 0 < width <= SIDE_MAX):
        raise NotAPhoto(f"it is {width} by {height} pixels; at most {SIDE_MAX} each")


def _end_of_scan(content: bytes, at: int) -> int:
    """Where the picture's data end: at the next FF that is neither data (00) nor a restart (D0 to D7) nor filling (FF)."""
    found = _MARKER.search(content, at)
    if found is None:
        raise NotAPhoto("it ends too early")
    return found.start()
