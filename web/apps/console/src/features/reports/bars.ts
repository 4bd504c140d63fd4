import { KINDS, nameColumn, type ReportQuestion } from "./kinds.ts";

export interface Bar {
  /** What the bar is of, as the report has it: a day, a name; null where it names nothing. */
  name: string | null;
  value: number;
  row: Record<string, unknown>;
}

const DAY_MS = 86_400_000;
const BARS_MAX = 370;

/**
 * A report's main figure as bars, one for each line. Days on which nothing happened are bars of nothing, up to `today`, so that time
 * is drawn to scale; a share of nothing is no figure, so those of percentages are left out. Empty where bars would tell nothing or lie:
 * for a single line, and for several currencies.
 */
export function barsOf(question: ReportQuestion, rows: readonly Record<string, unknown>[], today: string): Bar[] {
  const { figure } = KINDS[question.kind];
  if (question.groupBy === null || new Set(rows.map(({ currency }) => currency)).size > 1) return [];
  const column = nameColumn(question.groupBy);
  const bars = rows.flatMap((row) => {
    const value = row[figure];
    const name = row[column];
    return typeof value === "number" ? [{ name: typeof name === "string" ? name : null, value, row }] : [];
  });
  const whole = question.groupBy === "day" && !figure.endsWith("_percent") ? withEmptyDays(bars, question, today) : bars;
  return whole.length > 1 && whole.length <= BARS_MAX ? whole : [];
}

function withEmptyDays(bars: Bar[], { since, until }: ReportQuestion, today: string): Bar[] {
  const row = bars[0]?.row;
  if (row === undefined) return [];
  const byDay = new Map(bars.map((bar) => [bar.name, bar]));
  const last = bars.at(-1)?.name ?? since;
  const found: Bar[] = [];
  for (let at = Date.parse(since); at < Date.parse(until) && found.length <= BARS_MAX; at += DAY_MS) {
    const day = new Date(at).toISOString().slice(0, 10);
    if (day > today && day > last) break;
    found.push(byDay.get(day) ?? { name: day, value: 0, row });
  }
  return found;
}
