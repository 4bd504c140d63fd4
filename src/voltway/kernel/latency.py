"""How long something took, counted by bounds: a histogram as Prometheus has it, in plain numbers, for the way of a message."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Latencies:
    """`counts[n]` were at most `BOUNDS_S[n]`, and more than the bound before; the last were beyond all bounds."""

    __slots__ = ("counts", "sum_s")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS_S) + 1)
        self.sum_s = 0.0

    def add(self, took_s: Iterable[float]) -> None:
        """Count these."""
        counts = self.counts
        for each in took_s:
            counts[bisect_left(BOUNDS_S, each)] += 1
            self.sum_s += each

    def cumulated(self) -> list[tuple[str, float]]:
        """Bounds as text and how many were at most that, `+Inf` last."""
        total, found = 0, []
        for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), self.counts, strict=True):
            total += count
            found.append((bound, float(total)))
        return found
