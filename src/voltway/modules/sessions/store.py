"""All SQL of the sessions module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from msgspec.structs import fields

from voltway.charging.pricing import Tariff
from voltway.contracts.station_link import Authorization, ReportTransaction, TransactionReceipt
from voltway.contracts.vocabulary import SessionState
from voltway.kernel import bulk, clock
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.kernel.json import to_json, to_struct
from voltway.modules.sessions.model import PROGRESS, Session
from voltway.modules.sessions.tables import inbox, power_history, quarantine, samples, sessions, token_claims

if TYPE_CHECKING:
    from voltway.modules.sessions.matching import KnownSessions
    from voltway.modules.sessions.recording import Filed, SaidBefore

_FIELDS = tuple(field.name for field in fields(Session))
_COLUMNS = [sessions.c[name] for name in _FIELDS]
_OPEN = sa.select(*_COLUMNS).where(
    sessions.c.station_id.in_(sa.bindparam("station_ids", expanding=True)), sessions.c.is_open.is_(True)
)
_NAMED = sa.select(*_COLUMNS).where(
    sessions.c.station_id.in_(sa.bindparam("station_ids", expanding=True)),
    sessions.c.transaction_id.in_(sa.bindparam("transaction_ids", expanding=True)),
)
_BY_ID = sa.select(*_COLUMNS).where(sessions.c.id.in_(sa.bindparam("ids", expanding=True)))


# ---- the hot path


async def load(tx: Tx, reports: Sequence[ReportTransaction], also: Sequence[str] = ()) -> list[Session]:
    """The sessions that reports may be about: open ones of their stations, ended ones that they name, and `also` by id.
    Locked until the commit, in the order of their ids."""
    station_ids = list({report.station_id for report in reports})
    found = await _select(tx, _OPEN, {"station_ids": station_ids})
    known = {(session.station_id, session.transaction_id) for session in found}
    missing = {
        (report.station_id, report.transaction_id)
        for report in reports
        if report.transaction_id is not None and (report.station_id, report.transaction_id) not in known
    }
    if missing:
        named = await _select(
            tx,
            _NAMED,
            {
                "station_ids": list({station_id for station_id, _ in missing}),
                "transaction_ids": list({transaction_id for _, transaction_id in missing}),
            },
        )
        found.extend(session for session in named if (session.station_id, session.transaction_id) in missing)
    if also:
        have = {session.id for session in found}
        found.extend(await _select(tx, _BY_ID, {"ids": [session_id for session_id in also if session_id not in have]}))
    return found


async def _select(tx: Tx, statement: sa.Select[Any], parameters: Mapping[str, Any]) -> list[Session]:
    ordered = bulk.locked(statement.order_by(sessions.c.id), tx)
    return [_session(row) for row in (await tx.execute(ordered, parameters)).all()]


def _session(row: Sequence[Any]) -> Session:
    values: dict[str, Any] = dict(zip(_FIELDS, row, strict=True))
    values["state"] = SessionState(values["state"])
    values["tariff"] = _tariff(values["tariff"]) if values["tariff"] is not None else None
    values["review"] = tuple(values["review"].split())
    return Session(**values)


@lru_cache(maxsize=1024)
def _tariff(text: str) -> Tariff:
    return to_struct(text, Tariff)


@lru_cache(maxsize=1024)
def _tariff_text(tariff: Tariff) -> str:
    return to_json(tariff)


async def file_all(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Put reports into the inbox; False, and nothing is put, if it holds one of them already."""
    if not rows:
        return True
    savepoint = await tx.connection.begin_nested()
    if await bulk.insert_if_absent(tx, inbox, rows) == len(rows):
        await savepoint.commit()
        return True
    await savepoint.rollback()
    return False


async def said_before(tx: Tx, filed: Sequence[Filed]) -> dict[tuple[str, str], SaidBefore]:
    """What the inbox holds under the keys of these reports, and under the keys made from them for new charges."""
    from voltway.modules.sessions.recording import SaidBefore

    statement = sa.select(
        inbox.c.station_id,
        inbox.c.report_key,
        inbox.c.content_hash,
        inbox.c.payload,
        inbox.c.receipt,
        inbox.c.session_id,
        inbox.c.received_at,
    ).order_by(inbox.c.received_at)
    keys = sorted({(entry.report.station_id, entry.key) for entry in filed})
    found: dict[tuple[str, str], SaidBefore] = {}
    for station_id, key in keys:
        match = (
            sa.or_(inbox.c.report_key == key, inbox.c.report_key.like(f"{key}:%"))
            if key.startswith("start:")
            else (inbox.c.report_key == key)
        )
        for row in (await tx.execute(statement.where(inbox.c.station_id == station_id, match))).all():
            receipt = (
                to_struct(row.receipt, TransactionReceipt)
                if row.receipt
                else TransactionReceipt(session_id=row.session_id)
            )
            found.setdefault(
                (row.station_id, row.report_key),
                SaidBefore(row.content_hash, row.payload.encode(), receipt, row.session_id),
            )
    return found


def inbox_row(entry: Filed, session: Session | None, receipt: TransactionReceipt) -> dict[str, Any]:
    """A report as the inbox keeps it. The receipt is kept where it says more than which session it is."""
    report = entry.report
    says_more = receipt.authorization is not None or report.sequence_number is not None or report.phase == "started"
    return {
        "station_id": report.station_id,
        "report_key": entry.key,
        "content_hash": entry.content_hash,
        "operator_id": report.operator_id,
        "session_id": session.id if session is not None else None,
        "phase": report.phase.value,
        "protocol": report.protocol,
        "message_id": report.message_id,
        "occurred_at": report.occurred_at,
        "received_at": report.received_at,
        "payload": report.payload.decode(),
        "receipt": to_json(receipt) if says_more else None,
        "flags": " ".join(report.flags) if report.flags else None,
    }


def sample_rows(report: ReportTransaction, session: Session | None) -> list[dict[str, Any]]:
    """The samples of a report, on our clock."""
    return [
        {
            "operator_id": report.operator_id,
            "station_id": report.station_id,
            "evse_number": report.evse_number if session is None else session.evse_number,
            "session_id": session.id if session is not None else None,
            "at": sample.at,
            "received_at": report.received_at,
            "context": sample.context,
            "location": sample.location,
            "energy_wh": sample.energy_wh,
            "power_w": sample.power_w,
            "current_a": sample.current_a,
            "voltage_v": sample.voltage_v,
            "soc_percent": sample.soc_percent,
            "phases": sample.phases,
            "extra": sample.extra,
            "signed": sample.signed,
        }
        for sample in report.samples
    ]


async def save(tx: Tx, known: KnownSessions, sample_rows: Sequence[Mapping[str, Any]]) -> None:
    """Write what a batch changed: new sessions whole, those that went on by their progress, the others whole."""
    new, progressed, changed = [], [], []
    for session in sorted(known.touched.values(), key=lambda session: session.id):
        if session.id in known.added:
            new.append(_row(session))
        elif known.only_progressed(session):
            progressed.append({"row_id": session.id, **{name: getattr(session, name) for name in PROGRESS}})
        else:
            changed.append({"row_id": session.id, **_row(session)})
    await bulk.insert(tx, sessions, new)
    if progressed:
        await tx.execute(_UPDATE_PROGRESS, progressed)
    if changed:
        await tx.execute(_UPDATE_ALL, changed)
    await bulk.insert(tx, samples, sample_rows)


_UPDATE_PROGRESS = (
    sa.update(sessions)
    .where(sessions.c.id == sa.bindparam("row_id"))
    .values({name: sa.bindparam(name) for name in PROGRESS})
)
_UPDATE_ALL = (
    sa.update(sessions)
    .where(sessions.c.id == sa.bindparam("row_id"))
    .values({name: sa.bindparam(name) for name in _FIELDS if name != "id"})
)


def _row(session: Session) -> dict[str, Any]:
    row = {name: getattr(session, name) for name in _FIELDS}
    row["state"] = session.state.value
    row["review"] = " ".join(session.review)
    row["tariff"] = _tariff_text(session.tariff) if session.tariff is not None else None
    return row


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
    counted: dict[str, int] = dict((await tx.execute(statement)).tuples().all())
    return {token: counted.get(token, 0) for token in claims}


async def put_in_quarantine(tx: Tx, report: ReportTransaction, error: Exception) -> None:
    """Keep a report that cannot be recorded, whole, with what went wrong."""
    row = {
        "id": new_id(),
        "operator_id": report.operator_id,
        "station_id": report.station_id,
        "transaction_id": report.transaction_id,
        "received_at": report.received_at,
        "report": to_json(report),
        "error": repr(error)[:4000],
    }
    await bulk.insert(tx, quarantine, [row])


# ---- beside it


async def find(tx: Tx, operator_id: str, session_id: str) -> Any:
    """The row of a session, or None."""
    statement = sa.select(sessions).where(sessions.c.operator_id == operator_id, sessions.c.id == session_id)
    return (await tx.execute(statement)).one_or_none()


async def set_cost(tx: Tx, costs: Sequence[tuple[str, str]]) -> None:
    """Keep what sessions cost: (session id, Cost as JSON)."""
    statement = (
        sa.update(sessions)
        .where(sessions.c.id == sa.bindparam("row_id"))
        .values(cost=sa.bindparam("cost"), updated_at=sa.bindparam("updated_at"))
    )
    now = clock.now()
    await tx.execute(statement, [{"row_id": key, "cost": cost, "updated_at": now} for key, cost in costs])


async def unplug(tx: Tx, places: Sequence[tuple[str, int, datetime]]) -> None:
    """The car has left these EVSEs (station id, EVSE number, when): what had ended there is over for good."""
    statement = (
        sa.update(sessions)
        .where(
            sessions.c.station_id == sa.bindparam("station"),
            sessions.c.evse_number == sa.bindparam("evse"),
            sessions.c.is_open.is_(True),
            sessions.c.state == SessionState.ENDED.value,
            sessions.c.end_received_at <= sa.bindparam("at"),
        )
        .values(unplugged_at=sa.func.coalesce(sessions.c.unplugged_at, sa.bindparam("at")), is_open=False)
    )
    await tx.execute(statement, [{"station": station, "evse": evse, "at": at} for station, evse, at in places])


async def set_charging_state(tx: Tx, places: Sequence[tuple[str, int, str]]) -> None:
    """What the active sessions at these EVSEs do, where the protocol says it by the connector's status (1.6)."""
    statement = (
        sa.update(sessions)
        .where(
            sessions.c.station_id == sa.bindparam("station"),
            sessions.c.evse_number == sa.bindparam("evse"),
            sessions.c.is_open.is_(True),
            sessions.c.state == SessionState.ACTIVE.value,
        )
        .values(charging_state=sa.bindparam("doing"))
    )
    rows = [{"station": station, "evse": evse, "doing": doing} for station, evse, doing in places]
    await tx.execute(statement, rows)


async def note_power(tx: Tx, at: datetime) -> None:
    """Add a point to each operator's power history: what its active sessions draw now."""
    statement = (
        sa.select(sessions.c.operator_id, sa.func.coalesce(sa.func.sum(sessions.c.power_w), 0.0).label("power_w"))
        .where(sessions.c.state == SessionState.ACTIVE.value)
        .group_by(sessions.c.operator_id)
    )
    rows = [
        {"operator_id": row.operator_id, "at": at, "power_w": float(row.power_w)}
        for row in (await tx.execute(statement)).all()
    ]
    await bulk.insert_if_absent(tx, power_history, rows)


async def summarize(tx: Tx, operator_id: str, since: datetime, history_since: datetime) -> dict[str, Any]:
    """The figures of SessionSummary."""
    ours = sessions.c.operator_id == operator_id
    active = (
        await tx.execute(
            sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(sessions.c.power_w), 0.0)).where(
                ours, sessions.c.state == SessionState.ACTIVE.value
            )
        )
    ).one()
    begun = (
        await tx.execute(
            sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(sessions.c.energy_wh), 0)).where(
                ours, sessions.c.started_at >= since
            )
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
