"""Asks a geocoder where something is: Photon or Nominatim, one's own or somebody's.

Sources: Photon, https://github.com/komoot/photon (`/api?q=…`, GeoJSON); Nominatim, https://nominatim.org/release-docs/latest/api/Search/
(`/search?format=jsonv2`), and its usage policy: not more than one request a second, none while somebody still types, the caller names
itself, the source is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import httpx
import msgspec

ANSWER_BYTES_MAX = 500_000
TEXT_MAX = 200
OPENSTREETMAP = "© OpenStreetMap contributors"
_PHOTON_LANGUAGES = ("en", "de")


class GeocoderFailed(Exception):
    """It cannot be reached, refuses, or says what nobody can read."""


class Spot(NamedTuple):
    """Something that was found. `detail`: where it lies, in words; `box`: west, south, east, north in degrees, if it is large."""

    name: str
    detail: str
    latitude: float
    longitude: float
    box: tuple[float, float, float, float] | None


class Query(NamedTuple):
    """What is looked for, and near what (latitude, longitude)."""

    text: str
    language: str
    near: tuple[float, float] | None
    most: int


def _ask_photon(query: Query) -> dict[str, str | int | float]:
    asked: dict[str, str | int | float] = {"q": query.text, "limit": query.most}
    if query.language in _PHOTON_LANGUAGES:  # it refuses those that it was not built with
        asked["lang"] = query.language
    if query.near is not None:
        asked |= {"lat": query.near[0], "lon": query.near[1]}
    return asked


def _ask_nominatim(query: Query) -> dict[str, str | int | float]:
    return {"q": query.text, "limit": query.most, "format": "jsonv2", "accept-language": query.language}


def _read_photon(said: Any) -> list[Spot]:
    return [_photon_spot(each) for each in said["features"]]


def _photon_spot(feature: Mapping[str, Any]) -> Spot:
    told = feature["properties"]
    longitude, latitude = feature["geometry"]["coordinates"][:2]
    street = " ".join(filter(None, (told.get("street"), told.get("housenumber"))))
    name = told.get("name") or street or told.get("city") or ""
    around = (street, told.get("postcode"), told.get("city"), told.get("state"), told.get("country"))
    west, north, east, south = told.get("extent") or (None,) * 4
    return _spot(name, around, latitude, longitude, (west, south, east, north))


def _read_nominatim(said: Any) -> list[Spot]:
    return [_nominatim_spot(each) for each in said]


def _nominatim_spot(found: Mapping[str, Any]) -> Spot:
    first, *around = found["display_name"].split(", ")
    south, north, west, east = found.get("boundingbox") or (None,) * 4
    return _spot(found.get("name") or first, around, found["lat"], found["lon"], (west, south, east, north))


def _spot(name: str, around: Sequence[str | None], latitude: Any, longitude: Any, box: Sequence[Any]) -> Spot:
    detail = ", ".join(dict.fromkeys(each for each in around if each and each != name))
    west, south, east, north = (None if each is None else float(each) for each in box)
    is_box = west is not None and south is not None and east is not None and north is not None
    held = (west, south, east, north) if is_box else None
    if not name or not (-90 <= float(latitude) <= 90 and -180 <= float(longitude) <= 180):
        raise ValueError("no point on Earth")
    return Spot(name[:TEXT_MAX], detail[:TEXT_MAX], float(latitude), float(longitude), held)  # type: ignore[arg-type]  # none is None


class Geocoder(NamedTuple):
    """How one is asked, and read. `can_complete`: it may be asked while somebody types."""

    path: str
    ask: Callable[[Query], dict[str, str | int | float]]
    read: Callable[[Any], list[Spot]]
    can_complete: bool


GEOCODERS: Mapping[str, Geocoder] = {
    "photon": Geocoder("/api", _ask_photon, _read_photon, can_complete=True),
    "nominatim": Geocoder("/search", _ask_nominatim, _read_nominatim, can_complete=False),
}


async def look_for(kind: str, url: str, query: Query, *, timeout_s: float, user_agent: str) -> list[Spot]:
    """What a geocoder finds. Raises GeocoderFailed."""
    geocoder = GEOCODERS[kind]
    headers = {"user-agent": user_agent, "accept": "application/json"}
    try:
        async with (
            httpx.AsyncClient(timeout=timeout_s, follow_redirects=False, trust_env=False, headers=headers) as client,
            client.stream("GET", url.rstrip("/") + geocoder.path, params=geocoder.ask(query)) as response,
        ):
            body = b""
            async for part in response.aiter_bytes():
                body += part
                if len(body) > ANSWER_BYTES_MAX:
                    raise GeocoderFailed("it says too much")
        if response.status_code != 200:
            raise GeocoderFailed(f"it answers {response.status_code}")
        return geocoder.read(msgspec.json.decode(body))[: query.most]
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise GeocoderFailed(f"it cannot be reached: {type(error).__name__}") from error
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise GeocoderFailed("it says what nobody can read") from error
