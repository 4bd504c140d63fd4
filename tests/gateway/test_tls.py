"""TLS on the station port: certificates from files, changed while it runs, and whom it trusts."""

from __future__ import annotations

import asyncio
import datetime
import logging
import os
import ssl
from pathlib import Path
from typing import Any

import pytest
import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from voltway.kernel.errors import StartUpError
from voltway.modules.gateway import tls
from voltway.modules.gateway.peer import Peer, PeerCertificate, Trust, read_certificate
from voltway.modules.gateway.settings import TlsSettings
from voltway.modules.gateway.tls import KeyPair

from .conftest import PASSWORD, Network, StartNetwork  # noqa: TID252  (tests are not installed)
from .neighbours import Neighbours, until  # noqa: TID252
from .raw_station import RawStation  # noqa: TID252

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


class Maker:
    """An authority of a test, and files of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self.certify(self.key, "Test authority", is_authority=True)
        self.file = self.write("authority.pem", self.certificate)

    def certify(
        self, key: Any, name: str, *, organization: str = "default", is_authority: bool = False, days: int = 1
    ) -> x509.Certificate:
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, name),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            ]
        )
        issuer = subject if is_authority else self.certificate.subject
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - 3 * DAY)
            .not_valid_after(NOW + days * DAY)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        )
        return builder.sign(self.key, hashes.SHA256())

    def write(self, name: str, *parts: Any) -> str:
        content = b"".join(
            part.public_bytes(serialization.Encoding.PEM)
            if isinstance(part, (x509.Certificate, x509.CertificateRevocationList))
            else part.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            for part in parts
        )
        file = self.folder / name
        file.write_bytes(content)
        return str(file)

    def server(self, name: str = "server.pem", key: Any = None) -> str:
        key = key or ec.generate_private_key(ec.SECP256R1())
        return self.write(name, self.certify(key, "localhost"), key)

    def client(self, name: str, **fields: Any) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.file)
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self.certify(key, name, **fields)
        context.load_cert_chain(self.write(f"{name}.pem", certificate, key))
        self.last = certificate
        return context


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


async def status(network: Network, context: ssl.SSLContext, identity: str, password: str | None = None) -> int:
    port = network.gateway.port.tls_port
    streams = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost")
    station = RawStation(*streams)
    network.stations.append(station)
    response = await station.ask(f"/ocpp/{identity}", password=password)
    shown = streams[1].get_extra_info("ssl_object").getpeercert()
    station.serial = shown["serialNumber"]  # type: ignore[attr-defined]
    return response.status


async def serial_shown(network: Network, context: ssl.SSLContext) -> str:
    await status(network, context, "CS1")
    return str(network.stations[-1].serial)  # type: ignore[attr-defined]


def trusting(maker: Maker) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(maker.file)
    return context


async def test_another_authoritys_certificate_is_believed_where_the_settings_name_it(
    start_network: StartNetwork, maker: Maker
) -> None:
    network = await start_network(
        {name: {"password": None, "profile": 3} for name in ("CS1", "CS2", "CS3", "CS4")},
        tls={
            "port": 0,
            "ecdsa_certificate_file": maker.server(),
            "client_authorities_file": maker.file,
            "organizations": {"default": "Acme"},
        },
    )
    assert await status(network, maker.client("CS1", organization="Acme"), "CS1") == 101
    assert await status(network, maker.client("CS2", organization="default"), "CS2") == 401
    assert await status(network, maker.client("CS3", organization="Acme"), "CS2") == 401
    with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
        await status(network, maker.client("CS4", organization="Acme", days=-1), "CS4")  # expired


async def test_a_certificate_on_the_other_authoritys_revocation_list_is_refused(
    start_network: StartNetwork, maker: Maker
) -> None:
    context = maker.client("CS1")
    revoked = (
        x509.RevokedCertificateBuilder().serial_number(maker.last.serial_number).revocation_date(NOW - DAY).build()
    )
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(maker.certificate.subject)
        .last_update(NOW - DAY)
        .next_update(NOW + DAY)
        .add_revoked_certificate(revoked)
        .sign(maker.key, hashes.SHA256())
    )
    network = await start_network(
        {"CS1": {"password": None, "profile": 3}, "CS2": {"password": None, "profile": 3}},
        tls={
            "port": 0,
            "ecdsa_certificate_file": maker.server(),
            "client_authorities_file": maker.file,
            "client_revocation_file": maker.write("crl.pem", crl),
        },
    )
    assert await status(network, context, "CS1") == 401
    assert await status(network, maker.client("CS2"), "CS2") == 101


async def test_a_new_certificate_is_shown_without_dropping_a_link(start_network: StartNetwork, maker: Maker) -> None:
    file = maker.server()
    network = await start_network({"CS1": {"profile": 2}}, tls={"port": 0, "ecdsa_certificate_file": file})
    before = await serial_shown(network, trusting(maker))
    assert await status(network, trusting(maker), "CS1", PASSWORD) == 101
    linked = network.stations[-1]
    maker.server()
    os.utime(file, ns=(1, 1))
    await network.gateway.reload_certificates()
    assert await serial_shown(network, trusting(maker)) != before
    answer = await linked.exchange("m1", "Heartbeat", {})
    assert answer[0] == 3

    now = await serial_shown(network, trusting(maker))
    maker.write(Path(file).name)  # empty
    await network.gateway.reload_certificates()
    assert await serial_shown(network, trusting(maker)) == now


async def test_a_silent_tls_connection_is_ended_in_time(start_network: StartNetwork, maker: Maker) -> None:
    settings = {"port": 0, "ecdsa_certificate_file": maker.server()}
    network = await start_network(tls=settings, handshake_timeout_s=0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", network.gateway.port.tls_port)
    async with asyncio.timeout(30):
        assert await reader.read() == b""
    writer.close()


async def test_handshakes_of_tls_count_within_the_limit_of_connections(
    start_network: StartNetwork, maker: Maker
) -> None:
    settings = {"port": 0, "ecdsa_certificate_file": maker.server()}
    network = await start_network(tls=settings, handshakes_max=3, handshake_timeout_s=60)
    port = network.gateway.port
    silent = [await asyncio.open_connection("127.0.0.1", port.tls_port) for _ in range(3)]
    await until(lambda: port._is_full(), "three stand at their handshake")
    with pytest.raises((ConnectionError, ssl.SSLError)):  # the fourth is not let begin
        await status(network, trusting(maker), "CS1", PASSWORD)
    for _, writer in silent:
        writer.close()
    await until(lambda: not port._is_full(), "they have gone")
    assert await status(network, trusting(maker), "CS1", PASSWORD) == 101


async def test_what_is_said_without_tls_to_the_tls_port_is_not_answered_as_http(
    start_network: StartNetwork, maker: Maker
) -> None:
    network = await start_network(tls={"port": 0, "ecdsa_certificate_file": maker.server()})
    station = await RawStation.dial(network.gateway.port.tls_port)
    network.stations.append(station)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await station.ask("/ocpp/CS1", password=PASSWORD)


async def test_unknown_stations_are_not_accepted_where_the_tls_port_is_open_to_the_world(
    start_network: StartNetwork, maker: Maker
) -> None:
    settings = {"port": 0, "host": "0.0.0.0", "ecdsa_certificate_file": maker.server()}
    with pytest.raises(StartUpError, match=r"let anybody in who reaches 0\.0\.0\.0"):
        await start_network(tls=settings, unknown_stations="accept")


async def test_handshakes_that_fail_are_one_line_for_many(
    start_network: StartNetwork, maker: Maker, caplog: pytest.LogCaptureFixture
) -> None:
    network = await start_network(tls={"port": 0, "ecdsa_certificate_file": maker.server()})
    for known in list(logging.getLogger("asyncio").filters):  # another test may have just said its line
        logging.getLogger("asyncio").removeFilter(known)
    tls.quieten()
    distrusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with structlog.testing.capture_logs() as logs:
        for _ in range(5):
            with pytest.raises(ssl.SSLError):
                await status(network, distrusting, "CS1")
        await until(lambda: [line for line in logs if line["event"] == "tls_handshakes.failed"], "a line")
        await asyncio.sleep(0.1)
    (line,) = [line for line in logs if line["event"] == "tls_handshakes.failed"]
    assert line["count"] == 1
    assert line["last_reason"].replace("_", "").isalnum()  # a word, no trace
    assert [record for record in caplog.records if "handshake" in record.getMessage()] == []


# ---- files that cannot be used


def test_a_certificate_without_its_key_is_one_clear_line(maker: Maker) -> None:
    certificate = maker.write("alone.pem", maker.certificate)
    other = maker.write("other.key", ec.generate_private_key(ec.SECP256R1()))
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    pairs = {
        "missing.pem": (KeyPair("missing.pem"), "No such file"),
        "alone.pem": (KeyPair(certificate), "not PEM"),
        "other.key": (KeyPair(certificate, other), "the key is not that of the certificate"),
        "weak.pem": (KeyPair(maker.server("weak.pem", weak)), "key is too short"),
    }
    for name, (pair, why) in pairs.items():
        with pytest.raises(StartUpError, match=why) as refused:
            tls.load_pairs(tls.context_of(TlsSettings()), [pair])
        assert name in str(refused.value)
        assert "\n" not in str(refused.value)


def test_a_key_alone_and_a_broken_revocation_list_are_refused(maker: Maker) -> None:
    with pytest.raises(StartUpError, match="set both, or neither"):
        tls.check(TlsSettings(rsa_key_file="server.key"))
    with pytest.raises(StartUpError, match="is no revocation list"):
        tls.check(TlsSettings(client_revocation_file=maker.file))


# ---- who a certificate is


def test_a_certificate_names_one_station_of_one_operator() -> None:
    station = Neighbours().station("CS1", secret=b"x", profile=3)
    trust = Trust(frozenset({"ab"}))
    good = PeerCertificate("cs1", ("default",), "cd")
    assert trust.certifies(good, station)
    for other in (
        None,
        good._replace(common_name="CS2"),
        good._replace(organizations=()),
        good._replace(organizations=("other",)),
        good._replace(organizations=("default", "other")),
        good._replace(serial_number="ab"),
    ):
        assert not trust.certifies(other, station)


def test_a_certificate_with_two_names_is_nobodys() -> None:
    name = (("commonName", "CS1"),)
    assert read_certificate({"subject": (name,), "serialNumber": "00AB"}) == PeerCertificate("CS1", (), "ab")
    assert read_certificate({"subject": (name, (("commonName", "CS2"),)), "serialNumber": "AB"}) is None
    assert read_certificate({}) is None
    assert Peer().certificate is None
