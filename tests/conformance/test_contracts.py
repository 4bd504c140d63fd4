"""Certification cases C_50 to C_52: a contract (plug and charge) is judged with its certificate."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from voltway.kernel import clock

from .conftest import StartPlatform  # noqa: TID252  (tests are not installed)
from .contract_issuer import EMAID, Issuer, pem  # noqa: TID252
from .security_network import Platform, Station, connected  # noqa: TID252

both = pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp2.1"])
TOKEN = {"idToken": EMAID, "type": "eMAID"}
INVALID = {"status": "Invalid"}


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    """A mobility operator whose responder is up."""
    made: list[Issuer] = []
    server = await asyncio.start_server(lambda reader, writer: made[0].serve(reader, writer), "127.0.0.1", 0)
    made.append(Issuer(server.sockets[0].getsockname()[1]))
    async with server:
        yield made[0]


@pytest.fixture
async def platform(start_platform: StartPlatform, issuer: Issuer, tmp_path: Any) -> Platform:
    """It believes the issuer's root and asks its responder; the contract's token is known."""
    root = tmp_path / "mo-root.pem"
    root.write_text(pem(issuer.root))
    platform = await start_platform(
        security={"contract_roots": [str(root)], "ocsp_hosts": ["127.0.0.1"]},
        outbound={"networks": ["127.0.0.1/32"]},
    )
    answer = await platform.client.post("/id-tokens", json={"value": EMAID, "kind": "eMAID"})
    assert answer.status_code == 201, answer.text
    return platform


@both
async def test_tc_c_50_contract_checked_by_the_station_accepted(
    platform: Platform, issuer: Issuer, protocol: str
) -> None:
    _, station = await connected(platform, protocol)
    asked = {"idToken": TOKEN, "iso15118CertificateHashData": issuer.hashes_of(issuer.contract())}
    assert await station.call("Authorize", asked) == {
        "idTokenInfo": {"status": "Accepted"},
        "certificateStatus": "Accepted",
    }
    assert issuer.asked == 2  # C07.FR.05: each certificate of the chain


@both
async def test_tc_c_51_contract_checked_by_the_station_revoked(
    platform: Platform, issuer: Issuer, protocol: str
) -> None:
    _, station = await connected(platform, protocol)
    contract = issuer.contract()
    issuer.revoked.add(contract.serial_number)
    for said in (
        {"iso15118CertificateHashData": issuer.hashes_of(contract)},
        {"certificate": issuer.chain(contract)},
    ):
        answer = await station.call("Authorize", {"idToken": TOKEN, **said})
        assert answer == {"idTokenInfo": INVALID, "certificateStatus": "CertificateRevoked"}  # C07.FR.16


@both
async def test_tc_c_52_contract_checked_here_accepted(platform: Platform, issuer: Issuer, protocol: str) -> None:
    _, station = await connected(platform, protocol)
    asked = {"idToken": TOKEN, "certificate": issuer.chain(issuer.contract())}
    assert await station.call("Authorize", asked) == {
        "idTokenInfo": {"status": "Accepted"},
        "certificateStatus": "Accepted",
    }
    assert issuer.asked == 2


async def status_of(station: Station, chain: str, token: dict[str, str] = TOKEN) -> tuple[str, str]:
    answer = await station.call("Authorize", {"idToken": token, "certificate": chain})
    return answer["certificateStatus"], answer["idTokenInfo"]["status"]


async def test_a_chain_that_does_not_hold_opens_nothing_and_says_why(platform: Platform, issuer: Issuer) -> None:
    _, station = await connected(platform, "ocpp2.0.1")
    expired, stranger = issuer.contract(days=-1), Issuer(1)
    forged = issuer.contract(key=ec.generate_private_key(ec.SECP256R1()))
    assert await status_of(station, issuer.chain(expired)) == ("CertificateExpired", "Invalid")
    assert await status_of(station, issuer.chain(forged)) == ("SignatureError", "Invalid")
    assert await status_of(station, stranger.chain(stranger.contract())) == ("SignatureError", "Invalid")
    assert await status_of(station, pem(issuer.contract())) == ("CertChainError", "Invalid")
    assert await status_of(station, "nonsense") == ("CertChainError", "Invalid")
    assert await status_of(station, issuer.chain(issuer.contract("DE-VWY-C00000002-Y"))) == (
        "CertChainError",
        "Invalid",
    )
    assert issuer.asked == 0


async def test_a_contract_whose_status_nobody_tells_opens_nothing(platform: Platform, issuer: Issuer) -> None:
    _, station = await connected(platform, "ocpp2.0.1")
    silent = Issuer(1)  # nobody listens there
    asked = {"idToken": TOKEN, "iso15118CertificateHashData": silent.hashes_of(silent.contract())}
    assert await station.call("Authorize", asked) == {
        "idTokenInfo": INVALID,
        "certificateStatus": "NoCertificateAvailable",
    }


async def test_a_certificate_that_holds_for_a_contract_that_does_not(platform: Platform, issuer: Issuer) -> None:
    _, station = await connected(platform, "ocpp2.0.1")
    other = {"idToken": "DE-VWY-C00000009-Z", "type": "eMAID"}
    chain = issuer.chain(issuer.contract(other["idToken"]))
    assert await status_of(station, chain, other) == ("ContractCancelled", "Invalid")
    past = clock.to_rfc3339(clock.now() - timedelta(days=1))
    await platform.client.post("/id-tokens", json={"value": other["idToken"], "kind": "eMAID", "expires_at": past})
    assert await status_of(station, chain, other) == ("Accepted", "Expired")


async def test_an_answer_that_the_authority_has_not_signed_is_not_believed(platform: Platform, issuer: Issuer) -> None:
    _, station = await connected(platform, "ocpp2.0.1")
    issuer.liar = Issuer(1)
    assert await status_of(station, issuer.chain(issuer.contract())) == ("NoCertificateAvailable", "Invalid")
    assert issuer.asked > 0
