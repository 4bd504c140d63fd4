"""Addresses of the caller's own in orders: what leads into a network is refused unless the settings name it."""

from __future__ import annotations

from typing import Any

import pytest

from builders import ClientOf, MakeRuntime
from voltway.contracts.stations import CheckOrder
from voltway.kernel.errors import InvalidField
from voltway.modules.stations import foreign_urls
from voltway.modules.stations.module import MANIFEST

from .network import NEIGHBOURS, Network  # noqa: TID252  (tests are not installed)

SUM = "0" * 32
ORDERS = [
    ({"type": "update_firmware"}, "location", "http"),
    ({"type": "get_log"}, "location", "sftp"),
    ({"type": "publish_firmware", "checksum": SUM}, "location", "ftp"),
    ({"type": "set_network_profile", "security_profile": 2}, "url", "wss"),
    ({"type": "set_security_profile", "security_profile": 2}, "url", "wss"),
]
INSIDE = ["169.254.169.254", "127.0.0.1", "2130706433", "0x7f.1", "[::ffff:10.0.0.1]", "localhost", "192.168.1.9:8080"]


@pytest.fixture
async def network(make_runtime: MakeRuntime, client_of: ClientOf) -> Network:
    settings = {"outbound": {"station_networks": ["10.20.0.0/16"], "networks": ["192.168.0.0/16"]}}
    runtime = await make_runtime(MANIFEST, NEIGHBOURS, settings=settings)
    return Network(runtime, await client_of(runtime))


@pytest.mark.parametrize("host", INSIDE)
@pytest.mark.parametrize(("order", "field", "scheme"), ORDERS, ids=[order["type"] for order, *_ in ORDERS])
async def test_an_address_inside_is_refused_and_no_command_is_recorded(
    network: Network, order: dict[str, Any], field: str, scheme: str, host: str
) -> None:
    station = await network.station()
    path = f"/charging-stations/{station['id']}/commands"
    refusal = await network.client.post(path, json={**order, field: f"{scheme}://{host}/x"})
    assert (refusal.status_code, refusal.json()["errors"][0]["path"]) == (422, f"$.{field}"), refusal.text
    assert "outbound.station_networks" in refusal.text
    assert (await network.client.get(path)).json()["items"] == []


@pytest.mark.parametrize("host", ["10.20.0.7", "files.example", "admin:word@files.example:2121"])
async def test_a_network_that_the_settings_name_and_names_pass(network: Network, host: str) -> None:
    station = await network.station()
    order = {"type": "get_log", "location": f"ftp://{host}/in"}
    answer = await network.client.post(f"/charging-stations/{station['id']}/commands", json=order)
    assert answer.status_code in (201, 202, 503), answer.text  # 503: the files module does not run in this test


async def test_a_template_cannot_hold_such_an_order_either(network: Network) -> None:
    with pytest.raises(InvalidField):
        await network.runtime.ask(CheckOrder(type="get_log", arguments={"location": "http://169.254.169.254/"}))


def test_the_table_names_every_order_that_has_an_address() -> None:
    assert set(foreign_urls.NAMED) == {order["type"] for order, *_ in ORDERS} | {"set_up_web_payment"}
