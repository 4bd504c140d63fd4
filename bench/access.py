#!/usr/bin/env python3
"""How many log-ins a second a Voltway answers, and how long one takes: `python bench/access.py --seconds 10`.

Starts a server of its own on loopback with one account, then lets clients log in by password one after the other. argon2id
bounds it: two threads, some 50 ms each. A wrong password costs as much as a right one; what the queue does not take (429) is counted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import tempfile
import time
from array import array
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from ocpp_load import percentiles
from servers import VOLTWAY, voltway

EMAIL, PASSWORD = "bench@example.org", "a long password of the bench"


async def measure(folder: Path, clients: int, seconds: float) -> dict[str, Any]:
    """Log-ins of some clients at once for some seconds, at a server of its own in this folder."""
    create = [str(VOLTWAY), "admin", "create", "--email", EMAIL, "--password-stdin", "--data-dir", str(folder / "data")]
    await asyncio.to_thread(
        subprocess.run, create, input=PASSWORD + "\n", text=True, check=True, stdout=subprocess.DEVNULL
    )
    with voltway(folder / "data") as server:
        assert server.http_url is not None
        return await log_ins(server.http_url, clients, seconds)


async def log_ins(http_url: str, clients: int, seconds: float) -> dict[str, Any]:
    """Log-ins of some clients at once for some seconds."""
    latencies, statuses, end = array("d"), Counter[int](), time.perf_counter() + seconds

    async def log_in_again_and_again() -> None:
        async with httpx.AsyncClient(base_url=f"{http_url}/api/v1", timeout=60, trust_env=False) as client:
            while (began := time.perf_counter()) < end:
                answer = await client.post("/login", json={"email": EMAIL, "password": PASSWORD})
                statuses[answer.status_code] += 1
                latencies.append((time.perf_counter() - began) * 1e3)

    began = time.perf_counter()
    await asyncio.gather(*(log_in_again_and_again() for _ in range(clients)))
    took_s = time.perf_counter() - began
    return {
        "clients": clients,
        "log_ins_per_s": round(statuses[200] / took_s, 1),
        "statuses": statuses,
        "latency_ms": percentiles(latencies),
    }


def bounded(low: int, high: int) -> Any:
    """A type for argparse: a whole number within bounds."""

    def number(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"a whole number from {low} to {high}")
        return int(text)

    return number


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=bounded(1, 300), default=10)
    parser.add_argument("--clients", type=bounded(1, 200), default=8, help="how many log in at once")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="voltway-bench-") as folder:
        found = asyncio.run(measure(Path(folder), options.clients, options.seconds))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
