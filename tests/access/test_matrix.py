"""Every route of the API, called by everybody, answers as the route itself declares (`x-access` in openapi.json).

A route without a declaration fails, and so does one whose path, body or success nobody has described below.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx

from access.questions import BODIES, FORMS, NAMED, NOT_ASKED_IN, OF_ALL, OPERATOR_WIDE, OTHERWISE, QUERIES, THINGS
from access.world import World
from voltway.kernel.auth import Permission, Role
from voltway.kernel.auth.roles import PERMISSIONS
from voltway.kernel.http.route import access_of


class Route(NamedTuple):
    method: str
    path: str
    operation: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.operation["operationId"])

    @property
    def access(self) -> dict[str, Any]:
        return dict(self.operation["x-access"])

    @property
    def names_things(self) -> bool:
        return "{" in self.path

    def address(self, world: World) -> str:
        chosen = THINGS.get(self.path, {})
        path = self.path
        for parameter in self.operation.get("parameters", []):
            if parameter["in"] == "path":
                name = chosen.get(parameter["name"], parameter["name"])
                path = path.replace(f"{{{parameter['name']}}}", name[1:] if name[0] == "=" else world.ours[name])
        return path

    def body(self, world: World) -> Any:
        text = json.dumps(BODIES[self.name])
        for name, thing in world.ours.items():
            text = text.replace(f"{{{name}}}", thing)
        return json.loads(text)

    def success(self) -> set[int]:
        declared = {int(status) for status in self.operation["responses"] if status.isdecimal() and status[0] == "2"}
        return OTHERWISE.get(self.name, declared)


def routes_of(document: dict[str, Any]) -> Iterator[Route]:
    """All routes: reads first, then writes, then what removes; what others hang on last."""
    last = [
        "retire_station",
        "delete_location",
        "delete_vehicle",
        "delete_fleet",
        "erase_other_account",
        "remove_member",
    ]
    last += ["end_other_log_ins", "change_password", "log_out", "erase_account"]
    found = [
        Route(method.upper(), path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]
    order = {"GET": 0, "POST": 1, "PUT": 1, "PATCH": 1, "DELETE": 2}
    yield from sorted(found, key=lambda route: (route.name in last and last.index(route.name) + 9, order[route.method]))


# ---- what a declaration implies

NOT_LET_IN = {
    "anonymous",
    "invented key",
    "expired key",
    "revoked key",
    "key of a suspended operator",
    "disabled member's browser",
}
BOUND = {
    "site_host",
    "operations elsewhere",
    "operator admin elsewhere",
    "site host elsewhere",
    "site host of no location",
}
ELSEWHERE = BOUND - {"site_host"}
STRANGERS = {"stranger", "other driver"}
ROLE_OF = {
    "stranger": Role.OPERATOR_ADMIN,
    "other driver": Role.DRIVER,
    "operations elsewhere": Role.OPERATIONS,
    "operator admin elsewhere": Role.OPERATOR_ADMIN,
    "site host elsewhere": Role.SITE_HOST,
    "site host of no location": Role.SITE_HOST,
    "administrator's browser": Role.OPERATOR_ADMIN,
    "browser without CSRF token": Role.OPERATOR_ADMIN,
}
IN = 0
"""Let in: the route's own answer."""


def expected(route: Route, caller: str) -> int:
    """The status that the route's declaration implies for a caller."""
    access = route.access
    if access["who"] == "anybody":
        return IN
    if caller in NOT_LET_IN:
        return 401
    if caller == "browser without CSRF token" and route.method != "GET":
        return 403
    if access["who"] == "people":
        return IN if "browser" in caller else 403
    if access["who"] == "anybody known":
        return IN
    permission = Permission(access["permission"])
    held = {Permission.STATIONS_READ} if caller == "custom" else PERMISSIONS[ROLE_OF.get(caller) or Role(caller)]
    if permission not in held or (access["everywhere"] and caller in BOUND):
        return 403
    if any(part in route.path for part in NAMED):
        return IN
    is_theirs_too = any(part in route.path for part in OPERATOR_WIDE)
    if route.names_things and (caller in STRANGERS or (caller in ELSEWHERE and not is_theirs_too)):
        return 404
    return IN


async def call(world: World, client: httpx.AsyncClient, route: Route) -> httpx.Response:
    options: dict[str, Any] = {}
    if route.name in QUERIES:
        options["params"] = QUERIES[route.name]
    if route.path.startswith("/api/v1/reports/"):
        options["params"] = {"since": "2026-07-01", "until": "2026-08-01", "year": 2026, "quarter": 3}
        options["params"] |= {"station_id": world.ours["station_id"], "evse_number": 1}
    if route.name == "upload_firmware_image":
        options["content"] = b"firmware"
    elif route.name == "import_id_tokens":
        options["content"] = b"value,kind\n04FF,ISO14443\n"
        options["headers"] = {"content-type": "text/csv"}
    elif route.name in FORMS:
        options["data"] = FORMS[route.name]
    elif route.method in ("POST", "PUT", "PATCH") and BODIES[route.name] is not None:
        options["json"] = route.body(world)
    return await client.request(route.method, route.address(world), **options)


async def test_every_route_answers_everybody_as_it_declares(world: World) -> None:
    wrong: list[str] = []
    document = world.app.openapi()
    callers = sorted(world.callers, key=lambda name: (name in ROLE_OF or name in set(Role), name != "operator_admin"))
    for route in routes_of(document):
        wanted = {caller: expected(route, caller) for caller in callers}
        first = next(
            (caller for caller in callers if wanted[caller] == IN and caller not in ELSEWHERE | STRANGERS), None
        )
        # Whoever is kept out comes first: the thing must be there still for those who are let in.
        for caller in sorted(callers, key=lambda name: (wanted[name] == IN, name != first)):
            if wanted[caller] == IN and route.name in NOT_ASKED_IN:
                continue
            answer = await call(world, world.callers[caller], route)
            if not fits(answer, route, wanted[caller], is_first=caller == first):
                wanted_text = wanted[caller] or sorted(route.success())
                told = answer.text[:150]
                wrong.append(
                    f"{route.method} {route.path} by {caller}: {answer.status_code}, not {wanted_text}: {told}"
                )
    assert not wrong, "\n".join([f"{len(wrong)} answers differ:", *wrong])


def fits(answer: httpx.Response, route: Route, wanted: int, *, is_first: bool) -> bool:
    """Whether an answer is the one that is due. The first who is let in gets the route's success; the others may find the
    thing changed already, or (bound elsewhere) a body that names what is not theirs."""
    if wanted != IN:
        is_problem = answer.headers.get("content-type") == "application/problem+json"
        return answer.status_code == wanted and is_problem
    if is_first or route.access["who"] == "anybody":
        return answer.status_code in route.success()
    refusals = {401} if route.name != "log_in" else set()
    if route.method == "GET":
        refusals |= {403, 409, 422} - route.success()
    return answer.status_code < 500 and answer.status_code not in refusals


async def test_lists_hold_nothing_of_others(world: World) -> None:
    """Who belongs to another operator sees no id of ours in any list; who is bound elsewhere none of what stands here."""
    here = {
        thing
        for name, thing in world.ours.items()
        if name not in (*OF_ALL, "stream_number", "charging_profile_id", "operator_id", "audit_number")
    }
    everything = here | {world.ours[name] for name in OF_ALL}
    shown: set[str] = set()
    for route in routes_of(world.app.openapi()):
        if (
            route.method != "GET"
            or route.names_things
            or route.access["who"] != "permitted"
            or route.name in NOT_ASKED_IN
        ):
            continue
        for caller, theirs in (
            ("operator_admin", set()),
            ("stranger", everything),
            *((one, here) for one in ELSEWHERE),
        ):
            answer = await world.callers[caller].get(route.path, params={"limit": 100} if "limit" in str(route) else {})
            if caller == "operator_admin":
                shown |= {thing for thing in everything if thing in answer.text}
            if answer.status_code == 200:
                told = sorted(name for name, thing in world.ours.items() if thing in theirs and thing in answer.text)
                assert not told, f"{route.path} tells {caller} of {told}"
    in_lists = {
        "station_id",
        "session_id",
        "reservation_id",
        "certificate_id",
        "settlement_id",
        "tariff_id",
        "image_id",
    }
    assert {world.ours[name] for name in in_lists} <= shown  # else the lists above were empty, and nothing is shown


def test_every_write_is_described(world: World) -> None:
    writes = {route.name for route in routes_of(world.app.openapi()) if route.method in ("POST", "PUT", "PATCH")}
    assert writes == set(BODIES)


def test_every_route_declares_who_is_let_in(world: World) -> None:
    for manifest in world.runtime.manifests:
        for router in manifest.routes():
            for route in router.routes:
                assert access_of(route) is not None, f"{route.path}: Depends(allowed(…)), caller_of or anybody"
