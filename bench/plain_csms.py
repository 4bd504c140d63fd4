#!/usr/bin/env python3
"""A plain CSMS for OCPP 1.6, as the documentation of the PyPI package `ocpp` shows one, with a database behind it.

`websockets` carries the messages, `ocpp` reads, validates and routes them, SQLAlchemy stores them: one commit per message, on
the disk (WAL, synchronous=FULL) before its answer. It is the yardstick of run.py. Its code is fixed: it is not tuned, and not
slowed down either (uvloop, one connection that waits for nobody's lock).
"""

from __future__ import annotations

import argparse
import signal
from asyncio import Event, get_running_loop
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import uvloop
from ocpp.routing import on
from ocpp.v16 import ChargePoint as OcppChargePoint
from ocpp.v16 import call_result
from ocpp.v16.datatypes import IdTagInfo
from ocpp.v16.enums import AuthorizationStatus, RegistrationStatus
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

HEARTBEAT_S = 300


class Base(DeclarativeBase):
    pass


class Station(Base):
    __tablename__ = "stations"

    identity: Mapped[str] = mapped_column(sa.String(48), primary_key=True)
    vendor: Mapped[str]
    model: Mapped[str]
    booted_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]


class ConnectorStatus(Base):
    __tablename__ = "connector_statuses"

    id: Mapped[int] = mapped_column(primary_key=True)
    station: Mapped[str] = mapped_column(sa.String(48), index=True)
    connector: Mapped[int]
    status: Mapped[str]
    at: Mapped[str]


class Transaction(Base):
    __tablename__ = "transactions"

    id: Mapped[int] = mapped_column(primary_key=True)
    station: Mapped[str] = mapped_column(sa.String(48), index=True)
    connector: Mapped[int]
    id_tag: Mapped[str]
    started_at: Mapped[str]
    meter_start_wh: Mapped[int]
    stopped_at: Mapped[str | None]
    meter_stop_wh: Mapped[int | None]


class MeterValue(Base):
    __tablename__ = "meter_values"

    id: Mapped[int] = mapped_column(primary_key=True)
    station: Mapped[str] = mapped_column(sa.String(48), index=True)
    transaction_id: Mapped[int | None] = mapped_column(index=True)
    at: Mapped[str]
    sampled: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON)


class ChargePoint(OcppChargePoint):
    """One station; a handler's commit is done before its answer leaves."""

    def __init__(self, identity: str, connection: ServerConnection, sessions: async_sessionmaker[AsyncSession]) -> None:
        super().__init__(identity, connection)
        self._sessions = sessions

    @on("BootNotification")
    async def on_boot(
        self, charge_point_vendor: str, charge_point_model: str, **more: Any
    ) -> call_result.BootNotification:
        async with self._sessions.begin() as session:
            await session.merge(
                Station(
                    identity=self.id, vendor=charge_point_vendor, model=charge_point_model, booted_at=datetime.now(UTC)
                )
            )
        return call_result.BootNotification(
            current_time=datetime.now(UTC).isoformat(), interval=HEARTBEAT_S, status=RegistrationStatus.accepted
        )

    @on("Heartbeat")
    async def on_heartbeat(self) -> call_result.Heartbeat:
        async with self._sessions.begin() as session:
            await session.execute(
                sa.update(Station).where(Station.identity == self.id).values(last_seen_at=datetime.now(UTC))
            )
        return call_result.Heartbeat(current_time=datetime.now(UTC).isoformat())

    @on("StatusNotification")
    async def on_status(
        self, connector_id: int, error_code: str, status: str, timestamp: str, **more: Any
    ) -> call_result.StatusNotification:
        async with self._sessions.begin() as session:
            session.add(ConnectorStatus(station=self.id, connector=connector_id, status=status, at=timestamp))
        return call_result.StatusNotification()

    @on("StartTransaction")
    async def on_start(
        self, connector_id: int, id_tag: str, meter_start: int, timestamp: str, **more: Any
    ) -> call_result.StartTransaction:
        transaction = Transaction(
            station=self.id,
            connector=connector_id,
            id_tag=id_tag,
            started_at=timestamp,
            meter_start_wh=meter_start,
        )
        async with self._sessions.begin() as session:
            session.add(transaction)
        accepted = IdTagInfo(status=AuthorizationStatus.accepted)
        return call_result.StartTransaction(transaction_id=transaction.id, id_tag_info=accepted)

    @on("MeterValues")
    async def on_meter_values(
        self, connector_id: int, meter_value: list[dict[str, Any]], transaction_id: int | None = None, **more: Any
    ) -> call_result.MeterValues:
        async with self._sessions.begin() as session:
            session.add_all(
                MeterValue(
                    station=self.id,
                    transaction_id=transaction_id,
                    at=value["timestamp"],
                    sampled=value["sampled_value"],
                )
                for value in meter_value
            )
        return call_result.MeterValues()

    @on("StopTransaction")
    async def on_stop(
        self, meter_stop: int, timestamp: str, transaction_id: int, **more: Any
    ) -> call_result.StopTransaction:
        async with self._sessions.begin() as session:
            await session.execute(
                sa.update(Transaction)
                .where(Transaction.id == transaction_id, Transaction.station == self.id)
                .values(meter_stop_wh=meter_stop, stopped_at=timestamp)
            )
        return call_result.StopTransaction()


async def open_database(file: Path) -> async_sessionmaker[AsyncSession]:
    # One connection: SQLite has one writer, and several would wait for its lock by sleeping.
    engine = create_async_engine(f"sqlite+aiosqlite:///{file}", pool_size=1, max_overflow=0, pool_timeout=60)

    @sa.event.listens_for(engine.sync_engine, "connect")
    def tune(connection: Any, record: object) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")

    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    return async_sessionmaker(engine, expire_on_commit=False)


async def run(host: str, port: int, database: Path) -> None:
    sessions = await open_database(database)
    stopped = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        get_running_loop().add_signal_handler(number, stopped.set)

    async def on_connect(connection: ServerConnection) -> None:
        assert connection.request is not None
        identity = connection.request.path.rpartition("/")[2]
        try:
            await ChargePoint(identity, connection, sessions).start()
        except ConnectionClosed:
            return

    async with serve(on_connect, host, port, subprotocols=["ocpp1.6"], compression=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await stopped.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9000, help="0: any free port; the port is printed")
    parser.add_argument("--database", type=Path, required=True, help="the SQLite file")
    options = parser.parse_args()
    uvloop.run(run(options.host, options.port, options.database))


if __name__ == "__main__":
    main()
