import type { Grant, Permission, Role, RoleDefinition } from "@voltway/api";

/** The built-in roles that staff may have, and those that see some locations only. */
export const STAFF_ROLES: Role[] = [
  "operator_admin", "operations", "support", "finance", "field_technician", "site_host", "fleet_manager", "auditor",
];

/** What the form of a grant holds: `custom:ID` stands for a role of the operator's own. */
export interface GrantValues {
  role: string;
  isBound: boolean;
  location_group_ids: string[];
  location_ids: string[];
}

export function grantValues(grant?: Pick<Grant, "role" | "custom_role_id" | "location_ids" | "location_group_ids">): GrantValues {
  return {
    role: grant?.custom_role_id ? `custom:${grant.custom_role_id}` : (grant?.role ?? "operations"),
    isBound: Boolean(grant?.location_ids ?? grant?.location_group_ids),
    location_group_ids: grant?.location_group_ids ?? [],
    location_ids: grant?.location_ids ?? [],
  };
}

export function grantOf({ role, isBound, location_group_ids, location_ids }: GrantValues): Grant {
  const custom = role.startsWith("custom:") ? role.slice("custom:".length) : null;
  return {
    role: custom ? "custom" : (role as Role),
    custom_role_id: custom,
    location_ids: isBound && location_ids.length > 0 ? location_ids : null,
    location_group_ids: isBound && location_group_ids.length > 0 ? location_group_ids : null,
  };
}

/** Permissions by what they are about, for a table: `stations:read` is reading of stations. */
export const PERMISSION_TABLE: [about: string, permissions: Permission[]][] = [
  ["stations", ["stations:read", "stations:write", "commands:send", "messages:read", "firmware:read", "firmware:write"]],
  ["sessions", ["sessions:read", "sessions:write", "live:read", "reservations:read", "reservations:write"]],
  ["places", ["locations:read", "locations:write", "tariffs:read", "tariffs:write"]],
  ["drivers", ["tokens:read", "tokens:write", "tokens:reveal", "tokens:own"]],
  ["fleets", ["fleets:read", "fleets:manage", "fleets:write"]],
  ["money", ["settlements:read", "refunds:write"]],
  ["security", ["incidents:read", "incidents:write", "security:read", "security:write", "audit:read", "mails:read"]],
  ["people", ["members:read", "members:write", "admin", "platform"]],
];

/** The permissions that a role of the operator's own may have: nobody hands out more than they have. */
export function grantable(own: readonly Permission[]): [about: string, permissions: Permission[]][] {
  return PERMISSION_TABLE.map(([about, permissions]): [string, Permission[]] => [about, permissions.filter((one) => own.includes(one))]).filter(
    ([, permissions]) => permissions.length > 0,
  );
}

export function customRoles(roles: readonly RoleDefinition[] | undefined): RoleDefinition[] {
  return roles?.filter((role) => !role.is_built_in) ?? [];
}
