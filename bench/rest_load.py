"""REST requests at a fixed rate, beside the stations; latencies count from when a request was due."""

from __future__ import annotations

import asyncio
import time
from array import array
from collections import Counter
from itertools import cycle
from typing import Any

import httpx

from ocpp_load import percentiles

PATHS = ("/charging-stations", "/sessions", "/overview")


class RestLoad:
    """Runs from `start` to `stop` on the event loop."""

    def __init__(self, http_url: str, api_key: str, rate: float) -> None:
        self._interval_s = 1 / rate
        self._client = httpx.AsyncClient(
            base_url=f"{http_url}/api/v1",
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=30,
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=32),
        )
        self._latencies = array("d")
        self._statuses: Counter[str] = Counter()
        self._asking: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> dict[str, Any]:
        """End it; what it has seen."""
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.gather(*self._asking)
        await self._client.aclose()
        return {
            "requests": len(self._latencies),
            "statuses": self._statuses,
            "latency_ms": percentiles(self._latencies),
        }

    async def _run(self) -> None:
        due = time.perf_counter()
        for path in cycle(PATHS):
            due += self._interval_s
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            task = asyncio.create_task(self._ask(path, due))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    async def _ask(self, path: str, due: float) -> None:
        try:
            response = await self._client.get(path)
            self._statuses[str(response.status_code)] += 1
        except httpx.HTTPError as error:
            self._statuses[type(error).__name__] += 1
        self._latencies.append((time.perf_counter() - due) * 1e3)
