import type { Moment, MomentSource } from "@voltway/api";
import type { Format } from "@voltway/format";
import type { TFunction } from "i18next";
import { COMMAND_TYPES } from "../commands/forms.ts";
import { COMMAND_STATES } from "../commands/states.ts";
import { CONNECTOR_STATUSES } from "../stations/search.ts";

export const SOURCES = ["link", "status", "message", "command", "session", "payment", "incident"] as const satisfies MomentSource[];

const SESSION_KINDS = ["started", "charging_ended", "ended", "unplugged"] as const;
const PAYMENT_KINDS = ["opened", "held", "captured", "released", "failed"] as const;
const SEVERITIES = ["critical", "warning", "info"] as const;

export interface Description {
  title: string;
  /** What belongs to it, in few words. */
  details: string[];
  isBad: boolean;
}

type Facts = Moment["facts"];
const text = (facts: Facts, name: string): string | null => {
  const value = facts[name];
  return typeof value === "string" && value !== "" && value !== "NoError" ? value : null;
};
const number = (facts: Facts, name: string): number | null => (typeof facts[name] === "number" ? facts[name] : null);
const present = (parts: (string | null)[]): string[] => parts.filter((part) => part !== null);

type Describe = (t: TFunction, moment: Moment, format: Format) => Description;

/** Each source's moments in words; a word of the wire that is new to us stays as it is. */
const DESCRIBE: Record<MomentSource, Describe> = {
  link: (t, { kind }) => ({ title: t(kind === "offline" ? "timeline.linkLost" : "timeline.linkUp"), details: [], isBad: kind === "offline" }),
  status: (t, { kind, facts }) => {
    const status = CONNECTOR_STATUSES.find((one) => one === kind);
    const wire = text(facts, "wire_status");
    return {
      title: status ? t(`status.${status}`) : kind,
      details: present([wire === kind ? null : wire, text(facts, "error_code"), text(facts, "vendor_error_code"), text(facts, "info")]),
      isBad: kind === "Faulted" || text(facts, "error_code") !== null,
    };
  },
  message: (t, { kind, facts }) => {
    const error = text(facts, "error_code");
    const verdict = text(facts, "verdict");
    const waited = number(facts, "waited_ms");
    return {
      title: kind,
      details: present([
        error === null ? verdict : t("timeline.answeredWithError", { code: error }),
        facts.answer == null ? t("timeline.noAnswer") : null,
        waited !== null && waited > 1_000 ? t("timeline.waited", { ms: waited }) : null,
      ]),
      isBad: error !== null || (verdict !== null && BAD_VERDICTS.has(verdict)),
    };
  },
  command: (t, { kind, facts }) => {
    const type = COMMAND_TYPES.find((one) => one === kind);
    const state = COMMAND_STATES.find((one) => one === facts.state);
    const by = text(facts, "requested_by");
    return {
      title: type ? t(`commands.type.${type}`) : kind.replaceAll("_", " "),
      details: present([state ? t(`commands.state.${state}`) : null, text(facts, "effect") === "no_session" ? t("commands.effect.no_session") : null, by]),
      isBad: state !== undefined && BAD_COMMANDS.has(state),
    };
  },
  session: (t, { kind, facts }, format) => {
    const known = SESSION_KINDS.find((one) => one === kind);
    const energy = number(facts, "energy_wh");
    const parts = kind === "started" ? [text(facts, "id_token")] : kind === "ended" ? [energy === null ? null : format.energy(energy), text(facts, "stop_reason")] : [];
    return { title: known ? t(`timeline.session.${known}`) : kind, details: present(parts), isBad: kind === "ended" && energy !== null && energy < EMPTY_WH };
  },
  payment: (t, { kind, facts }, format) => {
    const known = PAYMENT_KINDS.find((one) => one === kind);
    const amount = facts.amount as { minor: number; currency: string } | undefined;
    return {
      title: known ? t(`timeline.payment.${known}`) : kind,
      details: present([amount ? format.money(amount) : null, text(facts, "method"), text(facts, "reason")]),
      isBad: kind === "failed",
    };
  },
  incident: (t, { facts }) => {
    const severity = SEVERITIES.find((one) => one === facts.severity);
    return {
      title: text(facts, "title") ?? t("timeline.source.incident"),
      details: present([severity ? t(`incidents.severity.${severity}`) : null]),
      isBad: facts.severity !== "info",
    };
  },
};

/** Less than this is no charge. */
const EMPTY_WH = 100;
const BAD_COMMANDS = new Set<string>(["rejected", "failed", "timed_out", "offline"]);
const BAD_VERDICTS = new Set(["Rejected", "Blocked", "Expired", "Invalid", "Unknown", "ConcurrentTx", "NoCredit", "Failed", "NotSupported"]);

export function describeMoment(t: TFunction, moment: Moment, format: Format): Description {
  return DESCRIBE[moment.source](t, moment, format);
}
