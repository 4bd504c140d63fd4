import { client, ProblemError, take } from "@voltway/api";
import { useState } from "react";
import { useTexts } from "../texts.ts";
import { Field } from "./LogIn.tsx";
import { useKept } from "./Overview.tsx";
import { TEXTS } from "./texts.ts";

export const CAR = "MacAddress";

/** AutoCharge, where the network offers it: whether one's cars are known by their address, and which they are. */
export function Cars() {
  const t = useTexts(TEXTS);
  const [choice, lookAtChoice] = useKept("autocharge", () => take(client.GET("/api/v1/me/autocharge")));
  const [cars, lookAtCars] = useKept("cars", () => take(client.GET("/api/v1/me/id-tokens")));
  const [address, setAddress] = useState("");
  const [name, setName] = useState("");
  const [said, setSaid] = useState<string | null>(null);
  const failed = (error: unknown) => { setSaid(error instanceof ProblemError && error.isUnreachable ? t("noAnswer") : error instanceof ProblemError && error.status === 422 ? t("wrongAddress") : error instanceof ProblemError ? error.message : t("noAnswer")); };
  const mine = cars?.value.items.filter((one) => one.kind === CAR) ?? [];
  if (choice === null || (!choice.value.is_offered && mine.length === 0)) return null;
  const isAllowed = choice.value.is_allowed;
  const remove = (id: string) => { client.DELETE("/api/v1/me/id-tokens/{token_id}", { params: { path: { token_id: id } } }).then(lookAtCars, failed); };
  return (
    <section className="panel" aria-labelledby="cars">
      <h2 id="cars">{t("cars")}</h2>
      <p className="dim">{t("carsText")}</p>
      <label className="choice">
        <input type="checkbox" checked={isAllowed} onChange={() => { setSaid(null); client.PUT("/api/v1/me/autocharge", { body: { is_allowed: !isAllowed } }).then(lookAtChoice, failed); }} />
        {t("allowCars")}
      </label>
      <ul className="rows">
        {mine.map((car) => (
          <li key={car.id}>
            <span>{car.name ?? car.value}<small>{car.value}</small></span>
            <button type="button" aria-label={`${t("remove")}: ${car.name ?? car.value}`} onClick={() => { remove(car.id); }}>{t("remove")}</button>
          </li>
        ))}
      </ul>
      {isAllowed && (
        <details>
          <summary>{t("addCar")}</summary>
          <form onSubmit={(event) => {
            event.preventDefault();
            setSaid(null);
            take(client.POST("/api/v1/me/cars", { body: { mac_address: address, name } })).then(() => { setAddress(""); setName(""); lookAtCars(); }, failed);
          }}>
            <Field label={t("carAddress")} type="text" value={address} onChange={setAddress} />
            <Field label={t("carName")} type="text" value={name} onChange={setName} />
            <button type="submit" className="main">{t("addCar")}</button>
          </form>
        </details>
      )}
      <p role="alert" className={said === null ? "" : "note"}>{said}</p>
    </section>
  );
}
