"""A visit that is paid for: begun, its start ordered once its money is there, watched, and over.

The hold stays while the station may charge without our knowing: after an order whose outcome is not known, or a lost link, it is
let go only when the station has spoken, or shortly before the hold runs out.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from voltway.contracts.access import FindStationSettings
from voltway.contracts.bookings import PassHold
from voltway.contracts.holds import ONE_TIME_PREFIX, FindHeldLimits
from voltway.contracts.payments import PaidLimit
from voltway.contracts.sessions import FindRunningSessions
from voltway.contracts.stations import CommandView, SendCommand
from voltway.contracts.vocabulary import CommandState, SpendingLimit
from voltway.kernel import clock
from voltway.kernel.bus.asks import NobodyAnswers
from voltway.kernel.database import Tx
from voltway.kernel.errors import Problem
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.payments import cards, engine, pushing, rules, store, wallets
from voltway.modules.payments.registry import Providers, provider_of
from voltway.modules.payments.rules import Start, State
from voltway.modules.payments.settings import PaymentsSettings
from voltway.modules.payments.tables import notices, payments

log = structlog.get_logger()

TOKEN_LENGTH = 20  # OCPP 1.6: idTag has at most 20 characters
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
START_WAIT_S = 30.0
LOOK_AGAIN_S = 10.0
AT_ONCE = 200
NOTICES_KEPT = timedelta(days=30)
SAID_NO = {
    CommandState.OFFLINE: "station_offline",
    CommandState.REJECTED: "station_refused",
    CommandState.FAILED: "station_refused",
}
"""How an order to start ends of which surely nothing comes: it was not sent, or the station has said no."""


def one_time_token() -> str:
    """A token for one payment: nobody can guess it (85 bits)."""
    return ONE_TIME_PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(TOKEN_LENGTH - len(ONE_TIME_PREFIX)))


def open_key(station_id: str, evse_number: int, payer: str) -> str:
    """EVSE and payer: two clicks of one payer there are one payment."""
    return hashlib.sha256(f"{station_id} {evse_number} {payer}".encode()).hexdigest()


async def begin(tx: Tx, values: dict[str, Any], payer: str) -> tuple[Any, bool]:
    """A payment for a visit and whether it is new. One that is open there already is given instead, and tries again to start if
    its start has failed: the hold is the same."""
    key = open_key(values["station_id"], values["evse_number"], payer)
    made = {
        "purpose": "charge",
        "id_token": one_time_token(),
        "open_key": key,
        "payer_key": key,
        "start_state": Start.DUE.value,
        **values,
    }
    row, is_new = await store.add(tx, made)
    if is_new:
        await store.change(tx, row.id, visit_id=row.id)
        return row, True
    if row.start_state == Start.FAILED.value and row.over_at is not None and State(row.state) in rules.CHARGING:
        await store.change(tx, row.id, start_state=Start.DUE.value, over_at=None, reason=None, due_at=clock.now())
    return row, False


# ---- working


class Attendants:
    """The payments that this process works on now: each by a task of its own, so that a slow station holds up nobody else
    (Runtime.state)."""

    def __init__(self) -> None:
        self.tasks: dict[str, asyncio.Task[None]] = {}

    def attend(self, runtime: Runtime, payment_id: str) -> None:
        """Work on a payment, unless that is being done, or too much is."""
        if payment_id in self.tasks or len(self.tasks) >= AT_ONCE:
            return
        task = asyncio.create_task(_attend_safely(runtime, payment_id), name=f"payment:{payment_id}")
        self.tasks[payment_id] = task
        task.add_done_callback(lambda done: self.tasks.pop(payment_id, None) and None)

    async def leave_alone(self, payment_id: str) -> None:
        """Wait until this process no longer works on a payment: what it asks a provider now has an answer."""
        if payment_id in self.tasks:
            await asyncio.wait([self.tasks[payment_id]])


async def begun(runtime: Runtime, payment_id: str) -> None:
    """Ask the provider while the payer waits; the start is ordered beside it."""
    await engine.advance(runtime, payment_id)
    runtime.state(Attendants).attend(runtime, payment_id)


async def work(runtime: Runtime) -> None:
    """A job: have somebody look at the payments that are due."""
    async with runtime.database.read() as tx:
        due = await store.find_due(tx)
    for payment_id in due:
        runtime.state(Attendants).attend(runtime, payment_id)


async def forget(runtime: Runtime) -> None:
    """A job: forget webhooks that are too old to be taken again, and cards that were declined."""
    async with runtime.database.begin() as tx:
        await tx.execute(sa.delete(notices).where(notices.c.received_at < clock.now() - NOTICES_KEPT))
        await cards.forget_failed(tx, clock.now())


async def stop(runtime: Runtime) -> None:
    """Leave what is being worked on: it is taken up again as after a crash."""
    tasks = list(runtime.state(Attendants).tasks.values())
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for provider in runtime.state(Providers).by_name.values():
        await provider.close()


async def _attend_safely(runtime: Runtime, payment_id: str) -> None:
    try:
        await attend(runtime, payment_id)
    except Exception as error:
        log.error("payment.not_worked", payment_id=payment_id, exc_info=error)
        async with runtime.database.begin() as tx:
            await store.change(tx, payment_id, due_at=clock.now() + timedelta(seconds=30))


async def attend(runtime: Runtime, payment_id: str) -> None:
    """All that is due of one payment: calls to its provider, the order to start, a look at a start that came to nothing."""
    await engine.advance(runtime, payment_id)
    async with runtime.database.read() as tx:
        row = await store.get(tx, payment_id)
    is_there = State(row.state) in rules.CHARGING and row.owed_minor is None and row.over_at is None
    if is_there and row.start_state == Start.DUE.value:
        await _start(runtime, row)
    elif is_there and row.start_due_at is not None and row.start_due_at <= clock.now() and row.session_id is None:
        await _look(runtime, row)
    if row.provider == "wallet" and row.source is not None:
        await _top_up(runtime, row.source)


async def _top_up(runtime: Runtime, wallet_id: str) -> None:
    async with runtime.database.begin() as tx:
        found = await wallets.due_top_up(runtime, tx, wallet_id, clock.now())
        if found is None:
            return
        top_up_id = await wallets.fill(tx, *found)
    await engine.advance(runtime, top_up_id)


async def _move_start(
    tx: Tx, payment_id: str, old: Sequence[Start], new: Start, *, over: str | None = None, **values: Any
) -> bool:
    """Set where a start is, if it is where we think; `over`: why nothing comes of it."""
    columns: dict[str, Any] = {"start_state": new.value, "changed_at": clock.now(), **values}
    if over is not None:
        columns |= {"reason": over, "start_due_at": None}
    statement = sa.update(payments).where(
        payments.c.id == payment_id, payments.c.start_state.in_([one.value for one in old])
    )
    return bool((await tx.execute(statement.values(**columns))).rowcount)


async def _fail(runtime: Runtime, row: Any, old: Sequence[Start], reason: str) -> None:
    """Nothing comes of a start: the hold goes, in the few seconds that a driver gets to try again."""
    over_at = clock.now() + timedelta(seconds=runtime.settings(PaymentsSettings).retry_s)
    async with runtime.database.begin() as tx:
        if await _move_start(tx, row.id, old, Start.FAILED, over=reason, over_at=over_at, due_at=over_at):
            await pushing.tell_payer(tx, row, "failed")
    log.info("payment.start_failed", payment_id=row.id, station_id=row.station_id, reason=reason)


async def _start(runtime: Runtime, row: Any) -> None:
    """Order the start, once: it is noted before it is sent, and another process finds it noted."""
    settings, now = runtime.settings(PaymentsSettings), clock.now()
    look_at = now + timedelta(seconds=START_WAIT_S + settings.plug_s)
    async with runtime.database.begin() as tx:
        if not await _move_start(tx, row.id, [Start.DUE], Start.ORDERED, start_due_at=look_at, due_at=look_at):
            return
    await _pass_hold(runtime, row)
    order = SendCommand(
        operator_id=row.operator_id,
        station_id=row.station_id,
        type="start_transaction",
        arguments={"id_token": row.id_token, "id_token_kind": "Central", "evse_number": row.evse_number},
        requested_by="payment",
        wait_s=START_WAIT_S,
    )
    try:
        command: CommandView | None = await runtime.ask(order, timeout_s=START_WAIT_S + 5)
    except Problem as problem:
        log.info("payment.not_started", payment_id=row.id, error=problem.detail)
        if problem.status != 503:  # the station cannot do it: nothing was sent
            await _fail(runtime, row, [Start.ORDERED], "not_possible")
            return
        command = None
    reason = None if command is None else SAID_NO.get(command.state)
    if reason is not None:
        await _fail(runtime, row, [Start.ORDERED], reason)
        return
    is_accepted = command is not None and command.state is CommandState.ACCEPTED
    state = Start.ACCEPTED if is_accepted else Start.UNKNOWN
    plug_at = clock.now() + timedelta(seconds=settings.plug_s)
    async with runtime.database.begin() as tx:
        await _move_start(tx, row.id, [Start.ORDERED], state, start_due_at=plug_at, due_at=plug_at)


async def _pass_hold(runtime: Runtime, row: Any) -> None:
    """What the payer has booked, or waits for, there is held for the payment's token from now on."""
    if row.payer_id is None or row.location_id is None:
        return
    try:
        await runtime.ask(
            PassHold(
                operator_id=row.operator_id,
                account_id=row.payer_id,
                location_id=row.location_id,
                station_id=row.station_id,
                evse_number=row.evse_number,
                id_token=row.id_token,
                id_token_kind="Central",
            ),
            timeout_s=START_WAIT_S + 5,
        )
    except NobodyAnswers:
        return  # nothing is booked in this network
    except Problem as problem:
        log.info("payment.hold_not_passed", payment_id=row.id, error=problem.detail)


async def _look(runtime: Runtime, row: Any) -> None:
    """No session came in time. Where the station surely has none, the hold goes; else it is looked at again."""
    settings, now = runtime.settings(PaymentsSettings), clock.now()
    station = await runtime.ask(FindStationSettings(operator_id=row.operator_id, station_id=row.station_id))
    running = await runtime.ask(FindRunningSessions(station_ids=(row.station_id,)))
    is_idle = rules.is_confirmed_idle(
        is_online=station is not None and station.is_online,
        is_running=any(
            session.id_token is not None and session.id_token.value.casefold() == row.id_token.casefold()
            for session in running
        ),
        back_at=row.station_back_at,
        quiet=timedelta(seconds=settings.quiet_s),
        now=now,
    )
    if is_idle:
        await _fail(runtime, row, [Start.ORDERED, Start.ACCEPTED, Start.UNKNOWN], "not_plugged_in")
        return
    again = now + timedelta(seconds=LOOK_AGAIN_S)
    async with runtime.database.begin() as tx:
        await store.change(tx, row.id, start_due_at=again, due_at=again)


async def cancel(runtime: Runtime, row: Any, reason: str) -> bool:
    """The payer wants no more of a payment whose visit has not begun; False once it has, or may have."""
    now = clock.now()
    async with runtime.database.begin() as tx:
        found = await store.get(tx, row.id, lock=True)
        may = found.session_id is None and found.start_state in (Start.NONE.value, Start.DUE.value, Start.FAILED.value)
        if not may or found.owed_minor is not None:
            return False
        values = {"start_state": Start.FAILED.value, "over_at": now, "reason": reason, "due_at": now}
        await store.change(tx, row.id, **values)
        if found.state == State.CREATED.value:
            await store.change(tx, row.id, state=State.FAILED.value, open_key=None, due_at=None)
    # Who asked the provider before this was said has leased the call, and does not yet know.
    await runtime.state(Attendants).leave_alone(row.id)
    await attend(runtime, row.id)
    return True


# ---- what stations ask


async def find_held_limits(runtime: Runtime, request: FindHeldLimits) -> list[PaidLimit | None]:
    """Whether the tokens of payments may charge, and how far; None for a token that is none of ours."""
    wanted = {token.upper() for token in request.id_tokens}
    async with runtime.database.read(is_urgent=True) as tx:
        found = (await tx.execute(sa.select(payments).where(payments.c.id_token.in_(sorted(wanted))))).all()
    rows = {row.id_token: row for row in found}
    return [
        None if (row := rows.get(token.upper())) is None else _limit_of(runtime, row) for token in request.id_tokens
    ]


def _limit_of(runtime: Runtime, row: Any) -> PaidLimit:
    """A hold that can be raised goes as far as the payer has agreed; else it ends with what is held."""
    may = State(row.state) in rules.CHARGING and row.owed_minor is None and row.over_at is None
    can_raise = row.can_raise and provider_of(runtime, row.provider).abilities.is_raising
    cost = Money(row.limit_minor if can_raise else row.held_minor, row.currency)
    return PaidLimit(station_id=row.station_id, is_paid=may, limit=SpendingLimit(cost=cost))
