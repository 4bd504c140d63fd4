"""What the local page shows and does, bound to a running station."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from voltway.station.config import LocalConfig
from voltway.station.evse_words import Outcome, ResetFaults, Unlock
from voltway.station.local.doctor import Way, examine
from voltway.station.local.page import LocalPage, Wrong
from voltway.station.local.standing import LocalEvse, LocalStation, standing


def local_page(program: LocalStation, config: LocalConfig, way: Callable[[], Way | None]) -> LocalPage | None:
    """The page of a station, not started yet; None where it is off. `way` is how it goes to its CSMS at this moment."""
    if config.http is None:
        return None

    async def status() -> Any:
        return standing(program)

    async def doctor() -> Any:
        found = way()
        return [asdict(step) for step in await examine(found)] if found is not None else []

    async def limit(wish: dict[str, Any]) -> Any:
        set_limit(_evse(program, wish), wish.get("current_a"))
        return standing(program)

    async def unlock(wish: dict[str, Any]) -> Any:
        return await _command(program, wish, Unlock)

    async def reset_faults(wish: dict[str, Any]) -> Any:
        return await _command(program, wish, ResetFaults)

    async def charge_now(wish: dict[str, Any]) -> Any:
        evse = _evse(program, wish)
        if evse.hardware is None or evse.hardware.shaper is None:
            raise Wrong(HTTPStatus.BAD_REQUEST, "this station has no off-peak hours")
        evse.hardware.shaper.is_overridden = True
        return standing(program)

    looks = {"/status.json": status, "/doctor.json": doctor}
    orders = {"/limit": limit, "/unlock": unlock, "/reset-faults": reset_faults, "/charge-now": charge_now}
    return LocalPage(looks, orders, config.pin)


def set_limit(evse: LocalEvse, current_a: object) -> None:
    """The most that the house allows an EVSE per phase; None: no limit of its own. Raises Wrong."""
    if current_a is None:
        value = None
    elif isinstance(current_a, int | float) and math.isfinite(current_a) and 0 <= current_a <= 80:
        value = float(current_a)
    else:
        raise Wrong(HTTPStatus.BAD_REQUEST, "current_a is a number from 0 to 80, or null")
    if evse.hardware is not None:
        evse.hardware.local_limit_a = value


async def _command(program: LocalStation, wish: dict[str, Any], kind: type[Unlock] | type[ResetFaults]) -> Any:
    outcome: Outcome = await _evse(program, wish).controller.command(kind)
    return {"outcome": outcome.value}


def _evse(program: LocalStation, wish: dict[str, Any]) -> LocalEvse:
    number = wish.get("evse_number")
    found = [evse for evse in program.evses if evse.number == number]
    if not found:
        raise Wrong(HTTPStatus.BAD_REQUEST, f"evse_number is one of {[evse.number for evse in program.evses]}")
    return found[0]
