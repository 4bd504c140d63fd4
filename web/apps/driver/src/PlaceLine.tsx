import type { PublicPlace } from "@voltway/api";
import { use } from "react";
import { Speech } from "./speech.ts";

/** A place in a list. Where a price is asked for, one without a price per kWh says so. */
export function PlaceLine({ place, isPriceAsked }: { place: PublicPlace; isPriceAsked: boolean }) {
  const { format, t } = use(Speech);
  const rate = place.price_per_kwh_from;
  return (
    <li>
      <a href={`#/places/${place.id}`}>
        <strong>{place.name}</strong>
        <span>{[place.address, place.city].filter(Boolean).join(", ")}</span>
        <span className={place.free_count > 0 ? "good" : ""}>
          {t("freeOf", { free: place.free_count, all: place.evses.length })} · {t(place.is_open ? "isOpen" : "isClosed")}
          {(place.queue_length ?? 0) > 0 && ` · ${t("waiting", { count: place.queue_length ?? 0 })}`}
          {place.distance_m !== null && ` · ${format.number(place.distance_m / 1000, 1)}\u00a0km`}
        </span>
        {(rate !== null || isPriceAsked || place.access === "restricted") && (
          <span>{[rate !== null ? t("priceFrom", { price: format.rate(rate.amount, rate.currency) }) : isPriceAsked && t("priceUnknown"), place.access === "restricted" && t("access_restricted")].filter(Boolean).join(" · ")}</span>
        )}
      </a>
    </li>
  );
}
