"""How a limit is shared, whatever comes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from voltway.charging.profiles import Unit
from voltway.modules.allocation.rules import Claim, decreases, fits, shares, wants, weight


def a_claim(name: str, reserved: float = 0.0, **more: object) -> Claim:
    return Claim(session_id=name, reserved=reserved, **more)  # type: ignore[arg-type]


def test_all_get_the_same_amperes() -> None:
    assert shares(32, Unit.A, [a_claim("a"), a_claim("b")]) == {"a": 16, "b": 16}


def test_watts_are_shared_by_phases() -> None:
    told = shares(11_040, Unit.W, [a_claim("a", phases=3), a_claim("b", phases=1)])
    assert told == {"a": 8_280, "b": 2_760}  # 12 A each


def test_who_cannot_have_6_a_pauses_and_it_is_the_latest() -> None:
    assert shares(17, Unit.A, [a_claim("a"), a_claim("b"), a_claim("c")]) == {"a": 8.5, "b": 8.5, "c": 0}
    assert shares(5, Unit.A, [a_claim("a")]) == {"a": 0}


def test_who_cannot_be_told_keeps_what_he_has() -> None:
    assert shares(32, Unit.A, [a_claim("a", 20, is_fixed=True), a_claim("b")]) == {"b": 12}
    assert shares(32, Unit.A, [a_claim("a", 40, is_fixed=True), a_claim("b")]) == {"b": 0}


def test_a_car_that_takes_nothing_keeps_the_least() -> None:
    assert shares(32, Unit.A, [a_claim("a", is_satisfied=True), a_claim("b")]) == {"a": 6, "b": 26}
    assert shares(32, Unit.A, [a_claim("a", is_satisfied=True)]) == {"a": 32}


def test_what_may_never_have_been_heard_is_told_again_though_it_is_no_more() -> None:
    assert not wants(a_claim("a", 20), 20)
    assert wants(a_claim("a", 20), 21)
    assert wants(a_claim("a", 20, is_unsure=True), 20)
    assert not wants(a_claim("a", 20, is_unsure=True), 19)  # less is told before
    assert not wants(a_claim("a", 20, is_unsure=True, is_fixed=True), 20)


def test_less_is_told_first_and_more_only_if_it_fits() -> None:
    claims = [a_claim("a", 32), a_claim("b", 0)]
    assert decreases(claims, {"a": 16, "b": 16}) == [claims[0]]
    assert not fits(32, claims, "b", 16)
    assert fits(32, [a_claim("a", 16), a_claim("b", 0)], "b", 16)


claims_of_any_sort = st.lists(
    st.builds(
        Claim,
        session_id=st.uuids().map(str),
        reserved=st.floats(0, 40),
        phases=st.integers(1, 3),
        is_fixed=st.booleans(),
        is_satisfied=st.booleans(),
    ),
    max_size=8,
)


@given(st.floats(1, 500), st.sampled_from(Unit), claims_of_any_sort)
def test_shares_and_what_is_fixed_stay_below_the_limit(limit_a: float, unit: Unit, claims: list[Claim]) -> None:
    limit = limit_a * weight(unit, 3)
    told = shares(limit, unit, claims)
    assert set(told) == {claim.session_id for claim in claims if not claim.is_fixed}
    fixed = sum(claim.reserved for claim in claims if claim.is_fixed)
    if fixed <= limit:
        assert sum(told.values()) + fixed <= limit + 1e-3
    else:
        assert not any(told.values())
    for claim in claims:
        if claim.session_id in told:
            share = told[claim.session_id]
            # A pause, or 6 A but for the tenth that is cut off.
            assert share == 0 or share >= 6 * weight(unit, claim.phases) - 0.1
