"""What the platform says about the fleet's sessions, asked over its REST API."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime
from typing import Any

from voltway.kernel.clock import to_rfc3339
from voltway.station.simulator.ledger import PlatformSession
from voltway.wire.ocpp.times import parse_instant

API_PATH = "/api/v1"
PAGE_SIZE = 100
TIMEOUT_S = 30


class PlatformUnreachable(Exception):
    """The platform could not be asked; the text says why, in one line."""


async def fetch_sessions(api_url: str, api_key: str, since: datetime) -> list[PlatformSession]:
    """All sessions that began since an instant. Raises PlatformUnreachable."""
    base = api_url.rstrip("/").removesuffix(API_PATH) + API_PATH
    sessions: list[PlatformSession] = []
    cursor: str | None = None
    while True:
        query = {"since": to_rfc3339(since), "limit": str(PAGE_SIZE)} | ({"cursor": cursor} if cursor else {})
        page = await asyncio.to_thread(_get, f"{base}/sessions?{urllib.parse.urlencode(query)}", api_key)
        try:
            sessions += [_session(item) for item in page["items"]]
            cursor = page["next_cursor"]
        except (KeyError, TypeError) as error:
            raise PlatformUnreachable(f"{base}/sessions answers something else than a list of sessions") from error
        if not cursor:
            return sessions


def _get(url: str, api_key: str) -> Any:
    if not url.startswith(("http://", "https://")):
        raise PlatformUnreachable(f"{url} is no http address")
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {api_key}", "Accept": "application/json"})
    # The stations' links use no proxy either: both go to the same server.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=TIMEOUT_S) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        error.close()
        why = "the API key is refused" if error.code in (401, 403) else error.reason
        raise PlatformUnreachable(f"{url} answers {error.code}: {why}") from error
    except (OSError, ValueError) as error:
        raise PlatformUnreachable(f"{url}: {error}") from error


def _session(item: dict[str, Any]) -> PlatformSession:
    return PlatformSession(
        station_identity=item["station_identity"],
        transaction_id=item["transaction_id"],
        state=item["state"],
        evse_number=item["evse_number"],
        id_token=item["id_token"],
        meter_start_wh=item["meter_start_wh"],
        meter_stop_wh=item["meter_stop_wh"],
        energy_wh=item["energy_wh"],
        started_at=parse_instant(started).at if (started := item.get("started_at")) else None,
    )
