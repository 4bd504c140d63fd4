"""Settlements: payments at the terminals of stations. Kept once per reference of the payment provider, and never lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
import structlog

from voltway.contracts.payments import (
    FindTariffAbility,
    FindTransactions,
    ReportSettlement,
    SettlementReceipt,
    TransactionQuery,
    TransactionSession,
)
from voltway.contracts.station_link import ReportNotRecorded
from voltway.kernel import bulk
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.kernel.runtime import Runtime
from voltway.modules.billing import rules
from voltway.modules.billing.settings import BillingSettings
from voltway.modules.billing.tables import settlements

log = structlog.get_logger()

_KEY = ("station_id", "psp_reference")
_UNCHANGED = {"id", "operator_id", "location_id", *_KEY}
_CHANGES = tuple(column.name for column in settlements.c if column.name not in _UNCHANGED)


class Known(msgspec.Struct, frozen=True):
    """What others know of a settlement: its session, and the currency that holds at the station."""

    session: TransactionSession | None
    currency: str | None


class SettlementHandler:
    """Records settlements. One that is told again changes nothing once it is settled."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._settings = runtime.settings(BillingSettings)

    async def prepare(self, reports: Sequence[ReportSettlement]) -> list[Known]:
        """Whose payments these are, and in which currency."""
        queries = tuple(
            TransactionQuery(station_id=report.station_id, transaction_id=report.transaction_id or "")
            for report in reports
        )
        station_ids = tuple(report.station_id for report in reports)
        nobody: list[TransactionSession | None] = [None] * len(reports)
        sessions = await self._runtime.ask_or(FindTransactions(queries=queries), nobody)
        abilities = await self._runtime.ask_or(FindTariffAbility(station_ids=station_ids), [])
        currencies = [one.currency for one in abilities] or [None] * len(reports)
        return [Known(session, currency) for session, currency in zip(sessions, currencies, strict=True)]

    async def record(
        self, tx: Tx, reports: Sequence[ReportSettlement], prepared: Sequence[Known]
    ) -> list[SettlementReceipt]:
        receipts = []
        for report, known in zip(reports, prepared, strict=True):
            receipts.append(await self._record_one(tx, report, known))
        return receipts

    async def _record_one(self, tx: Tx, report: ReportSettlement, known: Known) -> SettlementReceipt:
        mine = (settlements.c.station_id == report.station_id, settlements.c.psp_reference == report.psp_reference)
        before = (await tx.execute(bulk.locked(sa.select(settlements).where(*mine), tx))).one_or_none()
        if before is not None and not rules.changes_settlement(before.status, report.status):
            return self._receipt(before.id, before.status, before.receipt_id, report)
        settlement_id = before.id if before is not None else new_id()
        receipt = self._receipt(settlement_id, report.status, report.receipt_id, report)
        row = _row(settlement_id, report, known, receipt)
        await bulk.upsert(tx, settlements, [row], key=_KEY, update=_CHANGES)
        return receipt

    def _receipt(
        self, settlement_id: str, status: str, receipt_id: str | None, report: ReportSettlement
    ) -> SettlementReceipt:
        """The receipt that we give; none where the terminal gives one, or nothing was paid."""
        page = self._settings.receipt_url
        gives_own = report.receipt_id is not None or report.receipt_url is not None
        if page is None or gives_own or status != rules.SETTLED:
            return SettlementReceipt()
        number = receipt_id or settlement_id
        return SettlementReceipt(receipt_id=number, receipt_url=page.replace("{receipt_id}", number))

    async def quarantine(self, tx: Tx, report: ReportSettlement, error: Exception) -> SettlementReceipt:
        """The message log has the frame; this says which one is missing here."""
        log.error("settlement.not_recorded", station_id=report.station_id, psp_reference=report.psp_reference)
        tx.publish(ReportNotRecorded.of(report, error))
        return SettlementReceipt()


def _row(settlement_id: str, report: ReportSettlement, known: Known, receipt: SettlementReceipt) -> dict[str, Any]:
    currency = (known.session.currency if known.session is not None else None) or known.currency
    amount = rules.settled_amount(report.amount_text, currency)
    return {
        "id": settlement_id,
        "operator_id": report.operator_id,
        "station_id": report.station_id,
        "location_id": report.location_id,
        "psp_reference": report.psp_reference,
        "status": report.status,
        "amount_text": report.amount_text,
        "amount_minor": None if amount is None else amount.minor,
        "currency": None if amount is None else amount.currency,
        "settled_at": report.settled_at,
        "transaction_id": report.transaction_id,
        "session_id": None if known.session is None else known.session.session_id,
        "receipt_id": report.receipt_id or receipt.receipt_id,
        "receipt_url": report.receipt_url or receipt.receipt_url,
        "remark": report.remark,
        "vat_number": report.vat_number,
        "vat_company": None if report.vat_company is None else msgspec.to_builtins(report.vat_company),
        "received_at": report.received_at,
    }
