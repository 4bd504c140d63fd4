"""Tariffs at the station: which one is meant, and which one goes with a verdict."""

from __future__ import annotations

import structlog

from voltway.charging.pricing import Tariff, in_elements
from voltway.charging.tariff_telling import why_not
from voltway.contracts.billing import TariffQuery
from voltway.contracts.payments import AuthorizeWithTariff, FindTariff, FindTariffAbility, Offer
from voltway.contracts.vocabulary import AuthorizationStatus
from voltway.kernel.bus.asks import NobodyAnswers
from voltway.kernel.runtime import Runtime
from voltway.modules.billing import rules, store
from voltway.modules.billing.errors import TariffNotFound
from voltway.modules.billing.tables import tariffs

log = structlog.get_logger()


async def find_tariff(runtime: Runtime, request: FindTariff) -> Tariff | None:
    """A tariff by its id."""
    async with runtime.database.read() as tx:
        try:
            return await store.get_tariff(tx, request.tariff_id, tariffs.c.operator_id == request.operator_id)
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
    tariff = rules.nearest(place, assigned)
    if tariff is not None:
        # A station that cannot be told all of it would compute another cost than we do.
        takes_conditions = ability.takes_conditions is not False
        reason = why_not(in_elements(tariff), conditions=takes_conditions, elements_max=ability.prices_max)
        if reason is not None:
            log.info("tariff.not_told", station_id=request.station_id, tariff_id=tariff.tariff_id, reason=reason)
            tariff = None
    return Offer(verdicts=verdicts, tariff=tariff)
