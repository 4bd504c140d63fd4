"""The chain: whatever is done to entries that were written, it is found, at the first of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON
from voltway.kernel.audit import ActDone, changes, last_four, without_secrets
from voltway.modules.audit import rules
from voltway.modules.audit.rules import NOTHING, Broken, End

KEY = b"the key of a test installation"
OPERATOR = "00000000-0000-7000-8000-000000000001"


def an_act(number: int = 1, **changes: Any) -> ActDone:
    fields: dict[str, Any] = {
        "operator_id": OPERATOR,
        "at": NOON,
        "act_id": f"act-{number}",
        "actor_kind": "account",
        "actor_id": "a-1",
        "actor_name": "Ada",
        "action": "station.edited",
        "target_kind": "station",
        "target_id": f"station-{number}",
        "before": {"name": "old", "power_w": 11.0},
        "after": {"name": "new", "power_w": 22.0},
        "reason": "a new cable",
        "address": "192.0.2.1",
        "correlation_id": "c-1",
    }
    return ActDone(**(fields | changes))


def a_chain(length: int) -> list[dict[str, Any]]:
    return rules.chained([an_act(number) for number in range(1, length + 1)], OPERATOR, NOTHING, KEY)


def first_broken(rows: list[dict[str, Any]], *, head: End | None = None, anchor: End | None = None) -> int | None:
    """The number at which a chain breaks, its end looked at as well."""
    end, broken = rules.check(rows, NOTHING, anchor, OPERATOR, KEY)
    broken = broken or rules.check_end(end, head or end, anchor, OPERATOR, KEY)
    return broken and broken.number


def end_of(rows: list[dict[str, Any]]) -> End:
    return End(*(rows[-1][name] for name in End._fields))


def hashed_anew(rows: list[dict[str, Any]], key: bytes) -> list[dict[str, Any]]:
    """What somebody makes of a chain who knows how it is made."""
    previous = rules.BEGINNING
    for row in rows:
        row["previous_hash"] = previous
        previous = row["hash"] = rules.hash_of(row)
        row["seal"] = rules.seal_of(key, OPERATOR, row["number"], previous)
    return rows


def test_a_chain_that_nobody_touched_is_whole() -> None:
    rows = a_chain(5)
    assert [row["number"] for row in rows] == [1, 2, 3, 4, 5]
    assert first_broken(rows, head=end_of(rows), anchor=end_of(rows)) is None
    assert first_broken([]) is None


def test_a_chain_goes_on_where_it_ended() -> None:
    rows = a_chain(2)
    more = rules.chained([an_act(3)], OPERATOR, end_of(rows), KEY)
    assert first_broken(rows + more) is None


@pytest.mark.parametrize("field", [*rules.HASHED, "hash", "seal"])
def test_a_change_of_any_field_is_found(field: str) -> None:
    rows = a_chain(3)
    value = rows[1][field]
    others = {"number": 7, "at": NOON.replace(hour=13), "was": {"name": "x"}, "became": None}
    rows[1][field] = others.get(field, f"{value}x")
    assert first_broken(rows) == 2


@given(length=st.integers(2, 8), data=st.data())
def test_removed_moved_and_put_in_entries_are_found(length: int, data: st.DataObject) -> None:
    rows = a_chain(length)
    place = data.draw(st.integers(0, length - 2))
    removed = [row for row in rows if row is not rows[place]]
    assert first_broken(removed, head=end_of(rows)) == place + 1
    swapped = [dict(row) for row in rows]
    swapped[place]["number"], swapped[place + 1]["number"] = rows[place + 1]["number"], rows[place]["number"]
    assert first_broken(sorted(swapped, key=lambda row: row["number"]), head=end_of(rows)) == place + 1
    put_in = [*rows[: place + 1], dict(rows[place], act_id="new"), *rows[place + 1 :]]
    for number, row in enumerate(put_in, 1):
        row["number"] = number
    assert first_broken(put_in, head=end_of(put_in)) == place + 2


@given(length=st.integers(1, 8), data=st.data())
def test_an_end_that_is_cut_off_is_found(length: int, data: st.DataObject) -> None:
    rows = a_chain(length)
    kept = rows[: data.draw(st.integers(0, length - 1))]
    assert first_broken(kept, head=end_of(rows)) == len(kept) + 1
    # The head was set back as well: only the file outside the database knows.
    assert first_broken(kept, head=end_of(kept) if kept else NOTHING, anchor=end_of(rows)) == len(kept) + 1


def test_a_chain_that_was_cut_off_and_went_on_differs_from_the_anchor() -> None:
    rows = a_chain(3)
    forged = rules.chained([an_act(9), an_act(10)], OPERATOR, end_of(rows[:2]), KEY)
    assert first_broken(rows[:2] + forged, anchor=end_of(rows)) == 3


def test_a_chain_written_anew_without_the_secret_is_found() -> None:
    rows = a_chain(3)
    rows[1]["actor_name"] = "Somebody else"
    assert first_broken(hashed_anew(rows, b"another key")) == 1
    assert first_broken(hashed_anew(rows, KEY)) is None  # who has the secret is held by a hash that was noted elsewhere


def test_entries_behind_the_head_are_not_ours() -> None:
    rows = a_chain(2)
    assert first_broken(rows, head=end_of(rows[:1])) == 2


def test_an_anchor_of_somebody_else_is_found() -> None:
    rows = a_chain(2)
    anchor = end_of(rows)._replace(seal="f" * 64)
    _, broken = rules.check(rows, NOTHING, anchor, OPERATOR, KEY)
    assert broken is None
    assert rules.check_end(end_of(rows), end_of(rows), anchor, OPERATOR, KEY) == Broken(
        2, "the anchor file was not written by this installation"
    )


def test_what_is_too_large_is_kept_as_its_hash() -> None:
    (row,) = rules.chained([an_act(after={"payload": "x" * 40_000})], OPERATOR, NOTHING, KEY)
    assert row["became"].keys() == {"left_out_bytes", "left_out_sha256"}


def test_texts_fit_their_columns() -> None:
    act = an_act(actor_name="n" * 999, action="a" * 999, target_id="t\0" * 999, reason="r" * 9999, address="1" * 999)
    (row,) = rules.chained([act], OPERATOR, NOTHING, KEY)
    assert [len(row[name]) for name in ("actor_name", "action", "target_id", "reason", "address")] == [
        200,
        80,
        100,
        2000,
        64,
    ]
    assert "\0" not in row["target_id"]


# ---- what is told (kernel/audit.py)


def test_secrets_are_hidden_and_tokens_cut() -> None:
    told = without_secrets(
        {
            "password": "hunter2",
            "secret_hash": b"x",
            "new_passwords": ["a", "b"],
            "nested": [{"pin": "1234", "id_token": "04A1B2C3D4E5F6", "name": "n"}],
            "key": "HeartbeatInterval",
            "location_id": None,
            "is_on": True,
        }
    )
    assert told == {
        "password": "***",
        "secret_hash": "***",
        "new_passwords": "***",
        "nested": [{"pin": "***", "id_token": "***E5F6", "name": "n"}],
        "key": "HeartbeatInterval",
        "location_id": None,
        "is_on": True,
    }
    assert last_four("short") == "***"


def test_only_what_changed_is_told() -> None:
    before, after = {"name": "a", "city": "x", "version": 1}, {"name": "b", "city": "x", "version": 2}
    assert changes(before, after) == {"before": {"name": "a"}, "after": {"name": "b"}}
