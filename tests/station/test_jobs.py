"""Logs, firmware and certificates: real files over a real web server, real keys, a real TLS link."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.asyncio.server import serve

from station.authority import Authority, pem, private
from station.fake_csms import VERSIONS, FakeCsms, port_of
from station.test_scenarios import Bench, each_protocol, until

IMAGE = b"firmware " * 10_000


class Files:
    """A web server with one image to give, and whatever was sent to it."""

    def __init__(self, url: str, taken: list[bytes]) -> None:
        self.url, self.taken = url, taken


@pytest.fixture
def files() -> Iterator[Files]:
    taken: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_there = self.path == "/image"
            self.send_response(200 if is_there else 404)
            self.end_headers()
            self.wfile.write(IMAGE if is_there else b"")

        def do_PUT(self) -> None:
            taken.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(403 if self.path == "/forbidden" else 200)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Files(f"http://127.0.0.1:{server.server_port}", taken)
    server.shutdown()
    server.server_close()


@pytest.fixture
def bench(csms: FakeCsms, tmp_path: Path, protocol: str) -> Bench:
    return Bench(csms, tmp_path, protocol)


def words(bench: Bench, *actions: str) -> list[str]:
    return [one["status"] for one in bench.csms.payloads(*actions)]


@each_protocol
async def test_a_log_is_sent_and_each_step_told(bench: Bench, files: Files) -> None:
    order = {"logType": "DiagnosticsLog", "requestId": 9, "log": {"remoteLocation": f"{files.url}/log"}}
    async with bench.on():
        answer = await bench.csms.ask("GetLog", order)
        assert answer["status"] == "Accepted"
        assert answer["filename"].startswith("log-")
        await until(lambda: words(bench, "LogStatusNotification")[-1:] == ["Uploaded"])
    assert words(bench, "LogStatusNotification") == ["Uploading", "Uploaded"]
    assert {one["requestId"] for one in bench.csms.payloads("LogStatusNotification")} == {9}
    [log] = files.taken
    assert json.loads(log)["identity"] == "S1"
    assert b"password" not in log


@pytest.mark.parametrize("protocol", ["ocpp1.6"])
async def test_1_6s_older_way_of_getting_a_log_and_a_place_that_refuses(bench: Bench, files: Files) -> None:
    async with bench.on():
        assert "fileName" in await bench.csms.ask("GetDiagnostics", {"location": f"{files.url}/forbidden"})
        await until(lambda: words(bench, "DiagnosticsStatusNotification")[-1:] == ["UploadFailed"])
        assert "fileName" not in await bench.csms.ask("GetDiagnostics", {"location": "ftp://192.0.2.1/"})


def signed_update(
    bench: Bench, url: str, certificate: str, key: ec.EllipticCurvePrivateKey
) -> tuple[str, dict[str, Any]]:
    signature = base64.b64encode(key.sign(IMAGE, ec.ECDSA(hashes.SHA256()))).decode()
    firmware = {
        "location": url,
        "retrieveDateTime": "2026-01-01T00:00:00Z",
        "signingCertificate": certificate,
        "signature": signature,
    }
    return ("SignedUpdateFirmware" if bench.is_16 else "UpdateFirmware"), {"requestId": 4, "firmware": firmware}


async def updated(bench: Bench, order: tuple[str, dict[str, Any]], last: str) -> list[str]:
    """What is told of an update, until its last word."""
    told = "SignedFirmwareStatusNotification" if bench.is_16 else "FirmwareStatusNotification"
    assert (await bench.csms.ask(*order))["status"] == "Accepted"
    await until(lambda: words(bench, told)[-1:] == [last])
    return words(bench, told)


@each_protocol
async def test_firmware_is_installed_only_with_its_makers_signature(bench: Bench, files: Files) -> None:
    maker, stranger = Authority("Maker"), Authority("Stranger")
    makers = bench.config.with_name("makers.pem")
    makers.write_text(pem(maker.certificate))
    with bench.config.open("r+") as config:
        text = config.read().replace("[ocpp]\n", f'[ocpp]\nmaker_certificates = "{makers}"\n')
        config.seek(0)
        config.write(text)
    key, certificate = maker.pair("Signer")
    other_key, other_certificate = stranger.pair("Signer")
    async with bench.on():
        foreign = signed_update(bench, f"{files.url}/image", other_certificate, other_key)
        assert (await bench.csms.ask(*foreign))["status"] == "InvalidCertificate"
        forged = signed_update(bench, f"{files.url}/image", certificate, other_key)
        assert await updated(bench, forged, "InvalidSignature") == ["Downloading", "Downloaded", "InvalidSignature"]
        bench.csms.heard.clear()
        missing = signed_update(bench, f"{files.url}/nothing", certificate, key)
        assert await updated(bench, missing, "DownloadFailed") == ["Downloading", "DownloadFailed"]
        bench.csms.heard.clear()
        right = signed_update(bench, f"{files.url}/image", certificate, key)
        assert await updated(bench, right, "Installed") == [
            "Downloading",
            "Downloaded",
            "SignatureVerified",
            "Installing",
            "Installed",
        ]
    assert (bench.config.parent / "data" / "firmware.installed").read_bytes() == IMAGE


@pytest.mark.parametrize("protocol", ["ocpp2.0.1"])
async def test_an_update_waits_for_the_end_of_a_charge(bench: Bench, files: Files) -> None:
    order = {"requestId": 1, "firmware": {"location": f"{files.url}/image", "retrieveDateTime": "2026-01-01T00:00:00Z"}}
    async with bench.on():
        await bench.charge()
        assert await updated(bench, ("UpdateFirmware", order), "InstallScheduled")
        await bench.leave()
        await until(lambda: words(bench, "FirmwareStatusNotification")[-1:] == ["Installed"])
    assert len(bench.charges()) == 1


@each_protocol
async def test_a_new_key_is_made_certified_and_kept_and_a_certificate_for_another_is_refused(bench: Bench) -> None:
    authority = Authority("CSMS")
    trigger = ("ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"})
    if not bench.is_16:
        trigger = ("TriggerMessage", {"requestedMessage": "SignChargingStationCertificate"})
    bench.csms.answers["SignCertificate"] = lambda identity, payload: {"status": "Accepted"}
    async with bench.on():
        assert (await bench.csms.ask(*trigger))["status"] == "Accepted"
        await until(lambda: bench.csms.payloads("SignCertificate"))
        [request] = bench.csms.payloads("SignCertificate")
        chain = authority.certify(request["csr"])
        _, foreign = authority.pair("S1")
        assert (await bench.csms.ask("CertificateSigned", {"certificateChain": foreign}))["status"] == "Rejected"
        assert (await bench.csms.ask("CertificateSigned", {"certificateChain": chain}))["status"] == "Accepted"
    pair = bench.config.parent / "data" / "identity.pem"
    assert chain in pair.read_text()
    assert pair.stat().st_mode & 0o077 == 0
    ssl.create_default_context().load_cert_chain(pair)


async def test_it_connects_by_its_own_certificate_to_a_server_that_it_can_check(tmp_path: Path) -> None:
    authority = Authority("CSMS")
    for name in ("server", "station"):
        key, certificate = authority.pair(name)
        (tmp_path / f"{name}.pem").write_text(certificate)
        (tmp_path / f"{name}.key").write_text(private(key))
    (tmp_path / "ca.pem").write_text(pem(authority.certificate))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    tls.load_verify_locations(tmp_path / "ca.pem")
    tls.verify_mode = ssl.CERT_REQUIRED
    fake = FakeCsms()
    async with serve(fake.serve_link, "127.0.0.1", 0, ssl=tls, subprotocols=list(VERSIONS)) as server:  # type: ignore[arg-type]
        fake.url = f"wss://127.0.0.1:{port_of(server)}/ocpp"
        bench = Bench(fake, tmp_path, "ocpp2.0.1")
        text = bench.config.read_text()
        files = (
            f'ca_file = "{tmp_path}/ca.pem"\ncertificate = "{tmp_path}/station.pem"\nkey = "{tmp_path}/station.key"\n'
        )
        bench.config.write_text(text.replace("[ocpp]\n", f"[ocpp]\n{files}"))
        async with bench.on():
            assert fake.actions()[0] == "BootNotification"
