"""A geocoder is asked through the platform: seldom, for a short while, and never instead of an answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from builders import MakeRuntime, app_of
from voltway.app import catalog
from voltway.kernel.runtime import Runtime
from voltway.modules.directory.spots import Geography

PHOTON = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [9.9937, 53.5511]},
            "properties": {
                "name": "Hamburg",
                "country": "Deutschland",
                "countrycode": "DE",
                "type": "city",
                "extent": [8.1, 54.03, 10.33, 53.39],
            },
        },
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [10.0, 53.5]},
            "properties": {"street": "Am Kai", "housenumber": "3", "postcode": "20457", "city": "Hamburg"},
        },
    ],
}
NOMINATIM = [
    {
        "lat": "53.5503",
        "lon": "10.0007",
        "name": "Rathaus",
        "display_name": "Rathaus, Rathausmarkt, Hamburg, Deutschland",
        "boundingbox": ["53.55", "53.551", "9.99", "10.01"],
        "licence": "Data © OpenStreetMap contributors",
    }
]


class Server:
    """A geocoder on this machine, and what it was asked."""

    def __init__(self) -> None:
        self.said: Any = PHOTON
        self.status = 200
        self.wait_s = 0.0
        self.asked: list[tuple[str, Mapping[str, list[str]], str]] = []
        self.url = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
        finally:
            writer.close()  # whoever waits no longer has gone before our answer

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        target = urlsplit(head.split(" ")[1])
        agent = next((line for line in head.lower().splitlines() if line.startswith("user-agent")), "")
        self.asked.append((target.path, parse_qs(target.query), agent))
        await asyncio.sleep(self.wait_s)
        body = json.dumps(self.said).encode()
        head = f"HTTP/1.1 {self.status} X\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()


@asynccontextmanager
async def a_server() -> AsyncIterator[Server]:
    server = Server()
    listening = await asyncio.start_server(server.answer, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    async with listening:
        yield server


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with a_server() as made:
        yield made


Asker = Callable[..., Any]


async def asker(make_runtime: MakeRuntime, **settings: Any) -> tuple[Runtime, Asker]:
    """A platform with a geocoder; asks it for places."""
    manifests = catalog.load(("stations", "sessions", "users", "audit", "directory"))
    runtime = await make_runtime(*manifests, settings={"directory": settings})
    transport = httpx.ASGITransport(app_of(runtime))

    async def ask(q: str, **query: Any) -> dict[str, Any]:
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost/api/v1") as client:
            answer = await client.get("/public/places", params={"q": q, **query})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    return runtime, ask


async def test_without_a_geocoder_towns_are_found_and_nobody_is_asked(make_runtime: MakeRuntime) -> None:
    _, ask = await asker(make_runtime)
    found = await ask("hambrug")
    assert (found["items"][0]["name"], found["items"][0]["source"]) == ("Hamburg", "gazetteer")
    assert found["attributions"] == ["GeoNames (CC BY 4.0)"]


async def test_photon_is_asked_once_for_the_same_and_names_its_source(
    make_runtime: MakeRuntime, server: Server
) -> None:
    _, ask = await asker(make_runtime, geocoder="photon", geocoder_url=server.url, geocoder_per_s=1000)
    found = await ask("hamburg", locale="de", latitude=53.123456, longitude=9.987654)
    city, street, *towns = found["items"]
    assert (city["name"], city["detail"], city["source"]) == ("Hamburg", "Deutschland", "geocoder")
    assert city["bbox"] == [8.1, 53.39, 10.33, 54.03]
    assert (street["name"], street["detail"]) == ("Am Kai 3", "20457, Hamburg")
    assert all(town["source"] == "gazetteer" for town in towns)
    assert ("Hamburg", "DE") not in {(town["name"], town["country"]) for town in towns}  # not twice
    assert found["attributions"] == ["© OpenStreetMap contributors", "GeoNames (CC BY 4.0)"]
    assert await ask(" HAMBURG ", locale="de", latitude=53.1234, longitude=9.9876) == found
    ((path, query, agent),) = server.asked
    assert path == "/api"
    assert (query["q"], query["lang"], query["lat"], query["lon"]) == (["hamburg"], ["de"], ["53.12"], ["9.99"])
    assert "voltway" in agent


async def test_nominatim_is_not_asked_while_somebody_types(make_runtime: MakeRuntime, server: Server) -> None:
    server.said = NOMINATIM
    _, ask = await asker(make_runtime, geocoder="nominatim", geocoder_url=server.url + "/", geocoder_per_s=1000)
    await ask("rathaus")
    assert server.asked == []
    first = (await ask("rathaus", is_typed=True))["items"][0]
    assert (first["name"], first["detail"]) == ("Rathaus", "Rathausmarkt, Hamburg, Deutschland")
    assert first["bbox"] == [9.99, 53.55, 10.01, 53.551]
    assert (first["latitude"], first["longitude"]) == (53.5503, 10.0007)
    ((path, query, _),) = server.asked
    assert (path, query["format"]) == ("/search", ["jsonv2"])


async def test_geocoder_is_not_asked_more_often_than_allowed(make_runtime: MakeRuntime, server: Server) -> None:
    runtime, ask = await asker(make_runtime, geocoder="photon", geocoder_url=server.url, geocoder_per_s=0.001)
    await ask("hamburg")
    beyond = await ask("berlin")
    assert len(server.asked) == 1
    assert (beyond["items"][0]["name"], beyond["items"][0]["source"]) == ("Berlin", "gazetteer")
    runtime.state(Geography).free_at = 0
    await ask("berlin")
    assert [query["q"] for _, query, _ in server.asked] == [["hamburg"], ["berlin"]]


@pytest.mark.parametrize(
    ("said", "status", "wait_s"),
    [
        (PHOTON, 503, 0),
        ([], 200, 0),
        ({"features": [{"properties": {}, "geometry": {"coordinates": [0, 99]}}]}, 200, 0),
        ({"features": "x" * 600_000}, 200, 0),
        (PHOTON, 200, 30),
    ],
    ids=["refuses", "another shape", "no point on Earth", "too much", "too slow"],
)
async def test_where_the_geocoder_fails_the_towns_are_found(
    make_runtime: MakeRuntime, server: Server, said: Any, status: int, wait_s: float
) -> None:
    server.said, server.status, server.wait_s = said, status, wait_s
    timeout_s = 0.2 if wait_s else 10
    _, ask = await asker(make_runtime, geocoder="photon", geocoder_url=server.url, geocoder_timeout_s=timeout_s)
    found = await ask("hamburg")
    assert len(server.asked) == 1
    assert (found["items"][0]["name"], found["items"][0]["source"]) == ("Hamburg", "gazetteer")


async def test_map_is_drawn_on_what_the_settings_name_and_pages_may_fetch_from_there(make_runtime: MakeRuntime) -> None:
    manifests = catalog.load(("stations", "sessions", "users", "audit", "directory"))
    settings = {"map_tiles_url": "https://tiles.example.org/{z}/{x}/{y}.png", "map_attribution": "© Somebody"}
    for chosen, origin in (({}, None), (settings, "https://tiles.example.org")):
        runtime = await make_runtime(*manifests, settings={"directory": chosen})
        transport = httpx.ASGITransport(app_of(runtime))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            said = (await client.get("/api/v1/public/map")).json()
            policy = (await client.get("/places")).headers["content-security-policy"]
        assert said["tiles_url"] == chosen.get("map_tiles_url")
        assert said["attribution"] == chosen.get("map_attribution", "")
        parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
        for name in ("connect-src", "img-src"):
            assert (origin in parts[name].split()) is (origin is not None) or origin is None
            assert ("https:" in parts[name]) is (origin is not None)
        assert parts["script-src"] == "'self'"


@pytest.mark.parametrize(
    "settings",
    [
        {"geocoder": "photon"},
        {"map_tiles_url": "https://a.example/{z}/{x}/{y}.png", "map_style_url": "https://a.example/style.json"},
        {"map_tiles_url": "https://a.example/; script-src *"},
        {"map_style_url": "javascript:alert(1)"},
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, Any]) -> None:
    from pydantic import ValidationError

    from voltway.modules.directory.settings import DirectorySettings

    with pytest.raises(ValidationError):
        DirectorySettings(**settings)
