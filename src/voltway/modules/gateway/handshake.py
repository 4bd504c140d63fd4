"""The HTTP request that opens a WebSocket, read strictly, and what is said back. Pure: no I/O.

Sources: RFC 6455 section 4.2, RFC 7617 (Basic), OCPP-J 1.6 section 3, OCPP 2.0.1 part 4 section 3.
"""

from __future__ import annotations

import base64
import re
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from voltway.modules.gateway.proxies import Claims

HEAD_BYTES_MAX = 8192
HEADERS_MAX = 64
IDENTITY_LENGTH_MAX = 48  # OCPP 2.0.1 part 4, section 3.1.1

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
_FORWARDING = ("forwarded", "x-forwarded-for", "x-forwarded-proto")
_LISTS = ("sec-websocket-protocol", "sec-websocket-extensions", "connection", "upgrade", *_FORWARDING)
_ENDS_CONNECTION = {"Connection": "close", "Cache-Control": "no-store", "Content-Type": "text/plain; charset=utf-8"}


class Refusal(NamedTuple):
    """A plain HTTP answer instead of an upgrade."""

    status: HTTPStatus
    text: str
    headers: tuple[tuple[str, str], ...] = ()

    def to_bytes(self) -> bytes:
        """The whole response; the connection ends with it."""
        body = f"{self.text}\n".encode()
        fields = {**_ENDS_CONNECTION, "Content-Length": str(len(body)), **dict(self.headers)}
        lines = [
            f"HTTP/1.1 {self.status.value} {self.status.phrase}",
            *(f"{name}: {value}" for name, value in fields.items()),
        ]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


class HandshakeRefused(Exception):
    """The request is not one for a WebSocket of ours."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.text)
        self.refusal = refusal


class Target(NamedTuple):
    """Whom the URL names; `operator_slug` where it says so: /ocpp/{operator}/{identity}."""

    operator_slug: str | None
    identity: str


class Credentials(NamedTuple):
    """What HTTP Basic says."""

    username: str
    password: bytes


class UpgradeRequest(NamedTuple):
    """A request to open a WebSocket."""

    target: Target
    credentials: Credentials | None
    key: str
    subprotocols: tuple[str, ...]
    extensions: str
    claims: Claims = Claims()
    """Whom it is said to be from: worth something only where it is from a trusted proxy."""


# One answer for every cause: unknown, wrong, missing, retired, another profile. It says nothing of which stations exist.
UNAUTHORIZED = Refusal(
    HTTPStatus.UNAUTHORIZED, "Not authorised", (("WWW-Authenticate", 'Basic realm="ocpp", charset="UTF-8"'),)
)
NOT_FOUND = Refusal(HTTPStatus.NOT_FOUND, "Charging stations connect to ws://HOST:PORT/ocpp/{identity}")
HEAD_TOO_LARGE = Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The request's header is too large")
_UPGRADE = (("Upgrade", "websocket"), ("Connection", "Upgrade, close"), ("Sec-WebSocket-Version", "13"))
UPGRADE_REQUIRED = Refusal(HTTPStatus.UPGRADE_REQUIRED, "This is the WebSocket port for charging stations", _UPGRADE)


def bad_request(text: str) -> HandshakeRefused:
    """What cannot be read."""
    return HandshakeRefused(Refusal(HTTPStatus.BAD_REQUEST, text))


def too_many(status: HTTPStatus, wait_s: float) -> Refusal:
    """Come again later."""
    return Refusal(status, "Come again later", (("Retry-After", str(max(1, round(wait_s)))),))


def read_request(head: bytes) -> UpgradeRequest:
    """The request whose head (without the blank line) this is. Raises HandshakeRefused."""
    request_line, *lines = head.split(b"\r\n")
    method, _, rest = request_line.partition(b" ")
    path, _, version = rest.rpartition(b" ")
    if version != b"HTTP/1.1" or not path.startswith(b"/") or b" " in path or not path.isascii():
        raise bad_request("Not a request of HTTP/1.1")
    headers = _read_headers(lines)
    if method != b"GET":
        raise HandshakeRefused(Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "Only GET", (("Allow", "GET"),)))
    if headers.get("content-length", "0").strip("0") or "transfer-encoding" in headers:
        raise bad_request("A request for a WebSocket has no body")
    target = read_target(path.decode("ascii"))
    if target is None:
        raise HandshakeRefused(NOT_FOUND)
    if "websocket" not in _words(headers.get("upgrade", "")) or "upgrade" not in _words(headers.get("connection", "")):
        raise HandshakeRefused(UPGRADE_REQUIRED)
    if headers.get("sec-websocket-version") != "13":
        raise HandshakeRefused(UPGRADE_REQUIRED)
    key = headers.get("sec-websocket-key", "")
    if not _is_key(key):
        raise bad_request("Sec-WebSocket-Key is not 16 bytes in base64")
    return UpgradeRequest(
        target,
        read_basic(headers.get("authorization", "")),
        key,
        tuple(name for name in map(str.strip, headers.get("sec-websocket-protocol", "").split(",")) if name),
        headers.get("sec-websocket-extensions", ""),
        Claims(*(headers.get(name, "") for name in _FORWARDING)),
    )


def read_target(path: str) -> Target | None:
    """Whom a path names. It is decoded exactly once, and nothing may stand before, behind or between its parts."""
    segments = path.split("/")
    if segments[:2] != ["", "ocpp"] or len(segments) not in (3, 4) or "?" in path or "#" in path:
        return None
    names = [_decode_segment(segment) for segment in segments[2:]]
    if not all(names):
        return None
    return Target(names[0] if len(names) == 2 else None, names[-1])


def read_basic(header: str) -> Credentials | None:
    """The user name and password of an Authorization header; None for what is no HTTP Basic."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        username, separator, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        return Credentials(username.decode(), password) if separator else None
    except ValueError:  # no base 64, no ASCII, no UTF-8
        return None


def write_upgrade(key: str) -> bytes:
    """The smallest request for a WebSocket: what the frame parser gets to see instead of the station's own."""
    return (
        "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    ).encode()


def _read_headers(lines: list[bytes]) -> dict[str, str]:
    if len(lines) > HEADERS_MAX:
        raise HandshakeRefused(HEAD_TOO_LARGE)
    headers: dict[str, str] = {}
    for line in lines:
        raw_name, separator, raw_value = line.partition(b":")
        if not separator or not _TOKEN.fullmatch(raw_name) or not _VALUE.fullmatch(raw_value):
            raise bad_request("A header cannot be read")
        name, value = raw_name.decode("ascii").lower(), raw_value.strip(b" \t").decode("latin-1")
        if name in headers:
            if name not in _LISTS:  # which of the two would a proxy have believed?
                raise bad_request("A header stands there twice")
            value = f"{headers[name]}, {value}"
        headers[name] = value
    return headers


def _words(value: str) -> list[str]:
    return [word.strip().lower() for word in value.split(",")]


def _is_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except ValueError:  # no base 64, no ASCII
        return False


def _decode_segment(segment: str) -> str:
    """A path segment decoded once; empty if it is no name. A `%` that is left was encoded twice."""
    try:
        name = unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        return ""
    is_name = 1 <= len(name) <= IDENTITY_LENGTH_MAX and name.isprintable() and name == name.strip() and name.strip(".")
    return name if is_name and not set(name) & set("/:%\\") else ""
