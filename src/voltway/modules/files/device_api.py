"""What stations do here, by plain HTTP: PUT or POST /files/up/{token}, GET /files/down/{token}.

A token is the address of one order to one station: nobody else has it, and it ends with its order. Answers are plain text:
a station logs them at most. An upload is the body itself, or the first file of a form; it counts when it is whole. A name
behind the token is taken for the file's: 1.6 stations append one to what they take for a folder.
"""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, PlainTextResponse, Response
from starlette.requests import ClientDisconnect

from voltway.contracts.files import JobKind
from voltway.contracts.station_link import STATION_PASSWORD_PURPOSE, FindCredential
from voltway.kernel import clock
from voltway.kernel.auth import anybody
from voltway.kernel.http import runtime_of, streams_body
from voltway.kernel.runtime import Runtime
from voltway.kernel.secrets import derive_key, matches_secret
from voltway.modules.files import preparing, rules, storage, store
from voltway.modules.files.keeping import keep_upload
from voltway.modules.files.multipart import BadMultipart, FirstFile, boundary_in
from voltway.modules.files.settings import FilesSettings

log = structlog.get_logger()

router = APIRouter(include_in_schema=False, dependencies=[Depends(anybody), Depends(streams_body)])
OurRuntime = Annotated[Runtime, Depends(runtime_of)]

BINARY = "application/octet-stream"
_LOGIN = {"www-authenticate": 'Basic realm="files"'}


class Refused(Exception):
    """Not an error of ours: what the station hears instead."""

    def __init__(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(text)
        self.response = PlainTextResponse(f"{text}\n", status, headers)


_NOT_THERE = (404, "There is nothing here.")
_GONE = (410, "This address does not hold any more.")


@router.api_route("/files/up/{token}", methods=["PUT", "POST"])
@router.api_route("/files/up/{token}/{name:path}", methods=["PUT", "POST"])
async def take_upload(token: str, request: Request, runtime: OurRuntime, name: str = "") -> Response:
    """Take a log from a station."""
    try:
        job = await _job_of(runtime, token, request, (JobKind.LOG,))
        if not rules.may_bring(job.file_id, job.outcome):
            raise Refused(*_GONE)
        return await _take(runtime, job, request, name)
    except Refused as refused:
        return refused.response


@router.api_route("/files/down/{token}", methods=["GET", "HEAD"])
@router.api_route("/files/down/{token}/{name:path}", methods=["GET", "HEAD"])
async def give_firmware(token: str, request: Request, runtime: OurRuntime, name: str = "") -> Response:
    """Give a station its firmware, or the part of it that it asks for (RFC 9110 §14): a download that was cut is resumed."""
    try:
        job = await _job_of(runtime, token, request, (JobKind.FIRMWARE, JobKind.PUBLISH))
        if not rules.may_fetch(job.status, job.outcome):
            raise Refused(*_GONE)
        async with runtime.database.read() as tx:
            image = await store.get_image(tx, job.operator_id, job.image_id)
    except Refused as refused:
        return refused.response
    path = storage.place_of(runtime, storage.IMAGES, image.id)
    return FileResponse(path, media_type=BINARY, filename=image.file_name)


async def _job_of(runtime: Runtime, token: str, request: Request, kinds: tuple[JobKind, ...]) -> Any:
    """The job of a token that holds. Raises Refused."""
    async with runtime.database.read() as tx:
        job = await store.find_job_by_token(tx, preparing.hash_of(token))
    if job is None or job.kind not in kinds:
        raise Refused(*_NOT_THERE)
    await _check_login(runtime, job, request.headers.get("authorization"))
    if job.expires_at <= clock.now():
        raise Refused(*_GONE)
    return job


async def _check_login(runtime: Runtime, job: Any, header: str | None) -> None:
    """The station whose order it is, if it says who it is or must: by what its address holds, or by its own password.
    Raises Refused."""
    login = rules.login_in(header)
    if login is None:
        if job.login_hash is not None:
            raise Refused(401, "Log in.", _LOGIN)
        return
    name, password = login
    if name.casefold() != job.station_identity.casefold():
        raise Refused(*_NOT_THERE) if name else Refused(401, "Log in.", _LOGIN)
    if job.login_hash is not None and preparing.hash_of(password) == job.login_hash:
        return
    found = await runtime.ask(FindCredential(identity=name))
    own = next((one.secret_hash for one in found if one.station_id == job.station_id), None)
    if not matches_secret(password, own, derive_key(runtime.secret, STATION_PASSWORD_PURPOSE)):
        raise Refused(401, "Log in.", _LOGIN)


async def _take(runtime: Runtime, job: Any, request: Request, name: str) -> Response:
    boundary = boundary_in(request.headers.get("content-type", ""))
    part = None if boundary is None else FirstFile(request.stream(), boundary)
    bytes_max = runtime.settings(FilesSettings).upload_bytes_max
    announced_size = request.headers.get("content-length", "")
    too_large = (413, f"A file has at most {bytes_max} bytes.")
    if part is None and announced_size.isdecimal() and int(announced_size) > bytes_max:
        raise Refused(*too_large)
    try:
        if part is not None:
            await part.open()
        content: AsyncIterable[bytes] = part or request.stream()
        received = await storage.receive(content, runtime, storage.UPLOADS, bytes_max)
    except storage.TooLarge:
        raise Refused(*too_large) from None
    except BadMultipart as error:
        raise Refused(400, f"The form cannot be read: {error}.") from None
    except ClientDisconnect:
        log.info("upload.aborted", station_id=job.station_id, job_id=job.id)
        raise Refused(400, "It ended too early.") from None
    wrong = received.differs_from(rules.announced(request.headers) if part is None else {})
    if wrong is not None:
        await received.drop()
        raise Refused(400, f"The content has another {wrong} than was announced.")
    if not await keep_upload(runtime, job, received, rules.plain_name(job.file_name, name, part.name if part else "")):
        raise Refused(*_GONE)
    return PlainTextResponse("Thank you.\n", 201)
