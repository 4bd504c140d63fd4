"""REST of firmware images, of orders about files and of what stations have brought."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import FileResponse
from starlette.requests import ClientDisconnect

from voltway.charging import firmware_signatures as signatures
from voltway.contracts.files import JobKind
from voltway.contracts.security import SignFirmware
from voltway.contracts.stations import FindStations
from voltway.kernel import audit, clock
from voltway.kernel.auth import Permission, Principal, allowed, visible
from voltway.kernel.database import Tx
from voltway.kernel.errors import Malformed
from voltway.kernel.http import Page, PageQuery, open_tx, page_query, read_tx, runtime_of, streams_body
from voltway.kernel.ids import new_id
from voltway.kernel.runtime import Runtime
from voltway.modules.files import errors, rules, schemas, storage, store
from voltway.modules.files.settings import FilesSettings
from voltway.modules.files.tables import images, jobs, uploads

router = APIRouter(tags=["files"])

MayRead = Annotated[Principal, Depends(allowed(Permission.STATIONS_READ))]
MayWrite = Annotated[Principal, Depends(allowed(Permission.STATIONS_WRITE))]
MayReadFirmware = Annotated[Principal, Depends(allowed(Permission.FIRMWARE_READ))]
MayWriteFirmware = Annotated[Principal, Depends(allowed(Permission.FIRMWARE_WRITE, everywhere=True))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]
PagePart = Annotated[PageQuery, Depends(page_query)]

BINARY = "application/octet-stream"
_BYTES: dict[str, Any] = {"content": {BINARY: {"schema": {"type": "string", "format": "binary"}}}}
_ANSWERS_BYTES: dict[int | str, dict[str, Any]] = {200: {"description": "The content", **_BYTES}}


# ---- firmware images


@router.get("/firmware-images")
async def list_firmware_images(
    principal: MayReadFirmware, tx: ReadTx, page: PagePart, vendor: str | None = None, model: str | None = None
) -> Page[schemas.FirmwareImageOut]:
    """The firmware images, newest first."""
    statement = sa.select(images).where(visible(principal, images))
    if vendor is not None:
        statement = statement.where(images.c.vendor == vendor)
    if model is not None:
        statement = statement.where(images.c.model == model)
    rows, next_cursor = await page.fetch(tx, statement, images.c.id)
    return Page(items=[schemas.FirmwareImageOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.post("/firmware-images", status_code=201)
async def add_firmware_image(
    body: schemas.FirmwareImageIn, principal: MayWriteFirmware, tx: OpenTx
) -> schemas.FirmwareImageOut:
    """Describe a firmware image; its content is uploaded next."""
    image_id = new_id()
    row = {
        "id": image_id,
        "operator_id": principal.operator_id,
        "vendor": body.vendor,
        "model": body.model,
        "version": body.version,
        "file_name": rules.plain_name(body.file_name),
        "wanted_sha256": body.sha256 and body.sha256.lower(),
        "signature": body.signature and "".join(body.signature.split()),
        "signing_certificate": body.signing_certificate,
        "is_own_signature": body.signature is None,
        "created_by": principal.name[:200],
        "created_at": clock.now(),
    }
    await store.add_image(tx, row)
    told = {
        name: row[name] for name in ("vendor", "model", "version", "file_name", "wanted_sha256", "is_own_signature")
    }
    audit.note(tx, principal, "firmware_image.added", ("firmware_image", image_id), after=told)
    return schemas.FirmwareImageOut.model_validate(await store.get_image(tx, principal.operator_id, image_id))


@router.get("/firmware-images/{image_id}")
async def get_firmware_image(image_id: str, principal: MayReadFirmware, tx: ReadTx) -> schemas.FirmwareImageOut:
    """One firmware image."""
    return schemas.FirmwareImageOut.model_validate(await store.get_image(tx, principal.operator_id, image_id))


@router.put(
    "/firmware-images/{image_id}/content",
    dependencies=[Depends(streams_body)],
    openapi_extra={"requestBody": {"required": True, **_BYTES}},
)
async def upload_firmware_image(
    image_id: str, request: Request, principal: MayWriteFirmware, runtime: OurRuntime
) -> schemas.FirmwareImageOut:
    """Upload an image's content, once: the body is the image. It is signed if it came without a signature."""
    async with runtime.database.read(principal.operator_id) as tx:
        image = await store.get_image(tx, principal.operator_id, image_id)
    if image.complete_at is not None:
        raise errors.ImageComplete("An image never changes: upload another one.")
    received = await _receive(runtime, request)
    wanted = {"sha256": image.wanted_sha256} if image.wanted_sha256 else {}
    wrong = received.differs_from(wanted | rules.announced(request.headers))
    if wrong is not None:
        await received.drop()
        raise errors.ChecksumWrong.at("$", f"the content has another {wrong} than was announced")
    values = {
        "size_bytes": received.size_bytes,
        "sha256": received.sha256,
        "md5": received.md5,
        "complete_at": clock.now(),
    }
    if not image.is_own_signature:
        await _check_signature(runtime, image, received)
    else:
        signed = await runtime.ask(SignFirmware(sha256=bytes.fromhex(received.sha256)))
        values |= {"signature": signed.signature, "signing_certificate": signed.certificate}
    async with runtime.database.begin(principal.operator_id) as tx:
        is_first = await store.complete_image(tx, image.id, values)
        if is_first:  # in the transaction that makes it true: two uploads at once cannot mix
            await received.keep_as(storage.place_of(runtime, storage.IMAGES, image.id))
            told = {"size_bytes": received.size_bytes, "sha256": received.sha256}
            audit.note(tx, principal, "firmware_image.uploaded", ("firmware_image", image.id), after=told)
    if not is_first:
        await received.drop()
        raise errors.ImageComplete("Somebody else was quicker.")
    async with runtime.database.read(principal.operator_id) as tx:
        return schemas.FirmwareImageOut.model_validate(await store.get_image(tx, principal.operator_id, image.id))


async def _check_signature(runtime: Runtime, image: Any, received: storage.Received) -> None:
    """Raise SignatureWrong where the maker, of whom a certificate is stored, has not signed this (L01.FR.11, .12)."""
    async with runtime.database.read() as tx:
        known = await store.certificates_of(tx, image.operator_id, image.vendor)
    if not known:
        return
    sha256 = bytes.fromhex(received.sha256)
    flaw = signatures.flaw(sha256, image.signature, image.signing_certificate, known, clock.now())
    if flaw is not None:
        await received.drop()
        raise errors.SignatureWrong.at("$", flaw)


async def _receive(runtime: Runtime, request: Request) -> storage.Received:
    bytes_max = runtime.settings(FilesSettings).image_bytes_max
    announced = request.headers.get("content-length", "")
    too_large = errors.ImageTooLarge(f"An image has at most {bytes_max} bytes.")
    if announced.isdecimal() and int(announced) > bytes_max:
        raise too_large
    try:
        return await storage.receive(request.stream(), runtime, storage.IMAGES, bytes_max)
    except storage.TooLarge:
        raise too_large from None
    except ClientDisconnect:
        raise Malformed("The content ended too early.") from None


@router.get("/firmware-images/{image_id}/content", response_class=Response, responses=_ANSWERS_BYTES)
async def download_firmware_image(
    image_id: str, principal: MayReadFirmware, tx: ReadTx, runtime: OurRuntime
) -> Response:
    """An image's content."""
    image = await store.get_image(tx, principal.operator_id, image_id)
    if image.complete_at is None:
        raise errors.ImageIncomplete("Its content has not come yet.")
    path = storage.place_of(runtime, storage.IMAGES, image.id)
    return FileResponse(path, media_type=BINARY, filename=image.file_name)


@router.delete("/firmware-images/{image_id}", status_code=204)
async def remove_firmware_image(image_id: str, principal: MayWriteFirmware, runtime: OurRuntime) -> None:
    """Remove a firmware image that no station is fetching."""
    async with runtime.database.begin(principal.operator_id) as tx:
        image = await store.get_image(tx, principal.operator_id, image_id)
        if await store.is_being_fetched(tx, image.id, clock.now()):
            raise errors.ImageInUse("A charging station was told to fetch it, and has not said that it is done.")
        await store.remove_image(tx, image.id)
        told = {"version": image.version, "file_name": image.file_name, "sha256": image.sha256}
        audit.note(tx, principal, "firmware_image.removed", ("firmware_image", image.id), before=told)
    await storage.remove(runtime, storage.IMAGES, image.id)


# ---- orders about files


@router.get("/charging-stations/{station_id}/file-jobs")
async def list_file_jobs(
    station_id: str, principal: MayRead, runtime: OurRuntime, page: PagePart, kind: JobKind | None = None
) -> Page[schemas.FileJobOut]:
    """The orders about firmware and logs given to a charging station, newest first."""
    await _require_station(runtime, principal, station_id)
    statement = sa.select(jobs).where(visible(principal, jobs), jobs.c.station_id == station_id)
    if kind is not None:
        statement = statement.where(jobs.c.kind == kind.value)
    async with runtime.database.read(principal.operator_id) as tx:
        rows, next_cursor = await page.fetch(tx, statement, jobs.c.id)
    return Page(items=[schemas.FileJobOut(**schemas.job_fields(row)) for row in rows], next_cursor=next_cursor)


@router.get("/file-jobs/{job_id}")
async def get_file_job(job_id: str, principal: MayRead, runtime: OurRuntime) -> schemas.FileJobWithHistory:
    """One order about a file, and how the station has got on with it."""
    async with runtime.database.read(principal.operator_id) as tx:
        job = await store.get_job(tx, principal.operator_id, job_id)
        said = await store.statuses_of(tx, job.id)
    await _require_station(runtime, principal, job.station_id)
    history = [schemas.JobStatusOut.model_validate(row) for row in said]
    return schemas.FileJobWithHistory(statuses=history, **schemas.job_fields(job))


# ---- what stations have brought


@router.get("/charging-stations/{station_id}/files")
async def list_station_files(
    station_id: str, principal: MayRead, runtime: OurRuntime, page: PagePart
) -> Page[schemas.StationFileOut]:
    """The logs that a charging station has brought, newest first."""
    await _require_station(runtime, principal, station_id)
    statement = sa.select(uploads).where(visible(principal, uploads), uploads.c.station_id == station_id)
    async with runtime.database.read(principal.operator_id) as tx:
        rows, next_cursor = await page.fetch(tx, statement, uploads.c.id)
    return Page(items=[schemas.StationFileOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.get(
    "/charging-stations/{station_id}/files/{file_id}/content", response_class=Response, responses=_ANSWERS_BYTES
)
async def download_station_file(station_id: str, file_id: str, principal: MayRead, runtime: OurRuntime) -> Response:
    """A log's content."""
    await _require_station(runtime, principal, station_id)
    async with runtime.database.read(principal.operator_id) as tx:
        row = await store.get_upload(tx, station_id, file_id)
    return FileResponse(storage.place_of(runtime, storage.UPLOADS, row.id), media_type=BINARY, filename=row.name)


@router.delete("/charging-stations/{station_id}/files/{file_id}", status_code=204)
async def remove_station_file(station_id: str, file_id: str, principal: MayWrite, runtime: OurRuntime) -> None:
    """Remove a log before its time."""
    await _require_station(runtime, principal, station_id)
    async with runtime.database.begin(principal.operator_id) as tx:
        row = await store.get_upload(tx, station_id, file_id)
        await store.remove_uploads(tx, [row.id])
        told = {"station_id": station_id, "name": row.name}
        audit.note(tx, principal, "station_file.removed", ("station_file", row.id), before=told)
    await storage.remove(runtime, storage.UPLOADS, row.id)


async def _require_station(runtime: Runtime, principal: Principal, station_id: str) -> None:
    """Raise StationNotFound for a station that the caller may not see."""
    found = await runtime.ask(FindStations(operator_id=principal.operator_id, station_ids=(station_id,)))
    if not found or not principal.reaches(found[0].location_id):
        raise errors.StationNotFound(f"There is no charging station {station_id[:50]}.")
