"""Traces: what became of a session, from the station's frame to the CDR, for a collector that speaks OpenTelemetry.

A trace is a session: its id is the session's own UUID. So nothing is carried along from process to process, nothing is stored, and
whoever has a session's id finds its trace. A span stands for each report from its arrival to its answer, and for each listener that
handled one of the session's events. Off by default; then nothing here is loaded, and a commit costs one look at an empty list.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from pydantic import Field

from voltway.kernel import clock
from voltway.kernel.bus.event import Event
from voltway.kernel.errors import StartUpError
from voltway.kernel.module import Manifest, Settings
from voltway.kernel.runtime import Runtime

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

log = structlog.get_logger()

LOW_64_BITS = 2**64 - 1
_NS = 1_000_000_000
FACTS = ("station_id", "evse_number", "protocol", "message_id", "cdr_id")
"""Of a report or an event, what is told: never who charged."""


class TracingSettings(Settings):
    """Where traces go: VOLTWAY_TRACING__OTLP_URL and so on. Needs the extra: pip install 'voltway[tracing]'."""

    otlp_url: str = Field("", max_length=500, pattern=r"^(https?://\S+)?$")
    """A collector's address for traces (OTLP over HTTP), such as http://127.0.0.1:4318/v1/traces; empty: no traces."""
    sample_ratio: float = Field(1.0, ge=0, le=1)
    """Of how many sessions; every process decides alike."""


class Traces:
    """Turns what was committed and handled into spans."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("voltway")

    def committed(self, told: Sequence[tuple[Any, Any, float]]) -> None:
        """Reports with their receipts, and when they came (monotonic)."""
        for report, receipt, since in told:
            session_id = getattr(receipt, "session_id", None)
            if session_id is not None:
                phase = getattr(report, "phase", "")
                self._note(session_id, f"{type(report).__name__} {phase}".strip(), report, since, {"batch": len(told)})

    def handled(self, listener: str, events: Sequence[Event], since: float) -> None:
        """Events that a listener has handled in one transaction which began then."""
        for event in events:
            session_id = getattr(event, "session_id", None)
            if session_id:
                self._note(session_id, f"{listener} {type(event).__name__}", event, since, {"batch": len(events)})

    def _note(self, session_id: str, name: str, about: Any, since: float, more: Mapping[str, int]) -> None:
        from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

        try:
            trace_id = UUID(session_id).int
        except ValueError:
            return
        parent = SpanContext(trace_id, (trace_id & LOW_64_BITS) or 1, is_remote=True, trace_flags=TraceFlags(1))
        end = clock.epoch_ms() * (_NS // 1000)
        facts = {f"voltway.{fact}": value for fact in FACTS if (value := getattr(about, fact, None)) is not None}
        span = self._tracer.start_span(
            name,
            context=set_span_in_context(NonRecordingSpan(parent)),
            start_time=end - int((clock.monotonic() - since) * _NS),
            attributes={"voltway.session_id": session_id, **facts, **{f"voltway.{key}": n for key, n in more.items()}},
        )
        span.end(end)

    def close(self) -> None:
        """Send what waits."""
        self._provider.shutdown()


def begin(runtime: Runtime, exporter: SpanExporter, sample_ratio: float = 1.0) -> Traces:
    """Trace what this process does from now on."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import TraceIdRatioBased

    resource = Resource.create({"service.name": "voltway", "service.instance.id": runtime.node_id})
    provider = TracerProvider(sampler=TraceIdRatioBased(sample_ratio), resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    traces = Traces(provider)
    runtime.keep(traces)
    runtime.commits.on_commit.append(traces.committed)
    runtime.events.on_handled.append(traces.handled)
    return traces


async def start(runtime: Runtime) -> None:
    """Begin, if the settings say where to. Raises StartUpError where the extra is not installed."""
    settings = runtime.settings(TracingSettings)
    if not settings.otlp_url:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ModuleNotFoundError as error:
        raise StartUpError("tracing.otlp_url needs the extra: pip install 'voltway[tracing]'") from error
    begin(runtime, OTLPSpanExporter(endpoint=settings.otlp_url), settings.sample_ratio)
    log.info("traces.begun", to=settings.otlp_url, sample_ratio=settings.sample_ratio)


async def stop(runtime: Runtime) -> None:
    """Send what waits."""
    if runtime.settings(TracingSettings).otlp_url:
        await asyncio.to_thread(runtime.state(Traces).close)


MANIFEST = Manifest(name="tracing", settings=TracingSettings, start=start, stop=stop)
