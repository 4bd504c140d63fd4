"""Samples are thinned once nobody needs them, and nothing that was billed or signed is touched."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from builders import eventually
from voltway.contracts.sessions import FindMetered, FindPeakPowers
from voltway.contracts.station_link import Phase
from voltway.kernel import clock
from voltway.modules.sessions import thinning
from voltway.modules.sessions.tables import retention, samples, sessions
from voltway.modules.sessions.thinning_rules import BUCKET_S, Told, surplus

from .builders import NOON, TARIFF, a_report, a_sample, a_start, a_stop, a_value, at  # noqa: TID252
from .conftest import Platform  # noqa: TID252

DAY = timedelta(days=1)
STEP_S = 30


async def a_long_charge(platform: Platform, *, stops: bool = True) -> None:
    """The last hour, with a sample every half a minute. Sessions are walked along their ids, which tell when they were made."""
    begin_s = int((clock.now() - NOON).total_seconds()) - 3_600
    (receipt,) = await platform.record(a_start(begin_s))
    values = [
        a_value(receipt.transaction_id, begin_s + second, 1_000 + second * 2) for second in range(STEP_S, 3_600, STEP_S)
    ]
    await platform.batch(*values)
    if stops:
        await platform.record(a_stop(receipt.transaction_id, begin_s + 3_600, meter_wh=8_200))


async def come_round_after(platform: Platform, days: float) -> None:
    with clock.frozen(clock.now() + days * DAY):
        await thinning.thin(platform.runtime)
        await thinning.forget_idle(platform.runtime)


async def until_priced(platform: Platform) -> Any:
    """The sessions, once they have their costs."""

    async def are_priced() -> bool:
        return all(row.cost for row in await platform.sessions())

    await eventually(are_priced)
    return await platform.sessions()


@pytest.fixture
async def charged(platform: Platform) -> Platform:
    """An hour that was charged and charged."""
    await platform.add_tariff(TARIFF)
    await a_long_charge(platform)
    await until_priced(platform)
    return platform


async def test_a_priced_session_keeps_its_curve_its_ends_and_its_cost(charged: Platform) -> None:
    before = await charged.session()
    question = FindMetered(session_ids=(before.id,))
    metered = (await charged.runtime.ask(question))[before.id]
    whole = await charged.samples()
    assert len(whole) == 3_600 // STEP_S - 1
    await come_round_after(charged, 89)
    assert len(await charged.samples()) == len(whole)
    await come_round_after(charged, 91)
    left = await charged.samples()
    assert {row.at for row in left} >= {whole[0].at, whole[-1].at}
    assert len(left) <= 2 * (3_600 // BUCKET_S) + 2
    assert await charged.session() == before
    after = (await charged.runtime.ask(question))[before.id]
    assert (after.energy_wh, after.meter_start_wh, after.readings[-1]) == (
        metered.energy_wh,
        metered.meter_start_wh,
        metered.readings[-1],
    )
    await come_round_after(charged, 400)
    assert len(await charged.samples()) == len(left)  # once is enough


async def test_the_highest_power_is_known_before_and_after(platform: Platform) -> None:
    await platform.add_tariff(TARIFF)
    begin_s = int((clock.now() - NOON).total_seconds()) - 3_600
    (receipt,) = await platform.record(a_start(begin_s))
    for second in range(STEP_S, 3_600, STEP_S):
        power_w = 21_700.0 if second == 40 * STEP_S else 7_200.0
        sample = a_sample(begin_s + second, 1_000 + second * 2, power_w=power_w)
        await platform.record(a_value(receipt.transaction_id, begin_s + second, 0, samples=(sample,)))
    await platform.record(a_stop(receipt.transaction_id, begin_s + 3_600, meter_wh=8_200))
    (session,) = await until_priced(platform)
    question = FindPeakPowers(session_ids=(session.id, "nobody's"))
    whole = len(await platform.samples())
    assert await platform.runtime.ask(question) == {session.id: 21_700.0}
    await come_round_after(platform, 91)
    assert len(await platform.samples()) < whole / 4
    assert await platform.runtime.ask(question) == {session.id: 21_700.0}


async def test_of_registers_alone_the_highest_power_is_a_mean(charged: Platform) -> None:
    session = await charged.session()
    assert await charged.runtime.ask(FindPeakPowers(session_ids=(session.id,))) == {session.id: 7_200.0}


async def test_a_session_that_is_not_priced_keeps_everything(platform: Platform) -> None:
    await platform.add_tariff(TARIFF)
    await a_long_charge(platform, stops=False)
    await come_round_after(platform, 200)
    assert len(await platform.samples()) == 3_600 // STEP_S - 1


async def test_what_a_meter_says_beside_sessions_is_forgotten(platform: Platform) -> None:
    since_s = int((clock.now() - NOON).total_seconds()) - 7_200
    idle = [a_report(Phase.METERED, since_s + n, samples=(a_sample(since_s + n, 5_000),)) for n in range(0, 300, 30)]
    await platform.batch(*idle)
    await a_long_charge(platform, stops=False)
    count = len([row for row in await platform.samples() if row.session_id is not None])
    await come_round_after(platform, 89)
    assert len(await platform.samples()) == count + len(idle)
    await come_round_after(platform, 91)
    rows = await platform.samples()
    assert len(rows) == count
    assert {row.session_id for row in rows} == {(await platform.session()).id}


async def test_for_ever_is_for_ever(charged: Platform) -> None:
    count = len(await charged.samples())
    settings = charged.runtime._settings["sessions"] = thinning.SessionsSettings(
        samples_whole_days=0, idle_samples_days=0
    )
    assert settings.samples_whole_days == 0
    await come_round_after(charged, 3_000)
    assert len(await charged.samples()) == count
    assert await charged.rows(retention) == []


async def test_a_round_goes_on_where_the_last_one_was(charged: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    await a_long_charge(charged)
    await until_priced(charged)
    monkeypatch.setattr(thinning, "SESSIONS_AT_ONCE", 1)
    monkeypatch.setattr(thinning, "SLICES_MAX", 1)
    monkeypatch.setattr(thinning, "SLICE_ROWS", 7)
    ids = [row.id for row in await charged.sessions()]
    for session_id in ids:
        await come_round_after(charged, 92)
        row = next(row for row in await charged.rows(retention) if row.name == "thinned")
        assert row.position == session_id
    async with charged.runtime.database.read() as tx:
        counted = sa.select(sa.func.count()).select_from(samples).where(samples.c.session_id == ids[0])
        assert (await tx.execute(counted)).scalar_one() <= 10
        assert (await tx.execute(sa.select(sessions.c.id))).scalars().all() == ids


# ---- the rule

a_told = st.builds(
    Told,
    id=st.integers(0, 10_000),
    at=st.integers(0, 20_000).map(at),
    context=st.sampled_from(["Sample.Periodic", "Sample.Clock", "Transaction.Begin", "Transaction.End"]),
    location=st.sampled_from(["Outlet", "Inlet"]),
    power_w=st.none() | st.floats(0, 1e5),
    is_signed=st.booleans(),
)


@given(st.lists(a_told, unique_by=lambda told: told.id, max_size=200))
def test_what_goes_is_periodic_unsigned_and_neither_first_nor_last_nor_a_peak(told: list[Told]) -> None:
    gone = set(surplus(told))
    left = [sample for sample in told if sample.id not in gone]
    assert all(sample.context == "Sample.Periodic" and not sample.is_signed for sample in told if sample.id in gone)
    for location in {sample.location for sample in told}:
        of_it = [sample for sample in told if sample.location == location]
        of_left = [sample for sample in left if sample.location == location]
        assert min(sample.at for sample in of_it) == min(sample.at for sample in of_left)
        assert max(sample.at for sample in of_it) == max(sample.at for sample in of_left)
        assert max(sample.power_w or 0 for sample in of_it) == max(sample.power_w or 0 for sample in of_left)
    assert surplus(left) == []  # twice is once


def test_a_sample_every_ten_seconds_for_ten_hours_leaves_two_of_each_quarter() -> None:
    told = [
        Told(number, at(number * 10), "Sample.Periodic", "Outlet", float(number % 90), False) for number in range(3_600)
    ]
    assert len(told) - len(surplus(told)) <= 2 * 41 + 2
