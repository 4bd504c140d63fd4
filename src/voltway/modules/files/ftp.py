"""The FTP door: stations of OCPP 1.6 often know no other way for their diagnostics (RFC 959; with TLS: RFC 4217).

A thread of its own runs `pyftpdlib`; what needs the database is asked of the runtime's loop. Passive and extended passive
mode only open ports of the configured range. A file counts when its data connection has ended in order: FTP itself cannot tell a
whole file from one whose sender died with a proper farewell.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import structlog
from pyftpdlib.authorizers import AuthenticationFailed  # type: ignore[import-untyped]
from pyftpdlib.exceptions import FilesystemError  # type: ignore[import-untyped]
from pyftpdlib.filesystems import AbstractedFS  # type: ignore[import-untyped]
from pyftpdlib.handlers import DTPHandler, FTPHandler, TLS_DTPHandler, TLS_FTPHandler  # type: ignore[import-untyped]
from pyftpdlib.ioloop import IOLoop  # type: ignore[import-untyped]
from pyftpdlib.servers import FTPServer  # type: ignore[import-untyped]

from voltway.kernel.runtime import Runtime
from voltway.modules.files import rules, visits
from voltway.modules.files.settings import FilesSettings
from voltway.modules.files.visits import Visit

log = structlog.get_logger()
T = TypeVar("T")

BRINGS, FETCHES = "elw", "elr"
"""pyftpdlib's letters: change folder and list, and write or read. Nothing is ever removed, renamed or appended to."""
ANSWER_S = 30.0
CONNECTIONS_MAX, CONNECTIONS_PER_ADDRESS_MAX = 256, 16
IDLE_S = 120

logging.getLogger("pyftpdlib").setLevel(logging.ERROR)  # it would tell of every command


class FtpDoor:
    """The server and its thread."""

    def __init__(self, runtime: Runtime, host: str, port: int) -> None:
        """Listens already. Raises OSError where the port is not to be had, and for a certificate that cannot be read."""
        self._runtime, self._loop = runtime, asyncio.get_running_loop()
        self._is_stopping = threading.Event()
        self._server = FTPServer((host, port), _handler(self, runtime.settings(FilesSettings)), ioloop=IOLoop())
        self._server.max_cons = CONNECTIONS_MAX
        self._server.max_cons_per_ip = CONNECTIONS_PER_ADDRESS_MAX
        self._thread = threading.Thread(target=self._serve, name="files:ftp", daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._server.address[1]
        return port

    def start(self) -> None:
        """Serve."""
        self._thread.start()

    async def stop(self) -> None:
        """Close all connections, and end."""
        self._is_stopping.set()
        await asyncio.to_thread(self._thread.join)

    def asked(self, work: Coroutine[Any, Any, T]) -> T:
        """From the thread: what the runtime's loop says. Raises TimeoutError, and what the work raises."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(ANSWER_S)

    def begin(self, name: str, password: str) -> Visit | None:
        return self.asked(visits.begin(self._runtime, name, password))

    def keep(self, visit: Visit, path: Path) -> bool:
        return self.asked(visits.keep(self._runtime, visit, path))

    def end(self, visit: Visit) -> None:
        asyncio.run_coroutine_threadsafe(visits.end(visit), self._loop)

    def _serve(self) -> None:
        while not self._is_stopping.is_set():
            self._server.serve_forever(timeout=0.2, blocking=False, handle_exit=False)
        self._server.close_all()


class _Guest:
    """What pyftpdlib asks of an authorizer, for one connection: there are no users, only orders."""

    def __init__(self, door: FtpDoor) -> None:
        self._door = door
        self.visit: Visit | None = None

    def validate_authentication(self, name: str, password: str, handler: FTPHandler) -> None:
        self.visit = self._door.begin(name, password)
        if self.visit is None:
            log.info("visit.refused", way="ftp", remote=handler.remote_ip)
            raise AuthenticationFailed

    def get_home_dir(self, name: str) -> str:
        assert self.visit is not None
        return str(self.visit.folder)

    def has_perm(self, name: str, perm: str, path: str | None = None) -> bool:
        return self.visit is not None and perm in self.get_perms(name)

    def get_perms(self, name: str) -> str:
        return BRINGS if self.visit is not None and self.visit.may_bring else FETCHES

    def get_msg_login(self, name: str) -> str:
        return "Come in."

    def get_msg_quit(self, name: str) -> str:
        return "Goodbye."

    def impersonate_user(self, name: str, password: str) -> None:
        """There are no users."""

    def terminate_impersonation(self, name: str) -> None:
        """There are no users."""


class _Folder(AbstractedFS):  # type: ignore[misc]
    """The visit's folder, whatever folders the station believes in."""

    def ftp2fs(self, path: str) -> str:
        name = os.path.basename(path.rstrip("/"))
        return os.path.join(self.root, rules.plain_name(name)) if name else str(self.root)

    def open(self, filename: str, mode: str) -> Any:
        visit = self.cmd_channel.authorizer.visit
        if "r" not in mode and not visit.is_room_at(filename):
            raise FilesystemError("One file, once")
        if mode != "rb" and mode != "wb":
            raise FilesystemError("Send it from the beginning")
        return _Bounded(filename, visit.bytes_max) if mode == "wb" else super().open(filename, mode)

    def chdir(self, path: str) -> None:
        """There is one folder; who goes into another one is in it."""
        self.cwd = "/"

    def isdir(self, path: str) -> bool:
        return not os.path.isfile(path)


class _Bounded:
    """A file that does not grow over what one may bring."""

    def __init__(self, name: str, bytes_max: int) -> None:
        self._file = open(name, "wb")  # noqa: SIM115 - the data connection closes it
        self.name, self._left = name, bytes_max
        self.is_whole = True

    def write(self, data: bytes) -> int:
        self._left -= len(data)
        if self._left < 0:
            self.is_whole = False
            raise OSError(None, "Too large")
        return self._file.write(data)

    def close(self) -> None:
        self._file.close()

    @property
    def closed(self) -> bool:
        return self._file.closed


class _Keeping:
    """A data connection that says "complete" when the file is kept, and not before."""

    def close(self) -> None:
        data: Any = self
        if not data._closed and data.receive and data.transfer_finished and isinstance(data.file_obj, _Bounded):
            data.file_obj.close()
            if not (data.file_obj.is_whole and self._is_kept()):
                data._resp = ("451 It could not be kept; send it again.", None)
        super().close()  # type: ignore[misc]

    def _is_kept(self) -> bool:
        data: Any = self
        guest: _Guest = data.cmd_channel.authorizer
        assert guest.visit is not None
        try:
            return data.cmd_channel.door.keep(guest.visit, Path(data.file_obj.name))  # type: ignore[no-any-return]
        except Exception:
            log.exception("upload.not_kept", job_id=guest.visit.job.id)
            return False


class _Transfer(_Keeping, DTPHandler):  # type: ignore[misc]
    pass


class _TlsTransfer(_Keeping, TLS_DTPHandler):  # type: ignore[misc]
    pass


class _Connection:
    """A control connection, whose guest is its own."""

    door: FtpDoor

    def __init__(self, *given: Any, **named: Any) -> None:
        self.authorizer = _Guest(self.door)
        super().__init__(*given, **named)

    def on_disconnect(self) -> None:
        if self.authorizer.visit is not None:
            self.door.end(self.authorizer.visit)


def _handler(door: FtpDoor, settings: FilesSettings) -> type[FTPHandler]:
    """The class of control connections, as pyftpdlib wants its options."""
    first, last = (int(port) for port in settings.ftp_passive_ports.split("-"))
    common: dict[str, Any] = {
        "door": door,
        "abstracted_fs": _Folder,
        "banner": "Voltway",
        "timeout": IDLE_S,
        "passive_ports": range(first, last + 1) if last else None,
        "masquerade_address": settings.ftp_passive_address or None,
        "permit_foreign_addresses": False,
        "use_sendfile": False,
        "proto_cmds": _commands(TLS_FTPHandler if settings.ftp_tls_certificate else FTPHandler),
    }
    if not settings.ftp_tls_certificate:
        return type("FtpConnection", (_Connection, FTPHandler), {**common, "dtp_handler": _Transfer})
    tls = {
        "dtp_handler": _TlsTransfer,
        "certfile": settings.ftp_tls_certificate,
        "keyfile": settings.ftp_tls_key or None,
        "tls_control_required": True,
        "tls_data_required": True,
        "ssl_context": None,
    }
    return type("FtpsConnection", (_Connection, TLS_FTPHandler), {**common, **tls})


def _commands(handler: type[FTPHandler]) -> dict[str, Any]:
    """What is understood: no active mode (it makes servers connect to whom they are told), nothing that changes what is there."""
    refused = (
        "PORT",
        "EPRT",
        "APPE",
        "STOU",
        "DELE",
        "RNFR",
        "RNTO",
        "MKD",
        "RMD",
        "XMKD",
        "XRMD",
        "MFMT",
        "SITE CHMOD",
    )
    return {name: known for name, known in handler.proto_cmds.items() if name not in refused}
