"""Who counts as an administrator, and what an invitation says."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from voltway.modules.organisations.rules import LOCALES, Standing, invitation_mail, stays_without_administrator
from voltway.modules.organisations.schemas import Locale


def an_account(account_id: str = "a", **changes: Any) -> Any:
    fields = {"role": "operator_admin", "is_active": True, "location_ids": None, "location_group_ids": None}
    return SimpleNamespace(id=account_id, **{**fields, **changes})


def test_the_last_administrator_is_the_only_active_one_who_sees_everything() -> None:
    assert stays_without_administrator([an_account("a")], "a")
    assert not stays_without_administrator([an_account("a"), an_account("b")], "a")
    assert not stays_without_administrator([an_account("b")], "a")
    for no_help in ({"is_active": False}, {"location_ids": ["here"]}, {"location_group_ids": []}, {"role": "support"}):
        assert stays_without_administrator([an_account("a"), an_account("b", **no_help)], "a"), no_help


def test_a_standing_is_an_account_after_a_change() -> None:
    assert Standing.of(an_account(), {"is_active": False}) == Standing("operator_admin", False, None, None)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_language_names_who_invites_where_and_until_when(locale: str) -> None:
    words = {"inviter": "Ada\nBcc: x", "operator": "Acme", "until": "2026-03-08 12:00", "link": "https://x/#code=1"}
    subject, text = invitation_mail(locale, **words)
    assert "\n" not in subject  # a name cannot add headers
    assert "Ada Bcc: x" in subject
    assert "Acme" in subject
    assert all(word in text for word in ("Acme", "2026-03-08 12:00", "\nhttps://x/#code=1\n"))


def test_there_is_a_mail_in_every_language_that_can_be_asked_for() -> None:
    assert set(LOCALES) == set(Locale.__args__)
