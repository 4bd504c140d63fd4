"""The ways in besides HTTP, where the settings open them: they need the extra `voltway[files]`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from voltway.kernel.errors import StartUpError
from voltway.kernel.runtime import Runtime
from voltway.modules.files.settings import FilesSettings

if TYPE_CHECKING:
    from voltway.modules.files.ftp import FtpDoor
    from voltway.modules.files.sftp import SftpDoor


@dataclass
class Doors:
    """Those that are open."""

    ftp: FtpDoor | None = None
    sftp: SftpDoor | None = None


async def start(runtime: Runtime) -> None:
    """Open what the settings name. Raises StartUpError with what to do."""
    settings = runtime.settings(FilesSettings)
    if settings.ftp_url:
        await _open(runtime, _open_ftp, f"FTP port {settings.ftp_port}")
    if settings.sftp_url:
        await _open(runtime, _open_sftp, f"SFTP port {settings.sftp_port}")


async def _open(runtime: Runtime, door: Callable[[Runtime], Awaitable[None]], name: str) -> None:
    try:
        await door(runtime)
    except ModuleNotFoundError as error:
        await stop(runtime)
        raise StartUpError(f"The {name} needs {error.name}: pip install 'voltway[files]'.") from error
    except Exception as error:
        await stop(runtime)
        raise StartUpError(f"The {name} cannot be opened: {error}. See the settings files.….") from error


async def _open_ftp(runtime: Runtime) -> None:
    from voltway.modules.files.ftp import FtpDoor

    settings = runtime.settings(FilesSettings)
    door = FtpDoor(runtime, settings.ftp_host, settings.ftp_port)
    door.start()
    runtime.state(Doors).ftp = door


async def _open_sftp(runtime: Runtime) -> None:
    from voltway.modules.files.sftp import SftpDoor

    settings = runtime.settings(FilesSettings)
    door = SftpDoor(runtime)
    await door.start(settings.sftp_host, settings.sftp_port)
    runtime.state(Doors).sftp = door


async def stop(runtime: Runtime) -> None:
    """Close them; what is under way ends."""
    doors = runtime.state(Doors)
    if doors.ftp is not None:
        await doors.ftp.stop()
    if doors.sftp is not None:
        await doors.sftp.stop()
    doors.ftp = doors.sftp = None
