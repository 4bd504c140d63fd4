"""Who may do what: the roles and their permissions, as one table. A role gets what its work needs and no more."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Permission(StrEnum):
    """What a route asks for."""

    STATIONS_READ = "stations:read"
    STATIONS_WRITE = "stations:write"
    COMMANDS_SEND = "commands:send"
    SESSIONS_READ = "sessions:read"
    SESSIONS_WRITE = "sessions:write"
    TOKENS_READ = "tokens:read"
    TOKENS_WRITE = "tokens:write"
    TOKENS_REVEAL = "tokens:reveal"
    """Values of tokens are shown whole; others see their last characters."""
    TOKENS_OWN = "tokens:own"
    """The tokens that are the caller's own, under /me."""
    TARIFFS_READ = "tariffs:read"
    TARIFFS_WRITE = "tariffs:write"
    LOCATIONS_READ = "locations:read"
    LOCATIONS_WRITE = "locations:write"
    RESERVATIONS_READ = "reservations:read"
    RESERVATIONS_WRITE = "reservations:write"
    BOOKINGS_OWN = "bookings:own"
    """The bookings and the places in queues that are the caller's own, under /me."""
    SETTLEMENTS_READ = "settlements:read"
    REFUNDS_WRITE = "refunds:write"
    PAYMENTS_READ = "payments:read"
    PAYMENTS_WRITE = "payments:write"
    """Vouchers, and who pays by invoice."""
    PAYMENTS_OWN = "payments:own"
    """The payments and the wallet that are the caller's own, under /me."""
    TERMINALS_USE = "terminals:use"
    """What the backend of a card terminal does: it has authorised, and confirms what it was told to take."""
    DOCUMENTS_READ = "documents:read"
    """Receipts, invoices, credit notes and statements; who sells, and who gets invoices."""
    DOCUMENTS_SEND = "documents:send"
    DOCUMENTS_WRITE = "documents:write"
    """Legal entities and customers; documents themselves are never changed."""
    DOCUMENTS_OWN = "documents:own"
    """The documents that are the caller's own, under /me."""
    LEDGER_READ = "ledger:read"
    LEDGER_WRITE = "ledger:write"
    """Differences, site hosts, their statements and payout batches."""
    PAYOUTS_APPROVE = "payouts:approve"
    """The second pair of eyes on a payout batch."""
    FIRMWARE_READ = "firmware:read"
    FIRMWARE_WRITE = "firmware:write"
    SECURITY_READ = "security:read"
    SECURITY_WRITE = "security:write"
    MESSAGES_READ = "messages:read"
    LIVE_READ = "live:read"
    MEMBERS_READ = "members:read"
    MEMBERS_WRITE = "members:write"
    AUDIT_READ = "audit:read"
    INCIDENTS_READ = "incidents:read"
    INCIDENTS_WRITE = "incidents:write"
    TICKETS_READ = "tickets:read"
    TICKETS_WRITE = "tickets:write"
    """What drivers and sites report, and what was done about it."""
    MAILS_READ = "mails:read"
    """Mails that were sent, with the links in them."""
    FLEETS_READ = "fleets:read"
    FLEETS_MANAGE = "fleets:manage"
    """The vehicles, cost centres and limits of a fleet."""
    FLEETS_WRITE = "fleets:write"
    """Fleets themselves, who manages them and which tokens are theirs."""
    REPORTS_READ = "reports:read"
    REPORTS_WRITE = "reports:write"
    """Times that are excluded from outages, reports that are mailed, what a location adds."""
    ADMIN = "admin"
    """What an operator's administrator does: API keys, settings of the operator."""
    PLATFORM = "platform"
    """What is of the installation and of no operator: the operators themselves."""


class Role(StrEnum):
    """What somebody is to the network."""

    PLATFORM_ADMIN = "platform_admin"
    OPERATOR_ADMIN = "operator_admin"
    OPERATIONS = "operations"
    SUPPORT = "support"
    FINANCE = "finance"
    FIELD_TECHNICIAN = "field_technician"
    SITE_HOST = "site_host"
    FLEET_MANAGER = "fleet_manager"
    DRIVER = "driver"
    AUDITOR = "auditor"
    CUSTOM = "custom"
    """An operator's own role: a named set of permissions (tables.custom_roles)."""


P = Permission
_EVERYTHING = frozenset(Permission)
_OPERATOR = _EVERYTHING - {P.PLATFORM}
_TO_SEE = frozenset(permission for permission in Permission if permission.endswith(":read")) - {P.MAILS_READ}
_OF_MONEY = frozenset({P.REFUNDS_WRITE, P.LEDGER_READ, P.LEDGER_WRITE, P.PAYOUTS_APPROVE})
_OF_ADMINISTRATORS = _OF_MONEY | {
    P.ADMIN,
    P.MEMBERS_WRITE,
    P.AUDIT_READ,
    P.PAYMENTS_WRITE,
    P.TERMINALS_USE,
    P.DOCUMENTS_WRITE,
}

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.PLATFORM_ADMIN: _EVERYTHING,
    Role.OPERATOR_ADMIN: _OPERATOR,
    Role.OPERATIONS: _OPERATOR - _OF_ADMINISTRATORS - {P.TARIFFS_WRITE, P.TOKENS_WRITE},
    Role.SUPPORT: _OPERATOR
    - _OF_ADMINISTRATORS
    - {
        P.TARIFFS_WRITE,
        P.STATIONS_WRITE,
        P.LOCATIONS_WRITE,
        P.FIRMWARE_WRITE,
        P.SECURITY_WRITE,
        P.MEMBERS_READ,
        P.REPORTS_WRITE,
    },
    Role.FINANCE: frozenset(
        {
            P.STATIONS_READ,
            P.SESSIONS_READ,
            P.TOKENS_READ,
            P.TARIFFS_READ,
            P.TARIFFS_WRITE,
            P.LOCATIONS_READ,
            P.SETTLEMENTS_READ,
            P.REFUNDS_WRITE,
            P.PAYMENTS_READ,
            P.PAYMENTS_WRITE,
            P.DOCUMENTS_READ,
            P.DOCUMENTS_SEND,
            P.DOCUMENTS_WRITE,
            P.LEDGER_READ,
            P.LEDGER_WRITE,
            P.PAYOUTS_APPROVE,
            P.REPORTS_READ,
            P.REPORTS_WRITE,
            P.FLEETS_READ,
        }
    ),
    Role.FIELD_TECHNICIAN: frozenset(
        {
            P.STATIONS_READ,
            P.STATIONS_WRITE,
            P.COMMANDS_SEND,
            P.SESSIONS_READ,
            P.LOCATIONS_READ,
            P.RESERVATIONS_READ,
            P.FIRMWARE_READ,
            P.SECURITY_READ,
            P.MESSAGES_READ,
            P.LIVE_READ,
            P.INCIDENTS_READ,
            P.INCIDENTS_WRITE,
            P.TICKETS_READ,
            P.TICKETS_WRITE,
        }
    ),
    Role.SITE_HOST: frozenset(
        {
            P.STATIONS_READ,
            P.SESSIONS_READ,
            P.TARIFFS_READ,
            P.LOCATIONS_READ,
            P.RESERVATIONS_READ,
            P.SETTLEMENTS_READ,
            P.LIVE_READ,
            P.REPORTS_READ,
        }
    ),
    Role.FLEET_MANAGER: frozenset({P.TARIFFS_READ, P.LOCATIONS_READ, P.DOCUMENTS_OWN, P.FLEETS_READ, P.FLEETS_MANAGE}),
    Role.DRIVER: frozenset({P.TOKENS_OWN, P.PAYMENTS_OWN, P.DOCUMENTS_OWN, P.BOOKINGS_OWN}),
    Role.AUDITOR: _TO_SEE,
    Role.CUSTOM: frozenset(),
}

BOUND_TO_LOCATIONS = frozenset({Role.SITE_HOST})
"""Roles that see only the locations they are given; with none given they see nothing."""
