"""What looks wrong is told once for all times that it is the same, and is not lost when it cannot be stored."""

from __future__ import annotations

import pytest

from voltway.kernel import noticing
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.bus.event import Event
from voltway.kernel.bus.events import Events
from voltway.kernel.database import Database
from voltway.kernel.noticing import Noticed, Notices


class Outbox:
    """What was published."""

    def __init__(self, database: Database) -> None:
        self.told: list[tuple[str, int, dict[str, object]]] = []
        events = Events(database)
        assert database.before_commit == events._store
        database.after_commit = lambda tx: self.told.extend(map(self._plain, tx.events))

    def _plain(self, event: Event) -> tuple[str, int, dict[str, object]]:
        assert isinstance(event, Noticed)
        return event.kind, event.count, event.facts


async def test_the_same_is_counted_together_and_told_once(database: Database) -> None:
    outbox, notices = Outbox(database), Notices()
    for identity in ("a", "b", "a", "a"):
        notices.note("handshake.refused", DEFAULT_OPERATOR_ID, identity=identity, address=None)
    await notices.tell(database)
    await notices.tell(database)
    assert outbox.told == [("handshake.refused", 3, {"identity": "a"}), ("handshake.refused", 1, {"identity": "b"})]


async def test_what_cannot_be_stored_is_told_later(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox, notices = Outbox(database), Notices()
    notices.note("x.seen", DEFAULT_OPERATOR_ID)

    async def broken(tx: object) -> None:
        notices.note("x.seen", DEFAULT_OPERATOR_ID)
        raise ConnectionError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(database, "before_commit", broken)
        await notices.tell(database)
    assert outbox.told == []
    await notices.tell(database)
    assert outbox.told == [("x.seen", 2, {})]


async def test_flood_of_different_things_is_bounded_and_texts_are_cut(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noticing, "WAITING_MAX", 2)
    outbox, notices = Outbox(database), Notices()
    for identity in ("a\0" + "x" * 500, "b", "c", "b"):
        notices.note("x.seen", DEFAULT_OPERATOR_ID, identity=identity)
    await notices.tell(database)
    assert [(count, len(str(facts["identity"]))) for _, count, facts in outbox.told] == [(1, 200), (2, 1)]
    assert "\0" not in str(outbox.told)
    assert notices.lost == 1
