"""Chains of sealed rows: each holds the hash of the one before it and a seal that only this installation can make. Pure.

Who may only write to the database can hash anew what he has changed; the seal of each hash he cannot make: its key comes from
the installation's secret, which is not in the database. The audit log and the ledger are such chains.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

BEGINNING = "0" * 64
"""What stands for the hash before the first row."""
_encode = msgspec.json.Encoder(order="sorted").encode

HashOf = Callable[[Mapping[str, Any]], str]


class End(NamedTuple):
    """Where a chain ends, or was seen to end."""

    number: int
    hash: str
    seal: str


class Broken(NamedTuple):
    """The first row at which a chain does not hold, and why."""

    number: int
    says: str


NOTHING = End(0, BEGINNING, "")


def hash_of_fields(form: int, fields: Sequence[Any]) -> str:
    """SHA-256 of the canonical form of fields: JSON with sorted names, times in ms, the number of the form in front."""
    return hashlib.sha256(_encode([form, *(_plain(field) for field in fields)])).hexdigest()


def seal_of(key: bytes, operator_id: str, number: int, hash_: str) -> str:
    """What only this installation can say of a hash."""
    return hmac.new(key, f"{operator_id} {number} {hash_}".encode(), hashlib.sha256).hexdigest()


def check(
    rows: Sequence[Mapping[str, Any]], end: End, anchor: End | None, operator_id: str, key: bytes, hash_of: HashOf
) -> tuple[End, Broken | None]:
    """Go on from an end through the rows that follow by number: the new end, or what is broken first."""
    for row in rows:
        number = end.number + 1
        if row["number"] != number:
            return end, Broken(number, f"it is missing; the next one is {row['number']}")
        if row["previous_hash"] != end.hash:
            return end, Broken(number, "it does not follow the entry before it")
        if hash_of(row) != row["hash"]:
            return end, Broken(number, "it is not as it was written")
        if not hmac.compare_digest(seal_of(key, operator_id, number, row["hash"]), row["seal"]):
            return end, Broken(number, "it was not written by this installation")
        if anchor is not None and anchor.number == number and anchor.hash != row["hash"]:
            return end, Broken(number, "another entry has been seen in its place")
        end = End(number, row["hash"], row["seal"])
    return end, None


def check_end(end: End, head: End, anchor: End | None, operator_id: str, key: bytes) -> Broken | None:
    """Whether a chain that holds is whole: it ends where its head says, and reaches where it was seen to reach."""
    if head.number > end.number:
        return Broken(end.number + 1, f"it is missing, as all up to {head.number}")
    if (head.number, head.hash) != (end.number, end.hash):
        return Broken(end.number, "the head of the chain is another one")
    if anchor is not None:
        if anchor.seal != seal_of(key, operator_id, anchor.number, anchor.hash):
            return Broken(anchor.number, "the anchor file was not written by this installation")
        if anchor.number > end.number:
            return Broken(end.number + 1, f"it is missing: entry {anchor.number} has been seen")
    return None


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat(timespec="milliseconds") if isinstance(value, datetime) else value
