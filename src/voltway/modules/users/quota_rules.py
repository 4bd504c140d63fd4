"""How much tokens may take in a day and a month, and what is left of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from msgspec.structs import replace

from voltway.charging import periods
from voltway.contracts.station_link import Authorization
from voltway.contracts.vocabulary import AuthorizationStatus, SpendingLimit
from voltway.kernel.money import Money

_PARTS = (
    ("energy_wh_per_day", "day"),
    ("energy_wh_per_month", "month"),
    ("cost_per_day", "day"),
    ("cost_per_month", "month"),
)
"""The fields of a quota, and the time in which each counts."""


class Meter(NamedTuple):
    """One figure of a quota: how much may be taken since an instant. Without a currency it is Wh, else minor units."""

    limit: int
    since: datetime
    currency: str | None = None


class Scope(NamedTuple):
    """Whose sessions a quota counts: `by` is the column of users_usage that names them."""

    by: str
    key: str
    quota: Mapping[str, Any]


def meters_of(quota: Mapping[str, Any], at: datetime) -> list[Meter]:
    """What counts now; days and months begin at midnight in the quota's time zone."""
    found = []
    for name, span in _PARTS:
        limit = quota.get(name)
        if limit is None:
            continue
        since = periods.began(span, quota["time_zone"], at)
        if isinstance(limit, Mapping):
            found.append(Meter(limit["minor"], since, limit["currency"]))
        else:
            found.append(Meter(limit, since))
    return found


def within(verdict: Authorization, left: Iterable[tuple[Meter, int]]) -> Authorization:
    """A verdict, but for what is used up; a session goes as far as the least that is left. It holds now, not for later, and
    for one session at a time: two of a token would each have all that is left."""
    left = list(left)
    if verdict.status is not AuthorizationStatus.ACCEPTED or not left:
        return verdict
    if any(rest <= 0 for _, rest in left):
        return replace(verdict, status=AuthorizationStatus.NO_CREDIT, limit=None, is_kept=False)
    limit = verdict.limit or SpendingLimit()
    for meter, rest in left:
        limit = _tightened(limit, meter, rest)
    return replace(verdict, limit=limit, is_kept=False, concurrent_max=1)


def _tightened(limit: SpendingLimit, meter: Meter, rest: int) -> SpendingLimit:
    if meter.currency is None:
        return replace(limit, energy_wh=rest if limit.energy_wh is None else min(limit.energy_wh, rest))
    cost = Money(rest, meter.currency)
    is_less = limit.cost is None or (limit.cost.currency == cost.currency and cost.minor < limit.cost.minor)
    return replace(limit, cost=cost) if is_less else limit


def scopes_of(
    token_id: str,
    quota: Mapping[str, Any] | None,
    group: str | None,
    user_id: str | None,
    shared: Mapping[tuple[str, str], Mapping[str, Any]],
) -> list[Scope]:
    """The quotas that a token falls under: its own, its group's, its driver's. `shared`: (kind, key) -> quota."""
    found = [] if quota is None else [Scope("id_token_id", token_id, quota)]
    for kind, column, key in (("group", "group_key", group and group.casefold()), ("driver", "user_id", user_id)):
        if key and (kind, key) in shared:
            found.append(Scope(column, key, shared[kind, key]))
    return found


def keys_of(group: str | None, user_id: str | None) -> list[tuple[str, str]]:
    """Under which keys the shared quotas of a token are found."""
    return [(kind, key) for kind, key in (("group", group and group.casefold()), ("driver", user_id)) if key]
