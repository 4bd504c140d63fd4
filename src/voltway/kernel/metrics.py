"""What this process measures of itself, for Prometheus.

A module adds its own figures to the registry: `runtime.state(Metrics).links_online.set_function(...)`.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from voltway.kernel import clock
from voltway.kernel.bus.outbox import count_parked
from voltway.kernel.log import Written

if TYPE_CHECKING:
    from voltway.kernel.runtime import Runtime

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_LATENCY_BUCKETS_S = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_LAG_PROBE_S = 0.05


class Metrics:
    """The registry of this process, and the figures of the kernel."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "voltway_http_requests", "REST requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self._latency = Histogram(
            "voltway_http_request_seconds",
            "How long REST requests took.",
            ["method", "route"],
            buckets=_LATENCY_BUCKETS_S,
            registry=self.registry,
        )
        self.links_online = Gauge("voltway_links_online", "Stations linked to this process.", registry=self.registry)
        self.stations_known = Gauge(
            "voltway_stations_known", "Stations that may link, as this process knows them.", registry=self.registry
        )
        self.events_parked = Gauge(
            "voltway_events_parked", "Events put aside because a listener failed at them.", registry=self.registry
        )
        self.loop_lag = Gauge(
            "voltway_event_loop_lag_seconds", "How late the event loop was, last time.", registry=self.registry
        )

    def observe_request(self, method: str, route: str, status: int | None, took_s: float) -> None:
        """Count a request; status None: it was broken off."""
        self._requests.labels(method, route, str(status or "none")).inc()
        self._latency.labels(method, route).observe(took_s)

    def watch(self, runtime: Runtime) -> None:
        """Read the figures of group commit and events whenever somebody asks for the metrics."""
        self.registry.register(_KernelCollector(runtime))

    def to_text(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self.registry)


class _KernelCollector(Collector):
    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def collect(self) -> Iterator[Metric]:
        commits, events = self._runtime.commits, self._runtime.events
        yield CounterMetricFamily("voltway_commit_batches", "Batches of reports committed.", commits.batches)
        yield CounterMetricFamily("voltway_commit_reports", "Reports committed.", commits.committed)
        yield CounterMetricFamily(
            "voltway_commit_quarantined", "Reports put aside that could not be recorded.", commits.quarantined
        )
        yield CounterMetricFamily(
            "voltway_commit_given_up", "Reports refused because nothing could be committed.", commits.given_up
        )
        yield HistogramMetricFamily(
            "voltway_commit_latency_seconds",
            "From the arrival of a report to its answer.",
            buckets=commits.latencies.cumulated(),
            sum_value=commits.latencies.sum_s,
        )
        yield GaugeMetricFamily("voltway_commit_stalled", "1 while nothing can be committed.", int(commits.is_stalled))
        yield GaugeMetricFamily("voltway_ready", "1 when this process can do its work.", int(self._runtime.is_ready))
        if self._runtime.data_dir is not None and self._runtime.data_dir.is_dir():
            free = shutil.disk_usage(self._runtime.data_dir).free
            yield GaugeMetricFamily("voltway_data_dir_free_bytes", "Room left where the data directory is.", free)
        yield GaugeMetricFamily("voltway_commit_backlog", "Reports that wait for their commit.", commits.backlog)
        backlog = GaugeMetricFamily("voltway_events_backlog", "Events not handled yet.", labels=["listener"])
        for listener, count in events.backlogs().items():
            backlog.add_metric([listener], count)
        yield backlog
        yield CounterMetricFamily("voltway_log_lines_lost", "Lines that the log could not write.", Written.lost)


async def count_parked_events(runtime: Runtime) -> None:
    """A job: see how many events wait for a person."""
    runtime.state(Metrics).events_parked.set(await count_parked(runtime.database))


async def measure_loop_lag(runtime: Runtime) -> None:
    """A job: see how late the event loop wakes us."""
    began = clock.monotonic()
    await asyncio.sleep(_LAG_PROBE_S)
    runtime.state(Metrics).loop_lag.set(max(0.0, clock.monotonic() - began - _LAG_PROBE_S))
