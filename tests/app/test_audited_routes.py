"""Every route that writes tells the audit log, or stands here with the reason why it need not.

Looked up in the code: the function of the route, and those of ours that it calls, must come to `audit.note`, or to an order to a
station, which the stations module notes. That what is noted is right is for the tests of each module.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from types import FunctionType, ModuleType
from typing import Any

import pytest
from fastapi.routing import APIRoute

from voltway.app import catalog
from voltway.contracts.stations import AcceptStation, SendCommand
from voltway.kernel import audit
from voltway.kernel.http import access

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
NOT_NOTED = {
    "add_feeder_reading": "a reading of a meter, told to the rules; nobody decides anything",
    "save_view": "a person's own filters of a list",
    "remove_saved_view": "a person's own filters of a list",
    "add_note": "a note is a line of the incident's own timeline, with who wrote it",
    "add_push_subscription": "a person's own device, on which messages are shown",
    "remove_push_subscription": "a person's own device, on which messages are shown",
    "add_report_photo": "a photo to a ticket, by whoever has reported it",
    "add_ticket_note": "a note is a line of the ticket itself, with who wrote it",
    "ask_ocsp": "a question that changes nothing; it is asked by POST because it may be long (RFC 6960)",
    "change_email": "sends a mail to the new address; the link in it changes something, and tells",
    "change_profile": "a person's own name, language and time zone",
    "answer_sandbox_card": "the test provider's own page; its books keep it",
    "answer_sandbox_page": "the test provider's own page; its books keep it",
    "check_tariff": "looks at a tariff and keeps nothing",
    "confirm_charging_start": "has the provider asked; the payment keeps what it said",
    "confirm_payment_card": "has the provider asked; the card keeps what it said",
    "confirm_own_payment": "has the provider asked; the payment keeps what it said",
    "forget_password": "sends a mail; the link in it changes something, and tells",
    "pay_web_payment": "said by the payment provider, signed; the payment itself keeps it",
    "price_session": "reckons and keeps nothing",
    "register": "sends a mail; the link in it makes the account, and tells",
    "set_consent": "each consent is kept with its time, for good",
    "report_problem": "the ticket itself keeps what was reported, and when; nobody is known who did it",
    "simulate_session": "reckons and keeps nothing",
    "start_as_guest": "a payer's own payment, which keeps each call with its time",
    "start_own_charging": "a payer's own payment, which keeps each call with its time",
    "start_passkey": "a challenge; the answer to it changes something, and tells",
    "start_passkey_log_in": "a challenge; the answer to it is a log-in, and tells",
    "start_step_up": "a challenge; the answer to it tells",
    "take_payment_notice": "said by the payment provider, signed; it has us ask, and the payment keeps what was answered",
    "top_up_wallet": "a payer's own payment, which keeps each call with its time",
}
TELLS = (audit.note, SendCommand, AcceptStation)
DEPTH_MAX = 6


def routes() -> Iterator[APIRoute]:
    for router in (access.router, *(router for manifest in catalog.load() for router in manifest.routes())):
        for route in router.routes:
            if isinstance(route, APIRoute) and route.methods & WRITES:
                yield route


def called_by(function: FunctionType) -> Iterator[Any]:
    """What a function calls, as far as its names stand in its module."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            found: Any = _value(node.func, function.__globals__)
            if found is not None:
                yield found


def _value(node: ast.expr, names: dict[str, Any]) -> Any:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        holder = _value(node.value, names)
        return getattr(holder, node.attr, None) if isinstance(holder, (ModuleType, type)) else None
    return None


def tells(function: Callable[..., Any], depth: int = 0) -> bool:
    """Whether a function comes to tell the audit log."""
    if depth > DEPTH_MAX or not isinstance(function, FunctionType) or not function.__module__.startswith("voltway."):
        return False
    found = list(called_by(function))
    return any(each in TELLS for each in found if callable(each)) or any(tells(each, depth + 1) for each in found)


@pytest.mark.parametrize("route", [pytest.param(route, id=route.name) for route in routes()])
def test_a_route_that_writes_tells_the_audit_log(route: APIRoute) -> None:
    if route.name in NOT_NOTED:
        assert not tells(route.endpoint), f"{route.name} tells it after all: take it out of NOT_NOTED"
        return
    assert tells(route.endpoint), (
        f"{sorted(route.methods)} {route.path} ({route.name}) changes something and does not call audit.note "
        "in its transaction. Do so, or say in NOT_NOTED why it need not."
    )


def test_exceptions_are_routes() -> None:
    assert NOT_NOTED.keys() <= {route.name for route in routes()}


def test_the_search_finds_what_is_missing() -> None:
    from voltway.modules.stations.api import stations

    assert not tells(stations.list_stations)
    assert tells(stations.add_station)
