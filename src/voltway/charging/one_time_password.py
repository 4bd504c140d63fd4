"""The one-time password in the address of a QR code at a station. Pure.

Source: OCPP 2.1 part 2, C25, "Time-based One-Time password algorithm", version 1.
"""

from __future__ import annotations

import hashlib
import hmac
import string

VERSION = "v1"
ALPHABET = string.digits + string.ascii_lowercase + string.ascii_uppercase
PRINTED_ALPHABET = ALPHABET.replace("o", "")
"""The specification calls it base62 and prints 61 characters, without the small o: a station may have taken it at its word."""
OFFSET_MASK = 0x0F


def password_at(secret: str, interval: int, length: int, alphabet: str = ALPHABET) -> str:
    """The password of an interval: the number of whole validity times since 1970."""
    digest = hmac.new(secret.encode(), interval.to_bytes(8, "big"), hashlib.sha256).digest()
    offset = digest[-1] & OFFSET_MASK
    return "".join(alphabet[digest[(offset + i) % len(digest)] % len(alphabet)] for i in range(length))


def is_valid(password: str, secret: str, at_s: float, validity_s: int, length: int) -> bool:
    """Whether a password is that of an instant (in seconds since 1970), of the interval before it, or of the next one."""
    now = int(at_s // validity_s)
    found = [
        hmac.compare_digest(password.encode(), password_at(secret, interval, length, alphabet).encode())
        for interval in (now, now - 1, now + 1)
        for alphabet in (ALPHABET, PRINTED_ALPHABET)
    ]
    return any(found)
