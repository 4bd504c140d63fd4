"""The server as users have it: `voltway run` in a process of its own, and the command line beside it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from ports import lasting_port

VOLTWAY = str(Path(sys.executable).with_name("voltway"))
STARTS_WITHIN_S = 180.0  # what it takes on a busy machine; how fast it is, is measured elsewhere
ENDS_WITHIN_S = 60.0
LOOK_S = 0.02


class ServerProcess:
    """A server on a data directory; it has its ports for good, and finds them again when it comes back."""

    def __init__(self, data_dir: Path, *, environment: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self.program: Sequence[str] = (VOLTWAY,)
        """What is run; a test may put something of its own before the arguments."""
        self.http_port = lasting_port()
        self.ocpp_port = lasting_port()
        self._settings = dict(environment or {})
        self._output = data_dir.with_name(f"{data_dir.name}-output.txt")
        self._log = data_dir.with_name(f"{data_dir.name}-log.txt")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.http_port}/api/v1"

    @property
    def stations_url(self) -> str:
        return f"ws://127.0.0.1:{self.ocpp_port}/ocpp"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def output(self) -> str:
        """What it has printed since its last start."""
        return self._output.read_text()

    @property
    def log(self) -> str:
        """All it has logged; nothing if it was never started."""
        return self._log.read_text() if self._log.exists() else ""

    def start(self, *arguments: str) -> None:
        """Start it and wait until it says that it runs."""
        command = [*self.program, "run", "--data-dir", str(self.data_dir)]
        command += ["--http", f"127.0.0.1:{self.http_port}", "--ocpp", f"127.0.0.1:{self.ocpp_port}", *arguments]
        with self._output.open("wb") as output, self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=output, stderr=log, env=clean_environment() | self._settings
            )
        deadline = time.monotonic() + STARTS_WITHIN_S
        while "is running" not in self.output:
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"The server did not start.\n{self.output}\n{self.log[-4000:]}")
            time.sleep(LOOK_S)
        self.http_port = int(re.findall(r"http://localhost:(\d+)/api/v1", self.output)[0])
        for port in re.findall(r"ws://localhost:(\d+)/ocpp", self.output)[:1]:  # one without a gateway has none
            self.ocpp_port = int(port)

    def kill(self) -> None:
        """End it as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def until_dead(self, within_s: float = STARTS_WITHIN_S) -> int:
        """Wait until it has died by itself; its exit code, minus the signal's number."""
        assert self._process is not None
        return self._process.wait(within_s)

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> int:
        """End it as Ctrl-C does; its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(ENDS_WITHIN_S)

    def make_key(self, role: str = "operator_admin") -> str:
        """An API key, by the command line."""
        return self.command("api-key", "create", "--role", role).strip()

    def command(self, *arguments: str, typed: str = "", environment: Mapping[str, str] | None = None) -> str:
        """What a command on the same installation prints."""
        data_dir = ("--data-dir", str(self.data_dir))
        return voltway(*arguments, *data_dir, typed=typed, environment=self._settings | dict(environment or {})).stdout


def voltway(
    *arguments: str, typed: str = "", environment: Mapping[str, str] | None = None, code: int = 0
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, which must have this exit code."""
    done = subprocess.run(
        [VOLTWAY, *arguments],
        input=typed,
        capture_output=True,
        text=True,
        timeout=STARTS_WITHIN_S,
        env=clean_environment() | dict(environment or {}),
    )
    assert done.returncode == code, done.stderr
    return done


def clean_environment() -> dict[str, str]:
    """Ours without settings of Voltway, so that no test depends on who runs it."""
    return {name: value for name, value in os.environ.items() if not name.startswith("VOLTWAY_")}
