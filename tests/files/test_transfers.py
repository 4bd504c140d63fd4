"""Uploads and downloads over HTTP, and what must not go through."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest
import sqlalchemy as sa

from builders import ClientOf, MakeRuntime, app_of, eventually, served
from voltway.contracts.files import JobKind, PrepareJob
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.runtime import Runtime
from voltway.modules.files import handlers
from voltway.modules.files.module import MANIFEST as FILES
from voltway.modules.files.tables import jobs, uploads
from voltway.modules.security.module import MANIFEST as SECURITY
from voltway.modules.stations.module import MANIFEST as STATIONS

LIMIT = 300_000
CONTENT = bytes(range(256)) * 1000  # within the limit, in more than one piece
LOG = {"kind": "diagnostics"}


class Files(NamedTuple):
    """The module behind a real port, an operator's client, and a station's."""

    runtime: Runtime
    api: httpx.AsyncClient
    station: httpx.AsyncClient
    folder: Path
    station_id: str

    async def wanted(self, kind: JobKind = JobKind.LOG, **arguments: Any) -> str:
        """An order to the station; the address that it gets."""
        known = await self.runtime.ask(
            PrepareJob(
                operator_id=DEFAULT_OPERATOR_ID,
                station_id=self.station_id,
                station_identity="CS-1",
                location_id=None,
                kind=kind,
                arguments=arguments or LOG,
                is_signed=True,
            )
        )
        return str(known["location"])

    async def image(self, content: bytes = CONTENT, **fields: Any) -> httpx.Response:
        body = {"vendor": "Acme", "model": "One", "version": "1"} | fields
        made = await self.api.post("/firmware-images", json=body)
        assert made.status_code == 201, made.text
        return await self.api.put(f"/firmware-images/{made.json()['id']}/content", content=content)

    async def brought(self) -> list[dict[str, Any]]:
        return list((await self.api.get(f"/charging-stations/{self.station_id}/files")).json()["items"])

    def kept(self, part: str = "uploads") -> list[str]:
        """What is on the disk, drafts too."""
        folder = self.folder / "files" / part
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    async def expire(self) -> None:
        async with self.runtime.database.begin() as tx:
            await tx.execute(sa.update(jobs).values(expires_at=clock.now()))


@pytest.fixture
async def files(make_runtime: MakeRuntime, client_of: ClientOf, tmp_path: Path) -> AsyncIterator[Files]:
    limits = {"upload_bytes_max": LIMIT, "image_bytes_max": 2_000_000}
    runtime = await make_runtime(STATIONS, SECURITY, FILES, settings={"files": limits})
    api = await client_of(runtime)
    made = await api.post("/charging-stations", json={"identity": "CS-1"})
    async with served(app_of(runtime)) as url, httpx.AsyncClient(trust_env=False, timeout=20) as station:
        runtime.own_url = url
        yield Files(runtime, api, station, tmp_path, made.json()["id"])


# ---- uploads


@pytest.mark.parametrize("method", ["PUT", "POST"])
async def test_an_upload_is_listed_and_given_once(files: Files, method: str) -> None:
    url = await files.wanted()
    answer = await files.station.request(method, f"{url}/logs/diag.zip", content=CONTENT)
    assert (answer.status_code, answer.headers["content-type"]) == (201, "text/plain; charset=utf-8")
    (listed,) = await files.brought()
    assert (listed["name"], listed["size_bytes"]) == ("diag.zip", len(CONTENT))
    assert listed["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert files.kept() == [listed["id"]]
    again = await files.station.put(url, content=b"other")
    assert (again.status_code, again.text) == (410, "This address does not hold any more.\n")
    assert files.kept() == [listed["id"]]


async def test_a_form_brings_its_first_file(files: Files) -> None:
    form = {"f": ("../../etc/diag.log", CONTENT)}
    answer = await files.station.post(await files.wanted(), files=form, data={"note": "hello"})
    assert answer.status_code == 201
    (listed,) = await files.brought()
    assert (listed["name"], listed["sha256"]) == ("diag.log", hashlib.sha256(CONTENT).hexdigest())


async def test_a_form_without_a_file_is_refused(files: Files) -> None:
    url = await files.wanted()
    headers = {"content-type": "multipart/form-data; boundary=b1"}
    assert (await files.station.post(url, content=b"--b1--\r\n", headers=headers)).status_code == 400
    assert files.kept() == []
    assert (await files.station.put(url, content=CONTENT)).status_code == 201


@pytest.mark.parametrize("path", ["/files/up/wrong", "/files/up/", "/files/down/wrong", "/files/up/..%2F..%2Fetc"])
async def test_a_wrong_token_leads_nowhere(files: Files, path: str) -> None:
    method = "GET" if "down" in path else "PUT"
    answer = await files.station.request(method, files.runtime.own_url + path, content=CONTENT)
    assert answer.status_code == 404
    assert files.kept() == []


async def test_an_address_for_an_upload_is_none_for_a_download(files: Files) -> None:
    url = (await files.wanted()).replace("/up/", "/down/")
    assert (await files.station.get(url)).status_code == 404


async def test_an_address_expires(files: Files) -> None:
    url = await files.wanted()
    await files.expire()
    assert (await files.station.put(url, content=CONTENT)).status_code == 410
    assert await files.brought() == []


async def test_too_much_is_refused_however_it_is_announced(files: Files) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield CONTENT

    url = await files.wanted()
    assert (await files.station.put(url, content=b"x" * (LIMIT + 1))).status_code == 413
    with suppress(httpx.WriteError):  # it hangs up before all is sent
        assert (await files.station.put(url, content=pieces())).status_code == 413
    assert (await files.brought(), files.kept()) == ([], [])
    assert (await files.station.put(url, content=b"x" * LIMIT)).status_code == 201


async def test_an_upload_that_is_cut_off_leaves_nothing_and_may_be_repeated(files: Files) -> None:
    url = await files.wanted()
    parts = urlsplit(url)
    _, writer = await asyncio.open_connection(parts.hostname, parts.port)
    head = f"PUT {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {len(CONTENT)}\r\n\r\n"
    writer.write(head.encode() + CONTENT[:100_000])
    await writer.drain()
    await eventually(lambda: len(files.kept()) == 1)  # the draft
    writer.transport.abort()
    await eventually(lambda: files.kept() == [])
    assert await files.brought() == []
    assert (await files.station.put(url, content=CONTENT)).status_code == 201


async def test_a_checksum_that_does_not_match_is_refused(files: Files) -> None:
    url = await files.wanted()
    md5, sha256 = (base64.b64encode(made(CONTENT).digest()).decode() for made in (hashlib.md5, hashlib.sha256))
    for headers in ({"content-md5": md5}, {"content-digest": f"sha-256=:{sha256}:"}):
        answer = await files.station.put(url, content=CONTENT[:-1], headers=headers)
        assert (answer.status_code, files.kept()) == (400, [])
    both = {"content-md5": md5, "content-digest": f"sha-256=:{sha256}:"}
    assert (await files.station.put(url, content=CONTENT, headers=both)).status_code == 201


async def test_of_two_uploads_at_once_one_counts(files: Files) -> None:
    url = await files.wanted()
    answers = await asyncio.gather(*(files.station.put(url, content=CONTENT) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 410, 410, 410]
    assert len(files.kept()) == len(await files.brought()) == 1


async def test_old_uploads_are_forgotten_with_their_files(files: Files) -> None:
    assert (await files.station.put(await files.wanted(), content=CONTENT)).status_code == 201
    await handlers.forget_old(files.runtime)
    assert len(files.kept()) == 1
    async with files.runtime.database.begin() as tx:
        await tx.execute(sa.update(uploads).values(received_at=clock.now() - timedelta(days=91)))
    await handlers.forget_old(files.runtime)
    assert (await files.brought(), files.kept()) == ([], [])


async def test_a_file_is_removed_before_its_time(files: Files) -> None:
    assert (await files.station.put(await files.wanted(), content=CONTENT)).status_code == 201
    (listed,) = await files.brought()
    path = f"/charging-stations/{files.station_id}/files/{listed['id']}"
    assert (await files.api.delete(path)).status_code == 204
    assert (files.kept(), (await files.api.get(f"{path}/content")).status_code) == ([], 404)


# ---- downloads and images


async def test_a_download_is_resumed_where_it_was_cut(files: Files) -> None:
    image = (await files.image()).json()
    url = await files.wanted(JobKind.FIRMWARE, image_id=image["id"])
    whole = await files.station.get(url)
    assert (whole.content, whole.headers["accept-ranges"]) == (CONTENT, "bytes")
    rest = await files.station.get(url, headers={"Range": "bytes=1000-", "If-Range": whole.headers["etag"]})
    assert (rest.status_code, rest.content) == (206, CONTENT[1000:])
    assert rest.headers["content-range"] == f"bytes 1000-{len(CONTENT) - 1}/{len(CONTENT)}"
    beyond = await files.station.get(url, headers={"Range": f"bytes={len(CONTENT)}-"})
    assert beyond.status_code == 416
    head = await files.station.head(url)
    assert (head.headers["content-length"], head.content) == (str(len(CONTENT)), b"")
    await files.expire()
    assert (await files.station.get(url)).status_code == 410


async def test_an_image_larger_than_any_other_body_is_taken_and_given_back(files: Files) -> None:
    content = CONTENT * 6  # more than http.body_bytes_max
    image = await files.image(content, file_name="../x.bin", sha256=hashlib.sha256(content).hexdigest().upper())
    assert image.status_code == 200, image.text
    shown = image.json()
    assert (shown["size_bytes"], shown["file_name"]) == (len(content), "x.bin")
    assert (shown["sha256"], shown["md5"]) == (
        hashlib.sha256(content).hexdigest(),
        hashlib.md5(content).hexdigest(),
    )
    assert (await files.api.get(f"/firmware-images/{shown['id']}/content")).content == content
    assert [one["id"] for one in (await files.api.get("/firmware-images")).json()["items"]] == [shown["id"]]


async def test_an_image_that_is_not_what_was_announced_or_too_large_is_not_kept(files: Files) -> None:
    wrong = await files.image(sha256="0" * 64)
    assert (wrong.status_code, wrong.json()["type"]) == (422, "/problems/checksum-wrong")
    assert (await files.image(b"x" * 2_000_001)).status_code == 413
    assert files.kept("images") == []


async def test_an_image_never_changes(files: Files) -> None:
    image = (await files.image()).json()
    answer = await files.api.put(f"/firmware-images/{image['id']}/content", content=b"other")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/image-complete")
    assert files.kept("images") == [image["id"]]


async def test_an_image_that_is_being_fetched_stays(files: Files) -> None:
    image = (await files.image()).json()
    await files.wanted(JobKind.FIRMWARE, image_id=image["id"])
    path = f"/firmware-images/{image['id']}"
    assert (await files.api.delete(path)).status_code == 409
    await files.expire()
    assert (await files.api.delete(path)).status_code == 204
    assert (files.kept("images"), (await files.api.get(path)).status_code) == ([], 404)


async def test_a_signature_without_its_certificate_is_none(files: Files) -> None:
    body = {"vendor": "Acme", "model": "One", "version": "1", "signature": "c2lnbg=="}
    assert (await files.api.post("/firmware-images", json=body)).status_code == 422


async def test_an_image_without_content_cannot_be_ordered(files: Files) -> None:
    made = await files.api.post("/firmware-images", json={"vendor": "Acme", "model": "One", "version": "1"})
    body = {"type": "update_firmware", "image_id": made.json()["id"]}
    answer = await files.api.post(f"/charging-stations/{files.station_id}/commands", json=body)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/image-incomplete")


# ---- who may

ROUTES = [
    ("GET", "/firmware-images/{image}"),
    ("PUT", "/firmware-images/{image}/content"),
    ("GET", "/firmware-images/{image}/content"),
    ("DELETE", "/firmware-images/{image}"),
    ("GET", "/charging-stations/{station}/file-jobs"),
    ("GET", "/file-jobs/{job}"),
    ("GET", "/charging-stations/{station}/files"),
    ("GET", "/charging-stations/{station}/files/{file}/content"),
    ("DELETE", "/charging-stations/{station}/files/{file}"),
]


async def test_nobody_and_strangers_get_nothing(files: Files, client_of: ClientOf, stranger_id: str) -> None:
    assert (await files.station.put(await files.wanted(), content=CONTENT)).status_code == 201
    (listed,) = await files.brought()
    names = {
        "image": (await files.image()).json()["id"],
        "station": files.station_id,
        "job": listed["job_id"],
        "file": listed["id"],
    }
    nobody = await client_of(files.runtime, None)
    stranger = await client_of(files.runtime, operator_id=stranger_id)
    auditor = await client_of(files.runtime, "auditor")
    bound = await client_of(files.runtime, location_ids=["00000000-0000-7000-8000-00000000000f"])
    for method, path in ROUTES:
        url = path.format(**names)
        assert (await nobody.request(method, url)).status_code == 401, path
        assert (await stranger.request(method, url)).status_code == 404, path
        if "firmware" not in path:
            assert (await bound.request(method, url)).status_code == 404, path
        elif method != "GET":
            assert (await bound.request(method, url)).status_code == 403, path
        assert (await auditor.request(method, url)).status_code == (200 if method == "GET" else 403), path
    for method in ("GET", "POST"):
        assert (await nobody.request(method, "/firmware-images")).status_code == 401
    assert (await stranger.get("/firmware-images")).json()["items"] == []
