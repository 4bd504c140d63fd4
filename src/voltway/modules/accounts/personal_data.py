"""What all modules keep of a person: its copy, and its end."""

from __future__ import annotations

from typing import Any

from voltway.contracts.accounts import PERSONAL_DATA, FindPersonalTokens
from voltway.kernel import audit
from voltway.kernel.auth import Principal
from voltway.kernel.runtime import Runtime
from voltway.modules.accounts import service


async def records_of(runtime: Runtime, account: Any) -> dict[str, list[dict[str, Any]]]:
    """What the modules keep of a person, by kind; a module that does not run here keeps nothing."""
    tokens = await _tokens_of(runtime, account)
    about = {
        "operator_id": account.operator_id,
        "account_id": account.id,
        "id_token_ids": tuple(token["id"] for token in tokens),
        "id_tokens": tuple(token["value"] for token in tokens),
    }
    found = {}
    for name, kind in PERSONAL_DATA.items():
        if runtime.asks.is_answered(kind):
            found[name] = tokens if kind is FindPersonalTokens else await runtime.ask(kind(**about))
    return found


async def erase(runtime: Runtime, account: Any, principal: Principal | None) -> None:
    """Forget a person, everywhere. `principal`: an administrator who does it; None: the person, of whom the audit log keeps no
    name. Raises LastAdministrator."""
    tokens = await _tokens_of(runtime, account)
    async with runtime.database.begin() as tx:
        await service.refuse_to_lose_the_last_administrator(tx, account)
        audit.note(tx, principal, "account.erased", ("account", account.id), operator_id=account.operator_id)
        await service.erase(tx, runtime, account, tuple(token["value"] for token in tokens))


async def _tokens_of(runtime: Runtime, account: Any) -> list[dict[str, Any]]:
    if not runtime.asks.is_answered(FindPersonalTokens):
        return []
    return await runtime.ask(FindPersonalTokens(operator_id=account.operator_id, account_id=account.id))
