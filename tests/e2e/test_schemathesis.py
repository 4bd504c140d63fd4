"""The API holds to its description: whatever is sent, no 5xx, no status, type or shape that is not described.

schemathesis makes requests from `openapi.json`, good ones and broken ones, for a real server with all modules. Objects that are there
are named now and then, so that it is not all 404. The requests are the same at each run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.errors import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from e2e.server_process import ServerProcess
from voltway.kernel import clock

DESCRIPTION = Path(__file__).parents[2] / "openapi.json"
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 6
NOT_ASKED = {
    "live": "a stream without an end (tests/live)",
}
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore::ResourceWarning")

schema = schemathesis.openapi.from_path(str(DESCRIPTION))
OPERATIONS = {
    found.ok().definition.raw["operationId"]: found.ok()
    for found in schema.get_all_operations()
    if found.ok().definition.raw["operationId"] not in NOT_ASKED
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, on_database: dict[str, str]) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.mktemp("schemathesis") / "data", environment=on_database)
    server.start()
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def key(server: ServerProcess) -> str:
    return server.make_key("platform_admin")


@pytest.fixture(scope="module")
def known(server: ServerProcess, key: str) -> dict[str, Any]:
    """Ids that are there, by the names of path parameters."""
    headers = {"authorization": f"Bearer {key}"}
    with httpx.Client(base_url=server.api, headers=headers, trust_env=False, timeout=30) as client:

        def made(path: str, body: dict[str, Any]) -> str:
            answer = client.post(path, json=body)
            assert answer.status_code == 201, answer.text
            return str(answer.json()["id"])

        location = made("/locations", {"name": "Gate", "time_zone": "Europe/Berlin"})
        evse = {"evse_number": 1, "connectors": [{"connector_number": 1}]}
        station = made("/charging-stations", {"identity": "CS1", "location_id": location, "evses": [evse]})
        tariff = {"name": "T", "currency": "EUR", "start_fee": "0", "price_per_kwh": "1", "price_per_minute": "0"}
        reservation = {
            "station_id": station,
            "id_token": "CARD1",
            "expires_at": clock.to_rfc3339(clock.now() + timedelta(hours=9)),
        }
        image = {"vendor": "A", "model": "B", "version": "1", "file_name": "a.bin"}
        template = {"name": "all", "steps": [{"type": "reset", "arguments": {"mode": "immediate"}}]}
        return {
            "location_id": location,
            "station_id": station,
            "token_id": made("/id-tokens", {"value": "CARD1"}),
            "tariff_id": made("/tariffs", tariff | {"vat_percent": "19"}),
            "reservation_id": made("/reservations", reservation),
            "image_id": made("/firmware-images", image),
            "template_id": made("/provisioning-templates", template),
            "number": 1,
            "stream_number": 1,
            "charging_profile_id": 1,
            "name": "csms",
        }


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["good", "broken"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_holds_to_its_description(
    server: ServerProcess, key: str, known: dict[str, Any], operation: str, mode: GenerationMode
) -> None:
    described = OPERATIONS[operation]
    try:
        cases = described.as_strategy(generation_mode=mode)
    except Exception:
        if mode is GenerationMode.POSITIVE:
            raise
        pytest.skip("has nothing to break")

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, is_known=st.booleans())
    def ask(case: schemathesis.Case, is_known: bool) -> None:
        if is_known and case.method != "DELETE":
            for name in case.path_parameters or {}:
                case.path_parameters[name] = known.get(name, case.path_parameters[name])
        case.call_and_validate(
            base_url=f"http://127.0.0.1:{server.http_port}",
            headers={"authorization": f"Bearer {key}"},
            checks=CHECKS,
            timeout=60,
        )

    try:
        ask()
    except Unsatisfiable:
        if mode is GenerationMode.POSITIVE:
            raise
        pytest.skip("has nothing to break")


def test_the_checks_see_what_is_not_as_described(server: ServerProcess, key: str, known: dict[str, Any]) -> None:
    """Against a description that is wrong: without this, a check that looks at nothing would pass as well."""
    document = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    document["components"]["schemas"]["LocationOut"]["properties"]["name"] = {"type": "integer"}
    described = schemathesis.openapi.from_dict(document)["/api/v1/locations/{location_id}"]["GET"]
    case = described.Case(path_parameters={"location_id": known["location_id"]})
    with pytest.raises(FailureGroup):
        case.call_and_validate(
            base_url=f"http://127.0.0.1:{server.http_port}", headers={"authorization": f"Bearer {key}"}, checks=CHECKS
        )


def test_no_other_operation_is_left_out() -> None:
    named = {found.ok().definition.raw["operationId"] for found in schema.get_all_operations()}
    assert named - OPERATIONS.keys() == NOT_ASKED.keys()
