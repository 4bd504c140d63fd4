"""Ports that stay free while a server of a test is down.

The system hands ports out from a range of its own (32,768 and up, on Linux) to whoever asks for any port, or connects: a server
that was given one, ends and comes back may find it taken. These lie below that range, and each worker has its own.
"""

from __future__ import annotations

import itertools
import os
import socket

FIRST, PER_WORKER, WORKERS = 12_000, 1_000, 16
_next = itertools.count(os.getpid() % PER_WORKER)  # two runs of tests at once begin elsewhere


def lasting_port() -> int:
    """A port that nobody listens on, and that no other test will get."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
    for _ in range(PER_WORKER):
        port = FIRST + worker * PER_WORKER + next(_next) % PER_WORKER
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("No port is free.")
