"""Verdicts on tokens of fleets: how far their fleets' limits let them go."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from msgspec.structs import replace

from voltway.contracts.fleets import FindFleetLeft, FindLimitedFleets, FleetLeft
from voltway.contracts.station_link import Authorization
from voltway.contracts.vocabulary import AuthorizationStatus
from voltway.kernel import clock
from voltway.kernel.errors import Unavailable
from voltway.kernel.runtime import Runtime
from voltway.modules.users import quota_rules
from voltway.modules.users.quota_rules import Meter

log = structlog.get_logger()

ASK_EVERY_S = 1.0
ASK_AGAIN_S = 30.0
"""After the fleets have not answered: whoever shows a card does not wait for them each time."""


class LimitedFleets:
    """The operators of whom a fleet has limits, asked for now and then: tokens of others cost no question (Runtime.state)."""

    def __init__(self) -> None:
        self.operator_ids: frozenset[str] = frozenset()
        self.ask_at = float("-inf")
        self.is_away = False


async def held(runtime: Runtime, operator_id: str, verdict: Authorization) -> Authorization:
    """An accepting verdict, held against the limits of the fleet that its token is in. While the fleets do not answer the token's
    own terms decide, and no station keeps the verdict: nobody is left standing for our trouble."""
    known = runtime.state(LimitedFleets)
    try:
        if clock.monotonic() >= known.ask_at:
            await _ask(runtime, known)
        if verdict.id_token_id is None or operator_id not in known.operator_ids:
            return verdict
        if not known.is_away:
            question = FindFleetLeft(operator_id=operator_id, id_token_ids=(verdict.id_token_id,))
            nothing: list[FleetLeft] = []
            left = await runtime.ask_or(question, nothing)
            return within(verdict, left)
    except Unavailable as trouble:
        known.ask_at, known.is_away = clock.monotonic() + ASK_AGAIN_S, True
        log.warning("fleet_limits.not_known", error=trouble.detail)
    return replace(verdict, is_kept=False) if operator_id in known.operator_ids else verdict


async def _ask(runtime: Runtime, known: LimitedFleets) -> None:
    nobody: list[str] = []
    operator_ids = await runtime.ask_or(FindLimitedFleets(), nobody)
    known.operator_ids = frozenset(operator_ids)
    known.ask_at, known.is_away = clock.monotonic() + ASK_EVERY_S, False


def within(verdict: Authorization, left: Sequence[FleetLeft]) -> Authorization:
    """The verdict; where a limit is used up the driver reads which one. Pure."""
    meters = [(Meter(item.limit, item.since, item.currency), item.left) for item in left]
    judged = quota_rules.within(verdict, meters)
    used_up = next((item for item in left if item.left <= 0), None)
    if used_up is None or judged.status is not AuthorizationStatus.NO_CREDIT:
        return judged
    texts = _TEXTS.get((verdict.language or "en")[:2].lower(), _TEXTS["en"])
    return replace(judged, message=texts[used_up.kind])


_TEXTS = {
    "en": {
        "fleet": "The fleet's limit is used up.",
        "vehicle": "The vehicle's limit is used up.",
        "member": "Your limit in the fleet is used up.",
    },
    "de": {
        "fleet": "Das Limit der Flotte ist aufgebraucht.",
        "vehicle": "Das Limit des Fahrzeugs ist aufgebraucht.",
        "member": "Ihr Limit in der Flotte ist aufgebraucht.",
    },
    "zh": {
        "fleet": "车队限额已用完。",
        "vehicle": "车辆限额已用完。",
        "member": "您在车队中的限额已用完。",
    },
}
