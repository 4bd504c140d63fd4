"""Activation codes of cards: how they look, and how fast they may be guessed. Pure; seconds only grow."""

from __future__ import annotations

import re

ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
"""None that is mistaken for another; 15 of them are 73 bits."""
LENGTH = 15
BURST, REFILL_S = 10, 60.0
BUCKETS_MAX = 50_000


def written(code: str) -> str:
    """In groups of five, as it is printed."""
    return "-".join(code[start : start + 5] for start in range(0, LENGTH, 5))


def read(text: str) -> str:
    """A code as somebody types it: case, blanks and hyphens do not matter."""
    return re.sub(r"[\s-]", "", text).upper()


class Guesses:
    """Wrong codes of each driver and of each address: a process's memory (Runtime.state)."""

    def __init__(self) -> None:
        self._free_at: dict[str, float] = {}
        """When a bucket will be empty of guesses."""

    def wait_s(self, keys: tuple[str, ...], now: float) -> float:
        """How long until one more may be tried; 0: now."""
        return max(max(0.0, self._free_at.get(key, now) - now - (BURST - 1) * REFILL_S) for key in keys)

    def count(self, keys: tuple[str, ...], now: float) -> None:
        """One more was wrong."""
        if len(self._free_at) >= BUCKETS_MAX:
            self._free_at = {key: at for key, at in self._free_at.items() if at > now}
        if len(self._free_at) >= BUCKETS_MAX:
            self._free_at.clear()
        for key in keys:
            self._free_at[key] = max(now, self._free_at.get(key, now)) + REFILL_S
