import type { ChargePoint } from "@voltway/api";
import { use } from "react";
import { CONNECTORS } from "../places.ts";
import { Speech } from "../speech.ts";
import { useTexts } from "../texts.ts";
import { TEXTS } from "./texts.ts";

/** The true EVSE, so large that it can be compared with what stands there. */
export function PointCard({ point }: { point: ChargePoint }) {
  const { format, t: word } = use(Speech);
  const t = useTexts(TEXTS);
  const help = point.help_phone === null ? null : <a href={`tel:${point.help_phone.replace(/[^+\d]/g, "")}`}>{point.help_phone}</a>;
  const [before, after] = t("compare", { help: "\u0000" }).split("\u0000");
  const plugs = [...new Set(point.connector_types.map((type) => CONNECTORS[type] ?? type))];
  return (
    <section className="panel point" aria-labelledby="here">
      <p className="kicker">{t("here")}</p>
      <h1 id="here">{point.place_name}</h1>
      <p>{[point.address, [point.postal_code, point.city].filter(Boolean).join(" ")].filter(Boolean).join(", ")}<br />{point.operator_name}</p>
      <div className="plate">
        <strong>{t("plug", { name: point.station_name, number: point.evse_number })}</strong>
        <span>{[...plugs, point.power_w_max !== null && format.powerRating(point.power_w_max)].filter(Boolean).join(" · ")}</span>
        <span className="mono">{t("code", { code: point.code })}</span>
      </div>
      {!point.is_online && <p className="note">{t("offline")}</p>}
      {point.is_online && point.is_plugged_in !== null && <p className={point.is_plugged_in ? "good" : "dim"}>{point.is_plugged_in && "✓ "}{t(point.is_plugged_in ? "isPlugged" : "notPlugged")}</p>}
      <p className="dim">{help === null ? t("compareNoHelp") : <>{before}{help}{after}</>} <a href={`#/report/${point.place_id}/${point.code}`}>{word("report")}</a></p>
    </section>
  );
}
