"""What a report is asked for, and what it looks like: its kinds, what each can be grouped by, its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from voltway.modules.reports.errors import GroupNotKnown, ReportNotFound
from voltway.modules.reports.rules import PERIODS

DAYS_MAX = 3700
_TIME = frozenset(PERIODS)
_PLACES = _TIME | {"location_id", "station_id", "evse_number"}
_PEOPLE = frozenset({"id_token_id", "token_group", "driver_id"})
_MONEY = _TIME | {"provider", "method", "payer_id"}


class Kind(NamedTuple):
    """A kind of report. `columns` follow the groups; amounts are in minor units of `currency`."""

    groups: frozenset[str]
    columns: tuple[str, ...]
    is_money: bool = False
    is_of_sessions: bool = True


KINDS: Mapping[str, Kind] = {
    "sessions": Kind(
        _PLACES | _PEOPLE, ("sessions", "completed", "energy_wh", "mean_energy_wh", "duration_s", "mean_duration_s")
    ),
    "energy": Kind(_PLACES | _PEOPLE, ("energy_wh", "co2_g")),
    "revenue": Kind(
        _PLACES | _PEOPLE,
        ("currency", "cdrs", "excl_minor", "vat_minor", "incl_minor", "credited_minor"),
        is_money=True,
    ),
    "utilisation": Kind(_PLACES, ("sessions", "energy_wh", "evses", "busy_s", "available_s", "utilisation_percent")),
    "success": Kind(_PLACES | _PEOPLE | {"cause"}, ("attempts", "completed", "failed", "success_percent")),
    "tax": Kind(_TIME, ("vat_percent", "currency", "net_minor", "vat_minor"), is_of_sessions=False),
    "payments": Kind(
        _MONEY,
        ("currency", "captures", "captured_minor", "refunds", "refunded_minor", "fee_minor", "net_minor"),
        is_of_sessions=False,
    ),
    "refunds": Kind(_MONEY, ("currency", "refunds", "refunded_minor"), is_of_sessions=False),
    "disputes": Kind(_MONEY | {"state"}, ("currency", "disputes", "disputed_minor"), is_of_sessions=False),
    "wallets": Kind(
        frozenset({"payer_id"}),
        ("currency", "topped_up_minor", "spent_minor", "returned_minor", "liability_minor"),
        is_of_sessions=False,
    ),
}


class Wanted(NamedTuple):
    """A report as it is asked for. Days are local; `until` is the first that is not in it."""

    kind: str
    since: date
    until: date
    group_by: tuple[str, ...] = ()
    is_operators_day: bool = False
    """Days of sessions are those of the operator's zone, not of each location's own."""
    location_ids: tuple[str, ...] = ()
    station_ids: tuple[str, ...] = ()
    evse_number: int | None = None
    id_token_ids: tuple[str, ...] = ()
    token_groups: tuple[str, ...] = ()
    driver_ids: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()

    @property
    def period(self) -> str | None:
        """The group that is a time, if there is one."""
        return next((name for name in self.group_by if name in PERIODS), None)

    def check(self) -> Kind:
        """The report's kind. Raises ReportNotFound, GroupNotKnown."""
        kind = KINDS.get(self.kind)
        if kind is None:
            raise ReportNotFound(f"There is no report {self.kind}; there are: {', '.join(KINDS)}.")
        wrong = [name for name in self.group_by if name not in kind.groups]
        if wrong or len(set(self.group_by)) < len(self.group_by):
            allowed = ", ".join(sorted(kind.groups))
            raise GroupNotKnown(f"A report of {self.kind} is grouped by {allowed}, each once; not {', '.join(wrong)}.")
        if sum(name in PERIODS for name in self.group_by) > 1:
            raise GroupNotKnown("Name one of day, week and month.")
        if not timedelta(0) < self.until - self.since <= timedelta(days=DAYS_MAX):
            raise GroupNotKnown(f"`until` lies after `since`, by at most {DAYS_MAX} days.")
        if self.kind == "utilisation" and (self.is_operators_day or self._names_people()):
            raise GroupNotKnown("Utilisation is of places, by the days of their own time zones.")
        return kind

    def _names_people(self) -> bool:
        return bool(self.id_token_ids or self.token_groups or self.driver_ids)

    @property
    def is_of_people(self) -> bool:
        """Whether it asks for what only single sessions know."""
        return self._names_people() or bool(_PEOPLE & set(self.group_by))


class Table(NamedTuple):
    """A report. A row is {column: text, whole number, decimal number or nothing}."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[Mapping[str, Any]]
