"""Addresses that others name: what we fetch, and what we hand to stations.

Whoever has us ask an address of their choice asks with our rights: our own ports, the neighbours in our network, a cloud's
metadata. So every such address passes here. `check_url` reads it and does no I/O; `client_of` makes an HTTP client that looks
the name up once, refuses what is not public unless the settings name its network, and connects to the very address that it
has checked: a name that means something else a moment later (DNS rebinding) leads nowhere else. It follows no redirects,
uses no proxy, and keeps no connection, since one to this address may have been made for another name.

Sources: OWASP ASVS 5.0, 1.3.6 and 15.3.2; RFC 6890 (special-purpose addresses); RFC 4291 §2.5.5, RFC 6052, RFC 3056, RFC 4380
(IPv6 addresses that mean one of IPv4).
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias
from urllib.parse import urlsplit

import httpx
from pydantic import Field, IPvAnyNetwork

from voltway.kernel.module import Manifest, Settings
from voltway.kernel.runtime import Runtime

IpAddress: TypeAlias = IPv4Address | IPv6Address
Networks: TypeAlias = Sequence[IPvAnyNetwork]
Resolver: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a name, as text. Raises OSError."""

HTTP, HTTPS = "http", "https"
URL_LENGTH_MAX = 2000

_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?\.?")
_NO_TEXT_OF_A_URL = re.compile(r"[\x00-\x20\x7f-\x9f\\<>\"]")
_ENDS_AS_A_NUMBER = re.compile(r"(^|\.)([0-9]+|0x[0-9a-f]*)$")
"""127.1, 2130706433, 0x7f.0.0.1, 0177.0.0.1: what the C library takes for an address (inet_aton), and what is neither that
nor a name (URL Standard, 3.5)."""
_HERE = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback")
_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")


class AddressRefused(Exception):
    """An address that we do not go to, or do not pass on. The text says why, for whoever gave it."""


class OutboundSettings(Settings):
    """Where addresses that others name may lead: VOLTWAY_OUTBOUND__NETWORKS and so on."""

    networks: tuple[IPvAnyNetwork, ...] = Field(default=(), max_length=100)
    """Networks that are not public and that this platform may reach all the same for webhooks, OCSP responders and the
    like: ["10.20.0.0/16"]."""
    station_networks: tuple[IPvAnyNetwork, ...] = Field(default=(), max_length=100)
    """Networks that are not public and that an address handed to a station may name: a depot's own file server."""


MANIFEST = Manifest(name="outbound", settings=OutboundSettings)
"""The kernel as a module of every process: for its settings."""


# ---- reading an address, without I/O


@dataclass(frozen=True)
class Target:
    """What a URL leads to."""

    scheme: str
    host: str
    port: int | None


def check_url(url: str, schemes: Sequence[str], networks: Networks = (), *, may_log_in: bool = False) -> Target:
    """Where a URL leads. Raises AddressRefused if it is none, of another scheme, holds a log-in (unless it may), or names an
    address (in whatever spelling) that is not public and in none of these networks. Names are not looked up."""
    if len(url) > URL_LENGTH_MAX or _NO_TEXT_OF_A_URL.search(url):
        raise AddressRefused("this is no URL")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise AddressRefused("this is no URL") from None
    if parts.scheme not in schemes:
        raise AddressRefused(f"the URL must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    if "@" in parts.netloc and not may_log_in:
        raise AddressRefused("the URL must not hold a name or a password")
    if not host or port == 0:
        raise AddressRefused("this is no URL")
    address = address_in(host)
    if address is not None:
        check_address(address, networks)
    elif ":" in host or not _HOST.fullmatch(host):
        raise AddressRefused("the host must be a name in ASCII (xn--… for others) or an IP address")
    return Target(parts.scheme, host, port)


def address_in(host: str) -> IpAddress | None:
    """The address that a host is, in any of its spellings; None for a name."""
    plain = host.removesuffix(".").lower()
    if plain in _HERE or plain.endswith(".localhost"):
        return IPv4Address("127.0.0.1")
    try:
        return ip_address(plain)
    except ValueError:
        pass
    if _ENDS_AS_A_NUMBER.search(plain):
        try:
            return IPv4Address(socket.inet_aton(plain))
        except OSError:
            raise AddressRefused("the host is neither a name nor an IP address") from None
    return None


def check_address(address: IpAddress, networks: Networks = ()) -> None:
    """Raise AddressRefused for an address that is not public and in none of these networks."""
    for meant in _meanings(address):
        if not _is_public(meant) and not any(meant in network for network in networks):
            raise AddressRefused(f"{address} is not a public address")


def _is_public(address: IpAddress) -> bool:
    is_special = address.is_multicast or address.is_reserved or address.is_private or not address.is_global
    if isinstance(address, IPv6Address):
        return not (is_special or address.is_site_local or address in _NAT64_LOCAL)
    return not is_special


def _meanings(address: IpAddress) -> tuple[IpAddress, ...]:
    """The address, or the ones of IPv4 for which it stands."""
    if isinstance(address, IPv4Address):
        return (address,)
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    if address.teredo is not None:
        return address.teredo
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    return (address,)


# ---- going there


async def look_up(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, by the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(where[0]) for *_, where in found))


async def addresses_of(
    host: str, port: int, networks: Networks = (), resolve: Resolver = look_up
) -> tuple[IpAddress, ...]:
    """The addresses of a host, each of them one that may be gone to: one bad address among good ones is a trap, so that
    AddressRefused is raised for any. OSError where the name is not known."""
    literal = address_in(host)
    found = (literal,) if literal is not None else tuple(ip_address(text) for text in await resolve(host, port))
    if not found:
        raise AddressRefused(f"{host} has no address")
    for address in found:
        check_address(address, networks)
    return found


class GuardedTransport(httpx.AsyncBaseTransport):
    """Connects to the address that was checked, under the name that was asked for: in `Host`, in SNI and in the
    certificate that is expected."""

    def __init__(self, networks: Networks = (), resolve: Resolver = look_up, authorities_file: str = "") -> None:
        self._networks, self._resolve = networks, resolve
        context = httpx.create_ssl_context(trust_env=False)
        if authorities_file:
            context.load_verify_locations(authorities_file)
        self._below = httpx.AsyncHTTPTransport(
            verify=context, trust_env=False, retries=0, limits=httpx.Limits(max_keepalive_connections=0)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        asked = request.url
        check_url(str(asked), (HTTPS, HTTP), self._networks)
        port = asked.port or (443 if asked.scheme == HTTPS else 80)
        try:
            addresses = await addresses_of(asked.host, port, self._networks, self._resolve)
        except OSError as error:
            raise httpx.ConnectError(f"{asked.host} cannot be looked up", request=request) from error
        request.extensions = {**request.extensions, "sni_hostname": asked.host}
        for address in addresses[:-1]:
            request.url = asked.copy_with(host=str(address))
            try:
                return await self._below.handle_async_request(request)
            except httpx.ConnectError:
                continue  # nothing was sent: the next address may do
        request.url = asked.copy_with(host=str(addresses[-1]))
        return await self._below.handle_async_request(request)

    async def aclose(self) -> None:
        await self._below.aclose()


def client_of(
    runtime: Runtime, timeout_s: float, *, resolve: Resolver = look_up, authorities_file: str = ""
) -> httpx.AsyncClient:
    """A client for addresses that others have named. Its requests raise AddressRefused besides httpx's errors.

    `authorities_file`: PEM of authorities that are believed beside the public ones.
    """
    networks = runtime.settings(OutboundSettings).networks
    return httpx.AsyncClient(
        transport=GuardedTransport(networks, resolve, authorities_file),
        timeout=timeout_s,
        follow_redirects=False,
        trust_env=False,
        headers={"Accept-Encoding": "identity", "User-Agent": "Voltway"},
    )


@dataclass(frozen=True)
class Answer:
    """What came back. `is_whole`: there was no more than what is here."""

    status: int
    content: bytes
    is_whole: bool


async def send(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    timeout_s: float,
    bytes_max: int,
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send a request; of the answer no more than `bytes_max` is read, as it came over the line, and for all of it no more
    than `timeout_s` is waited. Raises AddressRefused, httpx.HTTPError, TimeoutError."""
    async with asyncio.timeout(timeout_s), client.stream(method, url, content=content, headers=headers) as response:
        parts: list[bytes] = []
        size = 0
        async for part in response.aiter_raw():
            parts.append(part)
            size += len(part)
            if size > bytes_max:
                break
        return Answer(response.status_code, b"".join(parts)[:bytes_max], size <= bytes_max)
