"""Traces: a session's way from the report to the CDR, found by the session's id, sent to a collector; nothing where they are off."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from uuid import UUID

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from builders import MakeRuntime, eventually
from sessions.builders import TARIFF, a_start, a_stop
from voltway.kernel import tracing
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.runtime import Runtime
from voltway.modules.billing import store as tariffs
from voltway.modules.billing.module import MANIFEST as BILLING
from voltway.modules.sessions.module import MANIFEST as SESSIONS
from voltway.modules.users import store as tokens
from voltway.modules.users.module import MANIFEST as USERS

CARD = {"value": "CARD-1", "kind": None, "status": "accepted", "expires_at": None, "group": None, "user_id": None}


class Collector(HTTPServer):
    """Takes traces as a collector does."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Intake)
        self.taken: list[Any] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1/traces"

    def spans(self) -> list[Any]:
        return [
            span
            for each in self.taken
            for of in each.resource_spans
            for scope in of.scope_spans
            for span in scope.spans
        ]


class Intake(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.taken.append(ExportTraceServiceRequest.FromString(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    server = Collector()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


async def charge(runtime: Runtime) -> str:
    """A charge from start to CDR; the session's id."""
    async with runtime.database.begin() as tx:
        await tokens.add(tx, DEFAULT_OPERATOR_ID, {**CARD, "concurrent_max": None})
        await tariffs.add_tariff(tx, DEFAULT_OPERATOR_ID, TARIFF)
        await tariffs.assign(tx, DEFAULT_OPERATOR_ID, TARIFF.tariff_id, [("operator", "")])
    started = await runtime.commits.record(a_start())
    await runtime.commits.record(a_stop(started.transaction_id))
    return str(started.session_id)


async def test_a_session_is_one_trace_from_its_reports_to_its_cdr_at_the_collector(
    make_runtime: MakeRuntime, collector: Collector
) -> None:
    runtime = await make_runtime(
        tracing.MANIFEST, SESSIONS, USERS, BILLING, settings={"tracing": {"otlp_url": collector.url}}
    )
    handled: list[str] = []
    runtime.events.on_handled.append(lambda listener, events, _: handled.extend(type(each).__name__ for each in events))
    session_id = await charge(runtime)
    await eventually(lambda: "SessionPriced" in handled)
    await tracing.stop(runtime)  # sends what waits
    spans = [span for span in collector.spans() if span.trace_id == UUID(session_id).bytes]
    names = {span.name for span in spans}
    assert {
        "ReportTransaction started",
        "ReportTransaction ended",
        "billing SessionEnded",
        "sessions SessionPriced",
    } <= names
    assert {span.trace_id for span in collector.spans()} == {UUID(session_id).bytes}
    for span in spans:
        assert 0 < span.start_time_unix_nano <= span.end_time_unix_nano, span.name
        told = {each.key for each in span.attributes}
        assert {"voltway.session_id", "voltway.station_id"} <= told or "Priced" in span.name
        assert "CARD-1" not in str(span)


async def test_no_session_is_traced_at_a_ratio_of_nothing(make_runtime: MakeRuntime, collector: Collector) -> None:
    settings = {"tracing": {"otlp_url": collector.url, "sample_ratio": 0.0}}
    runtime = await make_runtime(tracing.MANIFEST, SESSIONS, USERS, BILLING, settings=settings)
    await charge(runtime)
    await tracing.stop(runtime)
    assert collector.spans() == []


async def test_nothing_looks_on_where_traces_are_off(make_runtime: MakeRuntime) -> None:
    runtime = await make_runtime(tracing.MANIFEST, SESSIONS, USERS, BILLING)
    assert runtime.commits.on_commit == []
    assert runtime.events.on_handled == []
