"""Tariffs at the station: which one is meant, and which one goes with a verdict."""

from __future__ import annotations

from voltway.charging.pricing import Tariff
from voltway.contracts.billing import TariffQuery
from voltway.contracts.payments import AuthorizeWithTariff, FindTariff, FindTariffAbility, Offer
from voltway.contracts.vocabulary import AuthorizationStatus
from voltway.kernel.bus.asks import NobodyAnswers
from voltway.kernel.runtime import Runtime
from voltway.modules.billing import rules, store
from voltway.modules.billing.errors import TariffNotFound


async def find_tariff(runtime: Runtime, request: FindTariff) -> Tariff | None:
    """A tariff by its id."""
    async with runtime.database.read() as tx:
        try:
            return await store.get_tariff(tx, request.operator_id, request.tariff_id)
        except TariffNotFound:
            return None


async def authorize_with_tariff(runtime: Runtime, request: AuthorizeWithTariff) -> Offer:
    """The verdict, and the tariff that holds at the station where the station computes the cost by itself."""
    verdicts = await runtime.ask(request.who)
    if not verdicts or verdicts[0].status is not AuthorizationStatus.ACCEPTED:
        return Offer(verdicts=verdicts)
    try:
        (ability,) = await runtime.ask(FindTariffAbility(station_ids=(request.station_id,)))
    except NobodyAnswers:
        return Offer(verdicts=verdicts)
    if not ability.has_local_cost:
        return Offer(verdicts=verdicts)
    place = TariffQuery(
        operator_id=request.operator_id,
        location_id=request.location_id,
        station_id=request.station_id,
        evse_number=None,
    )
    target_ids = {target_id for _, target_id in rules.targets(place)}
    async with runtime.database.read(is_urgent=True) as tx:
        assigned = await store.find_assigned(tx, {request.operator_id}, target_ids)
    return Offer(verdicts=verdicts, tariff=rules.nearest(place, assigned))
