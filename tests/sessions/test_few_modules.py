"""A process with few modules: nobody knows a token, there is no tariff, and no report waits for either."""

from __future__ import annotations

import asyncio

from builders import NOON, MakeRuntime
from voltway.contracts.energy import CarNeeds, NeedsStatus, ReportChargingNeeds
from voltway.contracts.grid import ReportBatterySwap, SwapStep
from voltway.contracts.vocabulary import AuthorizationStatus, IdToken
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.modules.energy.module import MANIFEST as ENERGY
from voltway.modules.grid.module import MANIFEST as GRID
from voltway.modules.grid.tables import battery_swaps
from voltway.modules.sessions.module import MANIFEST as SESSIONS

from .builders import a_start, a_stop  # noqa: TID252  (tests are not installed)
from .conftest import Platform, Stations  # noqa: TID252

AT_ONCE_S = 10  # far less than the 60 s after which a batch would be given up
ITS_STATION = {
    "operator_id": DEFAULT_OPERATOR_ID,
    "station_id": "station-1",
    "station_identity": "CS-1",
    "location_id": None,
    "protocol": "ocpp2.1",
    "message_id": "m-1",
    "received_at": NOON,
}


async def test_a_charge_without_users_and_billing_is_kept_unpriced_and_flagged(make_runtime: MakeRuntime) -> None:
    stations = Stations()
    platform = Platform(await make_runtime(SESSIONS, stations.manifest(), stalled_after_s=60), stations)
    async with asyncio.timeout(AT_ONCE_S):
        (started,) = await platform.batch(a_start())
        await platform.batch(a_stop(started.transaction_id))
    assert started.authorization is not None
    assert started.authorization.status is AuthorizationStatus.UNKNOWN
    session = await platform.session()
    assert (session.energy_wh, session.review, session.tariff) == (7_000, "not_authorized", None)
    assert await platform.quarantined() == []


async def test_needs_of_a_car_and_a_battery_swap_wait_for_nobody(make_runtime: MakeRuntime) -> None:
    runtime = await make_runtime(ENERGY, GRID, stalled_after_s=60)
    needs = CarNeeds(transfer_mode="DC", power_w_max=80_000.0, document={})
    token = IdToken(value="CARD-1", kind="ISO14443")
    swap = {"step": SwapStep.BATTERY_IN, "request_number": 1, "batteries": (), "digest": "d"}
    async with asyncio.timeout(AT_ONCE_S):
        receipt = await runtime.commits.record(ReportChargingNeeds(**ITS_STATION, evse_number=1, needs=needs))
        await runtime.commits.record(ReportBatterySwap(**ITS_STATION, id_token=token, **swap))
    assert receipt.status is NeedsStatus.PROCESSING  # without a session it has no transaction yet
    async with runtime.database.read() as tx:
        (row,) = (await tx.execute(battery_swaps.select())).all()
    assert row.verdict == AuthorizationStatus.UNKNOWN
