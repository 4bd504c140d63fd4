"""The hours before the demo began: cars that charged, recorded as stations report them, so that no page is empty at first."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from voltway.app.demo import network
from voltway.contracts.station_link import Phase, ReportTransaction, TransactionReceipt
from voltway.contracts.stations import FindStations, StationName
from voltway.contracts.vocabulary import ChargingState, IdToken, MeterSample
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.ids import new_id
from voltway.kernel.runtime import Runtime
from voltway.modules.sessions import store
from voltway.station.ocpp.limits import UNLIMITED
from voltway.station.ocpp.vocabulary import Context, EvseSpec
from voltway.station.simulator.car import CAR_MODELS, ROAD_CARS, fits
from voltway.station.simulator.driver import hand_of
from voltway.station.simulator.evse import PluggedCar, SimulatedEvse

LASTS = timedelta(hours=9)
STEP = timedelta(minutes=5)
ENDS_BEFORE = timedelta(minutes=1)
ARRIVES = 0.06
"""The chance that a car comes to a free EVSE within one step."""
STAYS = {True: (3, 8), False: (9, 24)}
"""For how many steps a car stays, at DC and at AC."""
LEAVING = 4
"""Over how many steps the last cars leave, so that the present takes over from a network in use."""
LATENCY = timedelta(seconds=1)


class PastEvse:
    """One EVSE and whoever charged there. `step` is called for one instant after the other."""

    def __init__(
        self,
        station: StationName,
        protocol: str,
        number: int,
        evse: network.Evse,
        tokens: Sequence[str],
        at: datetime,
        rng: random.Random,
    ) -> None:
        self._station = station
        self._protocol = protocol
        self._number = number
        self._spec = EvseSpec(evse.power_w_max, evse.phases)
        self._tokens = tokens
        self._rng = rng
        self._hardware = SimulatedEvse(self._spec, at, float(rng.randrange(200_000, 4_000_000)), lambda _: UNLIMITED)
        self._token = ""
        self._leaves_at = at
        self._sequence = 0
        self._transaction_id: str | None = None

    def step(self, at: datetime, ends_at: datetime) -> ReportTransaction | None:
        """What the station reported then, if anything."""
        self._hardware.advance(at)
        if not self._hardware.is_plugged:
            return self._arrive(at, ends_at) if self._rng.random() < ARRIVES else None
        if at >= self._leaves_at:
            return self._leave(at)
        return self._report(Phase.UPDATED if self._is_2x else Phase.METERED, at, Context.PERIODIC)

    def answered(self, receipt: TransactionReceipt) -> None:
        """Keep the transaction id that the platform hands out to a 1.6 station."""
        if self._transaction_id is None:
            self._transaction_id = receipt.transaction_id

    @property
    def _is_2x(self) -> bool:
        return self._protocol != "ocpp1.6"

    def _arrive(self, at: datetime, ends_at: datetime) -> ReportTransaction | None:
        last_leaves_at = ends_at - self._rng.randrange(LEAVING) * STEP
        leaves_at = min(at + self._rng.randint(*STAYS[self._spec.is_dc]) * STEP, last_leaves_at)
        if leaves_at <= at:
            return None
        model = self._rng.choice([CAR_MODELS[name] for name in ROAD_CARS if fits(CAR_MODELS[name], self._spec.is_dc)])
        self._hardware.plug(PluggedCar(model, self._rng.uniform(10, 60)), 1, at)
        self._hardware.permit_power(True, at)
        self._token = self._rng.choice(self._tokens)
        self._leaves_at = leaves_at
        self._transaction_id = new_id() if self._is_2x else None
        self._sequence = 0
        return self._report(Phase.STARTED, at, Context.BEGIN, id_token=IdToken(self._token, self._token_kind))

    def _leave(self, at: datetime) -> ReportTransaction:
        self._hardware.permit_power(False, at)
        report = self._report(Phase.ENDED, at, Context.END, reason="Local")
        self._hardware.unplug(at)
        return report

    @property
    def _token_kind(self) -> str | None:
        return "ISO14443" if self._is_2x else None

    def _report(self, phase: Phase, at: datetime, context: Context, **more: Any) -> ReportTransaction:
        shown = self._hardware.sample(at, context, ())
        self._sequence += 1
        return ReportTransaction(
            operator_id=self._station.operator_id,
            station_id=self._station.station_id,
            station_identity=self._station.identity,
            location_id=self._station.location_id,
            protocol=self._protocol,
            message_id=new_id(),
            payload=f'{{"evse": {self._number}, "register_wh": {shown.energy_wh}}}'.encode(),  # no two say the same
            received_at=at + LATENCY,
            phase=phase,
            occurred_at=at,
            transaction_id=self._transaction_id,
            sequence_number=self._sequence - 1 if self._is_2x else None,
            evse_number=self._number,
            connector_number=1,
            charging_state=ChargingState.CHARGING if shown.power_w > 0 else ChargingState.SUSPENDED_EV,
            meter_wh=shown.energy_wh if phase in (Phase.STARTED, Phase.ENDED) and not self._is_2x else None,
            samples=(
                MeterSample(
                    at=at,
                    context=context.value,
                    energy_wh=shown.energy_wh,
                    power_w=shown.power_w,
                    current_a=shown.current_a,
                    voltage_v=shown.voltage_v,
                    soc_percent=shown.soc_percent,
                ),
            ),
            **more,
        )


async def relive(runtime: Runtime, rng: random.Random) -> None:
    """Record the last hours, instant by instant, in the order in which they were."""
    ends_at = clock.now().replace(microsecond=0) - ENDS_BEFORE
    identities = tuple(station.identity for station in network.STATIONS)
    found = await runtime.ask(FindStations(operator_id=DEFAULT_OPERATOR_ID, identities=identities))
    evses = list(_evses(found, ends_at - LASTS, rng))
    at = ends_at - LASTS
    while at <= ends_at:
        said = [(evse, report) for evse in evses if (report := evse.step(at, ends_at)) is not None]
        receipts = await asyncio.gather(*(runtime.commits.record(report) for _, report in said))
        for (evse, _), receipt in zip(said, receipts, strict=True):
            evse.answered(receipt)
        async with runtime.database.begin() as tx:
            await store.note_power(tx, at)
        at += STEP


def _evses(found: Sequence[StationName], at: datetime, rng: random.Random) -> Iterator[PastEvse]:
    by_identity = {station.identity: station for station in found}
    places = [(station, number, evse) for station in network.STATIONS for number, evse in enumerate(station.evses, 1)]
    for seat, (station, number, evse) in enumerate(places):
        tokens = hand_of(network.TOKENS, seat, len(places))
        yield PastEvse(by_identity[station.identity], station.protocol, number, evse, tokens, at, rng)
