"""All SQL of the sessions module."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from msgspec.structs import fields

from voltway.contracts.station_link import Authorization, ReportTransaction, TransactionReceipt
from voltway.contracts.vocabulary import SessionState
from voltway.kernel import bulk, clock
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.kernel.json import to_json, to_struct
from voltway.modules.sessions import rules
from voltway.modules.sessions.filing import Filed, SaidBefore, as_new_charge
from voltway.modules.sessions.model import PROGRESS, SETTLED, Session
from voltway.modules.sessions.tables import (
    IS_ACTIVE,
    IS_EVENT,
    column,
    inbox,
    power_history,
    progress,
    quarantine,
    samples,
    sessions,
    token_claims,
    whole,
)

if TYPE_CHECKING:
    from voltway.modules.sessions.matching import KnownSessions

_FIELDS = tuple(field.name for field in fields(Session))
_COLUMNS = [column(name) for name in _FIELDS]
_TOGETHER = progress.c.session_id == sessions.c.id


_BY_STATION = {"station_ids": sessions.c.station_id}
_BY_TRANSACTION = {**_BY_STATION, "transaction_ids": sessions.c.transaction_id}
_OPEN = bulk.HotSelect(_COLUMNS, Session, _BY_STATION, sessions.c.is_open.is_(True), _TOGETHER)
_NAMED = bulk.HotSelect(_COLUMNS, Session, _BY_TRANSACTION, _TOGETHER)
_BY_ID = bulk.HotSelect(_COLUMNS, Session, {"ids": sessions.c.id}, _TOGETHER)


# ---- the hot path


async def load(tx: Tx, reports: Sequence[ReportTransaction], also: Sequence[str] = ()) -> list[Session]:
    """The sessions that reports may be about: open ones of their stations, ended ones that they name, and `also` by id.
    Locked until the commit, in the order of their ids."""
    station_ids = list({report.station_id for report in reports})
    found = await _OPEN.fetch(tx, {"station_ids": station_ids})
    known = {(session.station_id, session.transaction_id) for session in found}
    missing = {
        (report.station_id, report.transaction_id)
        for report in reports
        if report.transaction_id is not None and (report.station_id, report.transaction_id) not in known
    }
    if missing:
        named = await _NAMED.fetch(
            tx,
            {
                "station_ids": list({station_id for station_id, _ in missing}),
                "transaction_ids": list({transaction_id for _, transaction_id in missing}),
            },
        )
        found.extend(session for session in named if (session.station_id, session.transaction_id) in missing)
    if also:
        have = {session.id for session in found}
        found.extend(await _BY_ID.fetch(tx, {"ids": [session_id for session_id in also if session_id not in have]}))
    return found


async def load_open(tx: Tx, station_ids: Iterable[str]) -> list[Session]:
    """The sessions of these stations that are active, or whose car is still there. Locked until the commit."""
    return await _OPEN.fetch(tx, {"station_ids": list(station_ids)})


async def load_by_id(tx: Tx, session_ids: Sequence[str]) -> list[Session]:
    """These sessions. Locked until the commit."""
    return await _BY_ID.fetch(tx, {"ids": list(session_ids)})


async def file_all(tx: Tx, rows: Sequence[tuple[Any, ...]]) -> bool:
    """Put reports into the inbox; False, and nothing is put, if it holds one of them already."""
    return await _FILE.run_all_or_none(tx, rows)


async def said_before(
    tx: Tx, filed: Sequence[Filed], loaded: Sequence[Session]
) -> dict[tuple[str, str], list[SaidBefore]]:
    """What the inbox holds of these messages: (station id, key) -> what was said and answered, the oldest first.

    Found by id, that is by when and what; and by session and key, since a number may come a second time with another time,
    and a start may be that of a later charge.
    """
    again = [charge for entry in filed if (charge := as_new_charge(entry)) is not None]
    matches: list[sa.ColumnElement[bool]] = [inbox.c.id.in_([entry.id for entry in (*filed, *again)])]
    keys = [entry.key for entry in filed if entry.report.sequence_number is not None or entry.report.phase == "started"]
    if keys and loaded:
        session_ids = [session.id for session in loaded]
        matches.append(sa.and_(IS_EVENT, inbox.c.session_id.in_(session_ids), inbox.c.report_key.in_(keys)))
    rows = {row.id: row for match in matches for row in (await tx.execute(sa.select(inbox).where(match))).all()}
    found: dict[tuple[str, str], list[SaidBefore]] = {}
    for row in sorted(rows.values(), key=attrgetter("received_at", "id")):
        receipt = to_struct(row.receipt, TransactionReceipt) if row.receipt else None
        before = SaidBefore(row.payload.encode(), receipt, row.session_id)
        found.setdefault((row.station_id, row.report_key), []).append(before)
    return found


_FILE = bulk.HotStatement.insert_if_absent(
    inbox,
    (
        "id",
        "operator_id",
        "station_id",
        "report_key",
        "session_id",
        "phase",
        "protocol",
        "message_id",
        "occurred_at",
        "received_at",
        "payload",
        "receipt",
        "flags",
    ),
)


def inbox_row(entry: Filed, session: Session | None, receipt: TransactionReceipt) -> tuple[Any, ...]:
    """A report as `_FILE` takes it. The receipt is kept where it says more than which session it is."""
    report = entry.report
    says_more = receipt.authorization is not None or report.sequence_number is not None or report.phase == "started"
    return (
        entry.id,
        report.operator_id,
        report.station_id,
        entry.key,
        session.id if session is not None else None,
        f"{report.phase}",  # the word itself: `value` is looked up by Python code
        report.protocol,
        report.message_id,
        report.occurred_at,
        report.received_at,
        report.payload.decode(),
        to_json(receipt) if says_more else None,
        " ".join(report.flags) if report.flags else None,
    )


_SAMPLE = bulk.HotStatement.insert(
    samples,
    (
        "operator_id",
        "station_id",
        "evse_number",
        "session_id",
        "at",
        "received_at",
        "context",
        "location",
        "energy_wh",
        "power_w",
        "current_a",
        "voltage_v",
        "soc_percent",
        "phases",
        "extra",
        "signed",
    ),
)


def sample_rows(report: ReportTransaction, session: Session | None) -> list[tuple[Any, ...]]:
    """The samples of a report as `_SAMPLE` takes them, on our clock."""
    offset_s = report.clock_offset_s if session is None else rules.offset_s(session, report)
    session_id = session.id if session is not None else None
    evse_number = report.evse_number if session is None else session.evse_number
    return [
        (
            report.operator_id,
            report.station_id,
            evse_number,
            session_id,
            rules.corrected(sample.at, offset_s),
            report.received_at,
            sample.context,
            sample.location,
            sample.energy_wh,
            sample.power_w,
            sample.current_a,
            sample.voltage_v,
            sample.soc_percent,
            sample.phases,
            sample.extra,
            sample.signed,
        )
        for sample in report.samples
    ]


async def save(tx: Tx, known: KnownSessions, sample_rows: Sequence[tuple[Any, ...]]) -> None:
    """Write what a batch changed: new sessions whole, of the others their progress and what else has changed."""
    new: list[tuple[Any, ...]] = []
    new_progress: list[tuple[Any, ...]] = []
    progressed: list[tuple[Any, ...]] = []
    settled: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    for session in sorted(known.touched.values(), key=_id_of):
        if session.id in known.added:
            new.append(_settled_row(session))
            new_progress.append((session.id, session.operator_id, *_progress_of(session)))
            continue
        progressed.append(_progress_row(session))
        names = known.settled_changes(session)
        if names:
            session.settled_at = session.updated_at
            settled.setdefault(names, []).append(_settling(names)[1](session))
    work = [(_settling(names)[0], rows) for names, rows in settled.items()]
    await bulk.run_all(
        tx,
        [(_ADD, new), (_ADD_PROGRESS, new_progress), *work, (_PROGRESS, progressed), (_SAMPLE, sample_rows)],
    )


_id_of = attrgetter("id")
_settled_row = attrgetter(*SETTLED)
_progress_of = attrgetter(*PROGRESS)
_progress_row = attrgetter(*PROGRESS, "id")
_ADD = bulk.HotStatement.insert(sessions, SETTLED)
_ADD_PROGRESS = bulk.HotStatement.insert(progress, ("session_id", "operator_id", *PROGRESS))
_PROGRESS = bulk.HotStatement.update(progress, PROGRESS, key="session_id")


@cache
def _settling(names: tuple[str, ...]) -> tuple[bulk.HotStatement, Callable[[Session], tuple[Any, ...]]]:
    """The update that sets these fields, and what gives its row. Only what has changed is written: a column that is named has
    its indexes written, changed or not."""
    columns = tuple(dict.fromkeys((*names, "settled_at")))
    return bulk.HotStatement.update(sessions, columns, key="id"), attrgetter(*columns, "id")


async def claim_and_count(
    tx: Tx, reports: Sequence[ReportTransaction], limited: Mapping[int, Authorization]
) -> dict[str, int]:
    """How many sessions of each token are active, with the tokens claimed until the commit."""
    claims = {
        verdict.id_token_id: {
            "id_token_id": verdict.id_token_id,
            "operator_id": reports[index].operator_id,
            "claimed_at": reports[index].received_at,
        }
        for index, verdict in limited.items()
        if verdict.id_token_id is not None
    }
    await bulk.upsert(tx, token_claims, list(claims.values()), key=("id_token_id",), update=("claimed_at",))
    statement = (
        sa.select(sessions.c.id_token_id, sa.func.count())
        .where(sessions.c.id_token_id.in_(list(claims)), sessions.c.state == SessionState.ACTIVE.value)
        .group_by(sessions.c.id_token_id)
    )
    counted: dict[str, int] = {row[0]: row[1] for row in (await tx.execute(statement)).all()}
    return {token: counted.get(token, 0) for token in claims}


async def put_in_quarantine(tx: Tx, report: ReportTransaction, error: Exception) -> None:
    """Keep a report that cannot be recorded, whole, with what went wrong.

    Its transaction id may be what the database refused; it stands here for looking it up, and whole in the report.
    """
    fitting = (report.transaction_id or "").replace("\0", "\ufffd")[:36]
    row = {
        "id": new_id(),
        "operator_id": report.operator_id,
        "station_id": report.station_id,
        "transaction_id": fitting or None,
        "received_at": report.received_at,
        "report": to_json(report),
        "error": repr(error)[:4000],
    }
    await bulk.insert(tx, quarantine, [row])


# ---- beside it


async def find(tx: Tx, operator_id: str, session_id: str) -> Any:
    """The row of a session, or None."""
    statement = _WHOLE.where(sessions.c.operator_id == operator_id, sessions.c.id == session_id)
    return (await tx.execute(statement)).one_or_none()


_WHOLE = sa.select(sessions, *(progress.c[name] for name in PROGRESS)).select_from(whole)
_COST = bulk.HotStatement.update(sessions, ("cost", "settled_at"), key="id")
_TOUCH = bulk.HotStatement.update(progress, ("updated_at",), key="session_id")


async def set_cost(tx: Tx, costs: Sequence[tuple[str, str]]) -> None:
    """Keep what sessions cost: (session id, Cost as JSON)."""
    now = clock.now()
    priced = [(cost, now, session_id) for session_id, cost in costs]
    await bulk.run_all(tx, [(_COST, priced), (_TOUCH, [(now, session_id) for session_id, _ in costs])])


async def note_power(tx: Tx, at: datetime) -> None:
    """Add a point to each operator's power history: what its active sessions draw now. An operator that had a point a moment
    ago gets one also if nothing is active any more: its curve falls to zero."""
    statement = (
        sa.select(sessions.c.operator_id, sa.func.coalesce(sa.func.sum(progress.c.power_w), 0.0).label("power_w"))
        .select_from(whole)
        .where(IS_ACTIVE)
        .group_by(sessions.c.operator_id)
    )
    goes_on = sa.select(power_history.c.operator_id).where(power_history.c.at >= at - _POWER_GAP).distinct()
    power_w: dict[str, float] = dict.fromkeys((await tx.execute(goes_on)).scalars(), 0.0)
    power_w |= {row.operator_id: float(row.power_w) for row in (await tx.execute(statement)).all()}
    rows = [{"operator_id": operator_id, "at": at, "power_w": power} for operator_id, power in power_w.items()]
    await bulk.insert_if_absent(tx, power_history, rows)


_POWER_GAP = timedelta(minutes=5)


async def summarize(tx: Tx, operator_id: str, since: datetime, history_since: datetime) -> dict[str, Any]:
    """The figures of SessionSummary."""
    ours = sessions.c.operator_id == operator_id
    active = (
        await tx.execute(
            sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(progress.c.power_w), 0.0))
            .select_from(whole)
            .where(ours, sessions.c.state == SessionState.ACTIVE.value)
        )
    ).one()
    begun = (
        await tx.execute(
            sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(progress.c.energy_wh), 0))
            .select_from(whole)
            .where(ours, sessions.c.started_at >= since)
        )
    ).one()
    history = await tx.execute(
        sa.select(power_history.c.at, power_history.c.power_w)
        .where(power_history.c.operator_id == operator_id, power_history.c.at >= history_since)
        .order_by(power_history.c.at)
        .limit(2000)
    )
    return {
        "active": int(active[0]),
        "power_w": float(active[1]),
        "since_count": int(begun[0]),
        "energy_wh": int(begun[1]),
        "power_history": [(row.at, float(row.power_w)) for row in history.all()],
    }


async def forget_power_before(tx: Tx, oldest: datetime) -> None:
    """Drop points of the power history that nobody looks at any more."""
    await tx.execute(sa.delete(power_history).where(power_history.c.at < oldest))


async def find_running(tx: Tx, session_ids: Sequence[str]) -> Sequence[Any]:
    """Those of the sessions that have not ended and have a transaction and a tariff, with their progress."""
    statement = _WHOLE.where(
        sessions.c.id.in_(session_ids),
        sessions.c.state == SessionState.ACTIVE.value,
        sessions.c.transaction_id.is_not(None),
        sessions.c.tariff.is_not(None),
    )
    return (await tx.execute(statement)).all()


async def find_running_of(tx: Tx, operator_id: str, id_token_id: str) -> Sequence[Any]:
    """The sessions of a token that have not ended and have a transaction."""
    statement = sa.select(sessions).where(
        sessions.c.operator_id == operator_id,
        sessions.c.id_token_id == id_token_id,
        sessions.c.state == SessionState.ACTIVE.value,
        sessions.c.transaction_id.is_not(None),
    )
    return (await tx.execute(statement)).all()


async def find_running_at(tx: Tx, station_ids: Sequence[str]) -> Sequence[Any]:
    """The sessions at stations that have not ended and have a transaction."""
    statement = sa.select(sessions).where(
        sessions.c.station_id.in_(station_ids),
        sessions.c.is_open.is_(True),
        sessions.c.state == SessionState.ACTIVE.value,
        sessions.c.transaction_id.is_not(None),
    )
    return (await tx.execute(statement)).all()


async def find_signed(tx: Tx, session_id: str, count_max: int) -> list[Any]:
    """The samples of a session that its meter signed, by their time: the first and the last of them where there are more."""
    is_signed = sa.and_(samples.c.session_id == session_id, samples.c.signed.is_not(sa.null()))
    chosen = sa.select(samples.c.id, samples.c.at, samples.c.context, samples.c.signed).where(is_signed)
    half = count_max // 2
    first = (await tx.execute(chosen.order_by(samples.c.at, samples.c.id).limit(half))).all()
    last = (await tx.execute(chosen.order_by(samples.c.at.desc(), samples.c.id.desc()).limit(half))).all()
    found = {row.id: row for row in (*first, *last)}
    return sorted((row for row in found.values() if row.signed), key=attrgetter("at", "id"))


async def mark_open(tx: Tx, reason: str) -> None:
    """Give every session that has not ended this reason for a look at it."""
    active = sa.select(sessions.c.id, sessions.c.review).where(sessions.c.is_open, sessions.c.ended_at.is_(None))
    for row in (await tx.execute(active)).all():
        review = " ".join(dict.fromkeys((*row.review.split(), reason)))
        await tx.execute(sa.update(sessions).where(sessions.c.id == row.id).values(review=review))
