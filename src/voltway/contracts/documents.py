"""What the documents module says: where the paper of a charge is."""

from __future__ import annotations

import msgspec

from voltway.kernel.bus.asks import Ask


class ChargeDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The receipt or invoice of a session. `url` opens its page to whoever has it."""

    kind: str
    """receipt, invoice"""
    number: str
    url: str


class FindChargeDocument(Ask[ChargeDocument | None], frozen=True, kw_only=True):
    """The newest receipt or invoice of an operator's session; None: there is none yet, or it waits for the month's."""

    operator_id: str
    session_id: str
