"""Certification cases of the security block: 1.6 TC_073 to TC_088, 2.0.1 and 2.1 blocks A, B (network profile) and M."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from voltway.modules.security.pki.ocsp import issuer_hashes

from .conftest import StartPlatform  # noqa: TID252  (tests are not installed)
from .security_network import Platform, Station, request_for  # noqa: TID252

PASSWORD = "sixteen-letters!"
HASHES = {"hashAlgorithm": "SHA256", "issuerNameHash": "ab" * 32, "issuerKeyHash": "cd" * 32, "serialNumber": "0a1b"}
NAMED = {
    "hash_algorithm": "SHA256",
    "issuer_name_hash": "ab" * 32,
    "issuer_key_hash": "cd" * 32,
    "serial_number": "0a1b",
}
CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
)


async def connected(platform: Platform, protocol: str, **fields: Any) -> tuple[dict[str, Any], Station]:
    """A station with a password, online without TLS."""
    record = await platform.register("CS1", password=PASSWORD, **fields)
    return record, await platform.connect("CS1", protocol=protocol, password=PASSWORD)


async def state_of(platform: Platform, record: dict[str, Any], wanted: str) -> dict[str, Any]:
    """The station's newest certificate, once it is so."""

    async def ask() -> dict[str, Any] | None:
        items = await platform.items("/certificates", station_id=record["id"])
        return items[0] if items and items[0]["state"] == wanted else None

    return dict(await platform.eventually(ask, f"certificate {wanted}"))


async def settled(platform: Platform, record: dict[str, Any]) -> None:
    """Until the platform knows that the station has its new password."""

    async def ask() -> bool:
        is_known = not platform.known("CS1").candidate_hashes
        return is_known and (await platform.read(record))["is_password_changing"] is False

    await platform.eventually(ask, "the new password is the password")


# ---- passwords


async def test_tc_073_update_charge_point_password(platform: Platform) -> None:
    record, station = await connected(platform, "ocpp1.6")
    ended = await platform.order(record, type="rotate_password")
    assert (ended["state"], ended["arguments"]) == ("accepted", {})
    told = await station.told("ChangeConfiguration")
    assert told["key"] == "AuthorizationKey"
    assert len(bytes.fromhex(told["value"])) == 20  # white paper: at most 40 hexadecimal digits

    again = await platform.connect("CS1", protocol="ocpp1.6", password=bytes.fromhex(told["value"]))
    await asyncio.wait_for(station.is_gone.wait(), 5)
    await settled(platform, record)
    assert await platform.status_of("CS1", protocol="ocpp1.6", password=PASSWORD) == 401
    assert not again.is_gone.is_set()


@pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp2.1"])
async def test_tc_a_09_update_password_accepted(platform: Platform, protocol: str) -> None:
    record, station = await connected(platform, protocol)
    assert (await platform.order(record, type="rotate_password"))["state"] == "accepted"
    (told,) = (await station.told("SetVariables"))["setVariableData"]
    assert (told["component"]["name"], told["variable"]["name"]) == ("SecurityCtrlr", "BasicAuthPassword")
    assert 16 <= len(told["attributeValue"]) <= 40
    assert (await platform.read(record))["is_password_changing"] is True
    await platform.connect("CS1", protocol=protocol, password=told["attributeValue"])
    await settled(platform, record)
    assert await platform.status_of("CS1", password=PASSWORD) == 401


async def test_tc_a_10_update_password_rejected(platform: Platform) -> None:
    record, station = await connected(platform, "ocpp2.0.1")
    station.answers["SetVariables"] = lambda payload: {
        "setVariableResult": [
            {"attributeStatus": "Rejected", "component": one["component"], "variable": one["variable"]}
            for one in payload["setVariableData"]
        ]
    }
    assert (await platform.order(record, type="rotate_password"))["state"] == "rejected"
    (told,) = (await station.told("SetVariables"))["setVariableData"]

    async def is_refused() -> bool:  # the gateway hears of it a moment later
        return await platform.status_of("CS1", password=told["attributeValue"]) == 401

    await platform.eventually(is_refused, "the refused password is none")
    assert await platform.status_of("CS1", password=PASSWORD) == 101


@pytest.mark.parametrize("has_taken_it", [True, False])
async def test_a_password_whose_answer_was_lost_locks_nobody_out(platform: Platform, has_taken_it: bool) -> None:
    record, station = await connected(platform, "ocpp2.0.1")
    station.silent.add("SetVariables")
    order = asyncio.create_task(platform.order(record, type="rotate_password"))
    (told,) = (await station.told("SetVariables"))["setVariableData"]
    await station.hang_up()
    assert (await order)["state"] == "timed_out"
    new = told["attributeValue"]
    await platform.connect("CS1", password=new if has_taken_it else PASSWORD)
    if has_taken_it:
        await settled(platform, record)
        assert await platform.status_of("CS1", password=PASSWORD) == 401
    assert await platform.status_of("CS1", password=new) == 101  # also where nobody knows yet which it has


async def test_a_new_password_stands_in_no_log_and_no_answer(
    platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    record, station = await connected(platform, "ocpp1.6")
    await platform.order(record, type="rotate_password")
    new = (await station.told("ChangeConfiguration"))["value"]
    await platform.connect("CS1", protocol="ocpp1.6", password=new)
    await asyncio.sleep(0.5)
    shown = [
        (await platform.client.get(path)).text
        for path in (
            f"/charging-stations/{record['id']}",
            f"/charging-stations/{record['id']}/commands",
            f"/charging-stations/{record['id']}/messages",
            f"/charging-stations/{record['id']}/variables",
        )
    ]
    assert "AuthorizationKey" in shown[2]
    printed = capsys.readouterr()
    assert not [text for text in (*shown, printed.out, printed.err) if new in text]


async def test_a_password_cannot_be_set_behind_our_back(platform: Platform) -> None:
    record, station = await connected(platform, "ocpp1.6")
    variables = [{"key": "AuthorizationKey", "value": "a-password-of-my-own"}]
    refused = await platform.order(record, type="set_variables", variables=variables)
    assert (refused["status_code"], refused["type"]) == (409, "/problems/secret-not-settable")
    assert "ChangeConfiguration" not in [action for action, _ in station.orders]


# ---- Basic authentication


async def test_tc_085_basic_authentication_valid(platform: Platform) -> None:
    record, _ = await connected(platform, "ocpp1.6")
    assert (await platform.read(record))["is_online"] is True


async def test_tc_a_01_basic_authentication_valid(platform: Platform) -> None:
    record, _ = await connected(platform, "ocpp2.0.1")
    shown = await platform.read(record)
    assert (shown["is_online"], shown["protocol"], shown["security_profile"]) == (True, "ocpp2.0.1", 1)


async def test_tc_a_02_basic_authentication_wrong_username(platform: Platform) -> None:
    await platform.register("CS1", password=PASSWORD)
    assert await platform.status_of("CS1", user="CS2", password=PASSWORD) == 401


async def test_tc_a_03_basic_authentication_wrong_password(platform: Platform) -> None:
    await platform.register("CS1", password=PASSWORD)
    _, wrong = await platform.ask("CS1", password="another-password")
    _, unknown = await platform.ask("CS9", password=PASSWORD)
    assert wrong.status == 401
    assert wrong.raw == unknown.raw


async def test_tc_088_websocket_subprotocol_negotiation(platform: Platform) -> None:
    await platform.register("CS1", password=PASSWORD)
    _, response = await platform.ask("CS1", protocol="ocpp1.5, ocpp1.6", password=PASSWORD)
    assert (response.status, response.headers["sec-websocket-protocol"]) == (101, "ocpp1.6")
    raw, response = await platform.ask("CS1", protocol="ocpp1.5", password=PASSWORD)
    assert "sec-websocket-protocol" not in response.headers
    assert await raw.closed() == 1002


# ---- TLS


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
async def test_tc_086_tls_server_certificate_valid(platform: Platform, protocol: str) -> None:
    record = await platform.register("CS1", security_profile=2, password=PASSWORD)
    await platform.connect("CS1", tls=await platform.trusting(), protocol=protocol, password=PASSWORD)
    shown = await platform.read(record)
    assert (shown["is_online"], shown["protocol"], shown["security_profile"]) == (True, protocol, 2)


@pytest.mark.parametrize("cipher", CIPHERS)
async def test_tc_a_04_tls_server_certificate_with_each_mandatory_suite(platform: Platform, cipher: str) -> None:
    await platform.register("CS1", security_profile=2, password=PASSWORD)
    context = await platform.trusting(cipher=cipher)
    raw, response = await platform.ask("CS1", tls=context, password=PASSWORD)
    tls: ssl.SSLObject = raw.writer.get_extra_info("ssl_object")
    assert (response.status, tls.version()) == (101, "TLSv1.2")
    assert tls.cipher() is not None
    assert tls.cipher()[0] == cipher  # type: ignore[index]
    assert tls.compression() is None  # A00.FR.321


async def test_tls_1_3_is_spoken(platform: Platform) -> None:
    await platform.register("CS1", security_profile=2, password=PASSWORD)
    context = await platform.trusting(version=ssl.TLSVersion.TLSv1_3)
    assert await platform.status_of("CS1", tls=context, password=PASSWORD) == 101


async def test_tc_a_06_tls_version_too_low(platform: Platform) -> None:
    await platform.register("CS1", security_profile=2, password=PASSWORD)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context = await platform.trusting(version=ssl.TLSVersion.TLSv1_1)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await platform.ask("CS1", tls=context, password=PASSWORD)


async def test_a_strict_port_speaks_no_suite_without_forward_secrecy(start_platform: StartPlatform) -> None:
    platform = await start_platform(tls={"mode": "strict"})
    await platform.register("CS1", security_profile=2, password=PASSWORD)
    assert await platform.status_of("CS1", tls=await platform.trusting(cipher=CIPHERS[0]), password=PASSWORD) == 101
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await platform.ask("CS1", tls=await platform.trusting(cipher=CIPHERS[2]), password=PASSWORD)


async def test_a_station_comes_over_the_transport_of_its_profile_or_a_better_one(platform: Platform) -> None:
    tls = await platform.trusting()
    await platform.register("CS1", security_profile=1, password=PASSWORD)
    await platform.register("CS2", security_profile=2, password=PASSWORD)
    await platform.register("CS3", security_profile=3)
    assert await platform.status_of("CS1", tls=tls, password=PASSWORD) == 101
    _, without_tls = await platform.ask("CS2", password=PASSWORD)
    _, without_certificate = await platform.ask("CS3", tls=tls, password=PASSWORD)
    _, wrong_password = await platform.ask("CS2", tls=tls, password="another-password")
    _, unknown = await platform.ask("CS9", tls=tls, password=PASSWORD)
    assert without_tls.status == 401
    assert len({each.raw for each in (without_tls, without_certificate, wrong_password, unknown)}) == 1


async def certified(platform: Platform, protocol: str = "ocpp2.0.1") -> tuple[dict[str, Any], ssl.SSLContext]:
    """A station of profile 3, and its side of TLS with the certificate that it has asked for."""
    record, station = await connected(platform, protocol)
    context = await platform.certified(station, "CS1")
    await state_of(platform, record, "accepted")
    await station.hang_up()
    answer = await platform.client.patch(f"/charging-stations/{record['id']}", json={"security_profile": 3})
    assert answer.status_code == 200, answer.text
    return record, context


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
async def test_tc_087_tls_client_certificate_valid(platform: Platform, protocol: str) -> None:
    record, context = await certified(platform, protocol)
    await platform.connect("CS1", tls=context, protocol=protocol)
    shown = await platform.read(record)
    assert (shown["is_online"], shown["security_profile"]) == (True, 3)


async def test_tc_a_07_tls_client_certificate_valid_over_each_mandatory_suite(platform: Platform) -> None:
    await certified(platform)
    for cipher in CIPHERS:
        context = await platform.trusting(cipher=cipher, chain=str(platform.folder / "CS1.pem"))
        assert await platform.status_of("CS1", tls=context) == 101


async def test_tc_a_08_tls_client_certificate_of_a_foreign_authority(
    platform: Platform, start_platform: StartPlatform
) -> None:
    await certified(platform)
    stranger = await start_platform(security={"pki_dir": str(platform.folder / "foreign")})
    other = await stranger.register("OTHER", password=PASSWORD)
    station = await stranger.connect("OTHER", password=PASSWORD)
    await stranger.certified(station, "OTHER")
    await state_of(stranger, other, "accepted")
    foreign = await platform.trusting(chain=str(stranger.folder / "OTHER.pem"))
    with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
        await platform.ask("CS1", tls=foreign)


async def test_tc_a_08_tls_client_certificate_of_another_station(platform: Platform) -> None:
    _, context = await certified(platform)
    await platform.register("CS2", security_profile=3)
    _, refused = await platform.ask("CS2", tls=context)
    assert refused.status == 401


async def test_a_revoked_certificate_cuts_its_station_off_and_lets_it_in_no_more(platform: Platform) -> None:
    record, context = await certified(platform)
    station = await platform.connect("CS1", tls=context)
    (certificate,) = await platform.items("/certificates", station_id=record["id"])
    revoked = await platform.client.post(f"/certificates/{certificate['id']}/revocation")
    assert revoked.json()["state"] == "revoked"
    await asyncio.wait_for(station.is_gone.wait(), 5)
    assert station.closed_with == 1008
    assert await platform.status_of("CS1", tls=context) == 401


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


@pytest.mark.parametrize(
    ("wire", "kind", "authority", "trigger"),
    [
        ("ChargingStationCertificate", "charging_station", "csms", "SignChargingStationCertificate"),
        ("V2GCertificate", "v2g", "v2g", "SignV2GCertificate"),
        (None, "combined", "csms", "SignCombinedCertificate"),
    ],
    ids=["tc_a_11_charging_station", "tc_a_12_v2g", "tc_a_13_combined"],
)
async def test_tc_a_11_12_13_update_certificate_by_request(
    platform: Platform, wire: str | None, kind: str, authority: str, trigger: str
) -> None:
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


# ---- security events


@pytest.mark.parametrize(
    ("protocol", "word"),
    [("ocpp1.6", "InvalidChargePointCertificate"), ("ocpp2.0.1", "InvalidChargingStationCertificate")],
)
async def test_tc_077_invalid_certificate_security_event(platform: Platform, protocol: str, word: str) -> None:
    record, station = await connected(platform, protocol)
    said = {"type": word, "timestamp": "2026-03-01T12:00:00Z", "techInfo": "signature"}
    for _ in range(2):  # said again, since the answer was lost
        assert await station.call_as("same", "SecurityEventNotification", said) == {}
    (event,) = await platform.items("/security-events", station_id=record["id"], severity="critical")
    assert (event["type"], event["tech_info"], event["occurred_at"]) == (word, "signature", "2026-03-01T12:00:00.000Z")


async def test_tc_078_invalid_central_system_certificate_security_event(platform: Platform) -> None:
    record, station = await connected(platform, "ocpp1.6")
    said = {"type": "InvalidCentralSystemCertificate", "timestamp": "2026-03-01T12:00:00Z"}
    assert await station.call("SecurityEventNotification", said) == {}
    assert [each["severity"] for each in await platform.items("/security-events", type=said["type"])] == ["critical"]
    other = {"type": "SomethingOfTheVendor", "timestamp": "2026-03-01T12:00:00Z"}
    assert await station.call("SecurityEventNotification", other) == {}
    assert len(await platform.items("/security-events", station_id=record["id"])) == 2


# ---- security profiles and network profiles


async def test_tc_083_upgrade_security_profile_accepted(platform: Platform) -> None:
    record, station = await connected(platform, "ocpp1.6")
    assert (await platform.order(record, type="set_security_profile", security_profile=2))["state"] == "accepted"
    assert await station.told("ChangeConfiguration") == {"key": "SecurityProfile", "value": "2"}
    assert (await platform.read(record))["security_profile"] == 1  # not yet: it has not come with it
    again = await platform.connect("CS1", tls=await platform.trusting(), protocol="ocpp1.6", password=PASSWORD)

    async def is_raised() -> bool:
        is_known = platform.known("CS1").security_profile == 2
        return is_known and bool((await platform.read(record))["security_profile"] == 2)

    await platform.eventually(is_raised, "profile 2")
    assert await platform.status_of("CS1", protocol="ocpp1.6", password=PASSWORD) == 401  # A05.FR.07
    assert not again.is_gone.is_set()
    refused = await platform.order(record, type="set_security_profile", security_profile=1)
    assert (refused["status_code"], refused["type"]) == (409, "/problems/profile-not-possible")


async def test_tc_a_19_upgrade_security_profile_accepted(platform: Platform) -> None:
    record, station = await connected(platform, "ocpp2.0.1")
    ended = await platform.order(record, type="set_security_profile", security_profile=2, configuration_slot=2)
    assert ended["state"] == "accepted"
    told = await station.told("SetNetworkProfile")
    assert told["configurationSlot"] == 2
    assert told["connectionData"]["securityProfile"] == 2
    assert told["connectionData"]["ocppCsmsUrl"] == "wss://localhost:9443/ocpp"
    (priority,) = (await station.told("SetVariables"))["setVariableData"]
    assert (priority["variable"]["name"], priority["attributeValue"]) == ("NetworkConfigurationPriority", "2")
    assert await station.told("Reset") == {"type": "OnIdle"}
    await platform.connect("CS1", tls=await platform.trusting(), password=PASSWORD)

    async def is_raised() -> bool:
        is_known = platform.known("CS1").security_profile == 2
        return is_known and bool((await platform.read(record))["security_profile"] == 2)

    await platform.eventually(is_raised, "profile 2")
    assert await platform.status_of("CS1", password=PASSWORD) == 401


async def test_an_upgrade_that_the_station_refuses_changes_nothing(platform: Platform) -> None:
    record, station = await connected(platform, "ocpp2.0.1")
    station.answers["SetNetworkProfile"] = {"status": "Rejected"}
    assert (await platform.order(record, type="set_security_profile", security_profile=2))["state"] == "rejected"
    assert [action for action, _ in station.orders if action == "Reset"] == []
    await platform.connect("CS1", tls=await platform.trusting(), password=PASSWORD)
    assert (await platform.read(record))["security_profile"] == 1


async def test_tc_b_42_set_network_profile_accepted(platform: Platform) -> None:
    record, station = await connected(platform, "ocpp2.0.1")
    order = {
        "type": "set_network_profile",
        "configuration_slot": 1,
        "security_profile": 1,
        "url": "ws://csms.example/x",
    }
    assert (await platform.order(record, **order))["state"] == "accepted"
    assert await station.told("SetNetworkProfile") == {
        "configurationSlot": 1,
        "connectionData": {
            "ocppVersion": "OCPP20",
            "ocppTransport": "JSON",
            "ocppCsmsUrl": "ws://csms.example/x",
            "messageTimeout": 30,
            "securityProfile": 1,
            "ocppInterface": "Wired0",
        },
    }


@pytest.mark.parametrize(("status", "state"), [("Rejected", "rejected"), ("Failed", "rejected")])
async def test_tc_b_44_set_network_profile_failed(platform: Platform, status: str, state: str) -> None:
    record, station = await connected(platform, "ocpp2.0.1")
    station.answers["SetNetworkProfile"] = {"status": status}
    ended = await platform.order(record, type="set_network_profile", security_profile=2)
    assert (ended["state"], ended["wire_status"]) == (state, status)


async def test_a_network_profile_that_cannot_be_is_refused_before_it_is_sent(platform: Platform) -> None:
    record, station = await connected(platform, "ocpp2.0.1")
    order = {"type": "set_network_profile", "security_profile": 2, "url": "ws://csms.example/x"}
    refused = await platform.order(record, **order)
    assert (refused["status_code"], refused["errors"][0]["path"]) == (422, "$.url")
    assert "SetNetworkProfile" not in [action for action, _ in station.orders]


# ---- certificates that stations trust

ROOTS = [
    ("ocpp1.6", "manufacturer_root", "ManufacturerRootCertificate", "tc_075_1"),
    ("ocpp1.6", "csms_root", "CentralSystemRootCertificate", "tc_075_2"),
    ("ocpp2.0.1", "csms_root", "CSMSRootCertificate", "tc_m_01"),
    ("ocpp2.0.1", "manufacturer_root", "ManufacturerRootCertificate", "tc_m_02"),
    ("ocpp2.0.1", "v2g_root", "V2GRootCertificate", "tc_m_03"),
    ("ocpp2.0.1", "mo_root", "MORootCertificate", "tc_m_04"),
    ("ocpp2.1", "oem_root", "OEMRootCertificate", "tc_m_101"),
]


@pytest.mark.parametrize(("protocol", "kind", "wire"), [each[:3] for each in ROOTS], ids=[each[3] for each in ROOTS])
async def test_tc_075_tc_m_01_to_04_tc_m_101_install_certificate(
    platform: Platform, protocol: str, kind: str, wire: str
) -> None:
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


LISTS = [
    (["csms_root"], ["CSMSRootCertificate"], "tc_m_12"),
    (["manufacturer_root"], ["ManufacturerRootCertificate"], "tc_m_13"),
    (["v2g_root"], ["V2GRootCertificate"], "tc_m_14"),
    (["v2g_chain"], ["V2GCertificateChain"], "tc_m_15"),
    (["mo_root"], ["MORootCertificate"], "tc_m_16"),
    (["csms_root", "manufacturer_root"], ["CSMSRootCertificate", "ManufacturerRootCertificate"], "tc_m_17"),
    ([], None, "tc_m_18"),
]


@pytest.mark.parametrize(("kinds", "wire"), [each[:2] for each in LISTS], ids=[each[2] for each in LISTS])
async def test_tc_m_12_to_18_retrieve_certificates(
    platform: Platform, kinds: list[str], wire: list[str] | None
) -> None:
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


def ocsp_status(text: str) -> ocsp.OCSPCertStatus:
    import base64

    return ocsp.load_der_ocsp_response(base64.b64decode(text)).certificate_status


async def test_a_station_cannot_have_us_ask_an_address_that_nobody_allowed(platform: Platform) -> None:
    _, station = await connected(platform, "ocpp2.0.1")
    asked: list[bytes] = []
    server = await asyncio.start_server(lambda reader, writer: asked.append(b"") or writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        data = {**HASHES, "responderURL": f"http://127.0.0.1:{port}/ocsp"}
        assert await station.call("GetCertificateStatus", {"ocspRequestData": data}) == {"status": "Failed"}
    assert asked == []


@pytest.mark.parametrize(
    ("protocol", "action", "schema"),
    [
        ("ocpp2.0.1", "Install", "urn:iso:15118:2:2013:MsgDef"),
        ("ocpp2.0.1", "Update", "urn:iso:15118:2:2013:MsgDef"),
        ("ocpp2.1", "Install", "urn:iso:std:iso:15118:-20:CommonMessages"),
    ],
    ids=["tc_m_26", "tc_m_28", "tc_m_100"],
)
async def test_tc_m_26_tc_m_28_tc_m_100_certificate_for_a_car(
    start_platform: StartPlatform, protocol: str, action: str, schema: str
) -> None:
    platform = await start_platform(security={"contract_provider": "local"})
    _, station = await connected(platform, protocol)
    request = {"iso15118SchemaVersion": schema, "action": action, "exiRequest": "gJgC"}
    answer = await station.call("Get15118EVCertificate", request)
    assert answer["status"] == "Accepted"
    assert answer["exiResponse"]


async def test_without_a_provider_a_car_is_told_that_it_failed(platform: Platform) -> None:
    _, station = await connected(platform, "ocpp2.0.1")
    request = {"iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef", "action": "Install", "exiRequest": "gJgC"}
    assert await station.call("Get15118EVCertificate", request) == {"status": "Failed", "exiResponse": ""}
