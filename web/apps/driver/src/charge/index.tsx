import type { Route } from "../routes.ts";
import { useTexts } from "../texts.ts";
import "./charge.css";
import { ChargePage } from "./ChargePage.tsx";
import { CodeForm } from "./CodeForm.tsx";
import { OfferPage } from "./OfferPage.tsx";
import { pending } from "./pending.ts";
import { TEXTS } from "./texts.ts";

/** All that belongs to charging and paying, loaded by itself. */
export default function Charging({ route }: { route: Route }) {
  const t = useTexts(TEXTS);
  if (route.page === "code") return <OfferPage key={route.code} code={route.code} password={route.password} />;
  if (route.page === "charge") return <ChargePage />;
  return <section className="panel"><h1>{t("enterTitle")}</h1>{pending() !== null && <p className="note">{t("oneStart")} <a href="#/charge">{t("toCharge")}</a></p>}<p>{t("enterText")}</p><CodeForm /></section>;
}
