import type { Money } from "@voltway/api";
import { use, useEffect, useState } from "react";
import { Speech } from "../speech.ts";
import { useTexts } from "../texts.ts";
import { getEstimate } from "./calls.ts";
import { TEXTS } from "./texts.ts";

const SETTLE_MS = 250;
const USUAL_KWH = 20;
/** Cars seldom take all that a charger could give; what they take on average says how long it lasts. */
const TAKEN_SHARE = 0.7;

function usualMinutes(kwh: number, powerW: number | null): number {
  return Math.min(720, Math.max(5, Math.ceil((kwh * 60_000) / ((powerW ?? 11_000) * TAKEN_SHARE) / 5) * 5));
}

/** What my kWh in my time would cost here. */
export function Estimate({ code, powerW }: { code: string; powerW: number | null }) {
  const { format } = use(Speech);
  const t = useTexts(TEXTS);
  const [kwh, setKwh] = useState(USUAL_KWH);
  const [minutes, setMinutes] = useState<number | null>(null);
  const [total, setTotal] = useState<Money | null>(null);
  const shown = minutes ?? usualMinutes(kwh, powerW);
  useEffect(() => {
    let isWanted = true;
    const timer = setTimeout(() => {
      getEstimate(code, kwh * 1000, shown * 60).then((cost) => { if (isWanted) setTotal(cost.total); }, () => { if (isWanted) setTotal(null); });
    }, SETTLE_MS);
    return () => { isWanted = false; clearTimeout(timer); };
  }, [code, kwh, shown]);
  return (
    <div className="estimate">
      <h3>{t("estimate")}</h3>
      <output aria-live="polite">{total === null ? t("estimateNone") : t("estimated", { amount: format.money(total) })}</output>
      <label>{t("energy")} <span>{format.energyTick(kwh * 1000)}</span>
        <input type="range" min={2} max={100} value={kwh} onChange={(event) => { setKwh(Number(event.target.value)); }} />
      </label>
      <label>{t("minutes")} <span>{t("minuteShort", { count: shown })}</span>
        <input type="range" min={5} max={720} step={5} value={shown} onChange={(event) => { setMinutes(Number(event.target.value)); }} />
      </label>
    </div>
  );
}
