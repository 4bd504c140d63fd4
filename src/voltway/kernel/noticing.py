"""What looks wrong, as those who meet it tell it to whoever watches: something refused, repeated, out of order.

    runtime.state(Notices).note("handshake.refused", operator_id, prefix="192.0.2.0/24", cause="unknown")

costs a dictionary entry. What is the same is counted together; a job publishes it as `Noticed` events. Inside a transaction
`tx.publish(Noticed(...))` does as well. Only what is wrong is told, never what happens with every message.
"""

from __future__ import annotations

from typing import Any

import msgspec
import structlog

from voltway.kernel import clock
from voltway.kernel.bus.event import Event
from voltway.kernel.database import Database

log = structlog.get_logger()

Fact = str | int | float | bool | None

WAITING_MAX = 10_000
"""So many different things are kept between two tellings; what is beyond them is counted in `lost`."""
AT_ONCE = 1000
TEXT_MAX = 200


class Noticed(Event, frozen=True, kw_only=True, gc=False):
    """Something looks wrong. `kind` says what (`link.takeover`), `facts` where and how; never a secret.

    Facts that many share: station_id, station_identity, location_id, actor_id, actor. `count`: so many times the same.
    """

    kind: str
    count: int = 1
    facts: dict[str, Any] = msgspec.field(default_factory=dict)

    def key(self) -> str:
        return str(self.facts.get("station_id") or self.operator_id)


class Notices:
    """What has been noticed in this process and is not told yet (Runtime.state)."""

    def __init__(self) -> None:
        self._untold: dict[tuple[str, str, tuple[tuple[str, Fact], ...]], int] = {}
        self.lost = 0

    def note(self, kind: str, operator_id: str, **facts: Fact) -> None:
        """Note that something looks wrong. Long texts are cut: they may be a stranger's."""
        told = tuple((name, _short(value)) for name, value in facts.items() if value is not None)
        key = (kind, operator_id, told)
        known = self._untold.get(key)
        if known is None and len(self._untold) >= WAITING_MAX:
            self.lost += 1
            return
        self._untold[key] = 1 if known is None else known + 1

    async def tell(self, database: Database) -> None:
        """Publish what waits; what cannot be stored now is told later."""
        while self._untold:
            taken = [(key, self._untold.pop(key)) for key in list(self._untold)[:AT_ONCE]]
            now = clock.now()
            events = [
                Noticed(operator_id=operator_id, at=now, kind=kind, count=count, facts=dict(facts))
                for (kind, operator_id, facts), count in taken
            ]
            try:
                async with database.begin() as tx:
                    tx.publish(*events)
            except Exception as error:
                log.warning("notices.not_told", error=repr(error)[:300])
                for key, count in taken:
                    self._untold[key] = self._untold.get(key, 0) + count
                return


def _short(value: Fact) -> Fact:
    return value.replace("\0", "\ufffd")[:TEXT_MAX] if isinstance(value, str) else value
