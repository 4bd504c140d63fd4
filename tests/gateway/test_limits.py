"""Token buckets."""

from __future__ import annotations

from voltway.modules.gateway.limits import KeyedBuckets, TokenBucket


def test_bucket_gives_its_burst_then_its_rate() -> None:
    bucket = TokenBucket(per_s=2, burst=3)
    assert [bucket.take(10.0) for _ in range(4)] == [True, True, True, False]
    assert bucket.wait_s(10.0) == 0.5
    assert bucket.wait_s(10.25) == 0.25
    assert not bucket.take(10.25)
    assert bucket.take(10.5)
    assert not bucket.take(10.5)
    assert [bucket.take(1000.0) for _ in range(4)] == [True, True, True, False]


def test_bucket_survives_a_clock_that_stands_still() -> None:
    bucket = TokenBucket(per_s=1, burst=1)
    assert bucket.take(5.0)
    assert not bucket.take(4.0)
    assert bucket.take(5.0 + 1.0)


def test_each_key_has_its_own_and_the_oldest_is_forgotten() -> None:
    keyed = KeyedBuckets(per_s=0.001, burst=1, keys_max=2)
    assert keyed.of("a").take(1.0)
    assert not keyed.of("a").take(1.0)
    assert keyed.of("b").take(1.0)
    keyed.of("a")
    keyed.of("c")  # one too many: b was used longest ago
    assert not keyed.of("a").take(1.0)
    assert keyed.of("b").take(1.0)
