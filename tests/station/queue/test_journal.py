"""The queue when the disk is full, the memory short, the file damaged, the clock wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from station.queue.cut_storage import CutStorage
from station.queue.test_power_cut import AT, begin, report
from voltway.station.ocpp.vocabulary import Phase
from voltway.station.queue.frames import framed, frames
from voltway.station.queue.journal import FileJournal
from voltway.station.queue.storage import FileStorage, write_atomically


@settings(deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6), st.integers(0, 400), st.binary(max_size=60))
def test_whatever_follows_a_cut_tail_the_frames_before_it_are_read(
    contents: list[bytes], cut_at: int, junk: bytes
) -> None:
    whole = b"".join(framed(number, content) for number, content in enumerate(contents))
    read = [content for _, content in frames(whole[:cut_at] + junk)]
    kept = [content for end, content in frames(whole) if end <= cut_at]
    assert read[: len(kept)] == kept
    assert all(one in contents for one in read)


def test_a_full_disk_thins_updates_and_keeps_starts_and_ends() -> None:
    storage = CutStorage(disk_bytes=150_000)
    journal = FileJournal(storage)
    transactions = []
    minute = 0
    for key in range(10):
        transaction = begin(str(key), minute, minute)
        transactions.append(transaction)
        assert journal.add(report(transaction, Phase.STARTED, minute, minute)) is not None
        for _ in range(40):
            minute += 1
            journal.add(report(transaction, Phase.UPDATED, minute, minute))
        assert journal.add(report(transaction, Phase.ENDED, minute, minute)) is not None
    assert journal.is_full
    assert journal.thinned > 0
    again = FileJournal(CutStorage(storage.read(), disk_bytes=150_000))
    for phase in (Phase.STARTED, Phase.ENDED):
        kept = [one.transaction.key for one in again.pending.values() if one.phase is phase]
        assert kept == [one.key for one in transactions]


def test_a_disk_that_has_room_again_takes_updates_again() -> None:
    storage = CutStorage(disk_bytes=100_000)
    journal = FileJournal(storage)
    transaction = begin("a", 0, 0)
    journal.add(report(transaction, Phase.STARTED, 0, 0))
    while journal.add(report(transaction, Phase.UPDATED, 1, 1)) is not None:
        pass
    storage.disk_bytes = 1 << 30
    assert journal.add(report(transaction, Phase.UPDATED, 2, 2)) is not None
    assert not journal.is_full


def test_many_reports_are_thinned_in_the_middle_of_each_transaction() -> None:
    journal = FileJournal(CutStorage(), reports_max=20)
    gone: set[int] = set()
    journal.on_thinned = gone.update
    transaction = begin("a", 0, 0)
    journal.add(report(transaction, Phase.STARTED, 0, 0))
    for minute in range(1, 200):
        journal.add(report(transaction, Phase.UPDATED, minute, minute))
    journal.add(report(transaction, Phase.ENDED, 200, 200))
    pending = list(journal.pending.values())
    assert len(pending) <= 21
    assert (pending[0].phase, pending[-1].phase) == (Phase.STARTED, Phase.ENDED)
    assert pending[-1].sequence == 200, "a gap tells the truth: something is missing"
    assert len(gone) == journal.thinned == 201 - len(pending)


def test_what_a_wrong_clock_has_dated_is_corrected_and_stays_so_after_a_reboot() -> None:
    storage = CutStorage()
    journal = FileJournal(storage)
    transaction = begin("a", 0, 0)
    transaction.is_clock_unsure = True
    journal.add(replace(report(transaction, Phase.STARTED, 0, 0), is_clock_unsure=True))
    journal.shift(3600.0)
    for one in (journal, FileJournal(CutStorage(storage.read()))):
        [kept] = one.pending.values()
        assert kept.at == kept.samples[0].at == kept.transaction.started_at == AT + timedelta(hours=1)


def test_a_long_life_does_not_grow_the_file() -> None:
    storage = CutStorage()
    journal = FileJournal(storage, waste_max=20_000)
    sizes = set()
    for charge in range(300):
        transaction = begin(str(charge), charge, charge)
        for phase in (Phase.STARTED, Phase.UPDATED, Phase.ENDED):
            number = journal.add(report(transaction, phase, charge, charge))
            assert number is not None
            journal.done(number, transaction)
        sizes.add(storage.room)
    assert max(sizes) < 250_000
    assert not journal.pending
    assert not journal.running


def test_the_real_file_gives_back_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "queue"
    storage = FileStorage(path)
    journal = FileJournal(storage, waste_max=2_000)
    transaction = begin("a", 0, 0)
    journal.add(report(transaction, Phase.STARTED, 0, 0))
    for minute in range(1, 30):
        number = journal.add(report(transaction, Phase.UPDATED, minute, minute))
        assert number is not None
        journal.done(number, transaction)
    storage.close()
    other = FileStorage(path)
    again = FileJournal(other)
    assert [one.phase for one in again.pending.values()] == [Phase.STARTED]
    assert [one.next_sequence for one in again.running] == [30]
    other.close()
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]
