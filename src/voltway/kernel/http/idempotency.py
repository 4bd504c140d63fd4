"""Idempotency-Key: a write that is sent again gives the first answer again, and happens once.

Where the route works in one transaction (open_tx), the key and the answer are rows of that transaction: both are there or
neither is, whatever dies in between. Elsewhere the key is claimed first, in a transaction of its own, and the answer is kept
when it is made; an attempt that was cut short leaves the claim, and a retry is told that its outcome is not known (409).
Such a route can do better: `keep_answer(tx, request, ...)` in the transaction of its effect.

Only what was done is kept: after a refusal (4xx, 503) the key is free again. Answers may hold secrets that are shown once,
so they are sealed with a key of the installation.
Source: draft-ietf-httpapi-idempotency-key-header.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from datetime import timedelta
from typing import cast

import msgspec
import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import Request, Response
from pydantic import BaseModel

from voltway.kernel import bulk, clock
from voltway.kernel.auth import Principal
from voltway.kernel.database import Database, Tx, UtcDateTime, metadata
from voltway.kernel.errors import Malformed, Problem
from voltway.kernel.ids import new_id
from voltway.kernel.request import runtime_serving
from voltway.kernel.secrets import derive_key

KEPT = timedelta(hours=24)
HEADER = "idempotency-key"
KEY_LENGTH_MAX = 255
_NONCE_BYTES = 12
_NOT_KEPT = frozenset({"content-length", "set-cookie", "date", "x-correlation-id"})

keys = sa.Table(
    "kernel_idempotency_keys",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True, comment="keyed hash of principal and key"),
    sa.Column("attempt_id", sa.String(36), nullable=False, comment="the request that claimed it"),
    sa.Column("request_hash", sa.String(64), nullable=False),
    sa.Column("status", sa.Integer, comment="null: not answered yet"),
    sa.Column("answer", sa.LargeBinary(2**24), comment="headers and body, sealed"),
    sa.Column("claimed_at", UtcDateTime, nullable=False, index=True),
)


class BadIdempotencyKey(Malformed):
    """An Idempotency-Key has 1 to 255 printable characters."""

    title = "Idempotency-Key cannot be read"


class KeyUsedOtherwise(Problem):
    """This Idempotency-Key came with another request before. Take a new key for a new request."""

    status = 422
    title = "Idempotency-Key belongs to another request"


class OutcomeUnknown(Problem):
    """An earlier request with this Idempotency-Key has no answer yet: it is being worked on, or it was cut short."""

    status = 409
    title = "An earlier request with this key has not been answered"


class AnswerKept(Exception):
    """Not an error: this request was answered before, with `response`."""

    def __init__(self, response: Response) -> None:
        super().__init__("answered before")
        self.response = response


@dataclass(frozen=True)
class Claim:
    """A request's claim to its key."""

    id: str
    request_hash: str
    sealing_key: bytes
    attempt_id: str = field(default_factory=new_id)

    @classmethod
    def of(cls, request: Request, body: bytes, principal: Principal) -> Claim | None:
        """The claim that a request makes; None without the header. Raises BadIdempotencyKey."""
        key = request.headers.get(HEADER)
        if key is None:
            return None
        if not 1 <= len(key) <= KEY_LENGTH_MAX or not key.isprintable():
            raise BadIdempotencyKey(f"An Idempotency-Key has 1 to {KEY_LENGTH_MAX} printable characters.")
        secret = runtime_serving(request).secret
        what = "\n".join([request.method, request.url.path, request.url.query, principal.operator_id])
        return cls(
            id=hmac.new(
                derive_key(secret, "idempotency"), f"{principal.id} {key}".encode(), hashlib.sha256
            ).hexdigest(),
            request_hash=hashlib.sha256(what.encode() + b"\n" + body).hexdigest(),
            sealing_key=derive_key(secret, f"idempotency answers {key}"),
        )


def claim_of(request: Request) -> Claim | None:
    """The claim of a request, as the edge has noted it."""
    return cast("Claim | None", getattr(request.state, "claim", None))


async def claim(tx: Tx, request: Request) -> None:
    """Claim the request's key, if it has one. A concurrent request with the same key waits here for this one's commit.

    Raises AnswerKept, KeyUsedOtherwise, OutcomeUnknown.
    """
    wanted = claim_of(request)
    if wanted is None:
        return
    row = {
        "id": wanted.id,
        "attempt_id": wanted.attempt_id,
        "request_hash": wanted.request_hash,
        "claimed_at": clock.now(),
    }
    await bulk.insert_if_absent(tx, keys, [row])
    found = (await tx.execute(sa.select(keys).where(keys.c.id == wanted.id))).one()
    if found.attempt_id == wanted.attempt_id:
        return
    if found.request_hash != wanted.request_hash:
        raise KeyUsedOtherwise("The method, the path or the body differs from the first request with this key.")
    if found.status is None:
        raise OutcomeUnknown(
            "It is being worked on, or was cut short. Look what came of it before you send it with a new key.",
            retry_after_s=2,
        )
    raise AnswerKept(_unseal(wanted, found.status, found.answer))


async def claim_first(request: Request) -> None:
    """Claim the key in a transaction of its own, for a route that has none. Raises like `claim`."""
    async with runtime_serving(request).database.begin() as tx:
        await claim(tx, request)


async def keep_answer(tx: Tx, request: Request, status: int, body: BaseModel) -> None:
    """Keep an answer in the transaction that makes it true; the answer that is sent in the end takes its place.

    For routes that go on after their commit (a command is saved, then sent): a retry gets this instead of OutcomeUnknown.
    """
    if (wanted := claim_of(request)) is not None:
        response = Response(body.model_dump_json(), status, media_type="application/json")
        await _store(tx, wanted, response)


async def keep(request: Request, response: Response) -> None:
    """Keep the answer of a request: in its transaction if that is still open, else in one of its own."""
    wanted = claim_of(request)
    if wanted is None or not hasattr(response, "body"):
        return
    tx = getattr(request.state, "open_tx", None)
    if tx is not None:
        await _store(tx, wanted, response)
        return
    async with runtime_serving(request).database.begin() as tx:
        await _store(tx, wanted, response)


async def release(request: Request) -> None:
    """Free the key again: nothing was done."""
    wanted = claim_of(request)
    if wanted is None:
        return
    async with runtime_serving(request).database.begin() as tx:
        await tx.execute(
            sa.delete(keys).where(
                keys.c.id == wanted.id, keys.c.attempt_id == wanted.attempt_id, keys.c.status.is_(None)
            )
        )


async def forget_old(database: Database) -> None:
    """Delete the keys that are older than KEPT."""
    async with database.begin() as tx:
        await tx.execute(sa.delete(keys).where(keys.c.claimed_at < clock.now() - KEPT))


async def _store(tx: Tx, wanted: Claim, response: Response) -> None:
    statement = sa.update(keys).where(keys.c.id == wanted.id, keys.c.attempt_id == wanted.attempt_id)
    await tx.execute(statement.values(status=response.status_code, answer=_seal(wanted, response)))


def _seal(wanted: Claim, response: Response) -> bytes:
    headers = [(name, value) for name, value in response.headers.items() if name not in _NOT_KEPT]
    nonce = os.urandom(_NONCE_BYTES)
    plain = msgspec.msgpack.encode((headers, bytes(response.body)))
    return nonce + AESGCM(wanted.sealing_key).encrypt(nonce, plain, wanted.id.encode())


def _unseal(wanted: Claim, status: int, sealed: bytes) -> Response:
    plain = AESGCM(wanted.sealing_key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], wanted.id.encode())
    headers, body = msgspec.msgpack.decode(plain, type=tuple[list[tuple[str, str]], bytes])
    return Response(body, status, {**dict(headers), "idempotent-replayed": "true"})
