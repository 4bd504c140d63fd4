"""Signatures of makers, versions that go back, and orders of which nothing comes."""

# ruff: noqa: F811  (a fixture that is imported)

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from builders import ClientOf, eventually
from voltway.contracts.files import FileOrderEnded, JobKind
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.modules.files.rules import is_older
from voltway.modules.stations.tables import stations

from .test_transfers import CONTENT, Files, files  # noqa: F401, TID252  (a fixture; tests are not installed)

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class Maker:
    """Somebody who makes firmware, with a root and a certificate for signing."""

    def __init__(self, *, days: int = 30, with_rsa: bool = False) -> None:
        self.root_key: Key = ec.generate_private_key(ec.SECP256R1())
        self.key: Key = rsa.generate_private_key(65537, 2048) if with_rsa else ec.generate_private_key(ec.SECP256R1())
        self.root = self._certificate("Root", self.root_key, "Root", self.root_key, 30)
        self.signing = self._certificate("Signing", self.key, "Root", self.root_key, days)

    @staticmethod
    def _certificate(name: str, key: Key, issuer: str, issuer_key: Key, days: int) -> str:
        now = clock.now()
        made = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=60))
            .not_valid_after(now + timedelta(days=days))
            .sign(issuer_key, hashes.SHA256())
        )
        return made.public_bytes(serialization.Encoding.PEM).decode()

    def sign(self, content: bytes = CONTENT) -> str:
        if isinstance(self.key, rsa.RSAPrivateKey):
            scheme = padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256.digest_size)
            return base64.b64encode(self.key.sign(content, scheme, hashes.SHA256())).decode()
        return base64.b64encode(self.key.sign(content, ec.ECDSA(hashes.SHA256()))).decode()


async def store(files: Files, certificate: str) -> dict[str, Any]:
    made = await files.api.post("/firmware-makers", json={"vendor": "Acme", "certificate": certificate})
    assert made.status_code == 201, made.text
    return dict(made.json())


async def brought(files: Files, maker: Maker, signature: str | None = None, **fields: Any) -> httpx.Response:
    signed = {"signature": signature or maker.sign(), "signing_certificate": maker.signing}
    return await files.image(**(signed | fields))


@pytest.mark.parametrize("with_rsa", [False, True])
async def test_l01_a_signature_of_the_maker_is_taken_and_any_other_is_not(files: Files, with_rsa: bool) -> None:
    maker, other = Maker(with_rsa=with_rsa), Maker(with_rsa=with_rsa)
    await store(files, maker.root)
    assert (await brought(files, maker)).status_code == 200
    wrong = {
        "the signature does not match the content": await brought(files, maker, maker.sign(b"other")),
        "the signing_certificate is not the maker's": await brought(files, other),
        "the signing_certificate cannot be read": await files.image(
            signature=maker.sign(), signing_certificate="-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----"
        ),
    }
    for flaw, answer in wrong.items():
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/signature-wrong"), answer.text
        assert flaw in answer.json()["detail"].lower()
    assert len(files.kept("images")) == 1


async def test_the_certificate_that_signs_may_be_stored_itself_and_must_be_valid(files: Files) -> None:
    maker, late = Maker(), Maker(days=-1)
    await store(files, maker.signing)
    assert (await brought(files, maker)).status_code == 200
    await store(files, late.root)
    assert "not valid now" in (await brought(files, late)).json()["detail"]


async def test_without_a_stored_certificate_nothing_is_checked_and_other_vendors_are_others(files: Files) -> None:
    maker, other = Maker(), Maker()
    assert (await brought(files, maker, other.sign())).status_code == 200
    await store(files, maker.root)
    assert (await brought(files, other, vendor="Beta")).status_code == 200
    assert (await brought(files, other, vendor="ACME")).status_code == 422


async def test_certificates_of_makers_are_listed_once_and_removed(
    files: Files,
    client_of: ClientOf,
    stranger_id: str,
) -> None:
    maker = Maker()
    first, again = await store(files, maker.root), await store(files, maker.root)
    assert first["id"] == again["id"]
    assert (first["subject"], len(first["fingerprint"])) == ("CN=Root", 64)
    path = f"/firmware-makers/{first['id']}"
    expected = ((None, {}, 401), ("auditor", {}, 403), ("operator_admin", {"operator_id": stranger_id}, 404))
    for role, options, status in expected:
        client = await client_of(files.runtime, role, **options)
        assert (await client.delete(path)).status_code == status
    stranger = await client_of(files.runtime, operator_id=stranger_id)
    assert (await stranger.get("/firmware-makers")).json()["items"] == []
    for wrong in ("-----BEGIN CERTIFICATE-----\nxx", "nothing", ""):
        answer = await files.api.post("/firmware-makers", json={"vendor": "Acme", "certificate": wrong})
        assert answer.status_code == 422
    assert (await files.api.delete(path)).status_code == 204
    assert (await files.api.get("/firmware-makers")).json()["items"] == []


# ---- versions


@pytest.mark.parametrize(
    ("version", "installed", "is_so"),
    [
        ("1.2.3", "1.2.4", True),
        ("1.9", "1.10", True),
        ("1.10", "1.9", False),
        ("v1.2", "1.2.0", False),
        ("1.2.0", "1.2", False),
        ("ACME-1.0", "acme-2.0", True),
        ("2.0-beta", "3.0", False),  # not to be compared
        ("latest", "1.0", False),
        ("1.0", None, False),
        ("1.0", "", False),
    ],
)
def test_versions_are_compared_by_their_numbers(version: str, installed: str | None, is_so: bool) -> None:
    assert is_older(version, installed) is is_so


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_two_versions_are_older_than_each_other(one: str, other: str) -> None:
    assert not (is_older(one, other) and is_older(other, one))
    assert not is_older(one, one)


async def test_an_older_image_is_ordered_with_force_and_a_reason_only(files: Files) -> None:
    async with files.runtime.database.begin() as tx:
        await tx.execute(stations.update().values(firmware_version="2.1"))
    older, newer = (await files.image(version="2.0")).json(), (await files.image(version="2.2")).json()
    path = f"/charging-stations/{files.station_id}/commands"

    async def order(image: dict[str, Any], **more: Any) -> httpx.Response:
        return await files.api.post(path, json={"type": "update_firmware", "image_id": image["id"], **more})

    refused = await order(older)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/firmware-older")
    assert refused.json()["context"]["installed_version"] == "2.1"
    assert (await order(older, force=True)).status_code == 422
    assert (await order(older, reason="2.1 does not charge")).status_code == 409
    forced = await order(older, force=True, reason="2.1 does not charge")
    assert forced.status_code == 202, forced.text
    assert forced.json()["arguments"]["reason"] == "2.1 does not charge"
    assert (await order(newer)).status_code == 202


# ---- orders of which nothing comes


async def test_an_order_to_a_station_that_is_offline_ends_its_job_and_its_address(files: Files) -> None:
    image = (await files.image()).json()
    body = {"type": "update_firmware", "image_id": image["id"]}
    answer = await files.api.post(f"/charging-stations/{files.station_id}/commands", params={"wait_s": 10}, json=body)
    assert answer.json()["state"] == "offline"

    async def outcome() -> bool:
        (job,) = (await files.api.get(f"/charging-stations/{files.station_id}/file-jobs")).json()["items"]
        return bool(job["outcome"] == "offline")

    await eventually(outcome)
    assert (await files.api.delete(f"/firmware-images/{image['id']}")).status_code == 204  # nobody fetches it any more


@pytest.mark.parametrize(("state", "outcome"), [("timed_out", "timed_out"), ("failed", "rejected")])
async def test_an_address_ends_with_its_order(files: Files, state: str, outcome: str) -> None:
    image = (await files.image()).json()
    down = await files.wanted(JobKind.FIRMWARE, image_id=image["id"])
    up = await files.wanted(JobKind.LOG)
    assert (await files.station.head(down)).status_code == 200
    listed = (await files.api.get(f"/charging-stations/{files.station_id}/file-jobs")).json()["items"]
    async with files.runtime.database.begin() as tx:
        for job in listed:
            ended = {"station_id": files.station_id, "request_number": job["request_number"], "state": state}
            tx.publish(FileOrderEnded(operator_id=DEFAULT_OPERATOR_ID, at=clock.now(), **ended))
    await eventually(lambda: not any(files.runtime.events.backlogs().values()))
    listed = (await files.api.get(f"/charging-stations/{files.station_id}/file-jobs")).json()["items"]
    assert [job["outcome"] for job in listed] == [outcome, outcome]
    assert (await files.station.get(down)).status_code == 410
    assert (await files.station.put(up, content=b"log")).status_code == 410
