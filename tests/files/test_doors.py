"""Files over FTP, FTPS and SFTP: real clients at real ports, and what must not go through."""

from __future__ import annotations

import asyncio
import ftplib
import hashlib
import io
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import unquote, urlsplit

import asyncssh
import httpx
import pytest
import sqlalchemy as sa

from builders import ClientOf, MakeRuntime, eventually
from voltway.contracts.files import JobKind, PrepareJob
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.errors import StartUpError
from voltway.kernel.runtime import Runtime
from voltway.modules.files.doors import Doors
from voltway.modules.files.errors import WayNotOpen
from voltway.modules.files.module import MANIFEST as FILES
from voltway.modules.files.tables import jobs
from voltway.modules.security.module import MANIFEST as SECURITY
from voltway.modules.stations.module import MANIFEST as STATIONS

LIMIT = 300_000
CONTENT = bytes(range(256)) * 1000
T = TypeVar("T")


class Place(NamedTuple):
    """The module with its doors, and an operator's client."""

    runtime: Runtime
    api: httpx.AsyncClient
    station_id: str
    folder: Path

    async def wanted(self, transfer: str, kind: JobKind = JobKind.LOG, **arguments: Any) -> str:
        """An order to the station; the address that it gets."""
        known = await self.runtime.ask(
            PrepareJob(
                operator_id=DEFAULT_OPERATOR_ID,
                station_id=self.station_id,
                station_identity="CS@1",
                location_id=None,
                kind=kind,
                arguments=(arguments or {"kind": "diagnostics"}) | {"transfer": transfer},
                is_signed=True,
            )
        )
        return str(known["location"])

    async def firmware(self, transfer: str) -> str:
        body = {"vendor": "Acme", "model": "One", "version": "1", "file_name": "acme one.bin"}
        made = await self.api.post("/firmware-images", json=body)
        put = await self.api.put(f"/firmware-images/{made.json()['id']}/content", content=CONTENT)
        assert put.status_code == 200, put.text
        return await self.wanted(transfer, JobKind.FIRMWARE, image_id=made.json()["id"])

    async def brought(self) -> list[tuple[str, str]]:
        """Names and checksums of what has come."""
        listed = await self.api.get(f"/charging-stations/{self.station_id}/files")
        return [(file["name"], file["sha256"]) for file in listed.json()["items"]]

    def left(self) -> list[str]:
        """Folders of visits that are not cleared up."""
        folder = self.folder / "files" / "visits"
        return [path.name for path in folder.iterdir()] if folder.exists() else []


MakePlace = Callable[..., Any]
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PORTS = {"ftp_host": "127.0.0.1", "ftp_port": 0, "sftp_host": "127.0.0.1", "sftp_port": 0}
URLS = {"ftp_url": "ftp://127.0.0.1", "sftp_url": "sftp://127.0.0.1"}


@pytest.fixture
def make_place(make_runtime: MakeRuntime, client_of: ClientOf, tmp_path: Path) -> MakePlace:
    async def make(**settings: Any) -> Place:
        limits = {"upload_bytes_max": LIMIT, **PORTS, **URLS, **settings}
        runtime = await make_runtime(STATIONS, SECURITY, FILES, settings={"files": limits})
        api = await client_of(runtime)
        made = await api.post("/charging-stations", json={"identity": "CS@1"})
        return Place(runtime, api, made.json().get("id", "there already"), tmp_path)

    return make


@pytest.fixture
async def place(make_place: MakePlace) -> Place:
    made: Place = await make_place()
    return made


async def in_thread(work: Callable[[], T]) -> T:
    return await asyncio.to_thread(work)


# ---- FTP


def ftp_to(place: Place, url: str, client: ftplib.FTP | None = None) -> ftplib.FTP:
    """A client that has logged in with what an address holds. In a thread."""
    parts, ftp = urlsplit(url), client or ftplib.FTP()
    door = place.runtime.state(Doors).ftp
    assert door is not None
    ftp.connect("127.0.0.1", door.port, timeout=20)
    try:
        ftp.login(unquote(parts.username or ""), unquote(parts.password or ""))
    except BaseException:
        ftp.close()
        raise
    return ftp


async def test_a_station_brings_its_log_over_ftp(place: Place) -> None:
    url = await place.wanted("ftp")
    assert url.startswith("ftp://CS%401:")

    def bring() -> str:
        with ftp_to(place, url) as ftp:
            return ftp.storbinary("STOR /logs/diag.zip", io.BytesIO(CONTENT))

    assert (await in_thread(bring)).startswith("226")
    assert await place.brought() == [("diag.zip", SHA256)]  # it was kept before it was called complete
    await eventually(lambda: place.left() == [])


async def test_an_ftp_address_takes_one_file(place: Place) -> None:
    url = await place.wanted("ftp")

    def bring() -> str:
        with ftp_to(place, url) as ftp:
            ftp.storbinary("STOR one.log", io.BytesIO(b"one"))
            with pytest.raises(ftplib.error_perm):
                ftp.storbinary("STOR two.log", io.BytesIO(b"two"))
        with pytest.raises(ftplib.error_perm, match="530"):
            ftp_to(place, url)
        return "done"

    await in_thread(bring)
    assert [name for name, _ in await place.brought()] == ["one.log"]


async def test_firmware_comes_over_ftp_and_is_resumed(place: Place) -> None:
    url = await place.firmware("ftp")
    assert url.endswith("/acme%20one.bin")

    def fetch() -> bytes:
        got: list[bytes] = []
        with ftp_to(place, url) as ftp:
            ftp.voidcmd("TYPE I")
            assert ftp.size("acme one.bin") == len(CONTENT)
            ftp.retrbinary("RETR acme one.bin", got.append, rest=1000)
            with pytest.raises(ftplib.error_perm):
                ftp.storbinary("STOR evil.bin", io.BytesIO(b"x"))
            with pytest.raises(ftplib.error_perm):
                ftp.delete("acme one.bin")
        return b"".join(got)

    assert await in_thread(fetch) == CONTENT[1000:]


@pytest.mark.parametrize("path", ["../../../../etc/passwd", "/etc/passwd", "..\\..\\voltway.sqlite", "."])
async def test_ftp_leads_out_of_no_folder(place: Place, path: str) -> None:
    url = await place.wanted("ftp")

    def steal() -> None:
        with ftp_to(place, url) as ftp, pytest.raises(ftplib.error_perm):
            ftp.retrbinary(f"RETR {path}", lambda data: None)

    await in_thread(steal)


async def test_a_path_in_a_name_is_no_path(place: Place) -> None:
    url = await place.wanted("ftp")

    def bring() -> None:
        with ftp_to(place, url) as ftp:
            ftp.cwd("/var/log")
            ftp.storbinary("STOR ../../../evil.log", io.BytesIO(CONTENT))

    await in_thread(bring)
    assert await place.brought() == [("evil.log", SHA256)]
    assert not list(place.folder.glob("evil*"))


async def test_what_is_too_large_is_not_taken_over_ftp(place: Place) -> None:
    url = await place.wanted("ftp")

    def bring() -> None:
        with ftp_to(place, url) as ftp, pytest.raises((ftplib.Error, OSError)):
            ftp.storbinary("STOR big.log", io.BytesIO(b"x" * (LIMIT + 1)))

    await in_thread(bring)
    assert await place.brought() == []
    await eventually(lambda: place.left() == [])


@pytest.mark.parametrize("command", ["PORT 127,0,0,1,4,1", "EPRT |1|127.0.0.1|1025|", "DELE x", "MKD x", "APPE x"])
async def test_ftp_does_nothing_else(place: Place, command: str) -> None:
    url = await place.wanted("ftp")

    def say() -> None:
        with ftp_to(place, url) as ftp, pytest.raises(ftplib.error_perm, match=r"^50|^55"):
            ftp.sendcmd(command)

    await in_thread(say)


async def test_nobody_else_comes_in_over_ftp(place: Place) -> None:
    url = await place.wanted("ftp")
    token = urlsplit(url).password
    other = url.replace("CS%401", "CS%402")
    expired = await place.wanted("ftp")
    async with place.runtime.database.begin() as tx:
        await tx.execute(sa.update(jobs).values(expires_at=clock.now()))

    def knock() -> None:
        for wrong in (other, url.replace(str(token), "guess"), expired):
            with pytest.raises(ftplib.error_perm, match="530"):
                ftp_to(place, wrong)

    await in_thread(knock)
    assert place.left() == []


async def test_ftps_has_no_ears(make_place: MakePlace, tmp_path: Path) -> None:
    certificate, key = tmp_path / "ftp.pem", tmp_path / "ftp.key"
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -keyout {key} -out {certificate}"
    await in_thread(lambda: subprocess.run(command.split(), check=True, capture_output=True))
    files = {"ftp_tls_certificate": str(certificate), "ftp_tls_key": str(key), "ftp_url": "ftps://127.0.0.1"}
    place: Place = await make_place(**files)
    url = await place.wanted("ftp")
    assert url.startswith("ftps://")

    def bring() -> None:
        with pytest.raises(ftplib.error_perm, match=r"550|530"):  # without TLS no name is heard
            ftp_to(place, url)
        trusting = ssl.create_default_context(cafile=str(certificate))
        trusting.check_hostname = False
        client = ftplib.FTP_TLS(context=trusting)
        with ftp_to(place, url, client):
            with pytest.raises(ftplib.error_perm):
                client.storbinary("STOR open.log", io.BytesIO(CONTENT))
            client.prot_p()
            client.storbinary("STOR diag.log", io.BytesIO(CONTENT))

    await in_thread(bring)
    assert await place.brought() == [("diag.log", SHA256)]


# ---- SFTP


def sftp_to(place: Place, url: str) -> Any:
    parts, door = urlsplit(url), place.runtime.state(Doors).sftp
    assert door is not None
    return asyncssh.connect(
        "127.0.0.1",
        door.port,
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        known_hosts=None,
        config=None,
        client_keys=None,
        agent_path=None,
    )


async def test_a_station_brings_its_log_over_sftp(place: Place) -> None:
    async with sftp_to(place, await place.wanted("sftp")) as connection, connection.start_sftp_client() as sftp:
        async with sftp.open("/logs/diag.zip", "wb") as file:
            await file.write(CONTENT)
        assert await sftp.getsize("/logs/diag.zip") == len(CONTENT)
        assert await place.brought() == [("diag.zip", SHA256)]
        with pytest.raises(asyncssh.SFTPError):
            await sftp.open("two.log", "wb")
    await eventually(lambda: place.left() == [])


async def test_firmware_comes_over_sftp(place: Place) -> None:
    url = await place.firmware("sftp")
    async with sftp_to(place, url) as connection, connection.start_sftp_client() as sftp:
        assert "acme one.bin" in await sftp.listdir()
        async with sftp.open(unquote(urlsplit(url).path), "rb") as file:
            assert await file.read() == CONTENT
        for forbidden in (
            sftp.remove("acme one.bin"),
            sftp.rename("acme one.bin", "b"),
            sftp.symlink("/etc/passwd", "b"),
        ):
            with pytest.raises(asyncssh.SFTPError):
                await forbidden
        with pytest.raises(asyncssh.SFTPError):
            await sftp.open("acme one.bin", "r+b")
        with pytest.raises(asyncssh.SFTPError):
            await sftp.open("../../../../etc/passwd", "rb")


async def test_a_file_that_is_open_when_the_link_goes_was_for_nothing(place: Place) -> None:
    url = await place.wanted("sftp")
    connection = await sftp_to(place, url)
    sftp = await connection.start_sftp_client()
    file = await sftp.open("half.log", "wb")
    await file.write(CONTENT[:1000])
    connection.abort()
    await eventually(lambda: place.left() == [])
    assert await place.brought() == []
    async with sftp_to(place, url) as again, again.start_sftp_client() as sftp, sftp.open("whole.log", "wb") as file:
        await file.write(CONTENT)
    assert await place.brought() == [("whole.log", SHA256)]


async def test_what_is_too_large_is_not_taken_over_sftp(place: Place) -> None:
    async with sftp_to(place, await place.wanted("sftp")) as connection, connection.start_sftp_client() as sftp:
        with pytest.raises(asyncssh.SFTPError):
            async with sftp.open("big.log", "wb") as file:
                await file.write(b"x" * (LIMIT + 1))
    assert await place.brought() == []


async def test_nobody_else_comes_in_over_sftp_and_there_is_no_shell(place: Place) -> None:
    url = await place.wanted("sftp")
    for wrong in (url.replace("CS%401", "CS%402"), url.replace(str(urlsplit(url).password), "guess")):
        with pytest.raises(asyncssh.PermissionDenied):
            await sftp_to(place, wrong)
    async with sftp_to(place, url) as connection:
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.run("id")


# ---- settings


async def test_a_way_that_is_not_open_is_refused(make_place: MakePlace) -> None:
    place: Place = await make_place(ftp_url="", sftp_url="")
    with pytest.raises(WayNotOpen, match=r"files\.sftp_url"):
        await place.wanted("sftp")
    assert "/files/up/" in await place.wanted("http")


async def test_an_occupied_port_is_said(make_place: MakePlace) -> None:
    place: Place = await make_place()
    door = place.runtime.state(Doors).ftp
    assert door is not None
    with pytest.raises(StartUpError, match=f"FTP port {door.port} cannot be opened"):
        await make_place(ftp_port=door.port)


async def test_the_key_of_the_sftp_port_stays(place: Place, make_place: MakePlace) -> None:
    key = (place.folder / "files" / "sftp_host_key").read_bytes()
    await make_place()
    assert (place.folder / "files" / "sftp_host_key").read_bytes() == key
