"""The power is cut at every single octet that the queue writes, online and offline, in 1.6 and in 2.x: nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from station.queue.cut_storage import CutStorage, PowerCut
from voltway.station.ocpp.vocabulary import (
    Context,
    EvseState,
    IdToken,
    MeterSample,
    Phase,
    StopReason,
    Transaction,
    TransactionReport,
    Trigger,
)
from voltway.station.queue.journal import FileJournal

SMALL: dict[str, int] = {"reserve": 256, "room_step": 1024}
"""Little room ahead: more steps at which it is taken from the disk, and less to copy for each cut."""
AT = datetime(2026, 3, 1, 8, tzinfo=UTC)
MEASURANDS = ("Energy.Active.Import.Register",)


def sample(minute: int, energy_wh: int, context: Context = Context.PERIODIC) -> MeterSample:
    return MeterSample(AT + timedelta(minutes=minute), context, energy_wh, 11_000.0, 16.0, 230.0, 3, None, MEASURANDS)


def begin(key: str, minute: int, energy_wh: int) -> Transaction:
    return Transaction(1, 1, IdToken("04A1"), AT + timedelta(minutes=minute), energy_wh, None, key=key)


def report(
    transaction: Transaction, phase: Phase, minute: int, energy_wh: int, *, is_offline: bool = False
) -> TransactionReport:
    number = transaction.next_sequence
    transaction.next_sequence += 1
    if phase is Phase.ENDED:
        transaction.ended_at, transaction.meter_stop_wh = AT + timedelta(minutes=minute), energy_wh
        transaction.stop_reason = transaction.stop_reason or StopReason.LOCAL
    return TransactionReport(
        transaction,
        phase,
        AT + timedelta(minutes=minute),
        number,
        Trigger.METER_VALUE_PERIODIC,
        EvseState.CHARGING,
        (sample(minute, energy_wh),),
        is_offline,
    )


@dataclass
class Csms:
    """What the CSMS has heard; a start that it has heard before gets the same id, as any CSMS must do."""

    is_16: bool
    starts: dict[object, str] = field(default_factory=dict)
    heard: dict[str, dict[int, TransactionReport]] = field(default_factory=dict)

    def take(self, one: TransactionReport) -> None:
        transaction = one.transaction
        if not self.is_16:
            transaction_id = transaction.key
        elif one.phase is Phase.STARTED:
            transaction_id = self.starts.setdefault((one.at, transaction.meter_start_wh), str(len(self.starts) + 1))
            transaction.transaction_id = transaction_id
        else:
            assert transaction.transaction_id is not None, "nothing of a transaction before its start was confirmed"
            transaction_id = transaction.transaction_id
        before = self.heard.setdefault(transaction_id, {}).setdefault(one.sequence, one)
        assert (before.at, before.samples) == (one.at, one.samples), "what is sent twice is the same"


def deliver(journal: FileJournal, csms: Csms) -> None:
    for number, one in journal.pending.items():
        csms.take(one)
        journal.done(number, one.transaction)


class World:
    """Two charges, one told at once and one while offline. `began` and `ended` are what really happened at the EVSE."""

    def __init__(self, storage: CutStorage, csms: Csms) -> None:
        self.began: list[str] = []
        self.register_wh = 0
        self._storage, self._csms = storage, csms

    def live(self) -> None:
        journal = FileJournal(self._storage, waste_max=600, **SMALL)
        for at, key in enumerate(("a", "b")):
            transaction = begin(key, at * 10, self.register_wh)
            journal.add(report(transaction, Phase.STARTED, at * 10, self.register_wh, is_offline=key == "b"))
            self.began.append(key)  # the contactor is closed after the start is on the disk
            if key == "a":
                deliver(journal, self._csms)
            self.register_wh += 180
            journal.add(report(transaction, Phase.UPDATED, at * 10 + 1, self.register_wh))
            self.register_wh += 90
            journal.add(report(transaction, Phase.ENDED, at * 10 + 3, self.register_wh))
        deliver(journal, self._csms)

    def recover(self, storage: CutStorage) -> None:
        """Switched on again: what was interrupted has ended, and all is told."""
        journal = FileJournal(storage, **SMALL)
        for transaction in journal.running:
            transaction.stop_reason = StopReason.POWER_LOSS
            journal.add(report(transaction, Phase.ENDED, 30, self.register_wh))
        deliver(journal, self._csms)
        assert not journal.pending
        assert not journal.running
        again = FileJournal(CutStorage(storage.read()), **SMALL)
        assert (again.pending, again.running) == ({}, [])


def steps() -> Iterator[int]:
    storage = CutStorage()
    World(storage, Csms(False)).live()
    return iter(range(storage.steps + 1))


@pytest.mark.parametrize("is_16", [True, False], ids=["1.6", "2.x"])
def test_a_power_cut_at_every_octet_leaves_exactly_one_start_and_one_end_of_each_charge(is_16: bool) -> None:
    cuts = 0
    for cut_at in steps():
        csms = Csms(is_16)
        storage = CutStorage(cut_at=cut_at)
        world = World(storage, csms)
        with suppress(PowerCut):
            world.live()
            cuts -= 1
        cuts += 1
        world.recover(CutStorage(storage.read()))
        # A start that was on the disk when the power went is told as well, though its contactor may never have closed.
        assert len(world.began) <= len(csms.heard) <= len(world.began) + 1
        for reports in csms.heard.values():
            assert sorted(reports) == list(range(len(reports))), f"a gap after a cut at {cut_at}"
            in_order = [reports[number] for number in sorted(reports)]
            assert [one.phase for one in in_order] == [
                Phase.STARTED,
                *[Phase.UPDATED] * (len(in_order) - 2),
                Phase.ENDED,
            ]
            energies = [one.samples[0].energy_wh for one in in_order]
            assert energies == sorted(energies)
    assert cuts > 1_000, "it was cut at each step but the last"


def test_the_power_is_cut_again_while_it_recovers() -> None:
    first = CutStorage()
    with suppress(PowerCut):
        World(first, Csms(True)).live()
    half = CutStorage(cut_at=first.steps // 2)
    csms = Csms(True)
    world = World(half, csms)
    with pytest.raises(PowerCut):
        world.live()
    for cut_at in range(1_200):
        heard = Csms(True, dict(csms.starts), {key: dict(value) for key, value in csms.heard.items()})
        storage, after = CutStorage(half.read(), cut_at=cut_at), World(half, heard)
        after.register_wh = world.register_wh
        with suppress(PowerCut):
            after.recover(storage)
        after.recover(CutStorage(storage.read()))
        assert len(heard.heard) == len(world.began)
        for reports in heard.heard.values():
            assert [one.phase for one in reports.values()].count(Phase.ENDED) == 1
            assert sorted(reports) == list(range(len(reports)))
