"""Makes of stations: what they are built of, which protocols they speak, and what they do in their own way. A table.

The names are descriptions, not products.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from voltway.station.ocpp.dialects import DIALECTS
from voltway.station.ocpp.vocabulary import ConnectorSpec, EvseSpec, StationSpec

ALL_PROTOCOLS = tuple(sorted(DIALECTS))
_SOCKET, _CABLE, _CCS = (ConnectorSpec("sType2"),), (ConnectorSpec("cType2"),), (ConnectorSpec("cCCS2"),)


@dataclass(frozen=True, slots=True)
class Make:
    """One make of station. `quirks`: rows of `quirks.py` that all of its stations have."""

    key: str
    vendor: str
    model: str
    evses: tuple[EvseSpec, ...]
    protocols: tuple[str, ...] = ALL_PROTOCOLS
    firmware_version: str = "1.0.0"
    sample_interval_s: int = 60
    quirks: tuple[str, ...] = ()
    signs: bool = False


MAKES = {
    make.key: make
    for make in (
        Make("ac-22", "Voltway", "Simulated AC 22", (EvseSpec(22_080, 3),)),
        Make("ac-11-duo", "Voltway", "Simulated AC 11 Duo", (EvseSpec(11_040, 3),) * 2),
        Make("dc-50", "Voltway", "Simulated DC 50", (EvseSpec(50_000, 0, _CCS),)),
        Make("dc-150", "Voltway", "Simulated DC 150", (EvseSpec(150_000, 0, _CCS),)),
        Make("wall-11", "Home Works", "Wall 11", (EvseSpec(11_040, 3, _CABLE),), firmware_version="3.2.1"),
        Make("wall-22", "Home Works", "Wall 22 S", (EvseSpec(22_080, 3, _SOCKET),), firmware_version="3.4.0"),
        Make(
            "post-duo", "Street Line", "Post Duo", (EvseSpec(22_080, 3, _SOCKET),) * 2, sample_interval_s=30, signs=True
        ),
        Make(
            "lamp-post",
            "Street Line",
            "Lamp 7",
            (EvseSpec(7_360, 1, _SOCKET),),
            ("ocpp1.6",),
            firmware_version="0.9.18",
            sample_interval_s=300,
            quirks=("kilowatt_hours",),
        ),
        Make(
            "kerb-veteran",
            "Kerb & Sons",
            "K2 2016",
            (EvseSpec(11_040, 3, _SOCKET), EvseSpec(3_680, 1, _SOCKET)),
            ("ocpp1.6",),
            firmware_version="2.0.7-r3",
            quirks=("values_after_the_stop", "local_time"),
        ),
        Make("depot-row", "Fleet Yard", "Row 4x11", (EvseSpec(11_040, 3, _CABLE),) * 4, ("ocpp2.0.1", "ocpp2.1")),
        Make(
            "fast-50",
            "Motorway",
            "Triple 50",
            (EvseSpec(50_000, 0, (ConnectorSpec("cCCS2"), ConnectorSpec("cG105"))), EvseSpec(22_080, 3, _CABLE)),
            ("ocpp1.6", "ocpp2.0.1"),
            sample_interval_s=30,
            quirks=("sent_twice",),
        ),
        Make("high-power-150", "Motorway", "HP 150", (EvseSpec(150_000, 0, _CCS),), sample_interval_s=20),
        Make(
            "high-power-300",
            "Motorway",
            "HP 300 Twin",
            (EvseSpec(300_000, 0, _CCS),) * 2,
            ("ocpp2.0.1", "ocpp2.1"),
            sample_interval_s=15,
        ),
    )
}
PLAIN = ("ac-22", "ac-11-duo", "dc-50", "dc-150")


def build_specs(
    count: int,
    protocol: str | None,
    id_template: str,
    password: str | None,
    rng: random.Random,
    makes: Sequence[str] = (),
    quirks: Sequence[str] = (),
) -> list[StationSpec]:
    """Stations of these makes; without a protocol they speak all in turn, each make what it can. Raises ValueError if none of
    the makes speaks the protocol."""
    wanted = [MAKES[key] for key in makes or PLAIN]
    protocols = (
        [protocol] if protocol else [one for one in ALL_PROTOCOLS if any(one in make.protocols for make in wanted)]
    )
    specs = []
    for number in range(1, count + 1):
        spoken = protocols[number % len(protocols)]
        able = [make for make in wanted if spoken in make.protocols]
        if not able:
            raise ValueError(f"none of the makes {', '.join(makes)} speaks {spoken}")
        make = rng.choice(able)
        specs.append(
            StationSpec(
                identity=id_template.format(n=number),
                protocol=spoken,
                vendor=make.vendor,
                model=make.model,
                serial_number=f"SN{number:08d}",
                firmware_version=make.firmware_version,
                password=password,
                evses=make.evses,
                sample_interval_s=make.sample_interval_s,
                signs=make.signs,
                quirks=tuple(dict.fromkeys((*make.quirks, *quirks))),
            )
        )
    return specs
