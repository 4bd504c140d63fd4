"""REST of operators: for whoever runs the platform."""

from __future__ import annotations

import sqlalchemy as sa
from fastapi import APIRouter

from voltway.kernel import audit
from voltway.kernel.auth import Role, create_operator, operators
from voltway.kernel.auth.accounts import check_email
from voltway.kernel.auth.operators import suspend
from voltway.kernel.http import Page
from voltway.modules.organisations import service, store
from voltway.modules.organisations.api.dependencies import OurRuntime, PagePart, PlatformAdmin, ReadTx
from voltway.modules.organisations.errors import OwnOperator
from voltway.modules.organisations.schemas import OperatorIn, OperatorOut, OperatorPatch

router = APIRouter(tags=["operators"])


@router.get("/operators")
async def list_operators(principal: PlatformAdmin, tx: ReadTx, page: PagePart) -> Page[OperatorOut]:
    """The operators of this installation. To act for one of them, send its slug as X-Operator."""
    rows, next_cursor = await page.fetch(tx, sa.select(operators), operators.c.id)
    return Page(items=[OperatorOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.post("/operators", status_code=201)
async def add_operator(body: OperatorIn, principal: PlatformAdmin, runtime: OurRuntime) -> OperatorOut:
    """Add an operator, and invite its first administrator if an address is given. Its stations connect to
    /ocpp/{slug}/{identity}."""
    email = check_email(body.admin_email) if body.admin_email is not None else ""
    async with runtime.database.begin() as tx:  # not confined to the caller's own operator: it writes for the new one
        operator_id = await create_operator(tx, body.slug, body.name)
        if body.admin_email is not None:
            grant = {**dict.fromkeys(service.GRANT), "role": Role.OPERATOR_ADMIN.value}
            await service.invite(tx, runtime, principal, operator_id, email, body.locale, grant)
        after = {"slug": body.slug, "name": body.name}
        audit.note(tx, principal, "operator.made", ("operator", operator_id), after=after)
        return OperatorOut.model_validate(await store.get_operator(tx, operator_id))


@router.get("/operators/{operator_id}")
async def get_operator(operator_id: str, principal: PlatformAdmin, tx: ReadTx) -> OperatorOut:
    """One operator."""
    return OperatorOut.model_validate(await store.get_operator(tx, operator_id))


@router.patch("/operators/{operator_id}")
async def change_operator(
    operator_id: str, body: OperatorPatch, principal: PlatformAdmin, runtime: OurRuntime
) -> OperatorOut:
    """Rename, suspend or resume an operator. Of a suspended one no account and no key is let in, at once; its stations go on."""
    async with runtime.database.begin() as tx:
        row = await store.get_operator(tx, operator_id)
        if body.name is not None:
            await store.rename_operator(tx, operator_id, body.name)
        if body.is_suspended is not None and body.is_suspended != (row.suspended_at is not None):
            if body.is_suspended and operator_id == await store.home_of(tx, principal):
                raise OwnOperator("Have another operator's platform administrator do it, or use the command line.")
            await suspend(tx, operator_id, is_suspended=body.is_suspended)
        changed = await store.get_operator(tx, operator_id)
        before, after = (OperatorOut.model_validate(each).model_dump(mode="json") for each in (row, changed))
        audit.note(tx, principal, "operator.changed", ("operator", operator_id), before=before, after=after)
        service.take_effect(tx, runtime)
    return OperatorOut.model_validate(changed)
