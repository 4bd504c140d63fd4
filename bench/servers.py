"""The two servers under test, each a process of its own with a fresh folder, ended by its pid."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from process_tree import Used, used_by

HERE = Path(__file__).resolve().parent
VOLTWAY = Path(sys.executable).with_name("voltway")
START_TIMEOUT_S = 30
DRAIN_TIMEOUT_S = 30
STOP_TIMEOUT_S = 15
QUIET_S = 0.4
QUIET_CORES = 0.08
"""A server that uses less than this of a core, twice in a row, has no work left."""

# Thousands of strangers knock in the first seconds of a measurement: the limits that spread such a storm are lifted.
SETTINGS = {
    "VOLTWAY_GATEWAY__UNKNOWN_STATIONS": "accept",
    "VOLTWAY_GATEWAY__ADMISSIONS_PER_S": "100000",
    "VOLTWAY_GATEWAY__REREADS_PER_S": "100000",
    "VOLTWAY_LOG__LEVEL": "warning",
}


@dataclass
class Server:
    """A server that runs."""

    name: str
    process: subprocess.Popen[str]
    stations_url: str
    http_url: str | None
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def used(self) -> Used:
        return used_by([self.pid])

    def drain(self) -> float:
        """Wait until no backlog is left; CPU seconds of the process tree by then. Raises TimeoutError."""
        deadline, quiet = time.monotonic() + DRAIN_TIMEOUT_S, 0
        before = self.used().cpu_s
        while quiet < 2:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name} still works {DRAIN_TIMEOUT_S} s after the last message")
            time.sleep(QUIET_S)
            after = self.used().cpu_s
            is_quiet = after - before <= QUIET_CORES * QUIET_S and not any(self.backlogs().values())
            quiet = quiet + 1 if is_quiet else 0
            before = after
        return after

    def backlogs(self) -> dict[str, float]:
        """What waits, by its name in the metrics."""
        if self.http_url is None:
            return {}  # it has committed everything before it answers, and does nothing later
        with urllib.request.urlopen(f"{self.http_url}/metrics", timeout=10) as response:
            lines = response.read().decode().splitlines()
        return {
            line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
            for line in lines
            if re.match(r"voltway_\w*(backlog|waiting)", line)
        }


@contextmanager
def voltway(data_dir: Path, *, port: int = 0) -> Iterator[Server]:
    """`voltway run`, as users have it: its own data directory, SQLite, default settings but for SETTINGS."""
    command = [str(VOLTWAY), "run", "--data-dir", str(data_dir)]
    command += ["--http", "127.0.0.1:0", "--ocpp", f"127.0.0.1:{port}"]
    with _process("Voltway", command, data_dir.parent, SETTINGS) as (process, log):
        said = _read_until(process, log, r"Stations\s+ws://\S+:(\d+)/")
        found = re.search(r"Console\s+(http://\S+?:\d+)", said)
        assert found is not None
        stations_port = said.rpartition("ws://")[2].partition(":")[2].partition("/")[0]
        yield Server("Voltway", process, f"ws://127.0.0.1:{stations_port}/ocpp", found[1], log)


@contextmanager
def spawned_voltway(data_dir: Path, port: int) -> Iterator[Server]:
    """The same, not waited for."""
    command = [str(VOLTWAY), "run", "--data-dir", str(data_dir)]
    command += ["--http", "127.0.0.1:0", "--ocpp", f"127.0.0.1:{port}"]
    with _process("Voltway", command, data_dir.parent, SETTINGS) as (process, log):
        yield Server("Voltway", process, f"ws://127.0.0.1:{port}/ocpp", None, log)


@contextmanager
def plain_csms(folder: Path) -> Iterator[Server]:
    """The yardstick."""
    command = [sys.executable, str(HERE / "plain_csms.py"), "--port", "0", "--database", str(folder / "plain.db")]
    with _process("plain CSMS", command, folder, {}) as (process, log):
        port = _read_until(process, log, r"\d+\n").strip()
        yield Server("plain CSMS", process, f"ws://127.0.0.1:{port}/ocpp", None, log)


def api_key(data_dir: Path) -> str:
    """A key of an operator's administrator."""
    command = [str(VOLTWAY), "api-key", "create", "--role", "operator_admin", "--data-dir", str(data_dir)]
    made = subprocess.run(command, check=True, capture_output=True, text=True, env=_environment({}), timeout=30)
    return made.stdout.split()[-1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    """As a user has it: none of our caller's switches for Python (such as one that forbids bytecode) or for Voltway."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VOLTWAY_"))}
    return {**kept, **settings}


@contextmanager
def _process(
    name: str, command: list[str], folder: Path, settings: Mapping[str, str]
) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    log = folder / f"{name.split()[0].lower()}-{time.monotonic_ns()}.log"
    with log.open("w") as stream:
        process = subprocess.Popen(
            command, cwd=folder, env=_environment(settings), stdout=subprocess.PIPE, stderr=stream, text=True
        )
        try:
            yield process, log
            if process.poll() is not None:
                raise RuntimeError(f"{name} ended by itself, exit code {process.returncode}:\n{_end_of(log)}")
        finally:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            assert process.stdout is not None
            process.stdout.close()


def _read_until(process: subprocess.Popen[str], log: Path, pattern: str) -> str:
    """What a server says on its standard output until it says this. Its end ends the wait."""
    said = ""
    assert process.stdout is not None
    while not re.search(pattern, said):
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"The server did not start:\n{said}{_end_of(log)}")
        said += line
    return said


def _end_of(log: Path) -> str:
    return log.read_text()[-3000:]
