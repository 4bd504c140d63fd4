"""What the desk listens to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from voltway.contracts.accounts import AccountErased
from voltway.kernel import clock
from voltway.kernel.database import Tx
from voltway.kernel.runtime import Runtime
from voltway.modules.desk import store

PHOTO_KEPT = timedelta(days=180)
AT_ONCE = 100


async def forget_photos(runtime: Runtime) -> None:
    """A job: photos show people and number plates; they go after half a year."""
    while True:
        async with runtime.database.begin() as tx:
            if await store.forget_photos(tx, clock.now() - PHOTO_KEPT, AT_ONCE) < AT_ONCE:
                return


async def on_account_erased(runtime: Runtime, tx: Tx, events: Sequence[AccountErased]) -> None:
    """Somebody has gone: no ticket names them any more."""
    for event in events:
        await store.forget_driver(tx, event.account_id)
