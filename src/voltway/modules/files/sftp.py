"""The SFTP door (`asyncssh`): files over SSH, and nothing else of SSH.

A file counts when the station has closed it. One that is open when the connection goes was for nothing.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import asyncssh
import structlog

from voltway.kernel.runtime import Runtime
from voltway.modules.files import rules, storage, visits
from voltway.modules.files.visits import Visit

log = structlog.get_logger()

HOST_KEY = "sftp_host_key"
LOGIN_S = 30
KEEPALIVE_S = 30

asyncssh.set_log_level("ERROR")  # it would tell of every request


class SftpDoor:
    """The server."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._server: asyncssh.SSHAcceptor | None = None

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        return self._server.get_port()

    async def start(self, host: str, port: int) -> None:
        """Serve. Raises OSError where the port is not to be had."""
        key = await asyncio.to_thread(_host_key, storage.root(self._runtime) / HOST_KEY)
        self._server = await asyncssh.listen(
            host or None,
            port,
            server_factory=lambda: _Login(self._runtime),
            server_host_keys=[key],
            sftp_factory=_Folder,
            allow_scp=False,
            agent_forwarding=False,
            x11_forwarding=False,
            line_editor=False,
            login_timeout=LOGIN_S,
            keepalive_interval=KEEPALIVE_S,
        )

    async def stop(self) -> None:
        """Close all connections, and end."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()


def _host_key(path: Path) -> asyncssh.SSHKey:
    """By what stations know us again: made once, and kept beside the files, so that all processes have the same."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{HOST_KEY}-{os.getpid()}")
    if not path.exists():
        draft.touch(mode=0o600)
        draft.write_bytes(asyncssh.generate_private_key("ssh-ed25519").export_private_key())
        try:
            os.link(draft, path)  # of two processes that begin at once the first one's holds
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return asyncssh.read_private_key(path)


class _Login(asyncssh.SSHServer):
    """One connection: a name and the token of an order, then files."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.visit: Visit | None = None
        self.is_lost = False

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        conn.set_extra_info(login=self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        if self.visit is not None:
            asyncio.get_running_loop().create_task(visits.end(self.visit))

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        if self.visit is None:
            self.visit = await visits.begin(self.runtime, username, password)
        if self.visit is None:
            log.info("visit.refused", way="sftp", remote=self._connection.get_extra_info("peername", ("",))[0])
        return self.visit is not None


class _Folder(asyncssh.SFTPServer):
    """The visit's folder, whatever folders the station believes in. Nothing is removed, renamed or linked."""

    def __init__(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        self._login: _Login = chan.get_extra_info("login")
        assert self._login.visit is not None
        self._visit = self._login.visit
        self._written: dict[object, Path] = {}
        self._sizes: dict[Path, int] = {}
        """Of what was brought and is gone to its place: clients look whether all of it came."""
        super().__init__(chan, chroot=os.fsencode(self._visit.folder))

    def map_path(self, path: bytes) -> bytes:
        name = os.fsdecode(path).rstrip("/").rpartition("/")[2]
        place = self._visit.folder if name in ("", ".", "..") else self._visit.folder / rules.plain_name(name)
        return os.fsencode(place)

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        is_writing = bool(pflags & (asyncssh.FXF_WRITE | asyncssh.FXF_APPEND | asyncssh.FXF_CREAT | asyncssh.FXF_TRUNC))
        place = Path(os.fsdecode(self.map_path(path)))
        if not is_writing:
            if self._visit.may_bring:
                raise asyncssh.SFTPPermissionDenied("There is nothing to fetch")
            return super().open(path, pflags, attrs)
        if not self._visit.is_room_at(place) or self._written:
            raise asyncssh.SFTPPermissionDenied("One file, once")
        flags = asyncssh.FXF_WRITE | asyncssh.FXF_CREAT | asyncssh.FXF_TRUNC
        file = super().open(path, flags, asyncssh.SFTPAttrs())
        self._written[file] = place
        return file

    def write(self, file_obj: object, offset: int, data: bytes) -> Any:
        if offset + len(data) > self._visit.bytes_max:
            self._written.pop(file_obj, None)
            raise asyncssh.SFTPFailure(f"A file has at most {self._visit.bytes_max} bytes")
        return super().write(file_obj, offset, data)

    async def close(self, file_obj: object) -> None:
        super().close(file_obj)
        place = self._written.pop(file_obj, None)
        if place is None or self._login.is_lost:
            return
        size = (await asyncio.to_thread(place.stat)).st_size
        if not await visits.keep(self._login.runtime, self._visit, place):
            raise asyncssh.SFTPFailure("It could not be kept; send it again")
        self._sizes[place] = size

    def stat(self, path: bytes) -> Any:
        place = Path(os.fsdecode(self.map_path(path)))
        if place in self._sizes:
            return asyncssh.SFTPAttrs(size=self._sizes[place], permissions=0o100600)
        return os.stat(place)

    lstat = stat

    def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """All folders are this one."""

    def setstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """Whose file it is and how old: said for nothing."""

    def fsetstat(self, file_obj: object, attrs: asyncssh.SFTPAttrs) -> None:
        """The same."""

    lsetstat = setstat

    def _refuse(self, *given: Any) -> Any:
        raise asyncssh.SFTPPermissionDenied("Bring or fetch, nothing else")

    _nothing: Any = _refuse
    open56 = remove = rmdir = rename = posix_rename = symlink = link = readlink = lock = unlock = _nothing
