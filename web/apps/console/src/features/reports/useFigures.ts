import { useTranslation } from "react-i18next";
import { useFormat } from "../../shared/useFormat.ts";

const PERIODS = ["day", "week", "month"];
/** Columns of our own words; names that people have given are shown as they are. */
const OF_WORDS = ["cause", "provider", "method"];

/** How people read a report: the heading of a column, and a figure by the unit that ends its column's name. */
export function useFigures() {
  const { t } = useTranslation();
  const format = useFormat();

  function ofNumber(column: string, value: number, row: Record<string, unknown>): string {
    if (column.endsWith("_minor")) return typeof row.currency === "string" ? format.money({ minor: value, currency: row.currency }) : format.number(value);
    if (column.endsWith("_wh")) return format.energy(value);
    if (column.endsWith("_s")) return format.duration(value);
    if (column.endsWith("_percent")) return format.percent(value, 1);
    if (column.endsWith("_g")) return `${format.number(value / 1000, 1)}\u00a0kg`;
    return format.number(value);
  }

  return {
    heading: (column: string): string => t(`reports.columns.${column}`, { defaultValue: column.replaceAll("_", " ") }),
    /** `row`: that the value is of, for its currency. */
    figure: (column: string, value: unknown, row: Record<string, unknown>): string => {
      if (typeof value === "number") return ofNumber(column, value, row);
      if (typeof value !== "string" || value === "") return format.unknown;
      // A day is a day wherever it is read: noon is on it in the reader's own zone.
      if (PERIODS.includes(column)) return format.date(`${value}T12:00`);
      if (!OF_WORDS.includes(column)) return value;
      return t(`reports.words.${value}`, { defaultValue: value });
    },
  };
}
