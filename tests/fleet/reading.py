"""From a fleet's ledger to its history, and from the database to the books, as `history.py` compares them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from fleet.history import Books, Charge, Fact, History, KeptCdr, KeptReport, KeptSession
from voltway.kernel.database import Database
from voltway.modules.billing.tables import cdrs, credits
from voltway.modules.sessions.tables import inbox, quarantine, samples, sessions, whole
from voltway.modules.sessions.tables import progress as progress_table
from voltway.modules.stations.tables import stations
from voltway.station.ocpp.vocabulary import Phase, TransactionReport
from voltway.station.simulator.control import SimulatedStation
from voltway.station.simulator.ledger import Ledger


def history_of(stations_alive: Sequence[SimulatedStation]) -> History:
    """What a fleet has lived through; its ledgers must have kept the deliveries from the start."""
    gives_ids = {station.spec.identity: station.dialect.gives_transaction_ids for station in stations_alive}
    charges, facts = [], []
    for ledger in dict.fromkeys(station.ledger for station in stations_alive):
        assert isinstance(ledger, Ledger)
        assert ledger.deliveries is not None
        for entry in ledger.entries:
            transaction = entry.transaction
            charges.append(
                Charge(
                    station=entry.station_identity.casefold(),
                    transaction_id=transaction.transaction_id,
                    meter_start_wh=transaction.meter_start_wh,
                    meter_stop_wh=transaction.meter_stop_wh,
                    token=transaction.token.value,
                    evse_number=transaction.evse_number,
                )
            )
        for identity, call in ledger.deliveries:
            report, _ = call.tag
            assert isinstance(report, TransactionReport)
            station = identity.casefold()
            # Start and stop of 1.6 tell a register and no sample.
            has_samples = gives_ids[identity] or report.phase is Phase.UPDATED
            facts.append(
                Fact(
                    station=station,
                    sent_ids=tuple(call.sent_ids),
                    is_acknowledged=call.is_confirmed,
                    charge=f"{station}/{report.transaction.transaction_id}",
                    samples=len(report.samples) if has_samples else 0,
                )
            )
    return History(tuple(charges), tuple(facts))


async def books_of(database: Database, identities: Iterable[str] | None = None) -> Books:
    """What the database says of stations; of all if none are named."""
    wanted = None if identities is None else {identity.casefold() for identity in identities}
    async with database.read() as tx:
        names = {
            row.id: row.identity.casefold()
            for row in (await tx.execute(sa.select(stations.c.id, stations.c.identity))).all()
        }
        reports = (
            await tx.execute(sa.select(inbox.c.station_id, inbox.c.message_id, inbox.c.session_id, inbox.c.flags))
        ).all()
        counted = sa.select(samples.c.session_id, sa.func.count()).where(samples.c.session_id.is_not(None))
        sample_counts = {row[0]: row[1] for row in (await tx.execute(counted.group_by(samples.c.session_id))).all()}
        kept = (await tx.execute(sa.select(sessions, progress_table.c.energy_wh).select_from(whole))).all()
        taken_back = sa.select(credits.c.cdr_id)
        bills = (await tx.execute(sa.select(cdrs).where(cdrs.c.id.not_in(taken_back)))).all()
        aside = [
            names.get(row.station_id, row.station_id)
            for row in (await tx.execute(sa.select(quarantine.c.station_id))).all()
        ]

    def is_ours(station_id: str) -> bool:
        return wanted is None or names.get(station_id, station_id) in wanted

    return Books(
        reports=tuple(
            KeptReport(names.get(row.station_id, row.station_id), row.message_id, row.session_id, row.flags or "")
            for row in reports
            if is_ours(row.station_id)
        ),
        sessions=tuple(
            KeptSession(
                id=row.id,
                station=names.get(row.station_id, row.station_id),
                transaction_id=row.transaction_id,
                state=row.state,
                meter_start_wh=row.meter_start_wh,
                meter_stop_wh=row.meter_stop_wh,
                energy_wh=row.energy_wh,
                token=row.id_token,
                evse_number=row.evse_number,
                review=row.review,
                samples=sample_counts.get(row.id, 0),
            )
            for row in kept
            if is_ours(row.station_id)
        ),
        cdrs=tuple(
            KeptCdr(row.session_id, row.energy_wh, row.incl_vat_minor) for row in bills if is_ours(row.station_id)
        ),
        quarantined=tuple(station for station in aside if wanted is None or station in wanted),
    )
