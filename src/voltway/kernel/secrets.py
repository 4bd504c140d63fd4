"""Secrets made by machines: station passwords, API keys. A keyed hash is enough for them, and costs microseconds.

Human passwords are another matter: see auth.py (argon2id).
Source for passwords of stations: OCPP 2.0.1 part 2, A00.FR.205 (16 to 40 characters), A01.FR.08 (stored hashed and salted).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

_ALPHABET = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that is mistaken for another
_SALT_BYTES = 8


def new_password(length: int = 32) -> str:
    """A random password a person can type; 32 characters of this alphabet are 186 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def masked(value: str) -> str:
    """A value by which a person knows it again and nobody uses it: its last four characters, of a short one none."""
    return f"***{value[-4:]}" if len(value) >= 8 else "***"


def derive_key(secret: bytes, purpose: str) -> bytes:
    """A key for one purpose from the installation's secret."""
    return hmac.new(secret, purpose.encode(), hashlib.sha256).digest()


def hash_secret(value: str | bytes, key: bytes) -> bytes:
    """Salt and keyed hash of a secret: 8 + 32 bytes."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return salt + _digest(value, key, salt)


def matches_secret(value: str | bytes, hashed: bytes | None, key: bytes) -> bool:
    """Whether a secret is the one that was hashed; takes the same time for every answer, also when there is none."""
    expected = hashed if hashed is not None else bytes(_SALT_BYTES + 32)
    same = hmac.compare_digest(_digest(value, key, expected[:_SALT_BYTES]), expected[_SALT_BYTES:])
    return same and hashed is not None


def _digest(value: str | bytes, key: bytes, salt: bytes) -> bytes:
    return hmac.new(key, salt + (value.encode() if isinstance(value, str) else value), hashlib.sha256).digest()
