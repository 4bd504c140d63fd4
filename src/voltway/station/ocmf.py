"""Signed meter values in the Open Charge Metering Format (OCMF 1.0): making them. Pure but for the key.

A record is `OCMF|payload|signature`; the signature is ECDSA over SHA-256 of the payload exactly as it stands. A station whose
meter signs by itself passes the meter's own record on; this signs for a station whose gateway holds the key, which calibration
law accepts only inside a module that was approved for it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

FORMAT_VERSION = "1.0"
ALGORITHM = "ECDSA-secp256r1-SHA256"
OBIS_IMPORT = "1-0:1.8.0"
"""The register of imported active energy, total."""


class ReadingKind(StrEnum):
    """Why a reading was taken (TX)."""

    BEGIN = "B"
    CHARGING = "C"
    END = "E"
    POWER_FAILURE = "P"


class TimeStatus(StrEnum):
    """How good the clock is (the letter after TM)."""

    UNKNOWN = "U"
    INFORMATIVE = "I"
    SYNCHRONISED = "S"
    RELATIVE = "R"


@dataclass(frozen=True, slots=True)
class SignedReading:
    """One reading of a record. `is_healthy` is the meter's state (ST: G, else F)."""

    at: datetime
    kind: ReadingKind
    energy_wh: int
    time_status: TimeStatus = TimeStatus.SYNCHRONISED
    is_healthy: bool = True


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: the gateway, the meter, and the key (a P-256 private key)."""

    gateway: str
    gateway_serial: str
    meter_vendor: str
    meter_model: str
    meter_serial: str
    key: ec.EllipticCurvePrivateKey

    def record(self, readings: Sequence[SignedReading], pagination: int, id_token: str | None, id_kind: str) -> str:
        """A signed record of readings that belong together, in order of time.

        `pagination` counts the transactional records of this signer, without gaps. `id_kind` is OCMF's type of the identifier:
        ISO14443, EMAID, NONE … Raises ValueError without readings, for registers that fall, or for a key of another curve.
        """
        if not readings:
            raise ValueError("a record has at least one reading")
        if any(later.energy_wh < earlier.energy_wh for earlier, later in pairwise(readings)):
            raise ValueError("a register of energy does not fall")
        if not isinstance(self.key.curve, ec.SECP256R1):
            raise ValueError(f"the key is of the curve {self.key.curve.name}, records are signed with secp256r1")
        payload = json.dumps(self._payload(readings, pagination, id_token, id_kind), separators=(",", ":"))
        signature = self.key.sign(payload.encode(), ec.ECDSA(hashes.SHA256()))
        return f"OCMF|{payload}|" + json.dumps({"SA": ALGORITHM, "SD": signature.hex()}, separators=(",", ":"))

    def _payload(
        self, readings: Sequence[SignedReading], pagination: int, id_token: str | None, id_kind: str
    ) -> dict[str, object]:
        return {
            "FV": FORMAT_VERSION,
            "GI": self.gateway,
            "GS": self.gateway_serial,
            "PG": f"T{pagination}",
            "MV": self.meter_vendor,
            "MM": self.meter_model,
            "MS": self.meter_serial,
            "IS": id_token is not None,
            "IF": [],
            "IT": id_kind if id_token is not None else "NONE",
            "ID": id_token or "",
            "RD": [
                {
                    "TM": f"{_time(reading.at)} {reading.time_status.value}",
                    "TX": reading.kind.value,
                    # A string would lose nothing either, but the format asks for a number: whole Wh are exact in both.
                    "RV": reading.energy_wh,
                    "RI": OBIS_IMPORT,
                    "RU": "Wh",
                    "RT": "AC",
                    "ST": "G" if reading.is_healthy else "F",
                }
                for reading in readings
            ],
        }

    @property
    def public_key(self) -> str:
        """The public key as hex of its DER encoding (SubjectPublicKeyInfo), as it is printed on a meter."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.key.public_key().public_bytes(serialization.Encoding.DER, form).hex()


def _time(at: datetime) -> str:
    """2026-01-31T12:00:00,000+0000: a comma before the milliseconds, as the format has it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S,") + f"{at.microsecond // 1000:03}" + at.strftime("%z")
