"""What a period of OCPP 2.1 says beside its limit: discharging, setpoints, single phases, operation modes. Pure.

Limits to each direction are those of everybody who limits: the lowest to charge, the nearest to 0 to discharge. Where to be
within them (setpoints, the mode) is said by one profile, that of the car; it is brought within the limits.

Source: OCPP 2.1 part 2, K01, Q01-Q11, ChargingSchedulePeriodType.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

Factor = Callable[[float], float]
"""Brings a value to the wanted unit."""


class Also(msgspec.Struct, frozen=True, kw_only=True):
    """In the schedule's unit. Discharging is below 0; `baseline` is W. `_l2`, `_l3`: of single phases, where the plain one
    is that of L1."""

    limit_l2: float | None = None
    limit_l3: float | None = None
    discharge_limit: float | None = None
    discharge_limit_l2: float | None = None
    discharge_limit_l3: float | None = None
    setpoint: float | None = None
    setpoint_l2: float | None = None
    setpoint_l3: float | None = None
    setpoint_reactive: float | None = None
    setpoint_reactive_l2: float | None = None
    setpoint_reactive_l3: float | None = None
    baseline: float | None = None
    operation_mode: str | None = None
    evse_sleep: bool | None = None
    preconditioning: bool | None = None


PHASES = ("", "_l2", "_l3")
LIMITS: dict[str, Callable[[list[float]], float]] = {
    "limit_l2": min,
    "limit_l3": min,
    **{f"discharge_limit{phase}": max for phase in PHASES},
}
"""What everybody who limits has a say in, and whose word counts."""
SETPOINTS = tuple(f"setpoint{phase}" for phase in PHASES)
REACTIVE = tuple(f"setpoint_reactive{phase}" for phase in PHASES)
WORDS = ("operation_mode", "evse_sleep", "preconditioning", "baseline")
"""What the profile of the car says, as it says it."""

Said = tuple[Also | None, Factor]


def merged(limiting: Sequence[Said], leading: Said | None, limit: float | None) -> Also | None:
    """What several periods say together; None if they say nothing of it. `leading` is the profile of the car, which is one of
    those that limit; `limit` is the merged one to charge, in the wanted unit."""
    if all(also is None for also, _ in limiting):
        return None
    found: dict[str, float | str | bool | None] = {}
    for name, choose in LIMITS.items():
        told = [factor(value) for also, factor in limiting if also and (value := getattr(also, name)) is not None]
        found[name] = choose(told) if told else None
    also, factor = leading if leading is not None else (None, float)
    if also is not None:
        for phase, name in zip(PHASES, SETPOINTS, strict=True):
            top = limit if not phase or found[f"limit{phase}"] is None else found[f"limit{phase}"]
            found[name] = _between(getattr(also, name), factor, found[f"discharge_limit{phase}"], top)
        found |= {name: _between(getattr(also, name), factor, None, None) for name in REACTIVE}
        found |= {name: getattr(also, name) for name in WORDS}
    together = Also(**found)  # type: ignore[arg-type]
    return None if together == Also() else together


def _between(value: float | None, factor: Factor, least: object, most: object) -> float | None:
    if value is None:
        return None
    value = factor(value)
    if isinstance(most, float | int):
        value = min(value, most)
    if isinstance(least, float | int):
        value = max(value, least)
    return round(value, 1)
