"""What the station port counts, and how Prometheus reads it. Plain integers: counting must cost nothing on the way of a message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector


class Counts:
    """The counters of one process."""

    __slots__ = (
        "closed",
        "frames_in",
        "frames_out",
        "late_answers",
        "log_frames_dropped",
        "pipelined_calls",
        "protocol_faults",
        "refused",
        "replayed_answers",
        "throttled",
    )

    def __init__(self) -> None:
        self.frames_in = self.frames_out = 0
        self.late_answers = 0
        self.log_frames_dropped = 0
        self.pipelined_calls = 0
        self.protocol_faults = 0
        self.replayed_answers = 0
        self.throttled = 0
        self.refused: Counter[int] = Counter()
        """Handshakes refused, by HTTP status."""
        self.closed: Counter[int] = Counter()
        """Links that we closed, by close code."""


_HELP = {
    "frames_in": "Frames received from stations",
    "frames_out": "Frames sent to stations",
    "late_answers": "Answers of stations that nobody waited for any more",
    "log_frames_dropped": "Frames that the message log dropped under overload",
    "pipelined_calls": "Calls that a station sent before its last one was answered",
    "protocol_faults": "Messages that could not be read",
    "replayed_answers": "Repeated transaction messages that got their stored answer again",
    "throttled": "Times that a station was read later because it sent too much",
}


class GatewayCollector(Collector):
    """Shows the counters to Prometheus when it asks."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def collect(self) -> Iterable[Metric]:
        """The families, as they stand now."""
        for name, text in _HELP.items():
            yield CounterMetricFamily(f"voltway_gateway_{name}", text, value=getattr(self._counts, name))
        yield _by_label("voltway_gateway_refused", "Handshakes refused", "status", self._counts.refused)
        yield _by_label("voltway_gateway_closed", "Links closed by us", "code", self._counts.closed)


def _by_label(name: str, text: str, label: str, counts: Counter[int]) -> Metric:
    family = CounterMetricFamily(name, text, labels=[label])
    for value, count in counts.items():
        family.add_metric([str(value)], count)
    return family
