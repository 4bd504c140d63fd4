"""Passwords of people: what is good enough, and argon2id in two threads, so that log-ins cannot take the machine.

Source: OWASP ASVS 5.0, 6.2 (length, no composition rules, common passwords refused); RFC 9106 for argon2id.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from voltway.kernel.auth.common_passwords import COMMON_PASSWORDS
from voltway.kernel.auth.errors import TooManyLogIns, WeakPassword

Result = TypeVar("Result")

LENGTH_MIN = 8
LENGTH_ADVISED = 15
LENGTH_MAX = 256
NOBODYS_PASSWORD = "the password of an account that does not exist"
WAITING_MAX = 40  # each takes some 50 ms: whoever is further behind is better told to come back

# OWASP password storage cheat sheet: 46 MiB and one pass are as strong as the other choices, and the quickest of them.
_hasher = PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
_waiting = 0


def check_policy(password: str, email: str = "") -> None:
    """Raise WeakPassword unless the password may be used; says why."""
    folded = password.casefold()
    local_part = email.casefold().partition("@")[0]
    reason = ""
    if len(password) < LENGTH_MIN:
        reason = f"A password has at least {LENGTH_MIN} characters; {LENGTH_ADVISED} or more are advised."
    elif len(password) > LENGTH_MAX:
        reason = f"A password has at most {LENGTH_MAX} characters."
    elif len(set(folded)) <= 3 or folded in COMMON_PASSWORDS or folded.rstrip("0123456789!.?") in COMMON_PASSWORDS:
        reason = "This password is among the first that are tried. Use several words, or a password manager."
    elif folded == email.casefold() or (len(local_part) >= 4 and folded.strip("0123456789!.?") == local_part):
        reason = "The password is the e-mail address."
    if reason:
        raise WeakPassword(reason, errors=[{"path": "$.password", "message": reason}])


async def hash_password(password: str) -> str:
    """The argon2id hash, as text with its parameters and salt."""
    return await _in_thread(_hasher.hash, password)


async def matches(password: str, password_hash: str | None) -> bool:
    """Whether a password is the one that was hashed. Takes as long for an account that does not exist (None), or that has no
    password ('')."""
    same = await _in_thread(_verify, password, password_hash or _nobodys_hash())
    return same and bool(password_hash)


def is_outdated(password_hash: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def _verify(password: str, password_hash: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(NOBODYS_PASSWORD)


async def _in_thread(work: Callable[..., Result], *arguments: str) -> Result:
    global _waiting
    if _waiting >= WAITING_MAX:
        raise TooManyLogIns("Many log-ins are being checked. Try again in a few seconds.", retry_after_s=5)
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, work, *arguments)
    finally:
        _waiting -= 1
