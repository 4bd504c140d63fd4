"""Cases of certification: what a station keeps of a customer (block N)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from builders import eventually
from conformance.device_model_stations import Platform, both, part
from e2e.server_process import ServerProcess


@pytest.fixture
async def platform(whole_platform: ServerProcess, key: str) -> AsyncIterator[Platform]:
    async with httpx.AsyncClient(
        base_url=whole_platform.api, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=30
    ) as api:
        yield Platform(whole_platform, api)


CERTIFICATE = {"hash_algorithm": "SHA256", "issuer_name_hash": "a", "issuer_key_hash": "b", "serial_number": "1"}
ON_THE_WIRE = {"hashAlgorithm": "SHA256", "issuerNameHash": "a", "issuerKeyHash": "b", "serialNumber": "1"}
BY_TOKEN = {"id_token": "04A1B2", "id_token_kind": "ISO14443"}


def customer_told(request: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        ("NotifyCustomerInformation", part(request, 0, is_last=False, data="Name: Ada ")),
        ("NotifyCustomerInformation", part(request, 1, is_last=True, data="Lovelace")),
    ]


def nothing_told(request: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [("NotifyCustomerInformation", part(request, 0, is_last=True, data=""))]


@pytest.mark.parametrize("clear", [pytest.param(False, id="tc_n_27"), pytest.param(True, id="tc_n_30")])
@both
async def test_what_a_station_keeps_of_a_customer_is_the_result_and_not_in_the_log(
    platform: Platform, protocol: str, clear: bool
) -> None:
    async with platform.station(protocol) as station:
        station.answers["CustomerInformation"] = {"status": "Accepted"}
        station.then["CustomerInformation"] = customer_told
        command = await platform.order("customer_information", clear=clear, **BY_TOKEN)
        assert (command["effect"], command["result"]["text"]) == ("done", "Name: Ada Lovelace")
        (request,) = station.requests("CustomerInformation")
        assert request["idToken"] == {"idToken": "04A1B2", "type": "ISO14443"}
        assert (request["report"], request["clear"]) == (True, clear)
        assert not {"customerIdentifier", "customerCertificate"} & set(request)

        async def is_logged() -> bool:
            return len(await platform.items("messages", action="NotifyCustomerInformation")) == 4

        await eventually(is_logged)
        logged = await platform.items("messages", action="NotifyCustomerInformation")
        assert "Lovelace" not in str(logged)
        assert "***" in str(logged)


@pytest.mark.parametrize("clear", [pytest.param(False, id="tc_n_28"), pytest.param(True, id="tc_n_31")])
@both
async def test_a_station_that_keeps_nothing_says_so_with_an_empty_text(
    platform: Platform, protocol: str, clear: bool
) -> None:
    async with platform.station(protocol) as station:
        station.answers["CustomerInformation"] = {"status": "Accepted"}
        station.then["CustomerInformation"] = nothing_told
        command = await platform.order("customer_information", clear=clear, **BY_TOKEN)
        assert (command["effect"], command["result"]["text"]) == ("done", "")
        (request,) = station.requests("CustomerInformation")
        assert (request["report"], request["clear"]) == (True, clear)


@pytest.mark.parametrize("word", ["Rejected", "Invalid"])
async def test_tc_n_29_a_station_may_refuse_to_tell(platform: Platform, word: str) -> None:
    async with platform.station() as station:
        station.answers["CustomerInformation"] = {"status": word}
        command = await platform.order("customer_information", customer_identifier="C-1")
        assert (command["state"], command["wire_status"]) == ("rejected", word)


@both
async def test_tc_n_32_what_is_cleared_without_a_report_is_done_with_the_answer(
    platform: Platform, protocol: str
) -> None:
    async with platform.station(protocol) as station:
        station.answers["CustomerInformation"] = {"status": "Accepted"}
        command = await platform.order("customer_information", report=False, clear=True, **BY_TOKEN)
        assert (command["state"], command["effect"], command["result"]) == ("accepted", "done", None)
        (request,) = station.requests("CustomerInformation")
        assert (request["report"], request["clear"]) == (False, True)
        await platform.order("customer_information", report=False, clear=False, status=422, **BY_TOKEN)


@pytest.mark.parametrize(
    ("who", "field", "wire"),
    [
        pytest.param({"customer_identifier": "C-1"}, "customerIdentifier", "C-1", id="tc_n_62"),
        pytest.param({"certificate": CERTIFICATE}, "customerCertificate", ON_THE_WIRE, id="tc_n_63"),
    ],
)
@both
async def test_a_customer_is_named_by_identifier_or_certificate(
    platform: Platform, protocol: str, who: dict[str, Any], field: str, wire: Any
) -> None:
    async with platform.station(protocol) as station:
        station.answers["CustomerInformation"] = {"status": "Accepted"}
        station.then["CustomerInformation"] = customer_told
        command = await platform.order("customer_information", clear=True, **who)
        assert (command["effect"], command["result"]["text"]) == ("done", "Name: Ada Lovelace")
        (request,) = station.requests("CustomerInformation")
        assert {name: request[name] for name in request if name.startswith(("customer", "idToken"))} == {field: wire}
        await platform.order("customer_information", id_token="T", status=422, **who)
