"""What the billing module answers and listens to."""

from __future__ import annotations

from collections.abc import Sequence

from voltway.charging.pricing import Tariff
from voltway.contracts.billing import FindTariffs, SessionPriced, SummarizeRevenue
from voltway.contracts.sessions import SessionEnded
from voltway.kernel import clock
from voltway.kernel.database import Tx
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.billing import rules, store


async def find_tariffs(runtime: Runtime, request: FindTariffs) -> list[Tariff | None]:
    """The tariff at each place, by one query for all of them."""
    target_ids = {target_id for query in request.queries for _, target_id in rules.targets(query)}
    async with runtime.database.read(is_urgent=True) as tx:
        assigned = await store.find_assigned(tx, {query.operator_id for query in request.queries}, target_ids)
    return [rules.nearest(query, assigned) for query in request.queries]


async def summarize_revenue(runtime: Runtime, request: SummarizeRevenue) -> list[Money]:
    """An operator's revenue."""
    async with runtime.database.read() as tx:
        return await store.revenue_since(tx, request.operator_id, request.since)


async def on_session_ended(runtime: Runtime, tx: Tx, events: Sequence[SessionEnded]) -> None:
    """Make the CDRs. One per session: an event that comes twice makes none."""
    priced = [(session, cost) for session in events if (cost := rules.cost_of(session)) is not None]
    if not priced:
        return
    now = clock.now()
    for cdr_id, session, cost in await store.add_cdrs(tx, priced):
        tx.publish(
            SessionPriced(
                operator_id=session.operator_id,
                at=now,
                session_id=session.session_id,
                station_id=session.station_id,
                cdr_id=cdr_id,
                cost=cost,
                id_token_id=session.id_token_id,
            )
        )
