"""What the stations module answers of tariffs at the station."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from voltway.contracts.payments import FindTariffAbility, TariffAbility
from voltway.kernel.runtime import Runtime
from voltway.modules.stations.tables import variables

CONTROLLER = "TariffCostCtrlr"  # OCPP 2.1 part 2, appendix "Referenced components and variables"


async def find_tariff_ability(runtime: Runtime, request: FindTariffAbility) -> list[TariffAbility]:
    """What stations have said of tariffs in their device models."""
    statement = sa.select(
        variables.c.station_id, variables.c.variable, variables.c.instance, variables.c.value, variables.c.attribute
    ).where(variables.c.station_id.in_(set(request.station_ids)), variables.c.component == CONTROLLER)
    async with runtime.database.read() as tx:
        rows = (await tx.execute(statement)).all()
    return [ability_of(row for row in rows if row.station_id == station_id) for station_id in request.station_ids]


def ability_of(rows: Iterable[Any]) -> TariffAbility:
    """What a station's variables say: a thing that is not available, or switched off, it does not do."""
    said = {(row.variable, row.instance): (row.value or "").lower() for row in rows if row.attribute == "Actual"}

    def can(what: str) -> bool | None:
        words = {said[key] for key in (("Available", what), ("Enabled", what)) if key in said}
        return None if not words else words == {"true"}

    currency = said.get(("Currency", None), "").upper()
    is_code = len(currency) == 3 and currency.isascii() and currency.isalpha()
    return TariffAbility(
        takes_tariffs=can("Tariff"), has_local_cost=can("Cost"), currency=currency if is_code else None
    )
