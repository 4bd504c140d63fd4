"""How proofs are judged, without a database."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltway.modules.accounts import rules


@given(st.integers(min_value=60, max_value=10**11))
def test_a_code_is_looked_for_in_this_half_minute_and_those_beside_it(epoch_s: int) -> None:
    before, now, after = rules.steps_around(epoch_s)
    assert (before + 1, after - 1) == (now, now)
    assert now * 30 <= epoch_s < now * 30 + 30


@given(st.text(alphabet="abcdefgh23456789", min_size=10, max_size=10))
def test_a_recovery_code_is_read_as_it_was_shown(code: str) -> None:
    shown = rules.shown_recovery_code(code)
    assert shown != code
    for typed in (shown, f" {shown} ", code, shown.replace("-", " - ")):
        assert rules.recovery_code_of(typed) == code


def test_a_registration_lacks_what_it_does_not_agree_to_in_the_present_version() -> None:
    needed = {"terms": "2", "privacy": "1"}
    assert rules.missing_consents({"terms": "1", "privacy": "1", "marketing": "1"}, needed) == {"terms": "2"}
    assert rules.missing_consents({"terms": "2", "privacy": "1"}, needed) == {}


def test_the_newest_of_each_consent_holds() -> None:
    said = [
        SimpleNamespace(kind="terms", at=1),
        SimpleNamespace(kind="privacy", at=2),
        SimpleNamespace(kind="terms", at=3),
    ]
    assert {kind: row.at for kind, row in rules.newest_of_each_kind(said).items()} == {"terms": 3, "privacy": 2}


@given(st.sets(st.sampled_from(["a:read", "b:read", "c:write"])), st.sets(st.sampled_from(["a:read", "c:write", "x"])))
def test_a_token_never_has_a_scope_that_its_client_has_not(granted: set[str], asked: set[str]) -> None:
    scopes = rules.scopes_of(" ".join(asked), granted)
    assert (scopes is None) == (not asked <= granted)
    assert scopes is None or scopes == (asked or granted)


@pytest.mark.parametrize(
    ("claim", "role"),
    [
        ("ops", "operations"),
        (["x", "fin"], "finance"),
        (["fin", "ops"], "operations"),
        ("x", None),
        (None, None),
        ([1, {}], None),
        (["ops", 1], "operations"),
    ],
)
def test_a_claim_stands_for_the_first_role_of_the_settings(claim: object, role: str | None) -> None:
    assert rules.mapped_role(claim, {"ops": "operations", "fin": "finance"}) == role


@pytest.mark.parametrize("claim", [{"ops": 1}, 7, True, 1.5])
def test_a_claim_of_another_shape_stands_for_no_role(claim: object) -> None:
    assert rules.mapped_role(claim, {"ops": "operations"}) is None


@pytest.mark.parametrize(
    ("path", "is_local"),
    [("/", True), ("/a?b=//c", True), ("//e", False), ("/\\e", False), ("e", False), ("", False), ("/a\nb", False)],
)
def test_a_browser_is_only_sent_to_paths_of_this_site(path: str, is_local: bool) -> None:
    assert rules.is_local_path(path) is is_local
