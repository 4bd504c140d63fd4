"""Slows down whoever guesses passwords: a bucket of failures for each account and address, and one for each address.

The true user at another address is not held up, and nobody can lock an account by failing on purpose.
"""

from __future__ import annotations

import ipaddress
import math
from typing import NamedTuple

from voltway.kernel import clock
from voltway.kernel.auth.errors import TooManyFailures
from voltway.kernel.errors import TooMany

BUCKETS_MAX = 50_000


class Rate(NamedTuple):
    """How many failures are free, and how long it takes until one of them is forgotten."""

    burst: int
    refill_s: float


PER_ACCOUNT_AND_ADDRESS = Rate(burst=5, refill_s=30.0)
PER_ADDRESS = Rate(burst=50, refill_s=5.0)


PER_SECOND_FACTOR = Rate(burst=10, refill_s=60.0)
"""Codes of six digits, tried by somebody who has the password: for one account, from wherever."""


class LogInThrottle:
    """The failures of the last minutes; a process's memory (Runtime.state)."""

    per_account_and_address = PER_ACCOUNT_AND_ADDRESS
    per_address = PER_ADDRESS
    refusal: type[TooMany] = TooManyFailures
    words = "Too many log-ins with a wrong password. Wait a little."

    def __init__(self) -> None:
        self._free_at: dict[tuple[str, str], float] = {}
        """For each bucket, when it will be empty of failures."""

    def check(self, email: str, address: str) -> None:
        """Raise the refusal (TooManyFailures) if this log-in must wait."""
        now = clock.monotonic()
        wait_s = max(self._wait_s(key, rate, now) for key, rate in self._buckets(email, address))
        if wait_s > 0:
            raise self.refusal(self.words, retry_after_s=math.ceil(wait_s))

    def count_failure(self, email: str, address: str) -> None:
        """Remember that a log-in failed."""
        now = clock.monotonic()
        if len(self._free_at) >= BUCKETS_MAX:
            self._free_at = {key: free_at for key, free_at in self._free_at.items() if free_at > now}
        if len(self._free_at) >= BUCKETS_MAX:
            self._free_at.clear()
        for key, rate in self._buckets(email, address):
            self._free_at[key] = max(now, self._free_at.get(key, now)) + rate.refill_s

    def _wait_s(self, key: tuple[str, str], rate: Rate, now: float) -> float:
        full_until = self._free_at.get(key, now) - (rate.burst - 1) * rate.refill_s
        return full_until - now if full_until > now else 0.0

    def _buckets(self, email: str, address: str) -> list[tuple[tuple[str, str], Rate]]:
        network = _network(address)
        return [
            ((email.strip().casefold(), network), self.per_account_and_address),
            (("", network), self.per_address),
        ]


class SecondFactorThrottle(LogInThrottle):
    """Wrong codes of an authenticator app. The owner has other ways in: a passkey, a recovery code."""

    per_account_and_address = PER_SECOND_FACTOR
    per_address = PER_ADDRESS


class AddressThrottle(LogInThrottle):
    """What whoever it is at one address may do so often."""

    rate: Rate

    def count(self, address: str) -> None:
        """One more. Raises the refusal."""
        self.check("", address)
        self.count_failure("", address)

    def _buckets(self, email: str, address: str) -> list[tuple[tuple[str, str], Rate]]:
        return [(("", _network(address)), self.rate)]


class ChallengeThrottle(AddressThrottle):
    """Challenges that anybody may have us remember for some minutes."""

    rate = Rate(burst=60, refill_s=1.0)
    words = "Too many log-ins are begun from here. Wait a little."


class MailThrottle(LogInThrottle):
    """Requests that make us send a mail, right or wrong."""

    per_account_and_address = Rate(burst=5, refill_s=60.0)
    per_address = Rate(burst=20, refill_s=30.0)


def _network(address: str) -> str:
    """An IPv6 customer has a /64 of addresses: they count as one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return address if parsed.version == 4 else str(ipaddress.ip_network((parsed, 64), strict=False))
