"""Orders about files are prepared: a number, and an address of ours where the caller names no place."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit, urlunsplit

from voltway.contracts.files import FindImageChecksum, JobKind, PrepareJob
from voltway.kernel import clock
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.kernel.runtime import Runtime
from voltway.modules.files import rules, store
from voltway.modules.files.errors import FirmwareOlder, ImageIncomplete, WayNotOpen
from voltway.modules.files.settings import FilesSettings, Transfer

TOKEN_BYTES, PASSWORD_BYTES = 24, 12
UP, DOWN = "/files/up", "/files/down"


class Address(NamedTuple):
    """An address of ours, and by what it is known again."""

    url: str
    token_hash: str
    login_hash: str | None


async def prepare_job(runtime: Runtime, request: PrepareJob) -> dict[str, Any]:
    """Note a job, and say what the dialect needs. The address is in nobody's hands but the station's: of its token the hash
    is kept."""
    settings, given = runtime.settings(FilesSettings), request.arguments
    image_id = given.get("image_id")
    async with runtime.database.begin() as tx:
        image = None if image_id is None else await _complete_image(tx, request.operator_id, image_id)
        is_wanted = bool(given.get("force") and given.get("reason"))
        if image is not None and not is_wanted and rules.is_older(image.version, request.installed_version):
            raise FirmwareOlder(
                f"{request.station_identity} has {request.installed_version}, this is {image.version}: order it with force"
                " and a reason.",
                installed_version=request.installed_version,
                version=image.version,
            )
        known: dict[str, Any] = {"request_number": new_request_number()}
        address = None
        if "location" not in given:
            address = _address(runtime, request, image)
            known["location"] = address.url
        is_signed = "signature" in given
        if image is not None and request.kind is JobKind.PUBLISH:
            known["checksum"] = image.md5
        elif image is not None and request.is_signed:
            is_signed = True
            known |= {"signature": image.signature, "signing_certificate": image.signing_certificate}
        now = clock.now()
        row = {
            "id": new_id(),
            "operator_id": request.operator_id,
            "station_id": request.station_id,
            "station_identity": request.station_identity,
            "kind": request.kind.value,
            "log_kind": given.get("kind"),
            "image_id": image_id,
            "is_signed": is_signed,
            "request_number": known["request_number"],
            "token_hash": address and address.token_hash,
            "login_hash": address and address.login_hash,
            "requested_at": now,
            "changed_at": now,
            "expires_at": _latest(given, now) + timedelta(hours=settings.address_hours),
        }
        await store.add_job(tx, row)
    return known


async def find_image_checksum(runtime: Runtime, request: FindImageChecksum) -> str:
    """By what a local controller knows an image."""
    async with runtime.database.read() as tx:
        return str((await _complete_image(tx, request.operator_id, request.image_id)).md5)


def _address(runtime: Runtime, request: PrepareJob, image: store.Row | None) -> Address:
    """An address for this order, by the way that it names. Raises WayNotOpen."""
    settings, given = runtime.settings(FilesSettings), request.arguments
    way: Transfer = given.get("transfer", settings.transfer)
    if way == "http":
        has_login = given.get("with_login", settings.uploads_with_login) and request.kind is JobKind.LOG
        return new_address(base_url(runtime), request, request.station_identity if has_login else None)
    if not settings.url_of(way):
        raise WayNotOpen(f"Files are not served over {way.upper()} here: set files.{way}_url.")
    token = secrets.token_urlsafe(TOKEN_BYTES)
    file_name = "" if image is None else quote(rules.plain_name(image.file_name))
    url = with_login(f"{settings.url_of(way)}/{file_name}", request.station_identity, token)
    return Address(url, hash_of(token), None)


def new_address(base: str, request: PrepareJob, login_name: str | None) -> Address:
    """An address that nobody can guess."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    url = f"{base}{UP if request.kind is JobKind.LOG else DOWN}/{token}"
    if login_name is None:
        return Address(url, hash_of(token), None)
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    return Address(with_login(url, login_name, password), hash_of(token), hash_of(password))


def hash_of(token: str) -> str:
    """By what a token is known: it is random and long, so that a plain hash gives nothing away."""
    return hashlib.sha256(token.encode()).hexdigest()


def base_url(runtime: Runtime) -> str:
    """How stations reach us."""
    return (runtime.settings(FilesSettings).url or runtime.own_url).rstrip("/")


def new_request_number() -> int:
    """Random and positive, of 31 bits: which every station takes."""
    return secrets.randbelow(2**31 - 1) + 1


async def _complete_image(tx: Tx, operator_id: str, image_id: str) -> store.Row:
    image = await store.get_image(tx, operator_id, image_id)
    if image.complete_at is None:
        raise ImageIncomplete("Upload its content first: PUT /firmware-images/{image_id}/content.")
    return image


def _latest(given: dict[str, Any], now: datetime) -> datetime:
    """The last moment for which something is ordered."""
    times = (datetime.fromisoformat(given[name]) for name in ("retrieve_at", "install_at") if name in given)
    return max(now, *times, now)


def with_login(url: str, name: str, password: str) -> str:
    """An address that holds who to log in as (RFC 3986 §3.2.1)."""
    parts = urlsplit(url)
    user = f"{quote(name, safe='')}:{quote(password, safe='')}"
    return urlunsplit((parts.scheme, f"{user}@{parts.netloc}", parts.path, "", ""))
