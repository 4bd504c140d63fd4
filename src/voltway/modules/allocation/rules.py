"""How a location's limit is shared among the cars that charge there. Pure.

A *claim* is an EVSE with a running session. What an EVSE may draw at this moment as far as we know is *reserved*: the station has
accepted it, or may have. The sum of what is reserved never exceeds the limit, as long as the stations keep what they accepted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec

from voltway.charging.profiles import AC_CURRENT_A_MIN, AC_VOLTAGE_V, PHASES_DEFAULT, Unit

UNCONTROLLED_A = 32.0
"""What an EVSE is taken to draw per phase while its station has accepted no limit at all."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """An EVSE that wants a share. Shares are in the limit's unit. `is_fixed`: it cannot be told another share just now;
    `is_satisfied`: the car takes nothing, and keeps the least share so that it can begin again; `is_unsure`: nobody knows
    whether the station has accepted what is reserved."""

    session_id: str
    reserved: float
    phases: int = PHASES_DEFAULT
    is_fixed: bool = False
    is_satisfied: bool = False
    is_unsure: bool = False


def weight(unit: Unit, phases: int) -> float:
    """What one ampere per phase takes from a limit: W by the phases; of a limit in A one, as if all were on one phase."""
    return AC_VOLTAGE_V * phases if unit is Unit.W else 1.0


def uncontrolled(unit: Unit, phases: int = PHASES_DEFAULT) -> float:
    """What an EVSE is taken to draw that nobody limits."""
    return UNCONTROLLED_A * weight(unit, phases)


def shares(limit: float, unit: Unit, claims: Sequence[Claim]) -> dict[str, float]:
    """The share of each claim that can be told one: equal amperes per phase. `claims` stand in the order of their arrival.

    What a fixed claim has stays its own. Who cannot have 6 A any more, the latest first, gets 0: a pause.
    """
    free = limit - sum(claim.reserved for claim in claims if claim.is_fixed)
    movable = [claim for claim in claims if not claim.is_fixed]
    served: list[Claim] = []
    for claim in movable:
        if _least(unit, [*served, claim]) > free + 1e-9:
            break
        served.append(claim)
    hungry = [claim for claim in served if not claim.is_satisfied] or served
    content = [claim for claim in served if claim not in hungry]
    left = free - _least(unit, content)
    amperes = left / sum(weight(unit, claim.phases) for claim in hungry) if hungry else 0.0
    told = {claim.session_id: 0.0 for claim in movable}
    told |= {claim.session_id: AC_CURRENT_A_MIN * weight(unit, claim.phases) for claim in content}
    # Down to a tenth, which is what OCPP 1.6 can say; never up.
    return told | {one.session_id: math.floor(amperes * weight(unit, one.phases) * 10 + 1e-6) / 10 for one in hungry}


def _least(unit: Unit, claims: Iterable[Claim]) -> float:
    return sum(AC_CURRENT_A_MIN * weight(unit, claim.phases) for claim in claims)


def decreases(claims: Iterable[Claim], targets: dict[str, float]) -> list[Claim]:
    """Who is to have less than now. They are told first."""
    return [claim for claim in claims if targets.get(claim.session_id, claim.reserved) < claim.reserved - 1e-9]


def wants(claim: Claim, share: float) -> bool:
    """Whether a claim is to be told a share that is not less than what is reserved: it is more, or may never have been heard."""
    return share > claim.reserved + 1e-9 or (claim.is_unsure and not claim.is_fixed and share > claim.reserved - 1e-9)


def fits(limit: float, claims: Iterable[Claim], session_id: str, share: float) -> bool:
    """Whether a share can be given while all others keep what is reserved for them."""
    others = sum(claim.reserved for claim in claims if claim.session_id != session_id)
    return others + share <= limit + 1e-6
