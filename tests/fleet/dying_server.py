"""The server, but it kills itself at a chosen point: `python dying_server.py POINT TIMES run --data-dir …`.

SIGKILL at the TIMES-th passing: nothing is flushed, no `finally` runs. The points are those between which something could be
lost or done twice.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from voltway.app.cli import main
from voltway.kernel import batching
from voltway.kernel.bus.events import Events
from voltway.modules.allocation import telling
from voltway.modules.billing import store

DYING = f"-{int(signal.SIGKILL)}"


def _die_at(times: int) -> Callable[[], None]:
    left = [times]

    def pass_by() -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return pass_by


def before_answer(pass_by: Callable[[], None]) -> None:
    """Reports are on the disk, and their stations do not know."""
    answer = batching._answer

    def patched(waiting: Any, receipt: Any) -> None:
        pass_by()
        answer(waiting, receipt)

    batching._answer = patched


def before_commit(pass_by: Callable[[], None]) -> None:
    """Everything is written, the events too, and nothing is committed."""
    keep = Events._store

    async def patched(self: Events, tx: Any) -> None:
        await keep(self, tx)
        pass_by()

    Events._store = patched  # type: ignore[method-assign]


def before_listeners(pass_by: Callable[[], None]) -> None:
    """Events are on the disk, and nobody has heard them."""
    remember = Events._remember

    def patched(self: Events, first: int, events: list[Any]) -> None:
        pass_by()
        remember(self, first, events)

    Events._remember = patched  # type: ignore[method-assign]


def after_listener(pass_by: Callable[[], None]) -> None:
    """A listener has done its work with its cursor, and the process has not noted it."""
    handle = Events._handle

    async def patched(self: Events, *arguments: Any) -> None:
        await handle(self, *arguments)
        pass_by()

    Events._handle = patched  # type: ignore[method-assign]


def while_billing(pass_by: Callable[[], None]) -> None:
    """CDRs are written and not committed."""
    add = store.add_cdrs

    async def patched(*arguments: Any) -> Any:
        made = await add(*arguments)
        pass_by()
        return made

    store.add_cdrs = patched


def before_share(pass_by: Callable[[], None]) -> None:
    """What a car may have is noted, and its station has not been told."""
    tell = telling.tell_share

    async def patched(*arguments: Any) -> Any:
        pass_by()
        return await tell(*arguments)

    telling.tell_share = patched


def after_share(pass_by: Callable[[], None]) -> None:
    """A station has accepted a share, and that is not noted."""
    tell = telling.tell_share

    async def patched(*arguments: Any) -> Any:
        answer = await tell(*arguments)
        pass_by()
        return answer

    telling.tell_share = patched


POINTS = {
    point.__name__: point
    for point in (
        before_answer,
        before_commit,
        before_listeners,
        after_listener,
        while_billing,
        before_share,
        after_share,
    )
}

if __name__ == "__main__":
    _, name, count, *arguments = sys.argv
    POINTS[name](_die_at(int(count)))
    sys.argv = ["voltway", *arguments]
    main()
