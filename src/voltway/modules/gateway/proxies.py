"""Who is behind a proxy: the PROXY protocol and forwarding headers, believed from trusted peers only. Pure: no I/O.

Sources: "The PROXY protocol, versions 1 & 2" (HAProxy), sections 2.1 and 2.2; RFC 7239 (Forwarded).
"""

from __future__ import annotations

import ipaddress
import re
import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from voltway.kernel.errors import StartUpError

V1_START = b"PROXY "
V1_BYTES_MAX = 107  # section 2.1: "a 108-byte buffer is always enough", its final zero included
V2_START = b"\r\n\r\n\0\r\nQUIT\n"
V2_HEAD_BYTES = 16
V2_BODY_BYTES_MAX = 4096
"""Addresses take at most 216 bytes; the rest is for what a proxy says of TLS."""

_V2_VERSION, _V2_LOCAL, _V2_PROXY = 2, 0, 1
_V2_ADDRESS_BYTES = {0x11: 4, 0x21: 16}
"""Family and transport (TCP over IPv4, over IPv6) -> the length of one address."""
_V2_TLS, _V2_TLS_CLIENT = 0x20, 0x01
_ADDRESS_FAMILY = {b"TCP4": 4, b"TCP6": 6}

_FORWARDED = re.compile(r'(?:[^"]|"(?:[^"\\]|\\.)*")*')
_ELEMENT = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')
_PAIR = re.compile(r'\s*([A-Za-z]+)=("(?:[^"\\]|\\.)*"|[^;"\s]*)\s*(?:;|$)')
_NODE = re.compile(r"\[([^\]]+)\](?::\w+)?|([^:]+)(?::\w+)?")

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class Origin(NamedTuple):
    """The other end of a connection, as far as we know it; `is_tls`: what it said came over TLS to a proxy."""

    address: str
    is_tls: bool = False


class Claims(NamedTuple):
    """The forwarding headers of a request; empty where there are none."""

    forwarded: str = ""
    forwarded_for: str = ""
    forwarded_proto: str = ""


class Unbelievable(Exception):
    """What a trusted proxy says cannot be read, or contradicts itself: part of it may be a stranger's."""


class TrustedProxies:
    """The proxies whose word counts, by their networks."""

    def __init__(self, networks: Iterable[str]) -> None:
        try:
            self._networks = tuple(ipaddress.ip_network(network, strict=False) for network in networks)
        except ValueError as error:
            raise StartUpError(
                f"gateway.trusted_proxies holds addresses or networks such as 10.0.0.0/8: {error}."
            ) from error

    def __bool__(self) -> bool:
        return bool(self._networks)

    def trusts(self, address: str) -> bool:
        """Whether an address is that of a proxy of ours."""
        ip = read_ip(address)
        return ip is not None and any(ip in network for network in self._networks)

    def find_origin(self, peer: Origin, claims: Claims) -> Origin:
        """Who is behind a peer by its headers: the rightmost entry that is no proxy of ours. Raises Unbelievable."""
        if not any(claims) or not self.trusts(peer.address):
            return peer
        found = {self._walk(peer, hops) for hops in (_hops_of(claims.forwarded), _plain_hops_of(claims)) if hops}
        if len(found) > 1:  # a proxy writes one kind; the other came from whoever sent the request
            raise Unbelievable("Forwarded and X-Forwarded-* contradict each other")
        return found.pop() if found else peer

    def _walk(self, origin: Origin, hops: Sequence[Origin]) -> Origin:
        for hop in reversed(hops):
            if not self.trusts(origin.address):
                break
            if not hop.address:  # the proxy does not say who, but over what
                return Origin(origin.address, hop.is_tls)
            origin = hop
        return origin


def read_ip(text: str) -> IpAddress | None:
    """An IP address; one of IPv4 written as IPv6 is the former."""
    try:
        ip = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return ip.ipv4_mapped or ip if isinstance(ip, ipaddress.IPv6Address) else ip


def read_v1(line: bytes) -> Origin | None:
    """The source in a line of version 1 (without its end); None: the proxy speaks for itself. Raises Unbelievable."""
    words = line.split(b" ")
    if words[:2] == [b"PROXY", b"UNKNOWN"]:
        return None
    family = _ADDRESS_FAMILY.get(words[1]) if len(words) == 6 and words[0] == b"PROXY" else None
    ip = read_ip(words[2].decode("latin-1")) if family is not None else None
    if ip is None or (family == 4 and ip.version != 4):
        raise Unbelievable("the PROXY line cannot be read")
    return Origin(str(ip))


def body_length_of_v2(head: bytes) -> int:
    """How many bytes follow the head of version 2. Raises Unbelievable."""
    (length,) = struct.unpack("!H", head[14:16])
    if not head.startswith(V2_START) or head[12] >> 4 != _V2_VERSION or length > V2_BODY_BYTES_MAX:
        raise Unbelievable("the PROXY header cannot be read")
    return int(length)


def read_v2(head: bytes, body: bytes) -> Origin | None:
    """The source in a header of version 2; None: the proxy speaks for itself. Raises Unbelievable."""
    command, kind = head[12] & 0xF, head[13]
    if command == _V2_LOCAL:
        return None
    size = _V2_ADDRESS_BYTES.get(kind, 0)
    if command != _V2_PROXY or len(body) < 2 * size + 4 * bool(size):
        raise Unbelievable("the PROXY header cannot be read")
    if not size:  # not an address of the internet
        return None
    return Origin(str(read_ip(str(ipaddress.ip_address(body[:size])))), _says_tls(body[2 * size + 4 :]))


def _says_tls(fields: bytes) -> bool:
    """Whether a header's further fields (type, length, value) say that the client has spoken TLS."""
    while len(fields) >= 3:
        kind, length = struct.unpack("!BH", fields[:3])
        value, fields = fields[3 : 3 + length], fields[3 + length :]
        if kind == _V2_TLS:
            return bool(value) and bool(value[0] & _V2_TLS_CLIENT)
    return False


def _hops_of(forwarded: str) -> list[Origin]:
    """The elements of a Forwarded header, the client's own first."""
    if not _FORWARDED.fullmatch(forwarded):
        raise Unbelievable("Forwarded cannot be read")  # an open quote may hide what a proxy has added
    hops = []
    for element in _ELEMENT.findall(forwarded):
        pairs = {name.lower(): value.strip('"') for name, value in _PAIR.findall(element)}
        hops.append(Origin(_node(pairs.get("for", "")), pairs.get("proto", "").lower() == "https"))
    return hops


def _plain_hops_of(claims: Claims) -> list[Origin]:
    """The same of X-Forwarded-For and X-Forwarded-Proto, whose last entries belong together.

    One protocol stands for all: most proxies write theirs over what was there.
    """
    nodes = [_node(node.strip()) for node in claims.forwarded_for.split(",")] if claims.forwarded_for else []
    schemes = [scheme.strip().lower() for scheme in claims.forwarded_proto.split(",")] if claims.forwarded_proto else []
    if not nodes:
        nodes = [""] * bool(schemes)
    if len(schemes) == 1:
        schemes *= len(nodes)
    schemes = ([""] * len(nodes) + schemes)[-len(nodes) :] if nodes else []
    return [Origin(node, scheme == "https") for node, scheme in zip(nodes, schemes, strict=True)]


def _node(text: str) -> str:
    """The address in an entry, with or without a port; empty for what names nobody (`unknown`, `_hidden`)."""
    whole = read_ip(text)
    if whole is not None:
        return str(whole)
    found = _NODE.fullmatch(text)
    ip = read_ip(next(filter(None, found.groups()))) if found else None
    return "" if ip is None else str(ip)
