"""REST of the security module: who may, what is shown, OCSP and revocation lists, registration tokens."""

from __future__ import annotations

import asyncio
import base64
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from builders import ClientOf, app_of, served
from conformance.conftest import StartPlatform
from conformance.conftest import platform as platform
from conformance.conftest import start_platform as start_platform
from conformance.security_network import Platform
from voltway.kernel import clock

PASSWORD = "sixteen-letters!"
OPEN = ("POST /ocsp", "GET /ocsp/x", "GET /certificate-authorities/csms/revocation-list")
ENDPOINTS = {
    "GET /security-events": 200,
    "GET /certificates": 200,
    "GET /certificates/{id}": 404,
    "POST /certificates/{id}/revocation": 404,
    "GET /certificate-authorities": 200,
    "GET /registration-tokens": 200,
    "POST /registration-tokens": 422,
    "DELETE /registration-tokens/{token}": 404,
}
"""What a stranger gets who may do everything at home: nothing of ours."""


async def a_certificate(platform: Platform) -> tuple[dict[str, Any], list[x509.Certificate]]:
    await platform.register("CS1", password=PASSWORD)
    station = await platform.connect("CS1", password=PASSWORD)
    await platform.certified(station, "CS1", certificateType="ChargingStationCertificate")
    said = {"type": "ResetOrReboot", "timestamp": "2026-03-01T12:00:00Z"}
    await station.call("SecurityEventNotification", said)
    (certificate,) = await platform.items("/certificates")
    return certificate, x509.load_pem_x509_certificates(certificate["certificate"].encode())


def a_token(**fields: Any) -> dict[str, Any]:
    expires_at = (clock.now() + timedelta(days=1)).isoformat()
    return {"name": "depot", "expires_at": expires_at, **fields}


async def test_nobody_and_a_stranger_find_nothing(platform: Platform, client_of: ClientOf, stranger_id: str) -> None:
    certificate, _ = await a_certificate(platform)
    token = (await platform.client.post("/registration-tokens", json=a_token())).json()
    nobody = await client_of(platform.runtime, None)
    stranger = await client_of(platform.runtime, operator_id=stranger_id)
    for endpoint, status in ENDPOINTS.items():
        method, path = endpoint.format(id=certificate["id"], token=token["id"]).split()
        assert (await nobody.request(method, path)).status_code == 401, endpoint
        answer = await stranger.request(method, path, json={} if method == "POST" else None)
        assert answer.status_code == status, endpoint
        if status == 200 and path != "/certificate-authorities":
            assert answer.json()["items"] == [], endpoint
    for endpoint in OPEN:
        method, path = endpoint.split()
        assert (await nobody.request(method, path)).status_code == 200, endpoint


async def test_who_may_only_read_cannot_revoke_nor_make_tokens(platform: Platform, client_of: ClientOf) -> None:
    certificate, _ = await a_certificate(platform)
    auditor = await client_of(platform.runtime, "auditor")
    assert (await auditor.get("/certificates")).status_code == 200
    assert (await auditor.post(f"/certificates/{certificate['id']}/revocation")).status_code == 403
    assert (await auditor.post("/registration-tokens", json=a_token())).status_code == 403


async def test_who_is_bound_to_locations_sees_no_others(platform: Platform, client_of: ClientOf) -> None:
    await a_certificate(platform)
    host = await client_of(platform.runtime, "field_technician", location_ids=["another"])
    assert (await host.get("/security-events")).json()["items"] == []
    assert (await host.get("/certificates")).json()["items"] == []


async def test_events_are_filtered(platform: Platform) -> None:
    await a_certificate(platform)
    assert len(await platform.items("/security-events", type="resetorreboot", severity="info")) == 1
    for filters in (
        {"type": "Other"},
        {"severity": "critical"},
        {"station_id": "x"},
        {"until": "2020-01-01T00:00:00Z"},
    ):
        assert await platform.items("/security-events", **filters) == []


# ---- OCSP and revocation lists


def question_about(certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA256())
    return builder.build().public_bytes(serialization.Encoding.DER)


async def test_the_responder_tells_good_from_revoked_by_either_method(platform: Platform, client_of: ClientOf) -> None:
    certificate, (leaf, issuing) = await a_certificate(platform)
    nobody = await client_of(platform.runtime, None)
    question = question_about(leaf, issuing)

    async def status() -> ocsp.OCSPCertStatus:
        posted = await nobody.post("/ocsp", content=question, headers={"content-type": "application/ocsp-request"})
        got = await nobody.get("/ocsp/" + base64.b64encode(question).decode().replace("/", "%2F").replace("+", "%2B"))
        assert posted.headers["content-type"] == got.headers["content-type"] == "application/ocsp-response"
        response = ocsp.load_der_ocsp_response(posted.content)
        issuing.public_key().verify(  # type: ignore[union-attr,call-arg]
            response.signature, response.tbs_response_bytes, _ecdsa()
        )
        assert ocsp.load_der_ocsp_response(got.content).certificate_status is response.certificate_status
        return response.certificate_status

    assert await status() is ocsp.OCSPCertStatus.GOOD
    await platform.client.post(f"/certificates/{certificate['id']}/revocation")
    assert await status() is ocsp.OCSPCertStatus.REVOKED
    revoked = x509.load_der_x509_crl((await nobody.get("/certificate-authorities/csms/revocation-list")).content)
    assert revoked.is_signature_valid(issuing.public_key())  # type: ignore[arg-type]
    assert [each.serial_number for each in revoked] == [leaf.serial_number]


def _ecdsa() -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.ECDSA(hashes.SHA256())


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x30" * 5000])
async def test_what_is_no_question_gets_an_answer_that_says_so(platform: Platform, content: bytes) -> None:
    answer = await platform.client.post("/ocsp", content=content)
    assert answer.status_code == 200
    response = ocsp.load_der_ocsp_response(answer.content)
    assert response.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


async def test_another_authoritys_responder_is_really_asked(start_platform: StartPlatform) -> None:
    """Two platforms with authorities of their own; the second one's responder stands in the first one's settings."""
    other = await start_platform(security={"pki_dir": str((await start_platform()).folder / "other")})
    async with served(app_of(other.runtime)) as url:
        host = url.removeprefix("http://")
        asking = await start_platform(security={"ocsp_hosts": [host]}, outbound={"networks": ["127.0.0.1/32"]})
        certificate, (leaf, issuing) = await a_certificate(other)
        await asking.register("CS2", password=PASSWORD)
        station = await asking.connect("CS2", protocol="ocpp2.1", password=PASSWORD)
        built = ocsp.load_der_ocsp_request(question_about(leaf, issuing))
        named = {
            "hashAlgorithm": "SHA256",
            "issuerNameHash": built.issuer_name_hash.hex(),
            "issuerKeyHash": built.issuer_key_hash.hex(),
            "serialNumber": f"{leaf.serial_number:x}",
        }
        responder, lists = f"{url}/api/v1/ocsp", f"{url}/api/v1/certificate-authorities/csms/revocation-list"
        for status, word in ((ocsp.OCSPCertStatus.GOOD, "Good"), (ocsp.OCSPCertStatus.REVOKED, "Revoked")):
            answer = await station.call(
                "GetCertificateStatus", {"ocspRequestData": {**named, "responderURL": responder}}
            )
            assert answer["status"] == "Accepted"
            response = ocsp.load_der_ocsp_response(base64.b64decode(answer["ocspResult"]))
            assert response.certificate_status is status
            chain = await station.call(
                "GetCertificateChainStatus",
                {
                    "certificateStatusRequests": [
                        {"certificateHashData": named, "source": "OCSP", "urls": [responder]},
                        {"certificateHashData": named, "source": "CRL", "urls": [lists]},
                        {"certificateHashData": named, "source": "OCSP", "urls": ["http://127.0.0.1:1/"]},
                    ]
                },
            )
            assert [each["status"] for each in chain["certificateStatus"]] == [word, word, "Failed"]
            await other.client.post(f"/certificates/{certificate['id']}/revocation")


# ---- registration tokens


async def test_a_station_with_a_token_gets_its_record_and_a_password_of_its_own(platform: Platform) -> None:
    place = (await platform.client.post("/locations", json={"name": "Depot", "time_zone": "Europe/Berlin"})).json()
    evses = [{"evse_number": 1, "power_w_max": 22000, "connectors": [{"connector_number": 1, "type": "sType2"}]}]
    made = await platform.client.post("/registration-tokens", json=a_token(location_id=place["id"], evses=evses))
    assert made.status_code == 201, made.text
    token = made.json()["token"]

    station = await platform.connect("NEW1", password=token)
    (record,) = await platform.items("/charging-stations", identity="new1")
    assert (record["location_id"], record["security_profile"]) == (place["id"], 1)
    assert record["evses"][0]["connectors"][0]["type"] == "sType2"
    (told,) = (await station.told("SetVariables"))["setVariableData"]
    assert told["variable"]["name"] == "BasicAuthPassword"
    await platform.connect("NEW1", password=told["attributeValue"])

    async def is_over() -> bool:
        return not platform.known("NEW1").candidate_hashes

    await platform.eventually(is_over, "it has a password of its own")
    assert await platform.status_of("NEW1", password=token) == 401
    assert await platform.status_of("NEW2", password=token) == 401  # it was good for one
    (shown,) = await platform.items("/registration-tokens")
    assert (shown["uses"], "token" in shown) == (1, False)


async def test_a_token_that_is_spent_wrong_or_revoked_lets_nobody_in(platform: Platform) -> None:
    made = (await platform.client.post("/registration-tokens", json=a_token(uses_max=5))).json()
    last = "y" if made["token"].endswith("x") else "x"
    _, wrong = await platform.ask("NEW1", password=made["token"][:-1] + last)
    assert wrong.status == 401
    assert await platform.status_of("NEW1", user="NEW2", password=made["token"]) == 401
    assert (await platform.client.delete(f"/registration-tokens/{made['id']}")).status_code == 204
    _, revoked = await platform.ask("NEW1", password=made["token"])
    assert revoked.raw == wrong.raw
    assert await platform.items("/charging-stations") == []


async def test_a_token_does_not_take_an_identity_that_is_there(platform: Platform) -> None:
    made = (await platform.client.post("/registration-tokens", json=a_token(uses_max=5))).json()
    await platform.register("CS1", password=PASSWORD)
    assert await platform.status_of("CS1", password=made["token"]) == 401
    assert await platform.status_of("CS1", password=PASSWORD) == 101


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"expires_at": "2020-01-01T00:00:00Z"}, "$.expires_at"),
        ({"uses_max": 0}, "$.uses_max"),
        ({"location_id": "nowhere"}, "$.location_id"),
        ({"name": ""}, "$.name"),
        ({"evses": [{"evse_number": 1}, {"evse_number": 1}]}, "$.evses"),
    ],
)
async def test_a_wrong_token_is_named(platform: Platform, fields: dict[str, Any], path: str) -> None:
    answer = await platform.client.post("/registration-tokens", json=a_token(**fields))
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, path)


async def test_tokens_at_once_are_not_used_more_often_than_they_may(platform: Platform) -> None:
    made = (await platform.client.post("/registration-tokens", json=a_token(uses_max=2))).json()
    statuses = await asyncio.gather(*(platform.status_of(f"NEW{n}", password=made["token"]) for n in range(6)))
    assert sorted(statuses) == [101, 101, 401, 401, 401, 401]


# ---- renewal


async def test_a_certificate_that_ends_soon_is_renewed_once_a_day(start_platform: StartPlatform) -> None:
    platform = await start_platform(security={"station_certificate_days": 20, "renew_before_days": 30})
    await a_certificate(platform)
    (station,) = platform.stations
    from voltway.modules.security import handlers

    async def is_accepted() -> bool:
        return [each["state"] for each in await platform.items("/certificates")] == ["accepted"]

    await platform.eventually(is_accepted, "accepted")
    await handlers.renew(platform.runtime)
    await handlers.renew(platform.runtime)
    assert await station.told("TriggerMessage") == {"requestedMessage": "SignChargingStationCertificate"}
    await asyncio.sleep(0.2)
    assert [action for action, _ in station.orders].count("TriggerMessage") == 1
