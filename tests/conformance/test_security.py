"""Certification cases of security profiles: 1.6 TC_073, TC_077, TC_078, TC_083 to TC_088; 2.0.1 A_01 to A_10, A_19, B_42, B_44."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from typing import Any

import pytest

from .conftest import StartPlatform  # noqa: TID252  (tests are not installed)
from .security_network import PASSWORD, Platform, connected, state_of  # noqa: TID252

CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
)


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
    await asyncio.wait_for(station.is_gone.wait(), 30)
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
    await asyncio.wait_for(station.is_gone.wait(), 30)
    assert station.closed_with == 1008
    assert await platform.status_of("CS1", tls=context) == 401


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


@pytest.mark.parametrize(("allows", "status"), [(None, 409), ("false", 409), ("true", 200)])
async def test_a_station_goes_down_from_3_to_2_only_where_it_allows_it(
    platform: Platform, allows: str | None, status: int
) -> None:
    record, context = await certified(platform, "ocpp2.1")
    station = await platform.connect("CS1", tls=context, protocol="ocpp2.1")
    if allows is not None:
        variable = {
            "component": {"name": "SecurityCtrlr"},
            "variable": {"name": "AllowSecurityProfileDowngrade"},
            "variableAttribute": [{"value": allows}],
        }
        report = {"requestId": 1, "generatedAt": "2026-03-01T12:00:00Z", "seqNo": 0, "reportData": [variable]}
        await station.call("NotifyReport", report)
    assert (await platform.order(record, type="rotate_password"))["state"] == "accepted"
    (told,) = (await station.told("SetVariables"))["setVariableData"]
    answer = await platform.order(record, type="set_security_profile", security_profile=2)
    assert answer["status_code"] == status
    expected = 101 if status == 200 else 401
    tls = await platform.trusting()
    assert await platform.status_of("CS1", tls=tls, password=told["attributeValue"]) == expected
    refused = await platform.order(record, type="set_security_profile", security_profile=1)
    assert refused["type"] == "/problems/profile-not-possible"


async def test_a_password_profile_needs_a_password_first(platform: Platform) -> None:
    record = await platform.register("CS1", security_profile=0)
    await platform.connect("CS1", protocol="ocpp1.6")
    refused = await platform.order(record, type="set_security_profile", security_profile=1)
    assert (refused["status_code"], refused["type"]) == (409, "/problems/profile-not-possible")
    for _ in range(6):  # nothing will ever prove it: the station's word is enough
        assert (await platform.order(record, type="rotate_password"))["state"] == "accepted"
    assert (await platform.order(record, type="set_security_profile", security_profile=1))["state"] == "accepted"
    shown = await platform.read(record)
    assert (shown["security_profile"], shown["security_profile_target"]) == (0, 1)


async def test_too_many_unanswered_passwords_are_not_forgotten(platform: Platform) -> None:
    record, station = await connected(platform, "ocpp1.6")
    passwords = []
    for _ in range(4):
        station.orders.clear()
        assert (await platform.order(record, type="rotate_password"))["state"] == "accepted"
        passwords.append((await station.told("ChangeConfiguration"))["value"])
    refused = await platform.order(record, type="rotate_password")
    assert (refused["status_code"], refused["type"]) == (409, "/problems/rotation-unfinished")
    await platform.connect("CS1", protocol="ocpp1.6", password=passwords[2])
    await settled(platform, record)
    statuses = [await platform.status_of("CS1", password=password) for password in passwords]
    assert statuses == [401, 401, 101, 401]


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


async def test_tc_b_100_a_network_profile_tells_the_identity_and_the_password(platform: Platform) -> None:
    record, station = await connected(platform, "ocpp2.1")
    given = {"identity": "CS1", "password": "another-password-of-it"}
    ended = await platform.order(record, type="set_network_profile", configuration_slot=1, security_profile=2, **given)
    assert (ended["state"], ended["arguments"]["identity"]) == ("accepted", "CS1")
    told = await station.told("SetNetworkProfile")
    assert told["connectionData"] == {
        "ocppTransport": "JSON",
        "ocppCsmsUrl": "wss://localhost:9443/ocpp",
        "messageTimeout": 30,
        "securityProfile": 2,
        "ocppInterface": "Wired0",
        "identity": "CS1",
        "basicAuthPassword": given["password"],
    }
    path = f"/charging-stations/{record['id']}"
    for shown in (ended, (await platform.client.get(f"{path}/commands")).json()):
        assert given["password"] not in str(shown)
    # Both passwords hold until the station has come with the new one.
    assert await platform.status_of("CS1", password=PASSWORD) == 101
    await platform.connect("CS1", protocol="ocpp2.1", password=given["password"])

    async def is_over() -> bool:
        return await platform.status_of("CS1", password=PASSWORD) == 401

    await platform.eventually(is_over, "the old password is over")


@pytest.mark.parametrize("where", [{}, {"url": "wss://another.example/ocpp"}], ids=["refused", "elsewhere"])
async def test_tc_b_100_a_password_that_the_station_does_not_bring_here_lets_nobody_in(
    platform: Platform, where: dict[str, str]
) -> None:
    record, station = await connected(platform, "ocpp2.1")
    station.answers["SetNetworkProfile"] = {"status": "Accepted" if where else "Rejected"}
    password = "another-password-of-it"
    ended = await platform.order(record, type="set_network_profile", security_profile=2, password=password, **where)
    assert ended["state"] == ("accepted" if where else "rejected")

    async def is_refused() -> bool:  # the gateway hears of it a moment later
        return await platform.status_of("CS1", password=password) == 401

    await platform.eventually(is_refused, "the password is none here")
    assert await platform.status_of("CS1", password=PASSWORD) == 101


async def test_a_2_0_1_network_profile_has_no_identity_and_no_password(platform: Platform) -> None:
    record, station = await connected(platform, "ocpp2.0.1")
    ended = await platform.order(record, type="set_network_profile", security_profile=2, identity="CS1")
    assert ended["status_code"] == 409
    assert [action for action, _ in station.orders if action == "SetNetworkProfile"] == []
