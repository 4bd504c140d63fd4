"""AutoCharge: a car is known by the address of its modem (MAC). Whoever copies the address charges as that car, so it is off
unless the operator and the driver both want it, it is capped, and never where a contract certificate is demanded. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from voltway.contracts.vocabulary import IdToken

KIND = "MacAddress"
KIND_KEY = KIND.casefold()
_PREFIX = "vid:"
"""How 1.6 stations mark what is no card: `VID:` and the address."""


def mac_of(value: str) -> str | None:
    """The twelve digits of an address, however it is written; None for what is none."""
    folded = value.casefold().removeprefix(_PREFIX)
    digits = re.sub(r"[:.-]", "", folded)
    return digits if re.fullmatch(r"[0-9a-f]{12}", digits) else None


def keys_of(token: IdToken) -> tuple[str, ...]:
    """Under which keys a token may be stored: as it is shown, and where it is a car's address, as that is stored."""
    folded = token.value.casefold()
    is_car = token.kind == KIND or (token.kind is None and folded.startswith(_PREFIX))
    mac = mac_of(folded) if is_car else None
    return (folded,) if mac is None or mac == folded else (folded, mac)


def is_car(row: Any) -> bool:
    """Whether a row of users_id_tokens is a car's address."""
    return bool(row.kind_key == KIND_KEY)


def is_refused(
    terms: Mapping[str, Any] | None, *, has_consent: bool, location_id: str | None, is_with_contract: bool
) -> bool:
    """Whether a car may not charge by its address here. `terms`: the operator's; None: it is off."""
    if terms is None or not has_consent or is_with_contract:
        return True
    return location_id is not None and location_id in terms["contract_location_ids"]


def session_limit(terms: Mapping[str, Any]) -> dict[str, Any]:
    """How far one session may go."""
    return {"energy_wh": terms["energy_wh_per_session"]}


def quota(terms: Mapping[str, Any]) -> dict[str, Any]:
    """What a car may take in a day."""
    return {"time_zone": terms["time_zone"], "cost_per_day": terms["cost_per_day"]}


TEXTS = {
    "en": (
        "Your car charged by AutoCharge at a new place",
        "{car} has begun to charge at {place} and was known by its address alone (AutoCharge).\n\n"
        "It was there for the first time. If this was not you, block it in the app now.",
    ),
    "de": (
        "Ihr Auto lädt mit AutoCharge an einem neuen Ort",
        "{car} hat in {place} zu laden begonnen und wurde nur an seiner Adresse erkannt (AutoCharge).\n\n"
        "Es war dort zum ersten Mal. Wenn Sie das nicht waren, sperren Sie es jetzt in der App.",
    ),
}


def mail(locale: str, car: str, place: str) -> tuple[str, str]:
    """Subject and text of what the driver is told."""
    subject, text = TEXTS.get(locale[:2].casefold(), TEXTS["en"])
    return subject, text.format(car=car, place=place)
