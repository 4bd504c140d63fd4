"""REST of a driver's own tokens, and of the codes by which cards become somebody's."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request

from voltway.kernel import audit, clock
from voltway.kernel.auth import Permission, Principal, allowed
from voltway.kernel.database import Tx
from voltway.kernel.errors import InvalidField
from voltway.kernel.http import Page, PageQuery, open_tx, page_query, read_tx, runtime_of
from voltway.kernel.request import client_address
from voltway.kernel.runtime import Runtime
from voltway.modules.users import code_rules, drivers, local_lists, store
from voltway.modules.users.driver_schemas import (
    AutoChargeChoice,
    AutoChargeOut,
    CardIn,
    CarIn,
    CodeOut,
    CodesIn,
    CodesOut,
    OwnTokenOut,
    OwnTokenPatch,
    own_token_out,
)
from voltway.modules.users.errors import TooManyCodes, WrongCode
from voltway.modules.users.tables import id_tokens

router = APIRouter(tags=["tokens"])

MayOwn = Annotated[Principal, Depends(allowed(Permission.TOKENS_OWN))]
MayWrite = Annotated[Principal, Depends(allowed(Permission.TOKENS_WRITE, everywhere=True))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]

CODES_GOOD_FOR = timedelta(days=731)


@router.post("/id-tokens/activation-codes", status_code=201)
async def make_activation_codes(body: CodesIn, principal: MayWrite, tx: OpenTx, runtime: OurRuntime) -> CodesOut:
    """Make activation codes for cards that are nobody's; a card's earlier code ends. They are shown in this answer only. Until
    its code is used a card is not good (`invalid`)."""
    now = clock.now()
    if not now < body.expires_at <= now + CODES_GOOD_FOR:
        raise InvalidField.at("$.expires_at", "should lie ahead, within two years")
    made = await drivers.make_codes(tx, principal, body.id_token_ids, body.expires_at, runtime.secret)
    await local_lists.touch(tx, principal.operator_id, local_lists.debounce_s(runtime))
    items = [
        CodeOut(id_token_id=row.id, value=principal.shown(row.value), code=code_rules.written(code))
        for row, code in made
    ]
    return CodesOut(expires_at=body.expires_at, items=items)


# ---- a driver's own


@router.get("/me/id-tokens")
async def list_own_tokens(
    principal: MayOwn, tx: ReadTx, page: Annotated[PageQuery, Depends(page_query)]
) -> Page[OwnTokenOut]:
    """The caller's own tokens, newest first."""
    rows, next_cursor = await page.fetch(tx, sa.select(id_tokens).where(drivers.of(principal)), id_tokens.c.id)
    choices = await drivers.choices_of(tx, principal)
    return Page(items=[own_token_out(row, choices) for row in rows], next_cursor=next_cursor)


@router.post("/me/id-tokens", status_code=201)
async def add_own_card(
    body: CardIn, principal: MayOwn, tx: OpenTx, runtime: OurRuntime, request: Request
) -> OwnTokenOut:
    """Take a card as one's own, by the activation code that came with it. A code works once."""
    guesses, keys = runtime.state(code_rules.Guesses), (f"account {principal.id}", f"from {client_address(request)}")
    wait_s = guesses.wait_s(keys, clock.monotonic())
    if wait_s > 0:
        raise TooManyCodes("Too many wrong codes. Wait a little.", retry_after_s=math.ceil(wait_s))
    code = code_rules.read(body.code)
    try:
        row = await drivers.activate(tx, principal, code, body.name, runtime.secret)
    except WrongCode:
        guesses.count(keys, clock.monotonic())
        raise
    await local_lists.touch(tx, principal.operator_id, local_lists.debounce_s(runtime))
    return own_token_out(row, await drivers.choices_of(tx, principal))


@router.post("/me/id-tokens/app", status_code=201)
async def make_app_token(principal: MayOwn, tx: OpenTx) -> OwnTokenOut:
    """The virtual card by which the app starts sessions: made at the first call, the same at every other."""
    row = await drivers.app_token(tx, principal)
    return own_token_out(row, await drivers.choices_of(tx, principal))


@router.post("/me/cars", status_code=201)
async def add_car(body: CarIn, principal: MayOwn, tx: OpenTx) -> OwnTokenOut:
    """A car that AutoCharge is to know by its address; where the network offers it and the driver has allowed it."""
    row = await drivers.add_car(tx, principal, body.mac_address, body.name)
    return own_token_out(row, await drivers.choices_of(tx, principal))


@router.get("/me/id-tokens/{token_id}")
async def get_own_token(token_id: str, principal: MayOwn, tx: ReadTx) -> OwnTokenOut:
    """One of the caller's own tokens."""
    row = await drivers.get(tx, principal, token_id)
    return own_token_out(row, await drivers.choices_of(tx, principal))


@router.patch("/me/id-tokens/{token_id}")
async def change_own_token(token_id: str, body: OwnTokenPatch, principal: MayOwn, tx: OpenTx) -> OwnTokenOut:
    """Name a token, or say that it is the one to charge with unless another is shown."""
    row = await drivers.get(tx, principal, token_id, is_locked=True)
    if "name" in body.model_fields_set:
        row = await store.change(tx, principal.operator_id, token_id, {"name": body.name})
        audit.note(tx, principal, "id_token.named", ("id_token", token_id), after={"name": body.name})
    choices = await drivers.choices_of(tx, principal)
    if body.is_default is not None and body.is_default != own_token_out(row, choices).is_default:
        choices = await drivers.choose(tx, principal, {"default_token_id": token_id if body.is_default else None})
    return own_token_out(row, choices)


@router.post("/me/id-tokens/{token_id}/loss")
async def report_loss(token_id: str, principal: MayOwn, tx: OpenTx) -> OwnTokenOut:
    """The token was lost: it is blocked at once. Only the operator can take that back."""
    row = await drivers.lose(tx, principal, await drivers.get(tx, principal, token_id, is_locked=True))
    return own_token_out(row, await drivers.choices_of(tx, principal))


@router.delete("/me/id-tokens/{token_id}", status_code=204)
async def give_token_back(token_id: str, principal: MayOwn, tx: OpenTx) -> None:
    """The token is the caller's no more, and nobody charges with it. A card may be activated again with a new code."""
    await drivers.give_back(tx, principal, await drivers.get(tx, principal, token_id, is_locked=True))


@router.get("/me/autocharge")
async def get_autocharge(principal: MayOwn, tx: ReadTx) -> AutoChargeOut:
    """Whether the caller's cars are known by their address."""
    choices, settings = (
        await drivers.choices_of(tx, principal),
        await store.access_settings_of(tx, principal.operator_id),
    )
    return AutoChargeOut(
        is_allowed=choices is not None and choices.is_autocharge_allowed,
        is_offered=settings is not None and settings.autocharge is not None,
    )


@router.put("/me/autocharge")
async def set_autocharge(body: AutoChargeChoice, principal: MayOwn, tx: OpenTx) -> AutoChargeOut:
    """Allow that cars are known by their address, or not; it holds at once."""
    await drivers.choose(tx, principal, {"is_autocharge_allowed": body.is_allowed})
    audit.note(tx, principal, "autocharge.chosen", ("account", principal.id), after={"is_allowed": body.is_allowed})
    return await get_autocharge(principal, tx)
