"""Numbers for what comes back by itself."""

from __future__ import annotations

import secrets

REQUEST_ID_BITS = 31


def new_request_id() -> int:
    """A positive number for what comes back by itself: a remote start, the parts of a report."""
    return secrets.randbelow(2**REQUEST_ID_BITS - 1) + 1
