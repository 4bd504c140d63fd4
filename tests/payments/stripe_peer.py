"""A peer with answers in Stripe's shapes, as its documentation has them, for what localstripe cannot do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from fastapi import FastAPI, Request, Response

from voltway.integrations.payments.port import Call, Kind
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.money import Money

PATH = "POST /v1/payment_intents/pi_1"
UNEXPECTED = {"error": {"type": "invalid_request_error", "code": "payment_intent_unexpected_state", "message": "no"}}


@dataclass
class Peer:
    """Answers as a test tells it, and keeps what it was asked."""

    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], Mapping[str, str]]] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    later: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    """Answers to one request after the other, where they differ."""

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.api_route("/{path:path}", methods=["GET", "POST", "DELETE"])
        async def answer(path: str, request: Request) -> Response:
            form = dict(parse_qsl((await request.body()).decode()))
            self.asked.append((f"{request.method} /{path}", form, dict(request.headers)))
            self.queries.append(dict(request.query_params))
            asked = f"{request.method} /{path}"
            status, body = self.later[asked].pop(0) if asked in self.later else self.answers[asked]
            return Response(json.dumps(body), status, media_type="application/json")

        return app


def intent(status: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": "pi_1",
        "object": "payment_intent",
        "status": status,
        "amount": 1500,
        "amount_received": 0,
        "currency": "eur",
        "last_payment_error": None,
        "next_action": None,
        "latest_charge": None,
        **fields,
    }


def a_call(kind: Kind, minor: int = 1500, **fields: Any) -> Call:
    return Call(
        **{
            "kind": kind,
            "key": "key-1",
            "payment_id": "p-1",
            "operator_id": DEFAULT_OPERATOR_ID,
            "amount": Money(minor, "EUR"),
            "method": "card",
            "source": "cus_1/pm_1",
            "reference": "pi_1",
            "made_at": clock.now(),
            **fields,
        }
    )
