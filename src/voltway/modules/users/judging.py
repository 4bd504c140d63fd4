"""Verdicts on tokens: one query for all that are shown at once, and more only for those with terms that need it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from voltway.contracts.access import FindConnectorTypes
from voltway.contracts.detection import token_name
from voltway.contracts.holds import ONE_TIME_PREFIX, FindHeldLimits
from voltway.contracts.payments import FindPaidLimits, PaidLimit
from voltway.contracts.station_link import Authorization
from voltway.contracts.users import AuthorizeTokens, TokenQuery
from voltway.contracts.vocabulary import AuthorizationStatus
from voltway.kernel import bulk, clock
from voltway.kernel.auth import operators
from voltway.kernel.bus.asks import NobodyAnswers
from voltway.kernel.database import Tx
from voltway.kernel.noticing import Notices
from voltway.kernel.runtime import Runtime
from voltway.modules.users import autocharge, autocharge_rules, fleet_limits, quota_rules, quotas, rules
from voltway.modules.users.tables import access_settings, id_tokens
from voltway.modules.users.tables import quotas as quotas_table


class TokenRow(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What a verdict needs of a token's row."""

    id: str
    operator_id: str
    value_key: str
    kind_key: str
    status: str
    expires_at: datetime | None
    group_value: str | None
    user_id: str | None
    concurrent_max: int | None
    location_ids: list[str] | None
    language: str | None
    message: str | None
    energy_transfer_modes: list[str] | None
    balance_minor: int | None
    balance_currency: str | None
    session_limit: dict[str, Any] | None
    valid_hours: dict[str, Any] | None
    connector_types: list[str] | None
    quota: dict[str, Any] | None
    name: str | None


_MATCHING = bulk.HotSelect(
    [id_tokens.c[name] for name in TokenRow.__struct_fields__],
    TokenRow,
    {"operator_ids": id_tokens.c.operator_id, "value_keys": id_tokens.c.value_key},
)


async def authorize_tokens(runtime: Runtime, request: AuthorizeTokens) -> list[Authorization]:
    """A verdict for each token, by one query for all of them."""
    wanted = [(query.operator_id, autocharge_rules.keys_of(query.id_token)) for query in request.queries]
    parameters = {
        "operator_ids": list({operator_id for operator_id, _ in wanted}),
        "value_keys": list({key for _, keys in wanted for key in keys}),
    }
    found: dict[tuple[str, str], list[TokenRow]] = defaultdict(list)
    async with runtime.database.read(is_urgent=True) as tx:
        for row in await _MATCHING.fetch(tx, parameters):
            found[row.operator_id, row.value_key].append(row)
        settings = await _access_settings(runtime, tx)
    now = clock.now()
    shown = [
        rules.find(_fitting(operator_id, keys, found), query.id_token)
        for (operator_id, keys), query in zip(wanted, request.queries, strict=True)
    ]
    at_stations = {
        query.station_id
        for row, query in zip(shown, request.queries, strict=True)
        if row is not None and row.connector_types is not None
    }
    connectors = await _connectors(runtime, at_stations) if at_stations else {}
    payments = await _payments(runtime, request.queries)
    verdicts = []
    for token, query in zip(shown, request.queries, strict=True):
        judging = settings.get(query.operator_id, Judging())
        place = rules.Place(
            location_id=query.location_id,
            master_group=judging.master_group,
            is_start=query.is_start,
            evse_number=query.evse_number,
            connectors=connectors.get(query.station_id),
            is_stopping=judging.is_stopping,
        )
        verdict = rules.verdict(token, query.id_token, now, place)
        if token is not None and verdict.status is AuthorizationStatus.ACCEPTED:
            verdict = await _by_terms(runtime, token, query, judging, verdict, now)
            verdict = await fleet_limits.held(runtime, query.operator_id, verdict)
        payment = payments.get(query.id_token.value) if token is None else None
        verdicts.append(verdict if payment is None else rules.verdict_on_payment(payment, query.station_id))
        if verdicts[-1].status in _SUSPICIOUS:
            _note_refusal(runtime, query, verdicts[-1])
    return verdicts


_SUSPICIOUS = frozenset(
    {
        AuthorizationStatus.BLOCKED,
        AuthorizationStatus.EXPIRED,
        AuthorizationStatus.INVALID,
        AuthorizationStatus.UNKNOWN,
    }
)
"""Verdicts on tokens that nobody should show; the others say that a good one is not good here or now."""


def _note_refusal(runtime: Runtime, query: TokenQuery, verdict: Authorization) -> None:
    runtime.state(Notices).note(
        "authorization.refused",
        query.operator_id,
        station_id=query.station_id,
        location_id=query.location_id,
        token=token_name(query.id_token.value),
        status=verdict.status.value,
    )


def _fitting(
    operator_id: str, keys: Sequence[str], found: Mapping[tuple[str, str], Sequence[TokenRow]]
) -> list[TokenRow]:
    """The rows with a token's value; under a car's address those of cars only."""
    value, *addresses = keys
    cars = [row for key in addresses for row in found.get((operator_id, key), ()) if autocharge_rules.is_car(row)]
    return [*found.get((operator_id, value), ()), *cars]


async def _by_terms(
    runtime: Runtime, token: TokenRow, query: TokenQuery, judging: Judging, verdict: Authorization, now: datetime
) -> Authorization:
    """An accepting verdict, held against what most tokens do not have: quotas, and a car's address instead of a card."""
    is_car = autocharge_rules.is_car(token) or query.id_token.kind == autocharge_rules.KIND
    if not is_car and token.quota is None and not judging.has_quotas:
        return verdict
    async with runtime.database.read(is_urgent=True) as tx:
        scopes = await quotas.scopes_of(tx, token)
        if is_car:
            has_consent = await autocharge.has_consent(tx, query.operator_id, token.user_id)
            if autocharge_rules.is_refused(
                judging.autocharge,
                has_consent=has_consent,
                location_id=query.location_id,
                is_with_contract=query.is_with_contract,
            ):
                return Authorization(
                    status=AuthorizationStatus.INVALID, id_token_id=token.id, limit=rules.refused(judging.is_stopping)
                )
            assert judging.autocharge is not None
            verdict = rules.with_session_limit(verdict, autocharge_rules.session_limit(judging.autocharge))
            scopes.append(quota_rules.Scope("id_token_id", token.id, autocharge_rules.quota(judging.autocharge)))
        verdict = quota_rules.within(verdict, await quotas.left(tx, query.operator_id, scopes, now))
    if is_car and verdict.status is AuthorizationStatus.ACCEPTED and query.location_id is not None:
        await autocharge.tell_if_new(runtime, token, query.operator_id, query.location_id)
    return verdict


async def _payments(runtime: Runtime, queries: Sequence[TokenQuery]) -> dict[str, PaidLimit]:
    """What was paid for the tokens that are references of payments on the web, and what is held for those that are made for one
    payment; nobody is asked of others."""
    paid = tuple({query.id_token.value for query in queries if query.id_token.kind == rules.DIRECT_PAYMENT})
    held = tuple(
        {query.id_token.value for query in queries if query.id_token.value.upper().startswith(ONE_TIME_PREFIX)}
    )
    found: dict[str, PaidLimit] = {}
    for tokens, ask in ((paid, FindPaidLimits), (held, FindHeldLimits)):
        if tokens:
            nothing: list[PaidLimit | None] = [None] * len(tokens)
            limits = await runtime.ask_or(ask(id_tokens=tokens), nothing)
            found |= {token: limit for token, limit in zip(tokens, limits, strict=True) if limit is not None}
    return found


async def _connectors(runtime: Runtime, station_ids: set[str]) -> dict[str, dict[int, list[str]]]:
    """The types of connectors of stations; nobody is asked of them but for tokens that are bound to types."""
    try:
        return await runtime.ask(FindConnectorTypes(station_ids=tuple(sorted(station_ids))))
    except NobodyAnswers:
        return {}


class AccessSettings:
    """How operators have their tokens judged, read now and then: a verdict costs no query for it (Runtime.state)."""

    def __init__(self) -> None:
        self.by_operator: dict[str, Judging] | None = None
        self.read_at = 0.0

    def forget(self) -> None:
        """They have changed."""
        self.by_operator = None


class Judging(NamedTuple):
    """An operator's master pass group, whether it wants sessions stopped that may not go on, on which terms cars are known by
    their address (None: not at all), and whether there are quotas that tokens share."""

    master_group: str | None = None
    is_stopping: bool = False
    autocharge: Mapping[str, Any] | None = None
    has_quotas: bool = False


SETTINGS_S = 1.0


async def _access_settings(runtime: Runtime, tx: Tx) -> dict[str, Judging]:
    known = runtime.state(AccessSettings)
    if known.by_operator is None or clock.monotonic() - known.read_at > SETTINGS_S:
        has_quotas = sa.exists().where(quotas_table.c.operator_id == operators.c.id).label("has_quotas")
        statement = sa.select(operators.c.id, access_settings, has_quotas).select_from(
            sa.outerjoin(operators, access_settings, access_settings.c.operator_id == operators.c.id)
        )
        rows = (await tx.execute(statement)).all()
        known.by_operator = _judgings(rows)
        known.read_at = clock.monotonic()
    return known.by_operator


def _judgings(rows: Sequence[Any]) -> dict[str, Judging]:
    return {
        row.id: Judging(row.master_group, bool(row.is_stopping_deauthorized), row.autocharge, bool(row.has_quotas))
        for row in rows
    }
