import { use, useEffect, useState, type ReactNode } from "react";
import { CONNECTORS, getPriceRanges, priceSteps, type PriceRange } from "./places.ts";
import { Speech } from "./speech.ts";
import { locate, useWanted } from "./wanted.ts";

const POWERS_W = [11_000, 22_000, 50_000, 150_000, 300_000];
const CHOICES = Object.entries(CONNECTORS).filter(([type]) => type !== "sType2");

/** The filters, of the list and of the map. */
export function Filters({ onDenied, children }: { onDenied: (isDenied: boolean) => void; children?: ReactNode }) {
  const { format, t } = use(Speech);
  const [wanted, change] = useWanted();
  const [ranges, setRanges] = useState<PriceRange[]>([]);
  useEffect(() => {
    let isWanted = true;
    getPriceRanges().then(({ value }) => { if (isWanted) setRanges(value); }, () => undefined); // without it the other filters work
    return () => { isWanted = false; };
  }, []);
  const chosen = wanted.priceMax === "" ? "" : `${wanted.priceMax} ${wanted.currency}`;
  const prices = ranges.flatMap((range) => priceSteps(range).map((price) => ({ price, currency: range.currency })));
  if (chosen !== "" && !prices.some(({ price, currency }) => `${price} ${currency}` === chosen)) prices.unshift({ price: wanted.priceMax, currency: wanted.currency }); // of a shared address
  const near = () => {
    onDenied(false);
    if (wanted.near === null) locate((found) => { change({ near: found }); }, () => { onDenied(true); });
    else change({ near: null });
  };
  return (
    <div className="chips">
      <button type="button" aria-pressed={wanted.near !== null} onClick={near}>{t("near")}</button>
      <button type="button" aria-pressed={wanted.isFree} onClick={() => { change({ isFree: !wanted.isFree }); }}>{t("free")}</button>
      <button type="button" aria-pressed={wanted.isOpen} onClick={() => { change({ isOpen: !wanted.isOpen }); }}>{t("open")}</button>
      {children}
      <label>{t("connector")}
        <select value={wanted.connector} onChange={(event) => { change({ connector: event.target.value }); }}>
          <option value="">{t("any")}</option>
          {CHOICES.map(([type, name]) => <option key={type} value={type}>{name}</option>)}
        </select>
      </label>
      <label>{t("power")}
        <select value={wanted.powerW} onChange={(event) => { change({ powerW: Number(event.target.value) }); }}>
          <option value={0}>{t("any")}</option>
          {POWERS_W.map((power) => <option key={power} value={power}>{format.powerRating(power)}</option>)}
        </select>
      </label>
      {prices.length > 0 && (
        <label>{t("priceMost")}
          <select value={chosen} onChange={(event) => { const [priceMax = "", currency = ""] = event.target.value.split(" "); change({ priceMax, currency }); }}>
            <option value="">{t("any")}</option>
            {prices.map(({ price, currency }) => <option key={`${price} ${currency}`} value={`${price} ${currency}`}>{format.rate(price, currency)}</option>)}
          </select>
        </label>
      )}
      <label>{t("access")}
        <select value={wanted.access} onChange={(event) => { change({ access: event.target.value as typeof wanted.access }); }}>
          <option value="">{t("any")}</option>
          <option value="public">{t("access_public")}</option>
          <option value="restricted">{t("access_restricted")}</option>
        </select>
      </label>
    </div>
  );
}
