"""What belongs into a station's local list, and what a report tells of the one that it has."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON
from voltway.contracts.access import ReportLocalList
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.modules.users.list_rules import (
    RETRY_MAX_S,
    Known,
    ListFacts,
    apply_changes,
    changes,
    heard,
    key_of,
    known_of,
    retry_after_s,
)


def an_entry(token: str = "CARD", **fields: Any) -> dict[str, Any]:
    return {"id_token": token, "status": "Accepted", **fields}


def a_report(**fields: Any) -> ReportLocalList:
    return ReportLocalList(
        operator_id=DEFAULT_OPERATOR_ID,
        station_id="s",
        station_identity="CS-1",
        location_id=None,
        protocol="ocpp1.6",
        message_id="m",
        received_at=NOON,
        **{"version": 4, "wire_status": "Accepted", **fields},
    )


FACTS = ListFacts(3, known_of([an_entry("ONE"), an_entry("TWO")]), "in_step", "Accepted")

ENTRIES = st.lists(
    st.builds(
        an_entry,
        st.text("ab", min_size=1, max_size=2),
        kind=st.sampled_from([None, "ISO14443"]),
        group=st.sampled_from([None, "G"]),
    ),
    unique_by=key_of,
    max_size=8,
)


@given(ENTRIES, ENTRIES)
def test_changes_make_the_wanted_list_out_of_the_known_one(before: list[Any], wanted: list[Any]) -> None:
    known: Known = known_of(before)
    assert apply_changes(known, changes(known, wanted)) == known_of(wanted)
    assert changes(known_of(wanted), wanted) == []


def test_only_what_is_different_is_a_change() -> None:
    wanted = [an_entry("ONE"), an_entry("TWO", status="Blocked"), an_entry("THREE")]
    assert changes(known_of([an_entry("ONE"), an_entry("TWO"), an_entry("GONE", kind="eMAID")]), wanted) == [
        {"id_token": "GONE", "kind": "eMAID"},
        an_entry("TWO", status="Blocked"),
        an_entry("THREE"),
    ]


def test_tokens_of_a_list_compare_without_case() -> None:
    assert apply_changes(known_of([an_entry("abc")]), [{"id_token": "ABC"}]) == {}


def test_full_list_that_was_taken_is_what_the_station_has() -> None:
    after = heard(FACTS, "all", a_report(is_full=True, entries=(an_entry("NEW"),)))
    assert after == ListFacts(4, known_of([an_entry("NEW")]), "in_step", "Accepted")


def test_list_that_nobody_keeps_in_step_is_off() -> None:
    assert heard(FACTS, "off", a_report(is_full=True, entries=())).state == "off"


def test_changes_of_an_unknown_list_leave_it_unknown() -> None:
    unknown = FACTS._replace(entries=None)
    assert heard(unknown, "all", a_report(entries=(an_entry("NEW"),))).entries is None


def test_refused_list_leaves_the_old_one() -> None:
    after = heard(FACTS, "all", a_report(version=None, wire_status="Failed", is_complete=False, entries=(an_entry(),)))
    assert after == FACTS._replace(state="failed", wire_status="Failed")


def test_list_that_was_taken_in_part_is_not_known() -> None:
    after = heard(FACTS, "all", a_report(version=4, wire_status="Failed", is_complete=False, entries=(an_entry(),)))
    assert (after.version, after.entries, after.state) == (4, None, "failed")


def test_version_mismatch_says_that_we_do_not_know_the_list() -> None:
    report = a_report(version=None, wire_status="VersionMismatch", is_complete=False, entries=(an_entry(),))
    assert heard(FACTS, "all", report).entries is None


@pytest.mark.parametrize(("mode", "state"), [("all", "not_supported"), ("off", "off")])
def test_station_without_lists_says_so(mode: Any, state: str) -> None:
    assert heard(FACTS, mode, a_report(version=-1, wire_status=None)).state == state


def test_version_that_we_know_changes_nothing() -> None:
    assert heard(FACTS, "all", a_report(version=3)) == FACTS


def test_version_zero_is_an_empty_list() -> None:
    assert heard(FACTS, "all", a_report(version=0)) == ListFacts(0, {}, "pending", "Accepted")


def test_another_version_is_somebody_elses_list() -> None:
    after = heard(FACTS, "all", a_report(version=9))
    assert (after.version, after.entries, after.state) == (9, None, "pending")


def test_attempts_come_at_longer_and_longer_times() -> None:
    waits = [retry_after_s(attempts) for attempts in range(12)]
    assert waits == sorted(waits)
    assert waits[0] == 30
    assert waits[-1] == RETRY_MAX_S
