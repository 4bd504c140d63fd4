"""Two operators with one of everything, and somebody of every kind who calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import sqlalchemy as sa
from fastapi import FastAPI

from builders import app_of, eventually
from voltway.app import catalog
from voltway.charging import pricing
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, Role, create_account, create_api_key, create_operator
from voltway.kernel.auth.operators import suspend
from voltway.kernel.auth.tables import accounts, api_keys
from voltway.kernel.database import JsonDocument, Tx, UtcDateTime, metadata
from voltway.kernel.ids import new_id
from voltway.kernel.json import to_json
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.documents.snapshot import Address, Kind, Seller, Snapshot
from voltway.modules.files import storage
from voltway.modules.fleets.tables import managers

catalog.load()

PASSWORD = "amber plug and a long cable"
TARIFF = {"name": "Day", "currency": "EUR", "price_per_kwh": "0.50", "vat_percent": "19"}
PROFILE = {
    "name": "Ten ampere",
    "purpose": "TxDefaultProfile",
    "charging_profile": {
        "id": 1,
        "stack_level": 0,
        "charging_profile_kind": "Absolute",
        "charging_schedule": [
            {"id": 1, "charging_rate_unit": "A", "charging_schedule_period": [{"start_period": 0, "limit": 10}]}
        ],
    },
}
IMAGE = {"vendor": "Acme", "model": "One", "version": "2", "file_name": "two.bin"}
PUSH_KEYS = {
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
}
"""A browser's, of RFC 8291, appendix A."""
STEPS = [{"type": "reset", "arguments": {"mode": "immediate"}}]

RECEIPT = to_json(
    Snapshot(
        kind=Kind.RECEIPT,
        number="x",
        issued_at=clock.now(),
        locale="en",
        time_zone="UTC",
        currency="EUR",
        seller=Seller(entity_id="x", name="x", address=Address()),
        excl_vat=Money(1, "EUR"),
        vat=Money(0, "EUR"),
        incl_vat=Money(1, "EUR"),
    )
)

# ---- rows, of whatever table

MEANT: Mapping[str, Mapping[str, Any]] = {
    "stations_commands": {"type": "reset", "state": "accepted"},
    "sessions_sessions": {"state": "active", "is_open": True},
    "sessions_progress": {"charging_state": "charging"},
    "reservations_reservations": {"state": "active"},
    "reservations_sites": {"rules": {"is_bookable": True, "has_queue": True}},
    "reservations_bookings": {
        "state": "requested",
        "terms": {"rules_version": 1, "hold_minutes": 1, "grace_minutes": 1, "free_cancel_minutes": 1},
        "time_zone": "UTC",
        "starts_at": clock.now() + timedelta(days=1),
        "ends_at": clock.now() + timedelta(days=2),
    },
    "reservations_queue_places": {"state": "waiting", "time_zone": "UTC"},
    "security_certificates": {"kind": "charging_station", "state": "refused"},
    "allocation_limits": {"unit": "W", "limit_value": 1000.0},
    "energy_limits": {"schedules": []},
    "grid_battery_swaps": {"batteries": []},
    "users_local_lists": {"mode": "off", "state": "off"},
    "security_events": {"severity": "info"},
    "gateway_messages": {"frames": "[]"},
    "ledger_entries": {"debit": "bank", "credit": "wallets", "phase": "posted"},
    "ledger_facts": {"kind": "PaymentHeld"},
    "ledger_differences": {"kind": "unpaid", "state": "open"},
    "ledger_hosts": {"iban": "DE89370400440532013000", "name": "Host"},
    "ledger_agreements": {"share_percent": "10", "energy_price": "0", "valid_from": "2025-01-01", "currency": "EUR"},
    "ledger_statements": {
        "month": "2025-01",
        "currency": "EUR",
        "total_minor": 100,
        "document": {"host_id": "x", "month": "2025-01", "currency": "EUR", "lines": [], "left_out": 0},
    },
    "ledger_batches": {"state": "draft", "currency": "EUR", "document": [], "made_by": "somebody"},
    "files_jobs": {"kind": "log"},
    "files_statuses": {"kind": "log"},
    "provisioning_runs": {"state": "done", "reason": "order", "steps": []},
    "accounts_oauth_clients": {"role": "auditor", "scopes": ["stations:read"]},
    "accounts_consents": {"kind": "terms"},
    "billing_web_payments": {"state": "open"},
    "billing_cdrs": {"cost": to_json(pricing.free("EUR")), "currency": "EUR"},
    "payments_payments": {"state": "held", "purpose": "charge", "start_state": "none", "currency": "EUR"},
    "payments_vouchers": {"kind": "voucher", "currency": "EUR"},
    "payments_credit_lines": {"currency": "EUR"},
    "detection_incidents": {"rule_id": "D01", "severity": "info", "action": "incident", "state": "open"},
    "detection_tunings": {"rule_id": "D01"},
    "detection_policies": {
        "severities": [],
        "rule_ids": [],
        "emails": ["ops@example.org"],
        "webhook_ids": [],
        "escalate_emails": [],
        "escalate_webhook_ids": [],
        "time_zone": "UTC",
        "dedupe_s": 3600,
    },
    "notify_mails": {"state": "failed"},
    "notify_webhooks": {"kinds": ["*"], "url": "https://hooks.example.org/y"},
    "notify_deliveries": {"state": "failed", "body": "{}"},
    "users_quotas": {
        "kind": "group",
        "key": "crew",
        "name": "crew",
        "quota": {"time_zone": "UTC", "energy_wh_per_day": 1000},
    },
    "users_access_settings": {"autocharge": None},
    "fleets_fleets": {"time_zone": "UTC"},
    "fleets_limits": {"kind": "fleet", "span": "day", "unit": "Wh", "amount": 10**9},
    "campaigns_campaigns": {"state": "draft", "waves": [1], "time_zone": "UTC"},
    "campaigns_stations": {"state": "waiting"},
    "desk_tickets": {"kind": "problem", "state": "open", "priority": "normal"},
    "desk_notes": {"what": "noted"},
    "workbench_bulk_orders": {"type": "clear_cache"},
    "workbench_bulk_stations": {"state": "accepted"},
    "reports_places": {"opening_hours": None},
    "reports_excluded_times": {"kind": "vandalism"},
    "reports_schedules": {
        "kind": "energy",
        "period": "day",
        "group_by": [],
        "filters": {},
        "emails": ["ops@example.org"],
    },
    "reports_changes": {"state": "available"},
    "kernel_log_in_policies": {"mfa_roles": []},
    "documents_entities": {"locale": "en", "time_zone": "UTC"},
    "documents_customers": {"locale": "en", "cadence": "monthly"},
    "documents_documents": {"kind": "receipt", "locale": "en", "currency": "EUR", "snapshot": RECEIPT},
}
"""What a column must say, beyond its type, for its row to be shown."""


def a_row(table: sa.Table, **known: Any) -> dict[str, Any]:
    """A row of a table: what is known, what is meant, and something that fits for all that must be there."""
    meant = MEANT.get(table.name, {})
    row = {name: value for name, value in {**known, **meant}.items() if name in table.c}
    for column in table.c:
        if column.name not in row and not column.nullable and column is not table.autoincrement_column:
            row[column.name] = _fitting(column)
    return row


def _fitting(column: sa.Column[Any]) -> Any:
    kind = column.type
    if isinstance(kind, UtcDateTime):
        return clock.now()
    if isinstance(kind, JsonDocument):
        return {}
    if isinstance(kind, sa.Boolean):
        return False
    if isinstance(kind, sa.LargeBinary):
        return b"x"
    if isinstance(kind, sa.Integer | sa.Float):
        return 1
    length = (kind.length or 36) if isinstance(kind, sa.String) else 0
    return new_id().replace("-", "")[-length:] if 16 <= length < 36 else new_id() if length >= 36 else "x"


def owned_tables() -> list[sa.Table]:
    """The tables that say whose their rows are."""
    return [table for table in metadata.sorted_tables if "operator_id" in table.c]


async def add_one_of_each(tx: Tx, operator_id: str, location_id: str) -> None:
    """A row of an operator in every such table; rows name each other where they must."""
    made: dict[sa.Column[Any], Any] = {}
    for number, table in enumerate(owned_tables()):
        known = {"operator_id": operator_id, "location_id": location_id}
        for key in table.foreign_keys:
            known[key.parent.name] = made.get(key.column, operator_id)
        row = a_row(table, **known)
        if table.name == "stations_locations":
            row["id"] = location_id
        if table.name == "kernel_outbox":  # numbered by hand: of each operator and location another one
            row["position"] = 1 + number + 1000 * int.from_bytes(f"{operator_id[-1]}{location_id}".encode()[:5])
        await tx.execute(sa.insert(table).values(row))
        made |= {column: row[column.name] for column in table.c if column.name in row}


# ---- the world


@dataclass
class World:
    """An operator's things by the names of path parameters, and clients of everybody."""

    runtime: Runtime
    app: FastAPI
    ours: dict[str, str] = field(default_factory=dict)
    """Path parameter -> the thing of operator A at location L1."""
    elsewhere_id: str = ""
    """Location L2 of operator A."""
    stranger_id: str = ""
    callers: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    async def close(self) -> None:
        for client in self.callers.values():
            await client.aclose()

    def client(self, key: str | None = None) -> httpx.AsyncClient:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app, raise_app_exceptions=False),
            base_url="http://localhost",
            headers=headers,
        )

    async def with_key(self, name: str, role: str, operator_id: str = DEFAULT_OPERATOR_ID, **options: Any) -> None:
        async with self.runtime.database.begin() as tx:
            key = await create_api_key(tx, role, name, operator_id, self.runtime.secret, **options)
        self.callers[name] = self.client(key)


async def made(client: httpx.AsyncClient, path: str, body: Any) -> dict[str, Any]:
    answer = await client.post(f"/api/v1{path}", json=body)
    assert answer.status_code == 201, (path, answer.text)
    found: dict[str, Any] = answer.json()
    return found


async def build(runtime: Runtime) -> World:
    """Operator A is the default one; B, the stranger, and a suspended one have nothing."""
    world = World(runtime, app_of(runtime))
    async with runtime.database.begin() as tx:
        world.stranger_id = await create_operator(tx, "stranger", "Stranger")
        suspended_id = await create_operator(tx, "suspended", "Suspended")
        world.ours["operator_id"] = suspended_id
    await world.with_key("operator_admin", "operator_admin")
    await _make_things(world, world.callers["operator_admin"])
    await _add_rows(world)
    await _add_callers(world, suspended_id)
    return world


async def _make_things(world: World, admin: httpx.AsyncClient) -> None:
    ours = world.ours
    ours["location_id"] = (await made(admin, "/locations", {"name": "Here"}))["id"]
    world.elsewhere_id = (await made(admin, "/locations", {"name": "Elsewhere"}))["id"]
    here = {"location_id": ours["location_id"]}
    station = {"identity": "CS-A", **here, "evses": [{"evse_number": 1, "connectors": [{"connector_number": 1}]}]}
    ours["station_id"] = (await made(admin, "/charging-stations", station))["id"]
    ours["tariff_id"] = (await made(admin, "/tariffs", TARIFF))["id"]
    target = {"targets": [{"kind": "station", "id": ours["station_id"]}]}
    assert (await admin.put(f"/api/v1/tariffs/{ours['tariff_id']}/assignments", json=target)).status_code == 200
    ours["id_token_id"] = (await made(admin, "/id-tokens", {"value": "04A1B2C3", "kind": "ISO14443"}))["id"]
    ours["profile_id"] = (await made(admin, "/charging-profiles", PROFILE))["id"]
    ours["image_id"] = (await made(admin, "/firmware-images", IMAGE))["id"]
    template = {"name": "One", "vendor": "Acme", "steps": STEPS, **here}
    ours["template_id"] = (await made(admin, "/provisioning-templates", template))["id"]
    until = (clock.now() + timedelta(days=1)).isoformat()
    token = {"name": "depot", "expires_at": until, **here}
    ours["registration_token_id"] = (await made(admin, "/registration-tokens", token))["id"]
    ours["key_id"] = (await made(admin, "/api-keys", {"name": "x", "role": "auditor"}))["id"]
    ours["role_id"] = (await made(admin, "/roles", {"name": "Watcher", "permissions": ["stations:read"]}))["id"]
    group = {"name": "North", "location_ids": [ours["location_id"]]}
    ours["group_id"] = (await made(admin, "/location-groups", group))["id"]
    invitation = {"email": "new@example.org", "grant": {"role": "support"}}
    ours["invitation_id"] = (await made(admin, "/invitations", invitation))["id"]
    entries: list[Any] = []

    async def is_written_down() -> bool:
        entries[:] = (await admin.get("/api/v1/audit-entries")).json()["items"]
        return bool(entries)

    await eventually(is_written_down)
    ours["audit_number"] = str(entries[0]["number"])  # which comes first, theirs or ours, is up to the clock
    async with world.runtime.database.begin() as tx:
        ours["account_id"] = await create_account(
            tx, "member@example.org", PASSWORD, "Mo", Role.SUPPORT, DEFAULT_OPERATOR_ID
        )
        ours["driver_id"] = await create_account(
            tx, "driver@example.org", PASSWORD, "Dee", Role.DRIVER, DEFAULT_OPERATOR_ID
        )


_NAMED_BY_OTHERS = (
    "station_id",
    "location_id",
    "session_id",
    "job_id",
    "webhook_id",
    "host_id",
    "bulk_order_id",
    "entity_id",
    "customer_id",
    "fleet_id",
)


async def _add_rows(world: World) -> None:
    """A row of operator A in each table that has none yet."""
    ours = world.ours
    ids = {
        "accounts_oauth_clients": "client_id",
        "billing_web_payments": "payment_id",
        "billing_cdrs": "cdr_id",
        "payments_payments": "paid_id",
        "payments_vouchers": "voucher_id",
        "payments_credit_lines": "credit_line_id",
        "detection_incidents": "incident_id",
        "detection_policies": "policy_id",
        "files_makers": "maker_id",
        "ledger_batches": "batch_id",
        "ledger_differences": "difference_id",
        "ledger_hosts": "host_id",
        "ledger_statements": "statement_id",
        "notify_mails": "mail_id",
        "notify_webhooks": "webhook_id",
        "notify_deliveries": "delivery_id",
        "reports_excluded_times": "excluded_time_id",
        "reports_schedules": "schedule_id",
        "sessions_sessions": "session_id",
        "stations_commands": "command_id",
        "reservations_reservations": "reservation_id",
        "reservations_bookings": "booking_id",
        "reservations_queue_places": "place_id",
        "security_certificates": "certificate_id",
        "billing_settlements": "settlement_id",
        "files_jobs": "job_id",
        "files_uploads": "file_id",
        "desk_tickets": "ticket_id",
        "workbench_bulk_orders": "bulk_order_id",
        "campaigns_campaigns": "campaign_id",
        "documents_entities": "entity_id",
        "fleets_fleets": "fleet_id",
        "fleets_vehicles": "vehicle_id",
        "fleets_cost_centres": "cost_centre_id",
        "documents_customers": "customer_id",
        "documents_documents": "document_id",
    }
    ours |= {name: new_id() for name in ids.values()}
    ours |= {"stream_number": "1", "charging_profile_id": "1"}
    known: dict[str, Any] = {name: ours[name] for name in _NAMED_BY_OTHERS}
    known |= {"operator_id": DEFAULT_OPERATOR_ID, "station_identity": "CS-A", "evse_number": 1}
    place = storage.place_of(world.runtime, storage.UPLOADS, ours["file_id"])
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("a log")
    async with world.runtime.database.begin() as tx:
        for table in owned_tables():
            mine = sa.select(sa.func.count()).select_from(table).where(table.c.operator_id == DEFAULT_OPERATOR_ID)
            if table.name in ids or (await tx.execute(mine)).scalar_one() == 0:
                row = a_row(table, **known)
                if table.name in ids:
                    row["id"] = ours[ids[table.name]]
                await tx.execute(sa.insert(table).values(row))


async def _add_callers(world: World, suspended_id: str) -> None:
    ours = world.ours
    here, elsewhere = [ours["location_id"]], [world.elsewhere_id]
    world.callers["anonymous"] = world.client()
    for role in Role:
        if role not in (Role.OPERATOR_ADMIN, Role.CUSTOM):
            await world.with_key(role, role, location_ids=here if role is Role.SITE_HOST else None)
    await world.with_key("custom", "custom", custom_role_id=ours["role_id"])
    await world.with_key("stranger", "operator_admin", world.stranger_id)
    await world.with_key("other driver", "driver", world.stranger_id)
    await world.with_key("operations elsewhere", "operations", location_ids=elsewhere)
    await world.with_key("operator admin elsewhere", "operator_admin", location_ids=elsewhere)
    await world.with_key("site host elsewhere", "site_host", location_ids=elsewhere)
    await world.with_key("site host of no location", "site_host")
    await world.with_key("expired key", "operator_admin", expires_at=clock.now() - timedelta(seconds=1))
    await world.with_key("revoked key", "operator_admin")
    await world.with_key("key of a suspended operator", "operator_admin", suspended_id)
    await _let_manage(world, "fleet_manager")
    world.callers["invented key"] = world.client("vw_abcdefgh_ijkmnopqrstuvwxyzABCDEFGHJKLMNPQ")
    await _add_people(world)
    async with world.runtime.database.begin() as tx:
        await suspend(tx, suspended_id, is_suspended=True)
        revoked = sa.update(api_keys).where(api_keys.c.name == "revoked key").values(revoked_at=clock.now())
        await tx.execute(revoked)
        await tx.execute(sa.update(accounts).where(accounts.c.email == "gone@example.org").values(is_active=False))


async def _let_manage(world: World, name: str) -> None:
    """The key of this name manages the fleet."""
    async with world.runtime.database.begin() as tx:
        key_id = (await tx.execute(sa.select(api_keys.c.id).where(api_keys.c.name == name))).scalar_one()
        row = {"fleet_id": world.ours["fleet_id"], "account_id": key_id, "operator_id": DEFAULT_OPERATOR_ID}
        await tx.execute(sa.insert(managers).values(row))


async def _add_people(world: World) -> None:
    """People with a cookie: one who is in, one who was disabled since, one whose writes lack the CSRF token."""
    for name, email in (
        ("administrator's browser", "ada@example.org"),
        ("disabled member's browser", "gone@example.org"),
        ("browser without CSRF token", "csrf@example.org"),
    ):
        async with world.runtime.database.begin() as tx:
            await create_account(tx, email, PASSWORD, "Ada", Role.OPERATOR_ADMIN, DEFAULT_OPERATOR_ID)
        client = world.client()
        answer = await client.post("/api/v1/login", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        if "CSRF" not in name:
            client.headers["x-csrf-token"] = answer.json()["csrf_token"]
        world.callers[name] = client
