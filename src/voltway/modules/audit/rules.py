"""The chain: what is hashed of an entry, and what is wrong with entries that somebody has touched. Pure.

Each entry holds the hash of the one before it. Who may only write to the database can hash anew what he has changed; the seal
of each hash he cannot make: its key comes from the installation's secret, which is not in the database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from voltway.kernel import chains
from voltway.kernel.audit import ActDone
from voltway.kernel.chains import BEGINNING as BEGINNING
from voltway.kernel.chains import NOTHING as NOTHING
from voltway.kernel.chains import Broken as Broken
from voltway.kernel.chains import End as End
from voltway.kernel.chains import check_end as check_end
from voltway.kernel.chains import seal_of as seal_of

SEAL_PURPOSE = "audit log"
FORM = 1
"""Of what is hashed; the next one would have another number, so that old entries stay verifiable."""
DOCUMENT_BYTES_MAX = 32_768
REASON_LENGTH_MAX = 2_000

HASHED = (
    "operator_id",
    "number",
    "act_id",
    "at",
    "actor_kind",
    "actor_id",
    "actor_name",
    "action",
    "target_kind",
    "target_id",
    "was",
    "became",
    "reason",
    "address",
    "correlation_id",
    "previous_hash",
)
_encode = msgspec.json.Encoder(order="sorted").encode


def hash_of(entry: Mapping[str, Any]) -> str:
    """SHA-256 of an entry's canonical form: its fields in the order of HASHED, as JSON with sorted names, times in ms."""
    return chains.hash_of_fields(FORM, [entry[name] for name in HASHED])


def chained(acts: Iterable[ActDone], operator_id: str, end: End, key: bytes) -> list[dict[str, Any]]:
    """The rows of acts that follow the end of their operator's chain."""
    rows: list[dict[str, Any]] = []
    number, previous = end.number, end.hash
    for act in acts:
        number += 1
        row: dict[str, Any] = {
            "operator_id": operator_id,
            "number": number,
            "act_id": act.act_id,
            "at": act.at.replace(microsecond=act.at.microsecond // 1000 * 1000),
            "actor_kind": act.actor_kind[:20],
            "actor_id": act.actor_id[:64],
            "actor_name": _text(act.actor_name)[:200],
            "action": act.action[:80],
            "target_kind": act.target_kind[:40],
            "target_id": _text(act.target_id)[:100],
            "was": bounded(act.before),
            "became": bounded(act.after),
            "reason": act.reason and _text(act.reason)[:REASON_LENGTH_MAX],
            "address": act.address and act.address[:64],
            "correlation_id": act.correlation_id and act.correlation_id[:64],
            "previous_hash": previous,
        }
        previous = row["hash"] = hash_of(row)
        row["seal"] = seal_of(key, operator_id, number, previous)
        rows.append(row)
    return rows


def bounded(document: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A document as it is kept: as JSON has it, and of one that is too large its size and its hash."""
    if document is None:
        return None
    text = _encode(document)
    if len(text) > DOCUMENT_BYTES_MAX:
        return {"left_out_bytes": len(text), "left_out_sha256": hashlib.sha256(text).hexdigest()}
    kept: dict[str, Any] = msgspec.json.decode(text)
    return kept


def check(
    entries: Sequence[Mapping[str, Any]], end: End, anchor: End | None, operator_id: str, key: bytes
) -> tuple[End, Broken | None]:
    """Go on from an end through the entries that follow by number: the new end, or what is broken first."""
    return chains.check(entries, end, anchor, operator_id, key, hash_of)


def _text(text: str) -> str:
    """NUL is no text for PostgreSQL."""
    return text.replace("\0", "")
