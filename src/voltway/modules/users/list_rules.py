"""What belongs into a station's local list, and what a report tells of the one that it has. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from voltway.contracts.access import ReportLocalList

Mode = Literal["off", "all", "selected"]
ListState = Literal["off", "pending", "in_step", "failed", "not_supported"]
Entry = Mapping[str, Any]
Known = dict[str, list[Any]]
"""What a station has: the token without case and its kind -> [token, kind, digest of the entry]."""

RETRY_S, RETRY_MAX_S = 30, 3600


class ListFacts(NamedTuple):
    """What we know of a station's list: `entries` None means not known."""

    version: int
    entries: Known | None
    state: ListState
    wire_status: str | None


def key_of(entry: Entry) -> str:
    """Entries with one key are one entry for a station."""
    return f"{entry.get('kind') or ''}:{entry['id_token'].casefold()}"


def digest(entry: Entry) -> str:
    """Changes when anything of an entry does that the station is told."""
    told = {name: value for name, value in entry.items() if value is not None}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def leave_out(left_out: Iterable[str], id_token: str) -> list[str]:
    """One more token that a list leaves out."""
    return sorted({*left_out, id_token.casefold()})


def to_remove(known: Known | None, left_out: Iterable[str]) -> list[Entry]:
    """The removal of each token that a station has, as far as we know, and that its list leaves out."""
    without = set(left_out)
    return [_removal(value, kind) for value, kind, _ in (known or {}).values() if value.casefold() in without]


def known_of(entries: Iterable[Entry]) -> Known:
    """What a station has that took these as its full list."""
    return {key_of(entry): [entry["id_token"], entry.get("kind"), digest(entry)] for entry in entries}


def changes(known: Known, wanted: Sequence[Entry]) -> list[Entry]:
    """What makes the wanted list out of the known one: entries that are new or different, and those to be removed."""
    wanted_keys = {key_of(entry) for entry in wanted}
    removed = [_removal(value, kind) for key, (value, kind, _) in known.items() if key not in wanted_keys]
    changed = [entry for entry in wanted if known.get(key_of(entry), [None, None, None])[2] != digest(entry)]
    return [*removed, *changed]


def apply_changes(known: Known, entries: Iterable[Entry]) -> Known:
    """What a station has that took these changes."""
    after = dict(known)
    for entry in entries:
        if entry.get("status") is None:
            after.pop(key_of(entry), None)
        else:
            after.update(known_of([entry]))
    return after


def heard(facts: ListFacts, mode: Mode, report: ReportLocalList) -> ListFacts:
    """What is known after a report. What a station took in part is not known: the next list is a full one."""
    if report.entries is None:
        return _told_version(facts, mode, report)
    version = facts.version if report.version is None else report.version
    state: ListState = "off" if mode == "off" else "in_step"
    if not report.is_complete:
        entries = facts.entries if report.version is None and report.wire_status != "VersionMismatch" else None
        refused: ListState = "not_supported" if report.wire_status == "NotSupported" else "failed"
        return ListFacts(version, entries, "off" if mode == "off" else refused, report.wire_status)
    if report.is_full:
        entries = known_of(report.entries)
    else:
        entries = None if facts.entries is None else apply_changes(facts.entries, report.entries)
    return ListFacts(version, entries, state, report.wire_status)


def _told_version(facts: ListFacts, mode: Mode, report: ReportLocalList) -> ListFacts:
    told = report.version or 0
    if told < 0:
        state: ListState = "off" if mode == "off" else "not_supported"
        return ListFacts(facts.version, None, state, report.wire_status or "NotSupported")
    if told == facts.version and (told > 0 or facts.entries is not None):
        return facts
    # Version 0 is an empty list (1.6 §5.10, 2.0.1 D02).
    state = "pending" if mode != "off" else "off"
    return ListFacts(told, {} if told == 0 else None, state, facts.wire_status)


def retry_after_s(attempts: int) -> int:
    """How long to wait after so many attempts that failed."""
    return int(min(RETRY_S * 2 ** min(attempts, 10), RETRY_MAX_S))


def _removal(value: str, kind: str | None) -> Entry:
    return {"id_token": value} if kind is None else {"id_token": value, "kind": kind}
