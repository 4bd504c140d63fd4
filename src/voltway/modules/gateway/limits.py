"""Limits on how often something may happen: token buckets. Pure; the time is given in seconds that only grow."""

from __future__ import annotations


class TokenBucket:
    """So many at once, then so many per second."""

    __slots__ = ("_at", "_tokens", "burst", "per_s")

    def __init__(self, per_s: float, burst: float) -> None:
        self.per_s, self.burst = per_s, burst
        self._tokens, self._at = burst, 0.0

    def take(self, now: float) -> bool:
        """Take one, if there is one."""
        self._tokens = min(self.burst, self._tokens + max(now - self._at, 0.0) * self.per_s)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def wait_s(self, now: float) -> float:
        """How long until there is one."""
        missing = 1 - self._tokens - max(now - self._at, 0.0) * self.per_s
        return max(missing / self.per_s, 0.0)


class KeyedBuckets:
    """A bucket for each key. The keys that were used longest ago are forgotten when there are too many."""

    def __init__(self, per_s: float, burst: float, keys_max: int = 10_000) -> None:
        self._per_s, self._burst, self._keys_max = per_s, burst, keys_max
        self._buckets: dict[str, TokenBucket] = {}

    def of(self, key: str) -> TokenBucket:
        """The key's bucket."""
        bucket = self._buckets.pop(key, None) or TokenBucket(self._per_s, self._burst)
        self._buckets[key] = bucket  # put at the end: the first is the one used longest ago
        if len(self._buckets) > self._keys_max:
            del self._buckets[next(iter(self._buckets))]
        return bucket
