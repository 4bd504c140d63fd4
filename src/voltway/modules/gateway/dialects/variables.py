"""The settings of a station: limits, and what we record of them. A command may name a setting as either protocol does
(contracts/setting_names.py)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from voltway.contracts.setting_names import KEYS, PLACES, Place
from voltway.contracts.station_link import ReportVariables, VariableValue
from voltway.kernel import clock
from voltway.kernel.ids import new_id
from voltway.modules.gateway.dialects.base import CommandLink, LinkMemory

T = TypeVar("T")


_LIMITS, _BYTES = "items_max", "bytes_max"
_LIMITING = ("ItemsPerMessage", "BytesPerMessage")
_FRAME_BYTES = 40  # {"setMonitoringData":[...]}, the longest frame around the items of such a payload
_SECRET = ("password", "authorizationkey", "secret")


def key_of(item: Mapping[str, Any]) -> str | None:
    """The configuration key of a setting that is named either way; None where 1.6 has none that we know."""
    if (key := item.get("key")) is not None:
        return str(key)
    return KEYS.get(Place(item["component"], item["variable"], item.get("instance")))


def place_of(item: Mapping[str, Any]) -> Place | None:
    """Where 2.x keeps a setting that is named either way; None for a key that we do not know there."""
    if (key := item.get("key")) is not None:
        return PLACES.get(key)
    return Place(item["component"], item["variable"], item.get("instance"))


def is_secret(name: str) -> bool:
    """Whether a setting's value is for the station only, and never recorded."""
    return any(word in name.casefold() for word in _SECRET)


def note_limits(memory: LinkMemory, variables: Iterable[VariableValue]) -> None:
    """Learn how many settings the station takes in one message, where it says so."""
    for variable in variables:
        if variable.variable == "GetConfigurationMaxKeys" and variable.component is None:
            action: str | None = "GetConfiguration"
        elif variable.variable in _LIMITING and variable.component in ("DeviceDataCtrlr", "MonitoringCtrlr"):
            action = variable.instance
        else:
            continue
        if action and variable.value and variable.value.isdecimal() and int(variable.value) > 0:
            limits = _BYTES if variable.variable == "BytesPerMessage" else _LIMITS
            memory.scratch.setdefault(limits, {})[action] = int(variable.value)


def portions(memory: LinkMemory, action: str, items: Sequence[T]) -> Iterator[Sequence[T]]:
    """The items in as many messages as the station's limit asks for; one, where no limit is known."""
    size = memory.scratch.get(_LIMITS, {}).get(action) or len(items) or 1
    bytes_max = memory.scratch.get(_BYTES, {}).get(action)
    for start in range(0, len(items), size):
        portion = items[start : start + size]
        if bytes_max is None:
            yield portion
        else:
            yield from _by_bytes(portion, bytes_max - _FRAME_BYTES)


def _by_bytes(items: Sequence[T], bytes_max: int) -> Iterator[Sequence[T]]:
    """The items in portions of at most so many bytes of JSON; one that is larger by itself goes alone."""
    start, used = 0, 0
    for index, item in enumerate(items):
        size = len(msgspec.json.encode(item)) + 1
        if index > start and used + size > bytes_max:
            yield items[start:index]
            start, used = index, 0
        used += size
    yield items[start:]


async def record(link: CommandLink, variables: Sequence[VariableValue]) -> None:
    """Keep what the station told us of its settings."""
    if not variables:
        return
    credential = link.credential
    note_limits(link.memory, variables)
    await link.report(
        ReportVariables(
            operator_id=credential.operator_id,
            station_id=credential.station_id,
            station_identity=credential.identity,
            location_id=credential.location_id,
            protocol=link.protocol,
            message_id=new_id(),
            received_at=clock.now(),
            variables=tuple(variables),
        )
    )
