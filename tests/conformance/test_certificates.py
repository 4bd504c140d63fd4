"""Certification cases of certificates: 1.6 TC_074 to TC_076; 2.0.1 A_11 to A_14 and block M; 2.1 M_100, M_101."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from voltway.modules.security.pki.ocsp import issuer_hashes

from .conftest import StartPlatform  # noqa: TID252  (tests are not installed)
from .security_network import Platform, connected, request_for, state_of  # noqa: TID252

HASHES = {"hashAlgorithm": "SHA256", "issuerNameHash": "ab" * 32, "issuerKeyHash": "cd" * 32, "serialNumber": "0a1b"}
NAMED = {
    "hash_algorithm": "SHA256",
    "issuer_name_hash": "ab" * 32,
    "issuer_key_hash": "cd" * 32,
    "serial_number": "0a1b",
}


# ---- certificates of stations


async def test_tc_074_update_charge_point_certificate_by_request(platform: Platform) -> None:
    record, station = await connected(platform, "ocpp1.6")
    ordered = await platform.order(record, type="sign_certificate_now")
    assert ordered["state"] == "accepted"
    assert await station.told("ExtendedTriggerMessage") == {"requestedMessage": "SignChargePointCertificate"}
    await platform.certified(station, "CS1")
    assert "certificateType" not in await station.told("CertificateSigned")
    shown = await state_of(platform, record, "accepted")
    assert (shown["kind"], shown["common_name"], shown["authority"]) == ("charging_station", "CS1", "csms")


async def test_tc_a_11_update_charging_station_certificate_by_request(platform: Platform) -> None:
    await renew(platform, "ChargingStationCertificate", "charging_station", "csms", "SignChargingStationCertificate")


async def test_tc_a_12_update_v2g_certificate_by_request(platform: Platform) -> None:
    await renew(platform, "V2GCertificate", "v2g", "v2g", "SignV2GCertificate")


async def test_tc_a_13_update_combined_certificate_by_request(platform: Platform) -> None:
    await renew(platform, None, "combined", "csms", "SignCombinedCertificate")


async def renew(platform: Platform, wire: str | None, kind: str, authority: str, trigger: str) -> None:
    """A station of 2.0.1 is told to ask for a certificate of this kind, asks, and gets it."""
    record, station = await connected(platform, "ocpp2.0.1")
    assert (await platform.order(record, type="sign_certificate_now", kind=kind))["state"] == "accepted"
    assert await station.told("TriggerMessage") == {"requestedMessage": trigger}
    await platform.certified(station, "CS1", **({} if wire is None else {"certificateType": wire}))
    told = await station.told("CertificateSigned")
    assert told.get("certificateType") == wire  # A02.FR.14
    chain = x509.load_pem_x509_certificates(told["certificateChain"].encode())
    chain[0].verify_directly_issued_by(chain[1])
    shown = await state_of(platform, record, "accepted")
    assert (shown["kind"], shown["authority"]) == (kind, authority)


async def test_tc_a_14_update_certificate_the_station_refuses_it(platform: Platform) -> None:
    record, station = await connected(platform, "ocpp2.0.1")
    station.answers["CertificateSigned"] = {"status": "Rejected"}
    await platform.certified(station, "CS1", certificateType="ChargingStationCertificate")
    await state_of(platform, record, "rejected")
    await station.call(
        "SecurityEventNotification",
        {"type": "InvalidChargingStationCertificate", "timestamp": "2026-03-01T12:00:00Z"},
    )
    (event,) = await platform.items("/security-events", station_id=record["id"])
    assert (event["type"], event["severity"]) == ("InvalidChargingStationCertificate", "critical")


@pytest.mark.parametrize(
    "csr",
    [
        "-----BEGIN CERTIFICATE REQUEST-----\nnonsense\n-----END CERTIFICATE REQUEST-----\n",
        request_for(ec.generate_private_key(ec.SECP192R1()), "CS1"),
        request_for(ec.generate_private_key(ec.SECP256R1()), "CS2"),
    ],
    ids=["unreadable", "weak key", "another station's name"],
)
async def test_a_request_that_must_not_be_signed_is_rejected_and_shown(platform: Platform, csr: str) -> None:
    record, station = await connected(platform, "ocpp2.0.1")
    answer = await station.call("SignCertificate", {"csr": csr, "certificateType": "ChargingStationCertificate"})
    assert answer == {"status": "Rejected"}
    (shown,) = await platform.items("/certificates", station_id=record["id"])
    assert (shown["state"], shown["certificate"]) == ("refused", None)
    assert shown["reason"]


async def test_2_1_gets_the_number_of_its_request_back(platform: Platform) -> None:
    _, station = await connected(platform, "ocpp2.1")
    await platform.certified(station, "CS1", certificateType="V2G20Certificate", requestId=77)
    told = await station.told("CertificateSigned")
    assert (told["certificateType"], told["requestId"]) == ("V2G20Certificate", 77)


# ---- certificates that stations trust


async def test_tc_075_1_install_manufacturer_root_certificate(platform: Platform) -> None:
    await install(platform, "ocpp1.6", "manufacturer_root", "ManufacturerRootCertificate")


async def test_tc_075_2_install_central_system_root_certificate(platform: Platform) -> None:
    await install(platform, "ocpp1.6", "csms_root", "CentralSystemRootCertificate")


@pytest.mark.parametrize(
    ("protocol", "kind", "wire"),
    [
        pytest.param("ocpp2.0.1", "csms_root", "CSMSRootCertificate", id="tc_m_01"),
        pytest.param("ocpp2.0.1", "manufacturer_root", "ManufacturerRootCertificate", id="tc_m_02"),
        pytest.param("ocpp2.0.1", "v2g_root", "V2GRootCertificate", id="tc_m_03"),
        pytest.param("ocpp2.0.1", "mo_root", "MORootCertificate", id="tc_m_04"),
        pytest.param("ocpp2.1", "oem_root", "OEMRootCertificate", id="tc_m_101"),
    ],
)
async def test_install_certificate(platform: Platform, protocol: str, kind: str, wire: str) -> None:
    await install(platform, protocol, kind, wire)


async def install(platform: Platform, protocol: str, kind: str, wire: str) -> None:
    """A root is given to a station, which takes it."""
    record, station = await connected(platform, protocol)
    (ours, *_) = (await platform.client.get("/certificate-authorities")).json()["items"]
    given = {"certificate": ours["root_certificate"]}
    ended = await platform.order(record, type="install_certificate", kind=kind, **given)
    assert (ended["state"], ended["effect"]) == ("accepted", "done")
    told = await station.told("InstallCertificate")
    assert told == {"certificateType": wire, "certificate": ours["root_certificate"]}


async def test_our_own_root_is_installed_where_none_is_given(platform: Platform) -> None:
    record, station = await connected(platform, "ocpp2.0.1")
    await platform.order(record, type="install_certificate", kind="csms_root")
    (ours, *_) = (await platform.client.get("/certificate-authorities")).json()["items"]
    assert (await station.told("InstallCertificate"))["certificate"] == ours["root_certificate"]
    refused = await platform.order(record, type="install_certificate", kind="manufacturer_root")
    assert (refused["status_code"], refused["type"]) == (409, "/problems/authority-not-found")


async def test_tc_m_05_install_certificate_failed(platform: Platform) -> None:
    record, station = await connected(platform, "ocpp2.0.1")
    station.answers["InstallCertificate"] = {"status": "Failed"}
    ended = await platform.order(record, type="install_certificate", kind="csms_root")
    assert (ended["state"], ended["wire_status"]) == ("rejected", "Failed")


@pytest.mark.parametrize(
    ("kinds", "wire"),
    [
        pytest.param(["csms_root"], ["CSMSRootCertificate"], id="tc_m_12"),
        pytest.param(["manufacturer_root"], ["ManufacturerRootCertificate"], id="tc_m_13"),
        pytest.param(["v2g_root"], ["V2GRootCertificate"], id="tc_m_14"),
        pytest.param(["v2g_chain"], ["V2GCertificateChain"], id="tc_m_15"),
        pytest.param(["mo_root"], ["MORootCertificate"], id="tc_m_16"),
        pytest.param(
            ["csms_root", "manufacturer_root"], ["CSMSRootCertificate", "ManufacturerRootCertificate"], id="tc_m_17"
        ),
        pytest.param([], None, id="tc_m_18"),
    ],
)
async def test_retrieve_certificates(platform: Platform, kinds: list[str], wire: list[str] | None) -> None:
    record, station = await connected(platform, "ocpp2.0.1")
    child = {**HASHES, "serialNumber": "0c"}
    station.answers["GetInstalledCertificateIds"] = {
        "status": "Accepted",
        "certificateHashDataChain": [
            {
                "certificateType": (wire or ["V2GCertificateChain"])[0],
                "certificateHashData": HASHES,
                "childCertificateHashData": [child],
            }
        ],
    }
    ended = await platform.order(record, type="get_installed_certificate_ids", kinds=kinds)
    assert (ended["state"], ended["wire_status"]) == ("accepted", "Accepted")
    assert (await station.told("GetInstalledCertificateIds")).get("certificateType") == wire
    assert ended["result"] == [
        {"kind": (kinds or ["v2g_chain"])[0], **NAMED, "children": [{**NAMED, "serial_number": "0c"}]}
    ]


async def test_tc_m_19_retrieve_certificates_none_found(platform: Platform) -> None:
    record, station = await connected(platform, "ocpp2.0.1")
    station.answers["GetInstalledCertificateIds"] = {"status": "NotFound"}
    ended = await platform.order(record, type="get_installed_certificate_ids", kinds=["mo_root"])
    assert (ended["state"], ended["wire_status"], ended["result"]) == ("accepted", "NotFound", [])


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"], ids=["tc_076", "tc_m_20", "2.1"])
async def test_tc_076_tc_m_20_delete_certificate(platform: Platform, protocol: str) -> None:
    record, station = await connected(platform, protocol)
    ended = await platform.order(record, type="delete_certificate", **NAMED)
    assert (ended["state"], ended["effect"]) == ("accepted", "done")
    assert await station.told("DeleteCertificate") == {"certificateHashData": HASHES}


@pytest.mark.parametrize("status", ["Failed", "NotFound"])
async def test_tc_m_21_delete_certificate_failed(platform: Platform, status: str) -> None:
    record, station = await connected(platform, "ocpp2.0.1")
    station.answers["DeleteCertificate"] = {"status": status}
    ended = await platform.order(record, type="delete_certificate", **NAMED)
    assert (ended["state"], ended["wire_status"]) == ("rejected", status)


async def test_the_last_root_by_which_a_station_knows_us_is_not_deleted(platform: Platform) -> None:
    record, station = await connected(platform, "ocpp2.0.1")
    listed = [{"certificateType": "CSMSRootCertificate", "certificateHashData": HASHES}]
    station.answers["GetInstalledCertificateIds"] = {"status": "Accepted", "certificateHashDataChain": listed}
    await platform.order(record, type="get_installed_certificate_ids")
    refused = await platform.order(record, type="delete_certificate", **NAMED)
    assert refused["status_code"] == 409
    assert "DeleteCertificate" not in [action for action, _ in station.orders]


# ---- the status of certificates, and contract certificates


async def test_tc_m_24_get_certificate_status(platform: Platform) -> None:
    record, station = await connected(platform, "ocpp2.0.1")
    await platform.certified(station, "CS1", certificateType="V2GCertificate")
    chain = x509.load_pem_x509_certificates((await station.told("CertificateSigned"))["certificateChain"].encode())
    name, key = issuer_hashes(chain[1], hashes.SHA256())
    asked = {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": name,
        "issuerKeyHash": key,
        "serialNumber": f"{chain[0].serial_number:x}",
        "responderURL": "http://localhost/ocsp",
    }
    answer = await station.call("GetCertificateStatus", {"ocspRequestData": asked})
    assert answer["status"] == "Accepted"
    assert ocsp_status(answer["ocspResult"]) is ocsp.OCSPCertStatus.GOOD
    (shown,) = await platform.items("/certificates", station_id=record["id"])
    await platform.client.post(f"/certificates/{shown['id']}/revocation")
    answer = await station.call("GetCertificateStatus", {"ocspRequestData": asked})
    assert ocsp_status(answer["ocspResult"]) is ocsp.OCSPCertStatus.REVOKED


async def test_the_status_of_a_chain_is_told_for_each_certificate_of_it(platform: Platform) -> None:
    """2.1, M07: good, revoked, unknown to its authority, and one whose responder we may not ask."""
    record, station = await connected(platform, "ocpp2.1")
    named = []
    for count in (1, 2):
        csr = request_for(ec.generate_private_key(ec.SECP256R1()), "CS1")
        await station.call("SignCertificate", {"csr": csr, "certificateType": "V2GCertificate"})

        async def signed(count: int = count) -> list[str]:
            told = [told["certificateChain"] for action, told in station.orders if action == "CertificateSigned"]
            return told if len(told) == count else []

        texts = await platform.eventually(signed, "a signed certificate")
        chain = x509.load_pem_x509_certificates(texts[-1].encode())
        name, key = issuer_hashes(chain[1], hashes.SHA256())
        certificate = {"hashAlgorithm": "SHA256", "issuerNameHash": name, "issuerKeyHash": key}
        named.append({**certificate, "serialNumber": f"{chain[0].serial_number:x}"})
    # The newest stands first: the one that was made last.
    (newest, _) = await platform.items("/certificates", station_id=record["id"])
    await platform.client.post(f"/certificates/{newest['id']}/revocation")
    named += [{**named[0], "serialNumber": "7f"}, HASHES]
    asked = [{"certificateHashData": one, "source": "OCSP", "urls": ["http://127.0.0.1:9/ocsp"]} for one in named]
    answer = await station.call("GetCertificateChainStatus", {"certificateStatusRequests": asked})
    told = answer["certificateStatus"]
    assert [one["certificateHashData"] for one in told] == named
    assert [one["status"] for one in told] == ["Good", "Revoked", "Unknown", "Failed"]
    assert {one["source"] for one in told} == {"OCSP"}
    assert all(one["nextUpdate"].endswith("Z") for one in told)


def ocsp_status(text: str) -> ocsp.OCSPCertStatus:
    return ocsp.load_der_ocsp_response(base64.b64decode(text)).certificate_status


@pytest.mark.parametrize("hosts", [[], ["127.0.0.1"]], ids=["host not named", "host named and its network not allowed"])
async def test_a_station_cannot_have_us_ask_an_address_that_nobody_allowed(
    start_platform: StartPlatform, hosts: list[str]
) -> None:
    platform = await start_platform(security={"ocsp_hosts": hosts})
    _, station = await connected(platform, "ocpp2.0.1")
    asked: list[bytes] = []
    server = await asyncio.start_server(lambda reader, writer: asked.append(b"") or writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        data = {**HASHES, "responderURL": f"http://127.0.0.1:{port}/ocsp"}
        assert await station.call("GetCertificateStatus", {"ocspRequestData": data}) == {"status": "Failed"}
    assert asked == []


ISO_2, ISO_20 = "urn:iso:15118:2:2013:MsgDef", "urn:iso:std:iso:15118:-20:CommonMessages"
EMAIDS = ["DEVWYC00000007A", "DEVWYC00000008B"]


@pytest.mark.parametrize(
    ("protocol", "request_", "emaid", "more"),
    [
        pytest.param(
            "ocpp2.0.1", {"iso15118SchemaVersion": ISO_2, "action": "Install"}, "DEVWYC00000001X", {}, id="tc_m_26"
        ),
        pytest.param(
            "ocpp2.0.1", {"iso15118SchemaVersion": ISO_2, "action": "Update"}, "DEVWYC00000001X", {}, id="tc_m_28"
        ),
        pytest.param(
            "ocpp2.1",
            {
                "iso15118SchemaVersion": ISO_20,
                "action": "Install",
                "maximumContractCertificateChains": 2,
                "prioritizedEMAIDs": EMAIDS,
            },
            EMAIDS[0],
            {"remainingContracts": 1},
            id="tc_m_100",
        ),
    ],
)
async def test_a_car_gets_a_contract_certificate_of_the_provider(
    start_platform: StartPlatform, protocol: str, request_: dict[str, Any], emaid: str, more: dict[str, Any]
) -> None:
    """The local provider's answer is a real chain, in PEM where a pool's would be EXI."""
    platform = await start_platform(security={"contract_provider": "local"})
    _, station = await connected(platform, protocol)
    answer = await station.call("Get15118EVCertificate", {**request_, "exiRequest": "gJgC"})
    text = base64.b64decode(answer.pop("exiResponse"))
    assert answer == {"status": "Accepted", **more}
    leaf, *authorities = x509.load_pem_x509_certificates(text)
    leaf.verify_directly_issued_by(authorities[0])
    assert [name.value for name in leaf.subject] == [emaid]
    shown = (await platform.client.get("/certificate-authorities")).json()["items"]
    roots = {one["name"]: x509.load_pem_x509_certificate(one["root_certificate"].encode()) for one in shown}
    authorities[-1].verify_directly_issued_by(roots["mo"])


async def test_without_a_provider_a_car_is_told_that_it_failed(platform: Platform) -> None:
    _, station = await connected(platform, "ocpp2.0.1")
    request = {"iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef", "action": "Install", "exiRequest": "gJgC"}
    assert await station.call("Get15118EVCertificate", request) == {"status": "Failed", "exiResponse": ""}
