import type { Charge } from "@voltway/api";
import { use } from "react";
import { Speech } from "../speech.ts";
import { useTexts } from "../texts.ts";
import { TEXTS, type Word } from "./texts.ts";

const UNITS: Readonly<Record<string, Word>> = { session: "line_start", kWh: "line_kwh", min: "line_time", h: "line_time" };

/** What it cost, line by line as it was promised, and where the paper is. */
export function Receipt({ charge }: { charge: Charge }) {
  const { format } = use(Speech);
  const t = useTexts(TEXTS);
  const { session, payment, receipt } = charge;
  const cost = session?.cost ?? null;
  if (session === null) return null;
  const nameOf = (line: { unit: string; description: string }) => {
    const unit = UNITS[line.unit];
    if (/park|idle/i.test(line.description)) return t("line_idle");
    return unit === undefined ? line.description : t(unit);
  };
  return (
    <section className="panel receipt" aria-labelledby="receipt">
      <h2 id="receipt">{t("receipt")}</h2>
      <p className="sum">{cost === null ? format.unknown : format.money(cost.total)}</p>
      <p className="dim">{format.energy(session.energy_wh)} · {session.ended_at !== null && format.duration((Date.parse(session.ended_at) - Date.parse(session.started_at)) / 1000)}</p>
      {cost !== null && (
        <table>
          <thead><tr><th scope="col">{t("item")}</th><th scope="col">{t("amount")}</th></tr></thead>
          <tbody>
            {cost.lines.map((line, index) => (
              <tr key={index}>
                <td>{nameOf(line)}<small>{format.quantity(line.quantity)} {line.unit === "session" ? "" : line.unit} × {format.rate(line.unit_price, line.amount.currency)}</small></td>
                <td>{format.money(line.amount)}</td>
              </tr>
            ))}
            {!cost.prices_include_vat && cost.vat.minor !== 0 && <tr><td>{t("vat")}</td><td>{format.money(cost.vat)}</td></tr>}
          </tbody>
          <tfoot>
            <tr><th scope="row">{t("total")}</th><td>{format.money(cost.total)}</td></tr>
            {payment.captured.minor > 0 && <tr><th scope="row">{t("paid")}</th><td>{format.money({ ...payment.captured, minor: payment.captured.minor - payment.refunded.minor })}</td></tr>}
          </tfoot>
        </table>
      )}
      {!session.is_cost_final && <p role="status">{t("counting")}</p>}
      {receipt === null ? session.is_cost_final && <p role="status">{t("receiptSoon")}</p> : (
        <>
          <a className="main" href={receipt.url}>{t("receiptPage", { number: receipt.number })}</a>
          <p className="dim">{t("receiptVerify")}</p>
        </>
      )}
    </section>
  );
}
