"""What the billing module answers and listens to."""

from __future__ import annotations

from collections.abc import Sequence

from voltway.charging.pricing import Tariff
from voltway.contracts.billing import FindTariffs, SessionPriced, SummarizeRevenue
from voltway.contracts.ledger import FindPricedSessions, PricedSession
from voltway.contracts.sessions import SessionEnded
from voltway.kernel.database import Tx
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.billing import pricing_due, rules, store, web_payments


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


async def find_priced_sessions(runtime: Runtime, request: FindPricedSessions) -> list[PricedSession]:
    """The CDRs of a time, for the ledger to compare."""
    async with runtime.database.read() as tx:
        return await store.priced_between(tx, request.operator_id, request.since, request.until)


async def on_session_ended(runtime: Runtime, tx: Tx, events: Sequence[SessionEnded]) -> None:
    """Make the CDRs, or queue what must be counted by what was metered. One per session: an event that comes twice makes none."""
    await pricing_due.queue(tx, events)
    priced = [(session, cost) for session in events if (cost := rules.cost_of(session)) is not None]
    if not priced:
        return
    tx.publish(*(pricing_due.priced_event(*each) for each in await store.add_cdrs(tx, priced)))


async def on_session_priced(runtime: Runtime, tx: Tx, events: Sequence[SessionPriced]) -> None:
    """What was paid on the web for sessions that have a CDR now, whichever way it was made, is settled."""
    await web_payments.settle(tx, events)
