import { client, ProblemError, take, type ProblemReport, type ProblemReportIn } from "@voltway/api";
import { shrunk } from "./photo.ts";

const STORED_AS = "voltway.reports";
const MOST = 20;

/** A report of this phone: with its key it is followed, without an account. */
export interface KeptReport {
  id: string;
  key: string;
  where: string;
  text: string;
  /** How it stood when the server was last asked. */
  state: ProblemReport["state"];
  openedAt: string;
  hasPhoto: boolean;
}

/** The reports of this phone, the latest first. */
export function keptReports(): KeptReport[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(STORED_AS) ?? "[]");
    return Array.isArray(stored) ? (stored as KeptReport[]).filter((one) => typeof one.id === "string" && typeof one.key === "string") : [];
  } catch {
    return [];
  }
}

function keepReports(reports: readonly KeptReport[]): void {
  try { localStorage.setItem(STORED_AS, JSON.stringify(reports.slice(0, MOST))); } catch { /* sent all the same */ }
}

/** What is known of a report now, in place of what was. */
export function withAnswer(reports: readonly KeptReport[], answer: ProblemReport): KeptReport[] {
  return reports.map((one) => (one.id === answer.id ? { ...one, state: answer.state, hasPhoto: answer.has_photo } : one));
}

export function forgetReport(id: string): KeptReport[] {
  const left = keptReports().filter((one) => one.id !== id);
  keepReports(left);
  return left;
}

/** Sends a report; `where`: what the phone calls the place. A photo that does not get through can be sent again later: false. */
export async function sendReport(body: ProblemReportIn, where: string, photo: File | null): Promise<boolean> {
  const answer = await take(client.POST("/api/v1/problem-reports", { body }));
  const report = { id: answer.id, key: answer.key, where, text: body.text, state: answer.state, openedAt: answer.opened_at, hasPhoto: false };
  keepReports([report, ...keptReports()]);
  return photo === null || sendPhoto(report, photo).then(() => true, () => false);
}

export async function sendPhoto({ id, key }: { id: string; key: string }, file: File): Promise<KeptReport[]> {
  const photo = await shrunk(file);
  const answer = await take(client.PUT("/api/v1/problem-reports/{ticket_id}/{key}/photo", {
    params: { path: { ticket_id: id, key } }, headers: { "Content-Type": "image/jpeg" },
    body: photo as unknown as string, bodySerializer: (whole) => whole as unknown as Blob,
  }));
  const known = withAnswer(keptReports(), answer);
  keepReports(known);
  return known;
}

/** Asks how the reports of this phone stand; what the server does not know any more is left as it was. */
export async function followReports(): Promise<KeptReport[]> {
  let known = keptReports();
  for (const { id, key, state } of known) {
    if (state === "solved") continue;
    try {
      known = withAnswer(known, await take(client.GET("/api/v1/problem-reports/{ticket_id}/{key}", { params: { path: { ticket_id: id, key } } })));
    } catch (error) {
      if (error instanceof ProblemError && error.isUnreachable) break;
    }
  }
  // One that was sent or forgotten meanwhile is not overwritten.
  const asked = new Map(known.map((one) => [one.id, one]));
  const now = keptReports().map((one) => asked.get(one.id) ?? one);
  keepReports(now);
  return now;
}
