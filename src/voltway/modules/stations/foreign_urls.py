"""Addresses of the caller's own in orders: a station goes there with its own rights, inside a depot's network.

The names in them are looked up by the station, not by us: only what the text says can be judged. An address of ours that
the platform fills in is no concern of this; neither is a raw call, which says what its sender says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from voltway.kernel.errors import InvalidField
from voltway.kernel.outbound import AddressRefused, OutboundSettings, check_url
from voltway.kernel.runtime import Runtime


class Named(NamedTuple):
    """Where an order names an address, and of which schemes."""

    field: str
    schemes: tuple[str, ...]
    may_log_in: bool = False


_FILE = Named("location", ("https", "http", "ftps", "ftp", "sftp"), may_log_in=True)
_CSMS = Named("url", ("wss", "ws"))
NAMED: Mapping[str, Named] = {
    "update_firmware": _FILE,
    "get_log": _FILE,
    "publish_firmware": _FILE,
    "set_network_profile": _CSMS,
    "set_security_profile": _CSMS,
    "set_up_web_payment": Named("url", ("https", "http")),
}


def check(runtime: Runtime, kind: str, given: Mapping[str, Any]) -> None:
    """Raise InvalidField for an address that no station is sent to."""
    named = NAMED.get(kind)
    url = None if named is None else given.get(named.field)
    if named is None or url is None:
        return
    networks = runtime.settings(OutboundSettings).station_networks
    try:
        check_url(url, named.schemes, networks, may_log_in=named.may_log_in)
    except AddressRefused as refused:
        hint = " (see the setting outbound.station_networks)" if "public" in str(refused) else ""
        raise InvalidField.at(f"$.{named.field}", f"{refused}{hint}") from None
