"""The hot path: a batch of transaction reports becomes inbox rows, sessions, samples and events in one transaction."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

import structlog

from voltway.charging.pricing import Tariff
from voltway.contracts.access import FindEnergyOnInvalidId, ReservationMet
from voltway.contracts.billing import FindTariffs, TariffQuery
from voltway.contracts.sessions import (
    ChargingStateTold,
    SessionDoubted,
    SessionEnded,
    SessionProgressed,
    SessionResumed,
    SessionStarted,
    SessionUnplugged,
)
from voltway.contracts.station_link import Authorization, Phase, ReportTransaction, TransactionReceipt
from voltway.contracts.users import AuthorizeTokens, TokenQuery
from voltway.contracts.vocabulary import AuthorizationStatus, ChargingState, SessionState, SpendingLimit
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.kernel.noticing import Noticed
from voltway.kernel.runtime import Runtime
from voltway.modules.sessions import limit_rules, limits, rules, signing, store
from voltway.modules.sessions.cost_updates import CostUpdates
from voltway.modules.sessions.filing import Filed, SaidBefore, as_new_charge, as_other_content, file
from voltway.modules.sessions.matching import KnownSessions, tells_its_own_start
from voltway.modules.sessions.model import Session, running_cost, tariff_of
from voltway.modules.sessions.signing import Checked

log = structlog.get_logger()

RESUMED = "TxResumed"
"""The trigger by which a 2.1 station says that a transaction goes on after an interruption."""


_NONE_SIGNED: Mapping[int, Checked] = MappingProxyType({})


class Prepared(NamedTuple):
    """What other modules said before the transaction was opened, by index of the report."""

    authorizations: Mapping[int, Authorization]
    tariffs: Mapping[int, Tariff | None]
    invalid_wh: Mapping[str, int] = MappingProxyType({})
    """Station -> what it goes on to deliver to a token that is not valid; of stations with such a token in the batch."""
    signed: Mapping[int, Checked] = _NONE_SIGNED
    """What the signed values of the reports that have some say."""


class Said(NamedTuple):
    """What others said of one report."""

    authorization: Authorization | None
    tariff: Tariff | None
    invalid_wh: int


@dataclass(slots=True)
class Plan:
    """What a batch comes to: rows to write, events to publish, answers to give."""

    known: KnownSessions
    inbox: list[tuple[Any, ...]] = field(default_factory=list)
    samples: list[tuple[Any, ...]] = field(default_factory=list)
    receipts: list[TransactionReceipt] = field(default_factory=list)
    started: list[SessionStarted] = field(default_factory=list)
    met: list[ReservationMet] = field(default_factory=list)
    resumed: list[SessionResumed] = field(default_factory=list)
    limited: list[tuple[Session, SpendingLimit]] = field(default_factory=list)
    noticed: list[Noticed] = field(default_factory=list)
    needs_history: bool = False
    """A report stands at or before what its session has already: whether it was said before must be looked up."""


class TransactionRecorder:
    """The batch handler of `ReportTransaction`."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def prepare(self, reports: Sequence[ReportTransaction]) -> Prepared:
        """Ask for a verdict on every token and for the tariff at every start; each question once. Where users or billing are
        not loaded, nobody knows the token, and there is no tariff."""
        token_queries: dict[TokenQuery, list[int]] = {}
        tariff_queries: dict[TariffQuery, list[int]] = {}
        for index, report in enumerate(reports):
            if report.id_token is not None:
                token = TokenQuery(
                    operator_id=report.operator_id,
                    station_id=report.station_id,
                    id_token=report.id_token,
                    location_id=report.location_id,
                    is_start=report.phase is Phase.STARTED or report.trigger == "Authorized",
                    evse_number=report.evse_number,
                )
                token_queries.setdefault(token, []).append(index)
        authorizations: dict[int, Authorization] = {}
        if token_queries:
            nobody_knows = [Authorization(status=AuthorizationStatus.UNKNOWN)] * len(token_queries)
            verdicts = await self._runtime.ask_or(AuthorizeTokens(queries=tuple(token_queries)), nobody_knows)
            for verdict, indexes in zip(verdicts, token_queries.values(), strict=True):
                authorizations.update(dict.fromkeys(indexes, verdict))
        for index, report in enumerate(reports):
            if report.phase is Phase.STARTED:
                said = authorizations.get(index)
                place = TariffQuery(
                    operator_id=report.operator_id,
                    location_id=report.location_id,
                    station_id=report.station_id,
                    evse_number=report.evse_number,
                    group=None if said is None else said.group,
                )
                tariff_queries.setdefault(place, []).append(index)
        tariffs: dict[int, Tariff | None] = {}
        if tariff_queries:
            no_tariffs: list[Tariff | None] = [None] * len(tariff_queries)
            found = await self._runtime.ask_or(FindTariffs(queries=tuple(tariff_queries)), no_tariffs)
            for tariff, indexes in zip(found, tariff_queries.values(), strict=True):
                tariffs.update(dict.fromkeys(indexes, tariff))
        signed = await self._check_signed(reports)
        lenient = {reports[index].station_id for index, one in authorizations.items() if not rules.is_accepted(one)}
        if not lenient:
            return Prepared(authorizations, tariffs, signed=signed)
        question = FindEnergyOnInvalidId(station_ids=tuple(sorted(lenient)))
        delivered: dict[str, int] = await self._runtime.ask_or(question, {})
        return Prepared(authorizations, tariffs, delivered, signed)

    async def _check_signed(self, reports: Sequence[ReportTransaction]) -> Mapping[int, Checked]:
        """The few reports with signed values; not on this loop, where others wait."""
        having = (index for index, report in enumerate(reports) for sample in report.samples if sample.signed)
        signed = list(dict.fromkeys(having))
        if not signed:
            return _NONE_SIGNED
        found = await asyncio.to_thread(lambda: [signing.check(reports[index]) for index in signed])
        return dict(zip(signed, found, strict=True))

    async def record(
        self, tx: Tx, reports: Sequence[ReportTransaction], prepared: Prepared
    ) -> Sequence[TransactionReceipt]:
        """Store a batch. First as if all of it were new, which it nearly always is; if the inbox finds that some of it was
        said before, again with what was answered then."""
        filed = [file(report) for report in reports]
        loaded = await store.load(tx, reports)
        active = await self._count_limited(tx, reports, prepared.authorizations)
        plan = draw_up(filed, loaded, {}, prepared, active)
        if plan.needs_history or not await store.file_all(tx, plan.inbox):
            said = await store.said_before(tx, filed, loaded)
            also = [before.session_id for versions in said.values() for before in versions if before.session_id]
            loaded = await store.load(tx, reports, also)
            plan = draw_up(filed, loaded, said, prepared, active)
            if not await store.file_all(tx, plan.inbox):
                raise RuntimeError("The inbox refuses rows that it does not hold")
        events = events_of(plan.known, tells_progress=tx.is_heard(SessionProgressed))
        tx.publish(*plan.started, *plan.met, *plan.resumed, *events, *plan.noticed)
        numbered = [session for session in plan.known.touched.values() if session.sequence_last is not None]
        if numbered:  # 1.6 stations are not told what a charge costs
            tx.after_commit(lambda: self._runtime.state(CostUpdates).note(numbered))
        await store.save(tx, plan.known, plan.samples)
        await limits.add(tx, plan.limited)
        return plan.receipts

    async def quarantine(self, tx: Tx, report: ReportTransaction, error: Exception) -> TransactionReceipt:
        """Keep what cannot be recorded. A start still gets a transaction id, else the station would say it for ever."""
        await store.put_in_quarantine(tx, report, error)
        return TransactionReceipt(transaction_id=report.transaction_id or _new_transaction_id())

    async def _count_limited(
        self, tx: Tx, reports: Sequence[ReportTransaction], authorizations: Mapping[int, Authorization]
    ) -> Mapping[str, int]:
        """How many sessions are active of the tokens that have a limit and begin one in this batch: token id -> count.

        Claimed inside the transaction: two starts of one token wait for each other.
        """
        limited = {
            index: verdict
            for index, verdict in authorizations.items()
            if rules.is_limited(verdict) and reports[index].phase is Phase.STARTED
        }
        return await store.claim_and_count(tx, reports, limited) if limited else {}


def draw_up(
    filed: Sequence[Filed],
    loaded: Sequence[Session],
    said_before: Mapping[tuple[str, str], Sequence[SaidBefore]],
    prepared: Prepared,
    active: Mapping[str, int],
) -> Plan:
    """Decide on every report of a batch, in their order. `active`: sessions of tokens with a limit, before the batch.

    Pure but for the ids it makes.
    """
    plan = Plan(KnownSessions(loaded))
    said = {key: list(versions) for key, versions in said_before.items()}
    for index, entry in enumerate(filed):
        report = entry.report
        versions = said.setdefault((report.station_id, entry.key), [])
        entry, before = _look_up(entry, versions, plan.known)
        if before is not None:
            plan.receipts.append(before.receipt or _receipt(report, plan.known.by_id(before.session_id), None))
            continue
        is_conflict = bool(versions) and report.sequence_number is not None
        authorization = _within_limit(report, prepared.authorizations.get(index), active, plan.known)
        said_of = Said(authorization, prepared.tariffs.get(index), prepared.invalid_wh.get(report.station_id, 0))
        session = _decide(plan, report, said_of, is_conflict=is_conflict)
        if session is not None and index in prepared.signed:
            signing.judge(session, prepared.signed[index])
        limit = None if authorization is None else limit_rules.limit_of(session, report, authorization)
        if limit is not None and session is not None:
            plan.limited.append((session, limit))
        # A station that is told "no" needs no limit.
        receipt = _receipt(
            report, session, authorization, limit if limit and rules.is_accepted(authorization) else None
        )
        if report.reservation_number is not None and session is not None:
            plan.met.append(_reservation_met(report, session))
        if report.trigger == RESUMED and session is not None and not session.is_ended:
            plan.resumed.append(_resumed(report, session))
        versions.append(SaidBefore(report.payload, receipt, session.id if session else None))
        plan.receipts.append(receipt)
        plan.inbox.append(store.inbox_row(entry, session, receipt))
        if not is_conflict:
            plan.samples.extend(store.sample_rows(report, session))
    return plan


def _look_up(entry: Filed, versions: Sequence[SaidBefore], known: KnownSessions) -> tuple[Filed, SaidBefore | None]:
    """The entry to file; or what was said before, if this is a repeat of it.

    What has the same key is a repeat, but for a number that comes with other content, and for a 1.6 start that says the same
    after its session ended and the EVSE was free: that is a new charge.
    """
    if not versions:
        return entry, None
    if entry.report.sequence_number is not None:
        before = next((version for version in versions if version.says_the_same(entry.report)), None)
        return (as_other_content(entry), None) if before is None else (entry, before)
    latest = versions[-1]
    session, again = known.by_id(latest.session_id), as_new_charge(entry)
    idle_at, ended_at = entry.report.evse_idle_at, session.end_received_at if session is not None else None
    if again is None or idle_at is None or ended_at is None or idle_at <= ended_at:
        return entry, latest
    return again, None


def _within_limit(
    report: ReportTransaction, verdict: Authorization | None, active: Mapping[str, int], known: KnownSessions
) -> Authorization | None:
    """The verdict, but for a start that would pass its token's limit of concurrent sessions. What the start ends does not
    count, nor does its own session where an update of it came first."""
    if verdict is None or not rules.is_limited(verdict) or report.phase is not Phase.STARTED:
        return verdict
    token_id = verdict.id_token_id or ""
    own = {session.id: session for session in (known.find(report), *known.active_at(report)) if session is not None}
    others = active.get(token_id, 0) + known.begun_since_loaded(token_id)
    others -= sum(session.id_token_id == token_id and not session.is_ended for session in own.values())
    if others < (verdict.concurrent_max or 0):
        return verdict
    return Authorization(status=AuthorizationStatus.CONCURRENT_TX, id_token_id=verdict.id_token_id, group=verdict.group)


def _decide(
    plan: Plan,
    report: ReportTransaction,
    said: Said,
    *,
    is_conflict: bool,
) -> Session | None:
    """The session as it is after the report; None for an orphan, which only the inbox keeps."""
    session = plan.known.find(report)
    if session is not None:
        if not _is_next(report, session):
            plan.needs_history = True
        # The same message with other content: both are kept, the first counts, a person decides.
        changed = rules.doubt(session) if is_conflict else rules.apply(session, report, *said)
        plan.known.put(changed)
        return changed
    if not _begins_a_session(report):
        plan.noticed += orphan_notices(report)
        return None
    for left_over in plan.known.active_at(report) if report.phase is Phase.STARTED else ():
        plan.known.put(rules.supersede(left_over, report))
    left = plan.known.left_at(report)
    last = left[-1] if left else None
    is_same_visit = last is not None and rules.is_same_visit(last, report)
    begun = rules.begin(
        report,
        session_id=new_id(),
        visit_id=last.visit_id if last is not None and is_same_visit else new_id(),
        transaction_id=report.transaction_id or _new_transaction_id(),
        authorization=said.authorization,
        tariff=said.tariff,
        invalid_wh=said.invalid_wh,
    )
    for session in left:
        stays = is_same_visit and session is last
        plan.known.put(rules.hand_over(session) if stays else rules.leave(session, begun.started_at))
    plan.known.put(begun, is_new=True)
    plan.started.append(
        SessionStarted(
            operator_id=begun.operator_id,
            at=report.received_at,
            session_id=begun.id,
            station_id=begun.station_id,
            station_identity=begun.station_identity,
            evse_number=begun.evse_number,
            id_token=begun.id_token,
            transaction_id=begun.transaction_id or "",
            remote_start_id=begun.remote_start_id,
            location_id=begun.location_id,
        )
    )
    return begun


def _reservation_met(report: ReportTransaction, session: Session) -> ReservationMet:
    return ReservationMet(
        operator_id=report.operator_id,
        at=report.received_at,
        station_id=report.station_id,
        number=report.reservation_number or 0,
        session_id=session.id,
    )


def _resumed(report: ReportTransaction, session: Session) -> SessionResumed:
    return SessionResumed(
        operator_id=report.operator_id,
        at=report.received_at,
        session_id=session.id,
        station_id=session.station_id,
        remote_start_id=session.remote_start_id,
    )


def _is_next(report: ReportTransaction, session: Session) -> bool:
    """Whether nothing of this transaction can have had the report's number yet."""
    number, last = report.sequence_number, session.sequence_last
    return number is None or last is None or number > last


def _begins_a_session(report: ReportTransaction) -> bool:
    """Starts do; so does any 2.x transaction event (its start may come later), and a 1.6 stop that tells where it began."""
    if report.phase is Phase.METERED:
        return False
    if report.phase is Phase.STARTED or report.sequence_number is not None:
        return True
    return report.phase is Phase.ENDED and tells_its_own_start(report)


def _receipt(
    report: ReportTransaction,
    session: Session | None,
    authorization: Authorization | None,
    limit: SpendingLimit | None = None,
) -> TransactionReceipt:
    if session is None:
        return TransactionReceipt(transaction_id=report.transaction_id, authorization=authorization)
    cost = running_cost(session) if report.sequence_number is not None else None
    return TransactionReceipt(
        session_id=session.id,
        transaction_id=session.transaction_id,
        authorization=authorization,
        running_cost=None if cost is None else str(cost.incl_vat.to_decimal()),
        limit=limit,
    )


IDLE_W = 200.0
"""Less than this is what an EVSE itself takes, or noise of its meter."""


def orphan_notices(report: ReportTransaction) -> list[Noticed]:
    """What looks wrong about a report that belongs to no session: it names a transaction that its station does not have, or
    it measures power where nobody charges. EVSE 0 measures the whole station."""
    if report.transaction_id is not None:
        return [_noticed(report, "transaction.unknown", phase=report.phase.value)]
    power_w = max((sample.power_w or 0.0 for sample in report.samples), default=0.0)
    if report.phase is Phase.METERED and power_w > IDLE_W and report.evse_number:
        return [_noticed(report, "energy.idle", power_w=round(power_w), evse_number=report.evse_number)]
    return []


def _noticed(report: ReportTransaction, kind: str, **facts: Any) -> Noticed:
    names = {
        "station_id": report.station_id,
        "station_identity": report.station_identity,
        "location_id": report.location_id,
    }
    return Noticed(operator_id=report.operator_id, at=report.received_at, kind=kind, facts=names | facts)


def doubted_events(known: KnownSessions) -> list[SessionDoubted]:
    """What to say of sessions that a person should look at, for reasons they did not have before."""
    return [
        SessionDoubted(
            operator_id=session.operator_id,
            at=session.updated_at,
            session_id=session.id,
            station_id=session.station_id,
            station_identity=session.station_identity,
            location_id=session.location_id,
            reasons=reasons,
        )
        for session in known.touched.values()
        if session.review and (reasons := known.new_reasons(session))
    ]


def unplugged_events(known: KnownSessions) -> list[SessionUnplugged]:
    """What to say of the cars that have gone."""
    return [
        SessionUnplugged(
            operator_id=session.operator_id,
            at=session.updated_at,
            session_id=session.id,
            station_id=session.station_id,
            unplugged_at=session.unplugged_at,
        )
        for session in known.touched.values()
        if session.unplugged_at is not None and known.was_plugged(session)
    ]


def events_of(known: KnownSessions, *, tells_progress: bool) -> list[Any]:
    """What to say of the sessions that have changed."""
    events: list[Any] = []
    for session in known.touched.values():
        if rules.is_ready_to_price(session):
            session.is_priced = True
            events.append(
                SessionEnded(
                    operator_id=session.operator_id,
                    at=session.updated_at,
                    session_id=session.id,
                    station_id=session.station_id,
                    station_identity=session.station_identity,
                    location_id=session.location_id,
                    evse_number=session.evse_number,
                    id_token=session.id_token,
                    id_token_id=session.id_token_id,
                    started_at=session.started_at,
                    ended_at=session.ended_at or session.last_report_at,
                    energy_wh=session.energy_wh,
                    tariff=tariff_of(session.tariff) if session.tariff is not None else None,
                    review=tuple(session.reasons),
                    transaction_id=session.transaction_id,
                )
            )
        elif tells_progress:
            events.append(
                SessionProgressed(
                    operator_id=session.operator_id,
                    at=session.updated_at,
                    session_id=session.id,
                    station_id=session.station_id,
                    station_identity=session.station_identity,
                    evse_number=session.evse_number,
                    state=_STATES[session.state],
                    energy_wh=session.energy_wh,
                    power_w=session.power_w,
                    soc_percent=session.soc_percent,
                    charging_state=ChargingState(session.charging_state) if session.charging_state else None,
                )
            )
    return [*events, *_charging_states(known), *unplugged_events(known), *doubted_events(known)]


_STATES = {word: word for word in SessionState}  # a row's word may be plain text


def _charging_states(known: KnownSessions) -> list[ChargingStateTold]:
    """What the transactions do that say so themselves; 1.6 says it with the connector's status."""
    return [
        ChargingStateTold(
            operator_id=session.operator_id,
            at=session.updated_at,
            session_id=session.id,
            station_id=session.station_id,
            evse_number=session.evse_number,
            charging_state=session.charging_state,
        )
        for session in known.touched.values()
        if session.sequence_last is not None
        and session.charging_state is not None
        and session.evse_number is not None
        and not session.is_priced
    ]


def _new_transaction_id() -> str:
    """A random positive 31-bit number: unguessable, and not handed out again even after a restore (decision 6)."""
    return str(secrets.randbelow(2**31 - 1) + 1)
