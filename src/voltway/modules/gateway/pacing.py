"""How fast one station may talk: a token bucket that costs one subtraction per message, and patience with its limits."""

from __future__ import annotations

from voltway.kernel import clock
from voltway.modules.gateway.settings import GatewaySettings

RETRY_S = 0.1
"""How long a station above its rate waits until it is read on."""
FAULTS_WINDOW_S = 60.0


class Pace:
    """What one station has used of its limits."""

    __slots__ = ("_allowance", "_faults", "_faults_since", "_flood_rounds", "_settings", "_since")

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._allowance = settings.messages_burst
        self._since = clock.monotonic()
        self._flood_rounds = 0
        self._faults = 0
        self._faults_since = 0.0

    def take(self) -> bool:
        """Whether a message may be handled now."""
        if self._allowance > 0:
            self._allowance -= 1
            return True
        now, burst = clock.monotonic(), self._settings.messages_burst
        earned = min(int((now - self._since) * self._settings.messages_per_s), burst)
        if earned < 1:
            return False
        if 2 * earned >= burst:  # it has been quiet for a while
            self._flood_rounds = 0
        self._allowance, self._since = earned - 1, now
        return True

    def is_flooding(self) -> bool:
        """Whether the station has kept this up for too long. Asked when it must wait and has sent more all the same."""
        self._flood_rounds += 1
        return self._flood_rounds * RETRY_S > self._settings.flood_tolerated_s

    def tolerates_fault(self) -> bool:
        """Count a message that cannot be read; False when there were too many within a minute."""
        now = clock.monotonic()
        if now - self._faults_since > FAULTS_WINDOW_S:
            self._faults, self._faults_since = 0, now
        self._faults += 1
        return self._faults <= self._settings.faults_per_minute
