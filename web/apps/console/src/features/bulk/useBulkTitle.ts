import type { BulkOrder } from "@voltway/api";
import { useTranslation } from "react-i18next";
import { BULK_TYPES } from "./orders.ts";

/** An order in words: what, and for how many stations. */
export function useBulkTitle(): (order: BulkOrder) => string {
  const { t } = useTranslation();
  return ({ type, counts }) => {
    const known = BULK_TYPES.find((one) => one === type);
    const count = Object.values(counts).reduce((sum, each) => sum + each, 0);
    return `${known ? t(`bulk.action.${known}`) : type} · ${t("bulk.stations", { count })}`;
  };
}
