"""Who drives the CSMS while a case is played: Voltway's REST API, a person who is asked, or nobody."""

from __future__ import annotations

import asyncio
import json
import secrets
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from voltway.station.conformance.case import CaseFailed, NotApplicable

API_PATH = "/api/v1"
TIMEOUT_S = 60
WAIT_S = 20


class Driver(Protocol):
    """What a case may want of the CSMS beside the wire."""

    patience_s: float
    """How long what it is told to do may take to show on the wire."""

    async def prepare(self, identity: str, protocol: str) -> tuple[str, str | None]:
        """Have a record of a station; its identity and password."""
        ...

    async def token(self, status: str, group: str | None = None) -> str:
        """A token that the CSMS knows as `accepted`, `blocked`, `expired`; `unknown`: one that it does not know."""
        ...

    async def order(self, identity: str, kind: str, arguments: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Have the CSMS give an order; how it ended as the CSMS shows it, None if it cannot be asked."""
        ...

    async def session(self, identity: str, transaction_id: str | None) -> Mapping[str, Any] | None:
        """The newest session of a station, or the one of a transaction, as the CSMS shows it; None if it cannot be asked."""
        ...

    async def station(self, identity: str) -> Mapping[str, Any] | None:
        """The station as the CSMS shows it; None if it cannot be asked."""
        ...

    async def meter_value(self, identity: str) -> Mapping[str, Any] | None:
        """The newest values of a station outside of transactions, as the CSMS shows them; None if it cannot be asked."""
        ...

    async def finish(self, identity: str) -> None:
        """The station is not needed any more."""
        ...


class Nobody:
    """The CSMS is left alone: only what a station does by itself can be played."""

    def __init__(
        self, identity: str, password: str | None, tokens: Mapping[str, str], patience_s: float = 10.0
    ) -> None:
        self.patience_s = patience_s
        self._identity, self._password, self._tokens = identity, password, tokens

    async def prepare(self, identity: str, protocol: str) -> tuple[str, str | None]:
        return self._identity, self._password

    async def token(self, status: str, group: str | None = None) -> str:
        if status == "unknown":
            return "NOBODY" + secrets.token_hex(4).upper()
        if status not in self._tokens or group is not None:
            raise NotApplicable(f"needs a token that is {status}{' and in a group' if group else ''} (--token)")
        return self._tokens[status]

    async def order(self, identity: str, kind: str, arguments: Mapping[str, Any]) -> Mapping[str, Any] | None:
        raise NotApplicable(f"needs an operator who gives the order {kind} (--api, or --ask)")

    async def session(self, identity: str, transaction_id: str | None) -> Mapping[str, Any] | None:
        return None

    async def station(self, identity: str) -> Mapping[str, Any] | None:
        return None

    async def meter_value(self, identity: str) -> Mapping[str, Any] | None:
        return None

    async def finish(self, identity: str) -> None:
        return


class Person(Nobody):
    """Somebody at the CSMS's own user interface, who does what is printed."""

    def __init__(
        self, identity: str, password: str | None, tokens: Mapping[str, str], say: Callable[[str], None]
    ) -> None:
        super().__init__(identity, password, tokens, patience_s=180.0)
        self._say = say

    async def order(self, identity: str, kind: str, arguments: Mapping[str, Any]) -> Mapping[str, Any] | None:
        details = ", ".join(f"{name} {value}" for name, value in arguments.items())
        self._say(f"Please have the CSMS do this for station {identity}: {kind.replace('_', ' ')} ({details})")
        return None


class VoltwayDriver:
    """Drives a Voltway through its REST API; every case gets a station of its own, and new tokens."""

    patience_s = 15.0

    def __init__(self, api_url: str, api_key: str) -> None:
        self._base = api_url.rstrip("/").removesuffix(API_PATH) + API_PATH
        self._key = api_key
        self._ids: dict[str, str] = {}

    async def prepare(self, identity: str, protocol: str) -> tuple[str, str | None]:
        name = f"{identity[:36]}-{secrets.token_hex(4)}"
        connectors = [{"connector_number": 1, "type": "cType2"}]
        evses = [{"evse_number": number, "power_w_max": 22_000, "connectors": connectors} for number in (1, 2)]
        made = await self._ask("POST", "/charging-stations", {"identity": name, "evses": evses})
        self._ids[name] = made["id"]
        return name, made["password"]

    async def token(self, status: str, group: str | None = None) -> str:
        value = secrets.token_hex(7).upper()
        if status != "unknown":
            await self._ask(
                "POST", "/id-tokens", {"value": value, "status": status, **({"group": group} if group else {})}
            )
        return value

    async def order(self, identity: str, kind: str, arguments: Mapping[str, Any]) -> Mapping[str, Any] | None:
        body = {"type": kind, **arguments}
        if kind == "stop_transaction":
            session = await self.session(identity, str(body.pop("transaction_id")))
            body["session_id"] = (session or {}).get("id")
        command = await self._ask("POST", f"/charging-stations/{self._ids[identity]}/commands?wait_s={WAIT_S}", body)
        return dict(command)

    async def session(self, identity: str, transaction_id: str | None) -> Mapping[str, Any] | None:
        query = urllib.parse.urlencode({"station_identity": identity, "limit": 50})
        items = (await self._ask("GET", f"/sessions?{query}"))["items"]
        wanted = [item for item in items if transaction_id is None or item["transaction_id"] == transaction_id]
        return dict(wanted[0]) if wanted else {}

    async def station(self, identity: str) -> Mapping[str, Any] | None:
        return dict(await self._ask("GET", f"/charging-stations/{self._ids[identity]}"))

    async def meter_value(self, identity: str) -> Mapping[str, Any] | None:
        items = (await self._ask("GET", f"/charging-stations/{self._ids[identity]}/meter-values?limit=1"))["items"]
        return dict(items[0]) if items else {}

    async def finish(self, identity: str) -> None:
        await self._ask("DELETE", f"/charging-stations/{self._ids.pop(identity)}")

    async def _ask(self, method: str, path: str, body: Any = None) -> Any:
        return await asyncio.to_thread(self._request, method, path, body)

    def _request(self, method: str, path: str, body: Any) -> Any:
        request = urllib.request.Request(
            self._base + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=TIMEOUT_S) as answer:
                raw = answer.read()
                return json.loads(raw) if raw else None
        except urllib.error.HTTPError as error:
            detail = error.read().decode(errors="replace")[:300]
            error.close()
            raise CaseFailed(f"the API answers {error.code} to {method} {path}: {detail}") from error
        except OSError as error:
            raise NotApplicable(f"the API cannot be reached: {error}") from error
