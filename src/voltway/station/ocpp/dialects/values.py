"""Values that the dialects write and read alike."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from voltway.station.ocpp.vocabulary import MeterSample, Sealed
from voltway.wire.ocpp.faults import ErrorCode, RefusedCall
from voltway.wire.ocpp.times import parse_instant


class Reading(NamedTuple):
    """One measured value, in words that all versions share."""

    measurand: str
    value: float
    unit: str
    phase: str | None = None
    location: str = "Outlet"


_OFFSET = re.compile(r"(?:[Zz]|[+-]\d\d:?\d\d)$")
SIGNING_METHOD = "ECDSA-secp256r1-SHA256"
SIGNED_ENCODING = "OCMF"


def signed_words(sealed: Sealed) -> tuple[str, str]:
    """A signed record and its public key as OCPP carries them, Base64 both; the key says how it is written.

    Source: OCA, Signed Meter Values in OCPP 1.0, 2.1 and 2.2.
    """
    key = f"oca:base16:asn1:{sealed.public_key}"
    return b64encode(sealed.text.encode()).decode(), b64encode(key.encode()).decode()


def readings(sample: MeterSample) -> Iterator[Reading]:
    """The values of a sample that the CSMS wants to hear, one per phase where it has phases."""
    wanted = sample.measurands
    if "Energy.Active.Import.Register" in wanted:
        yield Reading("Energy.Active.Import.Register", sample.energy_wh, "Wh")
    if "Power.Active.Import" in wanted:
        yield Reading("Power.Active.Import", sample.power_w, "W")
    lines = tuple(f"L{line}" for line in range(1, sample.phases + 1)) or (None,)
    if "Current.Import" in wanted:
        for line, current_a in zip(lines, sample.currents_a or (sample.current_a,) * len(lines), strict=True):
            yield Reading("Current.Import", current_a, "A", line)
    if "Voltage" in wanted:
        for line, voltage_v in zip(lines, sample.voltages_v or (sample.voltage_v,) * len(lines), strict=True):
            yield Reading("Voltage", voltage_v, "V", f"{line}-N" if line else None)
    if "SoC" in wanted and sample.soc_percent is not None:
        yield Reading("SoC", sample.soc_percent, "Percent", None, "EV")


def instant(text: str | None) -> datetime | None:
    """A date-time in a request of the CSMS. Raises RefusedCall for what is none."""
    if text is None:
        return None
    try:
        return parse_instant(text).at
    except ValueError as error:
        raise RefusedCall(ErrorCode.PropertyConstraintViolation, str(error)) from error


def wall_instant(text: str | None, *, is_local: bool) -> datetime | None:
    """The beginning of a schedule. Of one in local time the digits count and the offset does not (2.1, K01.FR.90): what a clock shows,
    as a datetime that says UTC. Raises RefusedCall."""
    return instant(_OFFSET.sub("", text) if is_local and text is not None else text)


def told_instant(text: str | None) -> datetime | None:
    """A date-time in an answer of the CSMS; nonsense is as good as nothing."""
    try:
        return None if text is None else parse_instant(text).at
    except ValueError:
        return None
