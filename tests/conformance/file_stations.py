"""Stations that really fetch and bring files over HTTP, and check what they have fetched."""

from __future__ import annotations

import base64
from typing import Any

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from conformance.device_model_stations import Platform, ScriptedStation

CONTENT = bytes(range(256)) * 1200  # more than one piece
IMAGE = {"vendor": "Acme", "model": "One", "version": "2.0.0", "file_name": "one-2.0.0.bin"}


def http(**options: Any) -> httpx.AsyncClient:
    """What a station has to fetch and bring files with."""
    return httpx.AsyncClient(**{"trust_env": False, "timeout": 20, **options})


async def fetch(url: str, **headers: str) -> httpx.Response:
    async with http() as client:
        return await client.get(url, headers=headers)


async def bring(url: str, content: Any, method: str = "PUT", **options: Any) -> httpx.Response:
    async with http() as client:
        return await client.request(method, url, content=content, **options)


async def an_image(platform: Platform, content: bytes = CONTENT, **fields: Any) -> dict[str, Any]:
    """An image that was uploaded."""
    made = await platform.api.post("/firmware-images", json=IMAGE | fields)
    assert made.status_code == 201, made.text
    answer = await platform.api.put(f"/firmware-images/{made.json()['id']}/content", content=content)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def jobs(platform: Platform) -> list[dict[str, Any]]:
    """The orders about files of the station, the latest first, each with its history."""
    found = []
    for item in await platform.items("file-jobs"):
        answer = await platform.api.get(f"/file-jobs/{item['id']}")
        assert answer.status_code == 200, answer.text
        found.append(answer.json())
    return found


async def job(platform: Platform) -> dict[str, Any]:
    (only,) = await jobs(platform)
    return only


def said(of: dict[str, Any]) -> list[str]:
    """The statuses of a job, those out of turn marked."""
    return [one["status"] if one["is_expected"] else f"{one['status']}?" for one in of["statuses"]]


async def tell(station: ScriptedStation, action: str, *statuses: str, **fields: Any) -> None:
    """Say statuses one after the other."""
    for status in statuses:
        assert await station.call(action, {"status": status, **fields}) == {}


async def root_of(platform: Platform) -> x509.Certificate:
    """The authority that a station trusts."""
    items = (await platform.api.get("/certificate-authorities")).json()["items"]
    (pem,) = (item["root_certificate"] for item in items if item["name"] == "csms")
    return x509.load_pem_x509_certificate(pem.encode())


def is_genuine(content: bytes, firmware: dict[str, Any], root: x509.Certificate) -> bool:
    """Whether firmware is signed by somebody whom the root has certified: as a station checks it (2.0.1 part 2, L01)."""
    leaf, *above = x509.load_pem_x509_certificates(firmware["signingCertificate"].encode())
    try:
        for lower, upper in zip([leaf, *above], [*above, root], strict=True):
            lower.verify_directly_issued_by(upper)
        scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
        key: Any = leaf.public_key()
        key.verify(base64.b64decode(firmware["signature"]), content, scheme, hashes.SHA256())
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True
