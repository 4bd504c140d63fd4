import { useQuery } from "@tanstack/react-query";
import type { Permission } from "@voltway/api";
import { useTranslation } from "react-i18next";
import { accountQuery } from "./api.ts";

/** Why the caller may not do something, for the button that would do it; undefined if they may. The server decides in the end. */
export function useRefusal(permission: Permission): string | undefined {
  const { t } = useTranslation();
  const { data: account } = useQuery(accountQuery);
  if (!account || account.permissions.includes(permission)) return undefined;
  return t("account.notAllowed");
}
