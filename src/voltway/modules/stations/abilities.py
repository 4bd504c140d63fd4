"""Which commands a station can be given at all, and why it cannot be given the others.

It is the same checks that an order goes through, as far as they need no arguments: an order may still be refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from voltway.contracts.payments import FindTariffAbility
from voltway.contracts.station_link import FindUnsayable
from voltway.contracts.vocabulary import Registration
from voltway.kernel.errors import Problem
from voltway.kernel.runtime import Runtime
from voltway.modules.stations import access, capabilities, controllers, rules
from voltway.modules.stations.errors import StationRetired, TariffsNotTaken
from voltway.modules.stations.store import device_model, stations

ANY_EVSE = {"evse_number": 1}


async def find_refusals(runtime: Runtime, station: stations.Row, types: Iterable[str]) -> dict[str, str]:
    """Why a station cannot be given commands: type -> reason; what is not in it, it can be given."""
    types = tuple(types)
    declared: dict[str, dict[str, str | None]] = {}
    async with runtime.database.read() as tx:
        settings = await access.settings_of(tx, station.id)
        for controller in sorted(set(controllers.CONTROLLERS.values())):
            rows = await device_model.values_of(tx, station.id, controller)
            declared[controller] = {row.variable: row.value or row.value_list for row in rows}
    (ability,) = await runtime.ask(FindTariffAbility(station_ids=(station.id,)))
    unsayable: dict[str, str] = {}
    if station.protocol is not None:  # of a station that never came nobody knows what it speaks
        unsayable = await runtime.ask(FindUnsayable(protocol=station.protocol, types=types))

    def check(kind: str) -> None:
        if station.retired_at is not None:
            raise StationRetired(f"Charging station {station.identity} is retired.")
        rules.check_registration(Registration(station.registration), kind)
        if kind in controllers.CONTROLLERS:
            controllers.check(kind, {}, declared[controllers.CONTROLLERS[kind]])
        if kind == access.RESERVE:
            capabilities.check_reserve(settings, ANY_EVSE)
        if kind in rules.ABOUT_TARIFFS and ability.takes_tariffs is False:
            raise TariffsNotTaken(rules.no_tariffs(station.identity))

    return {kind: why for kind in types if (why := unsayable.get(kind) or _why(check, kind)) is not None}


def _why(check: Callable[[str], None], kind: str) -> str | None:
    try:
        check(kind)
    except Problem as problem:
        return problem.detail
    return None
