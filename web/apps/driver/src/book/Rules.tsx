import { createFormat } from "@voltway/format";
import type { BookingOffer } from "@voltway/api";
import { use } from "react";
import { Speech } from "../speech.ts";
import { useTexts } from "../texts.ts";
import { TEXTS } from "./texts.ts";
import { inShort } from "./times.ts";

/** The rules of a place in whole sentences, with what may be due. */
export function Rules({ rules, isQueue }: { rules: BookingOffer; isQueue: boolean }) {
  const { language } = use(Speech);
  const t = useTexts(TEXTS);
  const format = createFormat(language, rules.time_zone);
  const minutes = (count: number) => inShort(format.duration(count * 60));
  const lines = isQueue ? [
    t("ruleCall", { hold: minutes(rules.queue_hold_minutes) }),
    rules.queue_snoozes_max > 0 && t("ruleSnooze", { snooze: minutes(rules.queue_snooze_minutes), count: rules.queue_snoozes_max }),
    t("ruleOne"),
  ] : [
    rules.no_show_fee === null ? t("ruleNoShowFree") : t("ruleNoShow", { fee: format.money(rules.no_show_fee) }),
    rules.late_cancel_fee === null ? t("ruleLateFree") : `${t("ruleFree", { free: minutes(rules.free_cancel_minutes) })} ${t("ruleLate", { fee: format.money(rules.late_cancel_fee) })}`,
    t("ruleHold", { hold: minutes(rules.hold_minutes), grace: minutes(rules.grace_minutes) }),
    rules.failure_credit !== null && t("ruleCredit", { fee: format.money(rules.failure_credit) }),
    rules.confirms_by_hand && t("ruleByHand"),
    t("ruleLength", { least: minutes(rules.length_min_minutes), most: minutes(rules.length_max_minutes), days: rules.horizon_days }),
    t("ruleMax", { count: rules.open_max }),
    t("ruleZone", { zone: rules.time_zone }),
  ];
  return (
    <section className="panel" aria-labelledby="rules">
      <h2 id="rules">{t(isQueue ? "queueRules" : "rules")}</h2>
      <ul className="rules">{lines.filter((line) => line !== false).map((line) => <li key={line}>{line}</li>)}</ul>
    </section>
  );
}

export function Choose({ label, value, onChange, options }: { label: string; value: string; onChange: (value: string) => void; options: readonly (readonly [string, string])[] }) {
  return (
    <label className="field">{label}
      <select value={value} onChange={(event) => { onChange(event.target.value); }}>{options.map(([key, name]) => <option key={key} value={key}>{name}</option>)}</select>
    </label>
  );
}
