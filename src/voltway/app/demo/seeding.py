"""Fill a new demo database: staff directly, all else through the API, as an operator would."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from voltway.app.demo import network
from voltway.app.tables import installation
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, Role, create_account, create_api_key
from voltway.kernel.auth.errors import EmailTaken
from voltway.kernel.database import Database
from voltway.kernel.secrets import derive_key
from voltway.station.ocpp.vocabulary import GUEST_TOKEN

KEY_LASTS = timedelta(minutes=5)


async def is_seeded(database: Database) -> bool:
    """Whether the demo network is there, whole."""
    async with database.read() as tx:
        return (await tx.execute(sa.select(installation.c.demo_seeded_at))).scalar_one() is not None


async def add_log_ins(database: Database) -> None:
    """Make the accounts of the staff that are not there yet."""
    for each in network.LOG_INS:
        try:
            async with database.begin() as tx:
                await create_account(tx, each.email, network.PASSWORD, each.name, each.role, DEFAULT_OPERATOR_ID)
        except EmailTaken:
            continue


async def make_key(database: Database, secret: bytes) -> str:
    """A key for filling the network, good for some minutes."""
    async with database.begin() as tx:
        return await create_api_key(
            tx,
            Role.OPERATOR_ADMIN,
            "demo network",
            DEFAULT_OPERATOR_ID,
            secret,
            expires_at=clock.now() + KEY_LASTS,
        )


async def mark_seeded(database: Database) -> None:
    """Write down that the network is whole."""
    async with database.begin() as tx:
        await tx.execute(sa.update(installation).values(demo_seeded_at=clock.now()))


def station_password(secret: bytes, identity: str) -> str:
    """The password of a demo station: always the same for this installation, so that it need not be kept."""
    return derive_key(secret, f"demo station {identity}").hex()[:32]


class Api:
    """The REST API of this very server. Blocking: for a thread."""

    def __init__(self, address: tuple[str, int], key: str) -> None:
        self._connection = http.client.HTTPConnection(*address, timeout=30)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """What the API answers. Raises SeedingFailed unless it agrees."""
        text = None if body is None else json.dumps(body)
        self._connection.request(method, f"/api/v1{path}", text, self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise SeedingFailed(f"{method} {path}: {answer.status} {content.decode(errors='replace')[:500]}")
        return json.loads(content) if content else None

    def have(self, path: str, key: str, wanted: dict[str, Any]) -> dict[str, Any]:
        """The object of a list whose `key` is that of the wanted one; made if it is not there."""
        for item in self.ask("GET", f"{path}?limit=100")["items"]:
            if item[key] == wanted[key]:
                return dict(item)
        return dict(self.ask("POST", path, wanted))


class SeedingFailed(Exception):
    """A bug: the API did not take a part of the demo network."""


def fill(api: Api, password_of: Callable[[str], str]) -> None:
    """Make what is missing of the demo network; an interrupted filling is taken up where it ended."""
    locations = {each.name: api.have("/locations", "name", _location(each))["id"] for each in network.LOCATIONS}
    stations = {
        each.identity: api.have(
            "/charging-stations", "identity", _station(each, locations[each.location], password_of(each.identity))
        )["id"]
        for each in network.STATIONS
    }
    cards = [
        api.have("/id-tokens", "value", {"value": token, "kind": "ISO14443"})["id"]
        for token in (*network.TOKENS, GUEST_TOKEN)
    ]
    api.have("/legal-entities", "number_prefix", network.SELLER)
    api.have("/customers", "name", {**network.FLEET, "id_token_ids": cards[: network.FLEET_CARDS]})
    fast = [{"kind": "station", "id": stations[each.identity]} for each in network.STATIONS if each.is_fast]
    for tariff in network.TARIFFS:
        made = api.have("/tariffs", "name", _tariff(tariff))
        targets = fast if tariff.is_for_fast_stations else [{"kind": "operator"}]
        api.ask("PUT", f"/tariffs/{made['id']}/assignments", {"targets": targets})


def _location(location: network.Location) -> dict[str, Any]:
    return {
        "name": location.name,
        "address": location.address,
        "city": location.city,
        "postal_code": location.postal_code,
        "country": location.country,
        "latitude": location.latitude,
        "longitude": location.longitude,
        "time_zone": location.time_zone,
        "is_published": True,
    }


def _station(station: network.ChargingStation, location_id: str, password: str) -> dict[str, Any]:
    return {
        "identity": station.identity,
        "location_id": location_id,
        "security_profile": 1,
        "password": password,
        "evses": [
            {
                "evse_number": number,
                "power_w_max": evse.power_w_max,
                "connectors": [{"connector_number": 1, "type": evse.connector_type}],
            }
            for number, evse in enumerate(station.evses, 1)
        ],
    }


def _tariff(tariff: network.Tariff) -> dict[str, Any]:
    return {
        "name": tariff.name,
        "currency": network.CURRENCY,
        "start_fee": tariff.start_fee,
        "price_per_kwh": tariff.price_per_kwh,
        "price_per_minute": tariff.price_per_minute,
        "vat_percent": network.VAT_PERCENT,
    }
