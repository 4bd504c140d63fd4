"""What the users module answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
import structlog

from voltway.contracts.access import FindConnectorTypes, FindTokenSessions
from voltway.contracts.billing import SessionPriced
from voltway.contracts.sessions import SessionName
from voltway.contracts.station_link import Authorization
from voltway.contracts.stations import SendCommand
from voltway.contracts.users import AuthorizeTokens
from voltway.contracts.vocabulary import CommandState
from voltway.kernel import bulk, clock
from voltway.kernel.bus.asks import NobodyAnswers
from voltway.kernel.database import Tx
from voltway.kernel.errors import Problem
from voltway.kernel.runtime import Runtime
from voltway.modules.users import rules
from voltway.modules.users.tables import access_settings, debits, id_tokens, stops

log = structlog.get_logger()


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


_MATCHING = bulk.HotSelect(
    [id_tokens.c[name] for name in TokenRow.__struct_fields__],
    TokenRow,
    {"operator_ids": id_tokens.c.operator_id, "value_keys": id_tokens.c.value_key},
)


async def authorize_tokens(runtime: Runtime, request: AuthorizeTokens) -> list[Authorization]:
    """A verdict for each token, by one query for all of them."""
    wanted = [(query.operator_id, query.id_token.value.casefold()) for query in request.queries]
    parameters = {
        "operator_ids": list({operator_id for operator_id, _ in wanted}),
        "value_keys": list({value_key for _, value_key in wanted}),
    }
    found: dict[tuple[str, str], list[Any]] = defaultdict(list)
    async with runtime.database.read(is_urgent=True) as tx:
        for row in await _MATCHING.fetch(tx, parameters):
            found[row.operator_id, row.value_key].append(row)
        settings = await _access_settings(runtime, tx)
    now = clock.now()
    shown = [rules.find(found.get(key, []), query.id_token) for key, query in zip(wanted, request.queries, strict=True)]
    at_stations = {
        query.station_id
        for row, query in zip(shown, request.queries, strict=True)
        if row is not None and row.connector_types is not None
    }
    connectors = await _connectors(runtime, at_stations) if at_stations else {}
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
        verdicts.append(rules.verdict(token, query.id_token, now, place))
    return verdicts


async def _connectors(runtime: Runtime, station_ids: set[str]) -> dict[str, dict[int, list[str]]]:
    """The types of connectors of stations; nobody is asked of them but for tokens that are bound to types."""
    try:
        return await runtime.ask(FindConnectorTypes(station_ids=tuple(sorted(station_ids))))
    except NobodyAnswers:
        return {}


async def on_session_priced(runtime: Runtime, tx: Tx, events: Sequence[SessionPriced]) -> None:
    """Take what a session cost from its token's credit, once."""
    for event in events:
        if event.id_token_id is None:
            continue
        token = sa.and_(id_tokens.c.operator_id == event.operator_id, id_tokens.c.id == event.id_token_id)
        row = (await tx.execute(bulk.locked(sa.select(id_tokens).where(token), tx))).one_or_none()
        if row is None or row.balance_minor is None:
            continue
        cost = event.cost.incl_vat
        if cost.currency != row.balance_currency:
            log.warning("credit.other_currency", session_id=event.session_id, currency=cost.currency)
            continue
        debit = {
            "session_id": event.session_id,
            "operator_id": event.operator_id,
            "id_token_id": row.id,
            "amount_minor": cost.minor,
            "currency": cost.currency,
            "debited_at": clock.now(),
        }
        if await bulk.insert_if_absent(tx, debits, [debit]):
            left = id_tokens.c.balance_minor - cost.minor
            await tx.execute(
                sa.update(id_tokens).where(token).values(balance_minor=left, version=id_tokens.c.version + 1)
            )


class AccessSettings:
    """How operators have their tokens judged, read now and then: a verdict costs no query for it (Runtime.state)."""

    def __init__(self) -> None:
        self.by_operator: dict[str, Judging] | None = None
        self.read_at = 0.0


class Judging(NamedTuple):
    """An operator's master pass group, and whether it wants sessions stopped that may not go on."""

    master_group: str | None = None
    is_stopping: bool = False


SETTINGS_S = 1.0


async def _access_settings(runtime: Runtime, tx: Tx) -> dict[str, Judging]:
    known = runtime.state(AccessSettings)
    if known.by_operator is None or clock.monotonic() - known.read_at > SETTINGS_S:
        rows = (await tx.execute(sa.select(access_settings))).all()
        known.by_operator = {row.operator_id: Judging(row.master_group, row.is_stopping_deauthorized) for row in rows}
        known.read_at = clock.monotonic()
    return known.by_operator


STOP_ATTEMPTS = 20


async def stop_deauthorized(runtime: Runtime) -> None:
    """A job: stop the sessions of tokens that may not charge any more."""
    async with runtime.database.read() as tx:
        due = (await tx.execute(sa.select(stops).order_by(stops.c.asked_at).limit(50))).all()
    for stop in due:
        sessions = await runtime.ask(FindTokenSessions(operator_id=stop.operator_id, id_token_id=stop.id_token_id))
        is_over = True
        for session in sessions:
            is_over = await _stop(runtime, session) and is_over
        attempts = stop.attempts + 1
        statement: sa.Update | sa.Delete = sa.delete(stops)
        if not is_over and attempts < STOP_ATTEMPTS:
            statement = sa.update(stops).values(attempts=attempts, asked_at=clock.now())
        async with runtime.database.begin() as tx:
            await tx.execute(statement.where(stops.c.id_token_id == stop.id_token_id))


async def _stop(runtime: Runtime, session: SessionName) -> bool:
    """Whether nothing more is to be done about a session."""
    try:
        command = await runtime.ask(
            SendCommand(
                operator_id=session.operator_id,
                station_id=session.station_id,
                type="stop_transaction",
                arguments={"session_id": session.session_id},
                requested_by="deauthorisation",
                wait_s=10.0,
            )
        )
    except Problem as problem:
        log.info("session.not_stopped", session_id=session.session_id, error=problem.detail)
        return True  # it has ended meanwhile, or the station cannot
    return command.state in (CommandState.ACCEPTED, CommandState.REJECTED)
