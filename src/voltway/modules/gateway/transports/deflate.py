"""permessage-deflate (RFC 7692), without context takeover in either direction: nothing is kept between messages.

OCPP 2.0.1 part 4, section 3.3, requires it of a CSMS; it is used where a station offers it.
"""

from __future__ import annotations

import re
import zlib

NAME = "permessage-deflate"
COMPRESS_FROM_BYTES = 1024
"""Shorter messages are sent as they are: the answers to most reports would grow."""
_TAIL = b"\x00\x00\xff\xff"  # RFC 7692, 7.2.1: left out by the sender, put back by the receiver
_WINDOW_BITS = re.compile(r"8|9|1[0-5]")


class InflatedTooLarge(Exception):
    """The message is larger than allowed; it was not inflated further than that."""


class NotDeflated(Exception):
    """The message is no deflate stream."""


class Deflate:
    """The extension as it was agreed on with one station. Stateless but for the window size it asked for."""

    __slots__ = ("_window_bits", "response")

    def __init__(self, window_bits: int | None) -> None:
        self._window_bits = window_bits or zlib.MAX_WBITS
        limit = f"; server_max_window_bits={window_bits}" if window_bits else ""
        self.response = f"{NAME}; server_no_context_takeover; client_no_context_takeover{limit}"
        """The value of Sec-WebSocket-Extensions that says so."""

    def inflate(self, data: bytes, bytes_max: int) -> bytes:
        """A message as it was before. Raises InflatedTooLarge, NotDeflated."""
        stream = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            inflated = stream.decompress(data + _TAIL, bytes_max + 1)
        except zlib.error as error:
            raise NotDeflated(str(error)) from error
        if len(inflated) > bytes_max:
            raise InflatedTooLarge
        return inflated

    def deflate(self, data: bytes) -> bytes:
        """A message as it is sent with the bit RSV1."""
        stream = zlib.compressobj(wbits=-self._window_bits)
        return (stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH)).removesuffix(_TAIL)


def negotiate(offers: str) -> Deflate | None:
    """The first of the offers in a Sec-WebSocket-Extensions header that can be kept; None: no compression."""
    for offer in offers.split(","):
        name, *parameters = (part.strip() for part in offer.split(";"))
        if name == NAME:
            deflate = _accept(parameters)
            if deflate is not None:
                return deflate
    return None


def _accept(parameters: list[str]) -> Deflate | None:
    """What one offer asks for, if it asks for what there is (RFC 7692, 7.1); a wrong parameter declines the offer."""
    asked: dict[str, str | None] = {}
    for parameter in parameters:
        name, separator, value = (part.strip() for part in parameter.partition("="))
        if name in asked:
            return None
        asked[name] = value.strip('"') if separator else None
    window_bits = asked.pop("server_max_window_bits", "15")
    client_bits = asked.pop("client_max_window_bits", None)
    flags = [asked.pop(name, None) for name in ("server_no_context_takeover", "client_no_context_takeover")]
    if asked or any(flags) or window_bits is None or not _WINDOW_BITS.fullmatch(window_bits):
        return None
    if client_bits is not None and not _WINDOW_BITS.fullmatch(client_bits):
        return None
    if window_bits == "8":  # zlib cannot make such a stream
        return None
    return Deflate(None if window_bits == "15" else int(window_bits))
