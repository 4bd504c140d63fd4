"""What processes say to each other, as bytes: requests, replies, problems. msgpack by msgspec, never pickle.

A type is named on the wire as `module:Class`. What arrives is decoded into the type that the receiver itself has registered or
asked for; a name is looked up only where it must lie in the contracts (the receipt of a report), or among the problems that
this process has imported.
"""

from __future__ import annotations

import hmac
import sys
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import Any, TypeVar, get_args, get_origin

import msgspec

from voltway.kernel.bus.asks import Ask
from voltway.kernel.bus.event import Event
from voltway.kernel.errors import Problem, Unavailable

T = TypeVar("T")
CONTRACTS = "voltway.contracts."
_encode = msgspec.msgpack.Encoder().encode


class Request(msgspec.Struct, frozen=True, array_like=True):
    """A question, or a report to be recorded (`kind` says which type it is)."""

    kind: str
    body: bytes
    within_ms: int
    """How long the asker waits from now on; what comes later is not begun."""


class Refused(msgspec.Struct, frozen=True, array_like=True):
    """A `Problem` on its way back."""

    kind: str
    status: int
    title: str
    slug: str
    detail: str
    context: dict[str, Any]


class Reply(msgspec.Struct, frozen=True, array_like=True):
    """The answer: its bytes, for a receipt with the name of its type; or the problem."""

    body: bytes = b""
    kind: str | None = None
    refused: Refused | None = None


class Passing(msgspec.Struct, frozen=True, array_like=True):
    """An event that is not kept, for those who hear it in another process."""

    kind: str
    body: bytes


class Told(msgspec.Struct, frozen=True, array_like=True):
    """What is told to all others, and may be lost: how far the outbox has come, who has come or gone, passing events."""

    node_id: str
    head: int = 0
    is_news: bool = False
    """Whether a process has come or gone."""
    passing: tuple[Passing, ...] = ()


class AnswererAway(Unavailable):
    """A module that has been running answers in no process at the moment: it may come back."""

    title = "The service that answers this is not running at the moment"


class TooBusy(Unavailable):
    """More questions are waiting than a process takes."""

    title = "Another service is too busy"


class BrokenAnswer(Unavailable):
    """The other side failed for a reason that is a bug there; its log has the trace."""

    title = "Another service failed"


class RemoteProblem(Problem):
    """A problem of a class that this process has not imported; to the edge it looks the same."""

    status = 500
    title = "Problem of another process"


@cache
def _remote(slug: str, status: int, title: str) -> type[RemoteProblem]:
    """The class there, as far as anybody here needs it: its name is its kind."""
    name = "".join(word.capitalize() for word in slug.split("-"))
    return type(name, (RemoteProblem,), {"status": status, "title": title, "__doc__": RemoteProblem.__doc__})


def name_of(kind: type[Any]) -> str:
    """How a type is called on the wire."""
    return f"{kind.__module__}:{kind.__qualname__}"


def pack(value: Any) -> bytes:
    """Any struct or plain value."""
    return _encode(value)


@cache
def _decoder(kind: Any) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(kind)


def unpack(data: bytes, kind: type[T]) -> T:
    """The value of a type. Raises msgspec.ValidationError or DecodeError for anything else."""
    found: T = _decoder(kind).decode(data)  # type: ignore[arg-type]  # mypy: type[T] counts as not hashable
    return found


@cache
def reply_type(kind: type[Ask[Any]]) -> Any:
    """What an ask is answered with: the argument of `Ask[...]` among its bases."""
    for base in kind.__mro__:
        for shape in getattr(base, "__orig_bases__", ()):
            if get_origin(shape) is Ask:
                return get_args(shape)[0]
    raise TypeError(f"{kind.__name__} does not say what its reply is: class {kind.__name__}(Ask[...])")


# ---- what a broker carries is sealed: whoever has not the installation's key can neither ask nor answer

SEAL_BYTES = 16


def seal(data: bytes, key: bytes) -> bytes:
    """The bytes behind their seal."""
    return hmac.digest(key, data, "sha256")[:SEAL_BYTES] + data


def unseal(data: bytes, key: bytes) -> bytes:
    """The bytes. Raises ValueError where the seal is not ours."""
    body = data[SEAL_BYTES:]
    if not hmac.compare_digest(data[:SEAL_BYTES], hmac.digest(key, body, "sha256")[:SEAL_BYTES]):
        raise ValueError("the seal is not ours")
    return body


# ---- receipts of reports


def pack_receipt(receipt: Any) -> tuple[bytes, str | None]:
    """A receipt with the name of its type; a plain value has none."""
    return pack(receipt), name_of(type(receipt)) if isinstance(receipt, msgspec.Struct) else None


def unpack_receipt(data: bytes, kind: str | None) -> Any:
    """Raises ValueError for a type that lies outside the contracts."""
    if kind is None:
        return msgspec.msgpack.decode(data)
    module, _, name = kind.partition(":")
    if not module.startswith(CONTRACTS):
        raise ValueError(f"{kind} is no contract")
    return unpack(data, getattr(import_module(module), name))


# ---- problems


def pack_problem(error: BaseException) -> Refused:
    """What an answer raised. A bug's text stays here: it may hold anything."""
    if not isinstance(error, Problem):
        problem: Problem = BrokenAnswer("The process that answers this has failed; its log says why.")
    else:
        problem = error
    context = msgspec.to_builtins(problem.context, str_keys=True)
    kind = name_of(type(problem))
    return Refused(kind, problem.status, problem.title, problem.kind(), problem.detail, context)


def unpack_problem(refused: Refused) -> Problem:
    """The same problem here: of its own class where that is imported, else one that looks the same at the edge."""
    module, _, name = refused.kind.partition(":")
    kind = getattr(sys.modules.get(module), name, None)
    if not (isinstance(kind, type) and issubclass(kind, Problem)):
        return _remote(refused.slug, refused.status, refused.title)(refused.detail, **refused.context)
    problem = kind.__new__(kind)
    Problem.__init__(problem, refused.detail, **refused.context)
    return problem


# ---- passing events


def pack_events(events: Iterable[Event]) -> tuple[Passing, ...]:
    """Events that are not kept."""
    return tuple(Passing(name_of(type(event)), pack(event)) for event in events)


def unpack_event(passing: Passing, types: dict[str, type[Event]]) -> Event | None:
    """The event, if this process knows its type and can read it."""
    kind = types.get(passing.kind.partition(":")[2])
    if kind is None or name_of(kind) != passing.kind:
        return None
    try:
        return unpack(passing.body, kind)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return None
