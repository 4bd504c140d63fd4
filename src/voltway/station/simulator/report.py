"""What a run of a fleet amounts to, as one JSON document: each station's own ledger, and how the platform's sessions compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from voltway.kernel.clock import to_rfc3339
from voltway.station.ocpp.vocabulary import StationSpec
from voltway.station.simulator.ledger import Difference, Entry, Ledger, PlatformSession

FORMAT = "voltway-simulation-1"


def document(
    run: dict[str, Any],
    specs: Sequence[StationSpec],
    ledger: Ledger,
    undelivered: int,
    platform: Sequence[PlatformSession] | None,
    differences: Sequence[Difference],
) -> dict[str, Any]:
    """`run` says how it was run (scenario, seed …); `platform` None: it was not asked. `agrees` is null then."""
    by_station: dict[str, list[Entry]] = {spec.identity: [] for spec in specs}
    for entry in ledger.entries:
        by_station[entry.station_identity].append(entry)
    return {
        "format": FORMAT,
        "run": run,
        "totals": {
            "stations": len(specs),
            "sessions": len(ledger.entries),
            "still_charging": ledger.active,
            "energy_wh": ledger.energy_wh,
            "undelivered_reports": undelivered,
        },
        "stations": [_station(spec, by_station[spec.identity]) for spec in specs],
        "platform": None if platform is None else _platform(platform, frozenset(by_station)),
        "agrees": None if platform is None else not differences,
        "differences": [asdict(one) for one in differences],
    }


def _station(spec: StationSpec, entries: Sequence[Entry]) -> dict[str, Any]:
    return {
        "identity": spec.identity,
        "protocol": spec.protocol,
        "vendor": spec.vendor,
        "model": spec.model,
        "quirks": list(spec.quirks),
        "energy_wh": sum(entry.energy_wh for entry in entries),
        "sessions": [_session(entry) for entry in entries],
    }


def _session(entry: Entry) -> dict[str, Any]:
    one = entry.transaction
    return {
        "transaction_id": one.transaction_id,
        "evse_number": one.evse_number,
        "connector_number": one.connector_number,
        "id_token": one.token.value,
        "started_at": to_rfc3339(one.started_at),
        "ended_at": to_rfc3339(one.ended_at) if one.ended_at else None,
        "meter_start_wh": one.meter_start_wh,
        "meter_stop_wh": one.meter_stop_wh,
        "energy_wh": entry.energy_wh,
        "stop_reason": one.stop_reason.value if one.stop_reason else None,
    }


def _platform(sessions: Sequence[PlatformSession], identities: frozenset[str]) -> dict[str, Any]:
    known = {identity.casefold() for identity in identities}
    ours = [one for one in sessions if one.station_identity.casefold() in known]
    return {"sessions": len(ours), "energy_wh": sum(one.energy_wh or 0 for one in ours)}
