"""The engine: signals in, findings out. Pure: it is given signals and the time, and keeps what the checks keep.

The memory is bounded: of each check the keys that were seen longest ago are forgotten beyond `keys_max`. Everything is kept
apart by operator, whose own thresholds hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from voltway.contracts.detection import Severity
from voltway.modules.detection.checks import CLEAR, Check, Lasting, Parameters, Verdict
from voltway.modules.detection.rules_table import RULES, Rule
from voltway.modules.detection.signals import Signal

KEYS_MAX = 50_000
TEXT_MAX = 200


class Tuning(msgspec.Struct, frozen=True, kw_only=True):
    """How an operator wants a rule; `parameters` are those that differ."""

    is_enabled: bool = True
    severity: Severity | None = None
    parameters: Mapping[str, float] = {}


class Finding(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a rule says of a subject. `key` tells subjects apart, `subject` is for people.

    `since`: when the state began that a rule of states tells of; None: something that happened.
    """

    rule_id: str
    operator_id: str
    key: str
    subject: str
    verdict: Verdict
    severity: Severity
    at: datetime
    since: datetime | None = None
    station_id: str | None = None
    station_identity: str | None = None
    location_id: str | None = None
    facts: Mapping[str, Any] = {}


class _Watched(msgspec.Struct):
    """One check of a rule, and what it keeps: key -> (memory, last signal)."""

    rule: Rule
    index: int
    check: Check
    kept: dict[tuple[str, ...], tuple[Any, Signal]]


class Engine:
    """All rules and their memory."""

    def __init__(self, rules: Sequence[Rule] = RULES, keys_max: int = KEYS_MAX) -> None:
        self._keys_max = keys_max
        self._watched = [_Watched(rule, index, check, {}) for rule in rules for index, check in enumerate(rule.checks)]
        self._by_kind: dict[str, list[_Watched]] = {}
        for watched in self._watched:
            for kind in watched.check.watches:
                self._by_kind.setdefault(kind, []).append(watched)
        self._lasting = [watched for watched in self._watched if isinstance(watched.check, Lasting)]
        self._defaults = {rule.id: {name: each.default for name, each in rule.parameters.items()} for rule in rules}
        self._tuned: dict[tuple[str, str], tuple[Tuning, Parameters]] = {}

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of signals that some rule watches."""
        return frozenset(self._by_kind)

    @property
    def is_waiting(self) -> bool:
        """Whether time alone may show something."""
        return any(memory is not CLEAR for watched in self._lasting for memory, _ in watched.kept.values())

    def tune(self, tunings: Mapping[tuple[str, str], Tuning]) -> None:
        """How operators want their rules: (operator, rule) -> tuning; of the others the defaults hold."""
        self._tuned = {
            key: (tuning, {**self._defaults[key[1]], **tuning.parameters})
            for key, tuning in tunings.items()
            if key[1] in self._defaults
        }

    def feed(self, signal: Signal) -> list[Finding]:
        """What a signal shows."""
        found: list[Finding] = []
        for watched in self._by_kind.get(signal.kind, ()):
            if watched.check.takes(signal):
                found += self._see(watched, signal)
        return found

    def tick(self, now: datetime) -> list[Finding]:
        """What the passing of time shows."""
        found: list[Finding] = []
        for watched in self._lasting:
            for key, (memory, last) in list(watched.kept.items()):
                if memory is CLEAR:
                    continue
                tuning, given = self._given(last.operator_id, watched.rule)
                memory, verdict = watched.check.tick(memory, now, given)
                watched.kept[key] = (memory, last)
                if verdict is not None and tuning.is_enabled:
                    since = watched.check.since(memory)
                    found.append(_finding(watched, tuning, last, verdict, at=now, since=since))
        return found

    def _see(self, watched: _Watched, signal: Signal) -> Iterator[Finding]:
        tuning, given = self._given(signal.operator_id, watched.rule)
        if not tuning.is_enabled:
            return
        check, kept = watched.check, watched.kept
        key = (signal.operator_id, *(str(signal.fact(name)) for name in check.by))
        before = kept.pop(key, None)
        memory, verdict = check.see(before[0] if before is not None else None, signal, given)
        if memory is not None:
            kept[key] = (memory, signal)  # put at the end: the first is the one seen longest ago
            if len(kept) > self._keys_max:
                del kept[next(iter(kept))]
        if verdict is not None:
            yield _finding(watched, tuning, signal, verdict, at=signal.at, since=check.since(memory))

    def _given(self, operator_id: str, rule: Rule) -> tuple[Tuning, Parameters]:
        return self._tuned.get((operator_id, rule.id)) or (_AS_IT_IS, self._defaults[rule.id])


_AS_IT_IS = Tuning()


def _finding(
    watched: _Watched, tuning: Tuning, signal: Signal, verdict: Verdict, *, at: datetime, since: datetime | None
) -> Finding:
    rule, check = watched.rule, watched.check
    # Checks of one rule with one key and one measure of it are one subject: a warning that becomes critical.
    measures = sorted({(each.on, each.by) for each in rule.checks})
    part = "" if len(measures) == 1 else f"{measures.index((check.on, check.by))}:"
    shown = [
        signal.station_identity or signal.station_id if name == "station_id" else signal.fact(name)
        for name in check.by
        if name != "operator_id"
    ]
    return Finding(
        rule_id=rule.id,
        operator_id=signal.operator_id,
        key=part + _text([signal.fact(name) for name in check.by]),
        subject=_text(shown) or "the network",
        verdict=verdict,
        severity=Severity.CRITICAL if verdict is Verdict.GRAVE else tuning.severity or check.severity or rule.severity,
        at=at,
        since=since,
        station_id=signal.station_id,
        station_identity=signal.station_identity,
        location_id=signal.location_id,
        facts=signal.facts,
    )


def _text(values: Sequence[Any]) -> str:
    return " · ".join(str(value) for value in values)[:TEXT_MAX]
