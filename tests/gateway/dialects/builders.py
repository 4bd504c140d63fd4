"""A station, its messages as they come in, and a link that plays the station's side of a command."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from voltway.contracts.station_link import CommandOutcome, Report, StationCredential
from voltway.contracts.vocabulary import Registration
from voltway.kernel.bus.asks import Ask
from voltway.modules.gateway.dialects import ocpp16, ocpp21, ocpp201
from voltway.modules.gateway.dialects.base import CallFailed, Dialect, Inbound, LinkMemory
from voltway.wire.ocpp.faults import ProtocolError
from voltway.wire.ocpp.lenient import decode_lenient
from voltway.wire.ocpp.rpc import Call, Result, codec_for

NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
DIALECTS: dict[str, Dialect] = {
    dialect.protocol: dialect for dialect in (ocpp16.DIALECT, ocpp201.DIALECT, ocpp21.DIALECT)
}
ORIGIN = tuple(Report.__struct_fields__)


def a_credential(connector_map: dict[int, tuple[int, int]] | None = None) -> StationCredential:
    return StationCredential(
        station_id="station",
        operator_id="operator",
        operator_slug="default",
        identity="CS-1",
        location_id="location",
        security_profile=1,
        secret_hash=None,
        registration=Registration.ACCEPTED,
        connector_map=connector_map,
    )


class Station:
    """A station on one link: `says` gives what a message becomes, `hears` the answer as it goes out."""

    def __init__(self, protocol: str, *, connector_map: dict[int, tuple[int, int]] | None = None) -> None:
        self.dialect = DIALECTS[protocol]
        self.codec = codec_for(protocol)  # type: ignore[arg-type]
        self.credential = a_credential(connector_map)
        self.memory = LinkMemory()

    def call(self, action: str, payload: Mapping[str, Any], at: datetime = NOON) -> tuple[Inbound, Any]:
        raw = json.dumps([2, "m-1", action, payload]).encode()
        flags: tuple[str, ...] = ()
        try:
            call: Any = self.codec.decode(raw)
        except ProtocolError:
            reading = decode_lenient(self.codec, raw)
            assert reading is not None, "a message that cannot be read even with patience"
            call, flags = reading.call, ("schema_error",)
        assert isinstance(call, Call)
        inbound = Inbound(
            credential=self.credential,
            protocol=self.dialect.protocol,
            message_id="m-1",
            received_at=at,
            payload=json.dumps(payload).encode(),
            memory=self.memory,
            flags=flags,
        )
        return inbound, call.payload

    def says(self, action: str, payload: Mapping[str, Any], at: datetime = NOON) -> Any:
        inbound, request = self.call(action, payload, at)
        return self.dialect.reports[action].read(inbound, request)

    def hears(self, action: str, payload: Mapping[str, Any], reply: Any = None) -> dict[str, Any]:
        """The answer's payload, which has to be valid in the station's own protocol."""
        inbound, request = self.call(action, payload)
        answer = self.dialect.reports[action].answer(inbound, request, reply)
        frame = self.codec.decode(self.codec.encode_result("m-1", answer))
        assert isinstance(frame, Result)
        self.codec.decode_result(action, frame)
        told: dict[str, Any] = json.loads(bytes(frame.payload))
        return told


def told(report: Report | Ask[Any] | None) -> dict[str, Any]:
    """What a report says beyond its origin: the fields that are not as by default."""
    assert isinstance(report, Report)
    plain = msgspec.to_builtins(report)
    kept = {
        field.name: plain[field.name]
        for field in msgspec.structs.fields(report)
        if field.name not in (*ORIGIN, "payload") and getattr(report, field.name) != field.default
    }
    for sample in kept.get("samples", ()):
        for name in [name for name, value in sample.items() if value is None]:
            del sample[name]
    return {"kind": type(report).__name__, **json.loads(json.dumps(kept))}


class ScriptedLink:
    """A link whose station answers each call with the next line of its script: a payload, or an exception."""

    def __init__(self, protocol: str, *script: Any, connector_map: dict[int, tuple[int, int]] | None = None) -> None:
        self.protocol = protocol
        self.credential = a_credential(connector_map)
        self.memory = LinkMemory()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.reports: list[Any] = []
        self._codec = codec_for(protocol)  # type: ignore[arg-type]
        self._script = list(script)

    async def call(self, action: str, request: Any, timeout_s: float | None = None) -> Any:
        payload = msgspec.json.decode(msgspec.json.encode(request))
        self._codec.request_from(action, payload)  # what we say is valid in the station's protocol
        self.calls.append((action, payload))
        answer = self._script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return self._codec.decode_result(action, Result("m-1", msgspec.Raw(msgspec.json.encode(answer))))

    async def report(self, report: Any) -> Any:
        self.reports.append(report)

    async def run(self, kind: str, /, **arguments: Any) -> CommandOutcome:
        """Check and run a command, as the gateway does."""
        row = DIALECTS[self.protocol].commands[kind]
        row.check(arguments)
        outcome = await row.run(self, arguments)
        assert not self._script, "the station was asked less than the script foresees"
        return outcome


NOT_IMPLEMENTED = CallFailed("NotImplemented")
