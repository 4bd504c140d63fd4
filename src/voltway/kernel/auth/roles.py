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
    TARIFFS_READ = "tariffs:read"
    TARIFFS_WRITE = "tariffs:write"
    LOCATIONS_READ = "locations:read"
    LOCATIONS_WRITE = "locations:write"
    MESSAGES_READ = "messages:read"
    LIVE_READ = "live:read"
    ADMIN = "admin"


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


P = Permission
_EVERYTHING = frozenset(Permission)

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.PLATFORM_ADMIN: _EVERYTHING,
    Role.OPERATOR_ADMIN: _EVERYTHING,
    Role.OPERATIONS: _EVERYTHING - {P.ADMIN, P.TARIFFS_WRITE, P.TOKENS_WRITE},
    Role.SUPPORT: _EVERYTHING - {P.ADMIN, P.TARIFFS_WRITE, P.STATIONS_WRITE, P.LOCATIONS_WRITE},
    Role.FINANCE: frozenset(
        {P.STATIONS_READ, P.SESSIONS_READ, P.TOKENS_READ, P.TARIFFS_READ, P.TARIFFS_WRITE, P.LOCATIONS_READ}
    ),
    Role.FIELD_TECHNICIAN: frozenset(
        {
            P.STATIONS_READ,
            P.STATIONS_WRITE,
            P.COMMANDS_SEND,
            P.SESSIONS_READ,
            P.LOCATIONS_READ,
            P.MESSAGES_READ,
            P.LIVE_READ,
        }
    ),
    Role.SITE_HOST: frozenset({P.STATIONS_READ, P.SESSIONS_READ, P.TARIFFS_READ, P.LOCATIONS_READ, P.LIVE_READ}),
    Role.FLEET_MANAGER: frozenset({P.TARIFFS_READ, P.LOCATIONS_READ}),
    Role.DRIVER: frozenset(),
    Role.AUDITOR: frozenset(
        {
            P.STATIONS_READ,
            P.SESSIONS_READ,
            P.TOKENS_READ,
            P.TARIFFS_READ,
            P.LOCATIONS_READ,
            P.MESSAGES_READ,
            P.LIVE_READ,
        }
    ),
}

BOUND_TO_LOCATIONS = frozenset({Role.SITE_HOST})
"""Roles that see only the locations they are given; with none given they see nothing."""
