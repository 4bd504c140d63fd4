"""Who signs the begin and the end of charges: a key that stays, and a count of records that outlives a reboot.

The begin is a record of its own; the record of the end has both readings, so that one text tells the whole charge.
Source: OCMF 1.0; OCA, Signed Meter Values in OCPP 1.0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from voltway.kernel.errors import StartUpError
from voltway.station.ocmf import ReadingKind, SignedReading, Signer, TimeStatus
from voltway.station.ocpp.vocabulary import IdToken, Sealed, StopReason, Transaction
from voltway.station.queue.storage import write_atomically

_KINDS = {
    "ISO14443": "ISO14443",
    "ISO15693": "ISO15693",
    "eMAID": "EMAID",
    "EVCCID": "EVCCID",
    "Central": "CENTRAL",
    "Local": "LOCAL",
    "KeyCode": "KEY_CODE",
}
"""Types of tokens in OCPP 2.x, in the words of OCMF (table 17)."""


@dataclass(frozen=True, slots=True)
class Seal:
    """Signs for one EVSE's meter. `next_page` counts the records of the key, without gaps."""

    signer: Signer
    next_page: Callable[[], int]

    def begin(self, at: datetime, energy_wh: int, token: IdToken, *, is_clock_set: bool) -> Sealed:
        """The first reading of a charge."""
        return self._sealed([_reading(at, ReadingKind.BEGIN, energy_wh, is_clock_set)], token)

    def end(self, transaction: Transaction, at: datetime, energy_wh: int, *, is_clock_set: bool) -> Sealed:
        """First and last reading of a charge; one that a power cut has ended says so."""
        is_cut = transaction.stop_reason is StopReason.POWER_LOSS
        began_set = not transaction.is_clock_unsure
        begin = _reading(transaction.started_at, ReadingKind.BEGIN, transaction.meter_start_wh, began_set)
        last = ReadingKind.POWER_FAILURE if is_cut else ReadingKind.END
        return self._sealed([begin, _reading(at, last, energy_wh, is_clock_set)], transaction.token)

    def _sealed(self, readings: list[SignedReading], token: IdToken) -> Sealed:
        kind = _KINDS.get(token.kind, "UNDEFINED")
        return Sealed(self.signer.record(readings, self.next_page(), token.value, kind), self.signer.public_key)


def _reading(at: datetime, kind: ReadingKind, energy_wh: int, is_clock_set: bool) -> SignedReading:
    return SignedReading(at, kind, energy_wh, TimeStatus.SYNCHRONISED if is_clock_set else TimeStatus.UNKNOWN)


def signing_key(file: Path) -> ec.EllipticCurvePrivateKey:
    """The key in a file, made there if it is not. Raises StartUpError for a file that is no P-256 key, OSError."""
    if not file.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        form, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        write_atomically(file, key.private_bytes(serialization.Encoding.PEM, form, none))
        return key
    try:
        found = serialization.load_pem_private_key(file.read_bytes(), None)
    except (ValueError, TypeError) as error:
        raise StartUpError(f"the signing_key {file} cannot be used: {error}") from error
    if not isinstance(found, ec.EllipticCurvePrivateKey) or not isinstance(found.curve, ec.SECP256R1):
        raise StartUpError(f"the signing_key {file} is no key of P-256 (secp256r1)")
    return found
