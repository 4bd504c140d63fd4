"""Privileged acts, as they are told to the audit log: who did what to what, from where, how it was before and is now.

    audit.note(tx, principal, "station.edited", ("station", station_id), **audit.changes(row, row_now))

in the transaction that does the act: both are saved, or neither. The audit module listens and chains the entries.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypedDict

import msgspec

from voltway.kernel import clock
from voltway.kernel.auth.principal import Principal
from voltway.kernel.bus.event import Event
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.kernel.request import request_origin

MASK = "***"

# What these fields hold opens something: that it changed is told, what it is is not.
_SECRET = re.compile(
    r"passw(or)?ds?$|secrets?$|hash(es)?$|^authorization|cookie|csrf|^pin$|(^|_)t?otp|private_key|recovery_code", re.I
)
# Who knows the whole of such a value can charge with it.
_TOKEN = re.compile(r"^(group_?|parent_?)?id_?(token|tag)$", re.I)
_BOOKKEEPING = frozenset({"version", "revision", "updated_at", "changed_at", "due_at"})


class ActDone(Event, frozen=True, kw_only=True, gc=False):
    """Somebody did something that the audit log must keep. Never holds a secret: say that it changed, not what it is."""

    act_id: str = ""
    """Its own; an act that is told twice is one."""
    actor_kind: str
    """account, api_key, driver, system"""
    actor_id: str
    actor_name: str
    action: str
    """What was done, as noun and past tense: `station.retired`, `api_key.made`, `log_in.failed`."""
    target_kind: str
    target_id: str
    before: dict[str, Any] | None = None
    """The fields that changed, as they were."""
    after: dict[str, Any] | None = None
    """The same fields, as they are now."""
    reason: str | None = None
    """Why, in the words of whoever did it."""
    address: str | None = None
    """Of whoever asked; None: nobody from outside."""
    correlation_id: str | None = None


def note(
    tx: Tx,
    principal: Principal | None,
    action: str,
    target: tuple[str, str],
    *,
    operator_id: str | None = None,
    by: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    """Tell the audit log of an act, if this transaction commits. Without a principal it is the system's own (or that of
    somebody who is not known yet), `by` says which part of it, and `operator_id` must be given."""
    operator = operator_id or (principal.operator_id if principal is not None else "")
    if not operator:
        raise ValueError("An act belongs to an operator: give the principal or operator_id.")
    origin = request_origin.get()
    tx.publish(
        ActDone(
            operator_id=operator,
            at=clock.now(),
            act_id=new_id(),
            actor_kind="system" if principal is None else principal.kind,
            actor_id="" if principal is None else principal.id,
            actor_name=by if principal is None else principal.name,
            action=action,
            target_kind=target[0],
            target_id=target[1],
            before=None if before is None else without_secrets(before),
            after=None if after is None else without_secrets(after),
            reason=reason,
            address=None if origin is None else origin.address,
            correlation_id=None if origin is None else origin.correlation_id,
        )
    )


class Changes(TypedDict):
    """The fields that changed, as they were and as they are."""

    before: dict[str, Any]
    after: dict[str, Any]


def changes(before: Any, after: Any) -> Changes:
    """What differs between two rows (or mappings), as `note` takes it: `before` and `after`."""
    was, now = _fields(before), _fields(after)
    changed = [name for name in now if name not in _BOOKKEEPING and was.get(name) != now[name]]
    return {"before": {name: was.get(name) for name in changed}, "after": {name: now[name] for name in changed}}


def last_four(value: str) -> str:
    """A token's value, so that who has it knows which is meant."""
    return f"{MASK}{value[-4:]}" if len(value) > 8 else MASK


def without_secrets(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values (as in JSON) with the secrets hidden and tokens cut, in whatever depth."""
    return {name: _hidden(name, value) for name, value in fields.items()}


def _hidden(name: str, value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if _SECRET.search(name):
        return MASK
    if isinstance(value, str):
        return last_four(value) if _TOKEN.search(name) else str(value)
    if isinstance(value, Mapping):
        return without_secrets({str(key): inner for key, inner in value.items()})
    if isinstance(value, list | tuple | set | frozenset):
        return [_hidden(name, inner) for inner in value]
    return msgspec.to_builtins(value)


def _fields(row: Any) -> Mapping[str, Any]:
    return row if isinstance(row, Mapping) else dict(row._asdict())
