/** The kinds of reports, what each can be grouped by, and its main figure: what its chart shows. */
const TIMES = ["day", "week", "month"] as const;
const PLACES = [...TIMES, "location_id", "station_id"] as const;
const MONEY = [...TIMES, "provider", "method"] as const;

export const KINDS = {
  sessions: { groups: PLACES, figure: "sessions" },
  energy: { groups: PLACES, figure: "energy_wh" },
  revenue: { groups: PLACES, figure: "incl_minor" },
  utilisation: { groups: PLACES, figure: "utilisation_percent" },
  success: { groups: [...PLACES, "cause"], figure: "success_percent" },
  tax: { groups: TIMES, figure: "vat_minor" },
  payments: { groups: MONEY, figure: "captured_minor" },
  refunds: { groups: MONEY, figure: "refunded_minor" },
  disputes: { groups: MONEY, figure: "disputed_minor" },
  wallets: { groups: [], figure: "liability_minor" },
} as const;

export type Kind = keyof typeof KINDS;
export type Group = (typeof PLACES)[number] | (typeof MONEY)[number] | "cause";

/** What a report is asked for; days are local, `until` is the first that is not in it. */
export interface ReportQuestion {
  kind: Kind;
  since: string;
  until: string;
  groupBy: Group | null;
}

export function groupsOf(kind: Kind): readonly Group[] {
  return KINDS[kind].groups;
}

/** The question with another kind, by the same group if the kind has it. */
export function ofKind(question: ReportQuestion, kind: Kind): ReportQuestion {
  const groups = groupsOf(kind);
  const groupBy = question.groupBy !== null && groups.includes(question.groupBy) ? question.groupBy : (groups[0] ?? null);
  return { ...question, kind, groupBy };
}

/** Where a name stands beside the id, people read the name. */
const NAMES: Partial<Record<Group, string>> = { location_id: "location", station_id: "station_identity" };

export function nameColumn(group: Group): string {
  return NAMES[group] ?? group;
}

/** The columns that people read. */
export function shownColumns(columns: readonly string[]): string[] {
  return columns.filter((column) => column !== "location_id" && column !== "station_id");
}
