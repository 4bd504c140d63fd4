import { useQuery } from "@tanstack/react-query";
import type { Role } from "@voltway/api";
import { useTranslation } from "react-i18next";
import { rolesQuery } from "./api.ts";

/** Names a role, built in or the operator's own. */
export function useRoleName(): (grant: { role: Role; custom_role_id?: string | null }) => string {
  const { t } = useTranslation();
  const { data: roles } = useQuery(rolesQuery);
  return ({ role, custom_role_id }) =>
    roles?.find(({ id }) => id === custom_role_id)?.name ?? t(`staff.role.${role}`);
}
