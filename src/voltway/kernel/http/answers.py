"""Answers without a detour: what lists show is made of plain values and written as JSON at once.

A list of fifty rows as fifty validated models costs several times as much as the rest of the request. The model stays in the
route's `response_model`, for the API's description; tests hold what is answered against it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from fastapi import Response

from voltway.kernel.clock import to_rfc3339
from voltway.kernel.money import Money

_encode = msgspec.json.Encoder(decimal_format="string").encode


def json_answer(body: Any) -> Response:
    """A response of plain values: dicts, lists, texts, numbers; decimals become texts. Instants by `instant_out`."""
    return Response(_encode(body), media_type="application/json")


def page_answer(items: Iterable[Any], next_cursor: str | None) -> Response:
    """A page of a list, as `Page` describes it."""
    return json_answer({"items": list(items), "next_cursor": next_cursor})


def instant_out(at: datetime | None) -> str | None:
    """An instant as the API writes it."""
    return None if at is None else to_rfc3339(at)


def money_out(money: Money | None) -> dict[str, Any] | None:
    """A payable amount as the API writes it."""
    return None if money is None else {"minor": money.minor, "currency": money.currency}
