import type { Incident, Severity } from "@voltway/api";

export const INCIDENT_STATES = ["open", "acknowledged", "closed", "all"] as const;
export const SEVERITIES: Severity[] = ["critical", "warning", "info"];

/** Filters stand in the address; without a state the list shows what is not closed. */
export interface IncidentSearch {
  state?: Incident["state"] | "all";
  severity?: Severity;
  text?: string;
}

export interface AuditSearch {
  actor?: string;
  action?: string;
  text?: string;
  /** Days of the reader's own calendar, `2026-11-26`. */
  since?: string;
  until?: string;
}

export function readIncidentSearch(raw: Record<string, unknown>): IncidentSearch {
  const state = INCIDENT_STATES.find((one) => one === raw.state);
  const severity = SEVERITIES.find((one) => one === raw.severity);
  return { ...(state && { state }), ...(severity && { severity }), ...texts(raw, ["text"]) };
}

export function readAuditSearch(raw: Record<string, unknown>): AuditSearch {
  const { since, until, ...others } = texts(raw, ["actor", "action", "text", "since", "until"]);
  return { ...others, ...(isDay(since) && { since }), ...(isDay(until) && { until }) };
}

function isDay(text: string | undefined): text is string {
  return text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
}

function texts<K extends string>(raw: Record<string, unknown>, names: K[]): Partial<Record<K, string>> {
  const found: Partial<Record<K, string>> = {};
  for (const name of names) {
    const value = raw[name];
    if (typeof value === "string" && value !== "") found[name] = value;
  }
  return found;
}
