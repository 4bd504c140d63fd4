"""What the stations module answers of tariffs at the station."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from voltway.contracts.payments import FindTariffAbility, TariffAbility
from voltway.kernel.runtime import Runtime
from voltway.modules.stations.tables import stations, variables

CONTROLLER = "TariffCostCtrlr"  # OCPP 2.1 part 2, appendix "Referenced components and variables"


async def find_tariff_ability(runtime: Runtime, request: FindTariffAbility) -> list[TariffAbility]:
    """What stations have said of tariffs in their device models."""
    statement = (
        sa.select(
            variables.c.station_id,
            variables.c.variable,
            variables.c.instance,
            variables.c.value,
            variables.c.attribute,
            stations.c.protocol,
        )
        .join(stations, stations.c.id == variables.c.station_id)
        .where(variables.c.station_id.in_(set(request.station_ids)), variables.c.component == CONTROLLER)
    )
    async with runtime.database.read() as tx:
        rows = (await tx.execute(statement)).all()
    return [ability_of(row for row in rows if row.station_id == station_id) for station_id in request.station_ids]


def ability_of(rows: Iterable[Any]) -> TariffAbility:
    """What a station's variables say: a thing that is not available, or switched off, it does not do.

    The cost that is meant is in 2.0.1 the one that we tell, in 2.1 the one that the station computes (appendices of part 2,
    TariffCostCtrlr): a 2.1 station that computes none has us do it.
    """
    rows = list(rows)
    means_ours = any(row.protocol == "ocpp2.0.1" for row in rows)
    said = {(row.variable, row.instance): (row.value or "").lower() for row in rows if row.attribute == "Actual"}

    def can(what: str) -> bool | None:
        words = {said[key] for key in (("Available", what), ("Enabled", what)) if key in said}
        return None if not words else words == {"true"}

    shows_cost = can("Cost") is True if means_ours else can("Cost") is not True
    currency = said.get(("Currency", None), "").upper()
    conditions, prices = said.get(("ConditionsSupported", "Tariff")), said.get(("MaxElements", "Tariff"), "")
    is_code = len(currency) == 3 and currency.isascii() and currency.isalpha()
    return TariffAbility(
        takes_tariffs=can("Tariff"),
        has_local_cost=can("Cost"),
        shows_cost_it_is_told=shows_cost if rows else None,
        currency=currency if is_code else None,
        takes_conditions=None if conditions is None else conditions == "true",
        prices_max=int(prices) if prices.isascii() and prices.isdecimal() and len(prices) < 10 else None,
    )
