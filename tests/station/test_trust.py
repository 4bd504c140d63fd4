"""Roots that the CSMS installs: kept, named as others name them, believed, and never the last one thrown away."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

from station.authority import Authority, pem, private
from station.fake_csms import FakeCsms, port_of
from station.test_jobs import signed_update
from station.test_scenarios import Bench, each_protocol
from voltway.station.ocpp.ordered import CSMS_ROOT, MAKER_ROOT
from voltway.station.trust import TrustStore, hash_of


@pytest.fixture
def bench(csms: FakeCsms, tmp_path: Path, protocol: str) -> Bench:
    return Bench(csms, tmp_path, protocol)


def sha256(octets: bytes) -> str:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(octets)
    return digest.finalize().hex()


def named(root: x509.Certificate) -> dict[str, str]:
    """A root's hashes by the words of RFC 6960: the key's bits without tag, length and the count of unused bits."""
    point = root.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": sha256(root.issuer.public_bytes()),
        "issuerKeyHash": sha256(point),
        "serialNumber": f"{root.serial_number:x}",
    }


@each_protocol
async def test_a_root_is_installed_listed_and_deleted(bench: Bench) -> None:
    authority = Authority("New root")
    _, leaf = authority.pair("a server")
    kind = "CentralSystemRootCertificate" if bench.is_16 else CSMS_ROOT

    async def ask(action: str, **said: Any) -> dict[str, Any]:
        answer: dict[str, Any] = await bench.csms.ask(action, said)
        return answer

    async with bench.on():
        listing = {"certificateType": kind if bench.is_16 else [kind]}
        assert await ask("GetInstalledCertificateIds", **listing) == {"status": "NotFound"}
        for text in (leaf, "nonsense"):
            assert (await ask("InstallCertificate", certificateType=kind, certificate=text))["status"] == "Rejected"
        root = pem(authority.certificate)
        for _ in range(2):  # once more changes nothing
            assert (await ask("InstallCertificate", certificateType=kind, certificate=root))["status"] == "Accepted"
        found = await ask("GetInstalledCertificateIds", **listing)
        if bench.is_16:
            assert found["certificateHashData"] == [named(authority.certificate)]
        else:
            (chain,) = found["certificateHashDataChain"]
            assert chain == {"certificateHashData": named(authority.certificate), "certificateType": kind}
            other = await ask("InstallCertificate", certificateType="V2GRootCertificate", certificate=root)
            assert other["status"] == "Rejected", "there is no ISO 15118 that would use it"
        wanted = named(authority.certificate)
        wanted["issuerKeyHash"] = wanted["issuerKeyHash"].upper()
        assert (await ask("DeleteCertificate", certificateHashData=wanted))["status"] == "Accepted"
        assert (await ask("DeleteCertificate", certificateHashData=wanted))["status"] == "NotFound"
    assert list((bench.config.parent / "data" / "roots").iterdir()) == []


@pytest.mark.parametrize("protocol", ["ocpp2.0.1"])
async def test_with_an_installed_root_of_the_maker_unsigned_firmware_is_refused(bench: Bench) -> None:
    maker = Authority("Maker")
    key, certificate = maker.pair("Signer")
    address = "http://127.0.0.1:9/image"
    unsigned = {"requestId": 1, "firmware": {"location": address, "retrieveDateTime": "2030-01-01T00:00:00Z"}}
    async with bench.on():
        order = {"certificateType": MAKER_ROOT, "certificate": pem(maker.certificate)}
        assert (await bench.csms.ask("InstallCertificate", order))["status"] == "Accepted"
        assert (await bench.csms.ask("UpdateFirmware", unsigned))["status"] == "Rejected"
        action, signed = signed_update(bench, address, certificate, key)
        assert (await bench.csms.ask(action, signed))["status"] == "Accepted"


async def test_a_server_is_believed_by_an_installed_root_and_by_no_other(tmp_path: Path) -> None:
    ours, stranger = Authority("Ours"), Authority("Stranger")
    key, certificate = ours.pair("server")
    (tmp_path / "server.pem").write_text(certificate + private(key))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "server.pem")
    store = TrustStore(tmp_path / "roots", lambda: True)

    async def reaches(url: str) -> bool:
        context = ssl.create_default_context()
        store.believe(context)
        try:
            async with connect(url, ssl=context):
                return True
        except ssl.SSLCertVerificationError:
            return False

    async def keep(link: Any) -> None:
        await link.wait_closed()

    async with serve(keep, "127.0.0.1", 0, ssl=tls) as server:
        url = f"wss://127.0.0.1:{port_of(server)}"
        assert store.install(CSMS_ROOT, pem(stranger.certificate)) == "Accepted"
        assert not await reaches(url)
        assert store.install(CSMS_ROOT, pem(ours.certificate)) == "Accepted"
        assert await reaches(url)
    await asyncio.sleep(0)
    for root, word in ((stranger, "Accepted"), (ours, "Failed")):
        said = hash_of(root.certificate, "SHA384")
        assert said is not None
        assert store.delete(said) == word, "the last one by which the server can be known stays"


def test_a_store_has_its_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voltway.station.trust.ROOTS_MAX", 1)
    store = TrustStore(tmp_path / "roots", lambda: False)
    assert store.install(CSMS_ROOT, pem(Authority("One").certificate)) == "Accepted"
    assert store.install(CSMS_ROOT, pem(Authority("Two").certificate)) == "Rejected"
